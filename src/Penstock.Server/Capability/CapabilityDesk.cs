using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Server.Gateway;
using Penstock.Server.Sites;
using Penstock.Server.Storage;

namespace Penstock.Server.Capability;

/// <summary>Keeps what is known of stations' capabilities, and brings the layouts of admitted stations to it. A full disk delays what is written and nothing else.</summary>
public sealed class CapabilityDesk
{
    /// <summary>Facts kept of one station; later ones are not believed.</summary>
    public const int FactsMax = 2000;

    private readonly ConcurrentDictionary<StationId, Known> stations;
    private readonly QuirkShelf shelf;
    private readonly StationRoll roll;
    private readonly SiteDirectory sites;
    private readonly SqlStore store;
    private readonly ILogger<CapabilityDesk> log;

    public CapabilityDesk(QuirkShelf shelf, StationRoll roll, SiteDirectory sites, SqlStore store, ILogger<CapabilityDesk> log)
    {
        (this.shelf, this.roll, this.sites, this.store, this.log) = (shelf, roll, sites, store, log);
        stations = new(store.Query<FactRow>("SELECT station_id AS StationId, evse AS Evse, name AS Name, source AS Source, value AS Value, at AS At, firmware AS Firmware, detail AS Detail FROM capability_fact")
            .GroupBy(r => r.StationId).Select(g => KeyValuePair.Create(new StationId(g.Key), new Known([.. g.Select(r => (r.Fact, r.Firmware))], null))));
        shelf.Changed = ReconcileAll;
    }

    /// <summary>The record of a station that is on the roll; of any other an empty one.</summary>
    public CapabilityRecord Of(StationId id) => roll.Find(id) is { } station ? Of(station) : new CapabilityRecord("", default, QuirkProfile.None, []);

    public CapabilityRecord Of(StationRecord station)
    {
        var (known, quirk) = (stations.GetOrAdd(station.Id, Known.Nothing), shelf.Of(station));
        if (known.Made is { } made && ReferenceEquals(made.Quirk, quirk) && made.Protocol == station.Protocol && made.Firmware == station.FirmwareVersion) return made.Record;
        var record = new CapabilityRecord(station.Protocol, station.FirstSeen, quirk, known.Facts.Where(f => f.Firmware == station.FirmwareVersion).Select(f => f.Fact));
        stations.TryUpdate(station.Id, known with { Made = new Made(record, quirk, station.Protocol, station.FirmwareVersion) }, known); // unless something was learnt meanwhile
        return record;
    }

    /// <summary>The profile by which the station is spoken to and its values are read.</summary>
    public QuirkProfile ProfileOf(StationId id) => Of(id).Profile;

    /// <summary>True while the station itself has said nothing, or said it under another firmware.</summary>
    public bool IsUnasked(StationId id) => !Of(id).Facts.Any(f => f.Source == FactSource.DeviceModel);

    /// <summary>Takes over what a station said or showed; a fact of the same name, EVSE and source is replaced. What is known already costs nothing.</summary>
    public void Learn(StationId id, IEnumerable<CapabilityFact> facts)
    {
        if (roll.Find(id) is not { } station) return;
        var before = stations.GetValueOrDefault(id, Known.Nothing).Facts;
        var learnt = facts.Where(f => before.FirstOrDefault(b => Same(b.Fact, f)) is var old && (old.Fact is null ? before.Length < FactsMax : !Repeats(old, f, station.FirmwareVersion))).Take(FactsMax).ToList();
        if (learnt.Count == 0) return;
        stations[id] = new Known([.. before.Where(b => !learnt.Exists(f => Same(b.Fact, f))), .. learnt.Select(f => (f, station.FirmwareVersion))], null);
        Write(id, station.FirmwareVersion, learnt);
        Reconcile(station);
    }

