using CsCheck;
using Penstock.Core.Dispatching;

namespace Penstock.UnitTests.Core.Dispatching;

public sealed class RegulationScoreTests
{
    /// <summary>An hour of noise at 10 s.</summary>
    private static readonly double[] Noise = Series(361, 5);

    [Fact]
    public void A_perfect_response_scores_one_in_all()
    {
        foreach (var signal in new[] { Noise, Ramp(361) })
        {
            var score = RegulationScore.Of(signal, signal, 10);
            Assert.Equal(1, score.Accuracy!.Value, 12);
            Assert.Equal((1.0, 1.0), (score.Delay, score.Precision));
            Assert.Equal(1, score.Composite!.Value, 12);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(9)]
    public void A_late_response_is_as_accurate_and_loses_its_delay_of_five_minutes(int steps)
    {
        var score = RegulationScore.Of(Noise, Late(Noise, steps), 10);
        Assert.Equal(1, score.Accuracy!.Value, 9);
        Assert.Equal(1 - (steps / 30.0), score.Delay!.Value, 9);
        Assert.True(score.Precision < 0.5);
    }

    [Fact]
    public void A_response_of_the_wrong_sign_has_no_accuracy_and_no_precision()
    {
        var score = RegulationScore.Of(Ramp(361), [.. Ramp(361).Select(v => -v)], 10);
        Assert.Equal((0.0, 1.0, 0.0), (score.Accuracy, score.Delay, score.Precision)); // a ramp correlates alike at every delay: the shortest counts
    }

    [Fact]
    public void Half_a_response_keeps_the_accuracy_and_half_the_precision()
    {
        var score = RegulationScore.Of(Noise, [.. Noise.Select(v => v / 2)], 10);
        Assert.Equal(1, score.Accuracy!.Value, 9);
        Assert.Equal(0.5, score.Precision!.Value, 9);
        Assert.Equal((1 + 1 + 0.5) / 3, score.Composite!.Value, 9);
    }

    [Fact]
    public void What_is_constant_has_no_correlation_and_a_silent_signal_no_precision()
    {
        var still = RegulationScore.Of(Noise, new double[361], 10);
        Assert.Equal((null, null, 0.0), (still.Accuracy, still.Delay, still.Precision));
        Assert.Null(still.Composite);
        var level = RegulationScore.Of([.. Enumerable.Repeat(0.3, 361)], [.. Enumerable.Repeat(0.3, 361)], 10);
        Assert.Equal((null, null, 1.0), (level.Accuracy, level.Delay, level.Precision));
        Assert.Null(RegulationScore.Of(new double[361], Noise, 10).Precision);
        Assert.Null(RegulationScore.Of(Noise.AsSpan(0, 60), Noise.AsSpan(0, 60), 10).Accuracy); // 10 min are one sample short
        Assert.NotNull(RegulationScore.Of(Noise.AsSpan(0, 61), Noise.AsSpan(0, 61), 10).Accuracy);
    }

    [Fact]
    public void Faster_samples_are_read_every_ten_seconds()
    {
        var fast = Series(1801, 9);
        double[] slow = [.. fast.Where((_, n) => n % 5 == 0)];
        Assert.Equal(RegulationScore.Of(slow, Late(slow, 2), 10), RegulationScore.Of(fast, Late(fast, 10), 2));
    }

    [Fact]
    public void Scores_lie_in_zero_to_one_and_do_not_depend_on_the_unit() => Gen.Select(Gen.Double[-1, 1].Array[80], Gen.Double[-1, 1].Array[80], Gen.Double[1, 1e6]).Sample((signal, response, unit) =>
    {
        var score = RegulationScore.Of(signal, response, 10);
        Assert.All([score.Accuracy!.Value, score.Delay!.Value, score.Precision!.Value], part => Assert.InRange(part, 0, 1));
        var scaled = RegulationScore.Of([.. signal.Select(v => v * unit)], [.. response.Select(v => v * unit)], 10);
        Assert.Equal(score.Precision!.Value, scaled.Precision!.Value, 1e-9);
        Assert.Equal(score.Accuracy.Value, scaled.Accuracy!.Value, 1e-6);
    });

    [Fact]
    public void Faults_are_refused()
    {
        Assert.Contains("2 samples of the signal and 1", Assert.Throws<ArgumentException>(() => RegulationScore.Of([1, 2], [1], 10)).Message, StringComparison.Ordinal);
        Assert.Contains("Samples of 4 s", Assert.Throws<ArgumentException>(() => RegulationScore.Of([1], [1], 4)).Message, StringComparison.Ordinal);
        Assert.Contains("Sample 1 is NaN", Assert.Throws<ArgumentException>(() => RegulationScore.Of([1, 2], [1, double.NaN], 10)).Message, StringComparison.Ordinal);
    }

    private static double[] Series(int count, int seed)
    {
        var draw = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (2 * draw.NextDouble()) - 1)];
    }

    private static double[] Ramp(int count) => [.. Enumerable.Range(1, count).Select(n => n / (double)count)];

    private static double[] Late(double[] signal, int steps) => [.. signal.Select((_, n) => signal[Math.Max(0, n - steps)])];
}
