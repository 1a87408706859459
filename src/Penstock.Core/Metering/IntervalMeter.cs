using System.Collections.Immutable;
using NodaTime;

namespace Penstock.Core.Metering;

/// <summary>Where an interval's energy comes from.</summary>
public enum MeterQuality
{
    /// <summary>Both boundaries were read.</summary>
    Measured,

    /// <summary>A boundary was interpolated between readings of the same session.</summary>
    Estimated,
}

/// <summary>A reading of both registers, exact Wh, at device time.</summary>
public readonly record struct RegisterReading(Instant At, decimal ImportWh, decimal ExportWh);

/// <summary>Whole Wh moved in [Start, End).</summary>
public sealed record MeterInterval(Interval Time, long ImportWh, long ExportWh, MeterQuality Quality);

/// <summary>Cuts register readings into settlement intervals: whole Wh whose sum is exactly the rounded register difference.</summary>
public static class IntervalMeter
{
    /// <summary>
    /// Intervals between the first and the last reading, cut at multiples of <paramref name="slot"/> since the epoch. The order of readings and repeats do not
    /// matter; a register that runs backwards moves no energy there (never a negative quantity).
    /// </summary>
    public static ImmutableArray<MeterInterval> Cut(IEnumerable<RegisterReading> readings, Duration slot)
    {
        var line = Monotone(readings);
        if (line.Count < 2) return [];
        var result = ImmutableArray.CreateBuilder<MeterInterval>();
        var (from, fromExact) = (line[0], true);
        while (from.At < line[^1].At)
        {
            var end = Instant.Min(NextBoundary(from.At, slot), line[^1].At);
            var (to, exact) = At(line, end);
            result.Add(new MeterInterval(new Interval(from.At, end),
                Whole(to.ImportWh) - Whole(from.ImportWh), Whole(to.ExportWh) - Whole(from.ExportWh),
                fromExact && exact ? MeterQuality.Measured : MeterQuality.Estimated));
            (from, fromExact) = (to, exact);
        }

        return result.ToImmutable();
    }

    // Rounding the cumulative register, not the difference, makes the parts sum to the whole.
    private static long Whole(decimal wh) => (long)decimal.Round(wh, MidpointRounding.AwayFromZero);

    private static List<RegisterReading> Monotone(IEnumerable<RegisterReading> readings)
    {
        var line = new List<RegisterReading>();
        decimal import = 0, export = 0;
        RegisterReading? last = null;
        foreach (var r in readings.Distinct().OrderBy(r => r.At).ThenBy(r => r.ImportWh).ThenBy(r => r.ExportWh))
        {
            import += last is { } a ? Math.Max(0, r.ImportWh - a.ImportWh) : 0;
            export += last is { } b ? Math.Max(0, r.ExportWh - b.ExportWh) : 0;
            last = r;
            if (line.Count > 0 && line[^1].At == r.At) line.RemoveAt(line.Count - 1);
            line.Add(new RegisterReading(r.At, import, export));
        }

        return line;
    }

    private static Instant NextBoundary(Instant at, Duration slot)
    {
        var ticks = slot.BclCompatibleTicks;
        return Instant.FromUnixTimeTicks(((at.ToUnixTimeTicks() / ticks) + 1) * ticks);
    }

    private static (RegisterReading Reading, bool Exact) At(List<RegisterReading> line, Instant at)
    {
        var after = line.FindIndex(r => r.At >= at);
        if (line[after].At == at) return (line[after], true);
        var (a, b) = (line[after - 1], line[after]);
        var share = (decimal)((at - a.At).TotalSeconds / (b.At - a.At).TotalSeconds);
        return (new RegisterReading(at, a.ImportWh + ((b.ImportWh - a.ImportWh) * share), a.ExportWh + ((b.ExportWh - a.ExportWh) * share)), false);
    }
}
