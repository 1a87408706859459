using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Fleet;

namespace Penstock.Solvers.Interior;

/// <summary>
/// A primal-dual interior-point method (Mehrotra 1992) for a fleet under a tree of limits, as if there were no events and nobody left early. Its linear systems are eliminated vehicle by vehicle (tridiagonal)
/// and level by level (steps x steps), so an iteration costs a few microseconds a vehicle and a fraction of a millisecond a level, whatever binds. What it finds are prices and schedules near the optimum; the proof comes from the kernel at those prices.
/// </summary>
internal sealed class InteriorPoint
{
    /// <summary>Iterations at most; 20 to 40 are usual.</summary>
    private const int IterationsMax = 100;

    /// <summary>Part of the way to the nearest bound.</summary>
    private const double Fraction = 0.995;

    /// <summary>A primal and a dual step that are together shorter than this gain nothing.</summary>
    private const double StepLeast = 1e-4;

    private readonly FleetProblem problem;
    private readonly LimitTree tree;
    private readonly ForEach forEach;
    private readonly List<LimitLevel> levels = [];
    private readonly BoundedVariables[] all;
    private readonly int products; // of rooms and multipliers
    private readonly int[] above; // number of each level's parent; -1 = the whole
    private readonly FleetBlocks fleet;
    private readonly int[][] at; // vehicles (places in the fleet) directly under each level
    private readonly double[][] prices; // per kW and step, of each level and above

    internal InteriorPoint(FleetProblem problem, LimitTree tree, ForEach forEach)
    {
        (this.problem, this.tree, this.forEach) = (problem, tree, forEach);
        var levelOf = Build();
        var vehicles = Enumerable.Range(0, tree.Cells.Count).SelectMany(c => tree.Cells.Vehicles(c).Select(i => (Vehicle: i, Level: tree.SiteOf[c] is { } site ? levelOf[site] : levelOf[-1]))).ToArray();
        above = [.. levels.Select(l => l.Parent is { } parent ? levels.IndexOf(parent) : -1)];
        fleet = new FleetBlocks(problem, [.. vehicles.Select(v => v.Vehicle)]);
        var under = vehicles.Select((v, k) => (v.Level, k)).ToLookup(v => v.Level, v => v.k);
        at = [.. Enumerable.Range(0, levels.Count).Select(l => under[l].ToArray())];
        prices = [.. levels.Select(_ => new double[problem.Steps])];
        all = [fleet.Variables, .. levels.SelectMany(l => new[] { l.Own, l.Pv })];
        products = Math.Max(1, 2 * all.Sum(v => v.Count));
    }

    internal int Iterations { get; private set; }

    /// <summary>Levels at most: each takes two matrices of steps x steps.</summary>
    internal const int LevelsMax = 2000;

    /// <param name="priceScale">What a kWh is worth, roughly.</param>
    /// <param name="relative">Complementarity as a share of the cost at which to stop.</param>
    internal void Solve(double priceScale, double relative)
    {
        fleet.Start(priceScale);
        foreach (var level in levels) level.Start(priceScale * problem.StepHours);
        var open = 1.0; // part of the first infeasibility that is left
        for (Iterations = 0; Iterations < IterationsMax; Iterations++)
        {
            Factor();
            var sum = Complementarity(0, 0);
            if (open < 1e-7 && sum <= relative * Math.Max(1e-6, Math.Abs(Cost()))) break;
            var (primal, dual) = Steps(Search(0), 1);
            var affine = Complementarity(primal, dual);
            foreach (var one in all) one.Correct();
            (primal, dual) = Steps(Search(sum / products * Math.Pow(affine / sum, 3)), Fraction);
            if (!(primal + dual > StepLeast)) break; // not a number, or stuck: double precision gives no more, and the last iterate is kept
            Move(primal, dual);
            open *= 1 - primal;
        }
    }

    /// <summary>The prices of the last iterate.</summary>
    internal FleetPrices Prices()
    {
        var (net, demand, ramps, sites) = (new double[problem.Steps], Array.Empty<double>(), Array.Empty<double>(), new Dictionary<int, double[]>());
        foreach (var level in levels)
        {
            if (level.Site is { } site) sites[site] = Array.ConvertAll(level.Dual, p => p / problem.StepHours);
            else if (level.Parent is null) net = Array.ConvertAll(level.Dual, p => p / problem.StepHours);
            else if (level.IsDemand) demand = Array.ConvertAll(level.Dual, p => Math.Max(0, p));
            else ramps = Array.ConvertAll(level.Dual, p => Math.Clamp(p, -problem.OverloadPenalty * problem.StepHours, problem.OverloadPenalty * problem.StepHours));
        }

        if (demand.Sum() is > 0 and var all && all > problem.DemandCharge!.Value.PerKilowatt) demand = Array.ConvertAll(demand, p => p * problem.DemandCharge.Value.PerKilowatt / all);
        return new FleetPrices(net, demand, ramps, sites);
    }

    /// <summary>PV used by a site (null: the whole) in the last iterate; null without PV.</summary>
    internal double[]? Pv(int? site) => levels.Find(l => l.Site == site && l.Pv.Count > 0) is { } level ? level.Pv.X[..level.Pv.Count] : null;

