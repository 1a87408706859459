using NodaTime;

namespace Penstock.Core.Time;

/// <summary>Planning time: <paramref name="Count"/> slots of equal length from <paramref name="Start"/>; slot k is [Start + k Slot, Start + (k+1) Slot).</summary>
public readonly record struct TimeGrid(Instant Start, Duration Slot, int Count)
{
    public Instant End => Start + (Slot * Count);

    public double SlotHours => Slot.TotalHours;

    public static Duration QuarterHour => Duration.FromMinutes(15);

    public Instant StartOf(int slot) => Start + (Slot * slot);

    public Interval IntervalOf(int slot) => new(StartOf(slot), StartOf(slot + 1));

    /// <summary>The slot that holds <paramref name="at"/>; null outside [Start, End).</summary>
    public int? SlotAt(Instant at) => at < Start || at >= End ? null : (int)((at - Start) / Slot);

    /// <summary>The first slot that starts at or after <paramref name="at"/>, cut to 0..Count.</summary>
    public int SlotFrom(Instant at) => (int)Math.Clamp(Math.Ceiling((at - Start) / Slot), 0, Count);

    /// <summary>The grid of <paramref name="count"/> slots whose first slot holds <paramref name="now"/>, aligned to whole slots since the epoch.</summary>
    public static TimeGrid Holding(Instant now, Duration slot, int count)
    {
        var ticks = now.ToUnixTimeTicks();
        var slotTicks = slot.BclCompatibleTicks;
        var whole = ticks - (((ticks % slotTicks) + slotTicks) % slotTicks);
        return new TimeGrid(Instant.FromUnixTimeTicks(whole), slot, count);
    }
}
