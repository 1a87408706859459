using Penstock.Server.Gateway;

namespace Penstock.Server.Hosting;

/// <summary>
/// A crowd of handshakes leaves garbage behind, and afterwards there is too little traffic for the collector to run: once the number of stations has come to rest, the heap is compacted and what is free goes back to the
/// system. The process stands still meanwhile, a fifth of a second for 19,000 stations.
/// </summary>
internal sealed class HeapTrim(StationRegistry registry, ILogger<HeapTrim> log) : BackgroundService
{
    /// <summary>How often the number of stations is looked at.</summary>
    internal static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>Larger heaps stay as they are: compacting would take longer than a control cycle.</summary>
    internal const long HeapBytesMax = 1L << 30;

    protected override async Task ExecuteAsync(CancellationToken stop)
    {
        var rule = new TrimRule();
        using var timer = new PeriodicTimer(Every); // of the wall, whatever clock the platform runs on
        while (await timer.WaitForNextTickAsync(stop))
        {
            if (!rule.Due(registry.Count) || GC.GetTotalMemory(forceFullCollection: false) > HeapBytesMax) continue;
            var before = GC.GetTotalPauseDuration();
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            HeapTrimLog.Trimmed(log, registry.Count, (GC.GetTotalPauseDuration() - before).TotalMilliseconds);
        }
    }
}

/// <summary>When the heap is compacted: the stations have become more by <see cref="Growth"/> since the last time, and as good as none came or went since the last look.</summary>
internal struct TrimRule
{
    /// <summary>Stations, more than at the last time.</summary>
    internal const int Growth = 1_000;

    private int last, mark;

    internal bool Due(int stations)
    {
        var rests = Math.Abs(stations - last) <= stations / 100;
        last = stations;
        mark = Math.Min(mark, stations);
        if (!rests || stations < mark + Growth) return false;
        mark = stations;
        return true;
    }
}

internal static partial class HeapTrimLog
{
    [LoggerMessage(1005, LogLevel.Information, "{Stations} stations have connected; the heap was compacted in {Milliseconds:0} ms")]
    internal static partial void Trimmed(ILogger logger, int stations, double milliseconds);
}
