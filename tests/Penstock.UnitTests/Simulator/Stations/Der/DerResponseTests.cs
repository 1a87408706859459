using CsCheck;
using Penstock.Ocpp.V21;
using Penstock.Simulator.Stations.Der;

namespace Penstock.UnitTests.Simulator.Stations.Der;

/// <summary>What DER controls make of the power of an EVSE of 20 kW both ways.</summary>
public sealed class DerResponseTests
{
    [Fact]
    public void Without_a_control_the_power_is_what_was_asked() => Assert.Equal(-20_000, Watts(-20_000, GridPoint.Nominal));

    [Fact]
    public void Over_frequency_curves_take_export_back_and_ask_for_charging()
    {
        var control = Curve(DERControl.FreqWatt, (50.2m, 100), (51.2m, 0), (52.2m, -50));
        foreach (var (hz, watts) in new (double, double)[] { (50, -20_000), (50.7, -10_000), (51.2, 0), (51.7, 5000) }) Assert.Equal(watts, Watts(-20_000, new(hz, 100), control), 3);
    }

    [Fact]
    public void Droop_moves_the_power_both_ways()
    {
        var control = Set(DERControl.FreqDroop) with { FreqDroop = new FreqDroop { Priority = 0, OverFreq = 50.2m, UnderFreq = 49.8m, OverDroop = 0.05m, UnderDroop = 0.05m, ResponseTime = 1 } };
        Assert.Equal(4000, Watts(0, new(50.7, 100), control), 3); // 0.5 Hz / 50 / 5 % = 20 % of 20 kW
        Assert.Equal(-4000, Watts(0, new(49.3, 100), control), 3);
        Assert.Equal(0, Watts(0, new(50.1, 100), control), 3);
    }

    [Fact]
    public void High_voltage_and_a_share_of_the_rating_bound_the_export()
    {
        var (volts, share) = (Curve(DERControl.VoltWatt, (106, 100), (110, 20)), Set(DERControl.LimitMaxDischarge) with { LimitMaxDischarge = new LimitMaxDischarge { Priority = 0, PctMaxDischargePower = 40 } });
        Assert.Equal(-12_000, Watts(-20_000, new(50, 108), volts), 3);
        Assert.Equal(-8000, Watts(-20_000, new(50, 108), volts, share), 3);
        Assert.Equal(15_000, Watts(15_000, new(50, 112), volts, share), 3);
    }

    [Theory]
    [InlineData(DERControl.HVMustTrip, 120, 50.0, 125.0, GridEventFault.OverVoltage)]
    [InlineData(DERControl.LVMustTrip, 80, 50.0, 75.0, GridEventFault.UnderVoltage)]
    [InlineData(DERControl.HFMustTrip, 51, 51.5, 100.0, GridEventFault.OverFrequency)]
    [InlineData(DERControl.LFMustTrip, 49, 48.5, 100.0, GridEventFault.UnderFrequency)]
    public void Beyond_a_trip_line_for_its_time_it_trips_and_comes_back_slowly(DERControl type, int line, double hz, double volts, GridEventFault fault)
    {
        var control = Curve(type, (2, line));
        var (watts, memory) = Play(-10_000, new(hz, volts), DerMemory.Fresh, 1, control);
        Assert.Equal((-10_000, null), (watts, memory.Fault));
        (watts, memory) = Play(-10_000, new(hz, volts), memory, 1, control);
        Assert.Equal((0, fault), (watts, memory.Fault));
        (watts, memory) = Play(-10_000, GridPoint.Nominal, memory, DerResponse.EnterDelaySeconds - 1, control);
        Assert.Equal(0, watts);
        (watts, _) = Play(-10_000, GridPoint.Nominal, memory, 1, control);
        Assert.Equal(-10_000, watts);
    }

    [Fact]
    public void A_dip_shorter_than_the_line_s_time_does_not_trip()
    {
        var control = Curve(DERControl.LVMustTrip, (2, 80));
        var (_, memory) = Play(5000, new(50, 70), DerMemory.Fresh, 1.5, control);
        (_, memory) = Play(5000, GridPoint.Nominal, memory, 1, control);
        (var watts, memory) = Play(5000, new(50, 70), memory, 1.5, control);
        Assert.Equal((5000, null), (watts, memory.Fault));
    }

    [Fact]
    public void Enter_service_waits_for_its_window_and_then_ramps()
    {
        SetDERControlRequest[] controls =
        [
            Curve(DERControl.HFMustTrip, (0, 51)),
            Set(DERControl.EnterService) with { EnterService = new EnterService { Priority = 0, HighVoltage = 105, LowVoltage = 92, HighFreq = 50.1m, LowFreq = 49.9m, Delay = 10, RampRate = 100 } },
        ];
        var (watts, memory) = Play(-20_000, new(51.5, 100), DerMemory.Fresh, 1, controls);
        Assert.Equal(0, watts);
        (watts, memory) = Play(-20_000, new(50.15, 100), memory, 60, controls);
        Assert.NotNull(memory.Fault); // inside the trip line, outside the window
        (watts, memory) = Play(-20_000, GridPoint.Nominal, memory, 10, controls);
        Assert.Equal(-2000, watts, 3); // back, and 10 s of 100 s on the ramp
        (watts, memory) = Play(-20_000, GridPoint.Nominal, memory, 20, controls);
        Assert.Equal(-6000, watts, 3);
        (watts, _) = Play(-20_000, GridPoint.Nominal, memory, 200, controls);
        Assert.Equal(-20_000, watts, 3);
    }

