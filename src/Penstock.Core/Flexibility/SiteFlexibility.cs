using NodaTime;
using Penstock.Core.Planning;
using Penstock.Core.Time;
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

    /// <param name="sites">Each site's problem as it is now, with its plan; the plans share one slot length. The limits at the points of connection cap the sum; those inside sites do not.</param>
    /// <returns>Null when no plan holds <paramref name="now"/>.</returns>
    public static SiteFlexibility? Of(IReadOnlyCollection<(PlanningProblem Problem, Plan Plan)> sites, Instant now)
    {
        var current = sites.Where(s => s.Plan.Grid.SlotAt(now) is not null).ToList();
        if (current.Count == 0) return null;
        var grid = Rest(current.MinBy(s => s.Plan.Grid.End).Plan.Grid, now);
        var (batteries, schedules) = (new List<SessionBattery>(), new List<float[]>());
        foreach (var (problem, plan) in current) Add(problem, plan, grid, batteries, schedules);
        double[] All(Func<PlanningProblem, double> kilowatts) => [.. Enumerable.Repeat(current.Sum(s => kilowatts(s.Problem)), grid.Count)];
        var fleet = new FleetProblem(
            grid.SlotHours, new double[grid.Count], new double[grid.Count], All(p => p.Site.BuildingLoad.Kilowatts), All(p => p.Site.Nodes[0].ImportMax.Kilowatts), All(p => p.Site.Nodes[0].ExportMax.Kilowatts), 1,
            SiteFleet.FleetOf(batteries, _ => 0));
        var reference = ReferencePlan.Of(fleet, i => schedules[i]);
        return new SiteFlexibility(grid, batteries.Count, FleetFlexibility.Drawn(reference, new FlexibilityUncertainty(), Seed), EnergyEnvelope.Of(reference));
    }

    private static TimeGrid Rest(TimeGrid grid, Instant now)
    {
        var slot = grid.SlotAt(now)!.Value;
        return new TimeGrid(grid.StartOf(slot), grid.Slot, grid.Count - slot);
    }

    /// <summary>The planned sessions of a site with the rest of their schedules, from the energy that the plan has them at.</summary>
    private static void Add(PlanningProblem problem, Plan plan, TimeGrid grid, List<SessionBattery> batteries, List<float[]> schedules)
    {
        var begun = plan.Grid.SlotAt(grid.Start)!.Value;
        foreach (var session in problem.Sessions)
        {
            if (!plan.Sessions.TryGetValue(session.Session.Id, out var planned)) continue;
            var one = SessionBattery.Of(session with { Stored = planned.StoredEnergy[begun], From = grid.Start }, grid, 0, 0);
            if (one.Steps == 0) continue;
            batteries.Add(one);
            schedules.Add([.. Enumerable.Range(begun + one.First, one.Steps).Select(t => (float)planned.Power[t].Kilowatts)]);
        }
    }
}
