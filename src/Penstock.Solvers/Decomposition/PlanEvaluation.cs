using Penstock.Solvers.Fleet;
using Penstock.Solvers.Mixing;

namespace Penstock.Solvers.Decomposition;

/// <summary>Makes every schedule of a plan once and adds up what they cost: what a plan says of itself comes from here and not from the search that found it.</summary>
internal static class PlanEvaluation
{
    internal static FleetPlan Evaluate(FleetProblem problem, LimitTree tree, PlanDraft draft, FleetPrices prices, double bound, double passes, ForEach forEach)
    {
        if (problem.Vehicles.PowerStep is null && problem.Vehicles.PowerMin is null) return Evaluate(problem, tree, draft, prices, bound, passes, forEach, null);
        var before = Evaluate(problem, tree, draft, prices, bound, passes, forEach, double.NaN).Certificate.Cost;
        return Evaluate(problem, tree, draft, prices, bound, passes, forEach, before);
    }

    /// <param name="before">Cost before rounding; NaN = evaluate before rounding; null = nothing is rounded.</param>
    private static FleetPlan Evaluate(FleetProblem problem, LimitTree tree, PlanDraft draft, FleetPrices prices, double bound, double passes, ForEach forEach, double? before)
    {
        var (cells, fleet) = (tree.Cells, problem.Vehicles);
        var plan = new FleetPlan(problem, cells, draft.Cells);
        var (loads, costs, shortfall) = (new double[cells.Count][], new PlanCosts[cells.Count], new float[fleet.Count]);
        forEach(cells.Count, c => (loads[c], costs[c]) = Cell(problem, cells, c, plan.Schedules(c, rounded: before is null or not double.NaN), shortfall));
        var run = new Run(problem, draft);
        var net = run.Sites(tree, loads);
        var shared = run.Whole(net);
        var all = costs.Aggregate(shared, (a, b) => new PlanCosts(
            a.Energy + b.Energy, a.Wear + b.Wear, a.Shortfall + b.Shortfall, a.Salvage + b.Salvage, a.Overload + b.Overload, a.Subsidies + b.Subsidies, a.Demand + b.Demand, a.Ramps + b.Ramps));
        var aggregate = new double[problem.Steps];
        foreach (var load in loads) Dense.Add(1, load, aggregate);
        return new FleetPlan(problem, cells, draft.Cells)
        {
            Certificate = new FleetCertificate(all.Sum, Math.Min(bound, all.Sum), passes),
            Aggregate = aggregate, PvUsed = run.PvUsed, PvUsedBySite = draft.PvOfSites, Overloads = [.. run.Overloads.OrderBy(o => o.Site ?? -1)], Shortfall = shortfall, Costs = all, Prices = prices, Mixtures = draft.Mixtures, RoundingLoss = before is { } cost ? all.Sum - cost : null,
        };
    }

    private static (double[] Load, PlanCosts Costs) Cell(FleetProblem problem, FleetCells cells, int cell, float[] schedules, float[] shortfall)
    {
        var (vehicles, offsets, load) = (cells.Vehicles(cell), cells.Offsets(cell), new double[problem.Steps]);
        var (wear, missing, salvage, subsidies) = (0.0, 0.0, 0.0, 0.0);
        for (var k = 0; k < vehicles.Length; k++)
        {
            var i = vehicles[k];
            var schedule = schedules.AsSpan(offsets[k]..offsets[k + 1]);
            for (var t = 0; t < schedule.Length; t++) load[problem.Vehicles.Arrival[i] + t] += schedule[t];
            var account = StayAccount.Of(problem, i, schedule);
            shortfall[i] = (float)Math.Max(0, problem.Vehicles.EnergyTarget[i] - account.EnergyEnd);
            (wear, missing, salvage, subsidies) = (wear + account.Wear, missing + account.Shortfall, salvage + account.Salvage, subsidies + account.Subsidies);
        }

        return (load, new PlanCosts(0, wear, missing, salvage, 0, subsidies, 0, 0));
    }

    private sealed class Run(FleetProblem problem, PlanDraft draft)
    {
        private double penalty;

