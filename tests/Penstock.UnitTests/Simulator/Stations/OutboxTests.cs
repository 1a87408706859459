using Penstock.Simulator.Stations;

namespace Penstock.UnitTests.Simulator.Stations;

public sealed class OutboxTests
{
    [Fact]
    public async Task Above_the_bound_the_oldest_periodic_message_goes_and_never_a_start()
    {
        var (work, outbox) = (new StationWork(), default(Outbox));
        outbox = new Outbox(work);
        outbox.Add(Nothing, periodic: false);
        for (var i = 0; i < Outbox.Max + 5; i++) outbox.Add(Nothing, periodic: true);
        Assert.Equal((Outbox.Max, 6), (outbox.Count, outbox.Dropped));
        Assert.False((await outbox.NextAsync(TestContext.Current.CancellationToken)).Periodic);
    }

    [Fact]
    public async Task Only_what_can_be_said_is_in_flight()
    {
        var work = new StationWork();
        var outbox = new Outbox(work);
        outbox.Add(Nothing, periodic: false);
        Assert.Equal(0, work.Count);
        outbox.Online(true);
        outbox.Add(Nothing, periodic: false);
        Assert.Equal(2, work.Count);
        outbox.Said(await outbox.NextAsync(TestContext.Current.CancellationToken));
        Assert.Equal(1, work.Count);
        outbox.Online(false);
        outbox.Online(false);
        Assert.Equal((0, 1), (work.Count, outbox.Count));
    }

    private static Task<bool> Nothing(StationDialect dialect) => Task.FromResult(true);
}
