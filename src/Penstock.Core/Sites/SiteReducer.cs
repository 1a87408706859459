using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Der;
using Penstock.Core.GridEvents;
using Penstock.Core.Metering;
using Penstock.Core.Units;
using Penstock.Core.V2x;

namespace Penstock.Core.Sites;

/// <summary>The only maker of site states: <c>Apply(state, input)</c> is pure, total and deterministic.</summary>
public static class SiteReducer
{
    /// <summary>A session that touched its floor may discharge again only this far above it: state of charge jumps by whole percents.</summary>
    public static readonly StateOfCharge FloorHysteresis = StateOfCharge.FromPercent(2);

    /// <summary>An EVSE that leaves its setpoint for this long stops counting as following; its share goes to others.</summary>
    public static readonly Duration FollowPatience = Duration.FromMinutes(3);

    /// <summary>A setpoint counts for this long at most: after a pause of the platform nobody knows what held.</summary>
    public static readonly Duration SetpointHeldMax = Duration.FromMinutes(2);

    public static SiteState Apply(SiteState state, SiteInput input)
    {
        var next = input switch
        {
            StationConnected(_, var station) => OfStation(state, station, evse => evse with { Online = true }),
            StationDisconnected(_, var station) => OfStation(state, station, evse => evse with { Online = false }),
            StatusReported reported => Of(state, reported.Evse, evse => evse with { Status = reported.Status }),
            SessionStarted(_, var session) => Of(state, session.Evse, evse => Start(evse, session)),
            TermsChanged changed => OfSession(state, changed.Session, evse => Change(evse, changed)),
            Measured(_, var measurement) => Of(state, measurement.Evse, evse => Measure(state, evse, measurement)),
            MeasuredTogether(_, var measurements) => state with { Evses = Measure(state, measurements) },
            SessionEnded ended => Of(state, ended.Evse, evse => End(evse, ended.Session)),
            InstructionReceived(_, var instruction) => state with { Instructions = Replace(state.Instructions, instruction) },
            InstructionAborted(var at, var id) => state with
            {
                Instructions = [.. state.Instructions.Select(i => i.Id == id && i.AbortedAt is null ? i with { AbortedAt = at } : i)],
            },
            PlanAdopted(_, var plan) => state.Plan is { } current && current.MadeAt > plan.MadeAt ? state : state with { Plan = plan },
            SetpointsMade made => made.Setpoints.Aggregate(state, (s, p) => Of(s, p.Evse, evse => Counted(evse, made.At) with { Setpoint = p, SetpointAt = made.At })),
            SetpointAccepted accepted => Of(state, accepted.Evse, evse => evse with
            {
                AcceptedSetpoint = accepted.Power, AcceptedAt = accepted.At, // saying yes is not obeying: only a measurement ends a deviation
            }),
            StationInput held => state with { Stations = state.Stations.SetItem(held.Station, held.Apply(state.Station(held.Station))) },
            V2xInput told => Of(state, told.Evse, told.Apply),
            SetpointRefused refused => Of(state, refused.Evse, evse => evse with { Following = false, Escalation = evse.Escalation ?? Escalation.After(null, Deviation.Refuses, refused.At) }),
            RemedyTaken taken => Of(state, taken.Evse, evse => Tried(evse, taken)),
            LayoutChanged(_, var layout) => Rebuild(state, layout),
            _ => throw new ArgumentOutOfRangeException(nameof(input), input, "An unknown site input."),
        };
        return next with
        {
            AsOf = Instant.Max(state.AsOf, input.At),
            Instructions = next.Instructions.RemoveAll(i => i.Window.End + Duration.FromHours(1) < input.At),
        };
    }

    private static EvseState Start(EvseState evse, ChargingSession session) =>
        evse.Session?.Id == session.Id ? evse : evse with { Session = session, Setpoint = null, SetpointAt = null, AcceptedSetpoint = null, Following = true, Escalation = null };

    private static EvseState End(EvseState evse, SessionId session) =>
        evse.Session?.Id == session ? evse with { Session = null, Setpoint = null, AcceptedSetpoint = null, Following = true, Escalation = null } : evse;

    private static EvseState Change(EvseState evse, TermsChanged changed) => evse.Session is { } session
        ? evse with
        {
            Session = session with
            {
                Terms = changed.Terms,
                Vehicle = changed.Vehicle ?? session.Vehicle,
                StateOfCharge = changed.StateOfCharge ?? session.StateOfCharge,
                StateOfChargeAt = changed.StateOfCharge is null ? session.StateOfChargeAt : changed.At,
            },
        }
        : evse;

    /// <summary>Counts what the setpoint before called for and could have called for.</summary>
    private static EvseState Counted(EvseState evse, Instant now)
    {
        if (evse is not { Session: { } session, Setpoint: { Order: not null } held, SetpointAt: { } since } || now <= since) return evse;
        return evse with { Session = session with { Called = session.Called.After(held, Duration.Min(now - since, SetpointHeldMax)) } };
    }

