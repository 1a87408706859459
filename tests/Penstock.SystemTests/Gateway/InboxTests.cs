namespace Penstock.SystemTests.Gateway;

/// <summary>A station that nobody knows is asked what it has, and joins with that.</summary>
public sealed class InboxTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-inbox-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ocpp2.1")]
    [InlineData("ocpp2.0.1")]
    [Covers("2.0.1 BootNotification", "2.1 BootNotification", "2.0.1 GetBaseReport", "2.1 GetBaseReport")]
    public async Task A_station_of_2_x_reports_its_evses_connectors_and_ratings(string protocol)
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.ConnectAsync(server.Address, "NEW-1", protocol, Cancel);
        Assert.Equal("Pending", (await station.CallAsync("BootNotification", """{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}""", Cancel)).GetProperty("status").GetString());
        await Platform.UntilAsync(() => station.Heard.Count > 0, "the question for a base report");
        var (action, payload) = station.Heard[0];
        Assert.Equal(("GetBaseReport", "FullInventory"), (action, payload.GetProperty("reportBase").GetString()));
        var request = payload.GetProperty("requestId").GetInt32();
        await station.CallAsync("NotifyReport", Report(request, 0, true, Connector(1, 1), Connector(1, 2), Power(1, 22_000)), Cancel);
        await station.CallAsync("NotifyReport", Report(request, 1, false, Connector(2, 1), Power(2, 11_000), """{"component":{"name":"ChargingStation"},"variable":{"name":"Model"},"variableAttribute":[{"value":"M"}]}"""), Cancel);
        var waiting = Platform.Items(await platform.GetAsync("/api/v1/waiting-stations"))[0];
        Assert.Equal("1/2 2/1", string.Join(' ', waiting.GetProperty("evsesReported").EnumerateArray().Select(e => $"{e.GetProperty("evse")}/{e.GetProperty("connectors")}")));
        Assert.Equal("127.0.0.1", waiting.GetProperty("remoteAddress").GetString());
        var site = await platform.AdmitAsync("NEW-1");
        Assert.Equal(["NEW-1/1", "NEW-1/2"], site.GetProperty("evses").EnumerateArray().Select(e => e.GetProperty("evseId").GetString()!));
        Assert.Equal(33, site.GetProperty("importMaxKw").GetDouble(), 3); // 22 + 11 as reported, not twice what is assumed
    }

    [Fact]
    [Covers("1.6 BootNotification", "1.6 StatusNotification", "1.6 TriggerMessage")]
    public async Task A_station_of_1_6_tells_its_number_of_connectors()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.ConnectAsync(server.Address, "OLD-1", "ocpp1.6", Cancel, (action, _) =>
            action == "GetConfiguration" ? """{"configurationKey":[{"key":"NumberOfConnectors","readonly":true,"value":"3"}]}""" : RawStation.Obedient(action, default));
        Assert.Equal("Pending", (await station.CallAsync("BootNotification", """{"chargePointVendor":"V","chargePointModel":"M"}""", Cancel)).GetProperty("status").GetString());
        await station.CallAsync("StatusNotification", """{"connectorId":0,"errorCode":"NoError","status":"Available"}""", Cancel);
        await station.CallAsync("StatusNotification", """{"connectorId":2,"errorCode":"NoError","status":"Charging"}""", Cancel);
        var site = await platform.AdmitAsync("OLD-1", when: s => s.GetProperty("evsesReported").GetArrayLength() == 3);
        Assert.Equal(3, site.GetProperty("evsesTotal").GetInt32());
        Assert.Single(station.Heard, h => h.Action == "GetConfiguration");
    }

    [Theory]
    [InlineData("ocpp1.6", "GetConfiguration", """{"configurationKey":[{"key":"NumberOfConnectors","readonly":true,"value":"many"}]}""")]
    [InlineData("ocpp1.6", "GetConfiguration", """{"configurationKey":[{"key":"NumberOfConnectors","readonly":true,"value":"2000000000"}]}""")]
    [InlineData("ocpp1.6", "GetConfiguration", """{"unknownKey":["NumberOfConnectors"]}""")]
    [InlineData("ocpp2.1", "GetBaseReport", """{"status":"NotSupported"}""")]
    [InlineData("ocpp2.1", "GetBaseReport", null)]
    public async Task A_station_that_cannot_say_joins_with_one_evse(string protocol, string question, string? answer)
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.ConnectAsync(server.Address, "NEW-1", protocol, Cancel, (action, _) => action == question ? answer : RawStation.Obedient(action, default));
        await station.CallAsync("BootNotification", protocol == "ocpp1.6" ? """{"chargePointVendor":"V","chargePointModel":"M"}""" : """{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}""", Cancel);
        await Platform.UntilAsync(() => station.Heard.Any(h => h.Action == question), "the question");
        Assert.Equal(1, (await platform.AdmitAsync("NEW-1")).GetProperty("evsesTotal").GetInt32());
    }

    [Theory]
    [InlineData("{}", 7, 7)]
    [InlineData("""{"exportMaxKw": 5, "importMaxKw": 20}""", 20, 5)]
    [InlineData("""{"exportMaxKw": 0}""", 7, 0)]
    [InlineData("""{"evseChargeMaxKw": 11, "evseDischargeMaxKw": 4}""", 11, 4)]
    public async Task The_limits_of_a_site_are_its_own_and_an_evse_charges_only_until_its_capability_is_known(string admission, double import, double export)
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await RawStation.ConnectAsync(server.Address, "OLD-1", "ocpp1.6", Cancel);
        await station.CallAsync("BootNotification", """{"chargePointVendor":"Acme","chargePointModel":"M"}""", Cancel);
        (await platform.PostAsync("/api/v1/waiting-stations/OLD-1/accept", admission)).EnsureSuccessStatusCode();
        await station.CallAsync("StartTransaction", $$"""{"connectorId":1,"idTag":"T-1","meterStart":1000,"timestamp":"{{Platform.Now()}}"}""", Cancel);
        Assert.Equal((true, import, export), Of(await platform.UntilAsync("/api/v1/sites/site-OLD-1", s => s.GetProperty("evses")[0].GetProperty("refusedDischarge").ValueKind == System.Text.Json.JsonValueKind.Array)));
        Directory.CreateDirectory(Path.Combine(data, "quirks"));
        await File.WriteAllTextAsync(Path.Combine(data, "quirks", "model.json"), """{"match": {"vendor": "Acme"}, "source": "a test", "negativeLimits": true}""", Cancel);
        (await platform.PostAsync("/api/v1/quirks/reload", "{}")).EnsureSuccessStatusCode();
        Assert.Equal((false, import, export), Of(await platform.UntilAsync("/api/v1/sites/site-OLD-1", s => !Refuses(s))));

        static (bool, double, double) Of(System.Text.Json.JsonElement site) => (Refuses(site), site.GetProperty("importMaxKw").GetDouble(), site.GetProperty("exportMaxKw").GetDouble());

        static bool Refuses(System.Text.Json.JsonElement site) => site.GetProperty("evses")[0].GetProperty("refusedDischarge").EnumerateArray().Any(r => r.GetString() == "capability");
    }

    [Fact]
    public async Task A_report_of_absurd_numbers_is_held_within_limits()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.ConnectAsync(server.Address, "NEW-1", "ocpp2.1", Cancel);
        await station.CallAsync("BootNotification", """{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}""", Cancel);
        await station.CallAsync("NotifyReport", Report(1, 0, false, [.. Enumerable.Range(1, 500).Select(n => Connector(n, 1)), Connector(1, 2_000_000_000), Power(1, 9e20), Connector(2_000_000_000, 1)]), Cancel);
        var site = await platform.AdmitAsync("NEW-1");
        Assert.Equal(100, site.GetProperty("evsesTotal").GetInt32());
        Assert.Equal(700, site.GetProperty("importMaxKw").GetDouble(), 3);
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    private static string Report(int request, int seq, bool more, params string[] rows) =>
        $$"""{"requestId":{{request}},"generatedAt":"{{Platform.Now()}}","tbc":{{(more ? "true" : "false")}},"seqNo":{{seq}},"reportData":[{{string.Join(',', rows)}}]}""";

    private static string Connector(int evse, int connector) =>
        $$$"""{"component":{"name":"Connector","evse":{"id":{{{evse}}},"connectorId":{{{connector}}}}},"variable":{"name":"ConnectorType"},"variableAttribute":[{"value":"cCCS2"}]}""";

    private static string Power(int evse, double watts) => FormattableString.Invariant(
        $$$"""{"component":{"name":"EVSE","evse":{"id":{{{evse}}}}},"variable":{"name":"Power"},"variableAttribute":[{"value":"0"}],"variableCharacteristics":{"unit":"W","dataType":"decimal","maxLimit":{{{watts}}},"supportsMonitoring":true}}""");
}
