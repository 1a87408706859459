using CsCheck;
using NodaTime;
using Penstock.Core.Der;
using Penstock.Core.Dispatching;
using Penstock.Core.Metering;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Core.V2x;
using Penstock.Server.Der;
using Penstock.Simulator.Stations.Der;
using Penstock.UnitTests.Core.Planning;
using OneEvse = Penstock.UnitTests.Core.Sites.EscalationTests.Site;

namespace Penstock.UnitTests.Core.Der;

/// <summary>Controls of the grid code in dispatch: what is wished for, and what counts as following.</summary>
public sealed class DerDispatchTests
{
    private static readonly SiteLayout Layout = Examples.Site(2, 1000, 1000);

    private static readonly StationId First = Layout.Evses[0].Id.Station;

    [Fact]
    public void A_discharge_limit_binds_an_order_and_is_named_and_the_other_vehicle_makes_up_for_it()
    {
        var setpoints = Dispatch(Ordered(-60, Limit(20)), Duration.Zero);
        Assert.Equal([-12, -48], setpoints.Select(p => Math.Round(p.Power.Kilowatts, 6)));
        Assert.Equal(LimitSource.Der, setpoints[0].Binding);
        Assert.Equal(("LimitMaxDischarge c", -12.0, true), setpoints[0].Limits.Where(l => l.Source == LimitSource.Der).Select(l => (l.Name, Math.Round(l.Lower.Kilowatts, 6), l.Binding)).Single());
        Assert.DoesNotContain(setpoints[1].Limits, l => l.Source == LimitSource.Der);
    }

    [Fact]
    public void A_limit_of_nothing_is_named_too()
    {
        var setpoint = Dispatch(Ordered(-60, Limit(0)), Duration.Zero)[0];
        Assert.Equal((0, LimitSource.Der), (setpoint.Power.Kilowatts, setpoint.Binding));
        Assert.Empty(setpoint.Refusals);
    }

    [Fact]
    public void A_scheduled_limit_binds_from_its_start_to_its_end_and_above_the_default()
    {
        var state = Ordered(-80, Limit(50), Limit(10, "s") with { IsDefault = false, Start = Examples.Noon + Duration.FromMinutes(10), Duration = Duration.FromMinutes(10) });
        Assert.Equal([-30, -6, -6, -30], new[] { 9, 10, 19, 20 }.Select(m => Math.Round(Dispatch(state, Duration.FromMinutes(m))[0].Power.Kilowatts, 6)));
    }

    [Fact]
    public void A_curve_that_asks_for_charging_at_the_nominal_grid_is_charged_for()
    {
        var state = Ordered(-60, new DerControl("c", DerControlType.FreqWatt, true, 0, null, null, Controls.Curve(DerUnit.PctMaxW, (49, -50), (51, -50))));
        Assert.Equal(30, Dispatch(state, Duration.Zero)[0].Power.Kilowatts, 6);
    }

    [Theory]
    [InlineData(50.2, 51.5)]
    [InlineData(60.2, 61.5)]
    public void A_curve_over_frequency_leaves_all_at_the_nominal_frequency_that_it_was_written_for(double from, double to)
    {
        var state = Ordered(-120, new DerControl("c", DerControlType.FreqWatt, true, 0, null, null, Controls.Curve(DerUnit.PctMaxW, ((decimal)from - 1, 0), ((decimal)from - 0.5m, 100), ((decimal)from, 100), ((decimal)to, 0))));
        Assert.Equal(-60, Dispatch(state, Duration.Zero)[0].Power.Kilowatts, 6);
    }

    [Fact]
    public void Whatever_is_ordered_no_setpoint_discharges_more_than_a_control_allows() => Gen.Select(Gen.Double[-200, 200], Gen.Int[0, 100], Gen.Int[0, 100], Gen.Double[0.31, 1]).Sample((kw, limit, byVolts, soc) =>
    {
        var state = Ordered(kw, soc, Limit(limit), new DerControl("v", DerControlType.VoltWatt, true, 0, null, null, Controls.Curve(DerUnit.PctMaxW, (90, byVolts), (110, byVolts))));
        Assert.True(Dispatch(state, Duration.Zero)[0].Power.Kilowatts >= -0.6 * Math.Min(limit, byVolts) - 1e-9);
    });

    [Theory]
    [InlineData(DerControlType.FreqDroop, -20, 20)]
    [InlineData(DerControlType.FreqDroop, 20, -40)]
    [InlineData(DerControlType.FreqWatt, -20, 0)]
    [InlineData(DerControlType.VoltWatt, -20, -12)]
    [InlineData(DerControlType.HVMustTrip, -20, 0)]
    [InlineData(DerControlType.LVMomCess, -20, 0)]
    [InlineData(DerControlType.LFMustTrip, -20, 0)]
    [InlineData(DerControlType.EnterService, -20, 0)]
    [InlineData(DerControlType.LimitMaxDischarge, -60, -36)]
    public void What_a_control_may_do_to_the_power_is_no_deviation(DerControlType type, double asked, double metered)
    {
        Assert.NotNull(Judged(asked, metered).Escalation);
        Assert.Null(Judged(asked, metered, Controls.Default(type)).Escalation);
    }

    [Theory]
    [InlineData(DerControlType.LimitMaxDischarge, 0, -20, Deviation.DischargesAgainstOrder)]
    [InlineData(DerControlType.VoltWatt, -60, -6, Deviation.UnderDelivers)] // the curve leaves 20 %
    [InlineData(DerControlType.HVMustTrip, -20, 10, Deviation.ChargesTooMuch)]
    [InlineData(DerControlType.VoltVar, -20, 0, Deviation.UnderDelivers)]
    [InlineData(DerControlType.FreqDroop, 0, 65, Deviation.BeyondLimit)]
    public void Beyond_what_a_control_may_do_it_is_one(DerControlType type, double asked, double metered, Deviation expected) =>
        Assert.Equal(expected, Judged(asked, metered, Controls.Default(type)).Escalation!.Deviation);

