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

/// <summary>
/// Bounded; highest priority first, first come first within one; a newer call replaces a waiting one with the same key, in its place. Nobody waits for a
/// call: whoever adds the first one is told to send until the queue is empty, so a silent connection costs nothing.
/// </summary>
internal sealed class CallQueue(int most)
{
    private readonly Lock gate = new();
    private List<PendingCall>? waiting; // by priority, then by arrival; at most `most`
    private bool sending = true; // from the start: what was added before waits for the first to take
    private bool closed;

    /// <returns>True when the caller must begin to send: until <see cref="Take"/> says null.</returns>
    internal bool Add(PendingCall call)
    {
        PendingCall? loser = null;
        var (status, begin) = (CallStatus.Superseded, false);
        lock (gate)
        {
            waiting ??= [];
            var same = call.CoalesceBy is null ? -1 : waiting.FindIndex(w => w.Priority == call.Priority && w.CoalesceBy == call.CoalesceBy);
            if (closed) (loser, status) = (call, CallStatus.Closed);
            else if (same >= 0) (loser, waiting[same]) = (waiting[same], call);
            else if (waiting.Count >= most) (loser, status) = (call, CallStatus.QueueFull);
            else
            {
                var after = waiting.FindIndex(w => w.Priority > call.Priority);
                waiting.Insert(after < 0 ? waiting.Count : after, call);
                begin = !sending;
                sending = true;
            }
        }

        loser?.End(new RawOutcome(status));
        return begin;
    }

    /// <summary>The next call; null when none waits: then nobody sends.</summary>
    internal PendingCall? Take()
    {
        lock (gate)
        {
            if (waiting is not [var next, ..])
            {
                sending = false;
                return null;
            }

            waiting.RemoveAt(0);
            return next;
        }
    }

    internal void Close()
    {
        List<PendingCall> left;
        lock (gate)
        {
            closed = true;
            left = waiting ?? [];
            waiting = null;
        }

        foreach (var call in left) call.End(new RawOutcome(CallStatus.Closed));
    }
}
