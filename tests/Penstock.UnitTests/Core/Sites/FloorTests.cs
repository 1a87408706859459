using NodaTime;
using Penstock.Core.Dispatching;
using Penstock.Core.Metering;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using static Penstock.UnitTests.Core.Sites.EscalationTests;

namespace Penstock.UnitTests.Core.Sites;

/// <summary>The state of charge around the owner's floor, as batteries tell it: by whole percents, now and then by two.</summary>
public sealed class FloorTests
{
    private static readonly Instant Start = Instant.FromUtc(2026, 4, 2, 9, 0);

    [Theory]
    [InlineData(22, 21, 19, 21, 19, 21)] // a jump over the floor and back and again
    [InlineData(21, 20, 21, 20, 21, 20)]
    [InlineData(22, 19, 20, 21, 20, 21)]
    public void A_state_of_charge_that_jumps_around_the_floor_does_not_toggle_the_discharge(params int[] told)
    {
        var (state, switches, gives) = (Site.Plugged(0.23, floor: 0.2), 0, true);
        for (var n = 0; n < told.Length; n++)
        {
            state = Told(state, n, told[n]);
            var now = Lower(state, n) < 0;
            if (now != gives) switches++;
            gives = now;
        }

        Assert.Equal((1, false), (switches, gives)); // it stopped once and did not begin again
    }

    [Fact]
    public void Discharge_begins_again_two_percent_above_the_floor()
    {
        var state = Told(Told(Site.Plugged(0.23, floor: 0.2), 0, 21), 1, 19);
        Assert.Equal(0, Lower(state, 1));
        state = Told(state, 2, 21);
        Assert.Equal(0, Lower(state, 2));
        state = Told(state, 3, 22);
        Assert.True(Lower(state, 3) < 0);
    }

    [Fact]
    public void A_session_that_begins_just_above_the_floor_may_give_what_lies_above_it()
    {
        var state = Told(Site.Plugged(0.21, floor: 0.2), 0, 21);
        Assert.InRange(Lower(state, 0), -60, -0.1);
    }

    [Fact]
    public void One_percent_of_a_battery_at_the_floor_is_never_given_at_full_power()
    {
        // 1 % of 60 kWh is 0.6 kWh; at 60 kW it lasts 36 s, less than a control period ahead.
        var state = Told(Site.Plugged(0.21, floor: 0.2), 0, 21);
        Assert.True(Lower(state, 0) > -60);
    }

    private static SiteState Told(SiteState state, int minute, int percent)
    {
        var at = Start + Duration.FromMinutes(minute);
        return SiteReducer.Apply(state, new Measured(at, new EvseMeasurement(Site.Evse, at, null, null, null, null, StateOfCharge.FromPercent(percent))));
    }

    /// <summary>The largest discharge that the dispatcher may ask for, kW.</summary>
    private static double Lower(SiteState state, int minute) => Dispatcher.Dispatch(state, Start + Duration.FromMinutes(minute)).Lower.Kilowatts;
}
