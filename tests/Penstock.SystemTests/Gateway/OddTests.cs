using System.Net.WebSockets;
using System.Text.Json;
using Penstock.UnitTests.Ocpp;

namespace Penstock.SystemTests.Gateway;

/// <summary>
/// What real station stacks send and the standard does not, one test each. Elsewhere:
/// bad frames, 300 kB and 8 MB, binary, goodbye: FrameTests. Older socket and newer, 30 sockets at once, a command that the link cut off, accepts and does not obey (setpoints): LinkTests.
/// The same message twice, used transaction ids, unset and fast clocks, lying registers, state of charge as noise: TransactionTests. Kill and repeat: CrashTests. Full disk: DiskTests.
/// A station that cannot say what it has: InboxTests. A call that fails: CallTests. Links and storms of this list: OddTests.Links.
/// </summary>
public sealed partial class OddTests : IDisposable
{
    private const string Boot = """{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}""";

    private readonly string data = Directory.CreateTempSubdirectory("penstock-odd-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    [Covers("2.1 TransactionEvent")]
    public async Task The_same_message_ids_on_two_stations_and_after_a_reboot_are_messages_of_their_own()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        for (var boot = 0; boot < 2; boot++)
        {
            await using var first = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
            await using var second = await RawStation.ConnectAsync(server.Address, "CS-2", "ocpp2.1", Cancel);
            for (var seq = 0; seq < 2; seq++)
            {
                var frame = $"[2,\"{seq}\",\"TransactionEvent\",{TransactionTests.Event(seq == 0 ? "Started" : "Ended", $"tx{boot}", seq, Platform.Now(seq - 10), 1000 + (1000 * seq), seq == 0 ? "T-1" : null)}]";
                Assert.All(await Task.WhenAll(first.AskAsync(frame, Cancel), second.AskAsync(frame, Cancel)), answer => Assert.StartsWith($"[3,\"{seq}\",", answer));
            }
        }

        foreach (var id in new[] { "CS-1:tx0", "CS-1:tx1", "CS-2:tx0", "CS-2:tx1" }) Assert.Equal(1, (await platform.StatementAsync(id)).GetProperty("energyImportedKwh").GetDouble(), 3);
    }

    [Theory]
    [InlineData("""[2, "a", "Heartbeat", {}]""", "a")]
    [InlineData(" [ 2 ,\t\"a\"\r\n, \"Heartbeat\" , { } ] \n", "a")]
    [InlineData("""[2,"18446744073709551616","Heartbeat",{}]""", "18446744073709551616")]
    [InlineData("""[2,"f47ac10b-58cc-4372-a567-0e02b2c3d479","Heartbeat",{}]""", "f47ac10b-58cc-4372-a567-0e02b2c3d479")]
    [InlineData("""[2,1700000001,"Heartbeat",{}]""", "1700000001")]
    [InlineData("""[2,"{\"a\"}","Heartbeat",{}]""", """{\u0022a\u0022}""")]
    [InlineData("""[2,"a","Heartbeat"]""", "a")]
    [InlineData("""[2,"a","Heartbeat",null]""", "a")]
    [InlineData("""[2,"a","Heartbeat",{"vendorExtra":[1,2,{"x":null}]}]""", "a")]
    [Covers("1.6 Heartbeat", "2.0.1 Heartbeat", "2.1 Heartbeat")]
    public async Task A_frame_with_spaces_any_id_or_no_payload_is_answered_by_its_id(string frame, string id)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        foreach (var protocol in new[] { "ocpp1.6", "ocpp2.0.1", "ocpp2.1" })
        {
            await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", protocol, Cancel);
            var answer = await station.AskAsync(frame, Cancel);
            Assert.StartsWith($"[3,\"{id}\",{{\"currentTime\":", answer.Replace("\\\"", "\\u0022", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(131_073)]
    [InlineData(250_000)]
    [Covers("1.6 DataTransfer", "2.1 DataTransfer")]
    public async Task A_frame_above_128_kB_is_accepted(int bytes)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        foreach (var protocol in new[] { "ocpp1.6", "ocpp2.1" })
        {
            await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", protocol, Cancel);
            Assert.StartsWith("[3,\"a\",", await station.AskAsync($$"""[2,"a","DataTransfer",{"vendorId":"V","data":"{{new string('x', bytes)}}"}]""", Cancel));
        }
    }

    [Fact]
    public async Task A_frame_of_1_MB_closes_with_1009_and_the_station_can_come_back_with_its_session()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using (var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel))
        {
            await station.CallAsync("TransactionEvent", TransactionTests.Event("Started", "tx", 0, Platform.Now(-60), 1000, "T-1"), Cancel);
            try
            {
                await station.SendAsync($$"""[2,"a","DataTransfer",{"vendorId":"V","data":"{{new string('x', 1 << 20)}}"}]""", Cancel);
            }
            catch (WebSocketException)
            {
                // the far end may close while we still speak
            }

            await station.UntilClosedAsync();
            Assert.Equal(WebSocketCloseStatus.MessageTooBig, station.CloseStatus);
        }

