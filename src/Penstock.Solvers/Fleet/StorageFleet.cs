using Penstock.Solvers.Storage;

namespace Penstock.Solvers.Fleet;

/// <summary>
/// Vehicles (and stationary batteries, present in every step) as a structure of arrays: one entry per vehicle in every array. Energies in the battery in kWh,
/// powers at the grid side in kW and never negative, prices per kWh. 52 bytes a vehicle.
/// </summary>
public sealed class StorageFleet(int count)
{
    public int Count { get; } = count;

    /// <summary>Index into <see cref="FleetProblem.Sites"/>; read only when the problem has sites.</summary>
    public int[] Site { get; } = new int[count];

    /// <summary>First step of the stay.</summary>
    public short[] Arrival { get; } = new short[count];

    /// <summary>The step after the last one of the stay: present in [Arrival, Departure).</summary>
    public short[] Departure { get; } = new short[count];

    public float[] EnergyArrival { get; } = new float[count];

    /// <summary>Floor: no discharge below it; a start below it is charged up at once.</summary>
    public float[] EnergyMin { get; } = new float[count];

    public float[] EnergyMax { get; } = new float[count];

    public float[] EnergyTarget { get; } = new float[count];

    public float[] ChargeMax { get; } = new float[count];

    /// <summary>Magnitude; 0 means charge only.</summary>
    public float[] DischargeMax { get; } = new float[count];

    /// <summary>Battery energy gained per kWh drawn, in (0, 1].</summary>
    public float[] ChargeEfficiency { get; } = new float[count];

    /// <summary>kWh delivered per kWh of battery energy, in (0, 1].</summary>
    public float[] DischargeEfficiency { get; } = new float[count];

    /// <summary>Per kWh taken out of the cell.</summary>
    public float[] Wear { get; } = new float[count];

    /// <summary>Per kWh below the target at departure; at least the salvage value.</summary>
    public float[] ShortfallPenalty { get; } = new float[count];

    /// <summary>Value per kWh above the target at departure.</summary>
    public float[] Salvage { get; } = new float[count];

    /// <summary>Chance in [0, 1) that the vehicle leaves at the end of a step before its departure, if it is still there; null = none ever does.</summary>
    public float[]? LeaveProbability { get; set; }

    /// <summary>Higher floors in some steps, for some vehicles.</summary>
    public IReadOnlyList<Reserve> Reserves { get; set; } = [];

    /// <summary>A pile takes multiples of this power, kW; 0 = any. Null = every pile takes any power.</summary>
    public float[]? PowerStep { get; set; }

    /// <summary>Least magnitude of a power that is not 0, kW: a pile's minimum current.</summary>
    public float[]? PowerMin { get; set; }

    public int Steps(int vehicle) => Departure[vehicle] - Arrival[vehicle];

    /// <summary>One vehicle in the words of the kernel.</summary>
    public StorageProblem Battery(int i) => new(
        EnergyArrival[i], EnergyMin[i], EnergyMax[i], EnergyTarget[i], ChargeMax[i], DischargeMax[i], ChargeEfficiency[i], DischargeEfficiency[i], Wear[i], ShortfallPenalty[i], Salvage[i]);
}

/// <summary>From the end of step <paramref name="First"/> to the end of step <paramref name="Last"/> the vehicle holds at least <paramref name="EnergyMin"/> kWh.</summary>
public readonly record struct Reserve(int Vehicle, int First, int Last, double EnergyMin);
