using NodaTime;
using Penstock.Core.Units;

namespace Penstock.Server.Gateway;

internal enum RawMeasurand
{
    Other, ImportRegister, ExportRegister, ImportPower, ExportPower, StateOfCharge,
}

/// <param name="OfPhase">A value of one phase: summed only when the total is not told.</param>
internal sealed record RawSample(RawMeasurand Measurand, decimal Value, string? Unit, bool OfPhase);

/// <summary>Sampled values of one moment as one measurement: kWh and kW become Wh and W, import minus export is the net power.</summary>
internal static class SampleReader
{
    internal static MeterSampled Read(Instant at, int? evse, string? transaction, IEnumerable<RawSample> samples)
    {
        var all = samples.ToList();
        var import = Of(all, RawMeasurand.ImportPower);
        var export = Of(all, RawMeasurand.ExportPower);
        var soc = Of(all, RawMeasurand.StateOfCharge);
        return new MeterSampled(
            at, evse, transaction,
            import is null && export is null ? null : Power.FromWatts((double)((import ?? 0) - (export ?? 0))),
            Of(all, RawMeasurand.ImportRegister) is { } i and >= 0 ? i : null,
            Of(all, RawMeasurand.ExportRegister) is { } e and >= 0 ? e : null,
            soc is >= 0 and <= 100 ? StateOfCharge.FromPercent((double)soc) : null);
    }

    private static decimal? Of(List<RawSample> all, RawMeasurand measurand)
    {
        var mine = all.FindAll(s => s.Measurand == measurand);
        if (mine.Count == 0) return null;
        var total = mine.Find(s => !s.OfPhase);
        return total is not null ? Scaled(total) : mine.Sum(Scaled);
    }

    private static decimal Scaled(RawSample sample) => sample.Unit is { } unit && unit.StartsWith("k", StringComparison.OrdinalIgnoreCase) ? sample.Value * 1000 : sample.Value;
}

/// <summary>Device clocks may be unset: a time before 2010 or more than a day ahead says nothing, the time of receipt does.</summary>
internal static class DeviceClock
{
    private static readonly Instant Earliest = Instant.FromUtc(2010, 1, 1, 0, 0);

    internal static Instant Corrected(DateTimeOffset told, Instant now)
    {
        var at = Instant.FromDateTimeOffset(told);
        return at < Earliest || at > now + Duration.FromDays(1) ? now : at;
    }
}
