namespace Penstock.Core.Fleet;

/// <summary>
/// The charging curve that is assumed of every vehicle until its own is known: full power up to <see cref="TaperFrom"/>, then falling linearly to
/// <see cref="PowerAtFull"/> of it at full. A guarantee that counts on full power to the end is missed by every real battery.
/// </summary>
public static class ChargingCurve
{
    public const double TaperFrom = 0.8;

    public const double PowerAtFull = 0.2;

    private const double Slope = (1 - PowerAtFull) / (1 - TaperFrom);

    /// <summary>Part of its largest power that a battery takes at this state of charge, 0 to 1.</summary>
    public static double Accepted(double fraction) => fraction <= TaperFrom ? 1 : 1 - (Slope * (Math.Min(1, fraction) - TaperFrom));

    /// <summary>Hours to charge from <paramref name="storedKwh"/> to <paramref name="targetKwh"/>; 0 when it is there.</summary>
    /// <param name="offeredKw">Power that is offered, at the cell.</param>
    /// <param name="vehicleKw">Largest power of the vehicle, at the cell; the curve scales it.</param>
    /// <returns>Infinity when no power is offered.</returns>
    public static double Hours(double storedKwh, double targetKwh, double capacityKwh, double offeredKw, double vehicleKw)
    {
        if (storedKwh >= targetKwh) return 0;
        if (offeredKw <= 0 || vehicleKw <= 0) return double.PositiveInfinity;
        var bend = Bend(offeredKw, vehicleKw) * capacityKwh;
        var linear = Math.Max(0, Math.Min(targetKwh, bend) - storedKwh) / Math.Min(offeredKw, vehicleKw);
        return targetKwh <= bend ? linear : linear + HoursInTaper(Math.Max(storedKwh, bend), targetKwh, capacityKwh, vehicleKw);
    }

    /// <summary>The least stored energy (kWh, may be negative) from which <paramref name="targetKwh"/> is reached within <paramref name="hours"/>.</summary>
    public static double LeastStored(double targetKwh, double capacityKwh, double offeredKw, double vehicleKw, double hours)
    {
        if (hours <= 0 || offeredKw <= 0 || vehicleKw <= 0) return targetKwh;
        var bend = Bend(offeredKw, vehicleKw) * capacityKwh;
        if (targetKwh <= bend) return targetKwh - (hours * Math.Min(offeredKw, vehicleKw));
        var taper = HoursInTaper(bend, targetKwh, capacityKwh, vehicleKw);
        if (hours >= taper) return bend - ((hours - taper) * Math.Min(offeredKw, vehicleKw));
        var accepted = Accepted(targetKwh / capacityKwh) * Math.Exp(hours * vehicleKw * Slope / capacityKwh);
        return (TaperFrom + ((1 - accepted) / Slope)) * capacityKwh;
    }

    /// <summary>State of charge from which the vehicle takes less than is offered; above 1 = never.</summary>
    private static double Bend(double offeredKw, double vehicleKw)
    {
        var part = Math.Min(1, offeredKw / vehicleKw);
        return part <= PowerAtFull ? double.PositiveInfinity : TaperFrom + ((1 - part) / Slope);
    }

    // dE/dt = P (1 - Slope (E/C - TaperFrom)), an exponential approach.
    private static double HoursInTaper(double fromKwh, double toKwh, double capacityKwh, double vehicleKw) =>
        capacityKwh / (vehicleKw * Slope) * Math.Log(Accepted(fromKwh / capacityKwh) / Accepted(toKwh / capacityKwh));
}
