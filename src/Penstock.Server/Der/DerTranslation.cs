using NodaTime;
using Penstock.Core.Der;
using Penstock.Ocpp.V21;

namespace Penstock.Server.Der;

/// <summary>A control as a station reports it.</summary>
/// <param name="IsSuperseded">Listed, but without effect.</param>
public sealed record ReportedControl(DerControl Control, bool IsSuperseded);

/// <summary>DER controls to OCPP 2.1 and back. Both ends of the wire use the grid codes' sign and units: nothing is turned here.</summary>
public static class DerTranslation
{
    public static SetDERControlRequest ToWire(DerControl c)
    {
        var bare = new SetDERControlRequest { ControlId = c.Id, ControlType = Enum.Parse<DERControl>(c.Type.ToString()), IsDefault = c.IsDefault };
        var (start, seconds) = (c.Start?.ToDateTimeOffset(), c.Duration is { } length ? (decimal?)((decimal)length.TotalSeconds) : null);
        return c.Setting switch
        {
            DerCurve s => bare with { Curve = ToWire(s, c.Priority, start, seconds) },
            DerEnterService s => bare with
            {
                EnterService = new EnterService
                {
                    Priority = c.Priority, HighVoltage = s.HighVoltage, LowVoltage = s.LowVoltage, HighFreq = s.HighFrequency, LowFreq = s.LowFrequency, Delay = s.DelaySeconds, RandomDelay = s.RandomDelaySeconds,
                    RampRate = s.RampSeconds,
                },
            },
            DerFixedPowerFactor s when c.Type == DerControlType.FixedPFAbsorb => bare with { FixedPFAbsorb = PowerFactor(s) },
            DerFixedPowerFactor s => bare with { FixedPFInject = PowerFactor(s) },
            DerFixedVar s => bare with { FixedVar = new FixedVar { Priority = c.Priority, Setpoint = s.Percent, Unit = Unit(s.Unit), StartTime = start, Duration = seconds } },
            DerFreqDroop s => bare with
            {
                FreqDroop = new FreqDroop
                {
                    Priority = c.Priority, OverFreq = s.OverFrequency, UnderFreq = s.UnderFrequency, OverDroop = s.OverDroop, UnderDroop = s.UnderDroop, ResponseTime = s.ResponseSeconds, StartTime = start,
                    Duration = seconds,
                },
            },
            DerGradients s => bare with { Gradient = new Gradient { Priority = c.Priority, GradientValue = s.RampSeconds, SoftGradient = s.SoftStartSeconds } },
            DerLimitMaxDischarge s => bare with
            {
                LimitMaxDischarge = new LimitMaxDischarge
                {
                    Priority = c.Priority, PctMaxDischargePower = s.Percent, PowerMonitoringMustTrip = s.Monitoring is { } curve ? ToWire(curve, c.Priority, start, seconds) : null, StartTime = start, Duration = seconds,
                },
            },
            _ => throw new ArgumentOutOfRangeException(nameof(c), c.Setting, "An unknown shape of DER control."),
        };

        FixedPF PowerFactor(DerFixedPowerFactor s) => new() { Priority = c.Priority, Displacement = s.CosPhi, Excitation = s.Absorbing, StartTime = start, Duration = seconds };
    }

