namespace Penstock.Server.Security;

/// <summary>
/// What files say now. They are looked at again when asked and the last look is older than <see cref="LookEvery"/>; content that cannot be read leaves
/// the last good one in force and is told once per change.
/// </summary>
internal sealed class WatchedFiles<T>
    where T : class
{
    /// <summary>Longest time from a change of a file to the first handshake that sees it.</summary>
    internal static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private readonly IReadOnlyList<string> paths;
    private readonly Func<T> read;
    private readonly Action<Exception> unreadable;
    private readonly Lock gate = new();
    private T current;
    private string stamp;
    private long lookedAt;

    /// <exception cref="Exception">What <paramref name="read"/> throws at the first reading.</exception>
    internal WatchedFiles(IReadOnlyList<string> paths, Func<T> read, Action<Exception> unreadable)
    {
        (this.paths, this.read, this.unreadable) = (paths, read, unreadable);
        (stamp, lookedAt) = (Stamp(), TimeProvider.System.GetTimestamp());
        current = read();
    }

    internal T Current
    {
        get
        {
            lock (gate)
            {
                if (paths.Count == 0 || TimeProvider.System.GetElapsedTime(lookedAt) < LookEvery) return current;
                lookedAt = TimeProvider.System.GetTimestamp();
                if (Stamp() is var now && now != stamp) Read(now);
                return current;
            }
        }
    }

    private void Read(string now)
    {
        stamp = now;
        try
        {
            current = read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException or FormatException or ArgumentException)
        {
            unreadable(e);
        }
    }

    private string Stamp() => string.Join('|', paths.Select(p => File.Exists(p) ? $"{File.GetLastWriteTimeUtc(p).Ticks}:{new FileInfo(p).Length}" : "absent"));
}
