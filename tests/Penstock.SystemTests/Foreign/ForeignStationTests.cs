using System.Net.Http.Json;
using System.Text.Json;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Foreign;

/// <summary>Stations that are not ours, written with the npm package ocpp-rpc (strict in 1.6 and 2.0.1), do all that an operator asks; all that is said is held against the official schemas.</summary>
public sealed class ForeignStationTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-foreign-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.6")]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    [Covers("1.6 BootNotification", "1.6 Heartbeat", "1.6 StatusNotification", "1.6 Authorize", "1.6 StartTransaction", "1.6 MeterValues", "1.6 StopTransaction", "1.6 SetChargingProfile")]
    [Covers("2.0.1 BootNotification", "2.0.1 Heartbeat", "2.0.1 StatusNotification", "2.0.1 Authorize", "2.0.1 TransactionEvent", "2.0.1 SetChargingProfile", "2.1 BootNotification", "2.1 Heartbeat", "2.1 StatusNotification", "2.1 Authorize", "2.1 TransactionEvent", "2.1 SetChargingProfile")]
    public async Task It_waits_is_let_in_charges_by_our_profile_and_is_settled(string version)
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "TOKEN-1");
        await using var station = await ForeignStation.StartAsync("station.mjs", "ocpp-rpc", server.Address + "/ocpp", "FOREIGN-1", version, "TOKEN-1");
        await platform.AdmitAsync("FOREIGN-1", null, s => s.GetProperty("evsesReported").GetArrayLength() == 1);
        var done = await station.EndAsync(version);
        Assert.True(done.GetProperty("profiles").GetInt32() > 0, "no charging profile came");
        var obeyed = station.Lines.Single(l => ForeignStation.Is(l, "power"));
        Assert.Equal(Math.Min(11_000, obeyed.GetProperty("limit").GetDouble()), obeyed.GetProperty("w").GetDouble());
        Assert.InRange(obeyed.GetProperty("limit").GetDouble(), 0, 7000);
        var statements = await platform.UntilAsync("/api/v1/statements", page => Platform.Items(page).Count == 1);
        var statement = Platform.Items(statements)[0];
        Assert.Equal(3, statement.GetProperty("energyImportedKwh").GetDouble(), 3);
        Assert.Equal("EV-1", statement.GetProperty("vehicleId").GetString());
        await ForeignStation.CheckLogAsync(platform, "FOREIGN-1", version);
    }

    [Theory]
    [InlineData("1.6", "Invalid")]
    [InlineData("2.0.1", "Unknown")]
    [InlineData("2.1", "Unknown")]
    [Covers("1.6 Authorize", "2.0.1 Authorize", "2.1 Authorize", "1.6 DataTransfer", "2.0.1 DataTransfer", "2.1 DataTransfer")]
    [Covers("1.6 ReserveNow", "1.6 CancelReservation", "1.6 SendLocalList", "1.6 GetLocalListVersion", "2.0.1 ReserveNow", "2.0.1 CancelReservation", "2.0.1 SendLocalList", "2.0.1 GetLocalListVersion", "2.1 ReserveNow", "2.1 CancelReservation", "2.1 SendLocalList", "2.1 GetLocalListVersion")]
    public async Task It_hears_of_tokens_reservations_local_lists_and_vendors_words(string version, string unknown)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await LiveAsync(server, platform, version);
        await PutTokenAsync(platform, "BLOCKED-1", new { blocked = true });
        await PutTokenAsync(platform, "EXPIRED-1", new { expiresAt = "2026-01-01T00:00:00Z" });
        foreach (var (token, expected) in new[] { ("TOKEN-1", "Accepted"), ("BLOCKED-1", "Blocked"), ("EXPIRED-1", "Expired"), ("NOBODY-1", unknown) })
        {
            var answer = (await station.DoAsync($"authorize {token}")).Single(l => ForeignStation.Is(l, "response", "Authorize")).GetProperty("payload");
            Assert.Equal(expected, answer.GetProperty(version == "1.6" ? "idTagInfo" : "idTokenInfo").GetProperty("status").GetString());
        }

        await PutTokenAsync(platform, "TOKEN-1", new { blocked = true });
        Assert.Contains("\"Blocked\"", string.Concat((await station.DoAsync("authorize TOKEN-1")).Select(l => l.GetRawText())), StringComparison.Ordinal);

        var reservation = version == "1.6" ? """{"connectorId":1,"expiryDate":"2040-01-01T00:00:00Z","idTag":"TOKEN-1","reservationId":7}""" : """{"id":7,"expiryDateTime":"2040-01-01T00:00:00Z","evseId":1,"idToken":{"idToken":"TOKEN-1","type":"Central"}}""";
        await AcceptedAsync(platform, "ReserveNow", reservation);
        Assert.Equal("Accepted", Platform.Items(await platform.GetAsync("/api/v1/stations/FOREIGN-1/reservations"))[0].GetProperty("status").GetString());
        await AcceptedAsync(platform, "CancelReservation", """{"reservationId":7}""");
        Assert.Equal("rejected", (await platform.CallAsync("FOREIGN-1", "CancelReservation", """{"reservationId":8}""")).GetProperty("state").GetString());
        Assert.Equal("Cancelled", Platform.Items(await platform.GetAsync("/api/v1/stations/FOREIGN-1/reservations"))[0].GetProperty("status").GetString());

        await AcceptedAsync(platform, "SendLocalList", version == "1.6"
            ? """{"listVersion":3,"updateType":"Full","localAuthorizationList":[{"idTag":"TOKEN-1","idTagInfo":{"status":"Accepted"}}]}"""
            : """{"versionNumber":3,"updateType":"Full","localAuthorizationList":[{"idToken":{"idToken":"TOKEN-1","type":"Central"},"idTokenInfo":{"status":"Accepted"}}]}""");
        var list = await platform.CallAsync("FOREIGN-1", "GetLocalListVersion", "{}");
        Assert.Equal(3, list.GetProperty("answer").GetProperty(version == "1.6" ? "listVersion" : "versionNumber").GetInt32());

        await AcceptedAsync(platform, "DataTransfer", """{"vendorId":"Foreign","messageId":"Hello","data":"x"}""");
        Assert.Equal("rejected", (await platform.CallAsync("FOREIGN-1", "DataTransfer", """{"vendorId":"Nobody"}""")).GetProperty("state").GetString());
        Assert.Contains(await station.DoAsync("transfer"), l => ForeignStation.Is(l, "response", "DataTransfer"));
        Assert.Equal("failed", (await platform.CallAsync("FOREIGN-1", "ClearCache", "{}")).GetProperty("state").GetString()); // it does not know this one
        await station.QuitAsync(version);
        await ForeignStation.CheckLogAsync(platform, "FOREIGN-1", version);
    }

    [Theory]
    [InlineData("1.6")]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    [Covers("1.6 RemoteStartTransaction", "1.6 RemoteStopTransaction", "2.0.1 RequestStartTransaction", "2.0.1 RequestStopTransaction", "2.1 RequestStartTransaction", "2.1 RequestStopTransaction", "1.6 SetChargingProfile", "2.0.1 SetChargingProfile", "2.1 SetChargingProfile")]
    public async Task It_is_started_and_stopped_from_afar_and_its_power_follows_the_limit_between(string version)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await LiveAsync(server, platform, version);
        var started = await platform.CallAsync("FOREIGN-1", version == "1.6" ? "RemoteStartTransaction" : "RequestStartTransaction", version == "1.6" ? """{"idTag":"TOKEN-1","connectorId":1}""" : """{"remoteStartId":5,"evseId":1,"idToken":{"idToken":"TOKEN-1","type":"Central"}}""");
        await EffectiveAsync(platform, started);
        await station.UntilAsync("request", "SetChargingProfile");
        await platform.UntilAsync("/api/v1/vehicles/EV-1", v => Number(v, "powerKw") is { } power && power < 7.1 && Math.Abs(power - Setpoint(v)) < 0.2); // the car itself would take 11 kW
        var session = Platform.Items(await platform.GetAsync("/api/v1/sessions?stationId=FOREIGN-1&status=open"))[0];
        var transaction = session.GetProperty("transactionId").GetString()!;
        var stopped = await platform.CallAsync("FOREIGN-1", version == "1.6" ? "RemoteStopTransaction" : "RequestStopTransaction", version == "1.6" ? $$"""{"transactionId":{{transaction}}}""" : $$"""{"transactionId":"{{transaction}}"}""");
        await EffectiveAsync(platform, stopped);
        var over = Assert.Single(Platform.Items(await platform.UntilAsync($"/api/v1/sessions?transactionId={transaction}", page => Platform.Items(page).All(s => s.GetProperty("status").GetString() == "settled"))));
        Assert.Equal(("Remote", "TOKEN-1"), (over.GetProperty("stopReason").GetString(), over.GetProperty("token").GetString()));
        Assert.True(over.GetProperty("end").GetDateTimeOffset() >= over.GetProperty("start").GetDateTimeOffset());
        Assert.Equal("rejected", (await platform.CallAsync("FOREIGN-1", version == "1.6" ? "RemoteStopTransaction" : "RequestStopTransaction", version == "1.6" ? """{"transactionId":999}""" : """{"transactionId":"none"}""")).GetProperty("state").GetString());
        await station.QuitAsync(version);
        await ForeignStation.CheckLogAsync(platform, "FOREIGN-1", version);

        double Setpoint(JsonElement vehicle) => vehicle.TryGetProperty("explanation", out var e) && e.ValueKind == JsonValueKind.Object && Number(e, "setpointKw") is { } kw ? kw : double.NaN;
    }

    [Theory]
    [InlineData("1.6")]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    [Covers("1.6 GetDiagnostics", "1.6 DiagnosticsStatusNotification", "1.6 UpdateFirmware", "1.6 FirmwareStatusNotification", "2.0.1 GetLog", "2.0.1 LogStatusNotification", "2.0.1 UpdateFirmware", "2.0.1 FirmwareStatusNotification",
        "2.1 GetLog", "2.1 LogStatusNotification", "2.1 UpdateFirmware", "2.1 FirmwareStatusNotification")]
    public async Task It_brings_its_log_to_the_address_given_and_installs_the_firmware_it_fetched(string version)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await LiveAsync(server, platform, version);
        var asked = await (await platform.PostAsync("/api/v1/stations/FOREIGN-1/logs", "{}")).EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Cancel);
        await EffectiveAsync(platform, asked);
        var request = version == "1.6" ? "latest" : asked.GetProperty("payload").GetProperty("requestId").GetRawText();
        Assert.Equal("log of FOREIGN-1", await platform.Client.GetStringAsync(new Uri($"/api/v1/stations/FOREIGN-1/logs/{request}/file", UriKind.Relative), Cancel));
        (await platform.Client.PutAsync(new Uri("/api/v1/firmware/fw-2.bin", UriKind.Relative), new StringContent("new firmware"), Cancel)).EnsureSuccessStatusCode();
        var update = await (await platform.PostAsync("/api/v1/stations/FOREIGN-1/firmware", """{"name":"fw-2.bin"}""")).EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Cancel);
        await EffectiveAsync(platform, update);
        Assert.Equal("new firmware", (await station.UntilAsync("firmware")).GetProperty("text").GetString());
        Assert.Contains("\"Installed\"", (await platform.GetAsync("/api/v1/stations/FOREIGN-1/book/firmware")).GetRawText(), StringComparison.Ordinal);
        await station.QuitAsync(version);
        await ForeignStation.CheckLogAsync(platform, "FOREIGN-1", version);
    }

    [Theory]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    [Covers("2.0.1 SecurityEventNotification", "2.1 SecurityEventNotification")]
    public async Task Its_security_events_are_taken(string version)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await LiveAsync(server, platform, version);
        var said = await station.DoAsync("security");
        Assert.Contains(said, l => ForeignStation.Is(l, "response", "SecurityEventNotification"));
        await station.QuitAsync(version);
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    private static double? Number(JsonElement element, string name) => element.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;

    private static async Task<ForeignStation> LiveAsync(ServerHere server, Platform platform, string version)
    {
        await platform.RegisterAsync("EV-1", "TOKEN-1");
        var station = await ForeignStation.StartAsync("station.mjs", "ocpp-rpc", server.Address + "/ocpp", "FOREIGN-1", version);
        await platform.AdmitAsync("FOREIGN-1", null, s => s.GetProperty("evsesReported").GetArrayLength() == 1);
        await station.UntilAsync("booted");
        return station;
    }

    private static async Task PutTokenAsync(Platform platform, string token, object body) => (await platform.Client.PutAsJsonAsync($"/api/v1/tokens/{token}", body, Cancel)).EnsureSuccessStatusCode();

    private static async Task AcceptedAsync(Platform platform, string action, string payload)
    {
        var command = await platform.CallAsync("FOREIGN-1", action, payload);
        Assert.True(command.GetProperty("state").GetString() == "accepted", command.GetRawText());
    }

    private static Task<JsonElement> EffectiveAsync(Platform platform, JsonElement command) => platform.UntilAsync($"/api/v1/commands/{command.GetProperty("commandId").GetString()}", c => c.GetProperty("state").GetString() == "effective");
}
