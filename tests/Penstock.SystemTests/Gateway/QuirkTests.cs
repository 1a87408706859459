using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace Penstock.SystemTests.Gateway;

/// <summary>Quirk files, capability and probing on the wire.</summary>
public sealed class QuirkTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-quirks-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> OnTheWire => new()
    {
        { """ "rateUnit": "A", "phases": 1, "voltageV": 230 """, """ "chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":30.4,"numberPhases":1}] """ },
        { """ "stackLevel": 0, "profileKind": "Absolute", "startScheduleSecondsAgo": 60 """, """ "stackLevel":0,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Absolute" """ },
        { """ "purposes": "TxDefault" """, """ "chargingProfilePurpose":"TxDefaultProfile" """ },
        { """ "purposes": "Both", "omitTransactionId": true """, """ "chargingProfileId":1001,"stackLevel":1,"chargingProfilePurpose":"TxProfile" """ },
        { """ "setpointGain": 0.5 """, """ "chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":3500.0} """ },
        { """ "separateChargeCap": true """, """ "chargingProfilePurpose":"ChargePointMaxProfile","chargingProfileKind":"Absolute" """ },
    };

    [Theory]
    [MemberData(nameof(OnTheWire))]
    [Covers("1.6 SetChargingProfile")]
    public async Task A_setpoint_goes_out_as_the_file_of_the_model_says(string fields, string frame)
    {
        Put("model", fields);
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await Join16Async(server.Address, platform);
        await StartAsync(station, Platform.Now());
        await Platform.UntilAsync(() => station.Heard.Any(h => h.Action == "SetChargingProfile" && h.Payload.GetRawText().Contains(frame.Trim(), StringComparison.Ordinal)), $"a profile with {frame}; {string.Join(' ', station.Heard)}");
    }

    [Fact]
    [Covers("1.6 ChangeConfiguration", "1.6 GetConfiguration")]
    public async Task Keys_are_set_and_measurands_added_one_at_a_time_after_a_boot()
    {
        Put("model", """ "configuration": { "FallbackCurrent": "6" }, "measurandsOneByOne": true """);
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.ConnectAsync(server.Address, "OLD-1", "ocpp1.6", Cancel, (action, payload) => action == "ChangeConfiguration"
            ? payload.GetProperty("value").GetString()!.EndsWith("Export.Register", StringComparison.Ordinal) ? """{"status":"Rejected"}""" : """{"status":"Accepted"}"""
            : RawStation.Obedient(action, payload));
        await station.CallAsync("BootNotification", Boot16, Cancel);
        await Platform.UntilAsync(() => station.Heard.Count(h => h.Action == "ChangeConfiguration") == 6, "six keys");
        var set = station.Heard.Where(h => h.Action == "ChangeConfiguration").Select(h => $"{h.Payload.GetProperty("key")}={h.Payload.GetProperty("value")}").ToList();
        Assert.Equal("FallbackCurrent=6", set[0]);
        Assert.Equal("MeterValuesSampledData=Energy.Active.Import.Register,Power.Active.Import,Power.Active.Export,SoC", set[^1]); // without the one that was refused
    }

    [Fact]
    public async Task A_file_counts_without_a_restart_and_a_fault_is_told()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await Join16Async(server.Address, platform);
        Put("model", """ "negativeLimits": true """);
        Put("bad", """ "stackLevel": "top" """);
        var quirks = await (await platform.Client.PostAsync(new Uri("/api/v1/quirks/reload", UriKind.Relative), null, Cancel)).Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Contains("/stackLevel: \"top\"", Platform.Items(quirks).Single(q => q.GetProperty("name").GetString() == "bad").GetProperty("faults")[0].GetString(), StringComparison.Ordinal);
        var discharge = (await platform.GetAsync("/api/v1/stations/OLD-1")).GetProperty("discharge");
        Assert.Equal((true, "negativeLimit"), (discharge.GetProperty("supported").GetBoolean(), discharge.GetProperty("by").GetString()));
    }

    [Theory]
    [InlineData("ocpp2.1")]
    [Covers("2.1 NotifyReport", "2.1 GetBaseReport")]
    public async Task A_station_whose_device_model_says_that_v2x_is_off_never_discharges(string protocol)
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.ConnectAsync(server.Address, "NEW-1", protocol, Cancel);
        await station.CallAsync("BootNotification", """{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}""", Cancel);
        const string rows = """
            {"component":{"name":"V2XChargingCtrlr","evse":{"id":1}},"variable":{"name":"Enabled"},"variableAttribute":[{"value":"false"}]},
            {"component":{"name":"SmartChargingCtrlr"},"variable":{"name":"RateUnit"},"variableAttribute":[{"value":"W"}]}
            """;
        await station.CallAsync("NotifyReport", $$"""{"requestId":1,"generatedAt":"{{Platform.Now()}}","seqNo":0,"reportData":[{{rows}}]}""", Cancel);
        await platform.AdmitAsync("NEW-1");
        var capability = await platform.GetAsync("/api/v1/stations/NEW-1/capability");
        var fact = capability.GetProperty("facts").EnumerateArray().First(f => f.GetProperty("name").GetString() == "discharge" && f.GetProperty("evse").ValueKind == JsonValueKind.Number);
        Assert.Equal(("None", "deviceModel", true, 1), (fact.GetProperty("value").GetString(), fact.GetProperty("source").GetString(), fact.GetProperty("counts").GetBoolean(), fact.GetProperty("evse").GetInt32()));
        var view = (await platform.GetAsync("/api/v1/stations/NEW-1")).GetProperty("discharge");
        Assert.Equal((false, "deviceModel"), (view.GetProperty("supported").GetBoolean(), view.GetProperty("reason").GetString()));
    }

    [Theory]
    [InlineData(true, "verified", "NegativeLimit")]
    [InlineData(false, "noEffect", "None")]
    [Covers("1.6 SetChargingProfile", "1.6 TriggerMessage", "1.6 MeterValues")]
    public async Task A_probe_that_the_meter_judges_outranks_what_is_assumed(bool gives, string verdict, string method)
    {
        await using var server = await ServerHere.StartAsync(data, speed: 20, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await Join16Async(server.Address, platform, exportMaxKw: 7);
        var transaction = await StartAsync(station, Now(server));
        await platform.LeavesAsync("EV-1", server.Clock.GetUtcNow().AddHours(10));
        await MeterAsync(station, server, transaction, 0);
        await platform.UntilAsync("/api/v1/stations/OLD-1", s => s.GetProperty("evses")[0].GetProperty("socPercent").ValueKind == JsonValueKind.Number);
        var begun = await platform.Client.PostAsJsonAsync("/api/v1/stations/OLD-1/probe", new { evse = 1 }, Cancel);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, begun.StatusCode);
        Assert.Equal(System.Net.HttpStatusCode.UnprocessableEntity, (await platform.Client.PostAsJsonAsync("/api/v1/stations/OLD-1/probe", new { evse = 1, watts = -500 }, Cancel)).StatusCode); // once at a time
        await Platform.UntilAsync(() => station.Heard.Any(h => h.Action == "SetChargingProfile" && Limit(h.Payload) == -500), "the small discharge");
        Assert.Equal(60, station.Heard.First(h => h.Action == "SetChargingProfile" && Limit(h.Payload) == -500).Payload.GetProperty("csChargingProfiles").GetProperty("chargingSchedule").GetProperty("duration").GetInt32());
        var capability = default(JsonElement);
        for (var i = 0; i < 60; i++)
        {
            await MeterAsync(station, server, transaction, gives ? -490 : 0);
            capability = await platform.GetAsync("/api/v1/stations/OLD-1/capability");
            if (capability.GetProperty("probes")[0].GetProperty("verdict").GetString() != "running") break;
            await Task.Delay(250, Cancel);
        }

        Assert.Equal(verdict, capability.GetProperty("probes")[0].GetProperty("verdict").GetString());
        capability = await platform.UntilAsync("/api/v1/stations/OLD-1/capability", c => c.GetProperty("facts").EnumerateArray().Any(f => f.GetProperty("source").GetString() == "probe"));
        var fact = capability.GetProperty("facts").EnumerateArray().First(f => f.GetProperty("name").GetString() == "discharge");
        Assert.Equal((method, "probe"), (fact.GetProperty("value").GetString(), fact.GetProperty("source").GetString()));
        await Platform.UntilAsync(() => Limit(station.Heard.Last(h => h.Action == "SetChargingProfile").Payload) != -500, "the dispatcher's setpoint after the probe");
        if (gives) return;
        const string path = "/api/v1/stations/OLD-1/discharge"; // the way back from a failed probe
        Assert.Equal(System.Net.HttpStatusCode.UnprocessableEntity, (await platform.Client.PutAsJsonAsync(path, new { evse = 1, discharges = true }, Cancel)).StatusCode); // without a reason
        Assert.Equal(System.Net.HttpStatusCode.UnprocessableEntity, (await platform.Client.PutAsJsonAsync(path, new { evse = 7, discharges = true, reason = "r" }, Cancel)).StatusCode);
        (await platform.Client.PutAsJsonAsync(path, new { discharges = true, reason = "the vehicle was at fault" }, Cancel)).EnsureSuccessStatusCode();
        await platform.UntilAsync("/api/v1/stations/OLD-1", s => s.GetProperty("discharge").GetProperty("by").GetString() == "negativeLimit" && !s.GetProperty("evses")[0].GetProperty("refusedDischarge").EnumerateArray().Any(r => r.GetString() == "capability"));
        (await platform.Client.PutAsJsonAsync(path, new { discharges = false, reason = "it smells" }, Cancel)).EnsureSuccessStatusCode();
        await platform.UntilAsync("/api/v1/stations/OLD-1", s => s.GetProperty("discharge").GetProperty("reason").GetString() == "operator" && s.GetProperty("evses")[0].GetProperty("refusedDischarge").EnumerateArray().Any(r => r.GetString() == "capability"));
    }

    [Fact]
    [Covers("2.1 NotifyEVChargingNeeds")]
    public async Task Needs_that_are_told_again_are_not_written_again()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.ConnectAsync(server.Address, "NEW-1", "ocpp2.1", Cancel);
        await TransactionTests.JoinAsync(platform, station, "NEW-1");
        await TellAsync("AC_single_phase", 3600);
        var first = await ToldAsync("ACSinglePhase");
        await TellAsync("AC_single_phase", 7200); // other needs, the same ability
        Assert.Equal(first, await ToldAsync("ACSinglePhase"));
        await TellAsync("DC", 7200);
        Assert.NotEqual(first, await ToldAsync("DC"));

        Task TellAsync(string transfer, int leavesIn) =>
            station.CallAsync("NotifyEVChargingNeeds", $$$"""{"evseId":1,"chargingNeeds":{"requestedEnergyTransfer":"{{{transfer}}}","departureTime":"{{{Platform.Now(leavesIn)}}}"}}""", Cancel);

        async Task<DateTimeOffset> ToldAsync(string value)
        {
            var fact = (await platform.GetAsync("/api/v1/stations/NEW-1/capability")).GetProperty("facts").EnumerateArray().Single(f => f.GetProperty("name").GetString() == "vehicleEnergyTransfer");
            Assert.Equal(value, fact.GetProperty("value").GetString());
            return fact.GetProperty("at").GetDateTimeOffset();
        }
    }

    [Fact]
    public async Task A_probe_without_consent_or_permission_is_refused_with_every_reason_and_the_station_hears_nothing()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await Join16Async(server.Address, platform);
        await StartAsync(station, Platform.Now()); // a token that nobody knows
        var answer = await platform.Client.PostAsJsonAsync("/api/v1/stations/OLD-1/probe", new { evse = 1, watts = 500 }, Cancel);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal(["watts", "noVehicle"], problem.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("code").GetString()));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await platform.Client.PostAsJsonAsync("/api/v1/stations/NONE/probe", new { evse = 1 }, Cancel)).StatusCode);
        Assert.DoesNotContain(station.Heard, h => h.Action == "SetChargingProfile" && Limit(h.Payload) < 0);
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    private const string Boot16 = """{"chargePointVendor":"Acme","chargePointModel":"Two Way","firmwareVersion":"5.1"}""";

    private void Put(string name, string fields)
    {
        Directory.CreateDirectory(Path.Combine(data, "quirks"));
        File.WriteAllText(Path.Combine(data, "quirks", name + ".json"), $$"""{"match": {"vendor": "acme", "model": "Two*", "firmware": "5.*"}, "source": "a test", {{fields}}}""");
    }

    private static async Task<RawStation> Join16Async(string address, Platform platform, double? exportMaxKw = null)
    {
        var station = await RawStation.ConnectAsync(address, "OLD-1", "ocpp1.6", Cancel);
        await station.CallAsync("BootNotification", Boot16, Cancel);
        await platform.UntilAsync("/api/v1/waiting-stations", page => Platform.Items(page).Count > 0);
        (await platform.Client.PostAsJsonAsync("/api/v1/waiting-stations/OLD-1/accept", new { exportMaxKw }, Cancel)).EnsureSuccessStatusCode();
        return station;
    }

    private static async Task<int> StartAsync(RawStation station, string at) =>
        (await station.CallAsync("StartTransaction", $$"""{"connectorId":1,"idTag":"T-1","meterStart":1000,"timestamp":"{{at}}"}""", Cancel)).GetProperty("transactionId").GetInt32();

    private static Task MeterAsync(RawStation station, ServerHere server, int transaction, int watts)
    {
        var values = string.Create(CultureInfo.InvariantCulture, $$$"""{"value":"{{{Math.Abs(watts)}}}","measurand":"Power.Active.{{{(watts < 0 ? "Export" : "Import")}}}","unit":"W"},{"value":"60","measurand":"SoC","unit":"Percent"}""");
        return station.CallAsync("MeterValues", $$"""{"connectorId":1,"transactionId":{{transaction}},"meterValue":[{"timestamp":"{{Now(server)}}","sampledValue":[{{values}}]}]}""", Cancel);
    }

    private static decimal Limit(JsonElement payload) => payload.GetProperty("csChargingProfiles").GetProperty("chargingSchedule").GetProperty("chargingSchedulePeriod")[0].GetProperty("limit").GetDecimal();

    private static string Now(ServerHere server) => server.Clock.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
