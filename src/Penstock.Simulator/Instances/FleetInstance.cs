using Penstock.Solvers.Fleet;

namespace Penstock.Simulator.Instances;

/// <summary>
/// SIMULATED fleets for benchmarks, drawn from a seed: four kinds of stay (overnight 35 %, work 25 %, evening 25 %, short 15 %; about 27 quarter-hours on average), batteries of 40 to 100 kWh at 7, 11, 20 or
/// 60 kW, 2 % trucks (300 kWh, 120 to 600 kW), 70 % both ways, efficiencies 0.92 to 0.97 each way, wear 0.08 to 0.30 per kWh; prices 0.31, 0.62, 1.03 and 1.28 per kWh, 0.05 less for export; base load of 0.7 to
/// 1.6 kW and a limit of 2.2 kW per vehicle, no reverse flow; 5 per kWh of overload, 10 per kWh of shortfall. Both limits bind. The day runs from noon to noon.
/// </summary>
public static class FleetInstance
{
    public const int Steps = 96;

    private const double StepHours = 0.25;

    public static FleetProblem Generate(int vehicles, int seed)
    {
        var chance = new Random(seed);
        var fleet = new StorageFleet(vehicles);
        for (var i = 0; i < vehicles; i++) Draw(fleet, i, chance);
        var buy = Enumerable.Range(0, Steps).Select(Price).ToArray();
        return new FleetProblem(
            StepHours, buy, [.. buy.Select(b => b - 0.05)], [.. Enumerable.Range(0, Steps).Select(t => vehicles * BaseLoad(t))],
            [.. buy.Select(_ => 2.2 * vehicles)], new double[Steps], OverloadPenalty: 5, fleet);
    }

    /// <summary>The same fleet at stations of <paramref name="perSite"/> vehicles with limits of their own, of which about <paramref name="binding"/> bind.</summary>
    public static FleetProblem WithSites(int vehicles, int perSite, double binding, int seed)
    {
        var problem = Generate(vehicles, seed);
        var chance = new Random(seed + 1);
        var sites = new SiteLimits[(vehicles + perSite - 1) / perSite];
        for (var s = 0; s < sites.Length; s++)
        {
            var limit = chance.NextDouble() < binding ? perSite * Between(chance, 1.5, 2.5) : perSite * 40;
            sites[s] = new SiteLimits(null, new double[Steps], [.. Enumerable.Repeat(limit, Steps)], [.. Enumerable.Repeat(limit, Steps)]);
        }

        for (var i = 0; i < vehicles; i++) problem.Vehicles.Site[i] = i / perSite;
        return problem with { Sites = sites };
    }

    /// <summary>Draws some vehicles of a problem anew, in place: what arrivals, departures and corrections change between two plans.</summary>
    /// <param name="share">Of all vehicles, 0 to 1; at the most even spacing.</param>
    public static void Redraw(FleetProblem problem, double share, int seed)
    {
        var (chance, due) = (new Random(seed), 0.0);
        for (var i = 0; i < problem.Vehicles.Count; i++)
        {
            due += share;
            if (due < 1) continue;
            due -= 1;
            Draw(problem.Vehicles, i, chance);
        }
    }

    private static void Draw(StorageFleet fleet, int i, Random chance)
    {
        var (arrival, stay) = Stay(chance);
        fleet.Arrival[i] = (short)Math.Clamp(arrival, 0, Steps - 1);
        fleet.Departure[i] = (short)Math.Clamp(arrival + stay, fleet.Arrival[i] + 1, Steps);
        var truck = chance.NextDouble() < 0.02;
        var capacity = truck ? 300 : Between(chance, 40, 100);
        var power = truck ? Between(chance, 120, 600) : new[] { 7.0, 11, 20, 60 }[chance.Next(4)];
        fleet.EnergyMin[i] = (float)(capacity * Between(chance, 0.1, 0.3));
        fleet.EnergyMax[i] = (float)(capacity * Between(chance, 0.9, 1));
        fleet.EnergyArrival[i] = Math.Max(fleet.EnergyMin[i], (float)(capacity * Between(chance, 0.2, 0.8)));
        fleet.EnergyTarget[i] = Math.Min(fleet.EnergyMax[i], (float)(capacity * Between(chance, 0.6, 0.9)));
        fleet.ChargeMax[i] = (float)power;
        fleet.DischargeMax[i] = chance.NextDouble() < 0.7 ? (float)power : 0;
        fleet.ChargeEfficiency[i] = (float)Between(chance, 0.92, 0.97);
        fleet.DischargeEfficiency[i] = (float)Between(chance, 0.92, 0.97);
        fleet.Wear[i] = (float)Between(chance, 0.08, 0.30);
        fleet.ShortfallPenalty[i] = 10;
        fleet.Salvage[i] = (float)Between(chance, 0.2, 0.35);
    }

    /// <summary>First step and number of steps.</summary>
    private static (int Arrival, int Steps) Stay(Random chance) => chance.NextDouble() switch
    {
        < 0.35 => (chance.Next(24, 44), chance.Next(36, 53)),
        < 0.60 => chance.Next(2) == 0 ? (chance.Next(0, 4), chance.Next(16, 27)) : (chance.Next(76, 88), 24),
        < 0.85 => (chance.Next(18, 34), chance.Next(8, 25)),
        _ => (chance.Next(0, 92), chance.Next(2, 11)),
    };

    private static double Price(int step) => Hour(step) switch
    {
        < 7 or >= 23 => 0.31,
        (>= 10 and < 12) or (>= 14 and < 17) => 1.03,
        >= 17 and < 20 => 1.28,
        _ => 0.62,
    };

    private static double BaseLoad(int step) => 1.15 + (0.45 * Math.Cos((Hour(step) - 19) / 12 * Math.PI));

    private static double Hour(int step) => (12 + (step * StepHours)) % 24;

    private static double Between(Random chance, double least, double most) => least + ((most - least) * chance.NextDouble());
}
