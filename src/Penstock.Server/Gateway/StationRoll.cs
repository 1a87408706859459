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

    /// <summary>How far its clock was ahead when that was last known and stable, s; null = never.</summary>
    public double? ClockAheadSeconds { get; init; }
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

    private readonly ConcurrentDictionary<StationId, StationRecord> stations = new(store.Query<string>("SELECT body FROM station")
        .Select(StorageJson.Read<StationRecord>).Select(s => KeyValuePair.Create(s.Id, s)));

    private readonly Lock gate = new();
    private readonly HashSet<StationId> onDisk = [.. store.Query<string>("SELECT station_id FROM station").Select(id => new StationId(id))];
    private readonly Dictionary<StationId, TaskCompletionSource<bool>> waiting = [];
    private Dictionary<StationId, TaskCompletionSource<bool>> underWay = [];
    private bool writes;

    public IReadOnlyList<StationRecord> All => [.. stations.Values.OrderBy(s => s.Id.Value, StringComparer.Ordinal)];

    public StationRecord? Find(StationId id) => stations.GetValueOrDefault(id);

    /// <summary>Remembers the change, and writes it soon.</summary>
    public void Change(StationId id, string protocol, Instant now, Func<StationRecord, StationRecord> change) => _ = ChangeAsync(id, protocol, now, change);

    /// <summary>Remembers the change; nothing is written when only the time differs by less than a minute.</summary>
    /// <returns>When the change is on disk: true. False when it could not be written and the station is not on disk at all; a known one is kept as it was until the disk takes it.</returns>
    public Task<bool> ChangeAsync(StationId id, string protocol, Instant now, Func<StationRecord, StationRecord> change)
    {
        if (!stations.ContainsKey(id) && stations.Count >= StationsMax) return Task.FromResult(true);
        var before = Find(id);
        var after = change(before ?? new StationRecord(id, protocol, null, null, null, null, now, now, ImmutableSortedDictionary<int, ConnectorStatus?>.Empty, null)) with { LastSeen = now, Protocol = protocol };
        stations[id] = after;
        var same = before is not null && before with { LastSeen = now } == after;
        lock (gate)
        {
            var earlier = waiting.GetValueOrDefault(id) ?? underWay.GetValueOrDefault(id);
            if (same && now - before!.LastSeen < Duration.FromMinutes(1) && !waiting.ContainsKey(id)) return earlier?.Task ?? Task.FromResult(true);
            if (!waiting.TryGetValue(id, out var mine)) waiting[id] = mine = Waiter();
            if (!writes) _ = Task.Run(WriteAll);
            writes = true;
            return same && earlier is null ? Task.FromResult(true) : mine.Task;
        }
    }

    /// <summary>One writer at a time; what changes meanwhile is in its next transaction, so that thousands who come at once share a few. What a disk does not take is tried again with the next change.</summary>
    private void WriteAll()
    {
        while (true)
        {
            lock (gate)
            {
                underWay = waiting.Take(BatchMax).ToDictionary();
                foreach (var id in underWay.Keys) waiting.Remove(id);
                writes = underWay.Count > 0;
                if (!writes) return;
            }

            var ok = false;
            try
            {
                ok = Written([.. underWay.Keys]);
            }
            finally
            {
                Ended(ok);
            }

            if (!ok) return;
        }
    }

    private void Ended(bool ok)
    {
        lock (gate)
        {
            var tried = underWay;
            underWay = [];
            if (!ok) writes = false;
            foreach (var (id, told) in tried)
            {
                if (ok) onDisk.Add(id);
                else waiting.TryAdd(id, Waiter());
                told.SetResult(onDisk.Contains(id)); // continues elsewhere
            }
        }
    }

    private static TaskCompletionSource<bool> Waiter() => new(TaskCreationOptions.RunContinuationsAsynchronously);

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