    [Fact]
    public void Gradients_bound_each_step()
    {
        var control = Set(DERControl.Gradients) with { Gradient = new Gradient { Priority = 0, GradientValue = 20, SoftGradient = 0 } };
        var (watts, memory) = Play(20_000, GridPoint.Nominal, DerMemory.Fresh, 5, control);
        Assert.Equal(5000, watts, 3);
        (watts, _) = Play(-20_000, GridPoint.Nominal, memory, 5, control);
        Assert.Equal(0, watts, 3);
    }

    [Fact]
    public void Momentary_cessation_holds_while_the_voltage_is_beyond()
    {
        var control = Curve(DERControl.LVMomCess, (0, 50));
        Assert.Equal((0, 8000), (Watts(8000, new(50, 45), control), Watts(8000, new(50, 55), control)));
    }

    [Fact]
    public void May_trip_curves_permit_and_do_not_force() => Assert.Equal(5000, Watts(5000, new(50, 140), Curve(DERControl.HVMayTrip, (0, 110)), Curve(DERControl.LVMayTrip, (0, 90)), Curve(DERControl.HFMayTrip, (0, 50))));

    [Fact]
    public void Too_much_export_for_too_long_trips()
    {
        var control = Set(DERControl.LimitMaxDischarge) with
        {
            LimitMaxDischarge = new LimitMaxDischarge { Priority = 0, PctMaxDischargePower = 50, PowerMonitoringMustTrip = new DERCurve { Priority = 0, YUnit = DERUnit.PctMaxW, CurveData = [new DERCurvePoints { X = 5, Y = 50 }] } },
        };
        var (_, memory) = Play(-20_000, GridPoint.Nominal, DerMemory.Fresh with { LastW = -15_000 }, 6, control);
        Assert.Equal(GridEventFault.OverCurrent, memory.Fault);
    }

    [Fact]
    public void Reactive_power_follows_volts_watts_factor_or_a_fixed_share()
    {
        Assert.Equal(-10_000, Vars(0, new(50, 94), Curve(DERControl.VoltVar, (92, 100), (96, 0))), 3); // injects at low voltage
        Assert.Equal(-5000, Vars(-10_000, GridPoint.Nominal, Curve(DERControl.WattVar, (0, 0), (100, 50))), 3);
        Assert.Equal(-4000, Vars(0, GridPoint.Nominal, Set(DERControl.FixedVar) with { FixedVar = new FixedVar { Priority = 0, Setpoint = 20, Unit = DERUnit.PctMaxVar } }), 3);
        Assert.Equal(7500, Vars(10_000, GridPoint.Nominal, Curve(DERControl.WattPF, (-100, 0.8m), (100, 0.8m))), 3);
        Assert.Equal(-7500, Vars(10_000, GridPoint.Nominal, Set(DERControl.FixedPFAbsorb) with { FixedPFAbsorb = new FixedPF { Priority = 0, Displacement = 0.8m, Excitation = true } }), 3);
        Assert.Equal(7500, Vars(-10_000, GridPoint.Nominal, Set(DERControl.FixedPFInject) with { FixedPFInject = new FixedPF { Priority = 0, Displacement = 0.8m, Excitation = false } }), 3);
    }

    [Fact]
    public void The_power_never_leaves_the_ratings() => Gen.Select(Gen.Double[-30_000, 30_000], Gen.Double[45, 55], Gen.Double[50, 130]).Sample((asked, hz, volts) =>
    {
        var droop = Set(DERControl.FreqDroop) with { FreqDroop = new FreqDroop { Priority = 0, OverFreq = 50.2m, UnderFreq = 49.8m, OverDroop = 0.02m, UnderDroop = 0.02m, ResponseTime = 1 } };
        Assert.InRange(Watts(asked, new(hz, volts), droop, Curve(DERControl.VoltWatt, (100, 100), (110, -100)), Curve(DERControl.FreqWatt, (50, 100), (52, -100))), -20_000.001, 20_000.001);
    });

    private static double Watts(double asked, GridPoint grid, params SetDERControlRequest[] controls) => Play(asked, grid, DerMemory.Fresh, 0.01, controls).Watts;

    private static double Vars(double asked, GridPoint grid, SetDERControlRequest control) => DerResponse.Apply(t => t == control.ControlType ? control : null, grid, asked, 20_000, 20_000, DerMemory.Fresh, 1).Vars;

    private static (double Watts, DerMemory Memory) Play(double asked, GridPoint grid, DerMemory memory, double seconds, params SetDERControlRequest[] controls)
    {
        var (watts, _, after) = DerResponse.Apply(t => Array.Find(controls, c => c.ControlType == t), grid, asked, 20_000, 20_000, memory, seconds);
        return (watts, after);
    }

    private static SetDERControlRequest Curve(DERControl type, params (decimal X, decimal Y)[] points) =>
        Set(type) with { Curve = new DERCurve { Priority = 0, YUnit = DERUnit.PctMaxW, CurveData = [.. points.Select(p => new DERCurvePoints { X = p.X, Y = p.Y })] } };

    private static SetDERControlRequest Set(DERControl type) => new() { ControlId = type.ToString(), ControlType = type, IsDefault = true };
}
