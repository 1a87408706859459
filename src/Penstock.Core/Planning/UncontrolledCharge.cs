using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.Sites;
using Penstock.Core.Time;
using Penstock.Core.Units;

namespace Penstock.Core.Planning;

/// <summary>What a vehicle would do without the platform: full power from plug-in until its target. The counterfactual "without V2G".</summary>
public static class UncontrolledCharge
{
    /// <summary>Mean power in kW per slot; a slot that is partly used carries the part.</summary>
    public static double[] Over(TimeGrid grid, Interval stay, Vehicle vehicle, EvseLayout? evse, StateOfCharge atStart, StateOfCharge target)
    {
        var result = new double[grid.Count];
        var power = Math.Min(vehicle.ChargeMax.Kilowatts, evse?.ChargeMax.Kilowatts ?? double.PositiveInfinity);
        var needed = Math.Max(0, (target.Fraction - atStart.Fraction) * vehicle.Capacity.KilowattHours) / vehicle.ChargeEfficiency;
        if (power <= 0 || needed <= 0) return result;
        var end = Instant.Min(stay.End, stay.Start + Duration.FromHours(needed / power));
        for (var t = 0; t < grid.Count; t++)
        {
            var overlap = Instant.Min(end, grid.StartOf(t + 1)) - Instant.Max(stay.Start, grid.StartOf(t));
            if (overlap > Duration.Zero) result[t] = power * (overlap / grid.Slot);
        }

        return result;
    }
}
