using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.Metering;
using Penstock.Core.Sites;
using Penstock.Core.Units;

namespace Penstock.UnitTests.Core.Sites;

public sealed class SiteReducerTests
{
    private static readonly Instant Start = Instant.FromUtc(2026, 4, 2, 9, 0);
    private static readonly EvseId Evse = new(new StationId("CS-1"), 1);

    [Fact]
    public void Noise_of_zero_percent_is_not_believed()
    {
        var state = SiteReducer.Apply(Plugged(0.6), Reading(1, soc: 0));
        Assert.Equal(0.6, state.Evses[Evse].Session!.StateOfCharge!.Value.Fraction, 6);
    }

    [Fact]
    public void The_floor_holds_until_two_percent_above_it()
    {
        var state = SiteReducer.Apply(Plugged(0.31), Reading(5, soc: 0.30));
        Assert.True(state.Evses[Evse].Session!.AtFloor);
        Assert.True(SiteReducer.Apply(state, Reading(10, soc: 0.31)).Evses[Evse].Session!.AtFloor);
        Assert.False(SiteReducer.Apply(state, Reading(10, soc: 0.33)).Evses[Evse].Session!.AtFloor);
    }

    [Fact]
    public void A_station_that_accepts_and_does_not_give_stops_following_after_three_minutes()
    {
        var state = SiteReducer.Apply(Plugged(0.8), new SetpointAccepted(Start, Evse, Power.FromKilowatts(-20)));
        state = SiteReducer.Apply(state, Reading(1, kilowatts: 0));
        Assert.True(state.Evses[Evse].Following);
        Assert.False(SiteReducer.Apply(state, Reading(4, kilowatts: 0)).Evses[Evse].Following);
    }

    [Fact]
    public void A_station_that_accepts_again_and_again_and_does_not_obey_stops_counting()
    {
        var state = Plugged(0.8);
        for (var minute = 0; minute < 6; minute++)
        {
            state = SiteReducer.Apply(state, new SetpointAccepted(Start + Duration.FromMinutes(minute) - Duration.FromSeconds(10), Evse, Power.FromKilowatts(-20)));
            state = SiteReducer.Apply(state, Reading(minute, kilowatts: 20));
        }

        Assert.False(state.Evses[Evse].Following);
        state = SiteReducer.Apply(state, Reading(7, kilowatts: -20));
        Assert.True(state.Evses[Evse].Following);
    }

    [Fact]
    public void A_wrong_first_state_of_charge_is_given_up_when_reports_go_on_to_contradict_it()
    {
        var state = Plugged(0.2);
        for (var minute = 1; minute <= 40; minute++) state = SiteReducer.Apply(state, Reading(minute, soc: 0.8));
        Assert.Equal(0.8, state.Evses[Evse].Session!.StateOfCharge!.Value.Fraction);
    }

    [Fact]
    public void One_outlier_among_good_reports_is_not_believed()
    {
        var state = Plugged(0.5);
        for (var minute = 1; minute <= 10; minute++) state = SiteReducer.Apply(state, Reading(minute, soc: minute == 7 ? 0.9 : 0.5));
        state = SiteReducer.Apply(SiteReducer.Apply(state, Reading(11, soc: 0.05)), Reading(12));
        Assert.Equal(0.5, state.Evses[Evse].Session!.StateOfCharge!.Value.Fraction);
    }

    [Fact]
    public void A_late_measurement_changes_nothing()
    {
        var state = SiteReducer.Apply(Plugged(0.5), Reading(5, kilowatts: 7));
        Assert.Equal(state.Evses[Evse].Measurement, SiteReducer.Apply(state, Reading(2, kilowatts: 3)).Evses[Evse].Measurement);
    }

    private static Measured Reading(int minute, double? soc = null, double? kilowatts = null)
    {
        var at = Start + Duration.FromMinutes(minute);
        return new Measured(at, new EvseMeasurement(Evse, at, null, kilowatts is { } kw ? Power.FromKilowatts(kw) : null, null, null,
            soc is { } s ? StateOfCharge.FromFraction(s) : null));
    }

    private static SiteState Plugged(double soc)
    {
        var layout = new SiteLayout(new SiteId("S"), "S", "Asia/Shanghai", null, null, Power.Zero, true,
            [new LimitNode("poc", null, "poc", LimitSource.PointOfConnection, Power.FromKilowatts(100), Power.FromKilowatts(100))],
            [new EvseLayout(Evse, "poc", Power.FromKilowatts(60), Power.FromKilowatts(60), DischargeMethod.CentralSetpoint)]);
        var vehicle = new Vehicle(new VehicleId("V"), new OwnerId("O"), null, Energy.FromKilowattHours(60), Power.FromKilowatts(60), Power.FromKilowatts(60), 0.95, 0.95, 0.25m);
        var terms = new OwnerTerms(StateOfCharge.FromFraction(0.3), StateOfCharge.FromFraction(0.8), null, true);
        var session = new ChargingSession(new SessionId("CS-1:1"), "1", Evse, vehicle, terms, Start, StateOfCharge.FromFraction(soc));
        return SiteReducer.Apply(SiteState.Of(layout), new SessionStarted(Start, session));
    }
}
