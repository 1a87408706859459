using Penstock.Solvers.Fleet;

namespace Penstock.UnitTests.Solvers.Fleet;

/// <summary>Random fleets and problems; the same seed gives the same.</summary>
internal static class Fleets
{
    internal static StorageFleet Random(int count, int steps, int seed, double bothWays = 0.7)
    {
        var chance = new Random(seed);
        var fleet = new StorageFleet(count);
        for (var i = 0; i < count; i++)
        {
            var arrival = chance.Next(0, steps);
            fleet.Arrival[i] = (short)arrival;
            fleet.Departure[i] = (short)Math.Min(steps, arrival + 1 + chance.Next(0, steps));
            var capacity = (float)Between(chance, 30, 100);
            fleet.EnergyMin[i] = capacity * (float)Between(chance, 0.05, 0.3);
            fleet.EnergyMax[i] = capacity * (float)Between(chance, 0.85, 1);
            fleet.EnergyArrival[i] = capacity * (float)Between(chance, 0, 1);
            fleet.EnergyTarget[i] = capacity * (float)Between(chance, 0.3, 1);
            fleet.ChargeMax[i] = new[] { 0f, 7, 11, 20, 60 }[chance.Next(0, 5)];
            fleet.DischargeMax[i] = chance.NextDouble() < bothWays ? fleet.ChargeMax[i] : 0;
            fleet.ChargeEfficiency[i] = (float)Between(chance, 0.85, 1);
            fleet.DischargeEfficiency[i] = (float)Between(chance, 0.85, 1);
            fleet.Wear[i] = (float)Between(chance, 0, 0.3);
            fleet.ShortfallPenalty[i] = 10;
            fleet.Salvage[i] = (float)Between(chance, 0, 0.4);
        }

        return fleet;
    }

    internal static double[] Prices(int steps, int seed, double least, double most)
    {
        var chance = new Random(seed);
        return [.. Enumerable.Range(0, steps).Select(_ => Between(chance, least, most))];
    }

    /// <summary>A whole with limits that bind; no sites.</summary>
    internal static FleetProblem Problem(StorageFleet fleet, int steps, int seed, double importPerVehicle = 3, double exportPerVehicle = 2)
    {
        var chance = new Random(seed);
        var buy = Prices(steps, seed + 1, 0.2, 1.3);
        var n = Math.Max(1, fleet.Count);
        return new FleetProblem(
            0.25, buy, [.. buy.Select(b => b - 0.05)], [.. buy.Select(_ => n * Between(chance, 0.5, 1.5))], [.. buy.Select(_ => n * importPerVehicle)], [.. buy.Select(_ => n * exportPerVehicle)], 5, fleet);
    }

    /// <summary>The vehicles of the given numbers, in that order.</summary>
    internal static StorageFleet Pick(StorageFleet from, int[] which)
    {
        var to = new StorageFleet(which.Length);
        for (var n = 0; n < which.Length; n++)
        {
            var i = which[n];
            (to.Site[n], to.Arrival[n], to.Departure[n]) = (from.Site[i], from.Arrival[i], from.Departure[i]);
            (to.EnergyArrival[n], to.EnergyMin[n], to.EnergyMax[n], to.EnergyTarget[n]) = (from.EnergyArrival[i], from.EnergyMin[i], from.EnergyMax[i], from.EnergyTarget[i]);
            (to.ChargeMax[n], to.DischargeMax[n], to.ChargeEfficiency[n], to.DischargeEfficiency[n]) = (from.ChargeMax[i], from.DischargeMax[i], from.ChargeEfficiency[i], from.DischargeEfficiency[i]);
            (to.Wear[n], to.ShortfallPenalty[n], to.Salvage[n]) = (from.Wear[i], from.ShortfallPenalty[i], from.Salvage[i]);
        }

        return to;
    }

    /// <summary>Every fifth vehicle becomes a battery that stays.</summary>
    internal static StorageFleet Batteries(StorageFleet fleet, int steps)
    {
        for (var i = 0; i < fleet.Count; i += 5)
        {
            (fleet.Arrival[i], fleet.Departure[i], fleet.EnergyTarget[i]) = (0, (short)steps, fleet.EnergyMin[i]);
            (fleet.ChargeMax[i], fleet.DischargeMax[i]) = (25, 25);
        }

        return fleet;
    }

    /// <summary>Two feeders with some stations each; some limits bind, some cannot.</summary>
    internal static FleetProblem WithSites(FleetProblem problem, int seed, bool sun = false)
    {
        var chance = new Random(seed + 5);
        var sites = new List<SiteLimits>();
        double[] All(double value) => [.. Enumerable.Repeat(value, problem.Steps)];
        foreach (var parent in new int?[] { null, null, 0, 0, 1, 1, 4 })
        {
            var limit = chance.Next(4) == 0 ? 1e5 : Between(chance, 5, 20 + (2 * problem.Vehicles.Count));
            sites.Add(new SiteLimits(parent, All(Between(chance, 0, 3)), All(limit), All(limit / 2)) { PvAvailable = sun && chance.Next(2) == 0 ? Prices(problem.Steps, seed + sites.Count, 0, 40) : null });
        }

        for (var i = 0; i < problem.Vehicles.Count; i++) problem.Vehicles.Site[i] = chance.Next(sites.Count);
        return problem with { Sites = [.. sites] };
    }

    internal static double Between(Random chance, double least, double most) => least + ((most - least) * chance.NextDouble());
}
