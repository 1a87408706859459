using System.Numerics;
using Penstock.Solvers.Storage;

namespace Penstock.Solvers.Fleet;

/// <summary>What a cell does against a price.</summary>
/// <param name="Own">Wear + shortfall - salvage - subsidies + discharge fees; energy is not in it.</param>
/// <param name="Slack">How much less than own cost and energy together no schedule of the cell can cost: 0 unless charging and discharging at once would pay.</param>
internal readonly record struct CellCost(double Own, double Slack)
{
    public static CellCost operator +(CellCost a, CellCost b) => new(a.Own + b.Own, a.Slack + b.Slack);
}

/// <summary>
/// The best responses of a cell's vehicles to a price per kWh, the same for both directions. Events: a vehicle takes part or not, each choice is a kernel run with the subsidy added to the price
/// in the window; the best one is exact, because max(0, x) is the larger of the two (net rule). One instance per thread.
/// </summary>
internal sealed class CellKernel
{
    private readonly FleetCells cells;
    private readonly FleetProblem problem;
    private readonly LaneFleet lanes;
    private readonly LockstepKernel lockstep;
    private readonly float[] plain;
    private readonly float[] subsidised;
    private readonly Vector<float>[] best;
    private readonly StayKernel stay;

    internal CellKernel(FleetCells cells)
    {
        (this.cells, problem, lanes) = (cells, cells.Problem, cells.Lanes);
        lockstep = new LockstepKernel(lanes, problem.Steps, problem.StepHours, problem.DischargeFee);
        (plain, subsidised) = (new float[problem.Steps], new float[problem.Steps]);
        best = new Vector<float>[problem.Steps];
        stay = new StayKernel(problem);
    }

    /// <summary>Adds the cell's expected net kW to <paramref name="load"/>.</summary>
    internal CellCost Sum(int cell, ReadOnlySpan<double> price, Span<double> load)
    {
        Cast(price);
        var cost = default(CellCost);
        for (var g = cells.FirstGroup(cell); g < cells.EndGroup(cell); g++)
        {
            if (Run(g, out var own) is { } power)
            {
                for (int t = lanes.First[g], end = lanes.End[g]; t < end; t++) load[t] += Sum(power[t]);
                cost += new CellCost(Sum(own), 0);
                continue;
            }

            for (var s = g * LaneFleet.Width; s < (g + 1) * LaneFleet.Width && lanes.VehicleAt[s] >= 0; s++) cost += Alone(lanes.VehicleAt[s], price, load);
        }

        foreach (var i in cells.Special(cell)) cost += Alone(i, price, load);
        return cost;
    }

    /// <summary>Writes the expected net kW of each vehicle's stay and its own cost, in the order of <see cref="FleetCells.Vehicles"/>.</summary>
    /// <returns>The slack of the cell.</returns>
    internal double Each(int cell, ReadOnlySpan<double> price, Span<float> schedules, Span<double> own)
    {
        Cast(price);
        var (slack, offsets, place) = (0.0, cells.Offsets(cell), 0);
        for (var g = cells.FirstGroup(cell); g < cells.EndGroup(cell); g++)
        {
            if (Run(g, out var costs) is not { } power)
            {
                for (var s = g * LaneFleet.Width; s < (g + 1) * LaneFleet.Width && lanes.VehicleAt[s] >= 0; s++, place++) slack += Alone(lanes.VehicleAt[s], price, schedules[offsets[place]..offsets[place + 1]], out own[place]);
                continue;
            }

            for (var lane = 0; lane < LaneFleet.Width && lanes.VehicleAt[(g * LaneFleet.Width) + lane] is >= 0 and var i; lane++, place++)
            {
                var mine = schedules[offsets[place]..offsets[place + 1]];
                for (int t = 0, arrival = problem.Vehicles.Arrival[i]; t < mine.Length; t++) mine[t] = power[arrival + t][lane];
                own[place] = costs[lane];
            }
        }

        foreach (var i in cells.Special(cell))
        {
            slack += Alone(i, price, schedules[offsets[place]..offsets[place + 1]], out own[place]);
            place++;
        }

        return slack;
    }

    private static double Sum(Vector<float> lanes)
    {
        Vector.Widen(lanes, out var low, out var high);
        return Vector.Sum(low + high);
    }

    private void Cast(ReadOnlySpan<double> price)
    {
        for (var t = 0; t < plain.Length; t++) plain[t] = (float)price[t];
    }

    /// <returns>The group's net kW per step; null where a lane would pump.</returns>
    private Vector<float>[]? Run(int group, out Vector<float> own)
    {
        var events = lanes.BothWays[group] ? Overlapping(lanes.First[group], lanes.End[group]) : 0;
        if (events == 0)
        {
            var done = lockstep.Run(group, plain);
            own = lockstep.OwnCost;
            return done ? lockstep.Power : null;
        }

        own = Vector<float>.Zero;
        var least = new Vector<float>(float.PositiveInfinity);
        for (var choice = 0; choice < 1 << problem.Events.Length; choice++)
        {
            if ((choice & ~events) != 0) continue;
            Subsidise(choice);
            if (!lockstep.Run(group, subsidised)) return null;
            var mine = lockstep.OwnCost - Subsidies(group);
            var all = mine + Energy(group);
            var better = Vector.LessThan(all, least);
            least = Vector.ConditionalSelect(better, all, least);
            own = Vector.ConditionalSelect(better, mine, own);
            for (int t = lanes.First[group], end = lanes.End[group]; t < end; t++) best[t] = Vector.ConditionalSelect(better, lockstep.Power[t], best[t]);
        }

        return best;
    }

    private int Overlapping(int first, int end)
    {
        var result = 0;
        for (var e = 0; e < problem.Events.Length; e++) if (problem.Events[e].First < end && problem.Events[e].Last >= first) result |= 1 << e;
        return result;
    }

    private void Subsidise(int choice)
    {
        plain.CopyTo(subsidised, 0);
        for (var e = 0; e < problem.Events.Length; e++)
        {
            if ((choice & (1 << e)) == 0) continue;
            for (var t = problem.Events[e].First; t <= problem.Events[e].Last; t++) subsidised[t] += (float)problem.Events[e].SubsidyPerKilowattHour;
        }
    }

    private Vector<float> Subsidies(int group)
    {
        var result = Vector<float>.Zero;
        foreach (var one in problem.Events)
        {
            var net = Vector<float>.Zero;
            for (var t = Math.Max(one.First, lanes.First[group]); t <= one.Last && t < lanes.End[group]; t++) net -= lockstep.Power[t];
            result += Vector.MaxNative(net, Vector<float>.Zero) * (float)(one.SubsidyPerKilowattHour * problem.StepHours);
        }

        return result;
    }

    private Vector<float> Energy(int group)
    {
        var result = Vector<float>.Zero;
        for (int t = lanes.First[group], end = lanes.End[group]; t < end; t++) result += lockstep.Power[t] * plain[t];
        return result * (float)problem.StepHours;
    }

    private CellCost Alone(int vehicle, ReadOnlySpan<double> price, Span<double> load)
    {
        var cost = stay.Respond(vehicle, price);
        for (var t = 0; t < stay.Expected.Length; t++) load[problem.Vehicles.Arrival[vehicle] + t] += stay.Expected[t];
        return cost;
    }

    private double Alone(int vehicle, ReadOnlySpan<double> price, Span<float> schedule, out double own)
    {
        var cost = stay.Respond(vehicle, price);
        for (var t = 0; t < schedule.Length; t++) schedule[t] = (float)stay.Expected[t];
        own = cost.Own;
        return cost.Slack;
    }
}