    private static ImmutableDictionary<EvseId, EvseState> Measure(SiteState state, IReadOnlyList<EvseMeasurement> measurements)
    {
        var next = state.Evses.ToBuilder();
        foreach (var one in measurements)
        {
            if (next.TryGetValue(one.Evse, out var evse)) next[one.Evse] = Measure(state, evse, one);
        }

        return next.ToImmutable();
    }

    private static EvseState Measure(SiteState state, EvseState evse, EvseMeasurement measurement)
    {
        if (evse.Measurement is { } last && measurement.At < last.At) return evse; // late values are for the journal, not for control
        var believed = PlausibilityFilter.Of(evse, measurement);
        var (session, refused) = (evse.Session, believed.Refused);
        if (session is not null)
        {
            (session, var told) = Charged(session with { Discharged = session.Discharged + Given(evse, believed) }, believed);
            if (!told && measurement.StateOfCharge is not null) refused = refused.Add(Implausible.StateOfChargeJump);
        }

        return Followed(state.Station(evse.Layout.Id.Station).Der, evse with
        {
            Session = session, Measurement = Merged(evse.Measurement, believed.Measurement), Watch = believed.Watch,
            Refused = refused.Aggregate(evse.Refused, (counts, reason) => counts.SetItem(reason, counts.GetValueOrDefault(reason) + 1)),
        });
    }

    /// <summary>By the register, or by the power where the meter never told one.</summary>
    private static Energy Given(EvseState evse, Believed now) =>
        evse.Measurement is { ExportRegisterWh: null, At: var last } && now.Measurement is { ExportRegisterWh: null, ActivePower: { IsDischarge: true } power, At: var at } ? -power.Over(at - last) : now.Exported;

    private static (ChargingSession Session, bool Told) Charged(ChargingSession session, Believed now)
    {
        var (believed, told) = StateOfChargeFilter.Next(session, now.Measurement, now.Imported, now.Exported);
        if (believed is not { } soc) return (session, told);
        var floor = session.Terms.Floor;
        var atFloor = soc <= floor || (session.AtFloor && soc.Fraction < floor.Fraction + FloorHysteresis.Fraction);
        return (session with { StateOfCharge = soc, StateOfChargeAt = told ? now.Measurement.At : session.StateOfChargeAt, AtFloor = atFloor }, told);
    }

    private static EvseMeasurement Merged(EvseMeasurement? last, EvseMeasurement now) => last is null
        ? now
        : now with
        {
            ActivePower = now.ActivePower ?? last.ActivePower,
            ImportRegisterWh = now.ImportRegisterWh ?? last.ImportRegisterWh,
            ExportRegisterWh = now.ExportRegisterWh ?? last.ExportRegisterWh,
        };

    private static EvseState Followed(DerTimeline der, EvseState evse)
    {
        if (evse.Measurement is not { At: var at }) return evse;
        var freedom = DerFreedom.Of(der, at);
        if (Compliance.Of(evse, freedom) is not { } seen) return evse;
        var escalation = Escalation.After(evse.Escalation, seen, at, freedom.Lag);
        return evse with { Escalation = escalation, Following = escalation is null || (evse.Following && at - escalation.Since < FollowPatience + escalation.Lag) };
    }

    private static EvseState Tried(EvseState evse, RemedyTaken taken) => evse with
    {
        Escalation = evse.Escalation?.With(taken.Remedy, taken.At),
        Session = taken.Remedy == Remedy.OtherPurpose && evse.Session is { } session ? session with { BothPurposes = true } : evse.Session,
    };

    private static ImmutableArray<GridInstruction> Replace(ImmutableArray<GridInstruction> all, GridInstruction one) =>
        [.. all.Where(i => i.Id != one.Id), one];

    private static SiteState Rebuild(SiteState state, SiteLayout layout) => state with
    {
        Layout = layout,
        Evses = layout.Evses.ToImmutableDictionary(
            evse => evse.Id,
            evse => state.Evses.TryGetValue(evse.Id, out var known) ? known with { Layout = evse } : new EvseState(evse)),
    };

    private static SiteState Of(SiteState state, EvseId id, Func<EvseState, EvseState> change) =>
        state.Evses.TryGetValue(id, out var evse) ? state with { Evses = state.Evses.SetItem(id, change(evse)) } : state;

    private static SiteState OfSession(SiteState state, SessionId id, Func<EvseState, EvseState> change) =>
        state.Evses.Values.FirstOrDefault(evse => evse.Session?.Id == id) is { } found ? Of(state, found.Layout.Id, change) : state;

    private static SiteState OfStation(SiteState state, StationId station, Func<EvseState, EvseState> change) =>
        state with
        {
            Evses = state.Evses.SetItems(state.Evses
                .Where(pair => pair.Key.Station == station)
                .Select(pair => KeyValuePair.Create(pair.Key, change(pair.Value)))),
        };
}