        internal double[] PvUsed { get; } = new double[problem.Steps];

        internal List<Overload> Overloads { get; } = [];

        /// <summary>Nets the sites from below.</summary>
        /// <returns>What the whole draws for its vehicles and sites: loads less PV of the sites.</returns>
        internal double[] Sites(LimitTree tree, double[][] loads)
        {
            var (n, whole) = (problem.Sites.Length, new double[problem.Steps]);
            var net = new double[n][];
            for (var c = 0; c < loads.Length; c++) Dense.Add(1, loads[c], tree.SiteOf[c] is { } site ? net[site] ??= new double[problem.Steps] : whole);
            for (var s = n - 1; s >= 0; s--)
            {
                if (!tree.Counts(s)) continue;
                var mine = net[s] ?? new double[problem.Steps];
                Site(s, mine);
                Dense.Add(1, mine, tree.Above(s) is >= 0 and var above ? net[above] ??= new double[problem.Steps] : whole);
            }

            return whole;
        }

        internal PlanCosts Whole(double[] sum)
        {
            var (net, energy) = (new double[sum.Length], 0.0);
            var alone = problem.DemandCharge is null && problem.Ramps.Length == 0; // each step can then be judged by itself
            for (var t = 0; t < sum.Length; t++)
            {
                var pv = alone ? BestPv(t, problem.BaseLoad[t] + sum[t]) : draft.PvOfWhole?[t] ?? 0;
                PvUsed[t] += pv;
                net[t] = problem.BaseLoad[t] + sum[t] - pv;
                energy += ((problem.Buy[t] * Math.Max(0, net[t])) - (problem.Sell[t] * Math.Max(0, -net[t]))) * problem.StepHours;
            }

            Over(null, net, problem.ImportMax, problem.ExportMax);
            var demand = problem.DemandCharge is { } charge && net.Length > 0 ? charge.PerKilowatt * Math.Max(0, net.Max() - charge.PeakSoFar) : 0;
            var ramps = problem.Ramps.Sum(r => Math.Max(0, Math.Abs(net[r.Step] - net[r.Step - 1]) - r.ChangeMax) * problem.OverloadPenalty * problem.StepHours);
            return new PlanCosts(energy, 0, 0, 0, penalty, 0, demand, ramps);
        }

        private void Site(int s, double[] mine)
        {
            var (site, pv) = (problem.Sites[s], draft.PvOfSites.GetValueOrDefault(s));
            var net = new double[mine.Length];
            for (var t = 0; t < mine.Length; t++)
            {
                var used = pv?[t] ?? 0;
                PvUsed[t] += used;
                mine[t] -= used;
                net[t] = site.BaseLoad[t] + mine[t];
            }

            Over(s, net, site.ImportMax, site.ExportMax);
        }

        private void Over(int? site, double[] net, double[] importMax, double[] exportMax)
        {
            var (import, export) = (0.0, 0.0);
            for (var t = 0; t < net.Length; t++)
            {
                import += Math.Max(0, net[t] - importMax[t]) * problem.StepHours;
                export += Math.Max(0, -exportMax[t] - net[t]) * problem.StepHours;
            }

            if (import + export > 0) Overloads.Add(new Overload(site, import, export));
            penalty += problem.OverloadPenalty * (import + export);
        }

        /// <summary>The use of PV at which the step's energy and overload cost least; on a tie the larger one.</summary>
        private double BestPv(int t, double sum)
        {
            var most = problem.PvAvailable?[t] ?? 0;
            if (most <= 0) return 0;
            double Cost(double net) => (problem.Buy[t] * Math.Max(0, net)) - (problem.Sell[t] * Math.Max(0, -net)) +
                (problem.OverloadPenalty * (Math.Max(0, net - problem.ImportMax[t]) + Math.Max(0, -problem.ExportMax[t] - net)));
            return new[] { most, sum, sum + problem.ExportMax[t], sum - problem.ImportMax[t], 0 }.Where(y => y >= 0 && y <= most).OrderBy(y => Cost(sum - y)).ThenByDescending(y => y).First();
        }
    }
}