        await using var back = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await back.CallAsync("TransactionEvent", TransactionTests.Event("Ended", "tx", 1, Platform.Now(-1), 3000), Cancel);
        Assert.Equal(2, (await platform.StatementAsync("CS-1:tx")).GetProperty("energyImportedKwh").GetDouble(), 3);
    }

    [Theory]
    [InlineData("ocpp2.0.1")]
    [InlineData("ocpp2.1")]
    [Covers("2.0.1 StatusNotification", "2.1 StatusNotification")]
    public async Task A_status_of_evse_0_connector_0_is_taken_and_makes_no_evse(string protocol)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", protocol, Cancel);
        await station.CallAsync("BootNotification", Boot, Cancel);
        foreach (var evse in new[] { 0, 1 }) await station.CallAsync("StatusNotification", Status(evse, "Available"), Cancel);
        await platform.UntilAsync("/api/v1/waiting-stations", page => Platform.Items(page).Any(s => s.GetProperty("evsesReported").EnumerateArray().Select(e => e.GetProperty("evse").GetInt32()).SequenceEqual([1])));
    }

    [Theory]
    [InlineData("LogStatusNotification", """{"status":"Uploaded","requestId":1}""")]
    [InlineData("SignedFirmwareStatusNotification", """{"status":"Downloading","requestId":1}""")]
    [InlineData("SecurityEventNotification", """{"type":"TamperDetectionActivated","timestamp":"2026-04-02T09:00:00Z"}""")]
    [InlineData("SignCertificate", """{"csr":"-----BEGIN CERTIFICATE REQUEST-----"}""")]
    [Covers("1.6 LogStatusNotification", "1.6 SignedFirmwareStatusNotification", "1.6 SecurityEventNotification", "1.6 SignCertificate")]
    public async Task A_message_of_the_security_extension_of_1_6_is_answered(string action, string payload)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp1.6", Cancel);
        var answer = await station.AskAsync($"[2,\"a\",\"{action}\",{payload}]", Cancel);
        Assert.StartsWith("[3,\"h\",", await station.AskAsync("""[2,"h","Heartbeat",{}]""", Cancel));
        Assert.StartsWith("[3,\"a\",", answer);
    }

    [Theory]
    [InlineData("ocpp1.6", "1.6", """{"updateType":"Full","localAuthorizationList":[{"idTagInfo":{"status":"Accepted","parentIdTag":"P","expiryDate":"2040-01-01T00:00:00Z"},"idTag":"T1"}],"listVersion":2}""", "listVersion localAuthorizationList updateType")]
    [InlineData("ocpp2.0.1", "2.0.1", """{"updateType":"Full","versionNumber":2,"localAuthorizationList":[{"idTokenInfo":{"status":"Accepted"},"idToken":{"type":"Central","idToken":"T1"}}]}""", "localAuthorizationList versionNumber updateType")]
    [InlineData("ocpp2.1", "2.1", """{"updateType":"Full","versionNumber":2,"localAuthorizationList":[{"idTokenInfo":{"status":"Accepted"},"idToken":{"type":"Central","idToken":"T1"}}]}""", "localAuthorizationList versionNumber updateType")]
    [Covers("1.6 SendLocalList", "2.0.1 SendLocalList", "2.1 SendLocalList")]
    public async Task Members_go_out_in_the_order_of_the_schema(string protocol, string version, string payload, string order)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", protocol, Cancel, (_, _) => """{"status":"Accepted"}""");
        await platform.CallAsync("CS-1", "SendLocalList", payload);
        var sent = Assert.Single(station.Heard, h => h.Action == "SendLocalList").Payload.EnumerateObject().Select(m => m.Name).ToList();
        Assert.Equal(order.Split(' '), sent);
        var folder = Path.Combine(Schemas.Root(), version);
        var file = new[] { "SendLocalList.json", "SendLocalListRequest.json" }.Select(n => Path.Combine(folder, n)).First(File.Exists);
        using var schema = JsonDocument.Parse(await File.ReadAllTextAsync(file, Cancel));
        Assert.Equal(schema.RootElement.GetProperty("properties").EnumerateObject().Select(p => p.Name).Where(sent.Contains), sent);
    }

    [Fact]
    [Covers("2.1 Reset", "2.1 GetBaseReport", "2.1 RequestStartTransaction")]
    public async Task A_station_that_accepts_everything_and_does_nothing_leaves_commands_without_effect()
    {
        await using var server = await ServerHere.StartAsync(data, speed: 1800, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.1", Cancel, (_, _) => """{"status":"Accepted"}""");
        foreach (var (action, payload) in new[] { ("Reset", """{"type":"OnIdle"}"""), ("GetBaseReport", """{"requestId":1,"reportBase":"FullInventory"}"""), ("RequestStartTransaction", """{"remoteStartId":1,"evseId":1,"idToken":{"idToken":"T-1","type":"Central"}}""") })
        {
            var id = (await platform.CallAsync("CS-1", action, payload)).GetProperty("commandId").GetString();
            for (var state = ""; state != "noEffect"; state = (await platform.GetAsync($"/api/v1/commands/{id}")).GetProperty("state").GetString()!)
            {
                Assert.NotEqual("effective", state);
                await station.CallAsync("Heartbeat", "{}", Cancel); // it goes on as if nothing were
                await Task.Delay(100, Cancel);
            }
        }
    }

    [Fact]
    [Covers("2.1 ClearCache")]
    public async Task A_station_that_dies_on_a_call_it_does_not_know_comes_back_and_is_not_asked_again()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        RawStation? dying = null;
        await using var station = dying = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.1", Cancel, (_, _) =>
        {
            dying!.Abort();
            return null;
        });
        var command = await platform.CallAsync("CS-1", "ClearCache", "{}");
        Assert.Equal("failed", command.GetProperty("state").GetString());
        await using var back = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await back.CallAsync("BootNotification", Boot, Cancel);
        await Task.Delay(500, Cancel);
        Assert.DoesNotContain(back.Heard, h => h.Action == "ClearCache");
        Assert.True((await platform.GetAsync("/api/v1/stations/CS-1")).GetProperty("online").GetBoolean());
    }

    [Fact]
    [Covers("2.1 TransactionEvent")]
    public async Task Ten_thousand_pending_messages_after_a_month_offline_are_all_kept_by_device_time()
    {
        const int transactions = 100, messages = 100; // 50 Wh between two messages
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        var first = TimeProvider.System.GetUtcNow().AddDays(-30);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        var sending = SendAllAsync();
        for (var i = 0; i < transactions * messages; i++) Assert.StartsWith($"[3,\"{i}\",", await station.NextAnswerAsync(Cancel));
        await sending;
        var sessions = Platform.Items(await platform.UntilAsync("/api/v1/sessions?stationId=CS-1", page => Platform.Items(page).Count(s => s.GetProperty("status").GetString() == "settled") == transactions));
        for (var t = 0; t < transactions; t++)
        {
            var session = sessions.Single(s => s.GetProperty("transactionId").GetString() == $"tx{t}");
            Assert.Equal(50.0 * (messages - 1) / 1000, session.GetProperty("energyImportedKwh").GetDouble(), 3);
            Assert.InRange((session.GetProperty("start").GetDateTimeOffset() - At(t, 0)).TotalMilliseconds, -1, 1);
            Assert.InRange((session.GetProperty("end").GetDateTimeOffset() - At(t, messages - 1)).TotalMilliseconds, -1, 1);
            Assert.False(session.GetProperty("timesOfReceipt").GetBoolean());
        }

        Assert.Equal(transactions, Platform.Items(await platform.GetAsync("/api/v1/statements")).Count);

        DateTimeOffset At(int t, int m) => first.AddHours(7 * t).AddMinutes(3 * m);

        async Task SendAllAsync()
        {
            var id = 0;
            for (var t = 0; t < transactions; t++)
            {
                // The values between come newest first, as some queues do.
                foreach (var m in Enumerable.Range(1, messages - 2).Reverse().Prepend(0).Append(messages - 1))
                {
                    var text = TransactionTests.Event(m == 0 ? "Started" : m == messages - 1 ? "Ended" : "Updated", $"tx{t}", m, At(t, m).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture), 1000 + (50 * m), m == 0 ? "T-1" : null);
                    await station.SendAsync($"[2,\"{id++}\",\"TransactionEvent\",{text[..^1]},\"offline\":true}}]", Cancel);
                }
            }
        }
    }

    [Fact]
    [Covers("2.1 TransactionEvent")]
    public async Task A_message_replayed_in_a_later_connection_has_no_second_effect()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        string[] frames =
        [
            $"[2,\"1\",\"TransactionEvent\",{TransactionTests.Event("Started", "tx", 0, Platform.Now(-60), 1000, "T-1")}]",
            $"[2,\"2\",\"TransactionEvent\",{TransactionTests.Event("Updated", "tx", 1, Platform.Now(-31), 2000)}]",
            $"[2,\"3\",\"TransactionEvent\",{TransactionTests.Event("Ended", "tx", 2, Platform.Now(-1), 3000)}]",
        ];
        var answers = new List<string>[3];
        for (var connection = 0; connection < 3; connection++)
        {
            await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
            answers[connection] = [];
            foreach (var frame in frames) answers[connection].Add(await station.AskAsync(frame, Cancel));
            if (connection == 0) await platform.StatementAsync("CS-1:tx");
        }

        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(answers[0], answers[2]);
        Assert.Equal(2, Assert.Single(Platform.Items(await platform.GetAsync("/api/v1/sessions"))).GetProperty("energyImportedKwh").GetDouble(), 3);
        Assert.Single(Platform.Items(await platform.GetAsync("/api/v1/statements")));
    }

    [Theory]
    [InlineData("2099-12-31T23:59:59Z")]
    [InlineData("2031-01-01T00:00:00+14:00")]
    [InlineData("0001-01-01T00:00:00Z")]
    [Covers("1.6 StartTransaction", "1.6 StopTransaction", "1.6 MeterValues")]
    public async Task A_clock_years_off_is_replaced_by_the_time_of_receipt(string told)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp1.6", Cancel);
        var id = (await station.CallAsync("StartTransaction", $$"""{"connectorId":1,"idTag":"T-1","meterStart":1000,"timestamp":"{{told}}"}""", Cancel)).GetProperty("transactionId").GetInt32();
        await station.CallAsync("MeterValues", $$$"""{"connectorId":1,"transactionId":{{{id}}},"meterValue":[{"timestamp":"{{{told}}}","sampledValue":[{"value":"1500"}]}]}""", Cancel);
        await station.CallAsync("StopTransaction", $$"""{"transactionId":{{id}},"meterStop":3000,"timestamp":"{{told}}"}""", Cancel);
        var session = Assert.Single(Platform.Items(await platform.UntilAsync("/api/v1/sessions", page => Platform.Items(page).Any(s => s.GetProperty("status").GetString() != "open"))));
        Assert.True(session.GetProperty("timesOfReceipt").GetBoolean());
        Assert.InRange(session.GetProperty("start").GetDateTimeOffset(), TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow());
        Assert.Equal(2, session.GetProperty("energyImportedKwh").GetDouble(), 3);
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    private static string Status(int evse, string status) => $$"""{"timestamp":"{{Platform.Now()}}","connectorStatus":"{{status}}","evseId":{{evse}},"connectorId":{{Math.Min(evse, 1)}}}""";
}
