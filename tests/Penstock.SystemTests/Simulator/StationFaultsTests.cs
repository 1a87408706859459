using System.Text.Json;
using Penstock.Ocpp.Rpc;
using Penstock.Simulator.Stations;

namespace Penstock.SystemTests.Simulator;

/// <summary>Each fault of the field as a central system sees it.</summary>
public sealed class StationFaultsTests
{
    private const string Limit = """{"evseId":1,"chargingProfile":{"id":5,"stackLevel":1,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative","transactionId":"CS-1-1","chargingSchedule":[{"id":1,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":3000}]}]}}""";

    [Fact]
    public async Task It_drops_the_link_on_two_requests_at_once()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V201, new StationFaults { DropsOnConcurrentCalls = true });
        await world.StatusAsync("GetLocalListVersion", "{}");
        Assert.Equal(1, world.Central.Connections);
        for (var i = 0; i < 40; i++) await world.Central.SendAsync($$"""[2,"c{{i}}","GetBaseReport",{"requestId":{{i}},"reportBase":"FullInventory"}]""").ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await world.ReconnectedAsync();
    }

    [Fact]
    public async Task It_accepts_all_and_does_nothing()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21, new StationFaults { AcceptsAll = true });
        await world.PlugInAsync();
        Assert.Equal("Accepted", await world.StatusAsync("SetChargingProfile", Limit.Replace("CS-1-1", "none", StringComparison.Ordinal)));
        Assert.Equal("Accepted", await world.StatusAsync("RequestStopTransaction", """{"transactionId":"CS-1-1"}"""));
        Assert.Equal("Accepted", await world.StatusAsync("SendLocalList", """{"versionNumber":3,"updateType":"Full"}"""));
        await world.AdvanceAsync(30);
        Assert.Equal(20, world.Station.PowerKw(1), 3);
        Assert.Equal(1, world.Station.Running);
        Assert.Contains("\"versionNumber\":0", await world.StatusAsync("GetLocalListVersion", "{}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Message_ids_are_new_with_every_boot_unless_the_fault_is_on(bool fault)
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V201, new StationFaults { SameIdsEachBoot = fault });
        world.Central.BreakLink();
        await world.ReconnectedAsync();
        await world.Central.HearAsync("BootNotification");
        for (var i = 0; i < 100 && Ids(world, "BootNotification").Count < 2; i++) await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.Equal(fault ? 1 : 2, Ids(world, "BootNotification").Distinct().Count());
    }

    [Fact]
    public async Task Its_ids_are_numbers_and_its_frames_have_spaces()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21, new StationFaults { NumericIds = true, SpacedFrames = true });
        await world.PlugInAsync();
        await world.Central.HearAsync("NotifyEVChargingNeeds");
        Assert.All(world.Central.Frames.Where(f => f.Contains("Notif", StringComparison.Ordinal) || f.Contains("TransactionEvent", StringComparison.Ordinal)), f => Assert.Matches("""^\[ 2 , \d+ , "\w+",\{""", f));
    }

    [Fact]
    public async Task It_takes_stack_level_0_only_and_no_watts()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V201, new StationFaults { StackLevelZeroOnly = true, RefusesWatts = true });
        await world.PlugInAsync();
        Assert.Equal("InvalidStackLevel", await world.ReasonAsync("SetChargingProfile", Limit));
        Assert.Equal("UnsupportedRateUnit", await world.ReasonAsync("SetChargingProfile", Limit.Replace("\"stackLevel\":1", "\"stackLevel\":0", StringComparison.Ordinal)));
        Assert.Equal("Accepted", await world.StatusAsync("SetChargingProfile", Limit.Replace("\"stackLevel\":1", "\"stackLevel\":0", StringComparison.Ordinal).Replace("\"W\"", "\"A\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Its_meter_counts_export_as_import()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21, new StationFaults { ReportsExportAsImport = true });
        await world.PlugInAsync();
        await world.StatusAsync("SetChargingProfile", Limit.Replace("\"limit\":3000", "\"operationMode\":\"CentralSetpoint\",\"setpoint\":-10000", StringComparison.Ordinal));
        await world.AdvanceAsync(200);
        await world.QuietAsync();
        var last = world.Events.Last().GetProperty("meterValue")[0].GetProperty("sampledValue").EnumerateArray().ToDictionary(v => v.GetProperty("measurand").GetString()!, v => v.GetProperty("value").GetDouble());
        Assert.Equal(0, last["Power.Active.Export"]);
        Assert.InRange(last["Power.Active.Import"], 9_800, 10_200);
        Assert.Equal(0, last["Energy.Active.Export.Register"]);
        Assert.True(last["Energy.Active.Import.Register"] > 1_100);
    }

    [Fact]
    public async Task It_answers_after_the_caller_s_deadline()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21, new StationFaults { AnswersAfter = TimeSpan.FromSeconds(6) });
        var outcome = await world.Central.Connection.CallAsync<Ocpp.V21.GetLocalListVersionRequest, Ocpp.V21.GetLocalListVersionResponse>(new Ocpp.V21.GetLocalListVersionRequest());
        Assert.Equal(CallStatus.TimedOut, outcome.Status);
        for (var i = 0; i < 100 && world.Central.Connection.Counters.LateAnswers == 0; i++) await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.Equal(1, world.Central.Connection.Counters.LateAnswers);
    }

    [Fact]
    public async Task Its_end_of_the_link_dies_and_it_comes_on_a_new_one()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21, new StationFaults { HalfOpenAtCommand = 1 });
        var old = world.Central.Connection;
        var outcome = await old.CallAsync<Ocpp.V21.GetLocalListVersionRequest, Ocpp.V21.GetLocalListVersionResponse>(new Ocpp.V21.GetLocalListVersionRequest());
        Assert.Equal(CallStatus.TimedOut, outcome.Status); // and not Closed: the socket is open
        await world.ReconnectedAsync();
        await world.PlugInAsync();
        await world.Central.HearAsync("TransactionEvent");
    }

    [Fact]
    public async Task Its_clock_is_years_off()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21, new StationFaults { ClockOff = TimeSpan.FromDays(3 * 365) });
        await world.PlugInAsync();
        Assert.Equal(2029, (await world.Central.HearAsync("TransactionEvent")).GetProperty("timestamp").GetDateTimeOffset().Year);
    }

    [Fact]
    public async Task It_answers_some_requests_with_an_error()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V201, new StationFaults { ErrorShare = 0.5 });
        var errors = 0;
        for (var i = 0; i < 40; i++) if ((await world.Central.CallAsync("GetLocalListVersion", "{}")).TryGetProperty("error", out _)) errors++;
        Assert.InRange(errors, 8, 32);
    }

    [Fact]
    public async Task What_happened_offline_is_marked_and_counted_without_a_gap()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        await world.PlugInAsync();
        await world.Central.HearAsync("NotifyEVChargingNeeds");
        world.Central.Script["BootNotification"] = """{"currentTime":"2026-04-15T00:00:00Z","interval":1,"status":"Pending"}""";
        world.Central.BreakLink();
        for (var i = 0; i < 100 && world.Station.Online; i++) await Task.Delay(20, TestContext.Current.CancellationToken);
        for (var i = 0; i < 5; i++) await world.AdvanceAsync(61);
        for (var i = 0; i < 200 && world.Central.Connections < 2; i++) await world.AdvanceAsync(1);
        Assert.True((await world.Central.CallAsync("GetTransactionStatus", "{}")).GetProperty("messagesInQueue").GetBoolean());
        world.Central.Script.TryRemove("BootNotification", out _);
        await world.StatusAsync("TriggerMessage", """{"requestedMessage":"BootNotification"}""");
        for (var i = 0; i < 200 && world.Station.Waiting > 0; i++) await Task.Delay(25, TestContext.Current.CancellationToken);
        var events = world.Events.Where(e => e.GetProperty("transactionInfo").GetProperty("transactionId").GetString() == "CS-1-1").ToList();
        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(e => e.GetProperty("seqNo").GetInt32()));
        Assert.True(events.Count(e => e.TryGetProperty("offline", out var offline) && offline.GetBoolean()) >= 4);
        Assert.False(events[0].TryGetProperty("offline", out _));
    }

    private static List<string> Ids(StationWorld world, string action) => [.. world.Central.Frames.Where(f => f.Contains($"\"{action}\"", StringComparison.Ordinal)).Select(f => JsonDocument.Parse(f).RootElement[1].ToString())];
}
