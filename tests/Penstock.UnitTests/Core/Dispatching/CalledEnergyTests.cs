using NodaTime;
using Penstock.Core.Dispatching;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.UnitTests.Core.Planning;

namespace Penstock.UnitTests.Core.Dispatching;

public sealed class CalledEnergyTests
{
    [Fact]
    public void An_order_counts_what_it_asks_for_and_what_was_offered_and_nothing_counts_without_one()
    {
        var site = Examples.Site(4, 500, 500);
        var state = Examples.State(site, Enumerable.Range(0, 4).Select(i => Examples.Session(site, i, 0.9, 0.3, 0.4, 12)));
        state = Played(state, Examples.Noon, minutes: 10);
        Assert.All(state.Evses.Values, e => Assert.Equal(default, e.Session!.Called));
        var ordered = SiteReducer.Apply(state, new InstructionReceived(Examples.Noon, Examples.Order(-60, 0.5, 1)));
        ordered = Played(ordered, Examples.Noon + Duration.FromMinutes(30), minutes: 20);
        Assert.Equal(60.0 * 20 / 60, ordered.Evses.Values.Sum(e => e.Session!.Called.Called.KilowattHours), 3);
        Assert.Equal(240.0 * 20 / 60, ordered.Evses.Values.Sum(e => e.Session!.Called.Offered.KilowattHours), 3);
        Assert.All(ordered.Evses.Values, e => Assert.Equal(0.25, e.Session!.Called.Share!.Value, 6));
    }

    [Fact]
    public void A_pause_of_the_platform_counts_for_two_minutes_at_most()
    {
        var site = Examples.Site(1, 500, 500);
        var state = SiteReducer.Apply(Examples.State(site, [Examples.Session(site, 0, 0.9, 0.3, 0.4, 12)]), new InstructionReceived(Examples.Noon, Examples.Order(-30, 0, 2)));
        state = Tick(Tick(state, Examples.Noon), Examples.Noon + Duration.FromMinutes(60));
        Assert.Equal(1, state.Evses.Values.Single().Session!.Called.Called.KilowattHours, 6);
    }

    [Fact]
    public void Of_two_alike_the_one_that_was_called_less_gives_more()
    {
        var site = Examples.Site(2, 500, 500);
        ChargingSession Session(int n, double called) => Examples.Session(site, n, 0.5, 0.3, 0.4, 12) with { CalledBefore = new CalledEnergy(Energy.FromKilowattHours(called), Energy.FromKilowattHours(40)) };
        var state = Examples.State(site, [Session(0, 38), Session(1, 2)]);
        var result = Dispatcher.Dispatch(SiteReducer.Apply(state, new InstructionReceived(Examples.Noon, Examples.Order(-50, 0, 3))), Examples.Noon); // 12 kWh above each floor do not last three hours
        Assert.Equal(0, result.Setpoints[0].Power.Kilowatts, 6);
        Assert.Equal(-50, result.Setpoints[1].Power.Kilowatts, 6);
    }

    [Fact]
    public void Little_that_was_offered_says_nothing() =>
        Assert.Null(new CalledEnergy(Energy.FromKilowattHours(0.5), Energy.FromKilowattHours(0.9)).Share);

    private static SiteState Played(SiteState state, Instant from, int minutes) =>
        Enumerable.Range(0, (minutes * 6) + 1).Aggregate(state, (s, n) => Tick(s, from + Duration.FromSeconds(10 * n)));

    private static SiteState Tick(SiteState state, Instant now) => SiteReducer.Apply(state, new SetpointsMade(now, Dispatcher.Dispatch(state, now).Setpoints));
}
