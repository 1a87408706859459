using NodaTime;
using Penstock.Core.Der;
using Penstock.UnitTests.Ocpp;

namespace Penstock.UnitTests.Core.Der;

public sealed class DerCheckTests
{
    [Fact]
    public void The_table_has_a_row_for_each_of_the_22_types_in_their_order_over_8_wire_shapes()
    {
        Assert.Equal(22, DerKind.All.Length);
        Assert.Equal(Enum.GetValues<DerControlType>(), DerKind.All.Select(k => k.Type));
        Assert.Equal(7, DerKind.All.Select(k => k.Setting).Distinct().Count()); // fixedPFAbsorb and fixedPFInject are one record
        Assert.All(DerKind.All.Where(k => k.Setting == typeof(DerCurve)), k => Assert.True(k is { X: not null, Y: not null } && k.Units.Length > 0));
        Assert.Equal([DerControlType.PowerMonitoringMustTrip], DerKind.All.Where(k => k.Ieee2030 is null).Select(k => k.Type));
        Assert.Equal([DerControlType.PowerMonitoringMustTrip, DerControlType.WattPF], DerKind.All.Where(k => k.Ieee1547 is null).Select(k => k.Type));
    }

    [Fact]
    public void The_document_shows_the_same_table()
    {
        var rows = File.ReadAllLines(Path.Combine(Schemas.Checkout(), "docs", "concepts", "der-controls.md")).Where(l => l.StartsWith('|')).Skip(2).Select(l => l.Trim('|').Split('|').Select(c => c.Trim()).ToArray()).ToList();
        Assert.Equal(DerKind.All.Select(k => (k.Type.ToString(), k.Ieee1547 ?? "-", k.Ieee2030 ?? "-", k.Iec61850 ?? "-")), rows.Select(r => (r[0], r[4], r[5], r[6])));
    }

    [Fact]
    public void A_control_of_every_type_is_legal_as_a_default_and_scheduled_where_it_may_be()
    {
        foreach (var kind in DerKind.All)
        {
            Assert.Empty(DerCheck.Of(Controls.Default(kind.Type)));
            Assert.Equal(kind.CanBeScheduled ? [] : new[] { "onlyDefault" }, DerCheck.Of(Controls.Scheduled(kind.Type, "s", 0, 0, 60)).Select(f => f.Rule));
        }
    }

    [Fact]
    public void A_setting_of_another_shape_is_refused_for_every_type() => Assert.All(
        from kind in DerKind.All from other in DerKind.All where kind.Setting != other.Setting select (kind, other),
        pair => Assert.Contains(DerCheck.Of(Controls.Default(pair.kind.Type) with { Setting = Controls.Setting(pair.other.Type) }), f => f.Rule == "shape"));

    [Fact]
    public void Times_belong_to_scheduled_controls()
    {
        var scheduled = Controls.Scheduled(DerControlType.VoltVar, "s", 0, 0, 60);
        Faults(scheduled with { IsDefault = true }, ("startTime", "defaultHasNoTime"), ("duration", "defaultHasNoTime"));
        Faults(scheduled with { Start = null }, ("startTime", "scheduledHasTime"));
        Faults(scheduled with { Duration = Duration.Zero }, ("duration", "scheduledHasTime"));
        Faults(scheduled with { Duration = null, Priority = -1, Id = "" }, ("controlId", "length"), ("priority", "range"), ("duration", "scheduledHasTime"));
        Faults(scheduled with { Duration = Duration.FromDays(4000) }, ("duration", "scheduledHasTime"));
    }

