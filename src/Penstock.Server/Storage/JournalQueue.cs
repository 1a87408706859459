namespace Penstock.Server.Storage;

/// <summary>Many callers, one thread that takes all there is. At most <paramref name="most"/> wait; callers wait above it.</summary>
internal sealed class JournalQueue<T>(int most) : IDisposable
{
    private readonly object gate = new();
    private readonly SemaphoreSlim room = new(most);
    private List<T> waiting = [];
    private bool closed;

    internal ValueTask AddAsync(T item, CancellationToken cancellationToken)
    {
        if (!room.Wait(0, CancellationToken.None)) return LaterAsync(item, cancellationToken);
        Put(item);
        return ValueTask.CompletedTask;
    }

    /// <summary>Swaps what waits for the empty <paramref name="taken"/>. Blocks until there is something, at most for <paramref name="patience"/>.</summary>
    /// <returns>False once the queue is closed and empty.</returns>
    internal bool Take(ref List<T> taken, TimeSpan patience)
    {
        lock (gate)
        {
            if (waiting.Count == 0 && !closed) Monitor.Wait(gate, patience);
            if (waiting.Count == 0) return !closed;
            (taken, waiting) = (waiting, taken);
        }

        room.Release(taken.Count);
        return true;
    }

    internal void Close()
    {
        lock (gate)
        {
            closed = true;
            Monitor.Pulse(gate);
        }
    }

    public void Dispose() => room.Dispose();

    private async ValueTask LaterAsync(T item, CancellationToken cancellationToken)
    {
        await room.WaitAsync(cancellationToken);
        Put(item);
    }

    /// <exception cref="ObjectDisposedException">The journal is closing: what comes now is told nothing and is repeated.</exception>
    private void Put(T item)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closed, this);
            waiting.Add(item);
            if (waiting.Count == 1) Monitor.Pulse(gate);
        }
    }
}
