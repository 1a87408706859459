using System.Collections.Immutable;
using Penstock.Core.Dispatching;
using Penstock.Core.Fleet;
using Penstock.Core.Sites;
using Penstock.Core.Units;

namespace Penstock.Core.V2x;

/// <summary>
/// May this EVSE discharge, and if not, why. Discharge needs all of it: station and vehicle can, the owner agreed, the battery is within its window, the grid permits export at the
/// site, and the departure is known. Every condition that does not hold is named.
/// </summary>
public sealed record DischargePermission(ImmutableArray<DischargeRefusal> Refusals)
{
    /// <summary>Less than this is no budget: the power that it could be given at would fade for ever.</summary>
    public static readonly Energy BudgetLeast = Energy.FromWattHours(10);

    /// <summary>True where it may discharge now.</summary>
    public bool Holds => Refusals.IsEmpty;

    /// <summary>True where nothing stands against it but what changes by itself in a session: the battery, the departure, a wish to charge now.</summary>
    public bool MayComeToHold => !Refusals.Any(r => r is DischargeRefusal.Capability or DischargeRefusal.Contract or DischargeRefusal.GridPermission);

    public static DischargePermission Of(SiteLayout site, EvseLayout evse, ChargingSession session)
    {
        var refusals = Lasting(site, evse, session.Vehicle, session.Terms);
        if (!BatteryWithin(session)) refusals.Add(DischargeRefusal.StateOfCharge);
        if (session.Terms.Departure is null) refusals.Add(DischargeRefusal.Departure);
        if (BudgetLeft(session) < BudgetLeast) refusals.Add(DischargeRefusal.DischargeBudget);
        if (session.ChargeNow) refusals.Add(DischargeRefusal.ChargeNow);
        return new DischargePermission([.. refusals.Order()]);
    }

    /// <summary>Before there is a session: what can be said of a vehicle (null = unknown) at an EVSE.</summary>
    public static DischargePermission Of(SiteLayout site, EvseLayout evse, Vehicle? vehicle, OwnerTerms terms) => new([.. Lasting(site, evse, vehicle, terms).Order()]);

    /// <summary>What the vehicle may still give in this session by its own word, out of its battery; null = it told no bound. Negative = it gave more.</summary>
    public static Energy? BudgetLeft(ChargingSession session) =>
        session is { Needs.DischargeBudget: { } budget, Vehicle: { } vehicle } ? budget - ((session.Discharged - session.Needs.DischargedBefore) / vehicle.DischargeEfficiency) : null;

    private static List<DischargeRefusal> Lasting(SiteLayout site, EvseLayout evse, Vehicle? vehicle, OwnerTerms terms)
    {
        var refusals = new List<DischargeRefusal>();
        if (evse.Discharge == DischargeMethod.None || vehicle is null || vehicle.DischargeMax <= Power.Zero) refusals.Add(DischargeRefusal.Capability);
        if (!terms.DischargeAllowed) refusals.Add(DischargeRefusal.Contract);
        if (!site.GridPermitsExport) refusals.Add(DischargeRefusal.GridPermission);
        return refusals;
    }

    /// <summary>Known, above the owner's floor with its hysteresis, and within the vehicle's own V2X window.</summary>
    private static bool BatteryWithin(ChargingSession session) =>
        session.StateOfCharge is { } soc && soc > session.Terms.Floor && !session.AtFloor && (session.Needs?.MayCycle(ChargedSince(session.Needs, session, soc)) ?? true);

    private static Energy ChargedSince(VehicleNeeds needs, ChargingSession session, StateOfCharge now) =>
        session.Vehicle is { } vehicle && needs.StateOfCharge is { } then ? now.Stored(vehicle.Capacity) - then.Stored(vehicle.Capacity) : Energy.Zero;
}
