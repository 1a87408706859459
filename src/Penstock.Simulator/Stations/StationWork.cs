namespace Penstock.Simulator.Stations;

/// <summary>Counts what stations with a link still have to say; an accelerated clock waits for zero.</summary>
public sealed class StationWork
{
    private long count;
    private long messages;

    public long Count => Interlocked.Read(ref count);

    /// <summary>Frames that stations sent or received.</summary>
    public long Messages => Interlocked.Read(ref messages);

    internal void Begin() => Interlocked.Increment(ref count);

    internal void End() => Interlocked.Decrement(ref count);

    internal void Change(int by) => Interlocked.Add(ref count, by);

    internal void Frame() => Interlocked.Increment(ref messages);
}
