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
        var run = new Run(problem, tree, draft);
        var net = run.Sites(loads);
        var shared = run.Whole(net);
        var all = costs.Aggregate(shared, (a, b) => new PlanCosts(
            a.Energy + b.Energy, a.Wear + b.Wear, a.Shortfall + b.Shortfall, a.Salvage + b.Salvage, a.Overload + b.Overload, a.Subsidies + b.Subsidies, a.Demand + b.Demand, a.Ramps + b.Ramps, a.Fees + b.Fees));
        var aggregate = new double[problem.Steps];
        foreach (var load in loads) Dense.Add(1, load, aggregate);
        return new FleetPlan(problem, cells, draft.Cells)
        {
            Certificate = new FleetCertificate(all.Sum, Math.Min(bound, all.Sum), passes),
            BoundFound = bound,
            Aggregate = aggregate, PvUsed = run.PvUsed, PvUsedBySite = draft.PvOfSites, Overloads = [.. run.Overloads.OrderBy(o => o.Site ?? -1)], Shortfall = shortfall, Costs = all, Prices = prices, Mixtures = draft.Mixtures, RoundingLoss = before is { } cost ? all.Sum - cost : null,
        };
    }

    private static (double[] Load, PlanCosts Costs) Cell(FleetProblem problem, FleetCells cells, int cell, float[] schedules, float[] shortfall)
    {
        var (vehicles, offsets, load) = (cells.Vehicles(cell), cells.Offsets(cell), new double[problem.Steps]);
        var (wear, missing, salvage, subsidies, fees) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (var k = 0; k < vehicles.Length; k++)
        {
            var i = vehicles[k];
            var schedule = schedules.AsSpan(offsets[k]..offsets[k + 1]);
            for (var t = 0; t < schedule.Length; t++) load[problem.Vehicles.Arrival[i] + t] += schedule[t];
            var account = StayAccount.Of(problem, i, schedule);
            shortfall[i] = (float)Math.Max(0, problem.Vehicles.EnergyTarget[i] - account.EnergyEnd);
            (wear, missing, salvage, subsidies, fees) = (wear + account.Wear, missing + account.Shortfall, salvage + account.Salvage, subsidies + account.Subsidies, fees + account.Fees);
        }

        return (load, new PlanCosts(0, wear, missing, salvage, 0, subsidies, 0, 0, fees));
    }

    private sealed class Run(FleetProblem problem, LimitTree tree, PlanDraft draft)
    {
        private double penalty;

        internal double[] PvUsed { get; } = new double[problem.Steps];

        internal List<Overload> Overloads { get; } = [];

        /// <summary>Adds up the sites from below; where each step can be judged by itself PV is used as is best for the schedules as they became.</summary>
        /// <returns>What the whole draws for its vehicles and sites: loads less PV of the sites.</returns>
        internal double[] Sites(double[][] loads)
        {
            var (n, whole) = (problem.Sites.Length, new double[problem.Steps]);
            var load = new double[]?[n];
            for (var c = 0; c < loads.Length; c++) Dense.Add(1, loads[c], tree.SiteOf[c] is { } site ? load[site] ??= new double[problem.Steps] : whole);
            for (var s = n - 1; s >= 0; s--) if (tree.Counts(s) && load[s] is { } mine) Dense.Add(1, mine, tree.Above(s) is >= 0 and var above ? load[above] ??= new double[problem.Steps] : whole);
            if (problem.DemandCharge is null && problem.Ramps.Length == 0) UseBest(load, whole);
            var used = new double[]?[n]; // PV of a site and of all below it
            for (var s = n - 1; s >= 0; s--)
            {
                if (!tree.Counts(s)) continue;
                if (draft.PvOfSites.GetValueOrDefault(s) is { } pv)
                {
                    Dense.Add(1, pv, PvUsed);
                    Dense.Add(1, pv, used[s] ??= new double[problem.Steps]);
                }

                var site = problem.Sites[s];
                var net = (double[])site.BaseLoad.Clone();
                if (load[s] is { } drawn) Dense.Add(1, drawn, net);
                if (used[s] is { } sun)
                {
                    Dense.Add(-1, sun, net);
                    if (tree.Above(s) is >= 0 and var above) Dense.Add(1, sun, used[above] ??= new double[problem.Steps]);
                    else Dense.Add(-1, sun, whole);
                }

                Over(s, net, site.ImportMax, site.ExportMax);
            }

            return whole;
        }

        internal PlanCosts Whole(double[] sum)
        {
            var (net, energy) = (new double[sum.Length], 0.0);
            for (var t = 0; t < sum.Length; t++)
            {
                var pv = draft.PvOfWhole?[t] ?? 0;
                PvUsed[t] += pv;
                net[t] = problem.BaseLoad[t] + sum[t] - pv;
                energy += ((problem.Buy[t] * Math.Max(0, net[t])) - (problem.Sell[t] * Math.Max(0, -net[t]))) * problem.StepHours;
            }

            Over(null, net, problem.ImportMax, problem.ExportMax);
            var demand = problem.DemandCharge is { } charge && net.Length > 0 ? charge.PerKilowatt * Math.Max(0, net.Max() - charge.PeakSoFar) : 0;
            var ramps = problem.Ramps.Sum(r => Math.Max(0, Math.Abs(net[r.Step] - net[r.Step - 1]) - r.ChangeMax) * problem.OverloadPenalty * problem.StepHours);
            return new PlanCosts(energy, 0, 0, 0, penalty, 0, demand, ramps, 0);
        }

        private void UseBest(double[]?[] load, double[] whole)
        {
            draft.PvOfWhole = problem.PvAvailable is null ? null : new double[problem.Steps];
            for (var s = 0; s < problem.Sites.Length; s++) if (problem.Sites[s].PvAvailable is not null) draft.PvOfSites[s] = new double[problem.Steps];
            if (draft.PvOfWhole is null && draft.PvOfSites.Count == 0) return;
            var best = new PvUse(problem, tree);
            for (var t = 0; t < problem.Steps; t++) best.Best(t, load, whole[t], (site, used) => (site is { } s ? draft.PvOfSites[s] : draft.PvOfWhole!)[t] += used);
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
            penalty += problem.PenaltyOf(site) * (import + export);
        }
    }
}
