using NodaTime;
using Penstock.Core.Der;
using Penstock.Ocpp.V21;
using Penstock.Simulator.Stations.Der;

namespace Penstock.Simulator.Stations.Device;

/// <summary>The DER controls of a station (block R): kept over a reboot, ordered by <see cref="DerTimeline"/>, turned into power by <see cref="DerResponse"/>.</summary>
internal sealed class DerControls(DeviceState device)
{
    /// <summary>Controls of one station.</summary>
    internal const int Max = 200;

    /// <summary>Points of a curve (2.1, DERCurveType).</summary>
    private const int PointsMax = 10;

    private static readonly DERControl[] Curves =
    [
        DERControl.FreqWatt, DERControl.HFMustTrip, DERControl.HFMayTrip, DERControl.HVMustTrip, DERControl.HVMomCess, DERControl.HVMayTrip, DERControl.LFMustTrip, DERControl.LVMustTrip, DERControl.LVMomCess,
        DERControl.LVMayTrip, DERControl.PowerMonitoringMustTrip, DERControl.VoltVar, DERControl.VoltWatt, DERControl.WattPF, DERControl.WattVar,
    ];

    private DerTimeline line = DerTimeline.Empty;
    private IReadOnlySet<string> running = new HashSet<string>();

    internal bool Any => !line.Entries.IsEmpty;

    internal SetDERControlResponse Set(SetDERControlRequest asked)
    {
        SetDERControlResponse Answer(DERControlStatus status, string? code = null, string? text = null, IReadOnlyList<string>? superseded = null) => new()
        {
            Status = status, SupersededIds = superseded is { Count: > 0 } ? superseded : null, StatusInfo = code is null ? null : new StatusInfo { ReasonCode = code, AdditionalInfo = text },
        };
        if (Shape(asked) is not { } shape) return Answer(DERControlStatus.Rejected, "MissingParam", $"{asked.ControlType} needs its own member and no other");
        var (priority, start, duration) = shape;
        var timeless = asked.ControlType is DERControl.EnterService or DERControl.Gradients; // they have no times: they act as defaults do
        if (!timeless && asked.IsDefault != (start is null && duration is null)) return Answer(DERControlStatus.Rejected, "InvalidValue", "a default has no startTime and duration, a scheduled control has both");
        if (!asked.IsDefault && !timeless && (start is null || duration is not > 0)) return Answer(DERControlStatus.Rejected, "MissingParam", "startTime and a duration above 0 are needed");
        if (start is { } begins && begins.AddSeconds((double)duration!) <= device.Now) return Answer(DERControlStatus.Rejected, "InvalidValue", "it would have ended before now");
        if (asked.Curve is { CurveData.Count: > PointsMax or < 1 }) return Answer(DERControlStatus.Rejected, "TooManyElements", $"{asked.Curve.CurveData.Count} points, expected 1 to {PointsMax}");
        if (line.Entries.Length >= Max) return Answer(DERControlStatus.Rejected, "OutOfMemory", $"at most {Max} controls");
        var control = new DerControl(
            asked.ControlId, Enum.Parse<DerControlType>(asked.ControlType.ToString()), start is null, priority, start is { } at ? Instant.FromDateTimeOffset(at) : null, start is null ? null : Duration.FromSeconds((double)duration!), new GivenControl(asked));
        (line, var superseded) = line.Set(control, Instant.FromDateTimeOffset(device.Now));
        return Answer(DERControlStatus.Accepted, superseded: superseded);
    }

    internal GetDERControlResponse Get(GetDERControlRequest asked)
    {
        var found = line.Entries.Where(e => Matches(e, asked.ControlId, asked.ControlType, asked.IsDefault)).ToList();
        if (found.Count == 0) return new GetDERControlResponse { Status = DERControlStatus.NotFound };
        for (var n = 0; n < found.Count; n++) device.Say<ReportDERControlRequest, ReportDERControlResponse>(Report(asked.RequestId, found[n], n + 1 < found.Count));
        return new GetDERControlResponse { Status = DERControlStatus.Accepted };
    }

    internal ClearDERControlResponse Clear(ClearDERControlRequest asked)
    {
        var before = line.Entries.Length;
        foreach (var gone in line.Entries.Where(e => Matches(e, asked.ControlId, asked.ControlType, asked.IsDefault))) line = line.Without(gone.Control.Id);
        Turn(Instant.FromDateTimeOffset(device.Now));
        return new ClearDERControlResponse { Status = line.Entries.Length < before ? DERControlStatus.Accepted : DERControlStatus.NotFound };
    }

    internal void Tick(DateTimeOffset now)
    {
        line = line.At(Instant.FromDateTimeOffset(now));
        Turn(Instant.FromDateTimeOffset(now));
    }

    private void Turn(Instant now)
    {
        (running, var turns) = DerTurns.Of(line, running, now);
        foreach (var turn in turns) Say(turn);
    }

