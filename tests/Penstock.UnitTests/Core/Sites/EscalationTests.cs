using CsCheck;
using NodaTime;
using Penstock.Core.Dispatching;
using Penstock.Core.Fleet;
using Penstock.Core.Metering;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Core.V2x;

namespace Penstock.UnitTests.Core.Sites;

/// <summary>What is tried with an EVSE that does not do what it accepted.</summary>
public sealed class EscalationTests
{
    private static readonly Instant Start = Instant.FromUtc(2026, 4, 2, 9, 0);

    [Theory]
    [InlineData(-20, -20, Deviation.None)]
    [InlineData(-20, -18.6, Deviation.None)]
    [InlineData(-20, -10, Deviation.UnderDelivers)]
    [InlineData(-20, 0, Deviation.UnderDelivers)]
    [InlineData(-20, 10, Deviation.ChargesTooMuch)]
    [InlineData(-20, -30, Deviation.DischargesAgainstOrder)]
    [InlineData(20, 20, Deviation.None)]
    [InlineData(20, 3, Deviation.None)] // taking less is the vehicle's right
    [InlineData(20, 25, Deviation.ChargesTooMuch)]
    [InlineData(20, -5, Deviation.DischargesAgainstOrder)]
    [InlineData(0, -0.4, Deviation.None)]
    [InlineData(0, -0.6, Deviation.DischargesAgainstOrder)]
    [InlineData(0, 60.5, Deviation.ChargesTooMuch)]
    [InlineData(0, 65, Deviation.BeyondLimit)]
    [InlineData(-60, -65, Deviation.BeyondLimit)]
    public void A_metered_power_is_judged_by_what_was_accepted(double asked, double metered, Deviation expected)
    {
        var state = Site.Measured(Site.Accepted(Site.Plugged(0.8), asked), 1, metered);
        Assert.Equal(expected, state.Evses[Site.Evse].Escalation?.Deviation ?? Deviation.None);
    }

    [Fact]
    public void Below_the_owner_s_floor_any_discharge_is_a_breach_whatever_was_accepted() =>
        Assert.Equal(Deviation.BelowFloor, Site.Measured(Site.Accepted(Site.Plugged(0.28), -20), 1, -20).Evses[Site.Evse].Escalation!.Deviation);

    [Fact]
    public void Mere_under_delivery_is_sent_again_then_under_the_other_purpose_and_is_never_stopped() =>
        Assert.Equal([(60, Remedy.Resend), (120, Remedy.OtherPurpose)], Tried(-20, 0, minutes: 60));

    [Fact]
    public void Charging_too_much_comes_to_a_station_maximum_that_is_said_again_while_it_lasts_a_bounded_number_of_times()
    {
        var tried = Tried(5, 20, minutes: 240);
        Assert.Equal([(60, Remedy.Resend), (120, Remedy.OtherPurpose), (180, Remedy.StationMaximum), (480, Remedy.StationMaximum)], tried.Take(4));
        Assert.Equal(Escalation.TriedMax, tried.Count);
        Assert.DoesNotContain(tried, t => t.Remedy == Remedy.RemoteStop);
    }

    [Theory]
    [InlineData(0, -20, 0.8)]
    [InlineData(-20, -20, 0.28)]
    public void Discharge_against_orders_or_below_the_floor_is_stopped_within_two_minutes(double asked, double metered, double soc) =>
        Assert.Equal([(30, Remedy.Resend), (60, Remedy.OtherPurpose), (90, Remedy.RemoteStop)], Tried(asked, metered, minutes: 3, soc));

    [Fact]
    public void Charging_beyond_the_rating_is_capped_before_it_is_stopped() =>
        Assert.Equal([(30, Remedy.Resend), (60, Remedy.OtherPurpose), (90, Remedy.StationMaximum), (120, Remedy.RemoteStop)], Tried(20, 65, minutes: 3));

    [Fact]
    public void Charging_too_much_under_a_node_over_its_limit_is_stopped()
    {
        var tried = Tried(5, 50, minutes: 3, importMaxKw: 40); // alone it charges 50 kW where the site may take 40
        Assert.Equal(Remedy.RemoteStop, tried[^1].Remedy);
        Assert.DoesNotContain(Tried(5, 38, minutes: 30, importMaxKw: 40), t => t.Remedy == Remedy.RemoteStop);
    }

