using System.Numerics;
using System.Runtime.InteropServices;

namespace Penstock.Solvers.Allocation;

/// <summary>
/// The room of a group of participants, summed by key. Room between the least power and rest lies in the first 4,096 slots, by discharge key; room between rest and
/// the largest power in the 4,096 after them, by charge key. Power rises slot by slot, so nobody charges above its least power while another still discharges.
/// </summary>
/// <remarks>Whole watts in 64 bits: sums are exact in any order, so adding and taking away for years leaves no drift, and a billion participants of a megawatt fit.</remarks>
public sealed class RoomBins
{
    /// <summary>Values of a key: 12 bits.</summary>
    public const int Keys = 4096;

    /// <summary>Slots of the fill order: discharge keys, then charge keys.</summary>
    public const int Slots = 2 * Keys;

    private readonly long[] room = new long[Slots];
    private long roomBelow;
    private long roomAbove;

    /// <summary>Sum of the least powers, W.</summary>
    public long LowerW { get; internal set; }

    /// <summary>Sum of the largest powers, W.</summary>
    public long UpperW => LowerW + roomBelow + roomAbove;

    public ReadOnlySpan<long> RoomW => room;

    internal void Add(int slot, long watts)
    {
        room[slot] += watts;
        if (slot < Keys) roomBelow += watts;
        else roomAbove += watts;
    }

    /// <summary>The bins themselves for a pass over many participants, which ends with <see cref="Count"/>.</summary>
    internal Span<long> Open() => room;

    internal void Count(long lowerW, long belowW, long aboveW)
    {
        LowerW += lowerW;
        roomBelow += belowW;
        roomAbove += aboveW;
    }

    /// <summary>What the group has taken where the slots below <paramref name="slot"/> are full. O(slots).</summary>
    internal long FilledW(int slot)
    {
        var sum = LowerW;
        var from = 0;
        if (slot >= Keys) (sum, from) = (sum + roomBelow, Keys);
        for (var s = from; s < slot; s++) sum += room[s];
        return sum;
    }

    internal void Clear()
    {
        Array.Clear(room);
        (LowerW, roomBelow, roomAbove) = (0, 0, 0);
    }

    /// <summary>Adds (or with -1 takes away) the room of <paramref name="other"/> that limits of its subtree leave: nothing below the first, nothing above the second.</summary>
    internal void Add(RoomBins other, long leastW, long mostW, int sign)
    {
        var (open, left) = (leastW - other.LowerW, mostW - leastW);
        LowerW += sign * leastW;
        if (open == 0 && mostW == other.UpperW)
        {
            AddUncut(other, sign);
            return;
        }

        for (var s = 0; s < Slots && left > 0; s++)
        {
            var (head, here) = (Math.Min(open, other.room[s]), other.room[s]);
            open -= head;
            var taken = Math.Min(here - head, left);
            left -= taken;
            if (taken > 0) Add(s, sign * taken);
        }
    }

    /// <summary>The slot and the part of it at which the sum is <paramref name="targetW"/>. O(slots).</summary>
    public Threshold Find(long targetW)
    {
        var target = Math.Clamp(targetW, LowerW, UpperW);
        var open = target - LowerW;
        var slot = 0;
        if (open >= roomBelow) (slot, open) = (Keys, open - roomBelow);
        while (slot < Slots && room[slot] <= open) open -= room[slot++];
        return new Threshold(slot, open, slot < Slots ? room[slot] : 0, targetW - target);
    }

    private void AddUncut(RoomBins other, int sign)
    {
        var to = MemoryMarshal.Cast<long, Vector<long>>(room.AsSpan());
        var from = MemoryMarshal.Cast<long, Vector<long>>(other.room.AsSpan());
        for (var s = 0; s < to.Length; s++) to[s] = sign > 0 ? to[s] + from[s] : to[s] - from[s];
        roomBelow += sign * other.roomBelow;
        roomAbove += sign * other.roomAbove;
    }
}

/// <summary>Where the fill stops: slots below <paramref name="Slot"/> are full, those above empty, and <paramref name="OpenW"/> of the <paramref name="RoomW"/> in it are used.</summary>
/// <param name="Slot">0 to <see cref="RoomBins.Slots"/>; the last means that all is full.</param>
/// <param name="SaturationW">What was asked minus what the bounds allow; 0 within them.</param>
public readonly record struct Threshold(int Slot, long OpenW, long RoomW, long SaturationW)
{
    /// <summary>Used part of the marginal slot, 0 to below 1.</summary>
    public double Fraction => RoomW > 0 ? (double)OpenW / RoomW : 0;

    /// <summary>
    /// The same part as a binary fraction of 2^64, rounded up: floor(room * it / 2^64) is <see cref="OpenW"/> exactly for the whole room (OpenW &lt; RoomW &lt; 2^63),
    /// never falls as room is added up, and gives no participant more than its room.
    /// </summary>
    internal ulong Part => RoomW > 0 ? (ulong)((((UInt128)(ulong)OpenW << 64) + (ulong)(RoomW - 1)) / (ulong)RoomW) : 0;
}