    /// <summary>Power of one EVSE with all controls, W; an alarm when it trips and when it is back.</summary>
    internal double Apply(Outlet outlet, double askedW, GridPoint grid, DateTimeOffset now, double seconds)
    {
        var before = outlet.Der;
        var acting = line.At(Instant.FromDateTimeOffset(now)).InForceAll().Select(Wire).ToList();
        var (watts, vars, after) = DerResponse.Apply(type => acting.Find(c => c.ControlType == type), grid, askedW, outlet.ChargeKw * 1000, outlet.DischargeKw * 1000, before, seconds);
        (outlet.Der, outlet.Vars) = (after, vars);
        if (before.Fault is null && after is { Fault: { } fault, FaultOf: { } type }) Alarm(type, fault, false);
        if (before is { Fault: { } over, FaultOf: { } was } && after.Fault is null) Alarm(was, over, true);
        return watts;
    }

    internal void Alarm(DERControl type, GridEventFault? fault, bool ended, string? info = null) => device.Say<NotifyDERAlarmRequest, NotifyDERAlarmResponse>(
        new NotifyDERAlarmRequest { ControlType = type, GridEventFault = fault, AlarmEnded = ended, Timestamp = device.Clock, ExtraInfo = info });

    private void Say(DerTurn turn) => device.Say<NotifyDERStartStopRequest, NotifyDERStartStopResponse>(
        new NotifyDERStartStopRequest { ControlId = turn.ControlId, Started = turn.Started, Timestamp = device.Clock, SupersededIds = turn.SupersededIds.Count > 0 ? turn.SupersededIds : null });

    /// <returns>Null = the member that belongs to the type is missing, or another is there.</returns>
    private static (int Priority, DateTimeOffset? Start, decimal? Duration)? Shape(SetDERControlRequest s)
    {
        if (new object?[] { s.Curve, s.EnterService, s.FixedPFAbsorb, s.FixedPFInject, s.FixedVar, s.FreqDroop, s.Gradient, s.LimitMaxDischarge }.Count(o => o is not null) != 1) return null;
        return s.ControlType switch
        {
            DERControl.EnterService when s.EnterService is { } e => (e.Priority, null, null),
            DERControl.FixedPFAbsorb when s.FixedPFAbsorb is { } f => (f.Priority, f.StartTime, f.Duration),
            DERControl.FixedPFInject when s.FixedPFInject is { } f => (f.Priority, f.StartTime, f.Duration),
            DERControl.FixedVar when s.FixedVar is { } f => (f.Priority, f.StartTime, f.Duration),
            DERControl.FreqDroop when s.FreqDroop is { } f => (f.Priority, f.StartTime, f.Duration),
            DERControl.Gradients when s.Gradient is { } g => (g.Priority, null, null),
            DERControl.LimitMaxDischarge when s.LimitMaxDischarge is { } l => (l.Priority, l.StartTime, l.Duration),
            var type when Curves.Contains(type) && s.Curve is { } c => (c.Priority, c.StartTime, c.Duration),
            _ => null,
        };
    }

    private static SetDERControlRequest Wire(DerControl control) => ((GivenControl)control.Setting).Request;

    private static bool Matches(DerEntry e, string? id, DERControl? type, bool? isDefault) =>
        Wire(e.Control) is var set && (id is null || e.Control.Id == id) && (type is null || set.ControlType == type) && (isDefault is null || set.IsDefault == isDefault);

    private static ReportDERControlRequest Report(int request, DerEntry e, bool tbc)
    {
        var (s, id, isDefault, superseded) = (Wire(e.Control), e.Control.Id, Wire(e.Control).IsDefault, e.IsSuperseded);
        return new ReportDERControlRequest
        {
            RequestId = request, Tbc = tbc,
            Curve = s.Curve is { } curve ? [new DERCurveGet { Curve = curve, CurveType = s.ControlType, Id = id, IsDefault = isDefault, IsSuperseded = superseded }] : null,
            EnterService = s.EnterService is { } enter ? [new EnterServiceGet { EnterService = enter, Id = id }] : null,
            FixedPFAbsorb = s.FixedPFAbsorb is { } absorb ? [new FixedPFGet { FixedPF = absorb, Id = id, IsDefault = isDefault, IsSuperseded = superseded }] : null,
            FixedPFInject = s.FixedPFInject is { } inject ? [new FixedPFGet { FixedPF = inject, Id = id, IsDefault = isDefault, IsSuperseded = superseded }] : null,
            FixedVar = s.FixedVar is { } fixedVar ? [new FixedVarGet { FixedVar = fixedVar, Id = id, IsDefault = isDefault, IsSuperseded = superseded }] : null,
            FreqDroop = s.FreqDroop is { } droop ? [new FreqDroopGet { FreqDroop = droop, Id = id, IsDefault = isDefault, IsSuperseded = superseded }] : null,
            Gradient = s.Gradient is { } gradient ? [new GradientGet { Gradient = gradient, Id = id }] : null,
            LimitMaxDischarge = s.LimitMaxDischarge is { } limit ? [new LimitMaxDischargeGet { LimitMaxDischarge = limit, Id = id, IsDefault = isDefault, IsSuperseded = superseded }] : null,
        };
    }
}