    /// <summary>Schedules of the cells' vehicles that follow the last iterate's energies within the vehicles' own bounds.</summary>
    internal float[][] Schedules()
    {
        var result = Enumerable.Range(0, tree.Cells.Count).Select(c => new float[tree.Cells.Offsets(c)[^1]]).ToArray();
        for (int c = 0, k = 0; c < result.Length; c++)
        {
            var offsets = tree.Cells.Offsets(c);
            for (var place = 0; place < offsets.Length - 1; place++, k++) Follow(k, result[c].AsSpan(offsets[place]..offsets[place + 1]));
        }

        return result;
    }

    private void Follow(int k, Span<float> schedule)
    {
        var battery = problem.Vehicles.Battery(fleet.Vehicles[k]);
        var (h, energy, there, chance) = (problem.StepHours, battery.EnergyArrival, 1.0, problem.Vehicles.LeaveProbability?[fleet.Vehicles[k]] ?? 0);
        var (into, outOf) = (battery.ChargeMax * h * battery.ChargeEfficiency, battery.DischargeMax * h / battery.DischargeEfficiency);
        var high = Math.Max(battery.EnergyMax, battery.EnergyArrival);
        for (var t = 0; t < schedule.Length; t++)
        {
            var wish = Math.Max(fleet.Stored(k, t), Math.Min(fleet.Lowest(k, t), high));
            var change = Math.Clamp(Math.Min(wish, high) - energy, -outOf, into);
            energy += change;
            schedule[t] = (float)(there * (change > 0 ? change / battery.ChargeEfficiency : change * battery.DischargeEfficiency) / h);
            there *= 1 - chance;
        }
    }

    /// <summary>The whole, its demand rows and ramps, then the sites whose limits can bind, parents first.</summary>
    private Dictionary<int, int> Build()
    {
        var levelOf = new Dictionary<int, int>();
        var (demand, ramps) = (problem.DemandCharge, problem.Ramps.Length > 0);
        levels.Add(LimitLevel.Node(problem, null, tree.Top, demand is null && !ramps ? problem.PvAvailable : null));
        var reach = tree.Top.Reach;
        if (demand is { } charge)
        {
            var highest = Math.Max(0, Enumerable.Range(0, problem.Steps).Max(t => problem.BaseLoad[t] + reach.Draw[t]) - charge.PeakSoFar) + 1;
            levels.Add(LimitLevel.Demand(problem, levels[^1], charge, highest, ramps ? null : problem.PvAvailable));
        }

        if (ramps) levels.Add(LimitLevel.Ramps(problem, levels[^1], r => Coupling.CostOf(problem, r, reach), problem.PvAvailable));
        levelOf[-1] = levels.Count - 1;
        for (var s = 0; s < problem.Sites.Length; s++)
        {
            if (!tree.Counts(s)) continue;
            levelOf[s] = levels.Count;
            levels.Add(LimitLevel.Node(problem, levels[levelOf[tree.Above(s)]], new Coupling.Node(s, null, tree.ReachOf(s)), problem.Sites[s].PvAvailable));
        }

        return levelOf;
    }

    private void Factor()
    {
        fleet.Variables.Weigh();
        foreach (var level in levels) level.Begin();
        forEach(levels.Count, l =>
        {
            foreach (var k in at[l]) fleet.Factor(k, levels[l].Below);
        });
        for (var l = levels.Count - 1; l >= 0; l--) levels[l].Factor();
    }

    /// <returns>Reciprocals of the longest steps.</returns>
    private (double Primal, double Dual) Search(double center)
    {
        foreach (var level in levels) level.ClearLoads();
        for (var l = 0; l < levels.Count; l++)
        {
            Array.Clear(prices[l]);
            if (above[l] >= 0) prices[above[l]].CopyTo(prices[l], 0);
            levels[l].AddPrices(levels[l].Dual, prices[l]);
        }

        forEach(levels.Count, l =>
        {
            foreach (var k in at[l]) fleet.Price(k, prices[l]);
        });
        fleet.Variables.Prepare(center);
        forEach(levels.Count, l =>
        {
            foreach (var k in at[l]) fleet.Prepare(k, levels[l].Load, levels[l].Free);
        });
        for (var l = levels.Count - 1; l >= 0; l--) levels[l].Prepare(prices[l], center);
        var changes = new double[levels.Count][];
        for (var l = 0; l < levels.Count; l++)
        {
            changes[l] = above[l] >= 0 ? (double[])changes[above[l]].Clone() : new double[problem.Steps];
            levels[l].Direct(changes[l]);
        }

        forEach(levels.Count, l =>
        {
            foreach (var k in at[l]) fleet.Direct(k, changes[l]);
        });
        var most = (Primal: 0.0, Dual: 0.0);
        foreach (var one in all) if (one.Direct() is var (p, d)) most = (Math.Max(most.Primal, p), Math.Max(most.Dual, d));
        return most;
    }

    private double Cost() => all.Sum(v => Mixing.Dense.Dot(v.Cost, v.X));

    private double Complementarity(double primal, double dual) => all.Sum(v => v.Complementarity(primal, dual));

    private static (double Primal, double Dual) Steps((double Primal, double Dual) most, double fraction) => (Math.Min(1, fraction / most.Primal), Math.Min(1, fraction / most.Dual));

    private void Move(double primal, double dual)
    {
        foreach (var one in all) one.Move(primal, dual);
        for (var r = 0; r < fleet.Dual.Length; r++) fleet.Dual[r] += dual * fleet.DualDirection[r];
        foreach (var level in levels) for (var r = 0; r < level.Dual.Length; r++) level.Dual[r] += dual * level.Direction[r];
    }
}
