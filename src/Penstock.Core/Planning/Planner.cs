using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Core.Units;

namespace Penstock.Core.Planning;

/// <summary>One site's plan: the cheapest schedules that keep every owner's guarantee and every limit, with a proven bound.</summary>
public static class Planner
{
    /// <summary>Binding limits listed in a plan, dearest first.</summary>
    public const int BindingMax = 200;

    private const double Tolerance = 0.05;

    /// <summary>
    /// Prices hold the limit tree and the grid events, the kernel answers exactly, a forward pass makes the result feasible. The plan always exists: what cannot be
    /// met is in <see cref="Plan.Relaxed"/>. Costs and bound include the penalties for missed targets and missed event energy.
    /// </summary>
    public static Plan Plan(PlanningProblem problem, PlanId id, Instant now, string trigger)
    {
        var (buy, sell) = (problem.BuyPerKilowattHour.ToArray(), problem.SellPerKilowattHour.ToArray());
        var priceMax = buy.Length == 0 ? 0 : buy.Concat(sell).Max(Math.Abs);
        var sessions = problem.Sessions.Select(s => SessionBattery.Of(s, problem.Grid, priceMax, buy.Min())).ToList();
        var limits = new SharedLimits(problem, sessions);
        var prices = new PriceDecomposition(problem, sessions, limits, priceMax, wished => Cost(FeasibleSchedule.Make(problem, sessions, wished)));
        prices.Run();
        var power = FeasibleSchedule.Make(problem, sessions, prices.Stored);
        var cost = Cost(power);
        return new Plan(
            id, problem.Site.Id, now, trigger, problem.Grid,
            sessions.Select((s, i) => Schedule(problem, s, power[i])).ToImmutableDictionary(s => s.Session),
            [.. Enumerable.Range(0, problem.Grid.Count).Select(t => Power.FromKilowatts(power.Sum(p => p[t])))],
            new Certificate(cost, Math.Min(prices.LowerBound, cost), prices.Iterations),
            Binding(limits, prices),
            [.. Relaxed(problem, sessions, limits, power)]);

        double Cost(double[][] schedule) => sessions.Select((s, i) => s.Cost(schedule[i], buy, sell, problem.Grid.SlotHours)).Sum() + EventShortfall(problem, limits, schedule, priceMax);
    }

    private static double EventShortfall(PlanningProblem problem, SharedLimits limits, double[][] power, double priceMax) =>
        limits.Rows.Where(r => r.Event is not null).Sum(row => Enumerable.Range(row.First, Math.Max(0, row.End - row.First))
            .Sum(t => Math.Max(0, row.Sum(power, t) - row.Upper))) * problem.Grid.SlotHours * SessionBattery.EventPenalty(priceMax);

    private static SessionPlan Schedule(PlanningProblem problem, SessionBattery one, double[] power)
    {
        var hours = problem.Grid.SlotHours;
        var stored = ImmutableArray.CreateBuilder<Energy>(power.Length + 1);
        var (upTo, downTo) = (ImmutableArray.CreateBuilder<Energy?>(power.Length), ImmutableArray.CreateBuilder<Energy?>(power.Length));
        var energy = one.Problem.EnergyArrival;
        stored.Add(Energy.FromKilowattHours(energy));
        for (var t = 0; t < power.Length; t++)
        {
            energy += power[t] > 0 ? power[t] * hours * one.Problem.ChargeEfficiency : power[t] * hours / one.Problem.DischargeEfficiency;
            var after = Energy.FromKilowattHours(energy);
            stored.Add(after);
            var here = t >= one.First && t < one.First + one.Steps;
            upTo.Add(!here ? null : power[t] > 0 ? after : Energy.FromKilowattHours(one.Problem.EnergyMin));
            downTo.Add(!here ? null : power[t] < 0 ? after : Energy.FromKilowattHours(one.Problem.EnergyMax));
        }

        var session = one.Session.Session;
        return new SessionPlan(session.Id, session.Vehicle?.Id, session.Evse, [.. power.Select(Power.FromKilowatts)], stored.MoveToImmutable(), upTo.MoveToImmutable(), downTo.MoveToImmutable());
    }

    private static ImmutableArray<BindingLimit> Binding(SharedLimits limits, PriceDecomposition prices) =>
    [
        .. limits.Rows.SelectMany((row, r) => Enumerable.Range(row.First, Math.Max(0, row.End - row.First)).Select(t => (Row: row, Slot: t, Price: prices.Prices[r][t])))
            .Where(b => Math.Abs(b.Price) > 1e-4)
            .OrderByDescending(b => Math.Abs(b.Price)).Take(BindingMax)
            .Select(b => new BindingLimit(
                b.Row.Node?.NodeId ?? b.Row.Event!.Id.Value, b.Row.Node?.Name ?? b.Row.Event!.Name, b.Row.Node?.Source ?? LimitSource.GridEvent, b.Slot, b.Price)),
    ];

    private static IEnumerable<Relaxation> Relaxed(PlanningProblem problem, List<SessionBattery> sessions, SharedLimits limits, double[][] power)
    {
        var hours = problem.Grid.SlotHours;
        for (var i = 0; i < sessions.Count; i++)
        {
            var battery = sessions[i].Problem;
            var end = battery.EnergyArrival + power[i].Sum(p => p > 0 ? p * hours * battery.ChargeEfficiency : p * hours / battery.DischargeEfficiency);
            if (battery.EnergyTarget - end > Tolerance) yield return new Relaxation(sessions[i].Session.Session.Vehicle?.Id, problem.Site.Id, "targetEnergy", battery.EnergyTarget - end, "kWh");
            if (battery.EnergyMin - battery.EnergyArrival > Tolerance) yield return new Relaxation(sessions[i].Session.Session.Vehicle?.Id, problem.Site.Id, "floor", battery.EnergyMin - battery.EnergyArrival, "kWh");
        }

        foreach (var row in limits.Rows)
        {
            var slots = Enumerable.Range(row.First, Math.Max(0, row.End - row.First)).ToList();
            var over = slots.Count == 0 ? 0 : slots.Max(t => row.Sum(power, t) - row.Upper);
            var under = slots.Count == 0 ? 0 : slots.Max(t => row.Lower - row.Sum(power, t));
            if (over > Tolerance) yield return new Relaxation(null, problem.Site.Id, row.Event is null ? "nodeImport" : "gridEvent", over, "kW");
            if (row.Event is null && under > Tolerance) yield return new Relaxation(null, problem.Site.Id, "nodeExport", under, "kW");
        }
    }
}
