using Penstock.Core.Units;
using Penstock.Server.Capability;

namespace Penstock.Server.Gateway;

internal enum RawMeasurand
{
    Other, ImportRegister, ExportRegister, ImportPower, ExportPower, StateOfCharge,
}

/// <param name="Multiplier">Power of ten.</param>
/// <param name="OfPhase">A value of one phase: summed only when the total is not told.</param>
internal sealed record RawSample(RawMeasurand Measurand, decimal Value, string? Unit, int Multiplier, bool OfPhase);

/// <summary>Sampled values of one moment as one measurement: kWh and kW become Wh and W, import minus export is the net power. What no meter can mean is no measurement.</summary>
internal static class SampleReader
{
    /// <summary>Largest power of one EVSE that is believed, W.</summary>
    internal const double PowerMaxW = 10_000_000;

    /// <summary>Largest register that is believed, Wh (a 4 MW charger for a hundred years).</summary>
    internal const decimal RegisterMaxWh = 4_000_000_000_000m;

    internal static MeterSampled Read(DeviceTime time, int? evse, string? transaction, IEnumerable<RawSample> samples, QuirkProfile quirk)
    {
        var all = samples.Select(s => Corrected(s, quirk)).ToList();
        var import = Power(all, RawMeasurand.ImportPower);
        var export = Power(all, RawMeasurand.ExportPower);
        var soc = Of(all, RawMeasurand.StateOfCharge);
        return new MeterSampled(
            time.At, evse, transaction,
            import is null && export is null ? null : Core.Units.Power.FromWatts((import ?? 0) - (export ?? 0)),
            Register(all, RawMeasurand.ImportRegister), Register(all, RawMeasurand.ExportRegister), BelievedSoc(soc))
        {
            Clock = time.Mark,
            StateOfChargeNoise = soc is >= 0 and <= 1,
        };
    }

    /// <summary>Some chargers send 0 and 1 % while they do not know; a battery that is truly empty charges until it can be told from that.</summary>
    internal static StateOfCharge? BelievedSoc(decimal? percent) => percent is > 1 and <= 100 ? StateOfCharge.FromPercent((double)percent) : null;

    internal static decimal? BelievedRegister(decimal? wattHours) => wattHours is >= 0 and <= RegisterMaxWh ? wattHours : null;

    /// <summary>What the model means: units it does not tell, and directions it tells from the vehicle's side. An import that is told negative is an export as it stands.</summary>
    private static RawSample Corrected(RawSample sample, QuirkProfile quirk)
    {
        var power = sample.Measurand is RawMeasurand.ImportPower or RawMeasurand.ExportPower;
        var register = sample.Measurand is RawMeasurand.ImportRegister or RawMeasurand.ExportRegister;
        if (string.IsNullOrEmpty(sample.Unit)) sample = sample with { Unit = power ? quirk.PowerUnit : register ? quirk.RegisterUnit : sample.Unit };
        return !quirk.ExportReportedAsImport ? sample : sample with
        {
            Measurand = sample.Measurand switch
            {
                RawMeasurand.ImportPower => RawMeasurand.ExportPower,
                RawMeasurand.ExportPower => RawMeasurand.ImportPower,
                RawMeasurand.ImportRegister => RawMeasurand.ExportRegister,
                RawMeasurand.ExportRegister => RawMeasurand.ImportRegister,
                var other => other,
            },
        };
    }

    private static double? Power(List<RawSample> all, RawMeasurand measurand) => (double?)Of(all, measurand) is { } watts && Math.Abs(watts) <= PowerMaxW ? watts : null;

    private static decimal? Register(List<RawSample> all, RawMeasurand measurand) => BelievedRegister(Of(all, measurand));

    /// <summary>The total where it is told, else the sum of the phases.</summary>
    private static decimal? Of(List<RawSample> all, RawMeasurand measurand)
    {
        decimal? sum = null;
        foreach (var sample in all)
        {
            if (sample.Measurand != measurand) continue;
            if (!sample.OfPhase) return Scaled(sample);
            sum ??= 0;
        }

        if (sum is null) return null;
        foreach (var sample in all)
        {
            if (sample.Measurand != measurand) continue;
            if (Scaled(sample) is not { } part) return null;
            sum += part;
        }

        return sum;
    }

    /// <summary>Null where the value leaves every range of this reader.</summary>
    private static decimal? Scaled(RawSample sample)
    {
        const double most = 1e16;
        var factor = Math.Pow(10, sample.Multiplier) * (sample.Unit is { } unit && unit.StartsWith("k", StringComparison.OrdinalIgnoreCase) ? 1000 : 1);
        return factor is >= 1e-12 and <= 1e12 && Math.Abs((double)sample.Value * factor) < most ? sample.Value * (decimal)factor : null;
    }
}