    /// <summary>Brings the layout to what is known of the station. What only its version says changes no layout: not every 2.1 station can discharge.</summary>
    public void Reconcile(StationRecord station)
    {
        if (sites.Of(station.Id) is not { } site) return;
        var (record, layout) = (Of(station), site.Snapshot.Layout);
        var evses = layout.Evses.Select(e => e.Id.Station == station.Id ? Fitted(e, record) : e).ToImmutableArray();
        if (evses.SequenceEqual(layout.Evses)) return;
        foreach (var (old, now) in layout.Evses.Zip(evses).Where(p => p.First != p.Second)) CapabilityLog.Changed(log, now.Id.ToString(), old.Discharge, now.Discharge);
        sites.Put(layout with { Evses = evses });
    }

    private static EvseLayout Fitted(EvseLayout evse, CapabilityRecord record)
    {
        if (record.Discharge(evse.Id.Number) is not { Fact.Source: not FactSource.Protocol } known || known.Method == evse.Discharge) return evse;
        var rated = record.Number(FactNames.DischargePowerMaxW, evse.Id.Number) is > 0 and var watts ? Power.FromWatts(watts) : evse.ChargeMax;
        return evse with { Discharge = known.Method, DischargeMax = known.Method == DischargeMethod.None || evse.DischargeMax > Power.Zero ? evse.DischargeMax : rated };
    }

    private void ReconcileAll()
    {
        foreach (var station in roll.All) Reconcile(station);
    }

    private void Write(StationId id, string? firmware, List<CapabilityFact> facts)
    {
        try
        {
            store.Execute(
                """
                INSERT INTO capability_fact (station_id, evse, name, source, value, at, firmware, detail) VALUES (@Station, @Evse, @Name, @Source, @Value, @At, @Firmware, @Detail)
                ON CONFLICT (station_id, evse, name, source) DO UPDATE SET value = @Value, at = @At, firmware = @Firmware, detail = @Detail
                """,
                facts.Select(f => new { Station = id.Value, f.Evse, f.Name, Source = f.Source.ToString(), f.Value, At = f.At.ToUnixTimeMilliseconds(), Firmware = firmware, f.Detail }));
        }
        catch (SqliteException e)
        {
            CapabilityLog.NotWritten(log, id.Value, e.Message); // it will be asked again after the next start
        }
    }

    /// <summary>A probe and a person's word count by their time; everything else is said again and again.</summary>
    private static bool Repeats((CapabilityFact Fact, string? Firmware) old, CapabilityFact now, string? firmware) =>
        now.Source < FactSource.Probe && old.Firmware == firmware && old.Fact.Value == now.Value && old.Fact.Detail == now.Detail;

    private static bool Same(CapabilityFact a, CapabilityFact b) => a.Evse == b.Evse && a.Name == b.Name && a.Source == b.Source;

    private sealed record Known(ImmutableArray<(CapabilityFact Fact, string? Firmware)> Facts, Made? Made)
    {
        internal static readonly Known Nothing = new([], null);
    }

    private sealed record Made(CapabilityRecord Record, QuirkProfile Quirk, string Protocol, string? Firmware);

    private sealed class FactRow
    {
        public string StationId { get; init; } = "";

        public long Evse { get; init; }

        public string Name { get; init; } = "";

        public string Source { get; init; } = "";

        public string Value { get; init; } = "";

        public long At { get; init; }

        public string? Firmware { get; init; }

        public string? Detail { get; init; }

        public CapabilityFact Fact => new(Name, (int)Evse, Value, Enum.Parse<FactSource>(Source), Instant.FromUnixTimeMilliseconds(At), Detail);
    }
}

internal static partial class CapabilityLog
{
    [LoggerMessage(1009, LogLevel.Information, "{Evse}: the way to discharge changes from {Before} to {Now}")]
    internal static partial void Changed(ILogger logger, string evse, DischargeMethod before, DischargeMethod now);

    [LoggerMessage(1010, LogLevel.Error, "What station {Station} can do could not be written and is kept in memory: {Reason}")]
    internal static partial void NotWritten(ILogger logger, string station, string reason);
}
