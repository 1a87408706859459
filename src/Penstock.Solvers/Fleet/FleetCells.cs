namespace Penstock.Solvers.Fleet;

/// <summary>
/// The vehicles of a problem divided into cells, each answered as one. Most are lanes of vector groups; those that may leave early or hold reserves are answered one by one.
/// The place of a vehicle within its cell is its number in <see cref="Vehicles"/>; schedules of a cell are the stays of its vehicles in that order, one after the other.
/// </summary>
internal sealed class FleetCells
{
    private readonly int[] groupStart;
    private readonly int[][] special;
    private readonly int[][] vehicles;
    private readonly int[][] offsets;

    internal FleetCells(FleetProblem problem, IReadOnlyList<int[]> cells)
    {
        Problem = problem;
        var fleet = problem.Vehicles;
        var reserved = fleet.Reserves.Select(r => r.Vehicle).ToHashSet();
        bool IsSpecial(int i) => fleet.LeaveProbability?[i] > 0 || reserved.Contains(i);
        var any = fleet.LeaveProbability is not null || reserved.Count > 0;
        var plain = any ? [.. cells.Select(c => Array.FindAll(c, i => !IsSpecial(i)))] : cells;
        special = any ? [.. cells.Select(c => Array.FindAll(c, IsSpecial))] : [.. cells.Select(_ => Array.Empty<int>())];
        Lanes = LaneFleet.Of(fleet, problem.StepHours, plain, out groupStart);
        vehicles = [.. plain.Select((c, n) => special[n].Length == 0 ? c : [.. c, .. special[n]])];
        offsets = new int[cells.Count][];
    }

    internal FleetProblem Problem { get; }

    internal LaneFleet Lanes { get; }

    internal int Count => vehicles.Length;

    internal int[] Vehicles(int cell) => vehicles[cell];

    internal int[] Special(int cell) => special[cell];

    internal int FirstGroup(int cell) => groupStart[cell];

    internal int EndGroup(int cell) => groupStart[cell + 1];

    /// <summary>Where each vehicle's stay begins in the cell's schedules, and their length at the end.</summary>
    internal int[] Offsets(int cell)
    {
        if (offsets[cell] is { } known) return known;
        var result = new int[vehicles[cell].Length + 1];
        for (var k = 0; k < vehicles[cell].Length; k++) result[k + 1] = result[k] + Problem.Vehicles.Steps(vehicles[cell][k]);
        return offsets[cell] = result;
    }
}
