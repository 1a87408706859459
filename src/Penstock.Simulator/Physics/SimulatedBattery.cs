using Penstock.Core.Fleet;

namespace Penstock.Simulator.Physics;

/// <summary>A vehicle's battery: efficiency both ways, taper towards full, energy that neither leaves the cell below empty nor enters above full.</summary>
public sealed class SimulatedBattery(Vehicle vehicle, double fraction)
{
    /// <summary>Above this state of charge the vehicle takes less and less, down to <see cref="PowerAtFull"/> of its power at full.</summary>
    public const double TaperFrom = 0.8;

    public const double PowerAtFull = 0.25;

    private double energyKwh = vehicle.Capacity.KilowattHours * fraction;

    public double Fraction => energyKwh / vehicle.Capacity.KilowattHours;

    /// <summary>Largest power that the vehicle takes now, kW.</summary>
    public double AcceptsKw => vehicle.ChargeMax.Kilowatts * (Fraction <= TaperFrom ? 1 : 1 - ((1 - PowerAtFull) * (Fraction - TaperFrom) / (1 - TaperFrom)));

    /// <summary>Moves energy for <paramref name="hours"/> and returns the grid-side power that flowed, kW.</summary>
    public double Step(double askedKw, double hours)
    {
        if (hours <= 0) return 0;
        var (room, stored) = (Math.Max(0, vehicle.Capacity.KilowattHours - energyKwh), Math.Max(0, energyKwh));
        var power = askedKw >= 0
            ? Math.Min(Math.Min(askedKw, AcceptsKw), room / vehicle.ChargeEfficiency / hours)
            : -Math.Min(Math.Min(-askedKw, vehicle.DischargeMax.Kilowatts), stored * vehicle.DischargeEfficiency / hours);
        energyKwh += power >= 0 ? power * hours * vehicle.ChargeEfficiency : power * hours / vehicle.DischargeEfficiency;
        return power;
    }
}
