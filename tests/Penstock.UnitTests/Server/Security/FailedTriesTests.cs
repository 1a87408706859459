using CsCheck;
using NodaTime;
using Penstock.Server.Security;

namespace Penstock.UnitTests.Server.Security;

public sealed class FailedTriesTests
{
    private const int Free = 5;
    private static readonly Instant Start = Instant.FromUtc(2026, 4, 2, 9, 0);

    [Fact]
    public void The_free_tries_wait_for_nothing_and_then_each_failure_doubles_the_wait()
    {
        var (tries, waits) = (default(FailedTries), new List<double?>());
        for (var i = 0; i < 20; i++)
        {
            tries = tries.Failed(Free, Start);
            waits.Add(tries.BlockedFor(Free, Start)?.TotalSeconds);
        }

        Assert.Equal([null, null, null, null, null, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900, 900], waits);
    }

    [Fact]
    public void A_guesser_who_never_rests_gets_few_tries_a_day() => Gen.Double[0.01, 60].Sample(pace =>
    {
        var (tries, now, looked) = (default(FailedTries), Start, 0);
        while (now < Start + Duration.FromDays(1))
        {
            now += tries.BlockedFor(Free, now) ?? Duration.FromSeconds(pace);
            if (tries.BlockedFor(Free, now) is not null) continue;
            tries = tries.Failed(Free, now);
            looked++;
        }

        Assert.InRange(looked, Free, 120); // 15 + 24 h / 15 min
    });

    [Fact]
    public void Half_an_hour_without_a_failure_forgets_them_all() => Gen.Select(Gen.Int[1, 40], Gen.Double[0, 900]).Sample((count, gap) =>
    {
        var (tries, now) = (default(FailedTries), Start);
        for (var i = 0; i < count; i++) tries = tries.Failed(Free, now += Duration.FromSeconds(gap));
        now += FailedTries.ForgottenAfter + Duration.FromSeconds(1);
        Assert.Null(tries.BlockedFor(Free, now));
        Assert.Equal(1, tries.Failed(Free, now).Count);
    });

    [Fact]
    public void A_clock_that_steps_back_blocks_no_longer_than_the_longest_wait()
    {
        var tries = Enumerable.Range(0, 30).Aggregate(default(FailedTries), (t, _) => t.Failed(Free, Start));
        Assert.Equal(FailedTries.BlockMax, tries.BlockedFor(Free, Start - Duration.FromDays(3)));
    }
}
