using System.Globalization;
using CsvHelper;

namespace Penstock.Cli.PlanVerify;

/// <summary>Re-checks a plan from its files: feasibility, cost, aggregate, gap and lower bound. Shares no code with the planner.</summary>
internal static class VerifyRun
{
    /// <summary>Cost and bound agree within this share of the sum of their parts.</summary>
    private const double Relative = 2e-6;

    /// <returns>0 = the plan holds; 8 = it does not; 3 = a file cannot be read.</returns>
    internal static int Check(string problemPath, string planPath, string schedulePath, TextWriter to, TextWriter error)
    {
        try
        {
            var (problem, plan) = (GivenProblem.Read(problemPath), ClaimedPlan.Read(planPath));
            var faults = new List<string>();
            var schedules = new ScheduleCheck(problem, faults);
            schedules.Run(schedulePath);
            var (cost, size) = Cost(problem, plan, schedules, faults);
            var (bound, boundSize) = new Bound(problem, plan).Value();
            Compare(problem, plan, schedules, (cost, size), (bound, boundSize), faults);
            string Text(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
            to.WriteLine($"schedules    {problem.Vehicles.Length} vehicles, {schedules.Rows} rows");
            to.WriteLine($"cost         {Text(plan.Cost)} claimed, {Text(cost)} recomputed");
            to.WriteLine($"lower bound  {Text(plan.LowerBound)} claimed, {Text(bound)} recomputed");
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"gap          {plan.Gap:0.0e+0} claimed, {(cost - bound) / Math.Max(1, Math.Abs(cost)):0.0e+0} recomputed"));
            foreach (var fault in faults) error.WriteLine(fault);
            to.WriteLine(faults.Count == 0 ? "the plan holds" : $"the plan does not hold: {faults.Count} faults");
            return faults.Count == 0 ? 0 : 8;
        }
        catch (Exception e) when (e is UnreadableException or IOException or CsvFormatException)
        {
            error.WriteLine(e.Message);
            return 3;
        }
    }

    private static void Compare(GivenProblem problem, ClaimedPlan plan, ScheduleCheck schedules, (double Value, double Size) cost, (double Value, double Size) bound, List<string> faults)
    {
        for (var t = 0; t < problem.Steps; t++)
        {
            if (Math.Abs(schedules.Load[t] - plan.Aggregate[t]) > 1) faults.Add(FormattableString.Invariant($"step {t}: the schedules add up to {schedules.Load[t]:0.000} kW, the plan says {plan.Aggregate[t]:0.000}"));
        }

        var tolerance = (Relative * cost.Size) + 1e-3;
        if (Math.Abs(cost.Value - plan.Cost) > tolerance) faults.Add(FormattableString.Invariant($"cost: {plan.Cost} claimed, {cost.Value} recomputed"));
        if (plan.LowerBound > bound.Value + (Relative * bound.Size) + 1e-3) faults.Add(FormattableString.Invariant($"lower bound: {plan.LowerBound} claimed, the prices prove only {bound.Value}"));
        if (plan.LowerBound > cost.Value + tolerance) faults.Add(FormattableString.Invariant($"the lower bound {plan.LowerBound} is above the cost {cost.Value}"));
        var gap = (plan.Cost - plan.LowerBound) / Math.Max(1, Math.Abs(plan.Cost));
        if (Math.Abs(gap - plan.Gap) > 2e-6 * Math.Max(1, Math.Abs(gap))) faults.Add(FormattableString.Invariant($"gap: {plan.Gap} claimed, cost and lower bound make {gap}"));
    }

    private static (double Value, double Size) Cost(GivenProblem problem, ClaimedPlan plan, ScheduleCheck schedules, List<string> faults)
    {
        var (h, cost, size) = (problem.Hours, schedules.OwnCost, schedules.Size);
        void Add(double value) => (cost, size) = (cost + value, size + Math.Abs(value));
        var (net, used) = (new double[problem.Steps], new double[problem.Steps]);
        for (var s = 0; s < problem.Sites.Length; s++) if (problem.Sites[s].Pv is { } pv) Use(plan.PvUsedBySite.GetValueOrDefault(problem.Sites[s].Id), pv, s);
        for (var t = 0; t < problem.Steps; t++)
        {
            var own = plan.PvUsed[t] - used[t];
            if (own < -1e-3 || own > (problem.Pv?[t] ?? 0) + 1e-3) faults.Add(FormattableString.Invariant($"step {t}: {own:0.000} kW of PV used outside the sites, {problem.Pv?[t] ?? 0:0.000} are available"));
            net[t] = problem.Base[t] + schedules.Load[t] - plan.PvUsed[t];
            Add(h * ((problem.Buy[t] * Math.Max(0, net[t])) - (problem.Sell[t] * Math.Max(0, -net[t]))));
            Add(h * problem.Penalty * (Math.Max(0, net[t] - problem.Import[t]) + Math.Max(0, -problem.Export[t] - net[t])));
        }

        for (var s = 0; s < problem.Sites.Length; s++)
        {
            var site = problem.Sites[s];
            for (var t = 0; t < problem.Steps; t++)
            {
                var here = site.Base[t] + schedules.SiteLoad[s][t];
                Add(h * site.Penalty * (Math.Max(0, here - site.Import[t]) + Math.Max(0, -site.Export[t] - here)));
            }
        }

        if (problem.Demand is { } demand) Add(demand.PerKw * Math.Max(0, net.Max() - demand.Peak));
        foreach (var (step, most) in problem.Ramps) Add(h * problem.Penalty * Math.Max(0, Math.Abs(net[step] - net[step - 1]) - most));
        return (cost, size);

        void Use(double[]? claimed, double[] available, int s)
        {
            for (var t = 0; t < problem.Steps; t++)
            {
                var kw = claimed?[t] ?? 0;
                if (kw < -1e-6 || kw > available[t] + 1e-6) faults.Add(FormattableString.Invariant($"step {t}: site {problem.Sites[s].Id} uses {kw} kW of PV, {available[t]} are available"));
                used[t] += kw;
                for (var at = s; at >= 0; at = problem.Sites[at].Parent) schedules.SiteLoad[at][t] -= kw;
            }
        }
    }
}
