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
        var (sum, loads) = (Sum(problem, power), LimitLoads(problem, site, power));
        var cost = CostOf(problem, site, power, sum, loads);
        var unmoved = site.Sessions.Where(s => s.Steps == 0).Sum(s => s.Cost([], [], [], 0).Sum); // they leave before a slot is over: not in the fleet
        return new Plan(
            id, problem.Site.Id, now, trigger, problem.Grid,
            site.Sessions.Select((s, i) => Schedule(problem, s, power[i])).ToImmutableDictionary(s => s.Session),
            [.. sum.Select(Power.FromKilowatts)],
            [.. fleet.Prices.Net], cost,
            new Certificate(cost.Sum, Math.Min(fleet.Certificate.LowerBound + unmoved, cost.Sum), (int)Math.Ceiling(fleet.Certificate.Passes)),
            [.. Binding(site, fleet, loads)],
            [.. Relaxed(problem, site, power, sum, loads)]);
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

    private static PlanCost CostOf(PlanningProblem problem, SiteFleet site, double[][] power, double[] sum, (LimitNode Node, double[] Load)[] loads)
    {
        var (hours, buy, sell) = (problem.Grid.SlotHours, problem.BuyPerKilowattHour, problem.SellPerKilowattHour);
        var (cost, orders, subsidies) = (new PlanCost(0, 0, 0, 0, 0, 0, 0), 0.0, 0.0);
        for (var i = 0; i < power.Length; i++) cost += site.Sessions[i].Cost(power[i], buy.AsSpan(), sell.AsSpan(), hours);
        foreach (var offer in problem.Offers)
        {
            if (site.Event(offer) is not { } window) continue;
            foreach (var one in power) subsidies += offer.PerKilowattHour * Math.Max(0, -one[window.First..(window.Last + 1)].Sum()) * hours;
        }

        for (var t = 0; t < sum.Length; t++) if (site.Orders[t] is { } order) orders += Math.Abs(sum[t] - order.Target.Kilowatts) * hours;
        var over = loads.Sum(n => n.Load.Sum(kw => Math.Max(0, kw - n.Node.ImportMax.Kilowatts) + Math.Max(0, -n.Node.ExportMax.Kilowatts - kw))) * hours;
        return cost with { Orders = orders * SessionBattery.OrderPenalty(site.PriceMax), Limits = over * SessionBattery.LimitPenalty(site.PriceMax), Subsidies = subsidies };
    }

    /// <summary>Net kW of all sessions in each slot.</summary>
    private static double[] Sum(PlanningProblem problem, double[][] power) => [.. Enumerable.Range(0, problem.Grid.Count).Select(t => power.Sum(p => p[t]))];

    /// <summary>Net kW through each node of the limit tree in each slot.</summary>
    private static (LimitNode Node, double[] Load)[] LimitLoads(PlanningProblem problem, SiteFleet site, double[][] power)
    {
        var path = new NodePaths(problem.Site);
        return [.. problem.Site.Nodes.Select(node =>
        {
            var load = new double[problem.Grid.Count];
            if (node.ParentId is null) Array.Fill(load, problem.Site.BuildingLoad.Kilowatts);
            for (var i = 0; i < power.Length; i++)
            {
                if (!path.IsUnder(site.Sessions[i].Session.Evse.NodeId, node.NodeId)) continue;
                for (var t = 0; t < load.Length; t++) load[t] += power[i][t];
            }

            return (node, load);
        })];
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

    private static IEnumerable<BindingLimit> Binding(SiteFleet site, FleetPlan fleet, (LimitNode Node, double[] Load)[] loads)
    {
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

    private static IEnumerable<Relaxation> Relaxed(PlanningProblem problem, SiteFleet site, double[][] power, double[] sum, (LimitNode Node, double[] Load)[] loads)
    {
        for (var i = 0; i < power.Length; i++)
        {
            var (battery, vehicle) = (site.Sessions[i].Problem, site.Sessions[i].Session.Session.Vehicle?.Id);
            var missing = battery.EnergyTarget - battery.EnergyArrival - power[i].Sum(p => site.Sessions[i].Change(p, problem.Grid.SlotHours));
            if (missing > Tolerance) yield return new Relaxation(vehicle, problem.Site.Id, "targetEnergy", missing, "kWh");
            if (battery.EnergyMin - battery.EnergyArrival > Tolerance) yield return new Relaxation(vehicle, problem.Site.Id, "floor", battery.EnergyMin - battery.EnergyArrival, "kWh");
        }

        foreach (var (node, load) in loads)
        {
            var (over, under) = (load.Max() - node.ImportMax.Kilowatts, -node.ExportMax.Kilowatts - load.Min());
            if (over > Tolerance) yield return new Relaxation(null, problem.Site.Id, "nodeImport", over, "kW");
            if (under > Tolerance) yield return new Relaxation(null, problem.Site.Id, "nodeExport", under, "kW");
        }

        foreach (var order in site.Orders.OfType<Penstock.Core.GridEvents.GridInstruction>().DistinctBy(o => o.Id))
        {
            var missing = Enumerable.Range(0, sum.Length).Where(t => site.Orders[t] == order).Max(t => Math.Abs(sum[t] - order.Target.Kilowatts)); // the dispatcher will hold it exactly, where it can
            if (missing > Tolerance) yield return new Relaxation(null, problem.Site.Id, "gridEvent", missing, "kW");
        }
    }
}
