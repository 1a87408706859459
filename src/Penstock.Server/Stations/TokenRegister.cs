using System.Collections.Concurrent;
using NodaTime;
using Penstock.Server.Fleet;
using Penstock.Server.Storage;

namespace Penstock.Server.Stations;

public enum TokenStatus
{
    Accepted, Blocked, Expired, Unknown,
}

/// <summary>An identifier token as the operator keeps it.</summary>
/// <param name="ExpiresAt">From then on it is expired; null = never.</param>
/// <param name="GroupId">Tokens of one group may end each other's transactions (OCPP groupIdToken, parentIdTag).</param>
public sealed record TokenRecord(string Token, bool Blocked, Instant? ExpiresAt, string? GroupId, string? Note)
{
    public TokenStatus At(Instant now) => Blocked ? TokenStatus.Blocked : ExpiresAt <= now ? TokenStatus.Expired : TokenStatus.Accepted;
}

/// <param name="Record">Null for a vehicle's own token, and for an unknown one.</param>
public sealed record TokenVerdict(TokenStatus Status, TokenRecord? Record);

/// <summary>Who may charge: a vehicle's own token is accepted unless a record says otherwise; what has neither is unknown. OCPP identifier strings ignore case.</summary>
public sealed class TokenRegister
{
    private readonly SqlStore store;
    private readonly FleetRegister fleet;
    private readonly ConcurrentDictionary<string, TokenRecord> records;

    /// <summary>Records kept; more are refused.</summary>
    public const int Max = 2_000_000;

    public TokenRegister(SqlStore store, FleetRegister fleet)
    {
        (this.store, this.fleet) = (store, fleet);
        records = new(store.Query<string>("SELECT body FROM token").Select(StorageJson.Read<TokenRecord>).Select(t => KeyValuePair.Create(t.Token, t)), StringComparer.OrdinalIgnoreCase);
    }

    public IEnumerable<TokenRecord> All => records.Values.OrderBy(t => t.Token, StringComparer.Ordinal);

    public int Count => records.Count;

    public TokenRecord? Find(string token) => records.GetValueOrDefault(token);

    public TokenVerdict Judge(string token, Instant now) => Find(token) is { } record
        ? new(record.At(now), record)
        : new(fleet.ByToken(token) is null ? TokenStatus.Unknown : TokenStatus.Accepted, null);

    /// <summary>On disk before it counts.</summary>
    public void Put(TokenRecord token)
    {
        store.Execute("INSERT INTO token (token, body) VALUES (@Token, @Body) ON CONFLICT (token) DO UPDATE SET body = @Body", new { token.Token, Body = StorageJson.Write(token) });
        records[token.Token] = token;
    }

    /// <returns>False when there was none.</returns>
    public bool Remove(string token)
    {
        store.Execute("DELETE FROM token WHERE token = @token", new { token });
        return records.TryRemove(token, out _);
    }
}
