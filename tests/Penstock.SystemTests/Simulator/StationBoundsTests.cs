using System.Text.Json;
using Penstock.Ocpp.Rpc;

namespace Penstock.SystemTests.Simulator;

/// <summary>Transactions that the central system ends or limits by its answers, and values at the clock.</summary>
public sealed class StationBoundsTests
{
    private const string Refused2x = """{"idTokenInfo":{"status":"Blocked"}}""";

    [Theory]
    [InlineData(OcppVersion.V201)]
    [InlineData(OcppVersion.V21)]
    public async Task A_token_refused_in_the_answer_to_an_event_ends_the_transaction(OcppVersion version)
    {
        await using var world = await StationWorld.StartAsync(version);
        world.Central.Script["TransactionEvent"] = Refused2x;
        await world.PlugInAsync();
        await world.AdvanceAsync(60);
        var end = Assert.Single(world.Events, e => Text(e, "eventType") == "Ended");
        Assert.Equal(("Deauthorized", "DeAuthorized"), (Text(end, "triggerReason"), Text(end.GetProperty("transactionInfo"), "stoppedReason")));
        Assert.Equal((0, 0), (world.Station.Running, world.Station.PowerKw(1)));
    }

    [Fact]
    public async Task A_token_refused_in_the_answer_to_a_start_ends_the_transaction_of_1_6()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V16);
        world.Central.Script["StartTransaction"] = """{"transactionId":77,"idTagInfo":{"status":"Blocked"}}""";
        await world.PlugInAsync();
        await world.AdvanceAsync(10);
        var (_, stop) = Assert.Single(world.Central.Heard, h => h.Action == "StopTransaction");
        Assert.Equal((77, "DeAuthorized"), (stop.GetProperty("transactionId").GetInt32(), Text(stop, "reason")));
    }

    [Theory]
    [InlineData(OcppVersion.V16, 0)]
    [InlineData(OcppVersion.V21, 0)]
    [InlineData(OcppVersion.V21, 2000)]
    public async Task A_station_that_may_go_on_gives_the_refused_vehicle_what_is_allowed_and_no_more(OcppVersion version, int allowedWh)
    {
        await using var world = await StationWorld.StartAsync(version);
        await world.SetAsync("StopTransactionOnInvalidId", "TxCtrlr.StopTxOnInvalidId", "false");
        await world.SetAsync("MaxEnergyOnInvalidId", "TxCtrlr.MaxEnergyOnInvalidId", allowedWh.ToString(System.Globalization.CultureInfo.InvariantCulture));
        world.Central.Script["TransactionEvent"] = Refused2x;
        world.Central.Script["StartTransaction"] = """{"transactionId":77,"idTagInfo":{"status":"Blocked"}}""";
        await world.PlugInAsync();
        await world.AdvanceAsync(1800); // 10 kWh at full power
        Assert.Equal(1, world.Station.Running);
        Assert.InRange(world.Station.Registers().ImportWh - 3000, allowedWh, allowedWh + 400); // 20 kW for a minute at most
        if (version == OcppVersion.V21) Assert.Contains(world.Events, e => Text(e, "triggerReason") == "Deauthorized" && Text(e.GetProperty("transactionInfo"), "chargingState") == "SuspendedEVSE");
        else Assert.DoesNotContain(world.Central.Heard, h => h.Action == "StopTransaction");
    }

    [Theory]
    [InlineData("""{"maxEnergy":3000}""", "EnergyLimitReached")]
    [InlineData("""{"maxTime":600}""", "TimeLimitReached")]
    [InlineData("""{"maxSoC":55}""", "SoCLimitReached")]
    [InlineData("""{"maxCost":5}""", "CostLimitReached")]
    public async Task A_limit_of_the_transaction_stops_the_power_when_it_is_reached_and_a_higher_one_lets_it_flow(string limit, string reason)
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        world.Central.Script["TransactionEvent"] = $$"""{"transactionLimit":{{limit}},"totalCost":1.5}""";
        await world.PlugInAsync();
        await world.AdvanceAsync(120);
        var set = Assert.Single(world.Events, e => Text(e, "triggerReason") == "LimitSet");
        Assert.Equal(limit, set.GetProperty("transactionInfo").GetProperty("transactionLimit").GetRawText());
        Assert.True(world.Station.PowerKw(1) > 19);
        if (reason == "CostLimitReached") world.Central.Script["TransactionEvent"] = """{"totalCost":5.01}""";
        await world.AdvanceAsync(1200);
        Assert.Single(world.Events, e => Text(e, "triggerReason") == reason && Text(e.GetProperty("transactionInfo"), "chargingState") == "SuspendedEVSE");
        Assert.Equal((1, 0), (world.Station.Running, world.Station.PowerKw(1)));
        world.Central.Script["TransactionEvent"] = """{"transactionLimit":{"maxSoC":100}}""";
        await world.AdvanceAsync(120);
        Assert.True(world.Station.PowerKw(1) > 19);
    }

    [Theory]
    [InlineData(OcppVersion.V16)]
    [InlineData(OcppVersion.V201)]
    [InlineData(OcppVersion.V21)]
    public async Task Values_come_at_the_quarter_hours_from_idle_and_from_charging_EVSEs(OcppVersion version)
    {
        await using var world = await StationWorld.StartAsync(version);
        await world.AdvanceAsync(100);
        await world.SetAsync("ClockAlignedDataInterval", "AlignedDataCtrlr.Interval", "900");
        await world.SetAsync("MeterValuesAlignedData", "AlignedDataCtrlr.Measurands", "Energy.Active.Import.Register");
        await world.PlugInAsync();
        await world.AdvanceAsync(1800);
        var values = world.Central.Heard.Where(h => h.Action is "MeterValues" or "TransactionEvent" && h.Payload.TryGetProperty("meterValue", out _)).Select(h => (h.Action, h.Payload))
            .SelectMany(h => h.Payload.GetProperty("meterValue").EnumerateArray().Select(v => (h.Action, h.Payload, Value: v)))
            .Where(v => v.Value.GetProperty("sampledValue").EnumerateArray().All(s => s.TryGetProperty("context", out var c) && c.GetString() == "Sample.Clock")).ToList();
        foreach (var evse in new[] { 1, 2 })
        {
            var mine = values.Where(v => (v.Payload.TryGetProperty("connectorId", out var c) ? c.GetInt32() : v.Payload.TryGetProperty("evseId", out var e) ? e.GetInt32() : v.Payload.GetProperty("evse").GetProperty("id").GetInt32()) == evse).ToList();
            Assert.Equal(["00:15", "00:30"], mine.Select(v => v.Value.GetProperty("timestamp").GetDateTimeOffset().UtcDateTime.ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture)));
            Assert.All(mine, v => Assert.Single(v.Value.GetProperty("sampledValue").EnumerateArray()));
            Assert.All(mine, v => Assert.Equal(version == OcppVersion.V16 || evse == 2 ? "MeterValues" : "TransactionEvent", v.Action));
            if (version != OcppVersion.V16 && evse == 1) Assert.All(mine, v => Assert.Equal("MeterValueClock", Text(v.Payload, "triggerReason")));
        }
    }

    [Fact]
    public async Task A_schedule_in_local_time_follows_the_clock_on_the_wall_of_the_station()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21); // midnight UTC, 08:00 in Shanghai
        Assert.Contains("IANA", (await world.Central.CallAsync("SetVariables", StationWorld.Variable("ClockCtrlr.TimeZone", "Nowhere/Here"))).ToString(), StringComparison.Ordinal);
        await world.SetAsync("", "ClockCtrlr.TimeZone", "Asia/Shanghai");
        const string profile = """
            {"evseId":1,"chargingProfile":{"id":7,"stackLevel":1,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Absolute","chargingSchedule":[{"id":1,"startSchedule":"2026-04-15T08:10:00Z","useLocalTime":true,
            "duration":600,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":5000}]}]}}
            """;
        Assert.Equal("Accepted", await world.StatusAsync("SetChargingProfile", profile.Replace("\n", "", StringComparison.Ordinal)));
        await world.PlugInAsync();
        await world.AdvanceAsync(590);
        Assert.True(world.Station.PowerKw(1) > 19);
        await world.AdvanceAsync(60);
        Assert.Equal(5, world.Station.PowerKw(1), 1);
        await world.AdvanceAsync(600);
        Assert.True(world.Station.PowerKw(1) > 19);
    }

    private static string Text(JsonElement of, string name) => of.TryGetProperty(name, out var value) ? value.GetString()! : "";
}