    [Theory]
    [InlineData(40, 50, 600, Remedy.RemoteStop)]
    [InlineData(40, 38, 600, Remedy.StationMaximum)] // within the limit: too much, and no harm
    [InlineData(40, 50, -60, Remedy.StationMaximum)] // the limit is over
    [InlineData(null, 50, 600, Remedy.StationMaximum)] // it bounds the discharge alone
    public void Charging_too_much_on_a_station_over_a_limit_that_others_set_on_its_sum_is_stopped(int? limitKw, int metered, int untilSeconds, Remedy last)
    {
        var step = new ExternalStep(Start - Duration.FromHours(1), limitKw is { } kw ? Power.FromKilowatts(kw) : null, Power.Zero);
        Assert.Equal(last, Tried(5, metered, minutes: 3, limit: new ExternalLimit("EMS", StationWide: true, GridCritical: false, [step], Start + Duration.FromSeconds(untilSeconds)))[^1].Remedy);
    }

    [Fact]
    public void One_measurement_that_obeys_ends_it_and_the_next_deviation_begins_anew()
    {
        var state = Site.Measured(Site.Accepted(Site.Plugged(0.8), -20), 1, 0);
        state = SiteReducer.Apply(state, new RemedyTaken(Start + Duration.FromMinutes(2), Site.Evse, Remedy.Resend));
        Assert.Single(state.Evses[Site.Evse].Escalation!.Tried);
        state = Site.Measured(state, 3, -20);
        Assert.Null(state.Evses[Site.Evse].Escalation);
        Assert.True(state.Evses[Site.Evse].Following);
        state = Site.Measured(state, 4, 0);
        Assert.Equal((Start + Duration.FromMinutes(4), 0), (state.Evses[Site.Evse].Escalation!.Since, state.Evses[Site.Evse].Escalation!.Tried.Length));
    }

    [Fact]
    public void The_other_purpose_stays_for_the_session_after_it_helped_and_not_for_the_next()
    {
        var state = Site.Measured(Site.Accepted(Site.Plugged(0.8), -20), 1, 0);
        state = SiteReducer.Apply(state, new RemedyTaken(Start + Duration.FromMinutes(3), Site.Evse, Remedy.OtherPurpose));
        state = Site.Measured(state, 4, -20);
        Assert.True(state.Evses[Site.Evse].Session!.BothPurposes);
        var session = state.Evses[Site.Evse].Session!;
        state = SiteReducer.Apply(state, new SessionEnded(Start + Duration.FromMinutes(5), session.Id, Site.Evse));
        state = SiteReducer.Apply(state, new SessionStarted(Start + Duration.FromMinutes(6), session with { Id = new SessionId("CS-1:2"), BothPurposes = false }));
        Assert.False(state.Evses[Site.Evse].Session!.BothPurposes);
    }

    [Fact]
    public void A_deviation_that_gets_worse_goes_on_where_it_was()
    {
        var before = new Escalation(Deviation.UnderDelivers, Start, [new RemedyTried(Remedy.Resend, Start), new RemedyTried(Remedy.OtherPurpose, Start)]);
        var worse = Escalation.After(before, Deviation.DischargesAgainstOrder, Start)!;
        Assert.Equal((Start, Remedy.RemoteStop), (worse.Since, worse.Due(worse.Deviation, Start + Escalation.HarmPatience)!.Value));
    }

    [Fact]
    public void A_station_that_is_offline_gets_no_remedy()
    {
        var state = Site.Measured(Site.Accepted(Site.Plugged(0.8), 0), 1, -20);
        Assert.NotEmpty(Remedies.Due(state, Start + Duration.FromMinutes(2)));
        Assert.Empty(Remedies.Due(SiteReducer.Apply(state, new StationDisconnected(Start, Site.Evse.Station)), Start + Duration.FromMinutes(2)));
    }

    [Fact]
    public void A_refused_setpoint_comes_to_the_other_purpose()
    {
        var state = SiteReducer.Apply(Site.Plugged(0.8), new SetpointRefused(Start, Site.Evse, Power.FromKilowatts(-5), "Rejected"));
        Assert.Equal([(Site.Evse, state.Evses[Site.Evse].Session!.Id, Remedy.OtherPurpose)], Remedies.Due(state, Start + Escalation.Patience));
    }

