using System.Collections.Concurrent;
using System.Text;
using Penstock.Core.Sites;

namespace Penstock.Server.Gateway;

/// <summary>The latest frames of every station, for the operator's eyes; and the count of all.</summary>
public sealed class WireTrace(TimeProvider time)
{
    /// <summary>Frames kept per station.</summary>
    public const int KeptPerStation = 50;

    /// <summary>Longer frames are cut here in the trace; the wire carries them whole.</summary>
    public const int FrameCharactersMax = 4096;

    /// <summary>Stations traced; more are counted and not kept.</summary>
    public const int StationsMax = 20_000;

    private readonly ConcurrentDictionary<StationId, Queue<TracedFrame>> frames = new();
    private long total;

    public long Total => Interlocked.Read(ref total);

    public void Add(StationId station, string direction, ReadOnlyMemory<byte> frame)
    {
        Interlocked.Increment(ref total);
        if (frames.Count >= StationsMax && !frames.ContainsKey(station)) return;
        var text = Encoding.UTF8.GetString(frame.Span);
        var queue = frames.GetOrAdd(station, _ => new Queue<TracedFrame>());
        lock (queue)
        {
            queue.Enqueue(new TracedFrame(time.GetUtcNow(), direction, text.Length <= FrameCharactersMax ? text : text[..FrameCharactersMax]));
            if (queue.Count > KeptPerStation) queue.Dequeue();
        }
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<TracedFrame> Of(StationId station)
    {
        if (!frames.TryGetValue(station, out var queue)) return [];
        lock (queue) return [.. queue.Reverse()];
    }
}

public sealed record TracedFrame(DateTimeOffset At, string Direction, string Frame);
