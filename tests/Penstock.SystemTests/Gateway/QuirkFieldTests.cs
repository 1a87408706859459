using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Penstock.Server.Capability;

namespace Penstock.SystemTests.Gateway;

/// <summary>Every field of a quirk file on the wire: a station of that model and the real server. Setpoints that charge are in <see cref="QuirkTests"/>.</summary>
public sealed partial class QuirkFieldTests : IDisposable
{
    private const string Boot16 = """{"chargePointVendor":"Acme","chargePointModel":"Two Way","firmwareVersion":"5.1"}""";
    private const string Boot201 = """{"reason":"PowerUp","chargingStation":{"model":"Two Way","vendorName":"Acme","firmwareVersion":"5.1"}}""";

    private readonly string data = Directory.CreateTempSubdirectory("penstock-fields-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Version, fields, and what a discharge of 500 W for 60 s is on the wire.</summary>
    public static TheoryData<string, string, string> Discharges => new()
    {
        { "ocpp2.0.1", """ "ignoresDuration": true """, """SetChargingProfile "chargingSchedulePeriod":[{"startPeriod":0,"limit":-500},{"startPeriod":60,"limit":0}] """ },
        { "ocpp1.6", """ "ignoresDuration": true """, """SetChargingProfile "chargingSchedule":{"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":-500},{"startPeriod":60,"limit":0}] """ },
        { "ocpp1.6", """ "probeWatts": -700 """, """SetChargingProfile "chargingSchedulePeriod":[{"startPeriod":0,"limit":-700}] """ },
        { "ocpp1.6", """ "setpointOffsetWatts": -120, "setpointGain": 0.5 """, """SetChargingProfile "chargingSchedulePeriod":[{"startPeriod":0,"limit":-370.0}] """ },
        { "ocpp1.6", """ "dataTransfer": {"vendorId": "com.acme", "messageId": "Set", "data": "{watts};{connector};{seconds}"} """, """DataTransfer {"vendorId":"com.acme","messageId":"Set","data":"-500;1;60"} """ },
        { "ocpp2.0.1", """ "dataTransfer": {"vendorId": "com.acme", "data": {"kW": "{kilowatts}"}, "lapsesAfterSeconds": 300} """, """DataTransfer {"data":{"kW":-0.5},"vendorId":"com.acme"} """ },
    };

    /// <summary>Fields, sampled values (of two moments with | between), and what is read of them where.</summary>
    public static TheoryData<string, string, string> Readings => new()
    {
        { """ "exportReportedAsImport": true """, """{"value":"500","measurand":"Power.Active.Import","unit":"W"}""", "powerKw=-0.5" },
        { """ "exportReportedAsImport": true """, """{"value":"500","measurand":"Power.Active.Export","unit":"W"}""", "powerKw=0.5" },
        { """ "exportReportedAsImport": true """, Registers(5000, 1000) + "|" + Registers(5010, 1000), "energyImportedKwh=0.01" },
        { """ "powerUnit": "kW" """, """{"value":"3.5","measurand":"Power.Active.Import"}""", "powerKw=3.5" },
        { """ "powerUnit": "kW" """, """{"value":"3.5","measurand":"Power.Active.Import","unit":"W"}""", "powerKw=0.004" }, // a unit that is told counts
        { """ "registerUnit": "kWh" """, """{"value":"1.01","measurand":"Energy.Active.Import.Register"}""", "energyImportedKwh=0.01" },
    };

    [Theory]
    [MemberData(nameof(Discharges))]
    [Covers("1.6 DataTransfer", "2.0.1 DataTransfer", "1.6 SetChargingProfile", "2.0.1 SetChargingProfile")]
    public async Task A_discharge_goes_out_as_the_file_says_and_ends(string protocol, string fields, string expected)
    {
        Put(fields);
        var (action, frame) = (expected.Split(' ')[0], expected[expected.IndexOf(' ', StringComparison.Ordinal)..].Trim());
        await using var server = await ServerHere.StartAsync(data, speed: 20, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await JoinAsync(server.Address, platform, protocol);
        await RestAsync(station, server);
        await platform.LeavesAsync("EV-1", server.Clock.GetUtcNow().AddHours(10));
        await platform.UntilAsync("/api/v1/stations/OLD-1", s => s.GetProperty("evses")[0].GetProperty("socPercent").ValueKind == JsonValueKind.Number);
        var begun = await platform.Client.PostAsJsonAsync("/api/v1/stations/OLD-1/probe", new { evse = 1 }, Cancel);
        Assert.True(begun.IsSuccessStatusCode, await begun.Content.ReadAsStringAsync(Cancel));
        await Platform.UntilAsync(() => station.Heard.Any(h => h.Action == action && h.Payload.GetRawText().Contains(frame, StringComparison.Ordinal)), $"{action} with {frame}; {string.Join(' ', station.Heard)}");
        var before = station.Heard.Count;
        await Platform.UntilAsync(() => station.Heard.Skip(before).Any(h => h.Action == "SetChargingProfile" && !h.Payload.GetRawText().Contains("\"limit\":-", StringComparison.Ordinal)), "the dispatcher's setpoint after the probe");
        if (action != "DataTransfer") Assert.DoesNotContain(station.Heard, h => h.Action == "DataTransfer");
        else await Platform.UntilAsync(() => EndsDischarge(station.Heard.Last(h => h.Action == "DataTransfer").Payload.GetProperty("data").ToString()), $"the end of the discharge in the vendor's message; {string.Join(' ', station.Heard)}");

        static bool EndsDischarge(string told) => told.StartsWith("0;1;", StringComparison.Ordinal) || told == "{\"kW\":0}";
    }

    [Theory]
    [MemberData(nameof(Readings))]
    [Covers("1.6 MeterValues")]
    public async Task Values_are_read_as_the_file_says(string fields, string samples, string expected)
    {
        Put(fields);
        await using var server = await ServerHere.StartAsync(data, speed: 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await JoinAsync(server.Address, platform, "ocpp1.6");
        var transaction = (await station.CallAsync("StartTransaction", $$"""{"connectorId":1,"idTag":"T-1","meterStart":1000,"timestamp":"{{Platform.Now(-60)}}"}""", Cancel)).GetProperty("transactionId").GetInt32();
        var values = samples.Split('|').Select((s, n) => $$"""{"timestamp":"{{Platform.Now((10 * n) - 10)}}","sampledValue":[{{s}}]}""");
        await station.CallAsync("MeterValues", $$"""{"connectorId":1,"transactionId":{{transaction}},"meterValue":[{{string.Join(',', values)}}]}""", Cancel);
        var (name, value) = (expected.Split('=')[0], double.Parse(expected.Split('=')[1], CultureInfo.InvariantCulture));
        if (name == "powerKw") await platform.UntilAsync("/api/v1/stations/OLD-1", s => s.GetProperty("evses")[0].GetProperty(name) is { ValueKind: JsonValueKind.Number } p && Math.Abs(p.GetDouble() - value) < 1e-3);
        else await platform.UntilAsync("/api/v1/sessions", page => Platform.Items(page).Exists(s => Math.Abs(s.GetProperty(name).GetDouble() - value) < 1e-6));
    }

    [Fact]
    [Covers("2.0.1 NotifyChargingLimit")]
    public async Task A_smaller_change_of_the_setpoint_than_the_file_names_is_not_sent()
    {
        Put(""" "minimumSetpointChangeWatts": 500 """);
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await JoinAsync(server.Address, platform, "ocpp2.0.1");
        await station.CallAsync("TransactionEvent", TransactionTests.Event("Started", "1", 0, Platform.Now(), 1000, "T-1"), Cancel);
        await AtAsync(7);
        await LimitAsync(6800);
        await AtAsync(6.8);
        await LimitAsync(6000);
        await Platform.UntilAsync(() => station.Heard.Any(h => Limit(h) == 6000), "6000 W");
        Assert.Equal([7000m, 6000m], station.Heard.Select(Limit).Where(l => l is not null).Select(l => l!.Value).Distinct());

        Task<JsonElement> AtAsync(double kilowatts) => platform.UntilAsync("/api/v1/stations/OLD-1", s => s.GetProperty("evses")[0].GetProperty("setpointKw") is { ValueKind: JsonValueKind.Number } p && Math.Abs(p.GetDouble() - kilowatts) < 1e-6);

        Task<JsonElement> LimitAsync(int watts) => station.CallAsync("NotifyChargingLimit",
            $$$"""{"evseId":1,"chargingLimit":{"chargingLimitSource":"EMS"},"chargingSchedule":[{"id":1,"startSchedule":"{{{Platform.Now(-1)}}}","chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":{{{watts}}}}]}]}""", Cancel);

        static decimal? Limit((string Action, JsonElement Payload) heard) => heard.Action != "SetChargingProfile" ? null
            : heard.Payload.GetProperty("chargingProfile").GetProperty("chargingSchedule")[0].GetProperty("chargingSchedulePeriod")[0].GetProperty("limit").GetDecimal();
    }

    [Fact]
    [Covers("1.6 ClearCache")]
    public async Task A_call_waits_for_its_answer_as_long_as_the_file_says()
    {
        Put(""" "callTimeoutSeconds": 1 """);
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await JoinAsync(server.Address, platform, "ocpp1.6");
        await Platform.UntilAsync(() => station.Heard.Any(h => h.Action == "GetConfiguration"), "what is asked of an unknown station");
        var command = await platform.CallAsync("OLD-1", "ClearCache", "{}").WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Cancel); // 30 s without the file
        Assert.Equal(("failed", "timedOut"), (command.GetProperty("state").GetString(), command.GetProperty("errorCode").GetString()));
    }

    [Fact]
    [Covers("1.6 ClearCache")]
    public async Task A_call_waits_while_one_of_the_station_s_is_open()
    {
        Put(""" "noConcurrentCalls": true """);
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await JoinAsync(server.Address, platform, "ocpp1.6");
        await Platform.UntilAsync(() => station.Heard.Any(h => h.Action == "GetConfiguration"), "what is asked of an unknown station");
        var answers = new ConcurrentQueue<int>();
        station.Answer = (action, payload) => action is "ClearCache" ? Take(payload) : RawStation.Obedient(action, payload);
        const int burst = 60;
        var first = platform.CallAsync("OLD-1", "ClearCache", "{}");
        await Platform.UntilAsync(() => station.Heard.Any(h => h.Action == "ClearCache"), "the first call");
        var second = platform.CallAsync("OLD-1", "ClearCache", "{}"); // queued behind the first, which has no answer yet
        await platform.UntilAsync("/api/v1/stations/OLD-1/commands", page => Platform.Items(page).Count(c => c.GetProperty("action").GetString() == "ClearCache") == 2);
        for (var n = 0; n < burst; n++) await station.SendAsync($$"""[2,"b{{n}}","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"{{(n % 2 == 0 ? "Available" : "Preparing")}}","timestamp":"{{Platform.Now()}}"}]""", Cancel);
        await station.SendAsync($$"""[3,"{{Id(station, 0)}}",{"status":"Accepted"}]""", Cancel); // and with it the way is free for the second
        await first;
        await Platform.UntilAsync(() => station.Heard.Count(h => h.Action == "ClearCache") == 2, "the second call");
        Assert.Equal([burst], answers);
        await station.SendAsync($$"""[3,"{{Id(station, 1)}}",{"status":"Accepted"}]""", Cancel);
        await second;

        string? Take(JsonElement _)
        {
            if (station.Heard.Count(h => h.Action == "ClearCache") == 2) answers.Enqueue(station.Frames.Count(f => f.StartsWith("[3,\"b", StringComparison.Ordinal)));
            return null;
        }

        static string Id(RawStation station, int nth) => JsonDocument.Parse(station.Frames.Where(f => f.Contains("\"ClearCache\"", StringComparison.Ordinal)).ElementAt(nth)).RootElement[1].GetString()!;
    }

    [Fact]
    public void Every_field_has_a_test_on_the_wire()
    {
        var rows = string.Join(' ', Discharges.Select(r => r.Data.Item2).Concat(Readings.Select(r => r.Data.Item1)).Concat(QuirkTests.OnTheWire.Select(r => r.Data.Item1)));
        var elsewhere = new[] { "negativeLimits", "minimumSetpointChangeWatts", "callTimeoutSeconds", "noConcurrentCalls", "measurandsOneByOne", "configuration" }; // tests of their own, here, in QuirkTests and InboxTests
        var tested = FieldName().Matches(rows).Select(m => m.Groups[1].Value).Concat(elsewhere).ToHashSet(StringComparer.Ordinal);
        Assert.All(QuirkFields.All.Concat(QuirkFields.DataTransfer).Select(f => f.Name).Except(["source", "example"]), n => Assert.Contains(n, tested));
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    [GeneratedRegex("\"([A-Za-z]+)\":")]
    private static partial Regex FieldName();

    private void Put(string fields)
    {
        Directory.CreateDirectory(Path.Combine(data, "quirks"));
        File.WriteAllText(Path.Combine(data, "quirks", "model.json"), $$"""{"match": {"vendor": "acme", "model": "Two*", "firmware": "5.*"}, "source": "a test", {{fields}}}""");
    }

    private static async Task<RawStation> JoinAsync(string address, Platform platform, string protocol)
    {
        var station = await RawStation.ConnectAsync(address, "OLD-1", protocol, Cancel, (action, payload) => action == "DataTransfer" ? """{"status":"Accepted"}""" : RawStation.Obedient(action, payload));
        await station.CallAsync("BootNotification", protocol == "ocpp1.6" ? Boot16 : Boot201, Cancel);
        await platform.UntilAsync("/api/v1/waiting-stations", page => Platform.Items(page).Count > 0);
        (await platform.Client.PostAsJsonAsync("/api/v1/waiting-stations/OLD-1/accept", new { exportMaxKw = 7 }, Cancel)).EnsureSuccessStatusCode();
        return station;
    }

    private static string Registers(int export, int import) =>
        $$"""{"value":"{{export}}","measurand":"Energy.Active.Export.Register","unit":"Wh"},{"value":"{{import}}","measurand":"Energy.Active.Import.Register","unit":"Wh"}""";

    /// <summary>A session at 60 % that moves nothing.</summary>
    private static async Task RestAsync(RawStation station, ServerHere server)
    {
        var now = server.Clock.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        if (station.Protocol != "ocpp1.6")
        {
            await station.CallAsync("TransactionEvent", TransactionTests.Event("Started", "1", 0, now, 1000, "T-1", powerW: 0, soc: 60), Cancel);
            return;
        }

        var transaction = (await station.CallAsync("StartTransaction", $$"""{"connectorId":1,"idTag":"T-1","meterStart":1000,"timestamp":"{{now}}"}""", Cancel)).GetProperty("transactionId").GetInt32();
        const string values = """{"value":"0","measurand":"Power.Active.Import","unit":"W"},{"value":"60","measurand":"SoC","unit":"Percent"}""";
        await station.CallAsync("MeterValues", $$"""{"connectorId":1,"transactionId":{{transaction}},"meterValue":[{"timestamp":"{{now}}","sampledValue":[{{values}}]}]}""", Cancel);
    }
}
