using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Solvers.Decomposition;

namespace Penstock.Core.Planning;

/// <summary>One site's plan: the cheapest schedules that keep every owner's guarantee and every limit, with a proven bound.</summary>
public static class Planner
{
    /// <summary>Binding limits listed in a plan, dearest first.</summary>
    public const int BindingMax = 200;

    /// <summary>A gap below this is good enough for minutes.</summary>
    private const double GapWanted = 1e-4;

    private const double Tolerance = 0.05;

    /// <summary>Limits whose next kWh is worth less are not listed.</summary>
    private const double ShadowPriceLeast = 1e-3;

    /// <summary>
    /// <see cref="FleetPlanner"/> finds schedules and the bound, <see cref="FeasibleSchedule"/> holds every limit to the last watt. The plan always exists: what cannot be met is in <see cref="Plan.Relaxed"/>.
    /// Costs and bound include the penalties for missed targets and missed orders.
    /// </summary>
    public static Plan Plan(PlanningProblem problem, PlanId id, Instant now, string trigger)
    {
        var site = new SiteFleet(problem);
        var fleet = FleetPlan(site);
        var power = FeasibleSchedule.Make(problem, site.Sessions, site.Trajectories(fleet));
        var cost = CostOf(problem, site, power);
        var unmoved = site.Sessions.Where(s => s.Steps == 0).Sum(s => s.Cost([], [], [], 0).Sum); // they leave before a slot is over: not in the fleet
        return new Plan(
            id, problem.Site.Id, now, trigger, problem.Grid,
            site.Sessions.Select((s, i) => Schedule(problem, s, power[i])).ToImmutableDictionary(s => s.Session),
            [.. Enumerable.Range(0, problem.Grid.Count).Select(t => Power.FromKilowatts(power.Sum(p => p[t])))],
            [.. fleet.Prices.Net], cost,
            new Certificate(cost.Sum, Math.Min(fleet.Certificate.LowerBound + unmoved, cost.Sum), (int)Math.Ceiling(fleet.Certificate.Passes)),
            [.. Binding(problem, site, fleet, power)],
            [.. Relaxed(problem, site, power)]);
    }

    /// <summary>
    /// A battery below its floor charges at once with all it can. Where limits do not carry that, its plan only may not discharge it further; the bound is that of this larger choice, so it holds either way.
    /// </summary>
    internal static FleetPlan FleetPlan(SiteFleet site)
    {
        var options = new PlanOptions { GapWanted = GapWanted };
        var fleet = FleetPlanner.Plan(site.Problem(), options);
        return site.Staying.Any(s => s.Problem.EnergyArrival < s.Problem.EnergyMin) && fleet.Overloads.Any(o => o.Site is not null) ? FleetPlanner.Plan(site.Problem(soft: true), options) : fleet;
    }

    private static PlanCost CostOf(PlanningProblem problem, SiteFleet site, double[][] power)
    {
        var (hours, buy, sell) = (problem.Grid.SlotHours, problem.BuyPerKilowattHour, problem.SellPerKilowattHour);
        var (sum, orders, subsidies) = (new PlanCost(0, 0, 0, 0, 0, 0, 0), 0.0, 0.0);
        for (var i = 0; i < power.Length; i++)
        {
            sum += site.Sessions[i].Cost(power[i], buy.AsSpan(), sell.AsSpan(), hours);
            foreach (var offer in problem.Offers) subsidies += offer.PerKilowattHour * Math.Max(0, -power[i][problem.Grid.SlotFrom(offer.Window.Start)..Math.Max(problem.Grid.SlotFrom(offer.Window.Start), problem.Grid.SlotFrom(offer.Window.End))].Sum()) * hours;
        }

        for (var t = 0; t < problem.Grid.Count; t++) if (site.Orders[t] is { } order) orders += Math.Abs(power.Sum(p => p[t]) - order.Target.Kilowatts) * hours;
        var over = LimitLoads(problem, site, power).Sum(n => n.Load.Sum(kw => Math.Max(0, kw - n.Node.ImportMax.Kilowatts) + Math.Max(0, -n.Node.ExportMax.Kilowatts - kw))) * hours;
        return sum with { Orders = orders * SessionBattery.OrderPenalty(site.PriceMax), Limits = over * SessionBattery.LimitPenalty(site.PriceMax), Subsidies = subsidies };
    }

