using System.Collections.Concurrent;
using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Server.Storage;

namespace Penstock.Server.Gateway;

/// <summary>A station as it introduced itself.</summary>
/// <param name="Evses">EVSE numbers it reported, with the last status.</param>
public sealed record StationRecord(
    StationId Id, string Protocol, string? Vendor, string? Model, string? FirmwareVersion, string? SerialNumber, Instant FirstSeen, Instant LastSeen,
    ImmutableSortedDictionary<int, ConnectorStatus?> Evses, string? RemoteAddress);

/// <summary>Every station that ever connected, those that wait to join included. At most <see cref="WaitingMax"/> unknown ones are remembered.</summary>
public sealed class StationRoll(SqlStore store)
{
    public const int WaitingMax = 10_000;

    private readonly ConcurrentDictionary<StationId, StationRecord> stations = new(store.Query<string>("SELECT body FROM station")
        .Select(StorageJson.Read<StationRecord>).Select(s => KeyValuePair.Create(s.Id, s)));

    public IReadOnlyList<StationRecord> All => [.. stations.Values.OrderBy(s => s.Id.Value, StringComparer.Ordinal)];

    public StationRecord? Find(StationId id) => stations.GetValueOrDefault(id);

    /// <summary>Remembers the change; nothing is written when only the time differs by less than a minute.</summary>
    public void Change(StationId id, string protocol, Instant now, Func<StationRecord, StationRecord> change)
    {
        if (!stations.ContainsKey(id) && stations.Count >= WaitingMax) return;
        var before = Find(id);
        var after = change(before ?? new StationRecord(id, protocol, null, null, null, null, now, now, ImmutableSortedDictionary<int, ConnectorStatus?>.Empty, null)) with { LastSeen = now, Protocol = protocol };
        stations[id] = after;
        if (before is not null && before with { LastSeen = now } == after && now - before.LastSeen < Duration.FromMinutes(1)) return;
        store.Execute("INSERT INTO station (station_id, body) VALUES (@Id, @Body) ON CONFLICT (station_id) DO UPDATE SET body = @Body", new { Id = id.Value, Body = StorageJson.Write(after) });
    }
}
