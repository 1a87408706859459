namespace Penstock.Core.Dispatching;

/// <summary>
/// How well a response followed a regulation signal, as PJM Manual 12 (Balancing Operations) defines its performance score in section 4.5.6; each part 0 to 1.
/// </summary>
/// <param name="Accuracy">Correlation of signal and response at the delay that suits both best; null where either is constant in every window.</param>
/// <param name="Delay">(5 min - delay) / 5 min at that delay; null with the accuracy.</param>
/// <param name="Precision">1 - mean |response - signal| / mean |signal|; null when the signal is 0 throughout.</param>
public readonly record struct RegulationScore(double? Accuracy, double? Delay, double? Precision)
{
    /// <summary>Delays are looked for up to here, and a correlation is over as long.</summary>
    public const int WindowSeconds = 300;

    /// <summary>Step of delays and windows.</summary>
    public const int StepSeconds = 10;

    private const int Window = WindowSeconds / StepSeconds;

    /// <summary>Mean of the three parts; null when one is unknown.</summary>
    public double? Composite => (Accuracy + Delay + Precision) / 3;

    /// <summary>
    /// For each 10 s a window of 5 min of the signal against the response at delays 0 to 5 min: the delay with the largest sum of correlation and delay score counts. Parts are means over the windows, cut to 0..1.
    /// Windows in which signal or response is constant have no correlation and do not count. The manual's latency allowance and its slope rule for near-constant signals are not applied.
    /// </summary>
    /// <param name="signal">What was asked, beyond the plan, in any unit.</param>
    /// <param name="response">What was done, in the same unit and at the same times. At least 10 min for a correlation.</param>
    /// <param name="sampleSeconds">Time between samples, a divisor of 10 s.</param>
    /// <exception cref="ArgumentException">Lengths differ, a sample is not finite, or the step does not divide 10 s.</exception>
    public static RegulationScore Of(ReadOnlySpan<double> signal, ReadOnlySpan<double> response, int sampleSeconds)
    {
        if (signal.Length != response.Length) throw new ArgumentException($"{signal.Length} samples of the signal and {response.Length} of the response.", nameof(response));
        if (sampleSeconds < 1 || StepSeconds % sampleSeconds != 0) throw new ArgumentException($"Samples of {sampleSeconds} s; a divisor of {StepSeconds} s is expected.", nameof(sampleSeconds));
        var (asked, done) = (EveryStep(signal, sampleSeconds, nameof(signal)), EveryStep(response, sampleSeconds, nameof(response)));
        var (accuracy, delay, windows) = (0.0, 0.0, 0);
        for (var t = 0; t + (2 * Window) < asked.Length; t++)
        {
            if (Best(asked.AsSpan(t, Window + 1), done.AsSpan(t, (2 * Window) + 1)) is not { } best) continue;
            (accuracy, delay, windows) = (accuracy + Math.Clamp(best.Correlation, 0, 1), delay + best.Delay, windows + 1);
        }

        return windows > 0 ? new RegulationScore(accuracy / windows, delay / windows, PrecisionOf(asked, done)) : new RegulationScore(null, null, PrecisionOf(asked, done));
    }

    private static double[] EveryStep(ReadOnlySpan<double> series, int sampleSeconds, string name)
    {
        var every = StepSeconds / sampleSeconds;
        var steps = new double[(series.Length + every - 1) / every];
        for (var n = 0; n < series.Length; n++)
        {
            if (!double.IsFinite(series[n])) throw new ArgumentException($"Sample {n} is {series[n]}; finite numbers are expected.", name);
            if (n % every == 0) steps[n / every] = series[n];
        }

        return steps;
    }

    private static (double Correlation, double Delay)? Best(ReadOnlySpan<double> asked, ReadOnlySpan<double> done)
    {
        (double Correlation, double Delay)? best = null;
        for (var d = 0; d <= Window; d++)
        {
            var score = (double)(Window - d) / Window;
            if (Correlation(asked, done.Slice(d, asked.Length)) is { } correlation && !(correlation + score <= best?.Correlation + best?.Delay)) best = (correlation, score);
        }

        return best;
    }

    /// <returns>Pearson's coefficient; null when a series is constant.</returns>
    private static double? Correlation(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var (meanA, meanB) = (Mean(a), Mean(b));
        var (ab, aa, bb) = (0.0, 0.0, 0.0);
        for (var n = 0; n < a.Length; n++)
        {
            var (x, y) = (a[n] - meanA, b[n] - meanB);
            (ab, aa, bb) = (ab + (x * y), aa + (x * x), bb + (y * y));
        }

        return Varies(aa, meanA, a.Length) && Varies(bb, meanB, b.Length) ? ab / Math.Sqrt(aa) / Math.Sqrt(bb) : null;
    }

    /// <summary>More than the rounding of its mean.</summary>
    private static bool Varies(double squares, double mean, int count) => squares > count * mean * mean * 1e-24;

    private static double Mean(ReadOnlySpan<double> series)
    {
        var sum = 0.0;
        foreach (var value in series) sum += value;
        return sum / series.Length;
    }

    private static double? PrecisionOf(double[] asked, double[] done)
    {
        var scale = asked.Sum(Math.Abs);
        return scale > 0 ? Math.Clamp(1 - (asked.Zip(done, (a, d) => Math.Abs(d - a)).Sum() / scale), 0, 1) : null;
    }
}
