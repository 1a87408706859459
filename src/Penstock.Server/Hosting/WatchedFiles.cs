namespace Penstock.Server.Hosting;

/// <summary>
/// What files say now. They are looked at again when asked and the last look is older than <paramref name="every"/>; who asks meanwhile gets what was in force. Content
/// that cannot be read leaves the last good one in force and is told once per change.
/// </summary>
/// <param name="paths">Of all files, in a fixed order; may change.</param>
/// <param name="read">From what was in force; null at the first reading, whose exceptions are thrown to who asked.</param>
internal sealed class WatchedFiles<T>(Func<IEnumerable<string>> paths, Func<T?, T> read, Action<Exception> unreadable, TimeSpan every)
    where T : class
{
    /// <summary>For what decides on handshakes: longest time from a change of a file to the first one that sees it.</summary>
    internal static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private string stamp = Stamp(paths());
    private T current = read(null);
    private long lookedAt = TimeProvider.System.GetTimestamp();

    /// <summary>Called after files were read again; set once by who keeps what follows from them.</summary>
    internal Action Changed { get; set; } = () => { };

    internal T Current
    {
        get
        {
            var looked = Interlocked.Read(ref lookedAt);
            if (TimeProvider.System.GetElapsedTime(looked) >= every && Interlocked.CompareExchange(ref lookedAt, TimeProvider.System.GetTimestamp(), looked) == looked) Look(always: false);
            return Volatile.Read(ref current);
        }
    }

    /// <summary>Reads now, changed or not.</summary>
    internal T Reload()
    {
        Look(always: true);
        return Volatile.Read(ref current);
    }

    private void Look(bool always)
    {
        lock (gate)
        {
            try
            {
                var now = Stamp(paths());
                if (!always && now == stamp) return;
                stamp = now;
                Volatile.Write(ref current, read(current));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException or FormatException or ArgumentException)
            {
                unreadable(e);
                return;
            }
        }

        Changed();
    }

    private static string Stamp(IEnumerable<string> paths) => string.Join('|', paths.Select(p => new FileInfo(p)).Select(f => f.Exists ? $"{f.FullName}:{f.LastWriteTimeUtc.Ticks}:{f.Length}" : $"{f.FullName}:absent"));
}
