using System.Security.Cryptography;
using System.Text;
using Penstock.Core.Sites;

namespace Penstock.Server.Security;

/// <summary>Which password of a station was given.</summary>
public enum PasswordMatch
{
    Neither,
    Current,
    Next,

    /// <summary>Too many are being looked at; nothing is known.</summary>
    Busy,
}

/// <summary>
/// Compares with the slow hash once and remembers what was right under a key of this process: a station that reconnects costs a fast hash. A changed
/// password is a changed stored hash, which is part of what is remembered.
/// </summary>
internal sealed class PasswordCheck
{
    /// <summary>Stations whose last right password is remembered.</summary>
    internal const int RememberedMax = 20_000;

    /// <summary>Slow hashes that wait for a core; a further station comes again later.</summary>
    internal const int WaitingMax = 5_000;

    private readonly byte[] key = RandomNumberGenerator.GetBytes(32);
    private readonly RecentTable<StationId, byte[]> remembered = new(RememberedMax);
    private readonly SemaphoreSlim cores = new(Math.Max(1, Environment.ProcessorCount / 2)); // the rest plan and dispatch
    private int waiting;
    private long slow;

    /// <summary>Slow hashes so far.</summary>
    internal long Slow => Interlocked.Read(ref slow);

    internal async Task<PasswordMatch> MatchAsync(StationCredentials credentials, byte[] password, CancellationToken cancel)
    {
        if (remembered.Find(credentials.Id) is { } known)
        {
            if (Same(known, credentials.Password, password)) return PasswordMatch.Current;
            if (Same(known, credentials.Next?.Password, password)) return PasswordMatch.Next;
        }

        if (Interlocked.Increment(ref waiting) > WaitingMax)
        {
            Interlocked.Decrement(ref waiting);
            return PasswordMatch.Busy;
        }

        try
        {
            await cores.WaitAsync(cancel);
            try
            {
                return await Task.Run(() => Slowly(credentials, password), cancel);
            }
            finally
            {
                cores.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    private PasswordMatch Slowly(StationCredentials credentials, byte[] password)
    {
        foreach (var (stored, match) in new[] { (credentials.Password, PasswordMatch.Current), (credentials.Next?.Password, PasswordMatch.Next) })
        {
            if (stored is null) continue;
            Interlocked.Increment(ref slow);
            if (!PasswordHash.Parse(stored).Matches(password)) continue;
            remembered.Put(credentials.Id, Fast(stored, password));
            return match;
        }

        return PasswordMatch.Neither;
    }

    private bool Same(byte[] known, string? stored, byte[] password) => stored is not null && CryptographicOperations.FixedTimeEquals(known, Fast(stored, password));

    private byte[] Fast(string stored, byte[] password) => HMACSHA256.HashData(key, (byte[])[.. Encoding.UTF8.GetBytes(stored), 0, .. StationPassword.Canonical(password)]);
}