    [Fact]
    public void Curves_have_up_to_ten_points_that_ascend_within_their_axes()
    {
        Faults(VoltVar(), ("curve/curveData", "points"));
        Faults(VoltVar([.. Enumerable.Range(0, 11).Select(i => (90m + i, 0m))]), ("curve/curveData", "points"));
        Faults(VoltVar((90, 0), (90, 1)), ("curve/curveData/1/x", "ascending"));
        Faults(VoltVar((90, 0), (201, 101)), ("curve/curveData/1/x", "range"), ("curve/curveData/1/y", "range"));
        Faults(Of(DerControlType.LVMustTrip, Controls.Curve(DerUnit.PctEffectiveV, (2, 45), (1, 70))), ("curve/curveData/1/x", "ascending"));
        Assert.Empty(DerCheck.Of(Of(DerControlType.LVMustTrip, Controls.Curve(DerUnit.PctEffectiveV, (2, 45), (2, 70))))); // a step in a trip curve
        Faults(Of(DerControlType.WattPF, Controls.Curve(DerUnit.NotApplicable, (0, 0))), ("curve/curveData/0/y", "range"));
        Faults(Of(DerControlType.FreqWatt, Controls.Curve(DerUnit.PctMaxW, (39, 0))), ("curve/curveData/0/x", "range"));
        Faults(Of(DerControlType.FreqWatt, Controls.Curve(DerUnit.PctMaxVar, (50, 0))), ("curve/yUnit", "unit"));

        static DerControl VoltVar(params (decimal X, decimal Y)[] points) => Of(DerControlType.VoltVar, Controls.Curve(DerUnit.PctMaxVar, points));
    }

    [Fact]
    public void Parameters_belong_to_their_curves()
    {
        var (volt, var) = ((DerCurve)Controls.Setting(DerControlType.HVMustTrip), (DerCurve)Controls.Setting(DerControlType.VoltVar));
        Faults(Of(DerControlType.VoltVar, var with { Voltage = new DerVoltage(110, 3, null) }), ("curve/voltageParams", "onlyVoltage"));
        Faults(Of(DerControlType.HVMustTrip, volt with { Reference = new DerVoltageReference(100, null, null) }), ("curve/reactivePowerParams", "onlyVoltVar"));
        Faults(Of(DerControlType.HVMustTrip, volt with { Voltage = new DerVoltage(110, null, null) }), ("curve/voltageParams/hv10MinMeanValue", "together"));
        Faults(Of(DerControlType.HVMustTrip, volt with { ResponseSeconds = -1, Hysteresis = new DerHysteresis(-1, -1, -1, -1) }),
            ("curve/responseTime", "range"), ("curve/hysteresis/hysteresisHigh", "range"), ("curve/hysteresis/hysteresisLow", "range"), ("curve/hysteresis/hysteresisDelay", "range"), ("curve/hysteresis/hysteresisGradient", "range"));
    }

    [Fact]
    public void The_other_shapes_have_bounds_of_their_own()
    {
        Faults(Of(DerControlType.FixedPFInject, new DerFixedPowerFactor(0, true)), ("displacement", "range"));
        Faults(Of(DerControlType.FixedVar, new DerFixedVar(-101, DerUnit.PctMaxW)), ("fixedVar/setpoint", "range"), ("fixedVar/unit", "unit"));
        Faults(Of(DerControlType.FreqDroop, new DerFreqDroop(49.8m, 50.2m, 0, 2, -1)),
            ("freqDroop/overFreq", "order"), ("freqDroop/overDroop", "range"), ("freqDroop/underDroop", "range"), ("freqDroop/responseTime", "range"));
        Faults(Of(DerControlType.EnterService, new DerEnterService(90, 105, 49, 51, -1, -1, -1)),
            ("enterService/highVoltage", "order"), ("enterService/highFreq", "order"), ("enterService/delay", "range"), ("enterService/randomDelay", "range"), ("enterService/rampRate", "range"));
        Faults(Of(DerControlType.Gradients, new DerGradients(-1, -1)), ("gradient/gradient", "range"), ("gradient/softGradient", "range"));
        Faults(Of(DerControlType.LimitMaxDischarge, new DerLimitMaxDischarge(null, null)), ("limitMaxDischarge", "empty"));
        Faults(Of(DerControlType.LimitMaxDischarge, new DerLimitMaxDischarge(101, Controls.Curve(DerUnit.PctMaxVar, (0, 0)))),
            ("limitMaxDischarge/pctMaxDischargePower", "range"), ("limitMaxDischarge/powerMonitoringMustTrip/yUnit", "unit"));
    }

    [Fact]
    public void Curves_are_equal_by_their_values() => Assert.Equal(Controls.Curve(DerUnit.PctMaxW, (1, 2), (3, 4.0m)), Controls.Curve(DerUnit.PctMaxW, (1.0m, 2), (3, 4)));

    private static DerControl Of(DerControlType type, DerSetting setting) => Controls.Default(type) with { Setting = setting };

    private static void Faults(DerControl control, params (string Field, string Rule)[] expected) => Assert.Equal(expected, DerCheck.Of(control).Select(f => (f.Field, f.Rule)));
}
