using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Metering;
using Penstock.Core.Units;

namespace Penstock.Core.Sites;

/// <summary>Why a metered value was refused for control. Settlement has its own rules; the journal keeps everything.</summary>
public enum Implausible
{
    PowerBeyondRating, RegisterJump, StateOfChargeJump, StateOfChargeNoise, FrozenMeter,
}

/// <summary>What a meter said lately, as far as a frozen value can be told by it.</summary>
public sealed record MeterWatch
{
    /// <summary>When registers were told last; null = never.</summary>
    public Instant? RegistersAt { get; init; }

    /// <summary>Net energy by power since the registers moved last, as a magnitude.</summary>
    public Energy Powered { get; init; }

    /// <summary>True while the registers stand still though power flows: the power carries the state of charge.</summary>
    public bool RegistersFrozen { get; init; }

    /// <summary>The power that was told last; since when it reads exactly the same, how often, and the net register then, Wh.</summary>
    public Power? SamePower { get; init; }

    public Instant? PowerSince { get; init; }

    public int PowerSame { get; init; }

    public decimal? NetAtPowerSince { get; init; }
}

/// <summary>What control may believe of a measurement.</summary>
/// <param name="Imported">Energy that moved into the EVSE since the measurement before, at the meter.</param>
internal sealed record Believed(EvseMeasurement Measurement, Energy Imported, Energy Exported, MeterWatch Watch, ImmutableArray<Implausible> Refused);

/// <summary>
/// Refuses values that no meter of this EVSE can mean. One value alone is not believed beyond the rating; a power and a register that agree are, because then it is
/// the rating that is wrong.
/// </summary>
internal static class PlausibilityFilter
{
    /// <summary>Power above this many times the rating is refused.</summary>
    internal const double RatingFactor = 1.2;

    /// <summary>Resolution of registers, Wh: some meters count whole kilowatt-hours.</summary>
    internal const double RegisterSlackWh = 1000;

    /// <summary>Energy by power over which registers may stand still, Wh.</summary>
    internal const double FrozenEnergyWh = 2000;

    /// <summary>Exactly the same power this often and this long, while the registers say otherwise, is a frozen value.</summary>
    internal const int SameMin = 10;

    internal static readonly Duration SameFor = Duration.FromMinutes(5);

    /// <summary>Two values agree within this part of each other.</summary>
    private const double Agreement = 0.25;

    internal static Believed Of(EvseState evse, EvseMeasurement told)
    {
        var (last, watch, refused) = (evse.Measurement, evse.Watch, ImmutableArray.CreateBuilder<Implausible>());
        var (ratingW, since) = (RatingFactor * Math.Max(evse.Layout.ChargeMax.Watts, evse.Layout.DischargeMax.Watts), watch.RegistersAt ?? told.At);
        var (import, export) = (Moved(last?.ImportRegisterWh, told.ImportRegisterWh), Moved(last?.ExportRegisterWh, told.ExportRegisterWh));
        var hours = (told.At - since).TotalHours;
        var meanW = hours > 0 && told is { ImportRegisterWh: not null } ? (import - export) / hours : (double?)null;
        var agree = told.ActivePower is { } p && meanW is { } mean && Math.Abs(mean - p.Watts) <= Agreement * Math.Abs(p.Watts);
        var power = told.ActivePower;
        if (power is { } watts && watts.Magnitude.Watts > ratingW && !agree)
        {
            refused.Add(Implausible.PowerBeyondRating);
            power = null;
        }

        if (Math.Max(import, export) > (ratingW * Math.Max(0, hours)) + RegisterSlackWh && !agree)
        {
            refused.Add(Implausible.RegisterJump); // it is the register to count from now on, but what it jumped over is no energy
            (import, export) = (0, 0);
        }

        watch = Powered(watch, last, told, power, import + export);
        if (watch.RegistersFrozen)
        {
            refused.Add(Implausible.FrozenMeter);
            var moved = evse.Watch.RegistersFrozen ? ByPower(last, told, power) : watch.Powered.WattHours * Math.Sign(power?.Watts ?? 0);
            (import, export) = (Math.Max(0, moved), Math.Max(0, -moved));
        }
        else if (evse.Watch.RegistersFrozen)
        {
            (import, export) = (0, 0); // it moves again: what it catches up was counted by power
        }

        (watch, var frozenW) = Same(watch, told, power);
        if (frozenW is { } truer)
        {
            refused.Add(Implausible.FrozenMeter);
            power = Core.Units.Power.FromWatts(truer);
        }

        if (told.StateOfChargeNoise) refused.Add(Implausible.StateOfChargeNoise);
        return new Believed(told with { ActivePower = power }, Energy.FromWattHours(import), Energy.FromWattHours(export), watch, refused.ToImmutable());
    }

    /// <summary>Zero when a register is missing or ran backwards: a reset says nothing about energy.</summary>
    private static double Moved(decimal? from, decimal? to) => from is { } start && to is { } end && end > start ? (double)(end - start) : 0;

    private static double ByPower(EvseMeasurement? last, EvseMeasurement told, Power? power) =>
        last is { At: var before } && power is { } now ? now.Over(Duration.Max(told.At - before, Duration.Zero)).WattHours : 0;

    private static MeterWatch Powered(MeterWatch watch, EvseMeasurement? last, EvseMeasurement told, Power? power, double movedWh)
    {
        if (told.ImportRegisterWh is null && told.ExportRegisterWh is null) return watch with { Powered = watch.Powered + Energy.FromWattHours(Math.Abs(ByPower(last, told, power))) };
        var moved = movedWh > 0 || last?.ImportRegisterWh is null || told.ImportRegisterWh < last.ImportRegisterWh;
        var powered = moved ? Energy.Zero : watch.Powered + Energy.FromWattHours(Math.Abs(ByPower(last, told, power)));
        return watch with { RegistersAt = told.At, Powered = powered, RegistersFrozen = !moved && powered.WattHours > FrozenEnergyWh };
    }

    /// <returns>The power by registers, W, where the told power is frozen: it reads exactly the same while registers that move say otherwise.</returns>
    private static (MeterWatch Watch, double? TruerW) Same(MeterWatch watch, EvseMeasurement told, Power? power)
    {
        if (power is not { } now || told.ImportRegisterWh is not { } import) return (watch, null);
        var net = import - (told.ExportRegisterWh ?? 0);
        if (watch.SamePower != now || watch.PowerSince is not { } since || watch.NetAtPowerSince is not { } from) return (watch with { SamePower = now, PowerSince = told.At, PowerSame = 1, NetAtPowerSince = net }, null);
        watch = watch with { PowerSame = Math.Min(watch.PowerSame + 1, SameMin) };
        var hours = (told.At - since).TotalHours;
        if (watch.PowerSame < SameMin || told.At - since < SameFor || net == from) return (watch, null);
        var meanW = (double)(net - from) / hours;
        var room = Math.Max(Compliance.Tolerance.Watts, Agreement * Math.Abs(now.Watts)) + (RegisterSlackWh / hours);
        return (watch, Math.Abs(meanW - now.Watts) > room ? meanW : null);
    }
}
