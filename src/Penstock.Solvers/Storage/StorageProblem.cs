namespace Penstock.Solvers.Storage;

/// <summary>
/// One battery over the steps of its stay. Energies in the battery (kWh), powers at the grid side (kW, both >= 0), prices per kWh.
/// </summary>
/// <param name="EnergyMin">Floor at the end of every step. A start below it is charged up at once, whatever the price.</param>
/// <param name="EnergyMax">No charging above it; a start above it is no fault and discharges when that pays.</param>
/// <param name="ShortfallPenalty">Per kWh below <paramref name="EnergyTarget"/> at departure; at least <paramref name="Salvage"/>.</param>
/// <param name="Salvage">Value per kWh above the target at departure.</param>
/// <param name="Wear">Per kWh taken out of the cell.</param>
public readonly record struct StorageProblem(
    double EnergyArrival,
    double EnergyMin,
    double EnergyMax,
    double EnergyTarget,
    double ChargeMax,
    double DischargeMax,
    double ChargeEfficiency,
    double DischargeEfficiency,
    double Wear,
    double ShortfallPenalty,
    double Salvage)
{
    /// <summary>What energy left at departure costs: the penalty below the target, minus the salvage value above it.</summary>
    public double AtDeparture(double energy) => (ShortfallPenalty * Math.Max(0, EnergyTarget - energy)) - (Salvage * Math.Max(0, energy - EnergyTarget));
}

/// <summary>What differs from step to step; an empty span means that nothing does.</summary>
public readonly ref struct StorageSteps
{
    /// <summary>Floor at the end of each step, kWh, in place of <see cref="StorageProblem.EnergyMin"/>; what cannot be reached in time is reached as soon as possible.</summary>
    public ReadOnlySpan<double> EnergyMin { get; init; }

    /// <summary>Probability that the vehicle leaves at the end of each step, if it is still there; after the last step it leaves in any case.</summary>
    public ReadOnlySpan<double> LeaveProbability { get; init; }
}

/// <summary>What a schedule costs and what none can cost less than; equal unless a price makes it pay to charge and discharge at once.</summary>
public readonly record struct StorageCost(double Cost, double Bound);
