using CsCheck;
using NodaTime;
using Penstock.Core.Metering;

namespace Penstock.UnitTests.Core.Metering;

public sealed class IntervalMeterTests
{
    private static readonly Instant Start = Instant.FromUtc(2026, 4, 2, 9, 7);
    private static readonly Duration Quarter = Duration.FromMinutes(15);

    private static readonly Gen<RegisterReading[]> Readings = Gen.Select(Gen.Int[1, 600], Gen.Double[0, 900], Gen.Double[0, 900]).Array[2, 30].Select(rows =>
    {
        var (at, import, export) = (Start, 1000.4m, 500.3m);
        return rows.Select(r => new RegisterReading(at += Duration.FromSeconds(r.Item1), import += (decimal)r.Item2, export += (decimal)r.Item3)).ToArray();
    });

    [Fact]
    public void Intervals_sum_to_the_register_difference_to_the_watt_hour() => Readings.Sample(readings =>
    {
        var intervals = IntervalMeter.Cut(readings, Quarter);
        Assert.Equal((double)(readings[^1].ImportWh - readings[0].ImportWh), intervals.Sum(i => i.ImportWh), 0.5001);
        Assert.Equal(readings[0].At, intervals[0].Time.Start);
        Assert.Equal(readings[^1].At, intervals[^1].Time.End);
        Assert.All(intervals.Zip(intervals.Skip(1)), pair => Assert.Equal(pair.First.Time.End, pair.Second.Time.Start));
    });

    [Fact]
    public void Order_and_repeats_do_not_matter() => Readings.Sample(readings =>
        Assert.Equal(IntervalMeter.Cut(readings, Quarter), IntervalMeter.Cut(readings.Reverse().Concat(readings), Quarter)));

    [Fact]
    public void A_register_that_runs_backwards_moves_no_energy()
    {
        var at = Instant.FromUtc(2026, 4, 2, 9, 0);
        var cut = IntervalMeter.Cut([new(at, 1000, 0), new(at + Quarter, 400, 0), new(at + Quarter + Quarter, 900, 0)], Quarter);
        Assert.Equal([0L, 500L], cut.Select(i => i.ImportWh));
        Assert.All(cut, i => Assert.Equal(MeterQuality.Measured, i.Quality));
    }
}
