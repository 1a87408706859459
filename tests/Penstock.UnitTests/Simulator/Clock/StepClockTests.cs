using Penstock.Simulator.Clock;

namespace Penstock.UnitTests.Simulator.Clock;

public sealed class StepClockTests
{
    private static readonly DateTimeOffset Start = new(2026, 4, 15, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(3601)]
    [InlineData(double.NaN)]
    public void A_speed_outside_1_to_3600_is_refused(double speed) => Assert.Throws<ArgumentOutOfRangeException>(() => new StepClock(Start, speed));

    [Fact]
    public async Task Timers_fire_in_order_at_their_own_time_and_periodic_ones_again()
    {
        var (clock, seen) = (new StepClock(Start, 3600), new List<(string, double)>());
        using var late = clock.CreateTimer(_ => seen.Add(("late", Minutes(clock))), null, TimeSpan.FromMinutes(7), Timeout.InfiniteTimeSpan);
        using var often = clock.CreateTimer(_ => seen.Add(("often", Minutes(clock))), null, TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(3));
        await clock.RunAsync(Start.AddMinutes(10), () => true, TestContext.Current.CancellationToken);
        Assert.Equal([("often", 3), ("often", 6), ("late", 7), ("often", 9)], seen);
    }

    [Fact]
    public async Task It_waits_while_the_world_is_not_quiet()
    {
        var (clock, asked) = (new StepClock(Start, 3600), 0);
        var moved = 0.0;
        await clock.RunAsync(Start.AddMinutes(1), () =>
        {
            if (++asked < 20) moved = Math.Max(moved, (clock.GetUtcNow() - Start).TotalSeconds);
            return asked >= 20;
        }, TestContext.Current.CancellationToken);
        Assert.Equal(clock.Step.TotalSeconds, moved);
    }

    [Fact]
    public async Task A_disposed_timer_neither_fires_nor_comes_back()
    {
        var (clock, fired) = (new StepClock(Start, 3600), 0);
        var timer = clock.CreateTimer(_ => fired++, null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        timer.Dispose();
        Assert.False(timer.Change(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)));
        await clock.RunAsync(Start.AddMinutes(5), () => true, TestContext.Current.CancellationToken);
        Assert.Equal(0, fired);
    }

    private static double Minutes(StepClock clock) => (clock.GetUtcNow() - Start).TotalMinutes;
}