    [Fact]
    public void No_course_of_measurements_stops_a_session_that_only_gives_less_or_takes_less() =>
        Gen.Select(Gen.Int[-40, -2], Gen.Double[0, 1].Array[1, 200]).Sample((asked, shares) =>
        {
            var state = Site.Accepted(Site.Plugged(0.8), asked);
            for (var n = 0; n < shares.Length; n++)
            {
                var now = Start + Duration.FromSeconds(20 * (n + 1));
                state = SiteReducer.Apply(state, new Measured(now, new EvseMeasurement(Site.Evse, now, null, Power.FromKilowatts(asked * shares[n]), null, null, StateOfCharge.FromFraction(0.8))));
                foreach (var (evse, _, remedy) in Remedies.Due(state, now))
                {
                    if (remedy is Remedy.RemoteStop or Remedy.StationMaximum) return false;
                    state = SiteReducer.Apply(state, new RemedyTaken(now, evse, remedy));
                }
            }

            return true;
        });

    private static List<(int Second, Remedy Remedy)> Tried(double asked, double metered, int minutes, double soc = 0.8, double importMaxKw = 500, ExternalLimit? limit = null)
    {
        var (state, tried) = (Site.Accepted(Site.Plugged(soc, importMaxKw), asked), new List<(int, Remedy)>());
        if (limit is not null) state = SiteReducer.Apply(state, new StationLimitSet(Start, Site.Evse.Station, limit));
        for (var second = 0; second <= minutes * 60; second += 5)
        {
            var now = Start + Duration.FromSeconds(second);
            if (second % 10 == 0) state = SiteReducer.Apply(state, new Measured(now, new EvseMeasurement(Site.Evse, now, null, Power.FromKilowatts(metered), null, null, StateOfCharge.FromFraction(soc))));
            foreach (var (evse, _, remedy) in Remedies.Due(state, now))
            {
                tried.Add((second, remedy));
                state = SiteReducer.Apply(state, new RemedyTaken(now, evse, remedy));
            }
        }

        return tried;
    }

    /// <summary>One EVSE of 60 kW both ways with a vehicle of 60 kWh.</summary>
    internal static class Site
    {
        internal static readonly EvseId Evse = new(new StationId("CS-1"), 1);

        internal static SiteState Plugged(double soc, double importMaxKw = 500, double floor = 0.3)
        {
            var layout = new SiteLayout(new SiteId("S"), "S", "Asia/Shanghai", null, null, Power.Zero, true,
                [new LimitNode("poc", null, "poc", LimitSource.PointOfConnection, Power.FromKilowatts(importMaxKw), Power.FromKilowatts(500))],
                [new EvseLayout(Evse, "poc", Power.FromKilowatts(60), Power.FromKilowatts(60), DischargeMethod.CentralSetpoint)]);
            var vehicle = new Vehicle(new VehicleId("V"), new OwnerId("O"), null, Energy.FromKilowattHours(60), Power.FromKilowatts(60), Power.FromKilowatts(60), 0.95, 0.95, 0.25m);
            var terms = new OwnerTerms(StateOfCharge.FromFraction(floor), StateOfCharge.FromFraction(0.8), Start + Duration.FromHours(9), true);
            var session = new ChargingSession(new SessionId("CS-1:1"), "1", Evse, vehicle, terms, Start, StateOfCharge.FromFraction(soc));
            return SiteReducer.Apply(SiteReducer.Apply(SiteState.Of(layout), new StationConnected(Start, Evse.Station)), new SessionStarted(Start, session));
        }

        internal static SiteState Accepted(SiteState state, double kilowatts)
        {
            var power = Power.FromKilowatts(kilowatts);
            state = SiteReducer.Apply(state, new SetpointsMade(Start, [new Setpoint(Evse, power, LimitSource.Plan, null, [], [])]));
            return SiteReducer.Apply(state, new SetpointAccepted(Start - Duration.FromSeconds(1), Evse, power));
        }

        internal static SiteState Measured(SiteState state, int minute, double kilowatts)
        {
            var at = Start + Duration.FromMinutes(minute);
            return SiteReducer.Apply(state, new Measured(at, new EvseMeasurement(Evse, at, null, Power.FromKilowatts(kilowatts), null, null, null)));
        }
    }
}
