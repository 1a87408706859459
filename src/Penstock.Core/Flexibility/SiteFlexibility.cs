using NodaTime;
using Penstock.Core.Planning;
using Penstock.Core.Sites;
using Penstock.Core.Time;
using Penstock.Core.Units;
using Penstock.Solvers.Fleet;
using Penstock.Solvers.Flexibility;

namespace Penstock.Core.Flexibility;

/// <summary>
/// What the vehicles of a site, or of several together, can change against their plans, from now on. Only vehicles that are plugged in and planned count; no arrival is expected.
/// </summary>
/// <param name="Grid">From the slot that holds now to the end of the plans.</param>
/// <param name="Vehicles">How many count.</param>
/// <param name="Draws">kW for a time, as planned and in seeded draws of early leaves and opt-outs.</param>
/// <param name="Envelope">Bounds of the energy taken in. NECESSARY, NOT SUFFICIENT: never bid it.</param>
public sealed record SiteFlexibility(TimeGrid Grid, int Vehicles, FlexibilityDraws Draws, EnergyEnvelope Envelope)
{
    /// <summary>Two people who ask at the same time see the same draws.</summary>
    private const int Seed = 1;

    /// <summary>Share of draws in which a P50 and a P90 figure is reached.</summary>
    public const double P50 = 0.5;

    public const double P90 = 0.9;

    /// <param name="problem">The site as it is now. Every limit of its tree caps what hangs on it.</param>
    /// <returns>Null when the plan does not hold <paramref name="now"/>.</returns>
    public static SiteFlexibility? Of(PlanningProblem problem, Plan plan, Instant now)
    {
        if (plan.Grid.SlotAt(now) is not { } slot) return null;
        var grid = new TimeGrid(plan.Grid.StartOf(slot), plan.Grid.Slot, plan.Grid.Count - slot);
        var all = new Group(grid);
        var groups = problem.Site.Nodes.ToDictionary(n => n.NodeId, _ => new Group(grid), StringComparer.Ordinal);
        foreach (var session in problem.Sessions)
        {
            if (plan.Sessions.TryGetValue(session.Session.Id, out var planned) && groups[session.Evse.NodeId].Add(session, planned, slot)) all.Add(session, planned, slot);
        }

        return new SiteFlexibility(grid, all.Batteries.Count, Within(problem.Site, groups, grid), EnergyEnvelope.Of(all.Reference()));
    }

    /// <summary>Of two sites whose grids begin together, up to the end of the shorter one.</summary>
    public static SiteFlexibility operator +(SiteFlexibility a, SiteFlexibility b) =>
        new(a.Grid.Count < b.Grid.Count ? a.Grid : b.Grid, a.Vehicles + b.Vehicles, a.Draws + b.Draws, a.Envelope + b.Envelope);

    /// <summary>From the leaves of the limit tree up: the sum of what hangs on a node, within its limits.</summary>
    private static FlexibilityDraws Within(SiteLayout site, Dictionary<string, Group> groups, TimeGrid grid)
    {
        var sums = new Dictionary<string, FlexibilityDraws>(StringComparer.Ordinal);
        var first = (int)(Lot.Of(site.Id.Value) >> 2); // vehicles of different sites draw for themselves
        for (var n = site.Nodes.Length - 1; ; n--) // parents come before children, the root is the first
        {
            var (node, group) = (site.Nodes[n], groups[site.Nodes[n].NodeId]);
            var own = FleetFlexibility.Drawn(group.Reference(), new FlexibilityUncertainty(), Seed, firstNumber: first);
            first += group.Batteries.Count;
            double[] All(Power power) => [.. Enumerable.Repeat(power.Kilowatts, grid.Count)];
            var below = sums.TryGetValue(node.NodeId, out var children) ? children + own : own;
            var within = below.Within(All(node.ParentId is null ? site.BuildingLoad : Power.Zero), All(node.ImportMax), All(node.ExportMax), grid.SlotHours);
            if (node.ParentId is not { } parent) return within;
            sums[parent] = sums.TryGetValue(parent, out var beside) ? beside + within : within;
        }
    }

    /// <summary>Planned sessions with the rest of their schedules, from the energy that the plan has them at.</summary>
    private sealed class Group(TimeGrid grid)
    {
        private readonly List<float[]> schedules = [];

        internal List<SessionBattery> Batteries { get; } = [];

        /// <param name="begun">The plan's slot that the grid begins with.</param>
        internal bool Add(PlanningSession session, SessionPlan planned, int begun)
        {
            var one = SessionBattery.Of(session with { Stored = planned.StoredEnergy[begun], From = grid.Start }, grid, 0, 0);
            if (one.Steps == 0) return false;
            Batteries.Add(one);
            schedules.Add([.. Enumerable.Range(begun + one.First, one.Steps).Select(t => (float)planned.Power[t].Kilowatts)]);
            return true;
        }

        internal ReferencePlan Reference()
        {
            double[] none = new double[grid.Count], endless = [.. Enumerable.Repeat(double.PositiveInfinity, grid.Count)];
            return ReferencePlan.Of(new FleetProblem(grid.SlotHours, none, none, none, endless, endless, 1, SiteFleet.FleetOf(Batteries, _ => 0)), i => schedules[i]);
        }
    }
}
