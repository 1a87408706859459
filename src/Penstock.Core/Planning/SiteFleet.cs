using Penstock.Core.GridEvents;
using Penstock.Core.Sites;
using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Fleet;

namespace Penstock.Core.Planning;

/// <summary>
/// A site's planning problem in the words of the fleet planner. Every session is settled by itself: energy costs the buying price both ways, and discharge pays the fee buy - sell. The whole is the sum of the
/// sessions, limited by orders only; the limit tree with the building's load lies below it, and its limits weigh more than any target.
/// </summary>
internal sealed class SiteFleet
{
    private readonly PlanningProblem problem;

    internal SiteFleet(PlanningProblem problem)
    {
        this.problem = problem;
        var (buy, sell) = (problem.BuyPerKilowattHour, problem.SellPerKilowattHour);
        PriceMax = buy.Length == 0 ? 0 : buy.Concat(sell).Max(Math.Abs);
        Sessions = [.. problem.Sessions.Select(s => SessionBattery.Of(s, problem.Grid, PriceMax, buy.Min()))];
        Staying = [.. Sessions.Where(s => s.Steps > 0)];
        Orders = [.. Enumerable.Range(0, problem.Grid.Count).Select(OrderAt)];
    }

    internal double PriceMax { get; }

    internal SessionBattery[] Sessions { get; }

    /// <summary>The sessions that are there for a whole step at least; in the fleet's order.</summary>
    internal SessionBattery[] Staying { get; }

    /// <summary>The order that holds in each step: the one that was given last; null where there is none.</summary>
    internal GridInstruction?[] Orders { get; }

    /// <param name="soft">A floor above a battery's energy at arrival is lowered to it.</param>
    internal FleetProblem Problem(bool soft = false)
    {
        var (steps, place) = (problem.Grid.Count, problem.Site.Nodes.Select((n, k) => (n.NodeId, k)).ToDictionary(n => n.NodeId, n => n.k, StringComparer.Ordinal));
        double[] buy = [.. problem.BuyPerKilowattHour];
        return new FleetProblem(
            problem.Grid.SlotHours, buy, buy, new double[steps], [.. Orders.Select(o => o?.Target.Kilowatts ?? double.PositiveInfinity)], [.. Orders.Select(o => -o?.Target.Kilowatts ?? double.PositiveInfinity)],
            SessionBattery.OrderPenalty(PriceMax), FleetOf(Staying, s => place[s.Session.Evse.NodeId], soft))
        {
            DischargeFee = [.. buy.Zip(problem.SellPerKilowattHour, (b, s) => b - s)],
            Events = [.. problem.Offers.Select(Event).OfType<SubsidyEvent>()],
            Sites = [.. problem.Site.Nodes.Select(n => Limits(n, n.ParentId is { } above ? place[above] : null, steps))],
        };
    }

    private GridInstruction? OrderAt(int slot) => problem.Instructions
        .Where(i => i.AbortedAt is null && slot >= (problem.Grid.SlotAt(i.Window.Start) ?? (i.Window.Start < problem.Grid.Start ? 0 : problem.Grid.Count)) && slot < problem.Grid.SlotFrom(i.Window.End))
        .OrderBy(i => i.NotifiedAt).LastOrDefault();

    /// <summary>The slots of a subsidy; null when none begins in its window.</summary>
    internal SubsidyEvent? Event(SubsidyOffer offer)
    {
        var (first, end) = (problem.Grid.SlotFrom(offer.Window.Start), problem.Grid.SlotFrom(offer.Window.End));
        return first < end ? new SubsidyEvent(first, end - 1, offer.PerKilowattHour) : null;
    }

    private SiteLimits Limits(LimitNode node, int? parent, int steps)
    {
        double[] All(double kilowatts) => [.. Enumerable.Repeat(kilowatts, steps)];
        var load = node.ParentId is null ? problem.Site.BuildingLoad.Kilowatts : 0;
        return new SiteLimits(parent, All(load), All(node.ImportMax.Kilowatts), All(node.ExportMax.Kilowatts)) { OverloadPenalty = SessionBattery.LimitPenalty(PriceMax) };
    }

    /// <param name="site">Index of the site that a session hangs on.</param>
    internal static StorageFleet FleetOf(IReadOnlyList<SessionBattery> sessions, Func<SessionBattery, int> site, bool soft = false)
    {
        var fleet = new StorageFleet(sessions.Count);
        for (var i = 0; i < sessions.Count; i++)
        {
            var (one, battery) = (sessions[i], sessions[i].Problem);
            (fleet.Site[i], fleet.Arrival[i], fleet.Departure[i]) = (site(one), (short)one.First, (short)(one.First + one.Steps));
            (fleet.EnergyArrival[i], fleet.EnergyMin[i], fleet.EnergyMax[i], fleet.EnergyTarget[i]) = ((float)battery.EnergyArrival, (float)(soft ? Math.Min(battery.EnergyMin, battery.EnergyArrival) : battery.EnergyMin), (float)battery.EnergyMax, (float)battery.EnergyTarget);
            (fleet.ChargeMax[i], fleet.DischargeMax[i], fleet.ChargeEfficiency[i], fleet.DischargeEfficiency[i]) = ((float)battery.ChargeMax, (float)battery.DischargeMax, (float)battery.ChargeEfficiency, (float)battery.DischargeEfficiency);
            (fleet.Wear[i], fleet.ShortfallPenalty[i], fleet.Salvage[i]) = ((float)battery.Wear, (float)battery.ShortfallPenalty, (float)battery.Salvage);
        }

        return fleet;
    }

    /// <summary>Stored energy after each slot that a plan's schedules lead to, kWh, of all sessions.</summary>
    internal double[][] Trajectories(FleetPlan plan)
    {
        var (schedules, next) = (new float[Staying.Length][], 0);
        foreach (var (vehicle, net) in plan.Schedules()) schedules[vehicle] = net;
        return Array.ConvertAll(Sessions, one =>
        {
            var (stored, energy, schedule) = (new double[problem.Grid.Count], one.Problem.EnergyArrival, one.Steps > 0 ? schedules[next++] : []);
            for (var t = 0; t < stored.Length; t++) stored[t] = energy += t >= one.First && t < one.First + one.Steps ? one.Change(schedule[t - one.First], problem.Grid.SlotHours) : 0;
            return stored;
        });
    }
}
