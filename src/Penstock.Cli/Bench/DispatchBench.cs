using System.Diagnostics;
using System.Globalization;
using Penstock.Cli.Plan;
using Penstock.Core.Dispatching;
using Penstock.Solvers.Allocation;
using Penstock.Solvers.Decomposition;

namespace Penstock.Cli.Bench;

/// <summary>penstock bench dispatch: a drawn city, summed and filled again and again.</summary>
internal static class DispatchBench
{
    private const int Regions = 20;

    /// <summary>Fills of each kind; the best counts, the mean of CPU beside it.</summary>
    private const int Fills = 100;

    private const int Updates = 100_000;

    internal static void Run(int vehicles, int stations, double tight, int seed)
    {
        var draw = new Random(seed);
        var fleet = new FleetDispatch(FleetLayout.Even(vehicles, stations, Math.Min(Regions, stations)) with { StationLimits = Limits(stations, (double)vehicles / stations, tight, draw) });
        for (var i = 0; i < vehicles; i++) fleet.Load(i, Drawn(draw));
        fleet.Sum();
        var (lower, upper) = (fleet.City.LowerW, fleet.City.UpperW);
        Print($"{vehicles} SIMULATED vehicles, {stations} stations, {tight:P0} tight, seed {seed}, {Environment.ProcessorCount} cores; room {lower / 1e6:0.0} to {upper / 1e6:0.0} MW");
        var setpoints = new int[vehicles];
        foreach (var (name, forEach) in new (string, ForEach?)[] { ("one thread", null), ("all cores ", PlanRun.InParallel(0)) }) Full(fleet, setpoints, name, forEach, draw);
        Incremental(fleet, vehicles, draw);
        using var self = Process.GetCurrentProcess();
        Print($"{self.PeakWorkingSet64 / 1048576.0:0} MB peak");
    }

    private static void Full(FleetDispatch fleet, int[] setpoints, string name, ForEach? forEach, Random draw)
    {
        var (best, error, cpu) = (double.MaxValue, 0L, 0.0);
        for (var n = 0; n < Fills; n++)
        {
            var target = fleet.City.LowerW + (long)(draw.NextDouble() * (fleet.City.UpperW - fleet.City.LowerW));
            var (_, effort) = Effort.Of(() =>
            {
                fleet.Sum(forEach);
                return fleet.Fill(target, setpoints, forEach);
            });
            (best, cpu, error) = (Math.Min(best, effort.WallSeconds), cpu + effort.CpuSeconds, Math.Max(error, Math.Abs(setpoints.Sum(w => (long)w) - target)));
        }

        Print($"full, {name}    {1e3 * best:0.00} ms best of {Fills}, {1e3 * cpu / Fills:0.00} ms CPU in the mean; error of the sum {error} W");
    }

    /// <summary>A telemetry value of one vehicle and the new threshold, a thousand at a time.</summary>
    private static void Incremental(FleetDispatch fleet, int vehicles, Random draw)
    {
        var rooms = Enumerable.Range(0, Updates).Select(_ => (At: draw.Next(vehicles), Room: Drawn(draw))).ToArray();
        var target = (fleet.City.LowerW + fleet.City.UpperW) / 2;
        var (best, slots) = (double.MaxValue, 0L);
        foreach (var batch in rooms.Chunk(1000))
        {
            var (_, effort) = Effort.Of(() =>
            {
                foreach (var (at, room) in batch)
                {
                    fleet.Update(at, room);
                    slots += fleet.City.Find(target).Slot;
                }

                return slots;
            });
            best = Math.Min(best, effort.WallSeconds / batch.Length);
        }

        Print($"one value and the new threshold    {1e6 * best:0.0} us, best thousand of {Updates}");
    }

    /// <summary>7 to 60 kW, seven in ten both ways, near full or at the floor now and then.</summary>
    private static ParticipantRoom Drawn(Random draw)
    {
        var rating = draw.Next(4) switch { 0 => 7_000, 1 => 11_000, 2 => 20_000, _ => 60_000 };
        var lower = draw.NextDouble() < 0.7 ? -(int)(rating * Math.Min(1, 2 * draw.NextDouble())) : 0;
        var upper = (int)(rating * Math.Min(1, 4 * draw.NextDouble()));
        return new ParticipantRoom(lower, upper, Key(draw), Key(draw));
    }

    private static ushort Key(Random draw) => DispatchKey.Of(16 * draw.NextDouble(), draw.NextDouble(), draw.NextDouble() - 0.5).Value;

    /// <summary>A tight station takes 8 kW and gives 4 kW for each of its vehicles; another takes and gives all.</summary>
    private static PowerLimit[] Limits(int stations, double each, double tight, Random draw) =>
        [.. Enumerable.Range(0, stations).Select(_ => draw.NextDouble() < tight ? new PowerLimit((long)(8_000 * each), (long)(4_000 * each)) : new PowerLimit((long)(60_000 * (each + 1)), (long)(60_000 * (each + 1))))];

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
