using CsCheck;
using Penstock.Core.Der;
using Penstock.Core.Units;

namespace Penstock.UnitTests.Core.Der;

public sealed class DerEffectTests
{
    private static readonly DerConditions Normal = new(100, 50, 40);

    [Theory]
    [InlineData(90, 44)]
    [InlineData(95, 22)]
    [InlineData(100, 0)]
    [InlineData(105, -22)]
    [InlineData(115, -44)]
    public void Volt_var_is_straight_between_points_and_level_beyond(double volts, double reactive) =>
        Assert.Equal(reactive, Of(DerControlType.VoltVar, Normal with { VoltagePercent = volts }).ReactivePercent!.Value, 9);

    [Fact]
    public void Volt_var_moves_with_its_reference_voltage()
    {
        var curve = (DerCurve)Controls.Setting(DerControlType.VoltVar);
        var moved = Controls.Default(DerControlType.VoltVar) with { Setting = curve with { Reference = new DerVoltageReference(105, null, null) } };
        Assert.Equal(Of(DerControlType.VoltVar, Normal with { VoltagePercent = 100 }).ReactivePercent, DerEffect.Of(moved, Normal with { VoltagePercent = 105 }).ReactivePercent);
    }

    [Fact]
    public void Frequency_and_voltage_limit_the_discharge()
    {
        Assert.Equal(50, Of(DerControlType.FreqWatt, Normal with { FrequencyHz = 50.85 }).DischargeMaxPercent!.Value, 9);
        Assert.Equal(60, Of(DerControlType.VoltWatt, Normal with { VoltagePercent = 108 }).DischargeMaxPercent!.Value, 9);
        Assert.Equal(60, Of(DerControlType.LimitMaxDischarge, Normal).DischargeMaxPercent);
        Assert.Equal(Power.FromKilowatts(-6), Of(DerControlType.LimitMaxDischarge, Normal).Least(Power.FromKilowatts(20), Power.FromKilowatts(10)));
        Assert.Null(Of(DerControlType.VoltVar, Normal).Least(Power.FromKilowatts(20), Power.FromKilowatts(10)));
    }

    [Fact]
    public void A_power_factor_holds_in_its_direction_only()
    {
        Assert.Equal(-40 * Math.Tan(Math.Acos(0.95)), Of(DerControlType.FixedPFAbsorb, Normal with { ActivePercent = -40 }).ReactivePercent!.Value, 9);
        Assert.Equal(40 * Math.Tan(Math.Acos(0.9)), Of(DerControlType.FixedPFInject, Normal).ReactivePercent!.Value, 9);
        Assert.Null(Of(DerControlType.FixedPFAbsorb, Normal).ReactivePercent);
        Assert.Null(Of(DerControlType.FixedPFInject, Normal with { ActivePercent = -40 }).ReactivePercent);
        Assert.Equal(-100 * Math.Tan(Math.Acos(0.9)), Of(DerControlType.WattPF, Normal with { ActivePercent = 100 }).ReactivePercent!.Value, 9);
        Assert.Equal(-22, Of(DerControlType.WattVar, Normal with { ActivePercent = 75 }).ReactivePercent!.Value, 9);
        Assert.Equal(-30, Of(DerControlType.FixedVar, Normal).ReactivePercent);
    }

    [Fact]
    public void A_droop_moves_power_by_the_rating_per_droop_of_nominal_frequency()
    {
        Assert.Null(Of(DerControlType.FreqDroop, Normal).ActivePercent);
        Assert.Equal(0, Of(DerControlType.FreqDroop, Normal with { FrequencyHz = 51.2 }).ActivePercent!.Value, 6); // 1 Hz of 2.5 Hz is 40 %
        Assert.Equal(80, Of(DerControlType.FreqDroop, Normal with { FrequencyHz = 48.8 }).ActivePercent!.Value, 6);
        Assert.Equal(-100, Of(DerControlType.FreqDroop, Normal with { FrequencyHz = 60 }).ActivePercent);
    }

    [Fact]
    public void Trip_curves_are_steps_over_time()
    {
        Assert.Equal([false, true, false, true], new[] { (121, 0.1), (121, 0.2), (111, 1.9), (111, 2.0) }.Select(c => Of(DerControlType.HVMustTrip, Normal with { VoltagePercent = c.Item1, Seconds = c.Item2 }).MustTrip!.Value));
        Assert.Equal([false, true, true], new[] { (60, 1.0), (44, 1.0), (60, 2.0) }.Select(c => Of(DerControlType.LVMustTrip, Normal with { VoltagePercent = c.Item1, Seconds = c.Item2 }).MustTrip!.Value));
        Assert.True(Of(DerControlType.HVMomCess, Normal with { VoltagePercent = 121, Seconds = 0.2 }).MustCease);
        Assert.True(Of(DerControlType.LFMustTrip, Normal with { FrequencyHz = 48.4, Seconds = 300 }).MustTrip);
        Assert.False(Of(DerControlType.HFMayTrip, Normal with { FrequencyHz = 61.5, Seconds = 10 }).MustTrip);
        Assert.True(Of(DerControlType.LimitMaxDischarge, Normal with { ActivePercent = 100, Seconds = 5 }).MustTrip);
        Assert.False(Of(DerControlType.LimitMaxDischarge, Normal with { ActivePercent = 59, Seconds = 500 }).MustTrip);
    }

    [Fact]
    public void A_grid_out_of_bounds_is_not_entered()
    {
        Assert.True(Of(DerControlType.EnterService, Normal).MayEnter);
        Assert.False(Of(DerControlType.EnterService, Normal with { FrequencyHz = 50.2 }).MayEnter);
        Assert.False(Of(DerControlType.EnterService, Normal with { VoltagePercent = 91 }).MayEnter);
    }

    [Fact]
    public void Controls_in_force_together_give_the_least_limit_and_any_trip() => Gen.Select(Gen.Double[80, 125], Gen.Double[46, 63], Gen.Double[-100, 100], Gen.Double[0, 400]).Sample((volts, hertz, active, seconds) =>
    {
        var now = new DerConditions(volts, hertz, active, seconds);
        var all = DerKind.All.Select(k => Controls.Default(k.Type, k.Type.ToString())).ToList();
        var together = DerEffect.Of(all, now);
        Assert.Equal(all.Min(c => DerEffect.Of(c, now).DischargeMaxPercent), together.DischargeMaxPercent);
        Assert.Equal(all.Any(c => DerEffect.Of(c, now).MustTrip == true), together.MustTrip);
    });

    private static DerEffect Of(DerControlType type, DerConditions now) => DerEffect.Of(Controls.Default(type), now);
}
