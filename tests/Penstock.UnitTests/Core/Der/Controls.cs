using NodaTime;
using Penstock.Core.Der;

namespace Penstock.UnitTests.Core.Der;

/// <summary>A legal control of every type.</summary>
internal static class Controls
{
    internal static readonly Instant Noon = Instant.FromUtc(2026, 4, 15, 4, 0);

    internal static DerSetting Setting(DerControlType type) => type switch
    {
        DerControlType.EnterService => new DerEnterService(105, 91.7m, 50.1m, 49.5m, 300, 60, 300),
        DerControlType.FreqDroop => new DerFreqDroop(50.2m, 49.8m, 0.05m, 0.05m, 5),
        DerControlType.FixedPFAbsorb => new DerFixedPowerFactor(0.95m, Absorbing: true),
        DerControlType.FixedPFInject => new DerFixedPowerFactor(0.9m, Absorbing: false),
        DerControlType.FixedVar => new DerFixedVar(-30, DerUnit.PctMaxVar),
        DerControlType.Gradients => new DerGradients(10, 60),
        DerControlType.LimitMaxDischarge => new DerLimitMaxDischarge(60, Curve(DerUnit.PctMaxW, (0, 110), (5, 100))),
        DerControlType.FreqWatt => Curve(DerUnit.PctMaxW, (50.2m, 100), (51.5m, 0)),
        DerControlType.VoltWatt => Curve(DerUnit.PctMaxW, (106, 100), (110, 20)),
        DerControlType.VoltVar => Curve(DerUnit.PctMaxVar, (92, 44), (98, 0), (102, 0), (108, -44)) with { Reference = new DerVoltageReference(100, true, 300), ResponseSeconds = 5 },
        DerControlType.WattVar => Curve(DerUnit.PctMaxVar, (0, 0), (50, 0), (100, -44)),
        DerControlType.WattPF => Curve(DerUnit.NotApplicable, (0, 1), (50, 1), (100, 0.9m)),
        DerControlType.HFMustTrip or DerControlType.HFMayTrip => Curve(DerUnit.NotApplicable, (0.16m, 62), (300, 61.2m)),
        DerControlType.LFMustTrip => Curve(DerUnit.NotApplicable, (0.16m, 47), (300, 48.5m)),
        DerControlType.LVMustTrip or DerControlType.LVMayTrip or DerControlType.LVMomCess => Curve(DerUnit.PctEffectiveV, (0.16m, 45), (2, 45), (2, 70)),
        DerControlType.PowerMonitoringMustTrip => Curve(DerUnit.PctMaxW, (0, 100), (10, 80)),
        _ => Curve(DerUnit.PctEffectiveV, (0.16m, 120), (2, 110)) with { Voltage = new DerVoltage(110, 3, true), Hysteresis = new DerHysteresis(105, 95, 300, 0.33m) },
    };

    internal static DerControl Default(DerControlType type, string id = "d", int priority = 5) => new(id, type, IsDefault: true, priority, null, null, Setting(type));

    internal static DerControl Scheduled(DerControlType type, string id, int priority, int fromMinute, int minutes) =>
        new(id, type, IsDefault: false, priority, Noon + Duration.FromMinutes(fromMinute), Duration.FromMinutes(minutes), Setting(type));

    internal static DerCurve Curve(DerUnit unit, params (decimal X, decimal Y)[] points) => new([.. points.Select(p => new DerPoint(p.X, p.Y))], unit);
}
