using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Der;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Core.V2x;

namespace Penstock.Core.Dispatching;

/// <summary>What one EVSE may do in the next moments (kW), and what sets it: ratings, floor, departure, and the conditions for discharge.</summary>
/// <param name="CountedKw">Charging power that a departure is planned on, before <see cref="CountedOn"/>.</param>
internal sealed record EvseRange(EvseState Evse, double Lower, double Upper, double CountedKw, ImmutableArray<LimitBar> Bars, ImmutableArray<DischargeRefusal> Refusals)
{
    /// <summary>A setpoint may stand this long before the next one; floors and departures hold over it.</summary>
    internal static readonly Duration Ahead = Duration.FromMinutes(2);

    /// <summary>Part of the charging power that is counted on for a departure: links fail, batteries are cold.</summary>
    internal const double CountedOn = 0.8;

    /// <param name="fairShareKw">What the site's connection leaves for this EVSE when all charge at once; no departure is planned on more, nor on more than its part of a limit on its station.</param>
    internal static EvseRange Of(SiteState site, EvseState evse, double fairShareKw, Instant now)
    {
        var (session, layout) = (evse.Session!, evse.Layout);
        var bars = ImmutableArray.CreateBuilder<LimitBar>();
        var (lower, upper) = (-layout.DischargeMax.Kilowatts, layout.ChargeMax.Kilowatts);
        Bar(LimitSource.Pile, layout.Id.ToString(), lower, upper);
        if (session.Vehicle is { } vehicle)
        {
            Bar(LimitSource.Vehicle, vehicle.Model ?? vehicle.Id.Value, -vehicle.DischargeMax.Kilowatts, vehicle.ChargeMax.Kilowatts);
            lower = Math.Max(lower, -vehicle.DischargeMax.Kilowatts);
            upper = Math.Min(upper, vehicle.ChargeMax.Kilowatts);
            if (DischargePermission.BudgetLeft(session) is { } left && -Math.Max(0, left.KilowattHours) * vehicle.DischargeEfficiency / Ahead.TotalHours is var least && least > lower)
            {
                Bar(LimitSource.Vehicle, "discharge budget", least, vehicle.ChargeMax.Kilowatts);
                lower = least;
            }
        }

        var station = site.Station(layout.Id.Station);
        foreach (var limit in evse.ExternalLimits.Concat(station.ExternalLimits)) // the sum of a station is held by the limit tree
        {
            if (limit.At(now) is not { } step) continue;
            var (least, most) = (step.Discharge?.Kilowatts ?? -layout.DischargeMax.Kilowatts, step.Charge?.Kilowatts ?? layout.ChargeMax.Kilowatts);
            Bar(LimitSource.External, limit.Source, least, most);
            (lower, upper) = (Math.Max(lower, Math.Min(least, 0)), Math.Min(upper, Math.Max(most, 0)));
            if (limit.StationWide) fairShareKw = Math.Min(fairShareKw, Math.Max(most, 0) / InUse(site, layout.Id.Station));
        }

        if (DerBound.Of(station.Der, layout.ChargeMax, layout.DischargeMax, now) is { } grid)
        {
            Bar(LimitSource.Der, $"{grid.By.Type} {grid.By.Id}", grid.Least.Kilowatts, layout.ChargeMax.Kilowatts);
            lower = Math.Max(lower, grid.Least.Kilowatts);
        }

        var countedKw = Math.Min(upper, fairShareKw);
        var refusals = DischargePermission.Of(site.Layout, layout, session).Refusals;
        if (refusals.Length > 0)
        {
            Bar(LimitSource.Capability, string.Join(", ", refusals), 0, upper);
            lower = Math.Max(0, lower);
        }

        if (session is { Vehicle: { } car, StateOfCharge: { } soc })
        {
            var (low, high) = Guarantee(session, car, soc.Stored(car.Capacity).KilowattHours, countedKw, upper, now);
            Bar(LimitSource.Owner, "guarantee", Math.Max(low, -layout.DischargeMax.Kilowatts), high);
            if (lower < 0 && low > lower && refusals.IsEmpty && low >= 0) refusals = refusals.Add(DischargeRefusal.Departure);
            (lower, upper) = (Math.Max(lower, low), Math.Min(upper, high));
        }

        if (session.ChargeNow)
        {
            Bar(LimitSource.Owner, "charge now", upper, upper);
            lower = upper;
        }

        return new EvseRange(evse, Math.Min(lower, upper), upper, countedKw, bars.ToImmutable(), refusals);

        void Bar(LimitSource source, string name, double least, double most) => bars.Add(new LimitBar(source, name, Power.FromKilowatts(least), Power.FromKilowatts(most), Binding: false));
    }

    /// <summary>Never below the floor within <see cref="Ahead"/>; the target stays reachable by the departure; nothing above full.</summary>
    private static (double Lower, double Upper) Guarantee(ChargingSession session, Fleet.Vehicle car, double stored, double countedKw, double upper, Instant now)
    {
        var ahead = Ahead.TotalHours;
        var capacity = car.Capacity.KilowattHours;
        var most = Math.Clamp((capacity - stored) / car.ChargeEfficiency / ahead, 0, upper);
        var aboveFloor = Math.Max(0, stored - session.Terms.Floor.Stored(car.Capacity).KilowattHours);
        var lower = session.AtFloor ? 0 : -aboveFloor * car.DischargeEfficiency / ahead;
        if (session.Terms.Departure is not { } departure) return (0, most);
        var target = session.Terms.Target.Stored(car.Capacity).KilowattHours;
        var efficiency = CountedOn * car.ChargeEfficiency;
        var spare = stored - Fleet.ChargingCurve.LeastStored(target, capacity, countedKw * efficiency, car.ChargeMax.Kilowatts * efficiency, (departure - now - Ahead).TotalHours);
        if (spare < 0) return (stored < target ? most : 0, most);
        return (Math.Min(0, Math.Max(lower, -spare * car.DischargeEfficiency / ahead)), most);
    }

    private static int InUse(SiteState site, StationId station) => Math.Max(1, site.Evses.Values.Count(e => e.Session is not null && e.Layout.Id.Station == station));
}
