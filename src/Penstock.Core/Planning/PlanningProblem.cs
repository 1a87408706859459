using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.GridEvents;
using Penstock.Core.Sites;
using Penstock.Core.Time;
using Penstock.Core.Units;
using Penstock.Core.V2x;

namespace Penstock.Core.Planning;

/// <summary>A session as the planner sees it.</summary>
/// <param name="Stored">Energy in the battery at the start of the grid (or at <paramref name="From"/>).</param>
/// <param name="From">Start of the stay within the grid; the grid's start for a vehicle that is here.</param>
/// <param name="MayDischarge">Capability, contract and grid permission hold and the discharge budget is not used up (what is left of it does not bind the plan, only the dispatch); the state of charge is the planner's own matter.</param>
public sealed record PlanningSession(ChargingSession Session, EvseLayout Evse, Energy Stored, Instant From, bool MayDischarge);

/// <summary>Paid per kWh of net energy to the grid in a window, per session.</summary>
public sealed record SubsidyOffer(Interval Window, double PerKilowattHour);

/// <summary>
/// Everything a site's plan depends on. Solved by <c>Planner.Plan(PlanningProblem problem, PlanId id, Instant now, string trigger) -> Plan</c>.
/// </summary>
/// <param name="BuyPerKilowattHour">Import price per slot, in the tariff's currency.</param>
/// <param name="SellPerKilowattHour">Export price per slot.</param>
/// <param name="Instructions">Orders that bind inside the grid; a portfolio order already carries this site's share as its target.</param>
public sealed record PlanningProblem(
    SiteLayout Site,
    TimeGrid Grid,
    ImmutableArray<double> BuyPerKilowattHour,
    ImmutableArray<double> SellPerKilowattHour,
    ImmutableArray<PlanningSession> Sessions,
    ImmutableArray<GridInstruction> Instructions)
{
    /// <summary>Subsidies by the net rule that the plan may take; empty in operation, where orders decide.</summary>
    public ImmutableArray<SubsidyOffer> Offers { get; init; } = [];

    /// <summary>The problem of a snapshot: its open sessions with a known vehicle and state of charge.</summary>
    public static PlanningProblem Of(SiteState state, TimeGrid grid, ImmutableArray<double> buyPerKilowattHour, ImmutableArray<double> sellPerKilowattHour) =>
        new(state.Layout, grid, buyPerKilowattHour, sellPerKilowattHour, [.. OpenSessions(state, grid)], state.Instructions);

    private static IEnumerable<PlanningSession> OpenSessions(SiteState state, TimeGrid grid) =>
        from evse in state.Evses.Values
        where evse.Session is { Vehicle: not null, StateOfCharge: not null }
        orderby evse.Layout.Id.Station.Value, evse.Layout.Id.Number
        let session = evse.Session
        let vehicle = session.Vehicle
        let mayDischarge = evse.Layout.Discharge != DischargeMethod.None && vehicle.DischargeMax > Power.Zero
            && session.Terms is { DischargeAllowed: true, Departure: not null } && state.Layout.GridPermitsExport && !(DischargePermission.BudgetLeft(session) < DischargePermission.BudgetLeast)
        select new PlanningSession(session, evse.Layout, session.StateOfCharge!.Value.Stored(vehicle.Capacity), grid.Start, mayDischarge);
}
