using CsCheck;
using NodaTime;
using Penstock.Server.Security;

namespace Penstock.UnitTests.Server.Security;

public sealed class TokenBucketTests
{
    private static readonly Instant Start = Instant.FromUtc(2026, 4, 2, 9, 0);

    private static readonly Gen<(double Rate, double Burst, double[] Gaps)> Runs =
        Gen.Select(Gen.Double[0.1, 1000], Gen.Int[1, 500].Select(b => (double)b), Gen.Double[0, 3].Array[1, 400]);

    [Fact]
    public void No_run_of_tries_gets_more_than_the_burst_and_the_rate() => Runs.Sample(run =>
    {
        var (bucket, now, taken) = (default(TokenBucket), Start, 0);
        foreach (var gap in run.Gaps)
        {
            now += Duration.FromSeconds(gap);
            (bucket, var wait) = bucket.Take(new BucketSize(run.Rate, run.Burst), now);
            if (wait is null) taken++;
        }

        Assert.InRange(taken, 1, run.Burst + (run.Rate * (now - Start).TotalSeconds) + 1e-6);
    });

    [Fact]
    public void Who_waits_as_long_as_told_gets_in() => Runs.Sample(run =>
    {
        var (size, bucket, now) = (new BucketSize(run.Rate, run.Burst), default(TokenBucket), Start);
        foreach (var gap in run.Gaps)
        {
            now += Duration.FromSeconds(gap / 100);
            (bucket, var wait) = bucket.Take(size, now);
            if (wait is not { } told) continue;
            Assert.True(told > Duration.Zero);
            now += told + Duration.FromNanoseconds(100);
            (bucket, wait) = bucket.Take(size, now);
            Assert.Null(wait);
        }
    });

    [Fact]
    public void A_clock_that_steps_back_gives_nothing_and_takes_nothing()
    {
        var size = new BucketSize(10, 2);
        var (bucket, _) = default(TokenBucket).Take(size, Start);
        (bucket, var wait) = bucket.Take(size, Start - Duration.FromHours(1));
        Assert.Null(wait);
        (bucket, wait) = bucket.Take(size, Start - Duration.FromHours(1));
        Assert.NotNull(wait);
        Assert.Null(bucket.Take(size, Start + Duration.FromSeconds(0.2)).Wait);
    }
}
