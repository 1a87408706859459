using System.Globalization;
using System.Text.Json;

namespace Penstock.SystemTests.Gateway;

/// <summary>Transactions as bad stations tell them: twice, late, with used ids, lying meters and unset clocks.</summary>
public sealed class TransactionTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-transactions-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_message_twice_counts_once_and_a_used_message_id_with_other_content_counts()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        var start = $"[2,\"1\",\"TransactionEvent\",{Event("Started", "tx", 0, Platform.Now(-60), 1000, "T-1")}]";
        var answer = await station.AskAsync(start, Cancel);
        Assert.Equal(answer, await station.AskAsync(start, Cancel));
        var end = Event("Ended", "tx", 1, Platform.Now(-1), 3000);
        await station.AskAsync($"[2,\"1\",\"TransactionEvent\",{end}]", Cancel);
        await station.AskAsync($"[2,\"2\",\"TransactionEvent\",{end}]", Cancel);
        Assert.Equal(2, (await platform.StatementAsync("CS-1:tx")).GetProperty("energyImportedKwh").GetDouble(), 3);
        Assert.Single(await SessionsAsync(platform));
    }

    [Fact]
    public async Task What_comes_after_the_end_changes_no_statement_and_opens_no_session()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await SessionAsync(station, "tx", "T-1", 1000, 3000);
        var before = (await platform.StatementAsync("CS-1:tx")).ToString();
        await station.CallAsync("TransactionEvent", Event("Updated", "tx", 2, Platform.Now(-30), 2500), Cancel); // late, same number again
        await station.CallAsync("TransactionEvent", Event("Updated", "tx", 7, Platform.Now(60), 9000), Cancel); // after the end
        await station.CallAsync("TransactionEvent", Event("Ended", "tx", 8, Platform.Now(70), 9500, "T-1"), Cancel); // the end again, with the token that stopped it
        await station.CallAsync("TransactionEvent", Event("Started", "tx", 0, Platform.Now(-61), 900, "T-1"), Cancel); // the start, late
        var session = Assert.Single(await SessionsAsync(platform));
        Assert.Equal("settled", session.GetProperty("status").GetString());
        Assert.Equal(2, session.GetProperty("energyImportedKwh").GetDouble(), 3);
        Assert.Equal(before, (await platform.StatementAsync("CS-1:tx")).ToString());
    }

    [Fact]
    public async Task A_used_transaction_id_is_a_session_of_its_own()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await platform.RegisterAsync("EV-2", "T-2");
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await SessionAsync(station, "1", "T-1", 1000, 3000);
        var before = (await platform.StatementAsync("CS-1:1")).ToString();
        await station.CallAsync("TransactionEvent", Event("Started", "1", 0, Platform.Now(), 3000, "T-2"), Cancel);
        await station.CallAsync("TransactionEvent", Event("Ended", "1", 1, Platform.Now(60), 8000), Cancel);
        var second = await platform.StatementAsync("CS-1:1~2");
        Assert.Equal("EV-2", second.GetProperty("vehicleId").GetString());
        Assert.Equal(5, second.GetProperty("energyImportedKwh").GetDouble(), 3);
        Assert.Equal(before, (await platform.StatementAsync("CS-1:1")).ToString());
    }

    [Fact]
    public async Task An_open_id_started_again_by_another_token_ends_the_first_session()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await platform.RegisterAsync("EV-2", "T-2");
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await station.CallAsync("TransactionEvent", Event("Started", "1", 0, Platform.Now(-120), 1000, "T-1"), Cancel);
        await station.CallAsync("TransactionEvent", Event("Updated", "1", 1, Platform.Now(-60), 2000), Cancel);
        await station.CallAsync("TransactionEvent", Event("Started", "1", 0, Platform.Now(-50), 2000, "T-2"), Cancel); // it lost power and begins to count anew
        await station.CallAsync("TransactionEvent", Event("Ended", "1", 1, Platform.Now(), 6000), Cancel);
        Assert.Equal((1.0, "EV-1"), Of(await platform.StatementAsync("CS-1:1")));
        Assert.Equal((4.0, "EV-2"), Of(await platform.StatementAsync("CS-1:1~2")));

        static (double, string) Of(JsonElement s) => (Math.Round(s.GetProperty("energyImportedKwh").GetDouble(), 3), s.GetProperty("vehicleId").GetString()!);
    }

    [Fact]
    public async Task Stations_whose_names_run_together_keep_their_sessions_apart()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var first = await RawStation.ConnectAsync(server.Address, "A", "ocpp2.1", Cancel);
        await using var second = await RawStation.ConnectAsync(server.Address, "A:B", "ocpp2.1", Cancel);
        await first.CallAsync("TransactionEvent", Event("Started", "B:1", 0, Platform.Now(), 1000, "T-1"), Cancel);
        await second.CallAsync("TransactionEvent", Event("Started", "1", 0, Platform.Now(), 1000, "T-1"), Cancel);
        Assert.Equal(["A", "A:B"], (await SessionsAsync(platform)).Select(s => s.GetProperty("stationId").GetString()!).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("1000,2000,0,3000,4000", 3)] // a dip
    [InlineData("1000,2000,9999000,3000,4000", 3)] // a jump
    [InlineData("1000,2000,1990,2000,4000", 3)] // a wobble
    [InlineData("1000,3000,0,500,1500", 3.5)] // the register was reset: 2 kWh before, 1.5 kWh after
    public async Task A_register_that_runs_backwards_moves_no_energy(string registers, double kWh)
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        var values = registers.Split(',').Select(r => int.Parse(r, CultureInfo.InvariantCulture)).ToList();
        for (var i = 0; i < values.Count; i++)
        {
            var kind = i == 0 ? "Started" : i == values.Count - 1 ? "Ended" : "Updated";
            await station.CallAsync("TransactionEvent", Event(kind, "tx", i, Platform.Now(3600.0 * (i - values.Count)), values[i], i == 0 ? "T-1" : null), Cancel);
        }

        var statement = await platform.StatementAsync("CS-1:tx");
        Assert.Equal(kWh, statement.GetProperty("energyImportedKwh").GetDouble(), 3);
        Assert.Equal(kWh, Assert.Single(await SessionsAsync(platform)).GetProperty("energyImportedKwh").GetDouble(), 3);
        var lines = statement.GetProperty("lines").EnumerateArray().Where(l => l.GetProperty("kind").GetString() == "tariffCost").ToList();
        Assert.Equal(kWh, lines.Sum(l => double.Parse(l.GetProperty("quantityKwh").GetString()!, CultureInfo.InvariantCulture)), 3);
    }

    [Fact]
    public async Task Energy_that_the_vehicle_cannot_have_taken_waits_for_a_person()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await SessionAsync(station, "tx", "T-1", 1000, 99_001_000);
        var session = Platform.Items(await platform.UntilAsync("/api/v1/sessions", page => Platform.Items(page).Any(s => s.GetProperty("waitingFor").ValueKind == JsonValueKind.String)))[0];
        Assert.Equal("waitingForMeter", session.GetProperty("status").GetString());
        Assert.Contains("99000", session.GetProperty("waitingFor").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clock_at_1970_is_replaced_by_the_time_of_receipt_and_marked()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        for (var round = 0; round < 2; round++) // after a reset the same ids and times again
        {
            await station.CallAsync("TransactionEvent", Event("Started", "1", 0, "1970-01-01T00:00:05Z", 1000, "T-1"), Cancel);
            await station.CallAsync("TransactionEvent", Event("Updated", "1", 1, "2013-05-01T00:01:00Z", 1002), Cancel);
            await station.CallAsync("TransactionEvent", Event("Ended", "1", 2, "1970-01-01T00:02:00Z", 1004), Cancel);
            var statement = await platform.StatementAsync(round == 0 ? "CS-1:1" : "CS-1:1~2");
            Assert.True(statement.GetProperty("start").GetDateTimeOffset() > TimeProvider.System.GetUtcNow().AddMinutes(-5));
            Assert.True(statement.GetProperty("end").GetDateTimeOffset() > TimeProvider.System.GetUtcNow().AddMinutes(-5));
        }

        var sessions = await SessionsAsync(platform);
        Assert.Equal(2, sessions.Count);
        Assert.All(sessions, s => Assert.True(s.GetProperty("timesOfReceipt").GetBoolean()));
    }

    [Fact]
    public async Task An_old_station_without_a_clock_gets_a_new_transaction_after_each_end()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp1.6", Cancel);
        const string start = """{"connectorId":1,"idTag":"T-1","meterStart":1000,"timestamp":"1970-01-01T00:00:05Z"}""";
        var first = (await station.CallAsync("StartTransaction", start, Cancel)).GetProperty("transactionId").GetInt32();
        Assert.Equal(first, (await station.CallAsync("StartTransaction", start, Cancel)).GetProperty("transactionId").GetInt32());
        await station.CallAsync("StopTransaction", $$"""{"transactionId":{{first}},"meterStop":1000,"timestamp":"1970-01-01T00:00:09Z"}""", Cancel);
        Assert.NotEqual(first, (await station.CallAsync("StartTransaction", start, Cancel)).GetProperty("transactionId").GetInt32());
    }

    [Fact]
    public async Task A_clock_that_is_ahead_does_not_deafen_the_control()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await JoinAsync(platform, station, "CS-1");
        await station.CallAsync("TransactionEvent", Event("Started", "1", 0, Platform.Now(), 1000, "T-1", 3000), Cancel);
        await station.CallAsync("TransactionEvent", Event("Updated", "1", 1, Platform.Now(80_000), 1000, null, 5000), Cancel);
        await station.CallAsync("TransactionEvent", Event("Updated", "1", 2, Platform.Now(1), 1000, null, 7000), Cancel); // the clock was set right
        await platform.UntilAsync("/api/v1/vehicles/EV-1", v => v.GetProperty("powerKw") is { ValueKind: JsonValueKind.Number } p && p.GetDouble() is > 6.9 and < 7.1);
    }

    [Fact]
    public async Task A_state_of_charge_of_zero_or_one_is_noise()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await JoinAsync(platform, station, "CS-1");
        var soc = new[] { 0, 55, 1, 55, 0, 56, 56 };
        for (var i = 0; i < soc.Length; i++)
        {
            var kind = i == 0 ? "Started" : i == soc.Length - 1 ? "Ended" : "Updated";
            await station.CallAsync("TransactionEvent", Event(kind, "1", i, Platform.Now((60 * i) - 400), 1000 + (100 * i), i == 0 ? "T-1" : null, 7000, soc[i]), Cancel);
            if (i == 4) await platform.UntilAsync("/api/v1/vehicles/EV-1", v => v.GetProperty("socPercent") is { ValueKind: JsonValueKind.Number } p && p.GetDouble() is > 54 and < 58);
        }

        await platform.StatementAsync("CS-1:1");
        var session = Assert.Single(await SessionsAsync(platform));
        Assert.NotEqual("broken", session.GetProperty("guarantee").GetString());
        Assert.Equal(55, session.GetProperty("socStartPercent").GetDouble());
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    internal static async Task JoinAsync(Platform platform, RawStation station, string id, string? siteId = null)
    {
        await station.CallAsync("BootNotification", """{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}""", Cancel);
        await platform.AdmitAsync(id, siteId);
    }

    internal static async Task SessionAsync(RawStation station, string transaction, string token, int from, int to)
    {
        await station.CallAsync("TransactionEvent", Event("Started", transaction, 0, Platform.Now(-60), from, token), Cancel);
        await station.CallAsync("TransactionEvent", Event("Updated", transaction, 1, Platform.Now(-31), (from / 2) + (to / 2)), Cancel);
        await station.CallAsync("TransactionEvent", Event("Ended", transaction, 2, Platform.Now(-1), to), Cancel);
    }

    internal static string Event(string kind, string transaction, int seq, string at, int importWh, string? token = null, int? powerW = null, int? soc = null)
    {
        var samples = new List<string> { $$$"""{"value":{{{importWh}}},"measurand":"Energy.Active.Import.Register","unitOfMeasure":{"unit":"Wh"}}""" };
        if (powerW is { } p) samples.Add($$$"""{"value":{{{Math.Abs(p)}}},"measurand":"Power.Active.{{{(p < 0 ? "Export" : "Import")}}}","unitOfMeasure":{"unit":"W"}}""");
        if (soc is { } s) samples.Add($$$"""{"value":{{{s}}},"measurand":"SoC","unitOfMeasure":{"unit":"Percent"}}""");
        var id = token is null ? "" : $$""","idToken":{"idToken":"{{token}}","type":"Central"}""";
        return $$"""{"eventType":"{{kind}}","timestamp":"{{at}}","triggerReason":"MeterValuePeriodic","seqNo":{{seq}},"transactionInfo":{"transactionId":"{{transaction}}"},"evse":{"id":1,"connectorId":1}{{id}},"meterValue":[{"timestamp":"{{at}}","sampledValue":[{{string.Join(',', samples)}}]}]}""";
    }

    private static async Task<List<JsonElement>> SessionsAsync(Platform platform) => Platform.Items(await platform.GetAsync("/api/v1/sessions"));
}
