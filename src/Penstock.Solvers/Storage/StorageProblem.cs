namespace Penstock.Solvers.Storage;

/// <summary>
/// One battery over the steps of its stay. Energies in the battery (kWh), powers at the grid side (kW, both >= 0), prices per kWh.
/// </summary>
/// <param name="EnergyMin">Floor, held by barring discharge below it; a start below it is charged up at once.</param>
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
    double Salvage);
