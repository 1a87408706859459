using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Penstock.Ocpp;
using Penstock.Ocpp.Rpc;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Stations;

/// <summary>An operator sends any call of a station's version, sees how far it came, and the book learns from the answer.</summary>
public sealed class CallTests : IDisposable
{
    private const string Boot = """{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}""";

    private const string LegalProfile = """
        {"evseId":0,"chargingProfile":{"id":1,"stackLevel":0,"chargingProfilePurpose":"ChargingStationMaxProfile","chargingProfileKind":"Absolute",
        "chargingSchedule":[{"id":1,"startSchedule":"2026-01-01T00:00:00Z","chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":9000}]}]}}
        """;

    private readonly string data = Directory.CreateTempSubdirectory("penstock-calls-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ocpp1.6", OcppVersion.V16)]
    [InlineData("ocpp2.0.1", OcppVersion.V201)]
    [InlineData("ocpp2.1", OcppVersion.V21)]
    public async Task Every_call_of_the_version_goes_out_as_its_schema_says(string protocol, OcppVersion version)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        var heard = new ConcurrentQueue<string>();
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", protocol, Cancel, (action, _) =>
        {
            heard.Enqueue(action);
            return SmallestAnswer(version, action);
        });
        var actions = Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/actions"));
        Assert.Equal(OcppCatalogue.Actions(version).Values.Count(a => OcppCatalogue.FromCentralToStation(a.Name) && a.Response is not null), actions.Count);
        foreach (var one in actions)
        {
            var (action, payload) = (one.GetProperty("action").GetString()!, one.GetProperty("template").GetRawText());
            if (action == "TriggerMessage" || action == "ExtendedTriggerMessage") payload = """{"requestedMessage":"Heartbeat"}""";
            if (action is "SetChargingProfile" && version == OcppVersion.V21) payload = LegalProfile; // what the schema allows and the operation modes do not is refused before the wire
            var command = await platform.CallAsync("CS-1", action, payload);
            Assert.True(command.GetProperty("state").GetString() is "accepted" or "rejected" or "effective", command.GetRawText());
            Assert.Equal(JsonValueKind.Object, command.GetProperty("answer").ValueKind);
        }

        foreach (var one in actions) Assert.Contains(one.GetProperty("action").GetString()!, heard); // the station checks each against the official schema when it is disposed of
    }

    [Fact]
    public async Task A_command_goes_from_sent_over_accepted_to_effective()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.1", Cancel, (_, _) => """{"status":"Accepted"}""");
        var command = await platform.CallAsync("CS-1", "Reset", """{"type":"Immediate"}""");
        Assert.Equal("accepted", command.GetProperty("state").GetString());
        Assert.True(command.GetProperty("expectsEffect").GetBoolean());
        await station.CallAsync("Heartbeat", "{}", Cancel); // shows nothing
        Assert.Equal("accepted", (await platform.GetAsync($"/api/v1/commands/{command.GetProperty("commandId").GetString()}")).GetProperty("state").GetString());
        await station.CallAsync("BootNotification", Boot, Cancel);
        var seen = await platform.UntilAsync($"/api/v1/commands/{command.GetProperty("commandId").GetString()}", c => c.GetProperty("state").GetString() == "effective");
        Assert.True(seen.GetProperty("effectAt").GetDateTimeOffset() >= seen.GetProperty("answeredAt").GetDateTimeOffset());
    }

    [Fact]
    public async Task A_refused_command_takes_no_effect_from_the_one_after_it()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        var said = "Rejected";
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.1", Cancel, (_, _) => $$"""{"status":"{{said}}"}""");
        var refused = await platform.CallAsync("CS-1", "Reset", """{"type":"Immediate"}""");
        said = "Accepted";
        var accepted = await platform.CallAsync("CS-1", "Reset", """{"type":"Immediate"}""");
        await station.CallAsync("BootNotification", Boot, Cancel);
        await platform.UntilAsync($"/api/v1/commands/{accepted.GetProperty("commandId").GetString()}", c => c.GetProperty("state").GetString() == "effective");
        Assert.Equal("rejected", (await platform.GetAsync($"/api/v1/commands/{refused.GetProperty("commandId").GetString()}")).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_station_that_accepts_and_falls_silent_had_no_effect_once_the_time_is_over()
    {
        await using var server = await ServerHere.StartAsync(data, 1800, Cancel); // half an hour in a second
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.1", Cancel, (_, _) => """{"status":"Accepted"}""");
        var command = await platform.CallAsync("CS-1", "Reset", """{"type":"Immediate"}""");
        await platform.UntilAsync($"/api/v1/commands/{command.GetProperty("commandId").GetString()}", c => c.GetProperty("state").GetString() == "noEffect");
    }

    [Theory]
    [InlineData("Nonsense", "{}", "unknownAction")]
    [InlineData("BootNotification", "{}", "wrongDirection")]
    [InlineData("Reset", """{"type":"Never"}""", "invalidPayload")]
    [InlineData("Reset", "{}", "invalidPayload")]
    [InlineData("SetDERControl", "{}", "unknownAction")]
    public async Task A_call_that_the_version_does_not_allow_is_refused_before_the_wire(string action, string payload, string code)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.0.1", Cancel);
        var answer = await platform.PostAsync("/api/v1/stations/CS-1/calls", $$"""{"action":"{{action}}","payload":{{payload}}}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        var fault = (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("errors")[0];
        Assert.Equal(code, fault.GetProperty("code").GetString());
        Assert.Empty(station.Heard);
    }

    [Fact]
    public async Task A_station_that_errs_or_is_away_fails_the_command_and_says_why()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        Assert.Equal(HttpStatusCode.NotFound, (await platform.PostAsync("/api/v1/stations/CS-1/calls", """{"action":"ClearCache"}""")).StatusCode);
        await using (var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.1", Cancel, (_, _) => """{"status":"Perhaps"}"""))
        {
            var wrong = await platform.CallAsync("CS-1", "ClearCache", "{}");
            Assert.Equal(("failed", "TypeConstraintViolation"), (wrong.GetProperty("state").GetString(), wrong.GetProperty("errorCode").GetString()));
            Assert.Equal("Perhaps", wrong.GetProperty("answer").GetProperty("status").GetString()); // what it said is shown all the same
            await station.CloseAsync(Cancel);
        }

        await platform.UntilAsync("/api/v1/stations/CS-1", s => !s.GetProperty("online").GetBoolean());
        Assert.Equal(HttpStatusCode.Conflict, (await platform.PostAsync("/api/v1/stations/CS-1/calls", """{"action":"ClearCache"}""")).StatusCode);
        Assert.Single(Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/commands")));
    }

    [Fact]
    public async Task A_bulk_has_a_result_for_each_station_and_what_failed_is_tried_again()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        var willing = false;
        await using var good = await RawStation.OnlineAsync(server.Address, "A", "ocpp2.1", Cancel, (_, _) => """{"status":"Accepted"}""");
        await using var bad = await RawStation.OnlineAsync(server.Address, "B", "ocpp1.6", Cancel, (_, _) => willing ? """{"status":"Accepted"}""" : """{"status":"Rejected"}""");
        var bulk = await (await platform.PostAsync("/api/v1/commands", """{"stationIds":["A","B"],"action":"ClearCache","payload":{}}""")).Content.ReadFromJsonAsync<JsonElement>(Cancel);
        var results = await OverAsync(platform, bulk, 2);
        Assert.Equal("A accepted, B rejected", string.Join(", ", results.Select(r => $"{r.GetProperty("stationId").GetString()} {r.GetProperty("state").GetString()}")));
        willing = true;
        var again = await (await platform.PostAsync($"/api/v1/commands/{bulk.GetProperty("bulkId").GetString()}/retry", "{}")).Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal("B accepted", string.Join(", ", (await OverAsync(platform, again, 1)).Select(r => $"{r.GetProperty("stationId").GetString()} {r.GetProperty("state").GetString()}")));
        Assert.Single(good.Heard, h => h.Action == "ClearCache");
        Assert.Equal(HttpStatusCode.NotFound, (await platform.PostAsync($"/api/v1/commands/{again.GetProperty("bulkId").GetString()}/retry", "{}")).StatusCode);
    }

    /// <summary>Version, action, payload, answer, topic, and the keys that the book then has under it.</summary>
    public static TheoryData<string, string, string, string, string, string> Learned => new()
    {
        { "1.6", "ReserveNow", """{"connectorId":1,"expiryDate":"2040-01-01T00:00:00Z","idTag":"T","reservationId":5}""", """{"status":"Accepted"}""", "reservation", "5" },
        { "1.6", "SendLocalList", """{"listVersion":2,"updateType":"Full","localAuthorizationList":[{"idTag":"T1","idTagInfo":{"status":"Accepted"}},{"idTag":"T2","idTagInfo":{"status":"Blocked"}}]}""", """{"status":"Accepted"}""", "localList", "T1 T2" },
        { "1.6", "GetConfiguration", "{}", """{"configurationKey":[{"key":"HeartbeatInterval","readonly":false,"value":"60"}]}""", "variable", "Configuration/HeartbeatInterval" },
        { "1.6", "ChangeConfiguration", """{"key":"MeterValueSampleInterval","value":"10"}""", """{"status":"Accepted"}""", "variable", "Configuration/MeterValueSampleInterval" },
        { "1.6", "ChangeConfiguration", """{"key":"MeterValueSampleInterval","value":"10"}""", """{"status":"Rejected"}""", "variable", "" },
        { "1.6", "GetInstalledCertificateIds", """{"certificateType":"CentralSystemRootCertificate"}""", """{"status":"Accepted","certificateHashData":[{"hashAlgorithm":"SHA256","issuerNameHash":"a","issuerKeyHash":"b","serialNumber":"0c"}]}""", "certificate", "0c" },
        { "1.6", "UpdateFirmware", """{"location":"http://f/x","retrieveDate":"2026-01-01T00:00:00Z"}""", "{}", "firmware", "latest" },
        { "1.6", "GetDiagnostics", """{"location":"http://f/x"}""", """{"fileName":"d.log"}""", "log", "latest" },
        { "1.6", "SetChargingProfile", """{"connectorId":0,"csChargingProfiles":{"chargingProfileId":9,"stackLevel":0,"chargingProfilePurpose":"ChargePointMaxProfile","chargingProfileKind":"Absolute","chargingSchedule":{"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":9000}]}}}""", """{"status":"Accepted"}""", "chargingProfile", "0:9" },
        { "2.0.1", "SetVariables", """{"setVariableData":[{"attributeValue":"60","component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}},{"attributeValue":"x","component":{"name":"A"},"variable":{"name":"B"}}]}""", """{"setVariableResult":[{"attributeStatus":"Accepted","component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}},{"attributeStatus":"Rejected","component":{"name":"A"},"variable":{"name":"B"}}]}""", "variable", "OCPPCommCtrlr/HeartbeatInterval" },
        { "2.1", "GetVariables", """{"getVariableData":[{"component":{"name":"EVSE","evse":{"id":1}},"variable":{"name":"Power"}}]}""", """{"getVariableResult":[{"attributeStatus":"Accepted","attributeValue":"22000","component":{"name":"EVSE","evse":{"id":1}},"variable":{"name":"Power"}}]}""", "variable", "EVSE@1/Power" },
        { "2.1", "SetVariableMonitoring", """{"setMonitoringData":[{"value":50,"type":"UpperThreshold","severity":3,"component":{"name":"EVSE"},"variable":{"name":"Temperature"}}]}""", """{"setMonitoringResult":[{"id":77,"status":"Accepted","type":"UpperThreshold","component":{"name":"EVSE"},"variable":{"name":"Temperature"},"severity":3}]}""", "monitor", "77" },
        { "2.1", "SetDisplayMessage", """{"message":{"id":4,"priority":"AlwaysFront","message":{"format":"UTF8","content":"Hi"}}}""", """{"status":"Accepted"}""", "displayMessage", "4" },
        { "2.1", "SetDefaultTariff", """{"evseId":0,"tariff":{"tariffId":"TF-1","currency":"CNY"}}""", """{"status":"Accepted"}""", "tariff", "TF-1" },
        { "2.1", "CostUpdated", """{"totalCost":3.2,"transactionId":"X1"}""", "{}", "runningCost", "X1" },
        { "2.1", "SetNetworkProfile", """{"configurationSlot":1,"connectionData":{"ocppInterface":"Wired0","ocppTransport":"JSON","messageTimeout":30,"ocppCsmsUrl":"wss://x/ocpp","securityProfile":2,"basicAuthPassword":"secret-secret-16"}}""", """{"status":"Accepted"}""", "network", "slot:1" },
        { "2.1", "ChangeAvailability", """{"operationalStatus":"Inoperative","evse":{"id":2}}""", """{"status":"Scheduled"}""", "availability", "2" },
        { "2.1", "RequestBatterySwap", """{"idToken":{"idToken":"T","type":"Central"},"requestId":3}""", """{"status":"Accepted"}""", "batterySwap", "3:Requested" },
        { "2.1", "GetPeriodicEventStream", "{}", """{"constantStreamData":[{"id":6,"params":{},"variableMonitoringId":1}]}""", "eventStream", "6" },
        { "2.1", "PublishFirmware", """{"location":"http://f/x","checksum":"00000000000000000000000000000000","requestId":12}""", """{"status":"Accepted"}""", "firmware", "12" },
    };

    [Theory]
    [MemberData(nameof(Learned))]
    [Covers("1.6 ReserveNow", "1.6 SendLocalList", "1.6 GetConfiguration", "1.6 ChangeConfiguration", "1.6 GetInstalledCertificateIds", "1.6 UpdateFirmware", "1.6 GetDiagnostics", "1.6 SetChargingProfile", "2.0.1 SetVariables")]
    [Covers("2.1 GetVariables", "2.1 SetVariableMonitoring", "2.1 SetDisplayMessage", "2.1 SetDefaultTariff", "2.1 CostUpdated", "2.1 SetNetworkProfile", "2.1 ChangeAvailability", "2.1 RequestBatterySwap", "2.1 GetPeriodicEventStream", "2.1 PublishFirmware")]
    public async Task The_book_learns_from_what_a_station_accepts(string version, string action, string payload, string answer, string topic, string keys)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp" + version, Cancel, (_, _) => answer);
        await platform.CallAsync("CS-1", action, payload);
        var rows = Platform.Items(await platform.GetAsync($"/api/v1/stations/CS-1/book/{topic}"));
        Assert.Equal(keys.Split(' ', StringSplitOptions.RemoveEmptyEntries), rows.Select(r => r.GetProperty("key").GetString()!).Where(k => k != "localListVersion").Order(StringComparer.Ordinal));
        Assert.DoesNotContain("secret-secret-16", string.Concat(rows.Select(r => r.GetRawText())), StringComparison.Ordinal); // a password is no fact to be read
    }

    [Fact]
    [Covers("2.1 SendLocalList", "2.1 GetLocalListVersion", "2.1 ClearDisplayMessage", "2.1 ClearVariableMonitoring", "2.1 ClearTariffs", "2.1 ClearChargingProfile", "2.1 SetChargingProfile", "2.1 DeleteCertificate", "2.1 CancelReservation", "2.1 GetInstalledCertificateIds")]
    public async Task What_is_taken_back_is_gone_from_the_book()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        var answers = new Dictionary<string, string>
        {
            ["GetLocalListVersion"] = """{"versionNumber":2}""",
            ["SetVariableMonitoring"] = """{"setMonitoringResult":[{"id":77,"status":"Accepted","type":"UpperThreshold","component":{"name":"EVSE"},"variable":{"name":"T"},"severity":3}]}""",
            ["ClearVariableMonitoring"] = """{"clearMonitoringResult":[{"id":77,"status":"Accepted"}]}""",
            ["ClearTariffs"] = """{"clearTariffsResult":[{"tariffId":"TF-1","status":"Accepted"}]}""",
            ["GetInstalledCertificateIds"] = """{"status":"Accepted","certificateHashDataChain":[{"certificateHashData":{"hashAlgorithm":"SHA256","issuerNameHash":"a","issuerKeyHash":"b","serialNumber":"0c"},"certificateType":"CSMSRootCertificate"}]}""",
        };
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.1", Cancel, (action, _) => answers.GetValueOrDefault(action, """{"status":"Accepted"}"""));
        await platform.CallAsync("CS-1", "SendLocalList", """{"versionNumber":1,"updateType":"Full","localAuthorizationList":[{"idToken":{"idToken":"T1","type":"Central"},"idTokenInfo":{"status":"Accepted"}},{"idToken":{"idToken":"T2","type":"Central"},"idTokenInfo":{"status":"Accepted"}}]}""");
        await platform.CallAsync("CS-1", "SendLocalList", """{"versionNumber":2,"updateType":"Differential","localAuthorizationList":[{"idToken":{"idToken":"T1","type":"Central"}}]}""");
        await platform.CallAsync("CS-1", "GetLocalListVersion", "{}");
        Assert.Equal(["T2"], await KeysAsync(platform, "localList"));
        await platform.CallAsync("CS-1", "SetDisplayMessage", """{"message":{"id":4,"priority":"AlwaysFront","message":{"format":"UTF8","content":"Hi"}}}""");
        await platform.CallAsync("CS-1", "ClearDisplayMessage", """{"id":4}""");
        Assert.Empty(await KeysAsync(platform, "displayMessage"));
        await platform.CallAsync("CS-1", "SetVariableMonitoring", """{"setMonitoringData":[{"value":50,"type":"UpperThreshold","severity":3,"component":{"name":"EVSE"},"variable":{"name":"T"}}]}""");
        await platform.CallAsync("CS-1", "ClearVariableMonitoring", """{"id":[77]}""");
        Assert.Empty(await KeysAsync(platform, "monitor"));
        await platform.CallAsync("CS-1", "SetDefaultTariff", """{"evseId":0,"tariff":{"tariffId":"TF-1","currency":"CNY"}}""");
        await platform.CallAsync("CS-1", "ClearTariffs", """{"tariffIds":["TF-1"]}""");
        Assert.Empty(await KeysAsync(platform, "tariff"));
        await platform.CallAsync("CS-1", "GetInstalledCertificateIds", "{}");
        await platform.CallAsync("CS-1", "DeleteCertificate", """{"certificateHashData":{"hashAlgorithm":"SHA256","issuerNameHash":"a","issuerKeyHash":"b","serialNumber":"0c"}}""");
        Assert.Empty(await KeysAsync(platform, "certificate"));
        foreach (var (id, purpose, level) in new[] { (1, "TxDefaultProfile", 0), (2, "TxDefaultProfile", 1), (3, "ChargingStationMaxProfile", 0) })
        {
            await platform.CallAsync("CS-1", "SetChargingProfile", $$$"""{"evseId":0,"chargingProfile":{"id":{{{id}}},"stackLevel":{{{level}}},"chargingProfilePurpose":"{{{purpose}}}","chargingProfileKind":"Absolute","chargingSchedule":[{"id":1,"startSchedule":"2026-01-01T00:00:00Z","chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":9000}]}]}}""");
        }

        Assert.Equal(2, Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/profiles?purpose=TxDefaultProfile")).Count);
        Assert.Single(Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/profiles?purpose=TxDefaultProfile&stackLevel=1&evse=0")));
        await platform.CallAsync("CS-1", "ClearChargingProfile", """{"chargingProfileCriteria":{"chargingProfilePurpose":"TxDefaultProfile","stackLevel":1}}""");
        Assert.Equal(["0:1", "0:3"], await KeysAsync(platform, "chargingProfile"));
        await platform.CallAsync("CS-1", "ReserveNow", """{"id":1,"expiryDateTime":"2040-01-01T00:00:00Z","idToken":{"idToken":"T","type":"Central"}}""");
        await platform.CallAsync("CS-1", "CancelReservation", """{"reservationId":1}""");
        Assert.Equal("Cancelled", Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/reservations"))[0].GetProperty("status").GetString());
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    /// <summary>An answer with what must be in it.</summary>
    internal static string SmallestAnswer(OcppVersion version, string action)
    {
        var template = Server.Api.PayloadTemplate.Of(OcppCatalogue.Actions(version)[action] is var a ? new OcppAction(a.Name, a.Response!, null) : throw new InvalidOperationException(action));
        return template.GetRawText();
    }

    private static async Task<List<string>> KeysAsync(Platform platform, string topic) =>
        [.. Platform.Items(await platform.GetAsync($"/api/v1/stations/CS-1/book/{topic}")).Select(r => r.GetProperty("key").GetString()!).Order(StringComparer.Ordinal)];

    private static async Task<List<JsonElement>> OverAsync(Platform platform, JsonElement bulk, int count) => Platform.Items(await platform.UntilAsync(
        $"/api/v1/commands?bulkId={bulk.GetProperty("bulkId").GetString()}", page => Platform.Items(page).Count(c => c.GetProperty("state").GetString() is "accepted" or "rejected" or "failed") == count));
}
