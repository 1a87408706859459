using System.Collections.Concurrent;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Server.Storage;

namespace Penstock.Server.Security;

/// <param name="Password">As <see cref="PasswordHash"/> writes it; null = none.</param>
/// <param name="Next">What the station was told to come with; both hold until it came with this.</param>
public sealed record StationCredentials(StationId Id, SecurityProfile Profile, string? Password, NextCredentials? Next, Instant ChangedAt);

/// <param name="Password">Null = the password stays, or the certificate takes its place.</param>
public sealed record NextCredentials(SecurityProfile Profile, string? Password);

/// <summary>The credentials of every station: read at start, every change on disk before it counts.</summary>
public sealed class CredentialBook(SqlStore store)
{
    private readonly ConcurrentDictionary<StationId, StationCredentials> all = new(store.Query<string>("SELECT body FROM station_credentials")
        .Select(StorageJson.Read<StationCredentials>).Select(c => KeyValuePair.Create(c.Id, c)));

    public StationCredentials? Find(StationId station) => all.GetValueOrDefault(station);

    public void Put(StationCredentials credentials)
    {
        store.Execute("INSERT INTO station_credentials (station_id, body) VALUES (@Id, @Body) ON CONFLICT (station_id) DO UPDATE SET body = @Body", new { Id = credentials.Id.Value, Body = StorageJson.Write(credentials) });
        all[credentials.Id] = credentials;
    }

    /// <returns>False when there were none.</returns>
    public bool Remove(StationId station) => store.Execute("DELETE FROM station_credentials WHERE station_id = @Id", new { Id = station.Value }) > 0 & all.TryRemove(station, out _);

    /// <summary>The station came with what it was told to come with, or a part of it: an old password ends here, and a lower profile is a downgrade from now on.</summary>
    internal void Came(StationCredentials before, SecurityProfile profile, PasswordMatch match, Instant now)
    {
        if (before.Next is not { } next || Find(before.Id) != before) return;
        var password = match == PasswordMatch.Next ? next.Password : before.Password;
        var whole = profile >= next.Profile && (next.Password is null || match == PasswordMatch.Next || profile == SecurityProfile.MutualTls);
        if (whole) Put(before with { Profile = next.Profile, Password = password, Next = null, ChangedAt = now });
        else if (match == PasswordMatch.Next) Put(before with { Password = password, Next = next with { Password = null }, ChangedAt = now });
    }
}