    /// <summary>Net kW through each node of the limit tree in each slot.</summary>
    private static IEnumerable<(LimitNode Node, double[] Load)> LimitLoads(PlanningProblem problem, SiteFleet site, double[][] power)
    {
        var path = new NodePaths(problem.Site);
        foreach (var node in problem.Site.Nodes)
        {
            var load = new double[problem.Grid.Count];
            if (node.ParentId is null) Array.Fill(load, problem.Site.BuildingLoad.Kilowatts);
            for (var i = 0; i < power.Length; i++)
            {
                if (!path.IsUnder(site.Sessions[i].Session.Evse.NodeId, node.NodeId)) continue;
                for (var t = 0; t < load.Length; t++) load[t] += power[i][t];
            }

            yield return (node, load);
        }
    }

    private static SessionPlan Schedule(PlanningProblem problem, SessionBattery one, double[] power)
    {
        var stored = ImmutableArray.CreateBuilder<Energy>(power.Length + 1);
        var (upTo, downTo) = (ImmutableArray.CreateBuilder<Energy?>(power.Length), ImmutableArray.CreateBuilder<Energy?>(power.Length));
        var energy = one.Problem.EnergyArrival;
        stored.Add(Energy.FromKilowattHours(energy));
        for (var t = 0; t < power.Length; t++)
        {
            energy += one.Change(power[t], problem.Grid.SlotHours);
            var after = Energy.FromKilowattHours(energy);
            stored.Add(after);
            var here = t >= one.First && t < one.First + one.Steps;
            upTo.Add(!here ? null : power[t] > 0 ? after : Energy.FromKilowattHours(one.Problem.EnergyMin));
            downTo.Add(!here ? null : power[t] < 0 ? after : Energy.FromKilowattHours(one.Problem.EnergyMax));
        }

        var session = one.Session.Session;
        return new SessionPlan(session.Id, session.Vehicle?.Id, session.Evse, [.. power.Select(Power.FromKilowatts)], stored.MoveToImmutable(), upTo.MoveToImmutable(), downTo.MoveToImmutable());
    }

    private static IEnumerable<BindingLimit> Binding(PlanningProblem problem, SiteFleet site, FleetPlan fleet, double[][] power)
    {
        var loads = LimitLoads(problem, site, power).ToArray();
        return Penstock.Solvers.Decomposition.BindingLimit.Of(fleet).Where(b => b.ShadowPrice >= ShadowPriceLeast).Select(Told).OfType<BindingLimit>().Take(BindingMax);

        BindingLimit? Told(Penstock.Solvers.Decomposition.BindingLimit b)
        {
            var price = b.Import ? b.ShadowPrice : -b.ShadowPrice;
            if (b.Site is not { } n) return site.Orders[b.Step] is { } order ? new BindingLimit(order.Id.Value, order.Name, LimitSource.GridEvent, b.Step, price) : null;
            var (node, load) = loads[n];
            var full = b.Import ? load[b.Step] >= node.ImportMax.Kilowatts - Tolerance : load[b.Step] <= Tolerance - node.ExportMax.Kilowatts;
            return full ? new BindingLimit(node.NodeId, node.Name, node.Source, b.Step, price) : null;
        }
    }

    private static IEnumerable<Relaxation> Relaxed(PlanningProblem problem, SiteFleet site, double[][] power)
    {
        for (var i = 0; i < power.Length; i++)
        {
            var (battery, vehicle) = (site.Sessions[i].Problem, site.Sessions[i].Session.Session.Vehicle?.Id);
            var missing = battery.EnergyTarget - battery.EnergyArrival - power[i].Sum(p => site.Sessions[i].Change(p, problem.Grid.SlotHours));
            if (missing > Tolerance) yield return new Relaxation(vehicle, problem.Site.Id, "targetEnergy", missing, "kWh");
            if (battery.EnergyMin - battery.EnergyArrival > Tolerance) yield return new Relaxation(vehicle, problem.Site.Id, "floor", battery.EnergyMin - battery.EnergyArrival, "kWh");
        }

        foreach (var (node, load) in LimitLoads(problem, site, power))
        {
            var (over, under) = (load.Max() - node.ImportMax.Kilowatts, -node.ExportMax.Kilowatts - load.Min());
            if (over > Tolerance) yield return new Relaxation(null, problem.Site.Id, "nodeImport", over, "kW");
            if (under > Tolerance) yield return new Relaxation(null, problem.Site.Id, "nodeExport", under, "kW");
        }

        foreach (var order in site.Orders.OfType<Penstock.Core.GridEvents.GridInstruction>().DistinctBy(o => o.Id))
        {
            var missing = Enumerable.Range(0, problem.Grid.Count).Where(t => site.Orders[t] == order).Max(t => Missing(order.Target.Kilowatts, power.Sum(p => p[t])));
            if (missing > Tolerance) yield return new Relaxation(null, problem.Site.Id, "gridEvent", missing, "kW");
        }

        static double Missing(double target, double planned) => Math.Abs(target - planned); // the dispatcher will hold it exactly, where it can
    }
}
