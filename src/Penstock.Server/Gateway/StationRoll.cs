using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Server.Security;
using Penstock.Server.Storage;

namespace Penstock.Server.Gateway;

/// <summary>A station as it introduced itself.</summary>
/// <param name="Evses">EVSE numbers it reported, with the last status.</param>
public sealed record StationRecord(
    StationId Id, string Protocol, string? Vendor, string? Model, string? FirmwareVersion, string? SerialNumber, Instant FirstSeen, Instant LastSeen,
    ImmutableSortedDictionary<int, ConnectorStatus?> Evses, string? RemoteAddress)
{
    /// <summary>What its inventory says, by EVSE number; null = it did not say.</summary>
    public ImmutableSortedDictionary<int, ReportedEvse>? Reported { get; init; }

    /// <summary>What it came with last; null = it came before this was kept.</summary>
    public SecurityProfile? SecurityProfile { get; init; }
}

/// <param name="PowerMaxKw">Rating as reported; null = unknown.</param>
public sealed record ReportedEvse(int Connectors, double? PowerMaxKw);

/// <summary>Every station that ever connected, those that wait to join included. A full disk delays what is written and nothing else.</summary>
public sealed class StationRoll(SqlStore store, ILogger<StationRoll> log)
{
    /// <summary>Stations remembered; later ones are served and not remembered.</summary>
    public const int StationsMax = 100_000;

    /// <summary>EVSE numbers above it are not believed.</summary>
    public const int EvseNumberMax = 100;

    /// <summary>Stations of one transaction.</summary>
    private const int BatchMax = 1000;

    private int writing;
    private readonly ConcurrentDictionary<StationId, bool> unwritten = new();

    private readonly ConcurrentDictionary<StationId, StationRecord> stations = new(store.Query<string>("SELECT body FROM station")
        .Select(StorageJson.Read<StationRecord>).Select(s => KeyValuePair.Create(s.Id, s)));

    public IReadOnlyList<StationRecord> All => [.. stations.Values.OrderBy(s => s.Id.Value, StringComparer.Ordinal)];

    public StationRecord? Find(StationId id) => stations.GetValueOrDefault(id);

    /// <summary>Remembers the change; nothing is written when only the time differs by less than a minute.</summary>
    public void Change(StationId id, string protocol, Instant now, Func<StationRecord, StationRecord> change)
    {
        if (!stations.ContainsKey(id) && stations.Count >= StationsMax) return;
        var before = Find(id);
        var after = change(before ?? new StationRecord(id, protocol, null, null, null, null, now, now, ImmutableSortedDictionary<int, ConnectorStatus?>.Empty, null)) with { LastSeen = now, Protocol = protocol };
        stations[id] = after;
        if (before is not null && before with { LastSeen = now } == after && now - before.LastSeen < Duration.FromMinutes(1) && !unwritten.ContainsKey(id)) return;
        Write(id);
    }

    /// <summary>One writer at a time; what changes meanwhile is in its next transaction, so that thousands who come at once share a few.</summary>
    private void Write(StationId id)
    {
        unwritten[id] = true;
        if (Interlocked.Exchange(ref writing, 1) == 0) _ = Task.Run(WriteAll);
    }

    private void WriteAll()
    {
        try
        {
            while (!unwritten.IsEmpty)
            {
                var ids = unwritten.Keys.Take(BatchMax).ToList();
                foreach (var id in ids) unwritten.TryRemove(id, out _);
                if (Written(ids)) continue;
                foreach (var id in ids) unwritten[id] = true; // the next change tries again
                return;
            }
        }
        finally
        {
            Volatile.Write(ref writing, 0);
        }

        if (!unwritten.IsEmpty && Interlocked.Exchange(ref writing, 1) == 0) WriteAll(); // changed in this moment
    }

    private bool Written(List<StationId> ids)
    {
        try
        {
            store.Execute([.. ids.Select(id => new Projection(
                "INSERT INTO station (station_id, body) VALUES (@Id, @Body) ON CONFLICT (station_id) DO UPDATE SET body = @Body", new { Id = id.Value, Body = StorageJson.Write(stations[id]) }))]);
            return true;
        }
        catch (SqliteException e)
        {
            RollLog.NotWritten(log, ids[0].Value, ids.Count - 1, e.Message);
            return false;
        }
    }
}

internal static partial class RollLog
{
    [LoggerMessage(1004, LogLevel.Error, "What station {Station} and {Others} others told about themselves could not be written and is kept in memory: {Reason}")]
    internal static partial void NotWritten(ILogger logger, string station, int others, string reason);
}
