using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Fleet;

namespace Penstock.Solvers.Flexibility;

public enum ChargingRegime
{
    /// <summary>Full power on arrival until the target; batteries do nothing but fill up.</summary>
    Uncontrolled,

    /// <summary>Charging only, planned.</summary>
    Orderly,

    /// <summary>Charging and discharging, planned.</summary>
    V2G,
}

/// <summary>How many vehicles a limit hosts.</summary>
/// <param name="Vehicles">The first so many of the order, with zero overload and every reachable target reached.</param>
/// <param name="Share">Of the fleet, 0 to 1.</param>
/// <param name="IsProven">All are hosted, or the next larger number that was tried cannot be by any schedule: its lower bound says so. False = the planner found none. 0 vehicles are not tried: the base load alone may overload.</param>
/// <param name="Plans">Probes that it took.</param>
public readonly record struct HostedVehicles(ChargingRegime Regime, int Vehicles, double Share, bool IsProven, int Plans);

public sealed record HostingOptions
{
    /// <summary>Orders the fleet: every prefix of a random order is a fair sample of it.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Entries of the fleet from this index on are stationary batteries: there in every probe and regime, and not counted.</summary>
    public int Vehicles { get; init; } = int.MaxValue;

    /// <summary>Sites keep their limits too, not the whole alone.</summary>
    public bool WithSites { get; init; }

    /// <summary>The number is exact to this share of the fleet, or one vehicle.</summary>
    public double Resolution { get; init; } = 1e-3;

    /// <summary>Mixtures of a probe at most.</summary>
    public int RoundsMax { get; init; } = 30;
}

/// <summary>
/// The largest number of vehicles that the limits host with zero overload and no shortfall, under three regimes: bisection over the number, one plan per probe. A probe asks only what is possible: prices, wear and
/// salvage are 0, nothing is held in reserve, and a kWh beyond a limit or below a reachable target costs 1, so that the cost is 0 exactly if all are hosted and a lower bound above 0 proves that they are not. Each regime begins with what the one
/// before hosts. More vehicles are not always harder with V2G, where one can help another: the number is then one that is hosted and after which a larger one is not, not always the largest of all.
/// </summary>
public static class HostingCapacity
{
    /// <summary>Schedules keep energies to this, kWh: what is beyond it for each vehicle is no rounding.</summary>
    private const double Rounding = 1e-3;

    public static IReadOnlyList<HostedVehicles> Of(FleetProblem problem, HostingOptions? options = null, ForEach? forEach = null)
    {
        options ??= new HostingOptions();
        var order = Enumerable.Range(0, Math.Min(options.Vehicles, problem.Vehicles.Count)).ToArray();
        var batteries = Enumerable.Range(order.Length, problem.Vehicles.Count - order.Length).ToArray();
        new Random(options.Seed).Shuffle(order);
        var bare = problem with
        {
            Buy = new double[problem.Steps], Sell = new double[problem.Steps], OverloadPenalty = 1, DischargeFee = null, Events = [], DemandCharge = null, Ramps = [],
            Sites = options.WithSites ? [.. problem.Sites.Select(s => s with { OverloadPenalty = null })] : [],
            PvAvailable = options.WithSites ? problem.PvAvailable : AllPv(problem),
        };
        var (result, known) = (new List<HostedVehicles>(), 0);
        foreach (var regime in Enum.GetValues<ChargingRegime>())
        {
            result.Add(Largest(regime, known, order.Length, options.Resolution, n => regime == ChargingRegime.Uncontrolled
                ? Uncontrolled(bare with { Vehicles = Pick(problem.Vehicles, [.. order[..n], .. batteries], n, problem.StepHours, discharge: false) })
                : Planned(bare with { Vehicles = Pick(problem.Vehicles, [.. order[..n], .. batteries], n, problem.StepHours, regime == ChargingRegime.V2G) }, options, forEach)));
            known = result[^1].Vehicles;
        }

        return result;
    }

    /// <summary>Overload and shortfall of a probe: what was found, and what none can avoid, kWh.</summary>
    private readonly record struct Probe(double Found, double Bound);

    private static HostedVehicles Largest(ChargingRegime regime, int known, int all, double resolution, Func<int, Probe> probe)
    {
        var (low, high, plans, proven) = (known, all + 1, 0, true);
        while (high - low > 1 && (high > all || high - low > resolution * all))
        {
            var middle = high > all ? all : (low + high) / 2; // first of all: does the whole fleet fit?
            var (found, tolerance) = (probe(middle), Rounding * middle);
            plans++;
            if (found.Found <= tolerance) low = middle;
            else (high, proven) = (middle, found.Bound > tolerance);
        }

        return new HostedVehicles(regime, low, all == 0 ? 1 : (double)low / all, proven, plans);
    }

