using System.Net.Http.Json;
using Penstock.Cli.Replay;
using Penstock.SystemTests.Demo;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Replay;

/// <summary>A session is recorded by one server, exported, and played against another.</summary>
public sealed class ReplayTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-replay-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string File => Path.Combine(data, "station.ndjson");

    [Theory]
    [InlineData("ocpp1.6")]
    [InlineData("ocpp2.0.1")]
    [InlineData("ocpp2.1")]
    public async Task A_recorded_station_finds_no_difference_in_a_fresh_server_and_one_where_its_token_is_blocked(string protocol)
    {
        await RecordAsync(protocol);
        await using (var fresh = await ServerHere.StartAsync(Path.Combine(data, "fresh"), 1, Cancel))
        {
            using var platform = new Platform(fresh.Address);
            await platform.RegisterAsync("EV-1", "T-1");
            if (protocol == "ocpp1.6") await NumberTakenAsync(fresh); // the transaction gets another number here
            var (code, output, errors) = await PlayAsync(fresh.Address, "AGAIN");
            Assert.True(code == 0, output + errors);
            Assert.Contains(" 0 differences", output, StringComparison.Ordinal);
            var session = Assert.Single(Platform.Items(await platform.GetAsync("/api/v1/sessions?stationId=AGAIN")));
            Assert.Equal((2.0, "Local"), (Math.Round(session.GetProperty("energyImportedKwh").GetDouble(), 3), session.GetProperty("stopReason").GetString()));
        }

        await using var strict = await ServerHere.StartAsync(Path.Combine(data, "strict"), 1, Cancel);
        using var other = new Platform(strict.Address);
        await other.RegisterAsync("EV-1", "T-1");
        (await other.Client.PutAsJsonAsync("/api/v1/tokens/T-1", new { blocked = true }, Cancel)).EnsureSuccessStatusCode();
        var (refused, told, _) = await PlayAsync(strict.Address, subprotocol: protocol);
        Assert.Equal(1, refused);
        Assert.Contains(told.Split('\n'), l => l.StartsWith("line ", StringComparison.Ordinal) && l.Contains("Authorize", StringComparison.Ordinal) && l.Contains("Accepted, now CALLRESULT", StringComparison.Ordinal) && l.Contains("Blocked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_call_of_the_central_system_gets_the_recorded_answer()
    {
        await using (var server = await ServerHere.StartAsync(Path.Combine(data, "first"), 1, Cancel))
        {
            using var platform = new Platform(server.Address);
            await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.1", Cancel, (action, _) => action == "ClearCache" ? """{"status":"Rejected"}""" : null);
            await platform.CallAsync("CS-1", "ClearCache", "{}");
            await Task.Delay(1500, Cancel);
            await station.CallAsync("Heartbeat", "{}", Cancel);
            await ExportAsync(platform);
        }

        await using var second = await ServerHere.StartAsync(Path.Combine(data, "second"), 1, Cancel);
        using var operators = new Platform(second.Address);
        var playing = PlayAsync(second.Address, speed: 0.3);
        await operators.UntilAsync("/api/v1/stations", page => Platform.Items(page).Any(s => s.GetProperty("online").GetBoolean()));
        Assert.Equal("rejected", (await operators.CallAsync("REPLAY", "ClearCache", "{}")).GetProperty("state").GetString());
        Assert.Equal("failed", (await operators.CallAsync("REPLAY", "GetLocalListVersion", "{}")).GetProperty("state").GetString()); // it was never asked this
        var (code, output, _) = await playing;
        Assert.Equal(0, code);
        Assert.Contains("1 calls of the central system answered, 1 that the recording has no answer to, 0 recorded answers not asked for", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_file_ends_with_3_and_a_dead_address_with_1()
    {
        await System.IO.File.WriteAllTextAsync(File, "{\n7\n", Cancel);
        var (code, output, errors) = await HeadlessDemoTests.RunAsync(["replay", File, "--url", "ws://127.0.0.1:9/ocpp"]);
        Assert.Equal((3, ""), (code, output));
        Assert.Contains($"{File}:1:", errors, StringComparison.Ordinal);
        Assert.Contains($"{File}:2:", errors, StringComparison.Ordinal);
        await System.IO.File.WriteAllTextAsync(File, """{"sequence":1,"at":"2026-04-02T09:00:00Z","direction":"in","type":2,"frame":"[2,\"1\",\"Heartbeat\",{}]"}""", Cancel);
        (code, _, errors) = await PlayAsync("ws://127.0.0.1:9");
        Assert.Equal(1, code);
        Assert.Contains("127.0.0.1:9", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--url", "http://127.0.0.1")]
    [InlineData("--speed", "-1")]
    [InlineData("--subprotocol", "ocpp3")]
    public async Task Bad_options_are_refused_with_what_was_expected(string option, string value)
    {
        string[] address = option == "--url" ? [] : ["--url", "ws://127.0.0.1:9/ocpp"];
        var (code, _, errors) = await HeadlessDemoTests.RunAsync(["replay", File, option, value, .. address]);
        Assert.Equal(1, code);
        Assert.Contains(option, errors, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    private async Task RecordAsync(string protocol)
    {
        await using var server = await ServerHere.StartAsync(Path.Combine(data, "recorded"), 1, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", protocol, Cancel);
        if (protocol == "ocpp1.6")
        {
            await station.CallAsync("BootNotification", """{"chargePointVendor":"V","chargePointModel":"M"}""", Cancel);
            await station.CallAsync("Authorize", """{"idTag":"T-1"}""", Cancel);
            var id = (await station.CallAsync("StartTransaction", $$"""{"connectorId":1,"idTag":"T-1","meterStart":1000,"timestamp":"{{Platform.Now(-60)}}"}""", Cancel)).GetProperty("transactionId").GetInt32();
            await station.CallAsync("StopTransaction", $$"""{"transactionId":{{id}},"meterStop":3000,"timestamp":"{{Platform.Now(-1)}}","reason":"Local"}""", Cancel);
        }
        else
        {
            await station.CallAsync("BootNotification", """{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}""", Cancel);
            await station.CallAsync("Authorize", """{"idToken":{"idToken":"T-1","type":"Central"}}""", Cancel);
            await station.CallAsync("TransactionEvent", TransactionTests.Event("Started", "tx", 0, Platform.Now(-60), 1000, "T-1"), Cancel);
            await station.CallAsync("TransactionEvent", TransactionTests.Event("Ended", "tx", 1, Platform.Now(-1), 3000).Replace("\"transactionId\":\"tx\"", "\"transactionId\":\"tx\",\"stoppedReason\":\"Local\"", StringComparison.Ordinal), Cancel);
        }

        Assert.StartsWith("""[4,"x",""", await station.AskAsync("""[2,"x","Sing",{}]""", Cancel), StringComparison.Ordinal); // a fault is a frame too
        await ExportAsync(platform);
    }

    private async Task ExportAsync(Platform platform) => await System.IO.File.WriteAllTextAsync(File, await platform.Client.GetStringAsync(new Uri("/api/v1/stations/CS-1/messages/export?unmasked=true", UriKind.Relative), Cancel), Cancel);

    private static async Task NumberTakenAsync(ServerHere server)
    {
        await using var other = await RawStation.OnlineAsync(server.Address, "CS-9", "ocpp1.6", Cancel);
        await other.CallAsync("StartTransaction", $$"""{"connectorId":1,"idTag":"T-9","meterStart":0,"timestamp":"{{Platform.Now()}}"}""", Cancel);
    }

    private async Task<(int Code, string Output, string Errors)> PlayAsync(string address, string id = "REPLAY", string? subprotocol = null, double speed = 0)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = await ReplayRun.PlayAsync(new ReplayRequest(File, new Uri(address + "/ocpp"), id, subprotocol, speed), output, errors, Cancel);
        return (code, output.ToString(), errors.ToString());
    }
}
