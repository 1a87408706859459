namespace Penstock.Ocpp.Rpc;

/// <summary>A call that waits for the wire or for its answer.</summary>
internal sealed class PendingCall(string id, ReadOnlyMemory<byte> frame, CallPriority priority, string? coalesceBy, TimeSpan timeout, Action? sent = null)
{
    private readonly TaskCompletionSource<RawOutcome> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal string Id => id;

    internal ReadOnlyMemory<byte> Frame => frame;

    internal CallPriority Priority => priority;

    internal string? CoalesceBy => coalesceBy;

    internal TimeSpan Timeout => timeout;

    /// <summary>Told once the frame is on the wire.</summary>
    internal Action? Sent => sent;

    internal Task<RawOutcome> Outcome => done.Task;

    internal bool End(RawOutcome outcome) => done.TrySetResult(outcome);
}

/// <summary>Bounded; highest priority first, first come first within one; a newer call replaces a waiting one with the same key, in its place.</summary>
internal sealed class CallQueue(int most)
{
    private readonly LinkedList<PendingCall>[] waiting = [.. Enum.GetValues<CallPriority>().Select(_ => new LinkedList<PendingCall>())];
    private readonly Lock gate = new();
    private readonly SemaphoreSlim available = new(0);
    private int count;
    private bool closed;

    internal void Add(PendingCall call)
    {
        PendingCall? loser = null;
        var status = CallStatus.Superseded;
        lock (gate)
        {
            var line = waiting[(int)call.Priority];
            var same = call.CoalesceBy is null ? null : Find(line, call.CoalesceBy);
            if (closed) (loser, status) = (call, CallStatus.Closed);
            else if (same is not null) (loser, same.Value) = (same.Value, call);
            else if (count >= most) (loser, status) = (call, CallStatus.QueueFull);
            else
            {
                line.AddLast(call);
                count++;
                available.Release();
            }
        }

        loser?.End(new RawOutcome(status));
    }

    internal async Task<PendingCall> TakeAsync(CancellationToken cancellationToken)
    {
        await available.WaitAsync(cancellationToken);
        lock (gate)
        {
            var line = waiting.First(l => l.Count > 0);
            var call = line.First!.Value;
            line.RemoveFirst();
            count--;
            return call;
        }
    }

    internal void Close()
    {
        List<PendingCall> left;
        lock (gate)
        {
            closed = true;
            left = [.. waiting.SelectMany(l => l)];
            foreach (var line in waiting) line.Clear();
            count = 0;
        }

        foreach (var call in left) call.End(new RawOutcome(CallStatus.Closed));
    }

    private static LinkedListNode<PendingCall>? Find(LinkedList<PendingCall> line, string key)
    {
        for (var node = line.First; node is not null; node = node.Next)
        {
            if (node.Value.CoalesceBy == key) return node;
        }

        return null;
    }
}
