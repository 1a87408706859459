namespace Penstock.Ocpp.Rpc;

/// <summary>
/// Incoming messages, handled one after another in order. The first of an idle line is handled where it was read, without a hop to another thread; while one
/// takes its time the next wait, at most <paramref name="most"/>, and reading pauses above it.
/// </summary>
internal sealed class HandlerLine<T>(int most, Func<T, Task> handle)
{
    private readonly Lock gate = new();
    private Queue<T>? waiting;
    private TaskCompletionSource? room;
    private bool busy;

    /// <summary>The end of what was put so far, or its fault. Read by whoever puts.</summary>
    internal Task Done { get; private set; } = Task.CompletedTask;

    /// <returns>Completes when there is room for another one.</returns>
    internal Task PutAsync(T item)
    {
        lock (gate)
        {
            if (busy)
            {
                (waiting ??= new Queue<T>()).Enqueue(item);
                if (waiting.Count < most) return Task.CompletedTask;
                room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return room.Task;
            }

            busy = true;
        }

        Done = RunAsync(item);
        return Task.CompletedTask;
    }

    private async Task RunAsync(T item)
    {
        try
        {
            do await handle(item);
            while (Next(out item!));
        }
        catch
        {
            lock (gate)
            {
                waiting = null;
                room?.TrySetResult();
            }

            throw;
        }
    }

    private bool Next(out T? item)
    {
        lock (gate)
        {
            busy = false;
            item = default;
            if (waiting is null || !waiting.TryDequeue(out item)) return false;
            busy = true;
            room?.TrySetResult();
            room = null;
            return true;
        }
    }
}
