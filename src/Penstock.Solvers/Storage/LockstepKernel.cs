using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Penstock.Solvers.Fleet;

namespace Penstock.Solvers.Storage;

/// <summary>
/// <see cref="StorageKernel"/> in single precision for one group of lanes at once, one price for both directions less a fee per kWh discharged. The value function of each lane is a sorted list of slopes with the energy
/// at which each ends; all lanes use the same slots, so inserting a step's two segments is one branch-free sweep: a slot keeps its segment where it lies below the new one and takes its
/// neighbour's above. Slots that are dead in every lane fall off both ends. Each lane's numbers are the same whatever the other lanes hold. One instance per thread; allocates nothing.
/// </summary>
/// <remarks>
/// With slopes a and ends p, inserting (x, length C) and cutting C off the left: a'[j] = max(a[j-1], min(x, a[j])), p'[j] = max(p[j] - C, 0) where a[j] is at most x, else p[j-1]. Inserting
/// (x, D) and cutting the right at W: p'[j] = p[j] where a[j] is at most x, else min(p[j-1] + D, W). The end of the last segment at most x is the policy's threshold.
/// </remarks>
internal sealed class LockstepKernel
{
    private readonly LaneFleet lanes;
    private readonly float perHour;
    private readonly float[]? fee;
    private readonly Vector<float>[] slopes;
    private readonly Vector<float>[] ends;
    private readonly Vector<float>[] chargeUpTo;
    private readonly Vector<float>[] dischargeDownTo;

    /// <param name="fee">Per kWh discharged at the grid side, per step; null = none.</param>
    internal LockstepKernel(LaneFleet lanes, int steps, double stepHours, double[]? fee = null)
    {
        this.lanes = lanes;
        this.fee = fee is null ? null : Array.ConvertAll(fee, f => (float)f);
        perHour = (float)(1 / stepHours);
        slopes = new Vector<float>[(2 * steps) + 6];
        ends = new Vector<float>[(2 * steps) + 6];
        chargeUpTo = new Vector<float>[steps];
        dischargeDownTo = new Vector<float>[steps];
        Power = new Vector<float>[steps];
    }

    /// <summary>Net kW of the last run, written in the steps of the group's span.</summary>
    internal Vector<float>[] Power { get; }

    /// <summary>Wear, shortfall, salvage and fees of the last run, per lane; energy is not in it.</summary>
    internal Vector<float> OwnCost { get; private set; }

    /// <summary>Energy stored above the floor at the end of the last run.</summary>
    internal Vector<float> EnergyEnd { get; private set; }

    /// <summary>Runs a group against prices per kWh, one per step.</summary>
    /// <returns>False where a lane would gain by charging and discharging at once; nothing is written then, and <see cref="StorageKernel"/> has to do it.</returns>
    internal bool Run(int group, ReadOnlySpan<float> price)
    {
        if (lanes.BothWays[group])
        {
            if (!BackwardBothWays(group, price)) return false;
            ForwardBothWays(group);
        }
        else
        {
            BackwardCharging(group, price);
            ForwardCharging(group);
        }

        return true;
    }

