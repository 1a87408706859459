using NodaTime;
using Penstock.Core.Metering;
using Penstock.Core.Units;

namespace Penstock.Core.Sites;

/// <summary>
/// Believes a reported state of charge only when the energy moved since can explain it: some chargers send 0 and 1 as noise, and values jump
/// by whole percents. Between reports the registers carry the state forward.
/// </summary>
internal static class StateOfChargeFilter
{
    /// <summary>A report may differ from the carried state by this much plus what the largest power could have moved.</summary>
    private const double JumpMax = 0.05;

    /// <returns>The state to believe, and whether it was told: only a believed report counts as news, so that a wrong first value is given up as time passes.</returns>
    internal static (StateOfCharge? StateOfCharge, bool Told) Next(ChargingSession session, EvseMeasurement? last, EvseMeasurement now)
    {
        var carried = Carried(session, last, now);
        if (now.StateOfCharge is not { } told) return (carried, false);
        if (carried is not { } expected || session.Vehicle is not { } vehicle) return (told, true);
        var elapsed = now.At - (session.StateOfChargeAt ?? session.StartedAt);
        var reach = Power.Max(vehicle.ChargeMax, vehicle.DischargeMax).Over(Duration.Max(elapsed, Duration.Zero));
        var allowed = JumpMax + (vehicle.Capacity > Energy.Zero ? reach.WattHours / vehicle.Capacity.WattHours : 0);
        return Math.Abs(told.Fraction - expected.Fraction) <= allowed ? (told, true) : (carried, false);
    }

    private static StateOfCharge? Carried(ChargingSession session, EvseMeasurement? last, EvseMeasurement now)
    {
        if (session.StateOfCharge is not { } soc) return null;
        if (session.Vehicle is not { } vehicle || vehicle.Capacity <= Energy.Zero || last is null) return soc;
        var charged = Moved(last.ImportRegisterWh, now.ImportRegisterWh) * vehicle.ChargeEfficiency;
        var given = Moved(last.ExportRegisterWh, now.ExportRegisterWh) / vehicle.DischargeEfficiency;
        return StateOfCharge.Of(soc.Stored(vehicle.Capacity) + charged - given, vehicle.Capacity);
    }

    /// <summary>Zero when a register is missing or ran backwards: a reset says nothing about energy.</summary>
    private static Energy Moved(decimal? from, decimal? to) =>
        from is { } start && to is { } end && end > start ? Energy.FromRegister(end - start) : Energy.Zero;
}
