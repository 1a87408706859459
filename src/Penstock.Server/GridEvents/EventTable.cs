using System.Collections.Concurrent;
using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.GridEvents;
using Penstock.Core.Sites;
using Penstock.Server.Storage;

namespace Penstock.Server.GridEvents;

/// <summary>Where an event stands.</summary>
public enum EventStates
{
    Armed, Running, Measured, Aborted, Refused,
}

/// <summary>A line of an event's log; the console translates the code.</summary>
public sealed record EventLogEntry(Instant At, string Code, ImmutableDictionary<string, string> Params);

/// <summary>A site's part of an event.</summary>
/// <param name="BaselineW">The site's power without the event per quarter-hour from <see cref="BaselineFrom"/>, frozen at its start.</param>
public sealed record EventShare(string SiteId, double AskedW, Instant BaselineFrom, ImmutableArray<double> BaselineW);

/// <summary>An order with all that the platform did about it.</summary>
public sealed record EventRecord(GridInstruction Instruction, EventStates State, ImmutableArray<EventShare> Shares, ImmutableArray<EventLogEntry> Log)
{
    /// <summary>See <see cref="GridInstruction.PortfolioShare"/>.</summary>
    public double? PortfolioShare { get; init; }

    public double? DeliveredWh { get; init; }

    /// <summary>Delivered share of the ordered energy, 0 to 1.</summary>
    public double? ComplianceRatio { get; init; }

    /// <summary>Mean of |delivered - target| / |target| over the minutes of the window.</summary>
    public double? MeanTrackingErrorRatio { get; init; }

    /// <summary>Net power of the scope by its registers, W, each minute of the window; null until measured.</summary>
    public IReadOnlyList<double>? MeteredW { get; init; }

    /// <summary>Vehicles that gave energy in the window.</summary>
    public int Participants { get; init; }

    public bool Touches(SiteId? site, Interval stay) =>
        (Instruction.Site is null || Instruction.Site == site) && Instruction.Window.Start < stay.End && stay.Start < Instruction.Window.End;

    public EventRecord Logged(Instant at, string code, params (string Key, string Value)[] parameters) =>
        this with { Log = Log.Add(new EventLogEntry(at, code, parameters.ToImmutableDictionary(p => p.Key, p => p.Value))) };
}

/// <summary>All events; on disk before they count.</summary>
public sealed class EventTable(SqlStore store)
{
    private readonly ConcurrentDictionary<GridEventId, EventRecord> events = new(store.Query<string>("SELECT body FROM grid_event")
        .Select(StorageJson.Read<EventRecord>).Select(e => KeyValuePair.Create(e.Instruction.Id, e)));

    public IReadOnlyList<EventRecord> All => [.. events.Values.OrderByDescending(e => e.Instruction.Window.Start)];

    public EventRecord? Find(GridEventId id) => events.GetValueOrDefault(id);

    /// <summary>The event of an earlier request with the same idempotency key.</summary>
    public EventRecord? ByRequest(string key) =>
        store.First<string>("SELECT event_id FROM grid_event WHERE request_key = @key", new { key }) is { } id ? Find(new GridEventId(id)) : null;

    public void Put(EventRecord record, string? requestKey = null)
    {
        store.Execute(
            "INSERT INTO grid_event (event_id, request_key, starts_at, body) VALUES (@Id, @Key, @At, @Body) ON CONFLICT (event_id) DO UPDATE SET body = @Body",
            new { Id = record.Instruction.Id.Value, Key = requestKey, At = record.Instruction.Window.Start.ToUnixTimeMilliseconds(), Body = StorageJson.Write(record) });
        events[record.Instruction.Id] = record;
    }
}
