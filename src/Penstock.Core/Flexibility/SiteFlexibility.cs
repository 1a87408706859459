using NodaTime;
using Penstock.Core.Planning;
using Penstock.Core.Time;
using Penstock.Core.Units;
using Penstock.Solvers.Fleet;
using Penstock.Solvers.Flexibility;

namespace Penstock.Core.Flexibility;

/// <summary>
/// What the vehicles of some sites can change against their plans, from now on: <c>SiteFlexibility.Of(plans, now) -> SiteFlexibility?</c>. Only vehicles that are plugged in and planned count; no arrival is expected.
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

    /// <param name="sites">Each site's problem as it is now, with its plan; the plans share one slot length. Every limit of the trees caps what is behind it.</param>
    /// <returns>Null when no plan holds <paramref name="now"/>.</returns>
    public static SiteFlexibility? Of(IReadOnlyCollection<(PlanningProblem Problem, Plan Plan)> sites, Instant now)
    {
        var current = sites.Where(s => s.Plan.Grid.SlotAt(now) is not null).ToList();
        if (current.Count == 0) return null;
        var grid = Rest(current.MinBy(s => s.Plan.Grid.End).Plan.Grid, now);
        var (all, draws) = (new Group(grid), default(FlexibilityDraws));
        foreach (var (problem, plan) in current)
        {
            var site = OfSite(problem, plan, grid, all);
            draws = draws is null ? site : draws + site;
        }

        return new SiteFlexibility(grid, all.Batteries.Count, draws!, EnergyEnvelope.Of(all.Reference()));
    }

    /// <summary>From the leaves of the limit tree up: the sum of what hangs on a node, within its limits.</summary>
    private static FlexibilityDraws OfSite(PlanningProblem problem, Plan plan, TimeGrid grid, Group all)
    {
        var nodes = problem.Site.Nodes;
        var groups = nodes.ToDictionary(n => n.NodeId, _ => new Group(grid), StringComparer.Ordinal);
        var first = all.Batteries.Count;
        foreach (var session in problem.Sessions)
        {
            if (plan.Sessions.TryGetValue(session.Session.Id, out var planned) && groups[session.Evse.NodeId].Add(session, plan, planned)) all.Add(session, plan, planned);
        }

        var sums = new Dictionary<string, FlexibilityDraws>(StringComparer.Ordinal);
        for (var n = nodes.Length - 1; n >= 0; n--) // parents come before children
        {
            var (node, group) = (nodes[n], groups[nodes[n].NodeId]);
            var own = FleetFlexibility.Drawn(group.Reference(), new FlexibilityUncertainty(), Seed, firstNumber: first);
            first += group.Batteries.Count;
            double[] All(Power power) => [.. Enumerable.Repeat(power.Kilowatts, grid.Count)];
            var below = sums.TryGetValue(node.NodeId, out var children) ? children + own : own;
            var within = below.Within(All(node.ParentId is null ? problem.Site.BuildingLoad : Power.Zero), All(node.ImportMax), All(node.ExportMax), grid.SlotHours);
            if (node.ParentId is not { } parent) return within;
            sums[parent] = sums.TryGetValue(parent, out var beside) ? beside + within : within;
        }

        throw new InvalidOperationException($"The limit tree of site {problem.Site.Id} has no root.");
    }

    private static TimeGrid Rest(TimeGrid grid, Instant now)
    {
        var slot = grid.SlotAt(now)!.Value;
        return new TimeGrid(grid.StartOf(slot), grid.Slot, grid.Count - slot);
    }

    /// <summary>Planned sessions with the rest of their schedules, from the energy that the plan has them at.</summary>
    private sealed class Group(TimeGrid grid)
    {
        private readonly List<float[]> schedules = [];

        internal List<SessionBattery> Batteries { get; } = [];

        internal bool Add(PlanningSession session, Plan plan, SessionPlan planned)
        {
            var begun = plan.Grid.SlotAt(grid.Start)!.Value;
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
