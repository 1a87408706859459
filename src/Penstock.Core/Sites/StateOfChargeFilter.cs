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

    /// <param name="imported">Energy moved since the measurement before, as far as it is believed; likewise <paramref name="exported"/>. At the meter.</param>
    /// <returns>The state to believe, and whether it was told: only a believed report counts as news, so that a wrong first value is given up as time passes.</returns>
    internal static (StateOfCharge? StateOfCharge, bool Told) Next(ChargingSession session, EvseMeasurement now, Energy imported, Energy exported)
    {
        var carried = Carried(session, imported, exported);
        if (now.StateOfCharge is not { } told) return (carried, false);
        if (carried is not { } expected || session.Vehicle is not { } vehicle) return (told, true);
        var elapsed = now.At - (session.StateOfChargeAt ?? session.StartedAt);
        var reach = Power.Max(vehicle.ChargeMax, vehicle.DischargeMax).Over(Duration.Max(elapsed, Duration.Zero));
        var allowed = JumpMax + (vehicle.Capacity > Energy.Zero ? reach.WattHours / vehicle.Capacity.WattHours : 0);
        return Math.Abs(told.Fraction - expected.Fraction) <= allowed ? (told, true) : (carried, false);
    }

    private static StateOfCharge? Carried(ChargingSession session, Energy imported, Energy exported)
    {
        if (session is not { StateOfCharge: { } soc, Vehicle: { } vehicle } || vehicle.Capacity <= Energy.Zero) return session.StateOfCharge;
        return StateOfCharge.Of(soc.Stored(vehicle.Capacity) + (imported * vehicle.ChargeEfficiency) - (exported / vehicle.DischargeEfficiency), vehicle.Capacity);
    }
}
