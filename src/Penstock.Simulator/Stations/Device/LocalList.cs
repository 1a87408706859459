using Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Device;

/// <summary>Whom a station knows itself: the local list with its version (block D) and the cache of what the central system answered (block C).</summary>
internal sealed class LocalList
{
    /// <summary>LocalAuthListCtrlr.Entries has this as its limit.</summary>
    internal const int Max = 1000;

    private Dictionary<string, AuthorizationData> list = [];
    private readonly HashSet<string> cache = [];

    internal int Version { get; private set; }

    internal int Count => list.Count;

    internal bool Enabled { get; set; } = true;

    internal SendLocalListResponse Send(SendLocalListRequest asked)
    {
        SendLocalListResponse Failed(string code, string text) => new() { Status = SendLocalListStatus.Failed, StatusInfo = new StatusInfo { ReasonCode = code, AdditionalInfo = text } };
        if (!Enabled) return Failed("NotEnabled", "LocalAuthListCtrlr.Enabled is false");
        if (asked.VersionNumber <= 0) return Failed("InvalidValue", $"versionNumber is {asked.VersionNumber}, expected 1 or more");
        if (asked.UpdateType == Update.Differential && asked.VersionNumber <= Version) return new SendLocalListResponse { Status = SendLocalListStatus.VersionMismatch };
        var sent = asked.LocalAuthorizationList ?? [];
        if (sent.DistinctBy(e => e.IdToken.IdTokenValue, StringComparer.OrdinalIgnoreCase).Count() < sent.Count) return Failed("InvalidValue", "an idToken stands twice in the list");
        var next = asked.UpdateType == Update.Full ? [] : new Dictionary<string, AuthorizationData>(list, StringComparer.OrdinalIgnoreCase);
        foreach (var entry in sent)
        {
            if (entry.IdTokenInfo is null) next.Remove(Key(entry.IdToken)); // differential: without info it goes
            else next[Key(entry.IdToken)] = entry;
        }

        if (next.Count > Max) return Failed("TooManyElements", $"{next.Count} entries, at most {Max}");
        (list, Version) = (next, asked.VersionNumber);
        return new SendLocalListResponse { Status = SendLocalListStatus.Accepted };
    }

    /// <returns>Null = this station does not know the token by itself.</returns>
    internal bool? Allows(string token, DateTimeOffset now) => list.TryGetValue(token.ToUpperInvariant(), out var known)
        ? known.IdTokenInfo is { Status: AuthorizationStatus.Accepted } info && !(info.CacheExpiryDateTime <= now)
        : cache.Contains(token.ToUpperInvariant()) ? true : null;

    internal void Remember(string token)
    {
        if (cache.Count < Max) cache.Add(token.ToUpperInvariant());
    }

    internal void ClearCache() => cache.Clear();

    internal bool Forget(string token) => cache.Remove(token.ToUpperInvariant()) | list.Remove(token.ToUpperInvariant());

    private static string Key(IdToken token) => token.IdTokenValue.ToUpperInvariant();
}
