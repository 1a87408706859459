using Google.OrTools.LinearSolver;
using Penstock.Solvers.Fleet;

namespace Penstock.UnitTests.Solvers.Decomposition;

/// <summary>
/// The same problem as one linear programme, solved by OR-Tools: shares nothing with the planner. Exact where no price makes it pay to charge and discharge at once, and without events.
/// The benchmarks are compiled with this file too.
/// </summary>
internal static class LinearOracle
{
    /// <param name="solver">A linear solver of OR-Tools by its name: GLOP, HIGHS_LINEAR_PROGRAMMING.</param>
    internal static double Optimum(FleetProblem problem, string solver = "GLOP") => Solve(problem, solver).Cost;

    /// <exception cref="InvalidOperationException">The programme has other columns than the problem asks for, or was not solved to the optimum.</exception>
    internal static LinearOptimum Solve(FleetProblem problem, string solver)
    {
        using var lp = Solver.CreateSolver(solver);
        var (fleet, h, inf) = (problem.Vehicles, problem.StepHours, double.PositiveInfinity);
        var objective = lp.Objective();
        objective.SetMinimization();
        Variable Var(double low, double high, double cost)
        {
            var v = lp.MakeNumVar(low, high, "");
            if (cost != 0) objective.SetCoefficient(v, cost);
            return v;
        }

        var whole = Enumerable.Range(0, problem.Steps).Select(t => lp.MakeConstraint(-problem.BaseLoad[t], -problem.BaseLoad[t])).ToArray(); // loads - net = -base
        var (import, exports) = (new Variable[problem.Steps], new Variable[problem.Steps]);
        for (var t = 0; t < problem.Steps; t++)
        {
            import[t] = Var(0, inf, problem.Buy[t] * h);
            exports[t] = Var(0, inf, -problem.Sell[t] * h);
            whole[t].SetCoefficient(import[t], -1);
            whole[t].SetCoefficient(exports[t], 1);
            Limit(import[t], exports[t], -problem.ExportMax[t], problem.ImportMax[t], problem.OverloadPenalty);
            if (problem.PvAvailable is { } pv) whole[t].SetCoefficient(Var(0, pv[t], 0), -1);
        }

        void Limit(Variable plus, Variable minus, double least, double most, double penalty)
        {
            var (over, under) = (Var(0, inf, penalty * h), Var(0, inf, penalty * h));
            var upper = lp.MakeConstraint(-inf, most);
            upper.SetCoefficient(plus, 1);
            upper.SetCoefficient(minus, -1);
            upper.SetCoefficient(over, -1);
            var lower = lp.MakeConstraint(least, inf);
            lower.SetCoefficient(plus, 1);
            lower.SetCoefficient(minus, -1);
            lower.SetCoefficient(under, 1);
        }

        if (problem.DemandCharge is { } demand)
        {
            var peak = Var(0, inf, demand.PerKilowatt);
            for (var t = 0; t < problem.Steps; t++)
            {
                var row = lp.MakeConstraint(-inf, demand.PeakSoFar);
                row.SetCoefficient(import[t], 1);
                row.SetCoefficient(peak, -1);
            }
        }

        var sites = problem.Sites.Select(s => Enumerable.Range(0, problem.Steps).Select(t => lp.MakeConstraint(-s.BaseLoad[t], -s.BaseLoad[t])).ToArray()).ToArray();
        for (var s = 0; s < sites.Length; s++)
        {
            for (var t = 0; t < problem.Steps; t++)
            {
                var (plus, minus) = (Var(0, inf, 0), Var(0, inf, 0));
                sites[s][t].SetCoefficient(plus, -1);
                sites[s][t].SetCoefficient(minus, 1);
                Limit(plus, minus, -problem.Sites[s].ExportMax[t], problem.Sites[s].ImportMax[t], problem.Sites[s].OverloadPenalty ?? problem.OverloadPenalty);
                if (problem.Sites[s].PvAvailable is { } pv) Feeds(s, t, Var(0, pv[t], 0), -1);
            }
        }

        void Feeds(int site, int t, Variable v, double sign)
        {
            whole[t].SetCoefficient(v, sign);
            for (int? at = site; at is { } here; at = problem.Sites[here].Parent) sites[here][t].SetCoefficient(v, sign);
        }

        for (var i = 0; i < fleet.Count; i++)
        {
            var battery = fleet.Battery(i);
            Variable? stored = null;
            var into = battery.ChargeMax * h * battery.ChargeEfficiency;
            var high = Math.Max(battery.EnergyMax, battery.EnergyArrival);
            for (int t = fleet.Arrival[i], n = 1; t < fleet.Departure[i]; t++, n++)
            {
                var paid = Enumerable.Range(0, problem.TakesPart is null ? 0 : problem.Events.Length).Where(e => problem.TakesPart![i, e] && problem.Events[e].First <= t && t <= problem.Events[e].Last).Sum(e => problem.Events[e].SubsidyPerKilowattHour);
                var charge = Var(0, battery.ChargeMax, h * paid);
                var discharge = battery.DischargeMax > 0 ? Var(0, battery.DischargeMax, h * ((battery.Wear / battery.DischargeEfficiency) + (problem.DischargeFee?[t] ?? 0) - paid)) : null;
                if (problem.Sites.Length > 0)
                {
                    Feeds(fleet.Site[i], t, charge, 1);
                    if (discharge is not null) Feeds(fleet.Site[i], t, discharge, -1);
                }
                else
                {
                    whole[t].SetCoefficient(charge, 1);
                    if (discharge is not null) whole[t].SetCoefficient(discharge, -1);
                }

                var floor = Math.Min(battery.EnergyMin, battery.EnergyArrival + (n * into)); // below the floor everything is charged
                var next = Var(Math.Min(floor, high), high, 0);
                var row = stored is null ? lp.MakeConstraint(battery.EnergyArrival, battery.EnergyArrival) : lp.MakeConstraint(0, 0);
                row.SetCoefficient(next, 1);
                if (stored is not null) row.SetCoefficient(stored, -1);
                row.SetCoefficient(charge, -h * battery.ChargeEfficiency);
                if (discharge is not null) row.SetCoefficient(discharge, h / battery.DischargeEfficiency);
                stored = next;
            }

            var target = lp.MakeConstraint(battery.EnergyTarget, battery.EnergyTarget);
            target.SetCoefficient(stored!, 1);
            target.SetCoefficient(Var(0, inf, battery.ShortfallPenalty), 1);
            target.SetCoefficient(Var(0, inf, -battery.Salvage), -1);
        }

        foreach (var ramp in problem.Ramps)
        {
            var row = lp.MakeConstraint(-ramp.ChangeMax, ramp.ChangeMax);
            var (now, before) = (Net(ramp.Step), Net(ramp.Step - 1));
            foreach (var (v, c) in now) row.SetCoefficient(v, c);
            foreach (var (v, c) in before) row.SetCoefficient(v, -c);
            row.SetCoefficient(Var(0, inf, problem.OverloadPenalty * h), 1);
            row.SetCoefficient(Var(0, inf, problem.OverloadPenalty * h), -1);
        }

        IEnumerable<(Variable, double)> Net(int t)
        {
            yield return (import[t], 1);
            yield return (exports[t], -1);
        }

        if (lp.NumVariables() != Columns(problem)) throw new InvalidOperationException($"The linear programme has {lp.NumVariables()} columns; the problem asks for {Columns(problem)}.");
        var status = lp.Solve();
        if (status != Solver.ResultStatus.OPTIMAL) throw new InvalidOperationException($"{solver} ended with {status}; an optimum always exists.");
        return new LinearOptimum(objective.Value(), lp.NumVariables(), lp.NumConstraints());
    }

    /// <summary>Per step and limit what flows each way and what is beyond it, and PV; per vehicle its stay and its departure; the peak; both ways beyond a ramp.</summary>
    private static int Columns(FleetProblem problem)
    {
        int Limit(double[]? pv) => problem.Steps * (pv is null ? 4 : 5);
        var vehicles = Enumerable.Range(0, problem.Vehicles.Count).Sum(i => (problem.Vehicles.Steps(i) * (problem.Vehicles.DischargeMax[i] > 0 ? 3 : 2)) + 2);
        return Limit(problem.PvAvailable) + problem.Sites.Sum(s => Limit(s.PvAvailable)) + vehicles + (problem.DemandCharge is null ? 0 : 1) + (2 * problem.Ramps.Length);
    }
}

internal readonly record struct LinearOptimum(double Cost, int Columns, int Rows);