    /// <summary>A control that somebody wrote as OCPP, or what is wrong with it.</summary>
    public static (DerControl? Control, IReadOnlyList<DerFault> Faults) Read(SetDERControlRequest m)
    {
        var type = Type(m.ControlType);
        var given = new (string Name, DerControl? Control)[]
        {
            ("curve", m.Curve is { } c ? Curve(m.ControlId, type, m.IsDefault, c) : null),
            ("enterService", m.EnterService is { } e ? Enter(m.ControlId, e) with { IsDefault = m.IsDefault } : null),
            ("fixedPFAbsorb", m.FixedPFAbsorb is { } a ? PowerFactor(m.ControlId, DerControlType.FixedPFAbsorb, m.IsDefault, a) : null),
            ("fixedPFInject", m.FixedPFInject is { } i ? PowerFactor(m.ControlId, DerControlType.FixedPFInject, m.IsDefault, i) : null),
            ("fixedVar", m.FixedVar is { } v ? Var(m.ControlId, m.IsDefault, v) : null),
            ("freqDroop", m.FreqDroop is { } d ? Droop(m.ControlId, m.IsDefault, d) : null),
            ("gradient", m.Gradient is { } g ? Gradients(m.ControlId, g) with { IsDefault = m.IsDefault } : null),
            ("limitMaxDischarge", m.LimitMaxDischarge is { } l ? Limit(m.ControlId, m.IsDefault, l) : null),
        }.Where(g => g.Control is not null).ToList();
        var member = Member(type);
        if (given.Count != 1) return (null, [new DerFault(member, "oneShape", $"{type} is given by {member} alone; there {(given.Count == 0 ? "is none" : "are " + string.Join(", ", given.Select(g => g.Name)))}.")]);
        if (given[0].Name != member) return (null, [new DerFault(given[0].Name, "shape", $"{type} is given by {member}; it came with {given[0].Name}.")]);
        var faults = DerCheck.Of(given[0].Control!);
        return (faults.IsEmpty ? given[0].Control : null, faults);
    }

    /// <summary>What a station has, from one part of its report.</summary>
    public static IEnumerable<ReportedControl> Read(ReportDERControlRequest m) =>
    [
        .. (m.Curve ?? []).Select(c => new ReportedControl(Curve(c.Id, Type(c.CurveType), c.IsDefault, c.Curve), c.IsSuperseded)),
        .. (m.EnterService ?? []).Select(c => new ReportedControl(Enter(c.Id, c.EnterService), false)),
        .. (m.FixedPFAbsorb ?? []).Select(c => new ReportedControl(PowerFactor(c.Id, DerControlType.FixedPFAbsorb, c.IsDefault, c.FixedPF), c.IsSuperseded)),
        .. (m.FixedPFInject ?? []).Select(c => new ReportedControl(PowerFactor(c.Id, DerControlType.FixedPFInject, c.IsDefault, c.FixedPF), c.IsSuperseded)),
        .. (m.FixedVar ?? []).Select(c => new ReportedControl(Var(c.Id, c.IsDefault, c.FixedVar), c.IsSuperseded)),
        .. (m.FreqDroop ?? []).Select(c => new ReportedControl(Droop(c.Id, c.IsDefault, c.FreqDroop), c.IsSuperseded)),
        .. (m.Gradient ?? []).Select(c => new ReportedControl(Gradients(c.Id, c.Gradient), false)),
        .. (m.LimitMaxDischarge ?? []).Select(c => new ReportedControl(Limit(c.Id, c.IsDefault, c.LimitMaxDischarge), c.IsSuperseded)),
    ];

    /// <summary>The member of SetDERControl that a type is given by.</summary>
    internal static string Member(DerControlType type) => type switch
    {
        DerControlType.EnterService => "enterService",
        DerControlType.FixedPFAbsorb => "fixedPFAbsorb",
        DerControlType.FixedPFInject => "fixedPFInject",
        DerControlType.FixedVar => "fixedVar",
        DerControlType.FreqDroop => "freqDroop",
        DerControlType.Gradients => "gradient",
        DerControlType.LimitMaxDischarge => "limitMaxDischarge",
        _ => "curve",
    };

    internal static DerControlType Type(DERControl type) => Enum.Parse<DerControlType>(type.ToString());

    private static DERUnit Unit(DerUnit unit) => Enum.Parse<DERUnit>(unit.ToString());

    private static DerUnit Unit(DERUnit unit) => Enum.Parse<DerUnit>(unit.ToString());

