namespace Penstock.Simulator.Stations;

/// <summary>What a station still has to say, in order. Bounded: above <see cref="Max"/> the oldest periodic message goes, never a start or an end of a transaction.</summary>
internal sealed class Outbox(StationWork work)
{
    /// <summary>Messages that wait while the link is down.</summary>
    internal const int Max = 10_000;

    private readonly LinkedList<Message> messages = new();
    private readonly SemaphoreSlim added = new(0);
    private readonly Lock gate = new();
    private bool online;
    private long dropped;

    /// <summary>Periodic messages that were given up.</summary>
    internal long Dropped => Interlocked.Read(ref dropped);

    internal int Count
    {
        get { lock (gate) return messages.Count; }
    }

    internal void Add(Func<StationDialect, Task<bool>> say, bool periodic)
    {
        lock (gate)
        {
            if (messages.Count >= Max) GiveUpOldest();
            messages.AddLast(new Message(say, periodic));
            if (online) work.Begin();
        }

        added.Release();
    }

    /// <summary>Without a link nothing is in flight: the clock need not wait for what cannot be said.</summary>
    internal void Online(bool linked)
    {
        lock (gate)
        {
            if (online == linked) return;
            online = linked;
            work.Change(linked ? messages.Count : -messages.Count);
        }
    }

    /// <summary>The oldest message, which stays until <see cref="Said"/>; waits for one.</summary>
    internal async Task<Message> NextAsync(CancellationToken stop)
    {
        while (true)
        {
            lock (gate)
            {
                if (messages.First is { } first) return first.Value;
            }

            await added.WaitAsync(stop);
        }
    }

    internal void Said(Message message)
    {
        lock (gate)
        {
            if (messages.Remove(message) && online) work.End();
        }
    }

    private void GiveUpOldest()
    {
        for (var node = messages.First?.Next; node is not null; node = node.Next) // the first one may be on the wire
        {
            if (!node.Value.Periodic) continue;
            messages.Remove(node);
            if (online) work.End();
            Interlocked.Increment(ref dropped);
            return;
        }
    }

    internal sealed class Message(Func<StationDialect, Task<bool>> say, bool periodic)
    {
        internal bool Periodic => periodic;

        /// <returns>True when it was answered; false = say it again.</returns>
        internal Task<bool> SayAsync(StationDialect dialect) => say(dialect);
    }
}