    [Fact]
    public void What_a_simulated_inverter_does_by_a_control_is_never_more_than_the_platform_lets_it_do() =>
        Gen.Select(Gen.Int[0, 21], Gen.Double[-20, 20], Gen.Double[46, 63], Gen.Double[40, 130], Gen.Double[0.1, 400]).Sample((type, asked, hz, volts, seconds) =>
        {
            var control = Controls.Default((DerControlType)type);
            if (control.Type == DerControlType.Gradients) return; // its ramp is waited for
            var wire = DerTranslation.ToWire(control);
            var made = DerResponse.Apply(t => t == wire.ControlType ? wire : null, new GridPoint(hz, volts), asked * 1000, 20_000, 20_000, DerMemory.Fresh, seconds).Watts / 1000;
            var (least, most) = new DerFreedom([control], Duration.Zero).Around(Power.FromKilowatts(asked), Power.FromKilowatts(20), Power.FromKilowatts(20));
            Assert.InRange(made, Math.Min(0, least.Kilowatts) - 1e-9, Math.Max(0, most.Kilowatts) + 1e-9);
            if (asked < 0 && made > asked) Assert.True(made <= most.Kilowatts + 1e-9, "it under-delivers by more than it may");
        });

    [Fact]
    public void No_control_outranks_the_owner_s_floor() => Assert.Equal(Deviation.BelowFloor, Judged(0.28, -20, -20, [Controls.Default(DerControlType.FreqDroop), Controls.Default(DerControlType.Gradients)]).Escalation!.Deviation);

    [Fact]
    public void A_ramp_is_waited_for_before_anything_is_tried_except_below_the_floor()
    {
        var ramp = new DerControl("g", DerControlType.Gradients, true, 0, null, null, new DerGradients(300, 0));
        Assert.Equal([330, 30], new[] { 0.8, 0.28 }.Select(soc => FirstRemedy(Held(OneEvse.Accepted(OneEvse.Plugged(soc), 0), OneEvse.Evse.Station, ramp), soc)));
        Assert.Equal(30, FirstRemedy(OneEvse.Accepted(OneEvse.Plugged(0.8), 0), 0.8));

        static int FirstRemedy(SiteState state, double soc)
        {
            for (var second = 0; ; second += 10)
            {
                var now = Instant.FromUtc(2026, 4, 2, 9, 0) + Duration.FromSeconds(second);
                state = SiteReducer.Apply(state, new Measured(now, new EvseMeasurement(OneEvse.Evse, now, null, Power.FromKilowatts(-20), null, null, StateOfCharge.FromFraction(soc))));
                if (Remedies.Due(state, now).Length > 0) return second;
            }
        }
    }

    [Theory]
    [InlineData(OperationMode.LocalFrequency)]
    [InlineData(OperationMode.LocalLoadBalancing)]
    [InlineData(OperationMode.ExternalSetpoint)]
    public void A_station_that_runs_by_an_operator_s_profile_follows_and_the_others_make_up_for_what_it_does(OperationMode mode)
    {
        var told = SiteReducer.Apply(Ordered(-60), new OperationModeTold(Examples.Noon, Layout.Evses[0].Id, "t0", mode));
        for (var minute = 0; minute < 10; minute++)
        {
            var now = Examples.Noon + Duration.FromMinutes(minute);
            told = SiteReducer.Apply(told, new SetpointAccepted(now - Duration.FromSeconds(1), Layout.Evses[0].Id, Power.FromKilowatts(-30)));
            told = SiteReducer.Apply(told, new Measured(now, new EvseMeasurement(Layout.Evses[0].Id, now, null, Power.FromKilowatts(-9), null, null, null)));
        }

        Assert.True(told.Evses[Layout.Evses[0].Id].Following);
        Assert.Equal([-9, -51], Dispatch(told, Duration.FromMinutes(10)).Select(p => Math.Round(p.Power.Kilowatts, 6)));
    }

    private static DerControl Limit(int percent, string id = "c") => new(id, DerControlType.LimitMaxDischarge, IsDefault: true, 0, null, null, new DerLimitMaxDischarge(percent, null));

    private static SiteState Ordered(double kw, params DerControl[] first) => Ordered(kw, 0.8, first);

    private static SiteState Ordered(double kw, double soc, params DerControl[] first)
    {
        var state = Examples.State(Layout, Enumerable.Range(0, 2).Select(i => Examples.Session(Layout, i, soc, 0.3, 0.5, 8)));
        return SiteReducer.Apply(Held(state, First, first), new InstructionReceived(Examples.Noon, Examples.Order(kw, 0, 1)));
    }

    private static SiteState Held(SiteState state, StationId station, params DerControl[] controls) =>
        controls.Length == 0 ? state : SiteReducer.Apply(state, new DerControlsHeld(state.AsOf, station, DerTimeline.Of(controls.Select(c => (c, Instant.MinValue)))));

    private static EvseState Judged(double asked, double metered, params DerControl[] controls) => Judged(0.8, asked, metered, controls);

    private static EvseState Judged(double soc, double asked, double metered, DerControl[] controls) =>
        OneEvse.Measured(OneEvse.Accepted(Held(OneEvse.Plugged(soc), OneEvse.Evse.Station, controls), asked), 1, metered).Evses[OneEvse.Evse];

    private static IReadOnlyList<Setpoint> Dispatch(SiteState state, Duration later) => Dispatcher.Dispatch(state, Examples.Noon + later).Setpoints;
}