    private static Probe Planned(FleetProblem problem, HostingOptions options, ForEach? forEach)
    {
        var certificate = FleetPlanner.Plan(problem, new PlanOptions { GapWanted = Rounding, Seed = options.Seed, RoundsMax = options.RoundsMax }, forEach).Certificate;
        return new Probe(certificate.Cost, certificate.LowerBound);
    }

    /// <summary>Net power with full power on arrival; PV of a site serves what is behind its connection and is curtailed beyond.</summary>
    private static Probe Uncontrolled(FleetProblem problem)
    {
        var (fleet, sites, steps) = (problem.Vehicles, problem.Sites.Length, problem.Steps);
        var (loads, missing) = (Enumerable.Range(0, sites + 1).Select(_ => new double[steps]).ToArray(), 0.0);
        for (var i = 0; i < fleet.Count; i++)
        {
            var (schedule, load, energy) = (ReferencePlan.UncontrolledSchedule(fleet, i, problem.StepHours), loads[sites > 0 ? fleet.Site[i] : 0], (double)fleet.EnergyArrival[i]);
            for (var t = 0; t < schedule.Length; t++)
            {
                load[fleet.Arrival[i] + t] += schedule[t];
                energy += schedule[t] * problem.StepHours * fleet.ChargeEfficiency[i];
            }

            missing += Math.Max(0, fleet.EnergyTarget[i] - energy);
        }

        var over = 0.0;
        for (var s = sites - 1; s >= 0; s--)
        {
            var site = problem.Sites[s];
            var above = loads[site.Parent ?? sites];
            for (var t = 0; t < steps; t++)
            {
                var net = Net(site.BaseLoad[t] + loads[s][t], site.PvAvailable?[t]);
                over += Beyond(net, site.ImportMax[t], site.ExportMax[t]);
                above[t] += net - site.BaseLoad[t]; // base loads of sites are in those above already
            }
        }

        for (var t = 0; t < steps; t++) over += Beyond(Net(problem.BaseLoad[t] + loads[sites][t], problem.PvAvailable?[t]), problem.ImportMax[t], problem.ExportMax[t]);
        var all = missing + (over * problem.StepHours);
        return new Probe(all, all);
    }

    private static double Net(double drawn, double? sun) => drawn - Math.Clamp(drawn, 0, sun ?? 0);

    private static double Beyond(double net, double importMax, double exportMax) => Math.Max(0, net - importMax) + Math.Max(0, -exportMax - net);

    private static double[]? AllPv(FleetProblem problem)
    {
        double[]?[] all = [problem.PvAvailable, .. problem.Sites.Select(s => s.PvAvailable)];
        return all.All(p => p is null) ? null : [.. Enumerable.Range(0, problem.Steps).Select(t => all.Sum(p => p?[t] ?? 0))];
    }

    /// <summary>The chosen vehicles with floor, powers and target alone; the target as far as full power reaches it.</summary>
    /// <param name="vehicles">So many of them may discharge only if <paramref name="discharge"/>; the rest are batteries, which may.</param>
    private static StorageFleet Pick(StorageFleet from, ReadOnlySpan<int> which, int vehicles, double stepHours, bool discharge)
    {
        var to = new StorageFleet(which.Length);
        for (var n = 0; n < which.Length; n++)
        {
            var i = which[n];
            var reached = Math.Min(Math.Max(from.EnergyMax[i], from.EnergyArrival[i]), from.EnergyArrival[i] + (from.Steps(i) * stepHours * from.ChargeMax[i] * from.ChargeEfficiency[i]));
            (to.Site[n], to.Arrival[n], to.Departure[n]) = (from.Site[i], from.Arrival[i], from.Departure[i]);
            (to.EnergyArrival[n], to.EnergyMin[n], to.EnergyMax[n], to.EnergyTarget[n]) = (from.EnergyArrival[i], from.EnergyMin[i], from.EnergyMax[i], (float)Math.Min(from.EnergyTarget[i], reached - (Rounding / 10)));
            (to.ChargeMax[n], to.DischargeMax[n], to.ChargeEfficiency[n], to.DischargeEfficiency[n]) = (from.ChargeMax[i], discharge || n >= vehicles ? from.DischargeMax[i] : 0, from.ChargeEfficiency[i], from.DischargeEfficiency[i]);
            to.ShortfallPenalty[n] = 1;
        }

        return to;
    }
}