    private static DERCurve ToWire(DerCurve s, int priority, DateTimeOffset? start, decimal? seconds) => new()
    {
        CurveData = [.. s.Points.Select(p => new DERCurvePoints { X = p.X, Y = p.Y })],
        Priority = priority,
        YUnit = Unit(s.Unit),
        ResponseTime = s.ResponseSeconds,
        StartTime = start,
        Duration = seconds,
        Hysteresis = s.Hysteresis is { } h ? new Hysteresis { HysteresisHigh = h.High, HysteresisLow = h.Low, HysteresisDelay = h.DelaySeconds, HysteresisGradient = h.GradientPercentPerSecond } : null,
        VoltageParams = s.Voltage is { } v
            ? new VoltageParams
            {
                Hv10MinMeanValue = v.TenMinuteMeanPercent, Hv10MinMeanTripDelay = v.TenMinuteMeanTripSeconds,
                PowerDuringCessation = v.ActivePowerInCessation is { } active ? active ? PowerDuringCessation.Active : PowerDuringCessation.Reactive : null,
            }
            : null,
        ReactivePowerParams = s.Reference is { } r ? new ReactivePowerParams { VRef = r.Percent, AutonomousVRefEnable = r.Autonomous, AutonomousVRefTimeConstant = r.TimeConstantSeconds } : null,
    };

    private static DerCurve Values(DERCurve c) => new(
        [.. c.CurveData.Select(p => new DerPoint(p.X, p.Y))], Unit(c.YUnit), c.ResponseTime,
        c.Hysteresis is { } h ? new DerHysteresis(h.HysteresisHigh, h.HysteresisLow, h.HysteresisDelay, h.HysteresisGradient) : null,
        c.VoltageParams is { } v ? new DerVoltage(v.Hv10MinMeanValue, v.Hv10MinMeanTripDelay, v.PowerDuringCessation is { } power ? power == PowerDuringCessation.Active : null) : null,
        c.ReactivePowerParams is { } r ? new DerVoltageReference(r.VRef, r.AutonomousVRefEnable, r.AutonomousVRefTimeConstant) : null);

    private static DerControl Curve(string id, DerControlType type, bool isDefault, DERCurve c) => Control(id, type, isDefault, c.Priority, c.StartTime, c.Duration, Values(c));

    private static DerControl Enter(string id, EnterService s) =>
        Control(id, DerControlType.EnterService, true, s.Priority, null, null, new DerEnterService(s.HighVoltage, s.LowVoltage, s.HighFreq, s.LowFreq, s.Delay, s.RandomDelay, s.RampRate));

    private static DerControl PowerFactor(string id, DerControlType type, bool isDefault, FixedPF s) => Control(id, type, isDefault, s.Priority, s.StartTime, s.Duration, new DerFixedPowerFactor(s.Displacement, s.Excitation));

    private static DerControl Var(string id, bool isDefault, FixedVar s) => Control(id, DerControlType.FixedVar, isDefault, s.Priority, s.StartTime, s.Duration, new DerFixedVar(s.Setpoint, Unit(s.Unit)));

    private static DerControl Droop(string id, bool isDefault, FreqDroop s) =>
        Control(id, DerControlType.FreqDroop, isDefault, s.Priority, s.StartTime, s.Duration, new DerFreqDroop(s.OverFreq, s.UnderFreq, s.OverDroop, s.UnderDroop, s.ResponseTime));

    private static DerControl Gradients(string id, Gradient s) => Control(id, DerControlType.Gradients, true, s.Priority, null, null, new DerGradients(s.GradientValue, s.SoftGradient));

    private static DerControl Limit(string id, bool isDefault, LimitMaxDischarge s) =>
        Control(id, DerControlType.LimitMaxDischarge, isDefault, s.Priority, s.StartTime, s.Duration, new DerLimitMaxDischarge(s.PctMaxDischargePower, s.PowerMonitoringMustTrip is { } c ? Values(c) : null));

    /// <summary>A duration that is no time at all (a century and more) is read as the longest, so that the check refuses it.</summary>
    private static DerControl Control(string id, DerControlType type, bool isDefault, int priority, DateTimeOffset? start, decimal? seconds, DerSetting setting) => new(
        id, type, isDefault, priority, start is { } at ? Instant.FromDateTimeOffset(at) : null,
        seconds is { } s ? Duration.FromTicks((long)(Math.Clamp(s, -1, 3_200_000_000m) * NodaConstants.TicksPerSecond)) : null, setting);
}
