using Penstock.Solvers.Fleet;

namespace Penstock.UnitTests.Solvers.Fleet;

internal static class Schedules
{
    /// <param name="forced">Below its floor a vehicle charges all it can; a pile that takes steps only nearly.</param>
    /// <summary>Powers within the vehicle's, energy within its bounds: 1e-3 kW and 1e-3 kWh.</summary>
    internal static void Check(StorageFleet fleet, int i, ReadOnlySpan<float> kw, double stepHours, bool forced = true)
    {
        var energy = (double)fleet.EnergyArrival[i];
        var (least, most) = (Math.Min(energy, fleet.EnergyMin[i]), Math.Max(energy, fleet.EnergyMax[i]));
        foreach (var power in kw)
        {
            Assert.InRange(power, -fleet.DischargeMax[i] - 1e-3, fleet.ChargeMax[i] + 1e-3);
            var before = energy;
            energy += stepHours * (power > 0 ? power * fleet.ChargeEfficiency[i] : power / fleet.DischargeEfficiency[i]);
            Assert.InRange(energy, least - 1e-3, most + 1e-3);
            if (forced && energy < fleet.EnergyMin[i] - 1e-3) Assert.True(power >= fleet.ChargeMax[i] - 1e-3, $"below its floor with {power} kW");
            least = Math.Min(fleet.EnergyMin[i], Math.Max(least, Math.Min(before, energy)));
        }
    }
}