    private static ref Vector<float> At(Vector<float>[] array, int index) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), index);

    private Vector<float> Lane(float[] array, int group) => Vector.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(array), (nuint)(group * LaneFleet.Width));

    private int AtDeparture(int group)
    {
        var (target, room) = (Vector.MaxNative(Vector<float>.Zero, Vector.MinNative(Lane(lanes.Target, group), Lane(lanes.Room, group))), Lane(lanes.Room, group));
        (slopes[0], ends[0]) = (-Lane(lanes.Shortfall, group), target);
        (slopes[1], ends[1]) = (-Lane(lanes.Salvage, group), room);
        return 2;
    }

    private bool BackwardBothWays(int group, ReadOnlySpan<float> price)
    {
        var (arrival, departure, room) = (Lane(lanes.Arrival, group), Lane(lanes.Departure, group), Lane(lanes.Room, group));
        var (into, outOf, bought, sold, wear) = (Lane(lanes.Into, group), Lane(lanes.OutOf, group), Lane(lanes.BoughtPerStored, group), Lane(lanes.SoldPerDrawn, group), Lane(lanes.Wear, group));
        var discharges = Vector.GreaterThan(outOf, Vector<float>.Zero);
        var (first, end) = (0, AtDeparture(group));
        for (int t = lanes.End[group] - 1, least = lanes.First[group]; t >= least; t--)
        {
            var (step, at) = (new Vector<float>(t), new Vector<float>(price[t]));
            var here = Vector.LessThan(step, departure) & Vector.GreaterThanOrEqual(step, arrival);
            var giving = here & discharges;
            var charge = Vector.ConditionalSelect(here, -at * bought, new Vector<float>(float.NegativeInfinity));
            var discharge = Vector.ConditionalSelect(giving, wear - ((fee is null ? at : at - new Vector<float>(fee[t])) * sold), new Vector<float>(float.PositiveInfinity));
            if (Vector.LessThanAny(discharge, charge)) return false;
            At(slopes, end) = At(slopes, end + 1) = new Vector<float>(float.PositiveInfinity);
            At(ends, end) = At(ends, end + 1) = room;
            InsertBoth(
                ref At(slopes, first), ref At(ends, first), end + 2 - first, charge, Vector.ConditionalSelect(here, into, Vector<float>.Zero), discharge,
                Vector.ConditionalSelect(giving, outOf, Vector<float>.Zero), room, ref At(chargeUpTo, t), ref At(dischargeDownTo, t));
            end += 2;
            while (first < end - 1 && Vector.LessThanOrEqualAll(At(ends, first), Vector<float>.Zero)) first++;
            while (end > first + 1 && Vector.GreaterThanOrEqualAll(At(ends, end - 2), room)) end--;
        }

        return true;
    }

    private void BackwardCharging(int group, ReadOnlySpan<float> price)
    {
        var (arrival, departure, room, into, bought) = (Lane(lanes.Arrival, group), Lane(lanes.Departure, group), Lane(lanes.Room, group), Lane(lanes.Into, group), Lane(lanes.BoughtPerStored, group));
        var (first, end) = (0, AtDeparture(group));
        for (int t = lanes.End[group] - 1, least = lanes.First[group]; t >= least; t--)
        {
            var step = new Vector<float>(t);
            var here = Vector.LessThan(step, departure) & Vector.GreaterThanOrEqual(step, arrival);
            var charge = Vector.ConditionalSelect(here, -new Vector<float>(price[t]) * bought, new Vector<float>(float.NegativeInfinity));
            At(slopes, end) = new Vector<float>(float.PositiveInfinity);
            At(ends, end) = room;
            InsertCharge(ref At(slopes, first), ref At(ends, first), end + 1 - first, charge, Vector.ConditionalSelect(here, into, Vector<float>.Zero), ref At(chargeUpTo, t));
            end++;
            while (first < end - 1 && Vector.LessThanOrEqualAll(At(ends, first), Vector<float>.Zero)) first++;
            while (end > first + 1 && Vector.GreaterThanOrEqualAll(At(ends, end - 2), room)) end--;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // a call in the loop's method would make the compiler spill its vectors
    private static void InsertBoth(
        ref Vector<float> slopes, ref Vector<float> ends, int count, Vector<float> charge, Vector<float> into, Vector<float> discharge, Vector<float> outOf, Vector<float> room,
        ref Vector<float> chargeUpTo, ref Vector<float> dischargeDownTo)
    {
        var zero = Vector<float>.Zero;
        Vector<float> slopeBefore = new(float.NegativeInfinity), endBefore = zero, slopeBetween = slopeBefore, endBetween = zero, upTo = zero, downTo = zero;
        for (var j = 0; j < count; j++)
        {
            var (slope, end) = (Unsafe.Add(ref slopes, j), Unsafe.Add(ref ends, j));
            var below = Vector.LessThanOrEqual(slope, charge);
            var slopeNext = Vector.MaxNative(slopeBefore, Vector.MinNative(charge, slope));
            var endNext = Vector.ConditionalSelect(below, Vector.MaxNative(end - into, zero), endBefore);
            upTo = Vector.ConditionalSelect(below, end, upTo);
            (slopeBefore, endBefore) = (slope, end);
            below = Vector.LessThanOrEqual(slopeNext, discharge);
            Unsafe.Add(ref slopes, j) = Vector.MaxNative(slopeBetween, Vector.MinNative(discharge, slopeNext));
            Unsafe.Add(ref ends, j) = Vector.ConditionalSelect(below, endNext, Vector.MinNative(endBetween + outOf, room));
            downTo = Vector.ConditionalSelect(below, endNext, downTo);
            (slopeBetween, endBetween) = (slopeNext, endNext);
        }

        (chargeUpTo, dischargeDownTo) = (upTo, downTo);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void InsertCharge(ref Vector<float> slopes, ref Vector<float> ends, int count, Vector<float> charge, Vector<float> into, ref Vector<float> chargeUpTo)
    {
        var zero = Vector<float>.Zero;
        Vector<float> slopeBefore = new(float.NegativeInfinity), endBefore = zero, upTo = zero;
        for (var j = 0; j < count; j++)
        {
            var (slope, end) = (Unsafe.Add(ref slopes, j), Unsafe.Add(ref ends, j));
            var below = Vector.LessThanOrEqual(slope, charge);
            Unsafe.Add(ref slopes, j) = Vector.MaxNative(slopeBefore, Vector.MinNative(charge, slope));
            Unsafe.Add(ref ends, j) = Vector.ConditionalSelect(below, Vector.MaxNative(end - into, zero), endBefore);
            upTo = Vector.ConditionalSelect(below, end, upTo);
            (slopeBefore, endBefore) = (slope, end);
        }

        chargeUpTo = upTo;
    }

    private void ForwardBothWays(int group)
    {
        var (arrival, departure, into, outOf) = (Lane(lanes.Arrival, group), Lane(lanes.Departure, group), Lane(lanes.Into, group), Lane(lanes.OutOf, group));
        var (bought, sold, hours) = (Lane(lanes.BoughtPerStored, group), Lane(lanes.SoldPerDrawn, group), new Vector<float>(perHour));
        var (energy, drawnInAll, fees) = (Lane(lanes.Start, group), Vector<float>.Zero, Vector<float>.Zero);
        for (int t = lanes.First[group], end = lanes.End[group]; t < end; t++)
        {
            var step = new Vector<float>(t);
            var here = Vector.LessThan(step, departure) & Vector.GreaterThanOrEqual(step, arrival);
            var charged = Vector.ConditionalSelect(here, Vector.MaxNative(Vector.MinNative(into, At(chargeUpTo, t) - energy), Vector<float>.Zero), Vector<float>.Zero);
            var drawn = Vector.ConditionalSelect(here, Vector.MaxNative(Vector.MinNative(outOf, energy - At(dischargeDownTo, t)), Vector<float>.Zero), Vector<float>.Zero);
            energy += charged - drawn;
            drawnInAll += drawn;
            At(Power, t) = ((charged * bought) - (drawn * sold)) * hours;
            if (fee is not null) fees += drawn * sold * fee[t];
        }

        Close(group, energy, (Lane(lanes.Wear, group) * drawnInAll) + fees);
    }

    private void ForwardCharging(int group)
    {
        var (arrival, departure, into) = (Lane(lanes.Arrival, group), Lane(lanes.Departure, group), Lane(lanes.Into, group));
        var (kilowatts, energy) = (Lane(lanes.BoughtPerStored, group) * perHour, Lane(lanes.Start, group));
        for (int t = lanes.First[group], end = lanes.End[group]; t < end; t++)
        {
            var step = new Vector<float>(t);
            var here = Vector.LessThan(step, departure) & Vector.GreaterThanOrEqual(step, arrival);
            var charged = Vector.ConditionalSelect(here, Vector.MaxNative(Vector.MinNative(into, At(chargeUpTo, t) - energy), Vector<float>.Zero), Vector<float>.Zero);
            energy += charged;
            At(Power, t) = charged * kilowatts;
        }

        Close(group, energy, Vector<float>.Zero);
    }

    private void Close(int group, Vector<float> energy, Vector<float> wear)
    {
        var missing = Lane(lanes.Target, group) - energy;
        OwnCost = wear + (Lane(lanes.Shortfall, group) * Vector.MaxNative(missing, Vector<float>.Zero)) + (Lane(lanes.Salvage, group) * Vector.MinNative(missing, Vector<float>.Zero));
        EnergyEnd = energy;
    }
}
