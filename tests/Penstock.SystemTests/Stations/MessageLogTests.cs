using System.Text.Json;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Stations;

/// <summary>The message log: every frame, paired, searched, masked, exported, kept over a restart.</summary>
public sealed class MessageLogTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-log-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_is_paired_with_its_answer_in_both_directions()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.1", Cancel, (_, _) => """{"status":"Accepted"}""");
        await platform.CallAsync("CS-1", "ClearCache", "{}");
        await station.AskAsync("""[2,"c1","Heartbeat",{}]""", Cancel); // an id that was used before
        var entries = Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/messages"));
        Assert.Equal(["in 2 Heartbeat", "out 3 Heartbeat", "out 2 ClearCache", "in 3 ClearCache", "in 2 Heartbeat", "out 3 Heartbeat"],
            entries.AsEnumerable().Reverse().Select(e => $"{e.GetProperty("direction").GetString()} {e.GetProperty("type").GetInt32()} {e.GetProperty("action").GetString()}"));
        var bySequence = entries.ToDictionary(e => e.GetProperty("sequence").GetInt64());
        foreach (var entry in entries) Assert.Equal(entry.GetProperty("sequence").GetInt64(), bySequence[entry.GetProperty("pair").GetInt64()].GetProperty("pair").GetInt64());
        Assert.All(entries.Where(e => e.GetProperty("type").GetInt32() == 3), e => Assert.True(e.GetProperty("answerMilliseconds").GetDouble() >= 0));
    }

    [Fact]
    public async Task It_is_searched_by_action_text_direction_and_error_and_read_page_by_page()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp1.6", Cancel, (_, _) => """{"status":"Accepted"}""");
        await station.CallAsync("StatusNotification", """{"connectorId":1,"errorCode":"GroundFailure","status":"Faulted"}""", Cancel);
        await station.AskAsync("""[2,"bad","StartTransaction",{"connectorId":1}]""", Cancel);
        await station.SendAsync("no json", Cancel);
        await station.AskAsync("""[2,"after","Heartbeat",{}]""", Cancel);
        Assert.Equal(2, await CountAsync("?action=statusnotification"));
        Assert.Equal(2, await CountAsync("?text=groundfailure")); // the call, and the answer that came with it
        Assert.Equal("in 2, out 3, in 2, out 3", await HalvesAsync("?text=currenttime")); // two heartbeats: the word is in their answers alone
        Assert.Equal(0, await CountAsync("?text=nothing-like-this"));
        Assert.Equal(3, await CountAsync("?errors=true")); // the refused call, its error, and what is no frame
        Assert.Equal(9, await CountAsync("?direction=in"));
        Assert.Equal(0, await CountAsync("?direction=out")); // the platform asked nothing yet
        await platform.CallAsync("CS-1", "ClearCache", "{}");
        Assert.Equal("out 2, in 3", await HalvesAsync("?direction=out"));
        var first = await platform.GetAsync("/api/v1/stations/CS-1/messages?limit=4");
        var second = await platform.GetAsync($"/api/v1/stations/CS-1/messages?limit=100&before={first.GetProperty("next").GetString()}");
        Assert.Equal((7, 4), (Platform.Items(first).Count, Platform.Items(second).Count)); // no pair is torn at the edge of a page
        Assert.Equal(11, Platform.Items(first).Concat(Platform.Items(second)).Select(e => e.GetProperty("sequence").GetInt64()).Distinct().Count());

        async Task<int> CountAsync(string query) => Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/messages" + query)).Count;
        async Task<string> HalvesAsync(string query) => string.Join(", ", Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/messages" + query)).AsEnumerable().Reverse().Select(Half));
    }

    [Fact]
    public async Task A_call_without_an_answer_takes_not_that_of_a_later_call_with_its_id()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp1.6", Cancel);
        await station.SendAsync("""[3,"twice",{"status":"Accepted"}]""", Cancel); // an answer to nothing
        await station.AskAsync("""[2,"twice","Heartbeat",{}]""", Cancel);
        await station.AskAsync("""[2,"twice","Authorize",{"idTag":"T"}]""", Cancel);
        await station.SendAsync("""[3,"twice",{"status":"Accepted"}]""", Cancel);
        await station.AskAsync("""[2,"end","Heartbeat",{}]""", Cancel);
        var entries = Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/messages")).AsEnumerable().Reverse().Skip(2).SkipLast(2).ToList();
        var numbers = entries.ConvertAll(e => e.GetProperty("sequence").GetInt64());
        Assert.Equal([null, 2, 1, 4, 3, null], entries.Select(e => e.GetProperty("pair") is { ValueKind: JsonValueKind.Number } pair ? numbers.IndexOf(pair.GetInt64()) : (int?)null));
    }

    [Fact]
    public async Task Tokens_and_passwords_are_masked_unless_asked_for()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp1.6", Cancel, (_, _) => """{"status":"Accepted"}""");
        await station.CallAsync("Authorize", """{"idTag":"SECRETTOKEN"}""", Cancel);
        await platform.CallAsync("CS-1", "ChangeConfiguration", """{"key":"AuthorizationKey","value":"0123456789abcdef0123"}""");
        await platform.CallAsync("CS-1", "ChangeConfiguration", """{"key":"HeartbeatInterval","value":"61"}""");
        var masked = string.Concat(Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/messages")).Select(e => e.GetProperty("frame").GetString()));
        Assert.DoesNotContain("SECRETTOKEN", masked, StringComparison.Ordinal);
        Assert.DoesNotContain("0123456789abcdef0123", masked, StringComparison.Ordinal);
        Assert.Contains("\"61\"", masked, StringComparison.Ordinal); // what is no secret can be read
        var bare = string.Concat(Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/messages?unmasked=true")).Select(e => e.GetProperty("frame").GetString()));
        Assert.Contains("SECRETTOKEN", bare, StringComparison.Ordinal);
        var lines = (await platform.Client.GetStringAsync("/api/v1/stations/CS-1/messages/export", Cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(8, lines.Length);
        Assert.All(lines, l => JsonDocument.Parse(JsonDocument.Parse(l).RootElement.GetProperty("frame").GetString()!)); // masked frames are JSON still
    }

    [Fact]
    public async Task It_outlives_the_process_and_keeps_no_more_than_it_may()
    {
        await using (var server = await ServerHere.StartAsync(data, 1, Cancel, change: o => o with { MessageLogFrames = 6 }))
        {
            await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
            for (var i = 0; i < 10; i++) await station.CallAsync("Heartbeat", "{}", Cancel);
            using var platform = new Platform(server.Address);
            Assert.Equal(6, Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/messages")).Count);
        }

        await using var again = await ServerHere.StartAsync(data, 1, Cancel);
        using var reader = new Platform(again.Address);
        Assert.Equal(6, Platform.Items(await reader.GetAsync("/api/v1/stations/CS-1/messages")).Count);
    }

    private static string Half(JsonElement e) => $"{e.GetProperty("direction").GetString()} {e.GetProperty("type").GetInt32()}";

    public void Dispose() => Directory.Delete(data, recursive: true);
}
