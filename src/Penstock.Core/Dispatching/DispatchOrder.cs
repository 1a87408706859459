using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.Sites;

namespace Penstock.Core.Dispatching;

/// <summary>The place of an EVSE while a grid instruction is active.</summary>
/// <param name="Charging">Whose room is shared: that above rest (true) or below it.</param>
public readonly record struct DispatchOrder(bool Charging, DispatchKey Key)
{
    /// <summary>Who was unhurried stays so until it lacks this part of the time: no flapping at the edge.</summary>
    private const double Leniency = 0.1;

    /// <summary>
    /// Who can wait with charging, or go on with an equal share of the discharge, to the end of the instruction is <see cref="DispatchKey.Unhurried"/>: all such carry the same share. The others are ordered
    /// by their <see cref="DispatchKey"/>: the shortest laxity charges first, the shortest time to go is spared until it suffices.
    /// </summary>
    /// <param name="share">Part of the room below rest that is asked for, 0 to 1.</param>
    internal static DispatchOrder Of(SiteState site, EvseRange range, bool charging, double share, Duration left, Instant now)
    {
        var session = range.Evse.Session!;
        if (session is not { Vehicle: { } car, StateOfCharge: { } soc, Terms.Departure: { } departure }) return new DispatchOrder(charging, charging ? DispatchKey.Unknown : DispatchKey.Unhurried);
        var before = range.Evse.Setpoint?.Order is { } last && last.Charging == charging ? last.Key : (DispatchKey?)null;
        var stored = soc.Stored(car.Capacity).KilowattHours;
        var hours = charging ? Laxity(session, car, stored, range, departure - now) : TimeToGo(session, car, stored, range, share, departure - now);
        var enough = left.TotalHours * (before == DispatchKey.Unhurried ? 1 - Leniency : 1);
        var key = hours >= enough ? DispatchKey.Unhurried : DispatchKey.Of(hours, session.CalledBefore.Share, Deviation(site, session, car, stored, now), before == DispatchKey.Unhurried ? null : before);
        return new DispatchOrder(charging, key);
    }

    /// <summary>Hours to the departure that are not needed to reach the target at the power that is counted on; infinite once it is reached.</summary>
    private static double Laxity(ChargingSession session, Vehicle car, double stored, EvseRange range, Duration stay)
    {
        if (stored >= session.Terms.Target.Stored(car.Capacity).KilowattHours) return double.PositiveInfinity;
        var efficiency = EvseRange.CountedOn * car.ChargeEfficiency;
        return stay.TotalHours - ChargingCurve.Hours(stored, session.Terms.Target.Stored(car.Capacity).KilowattHours, car.Capacity.KilowattHours, range.CountedKw * efficiency, car.ChargeMax.Kilowatts * efficiency);
    }

    /// <summary>Hours until the floor, the end of the vehicle's discharge budget, the departure, or the moment from which only charging reaches the target; at the share of the discharge power that is asked.</summary>
    private static double TimeToGo(ChargingSession session, Vehicle car, double stored, EvseRange range, double share, Duration stay)
    {
        var rate = share * Math.Max(0, -range.Lower) / car.DischargeEfficiency;
        if (rate <= 0) return double.PositiveInfinity;
        var back = EvseRange.CountedOn * car.ChargeEfficiency * range.CountedKw; // the charging curve is left out: the range itself keeps the promise
        var toFloor = (stored - session.Terms.Floor.Stored(car.Capacity).KilowattHours) / rate;
        var toReturn = ((stay.TotalHours * back) + stored - session.Terms.Target.Stored(car.Capacity).KilowattHours) / (rate + back);
        var toBudget = V2x.DischargePermission.BudgetLeft(session) is { } left ? Math.Max(0, left.KilowattHours) / rate : double.PositiveInfinity;
        return Math.Min(Math.Min(toFloor, toReturn), Math.Min(toBudget, stay.TotalHours));
    }

    /// <summary>Stored beyond what the plan has now, as part of the capacity; null without a plan.</summary>
    private static double? Deviation(SiteState site, ChargingSession session, Vehicle car, double stored, Instant now)
    {
        if (site.Plan is not { } plan || !plan.Sessions.TryGetValue(session.Id, out var mine) || plan.Grid.SlotAt(now) is not { } slot) return null;
        var part = (now - plan.Grid.StartOf(slot)) / plan.Grid.Slot;
        var planned = mine.StoredEnergy[slot] + ((mine.StoredEnergy[slot + 1] - mine.StoredEnergy[slot]) * part);
        return (stored - planned.KilowattHours) / car.Capacity.KilowattHours;
    }
}
