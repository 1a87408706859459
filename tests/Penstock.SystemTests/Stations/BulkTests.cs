using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Stations;

/// <summary>The same command to many stations in stages: a first few, a look at the results, the rest; an end when too many fail.</summary>
public sealed class BulkTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-bulk-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_rest_waits_until_a_person_has_seen_the_first_stage()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        await using var crowd = await Crowd.OnlineAsync(server.Address, _ => true, "A", "B", "C", "D");
        using var platform = new Platform(server.Address);
        var bulk = await BeginAsync(platform, """ "firstPercent":30 """); // 1.2 stations are 2
        var waiting = await RestAsync(platform, bulk);
        Assert.Equal("waiting 2 of 4 left, none", Brief(waiting));
        Assert.Equal(["A", "B"], await AskedAsync(platform, bulk));
        Assert.Equal(HttpStatusCode.Accepted, (await platform.PostAsync($"/api/v1/commands/{bulk}/continue", "{}")).StatusCode);
        Assert.Equal("done 0 of 4 left, none", Brief(await RestAsync(platform, bulk)));
        Assert.Equal(["A", "B", "C", "D"], await AskedAsync(platform, bulk)); // each once
        Assert.All(crowd.Stations, s => Assert.Single(s.Heard, h => h.Action == "ClearCache"));
        Assert.Equal(HttpStatusCode.Conflict, (await platform.PostAsync($"/api/v1/commands/{bulk}/continue", "{}")).StatusCode);
        Assert.Equal(bulk, Platform.Items(await platform.GetAsync("/api/v1/bulks"))[0].GetProperty("bulkId").GetString());
    }

    [Fact]
    public async Task One_failure_more_than_allowed_stops_it_and_what_is_left_can_go_on()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        await using var crowd = await Crowd.OnlineAsync(server.Address, station => station != "B", "A", "B", "C", "D");
        using var platform = new Platform(server.Address);
        var bulk = await BeginAsync(platform, """ "failuresMax":0 """);
        Assert.Equal("stopped 2 of 4 left, failures", Brief(await RestAsync(platform, bulk))); // one on the wire at most
        Assert.Equal(["A", "B"], await AskedAsync(platform, bulk));
        await platform.PostAsync($"/api/v1/commands/{bulk}/continue", "{}");
        Assert.Equal("done 0 of 4 left, none", Brief(await RestAsync(platform, bulk)));
        var again = await (await platform.PostAsync($"/api/v1/commands/{bulk}/retry", "{}")).Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal((1, 0), (again.GetProperty("stations").GetInt32(), again.GetProperty("failuresMax").GetInt32()));
    }

    [Fact]
    public async Task A_person_stops_it_while_a_station_thinks()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var answers = new ManualResetEventSlim();
        await using var crowd = await Crowd.OnlineAsync(server.Address, _ => answers.Wait(TimeSpan.FromSeconds(20), Cancel), "A", "B");
        using var platform = new Platform(server.Address);
        var bulk = await BeginAsync(platform, """ "failuresMax":0 """); // one after the other
        await platform.UntilAsync($"/api/v1/commands?bulkId={bulk}", page => Platform.Items(page) is [var only] && only.GetProperty("state").GetString() == "sent");
        Assert.Equal("running", (await platform.GetAsync($"/api/v1/bulks/{bulk}")).GetProperty("state").GetString());
        Assert.Equal(HttpStatusCode.Accepted, (await platform.PostAsync($"/api/v1/commands/{bulk}/stop", "{}")).StatusCode);
        answers.Set();
        Assert.Equal("stopped 1 of 2 left, operator", Brief(await RestAsync(platform, bulk)));
        Assert.Equal(HttpStatusCode.Conflict, (await platform.PostAsync($"/api/v1/commands/{bulk}/stop", "{}")).StatusCode);
        Assert.Equal(["A"], await AskedAsync(platform, bulk));
    }

    [Theory]
    [InlineData("Waiting", "waiting 2 of 3 left, none")]
    [InlineData("Running", "stopped 2 of 3 left, restarted")] // as a crash leaves it
    public async Task What_is_left_outlives_the_process(string left, string then)
    {
        string bulk;
        await using (var before = await ServerHere.StartAsync(data, 1, Cancel))
        {
            await using var crowd = await Crowd.OnlineAsync(before.Address, _ => true, "A", "B", "C");
            using var first = new Platform(before.Address);
            bulk = await BeginAsync(first, """ "firstStations":1 """);
            await RestAsync(first, bulk);
        }

        await using (var file = new SqliteConnection($"Data Source={Path.Combine(data, "penstock.db")};Pooling=False"))
            await file.ExecuteAsync("UPDATE bulk SET body = json_set(body, '$.state', @left, '$.left', json_extract(body, '$.plan.stations'))", new { left });
        if (left == "Waiting") then = then.Replace("2 of", "3 of", StringComparison.Ordinal); // it is believed as it stands
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        await using var back = await Crowd.OnlineAsync(server.Address, _ => true, "A", "B", "C");
        using var platform = new Platform(server.Address);
        Assert.Equal(then, Brief(await platform.GetAsync($"/api/v1/bulks/{bulk}")));
        await platform.PostAsync($"/api/v1/commands/{bulk}/continue", "{}");
        Assert.Equal("done 0 of 3 left, none", Brief(await RestAsync(platform, bulk)));
        if (left == "Running") Assert.Equal(["A", "B", "C"], await AskedAsync(platform, bulk)); // A not twice
    }

    [Fact]
    public async Task What_is_wrong_with_the_stages_is_told_at_once()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        var answer = await platform.PostAsync("/api/v1/commands", """{"stationIds":["A"],"action":"ClearCache","firstStations":0,"firstPercent":101,"failuresMax":-1}""");
        var faults = (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("errors").EnumerateArray().Select(e => $"{e.GetProperty("pointer").GetString()} {e.GetProperty("code").GetString()}");
        Assert.Equal(["/firstStations range", "/firstPercent range", "/firstPercent twice", "/failuresMax range"], faults);
        Assert.Equal(HttpStatusCode.NotFound, (await platform.PostAsync("/api/v1/commands/nothing/continue", "{}")).StatusCode);
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    private static async Task<string> BeginAsync(Platform platform, string stages)
    {
        var stations = Platform.Items(await platform.GetAsync("/api/v1/stations")).Select(s => $"\"{s.GetProperty("stationId").GetString()}\"");
        var answer = await platform.PostAsync("/api/v1/commands", $$"""{"stationIds":[{{string.Join(',', stations)}}],"action":"ClearCache","payload":{},{{stages}}}""");
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("bulkId").GetString()!;
    }

    private static Task<JsonElement> RestAsync(Platform platform, string bulk) => platform.UntilAsync($"/api/v1/bulks/{bulk}", b => b.GetProperty("state").GetString() != "running");

    private static async Task<List<string>> AskedAsync(Platform platform, string bulk) => Platform.Items(await platform.GetAsync($"/api/v1/commands?bulkId={bulk}")).ConvertAll(c => c.GetProperty("stationId").GetString()!);

    private static string Brief(JsonElement b) => $"{b.GetProperty("state").GetString()} {b.GetProperty("left").GetInt32()} of {b.GetProperty("stations").GetInt32()} left, {b.GetProperty("stopReason").GetString() ?? "none"}";

    /// <summary>Stations of 2.1 that say yes or no.</summary>
    private sealed class Crowd : IAsyncDisposable
    {
        internal List<RawStation> Stations { get; } = [];

        internal static async Task<Crowd> OnlineAsync(string address, Func<string, bool> willing, params string[] ids)
        {
            var crowd = new Crowd();
            foreach (var id in ids) crowd.Stations.Add(await RawStation.OnlineAsync(address, id, "ocpp2.1", Cancel, (_, _) => willing(id) ? """{"status":"Accepted"}""" : """{"status":"Rejected"}"""));
            return crowd;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var station in Stations) await station.DisposeAsync();
        }
    }
}
