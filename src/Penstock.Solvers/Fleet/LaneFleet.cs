using System.Numerics;

namespace Penstock.Solvers.Fleet;

/// <summary>
/// Vehicles side by side for vector code: slot s is lane s % Width of group s / Width, padded with vehicles of no power. A group never holds vehicles of two cells; within a cell vehicles of like
/// stays and like numbers of live segments are neighbours. Energies are above the floor, per step where they move. 52 bytes a slot.
/// </summary>
internal sealed class LaneFleet
{
    private LaneFleet(int groups)
    {
        Groups = groups;
        var slots = groups * Width;
        VehicleAt = new int[slots];
        Room = new float[slots];
        Start = new float[slots];
        Target = new float[slots];
        Into = new float[slots];
        OutOf = new float[slots];
        BoughtPerStored = new float[slots];
        SoldPerDrawn = new float[slots];
        Wear = new float[slots];
        Shortfall = new float[slots];
        Salvage = new float[slots];
        Arrival = new float[slots];
        Departure = new float[slots];
        First = new short[groups];
        End = new short[groups];
        BothWays = new bool[groups];
    }

    internal static int Width => Vector<float>.Count;

    internal int Groups { get; }

    /// <summary>The vehicle in each slot; -1 in padding.</summary>
    internal int[] VehicleAt { get; }

    /// <summary>Largest energy minus floor, kWh.</summary>
    internal float[] Room { get; }

    internal float[] Start { get; }

    internal float[] Target { get; }

    /// <summary>kWh that a step can store.</summary>
    internal float[] Into { get; }

    /// <summary>kWh that a step can draw from the cell.</summary>
    internal float[] OutOf { get; }

    internal float[] BoughtPerStored { get; }

    internal float[] SoldPerDrawn { get; }

    internal float[] Wear { get; }

    internal float[] Shortfall { get; }

    internal float[] Salvage { get; }

    internal float[] Arrival { get; }

    internal float[] Departure { get; }

    /// <summary>First step and end of each group's stays together.</summary>
    internal short[] First { get; }

    internal short[] End { get; }

    /// <summary>Whether a vehicle of the group can discharge.</summary>
    internal bool[] BothWays { get; }

    /// <param name="cells">The vehicles of each cell, in an order that this method may change.</param>
    /// <param name="groupStart">Result: the first group of each cell, and their number at the end.</param>
    internal static LaneFleet Of(StorageFleet fleet, double stepHours, IReadOnlyList<int[]> cells, out int[] groupStart)
    {
        groupStart = new int[cells.Count + 1];
        for (var c = 0; c < cells.Count; c++) groupStart[c + 1] = groupStart[c] + ((cells[c].Length + Width - 1) / Width);
        var lanes = new LaneFleet(groupStart[^1]);
        Array.Fill(lanes.VehicleAt, -1);
        Array.Fill(lanes.BoughtPerStored, 1);
        Array.Fill(lanes.SoldPerDrawn, 1);
        for (var c = 0; c < cells.Count; c++)
        {
            Array.Sort(Array.ConvertAll(cells[c], i => Likeness(fleet, stepHours, i)), cells[c]);
            for (var n = 0; n < cells[c].Length; n++) lanes.Put(fleet, stepHours, (groupStart[c] * Width) + n, cells[c][n]);
        }

        for (var g = 0; g < lanes.Groups; g++) lanes.Span(g);
        return lanes;
    }

    /// <summary>Sorts by direction, then by how many steps fill the battery (live segments), then by departure and arrival.</summary>
    internal static ulong Likeness(StorageFleet fleet, double stepHours, int i)
    {
        var steps = (fleet.EnergyMax[i] - fleet.EnergyMin[i]) / Math.Max(1e-6, fleet.ChargeMax[i] * stepHours * fleet.ChargeEfficiency[i]);
        var segments = (ulong)Math.Clamp(2 * Math.Log2(Math.Max(1, steps)), 0, 31);
        return (fleet.DischargeMax[i] > 0 ? 1UL << 63 : 0) | (segments << 56) | ((ulong)(ushort)fleet.Departure[i] << 40) | ((ulong)(ushort)fleet.Arrival[i] << 24) | ((ulong)i & 0xFFFFFF);
    }

    private void Put(StorageFleet fleet, double stepHours, int slot, int i)
    {
        var low = Math.Min(fleet.EnergyMin[i], Math.Max(fleet.EnergyMax[i], fleet.EnergyArrival[i]));
        VehicleAt[slot] = i;
        Room[slot] = Math.Max(fleet.EnergyMax[i], fleet.EnergyArrival[i]) - low;
        Start[slot] = fleet.EnergyArrival[i] - low;
        Target[slot] = fleet.EnergyTarget[i] - low;
        Into[slot] = (float)(fleet.ChargeMax[i] * stepHours * fleet.ChargeEfficiency[i]);
        OutOf[slot] = (float)(fleet.DischargeMax[i] * stepHours / fleet.DischargeEfficiency[i]);
        BoughtPerStored[slot] = 1 / fleet.ChargeEfficiency[i];
        SoldPerDrawn[slot] = fleet.DischargeEfficiency[i];
        Wear[slot] = fleet.Wear[i];
        Shortfall[slot] = fleet.ShortfallPenalty[i];
        Salvage[slot] = fleet.Salvage[i];
        Arrival[slot] = fleet.Arrival[i];
        Departure[slot] = fleet.Departure[i];
    }

    private void Span(int group)
    {
        var (first, end) = (short.MaxValue, (short)0);
        for (var s = group * Width; s < (group + 1) * Width && VehicleAt[s] >= 0; s++)
        {
            first = (short)Math.Min(first, Arrival[s]);
            end = (short)Math.Max(end, Departure[s]);
            BothWays[group] |= OutOf[s] > 0;
        }

        (First[group], End[group]) = ((short)Math.Min(first, end), end);
    }
}
