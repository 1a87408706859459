using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Ocpp;
using Penstock.Server.Storage;

namespace Penstock.Server.Stations;

/// <summary>What the book has chapters for. The bodies are records of OCPP 2.1 where it has one, whatever version the station speaks.</summary>
public enum Topic
{
    Variable, Monitor, Event, SecurityEvent, Log, Firmware, Certificate, LocalList, Reservation, DisplayMessage, ChargingProfile, ChargingLimit, VehicleSchedule, PriorityCharging, CustomerInformation,
    VehicleNeeds, Tariff, RunningCost, Settlement, BatterySwap, EventStream, DerControl, DerAlarm, Network, DataTransfer, Availability, UnmatchedStop,
}

/// <param name="Body">JSON.</param>
public sealed record Fact(string Key, Instant At, JsonElement Body);

/// <summary>What is known of each station beyond its sessions: rows by station, topic and key; the latest row of a key counts. Written with the message that told it.</summary>
public sealed class StationBook(SqlStore store)
{
    /// <summary>Rows kept per station and topic; the oldest go.</summary>
    public const int RowsMax = 5_000;

    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    public static Projection Put<T>(StationId station, Topic topic, string key, Instant at, T body) => PutJson(station, topic, key, at, JsonSerializer.Serialize(body, Web));

    /// <summary>An OCPP record, as it is on the wire.</summary>
    public static Projection PutRecord<T>(StationId station, Topic topic, string key, Instant at, T body, JsonTypeInfo<T> type) => PutJson(station, topic, key, at, JsonSerializer.Serialize(body, type));

    public static Projection PutMessage<T>(StationId station, Topic topic, string key, Instant at, T body)
        where T : class, IOcppMessage<T> => PutRecord(station, topic, key, at, body, T.TypeInfo);

    public static Projection PutJson(StationId station, Topic topic, string key, Instant at, string json) => new(
        "INSERT INTO station_fact (station_id, topic, key, at, body) VALUES (@Station, @Topic, @Key, @At, @Body) ON CONFLICT (station_id, topic, key) DO UPDATE SET at = excluded.at, body = excluded.body",
        new { Station = station.Value, Topic = Name(topic), Key = key, At = at.ToUnixTimeMilliseconds(), Body = json });

    public static Projection Remove(StationId station, Topic topic, string key) => new(
        "DELETE FROM station_fact WHERE station_id = @Station AND topic = @Topic AND key = @Key", new { Station = station.Value, Topic = Name(topic), Key = key });

    public static Projection RemoveAll(StationId station, Topic topic) => new("DELETE FROM station_fact WHERE station_id = @Station AND topic = @Topic", new { Station = station.Value, Topic = Name(topic) });

    /// <summary>Sets the status; where there is no row, one with nothing else.</summary>
    public static Projection PutStatus(StationId station, Topic topic, string key, Instant at, string status) => new(
        """
        INSERT INTO station_fact (station_id, topic, key, at, body) VALUES (@Station, @Topic, @Key, @At, json_object('status', @Status))
        ON CONFLICT (station_id, topic, key) DO UPDATE SET at = excluded.at, body = json_set(body, '$.status', @Status)
        """,
        new { Station = station.Value, Topic = Name(topic), Key = key, At = at.ToUnixTimeMilliseconds(), Status = status });

    /// <summary>Sets one member of the body, where the row is there.</summary>
    public static Projection Mark(StationId station, Topic topic, string key, Instant at, string member, string value) => new(
        "UPDATE station_fact SET at = @At, body = json_set(body, @Path, @Value) WHERE station_id = @Station AND topic = @Topic AND key = @Key",
        new { Station = station.Value, Topic = Name(topic), Key = key, At = at.ToUnixTimeMilliseconds(), Path = "$." + member, Value = value });

    /// <summary>Keeps a topic that grows with time within <see cref="RowsMax"/>.</summary>
    public static Projection Trim(StationId station, Topic topic) => new(
        "DELETE FROM station_fact WHERE station_id = @Station AND topic = @Topic AND at < (SELECT at FROM station_fact WHERE station_id = @Station AND topic = @Topic ORDER BY at DESC LIMIT 1 OFFSET @Max)",
        new { Station = station.Value, Topic = Name(topic), Max = RowsMax });

    public void Write(IReadOnlyList<Projection> rows) => store.Execute(rows);

    /// <summary>Newest first.</summary>
    public IReadOnlyList<Fact> Of(StationId station, Topic topic, int most = RowsMax) => store.Query<Row>(
        "SELECT key AS Key, at AS At, body AS Body FROM station_fact WHERE station_id = @Station AND topic = @Topic ORDER BY at DESC, key LIMIT @most", new { Station = station.Value, Topic = Name(topic), most }).ConvertAll(r => r.Fact);

    public Fact? Find(StationId station, Topic topic, string key) => store.First<Row>(
        "SELECT key AS Key, at AS At, body AS Body FROM station_fact WHERE station_id = @Station AND topic = @Topic AND key = @key", new { Station = station.Value, Topic = Name(topic), key })?.Fact;

    /// <summary>The stations that have a row of the topic.</summary>
    public IReadOnlyList<StationId> Stations(Topic topic) => store.Query<string>("SELECT DISTINCT station_id FROM station_fact WHERE topic = @Topic", new { Topic = Name(topic) }).ConvertAll(id => new StationId(id));

    /// <summary>The rows of a topic of all stations.</summary>
    public IReadOnlyList<(StationId Station, Fact Fact)> All(Topic topic) => store.Query<Row>(
        "SELECT station_id AS Station, key AS Key, at AS At, body AS Body FROM station_fact WHERE topic = @Topic", new { Topic = Name(topic) }).ConvertAll(r => (new StationId(r.Station), r.Fact));

    /// <summary>How many rows each topic has.</summary>
    public IReadOnlyDictionary<string, long> Chapters(StationId station) => store.Query<(string, long)>(
        "SELECT topic, COUNT(*) FROM station_fact WHERE station_id = @Station GROUP BY topic", new { Station = station.Value }).ToDictionary(r => r.Item1, r => r.Item2);

    internal static string Name(Topic topic) => JsonNamingPolicy.CamelCase.ConvertName(topic.ToString());

    private sealed class Row
    {
        public string Station { get; init; } = "";

        public string Key { get; init; } = "";

        public long At { get; init; }

        public string Body { get; init; } = "";

        internal Fact Fact => new(Key, Instant.FromUnixTimeMilliseconds(At), JsonDocument.Parse(Body).RootElement);
    }
}
