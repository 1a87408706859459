using CsCheck;
using NodaTime;
using Penstock.Core.Metering;

namespace Penstock.UnitTests.Core.Metering;

public sealed class ClockSkewTests
{
    private static readonly Instant Start = Instant.FromUtc(2026, 11, 24, 12, 0);

    private static readonly Gen<double> Jitter = Gen.Double[-3, 0]; // a live message is a little older than its receipt

    [Fact]
    public void A_steady_skew_is_found_within_the_link_s_delay_and_taken_off() =>
        Gen.Select(Gen.Double[-90_000, 90_000], Jitter.Array[8, 60]).Sample((skew, jitter) =>
        {
            var clock = Live(ClockSkew.Unknown, Start, jitter.Select(j => skew + j));
            return clock.IsStable && Math.Abs(clock.Estimate!.Value.TotalSeconds - skew) <= 3
                && (clock.Applied == Duration.Zero ? Math.Abs(skew) <= 8 : Math.Abs(clock.Applied.TotalSeconds - skew) <= 9);
        });

    [Fact]
    public void Fewer_than_half_of_late_or_wrong_times_do_not_move_it() =>
        Gen.Select(Gen.Double[-30_000, 30_000], Gen.Select(Gen.Bool, Gen.Double[-600_000, 600_000]).Array[10, 31]).Sample((skew, told) =>
        {
            // every third at most is wrong, so no run of three agrees by itself
            var clock = Live(ClockSkew.Unknown, Start, told.Select((t, n) => n % 3 == 1 && t.Item1 ? t.Item2 : skew));
            return Math.Abs(clock.Estimate!.Value.TotalSeconds - skew) < 0.001;
        });

    [Fact]
    public void A_shift_of_all_device_times_shifts_the_estimate_by_as_much() =>
        Gen.Select(Gen.Double[-5000, 5000].Array[1, 40], Gen.Int[-40_000, 40_000]).Sample((differences, shift) =>
        {
            var (plain, shifted) = (Live(ClockSkew.Unknown, Start, differences), Live(ClockSkew.Unknown, Start, differences.Select(d => d + shift)));
            return plain.IsStable == shifted.IsStable && Math.Abs((shifted.Estimate!.Value - plain.Estimate!.Value).TotalSeconds - shift) < 0.001;
        });

    [Fact]
    public void The_window_is_bounded_and_nothing_is_corrected_by_few_observations() =>
        Gen.Double[-50_000, 50_000].Array[1, 200].Sample(differences =>
        {
            var clock = Live(ClockSkew.Unknown, Start, differences);
            return clock.Window.Count <= ClockSkew.WindowMax && (clock.Window.Count >= ClockSkew.KnownFrom || clock.Applied == Duration.Zero);
        });

    [Fact]
    public void A_queue_that_is_emptied_at_once_is_one_voice()
    {
        var clock = Live(ClockSkew.Unknown, Start, Enumerable.Repeat(0.0, 10));
        var now = Start + Duration.FromHours(5);
        for (var n = 0; n < 500; n++) clock = clock.Observe(now - Duration.FromHours(3) + Duration.FromSeconds(n), now + Duration.FromMilliseconds(20 * n));
        Assert.Equal((0.0, true), (clock.Estimate!.Value.TotalSeconds, clock.IsStable));
    }

    [Fact]
    public void A_clock_that_is_set_is_believed_after_three_messages()
    {
        var clock = Live(ClockSkew.Unknown, Start, Enumerable.Repeat(28_800.0, 31));
        Assert.Equal(28_800, clock.Applied.TotalSeconds);
        clock = Live(clock, Start + Duration.FromHours(1), [0, -1]);
        Assert.Equal(28_800, clock.Applied.TotalSeconds); // one wrong time, or two, is no set clock
        clock = Live(clock, Start + Duration.FromHours(2), [0]);
        Assert.Equal(0, clock.Applied.TotalSeconds);
        Assert.Equal(3, clock.Window.Count);
    }

    [Fact]
    public void The_applied_skew_does_not_follow_every_second_of_drift()
    {
        var clock = Live(ClockSkew.Unknown, Start, Enumerable.Range(0, 31).Select(n => 100.0 + (n % 3)));
        var applied = clock.Applied;
        Assert.Equal(applied, Live(clock, Start + Duration.FromHours(1), Enumerable.Range(0, 31).Select(n => 103.0 + (n % 3))).Applied); // a message told twice has one time
        Assert.NotEqual(applied, Live(clock, Start + Duration.FromHours(1), Enumerable.Repeat(120.0, 31)).Applied);
    }

    private static ClockSkew Live(ClockSkew clock, Instant from, IEnumerable<double> seconds)
    {
        var at = from;
        foreach (var difference in seconds)
        {
            clock = clock.Observe(at + Duration.FromSeconds(difference), at);
            at += ClockSkew.Spacing;
        }

        return clock;
    }
}
