using System.Text.Json;
using NodaTime;
using Penstock.Ocpp.Rpc;
using Penstock.Simulator.Cities;
using Penstock.Simulator.Clock;
using Penstock.Simulator.Physics;
using Penstock.Simulator.Stations;
using V16 = Penstock.Ocpp.V16;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.SystemTests.Simulator;

/// <summary>Simulated stations of three versions against a central system that is not ours.</summary>
public sealed class SimulatedStationTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<OcppVersion> Versions => [OcppVersion.V16, OcppVersion.V201, OcppVersion.V21];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_stay_is_told_from_boot_to_end_and_follows_its_profile(OcppVersion version)
    {
        await using var world = await World.StartAsync(version);
        world.PlugIn();
        await world.Central.HearAsync("Authorize");
        await StartedAsync(world);
        await SetAsync(world, 5000);
        await world.AdvanceAsync(10);
        Assert.Equal(5000, LastPower(world), tolerance: 60);
        world.Station.Unplug(1);
        if (version == OcppVersion.V16) await world.Central.HearAsync("StopTransaction", p => p.GetProperty("transactionId").GetInt32() == 77);
        else await world.Central.HearAsync("TransactionEvent", p => p.GetProperty("eventType").GetString() == "Ended");
        if (version != OcppVersion.V16) Assert.Equal(Enumerable.Range(0, Events(world).Count), Events(world).Select(e => e.GetProperty("seqNo").GetInt32()));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task What_was_not_answered_is_said_again_after_the_link_came_back_with_the_same_number(OcppVersion version)
    {
        await using var world = await World.StartAsync(version);
        var action = version == OcppVersion.V16 ? "StartTransaction" : "TransactionEvent";
        world.Central.Script[action] = null;
        world.PlugIn();
        await world.Central.HearAsync(action);
        world.Central.Script.TryRemove(action, out _);
        world.Central.BreakLink();
        for (var i = 0; i < 200 && (world.Central.Connections < 2 || world.Station.Waiting > 0); i++) await world.AdvanceAsync(1);
        Assert.Equal(0, world.Station.Waiting);
        if (version == OcppVersion.V16) Assert.Equal(2, world.Central.Heard.Count(h => h.Action == action));
        else Assert.Equal(2, Events(world).Count(e => e.GetProperty("seqNo").GetInt32() == 0));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_token_that_is_not_accepted_gets_no_power_and_no_transaction(OcppVersion version)
    {
        await using var world = await World.StartAsync(version);
        world.Central.Script["Authorize"] = version == OcppVersion.V16 ? """{"idTagInfo":{"status":"Invalid"}}""" : """{"idTokenInfo":{"status":"Invalid"}}""";
        world.PlugIn();
        await world.Central.HearAsync("Authorize");
        await world.AdvanceAsync(10);
        Assert.DoesNotContain(world.Central.Heard, h => h.Action is "StartTransaction" or "TransactionEvent" or "MeterValues");
        Assert.Equal(1000, world.Station.Registers().ImportWh);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_station_that_waits_boots_again_when_it_is_triggered(OcppVersion version)
    {
        await using var world = new World(await ScriptedCentral.StartAsync(version), StationFaults.None);
        world.Central.Script["BootNotification"] = """{"currentTime":"2026-04-15T00:00:00Z","interval":3600,"status":"Pending"}""";
        world.Begin();
        await world.Central.HearAsync("BootNotification");
        world.Central.Script.TryRemove("BootNotification", out _);
        await TriggerAsync(world);
        await world.Station.Booted.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        Assert.Equal(2, world.Central.Heard.Count(h => h.Action == "BootNotification"));
    }

    [Fact]
    public async Task A_base_report_names_every_EVSE_with_its_power_and_connector()
    {
        await using var world = await World.StartAsync(OcppVersion.V21);
        await world.Central.Connection.CallAsync<V21.GetBaseReportRequest, V21.GetBaseReportResponse>(new V21.GetBaseReportRequest { RequestId = 5, ReportBase = V21.ReportBase.FullInventory });
        var report = await world.Central.HearAsync("NotifyReport");
        Assert.Equal(5, report.GetProperty("requestId").GetInt32());
        Assert.Contains(report.GetProperty("reportData").EnumerateArray(), r => r.GetProperty("component").GetProperty("name").GetString() == "EVSE" && r.GetProperty("variableCharacteristics").GetProperty("maxLimit").GetDecimal() == 20_000);
    }

    [Fact]
    public async Task Discharge_lapses_to_the_charging_default_when_the_platform_is_silent()
    {
        await using var world = await World.StartAsync(OcppVersion.V21);
        world.PlugIn();
        await StartedAsync(world);
        await Set21Async(world, V21.V2x.V2xProfile.ChargingOnlyDefault(4000));
        await Set21Async(world, V21.V2x.V2xProfile.CentralSetpoint(1, "CS-1-1", -10_000, 300));
        await world.AdvanceAsync(4);
        Assert.Equal(-10_000, LastPower(world), tolerance: 110);
        var update = await world.Central.Connection.CallAsync<V21.UpdateDynamicScheduleRequest, V21.UpdateDynamicScheduleResponse>(V21.V2x.V2xProfile.Update(1, -5000));
        Assert.Equal(V21.ChargingProfileStatus.Accepted, update.Response!.Status);
        await world.AdvanceAsync(4);
        Assert.Equal(-5000, LastPower(world), tolerance: 60);
        await world.AdvanceAsync(4);
        Assert.Equal(4000, LastPower(world), tolerance: 50);
    }

    [Fact]
    public async Task A_profile_of_another_transaction_and_discharge_of_a_charger_are_rejected()
    {
        await using var world = await World.StartAsync(OcppVersion.V21);
        world.PlugIn();
        await StartedAsync(world);
        var answer = await world.Central.Connection.CallAsync<V21.SetChargingProfileRequest, V21.SetChargingProfileResponse>(
            new V21.SetChargingProfileRequest { EvseId = 1, ChargingProfile = V21.V2x.V2xProfile.CentralSetpoint(1, "another", 1000, 300) });
        Assert.Equal(V21.ChargingProfileStatus.Rejected, answer.Response!.Status);
    }

    [Fact]
    public async Task The_faults_of_the_field_can_be_switched_on()
    {
        await using var world = await World.StartAsync(OcppVersion.V21, new StationFaults { ClockAt1970 = true, StateOfChargeNoise = true, MeterRunsBackwards = true, Repeats = true, Disobeys = true });
        world.PlugIn();
        await StartedAsync(world);
        await Set21Async(world, V21.V2x.V2xProfile.CentralSetpoint(1, "CS-1-1", -10_000, 3600));
        await world.AdvanceAsync(14);
        var events = Events(world);
        Assert.All(events, e => Assert.Equal(1970, e.GetProperty("timestamp").GetDateTimeOffset().Year));
        Assert.All(events, e => Assert.Equal(Math.Round(Value(e, "SoC")), Value(e, "SoC")));
        var registers = events.Select(e => Value(e, "Energy.Active.Import.Register")).ToList();
        Assert.Contains(registers.Zip(registers.Skip(1)), pair => pair.Second < pair.First);
        Assert.True(Value(events[^1], "Power.Active.Import") > 15_000, "it obeyed");
        Assert.NotEqual(events.Count, events.Select(e => e.GetProperty("seqNo").GetInt32()).Distinct().Count());
    }

    [Fact]
    public async Task The_link_breaks_in_the_middle_of_a_command_and_comes_back()
    {
        await using var world = await World.StartAsync(OcppVersion.V21, new StationFaults { LinkBreaksAtCommand = 1 });
        world.PlugIn();
        await StartedAsync(world);
        var broken = await world.Central.Connection.CallAsync<V21.SetChargingProfileRequest, V21.SetChargingProfileResponse>(new V21.SetChargingProfileRequest { EvseId = 1, ChargingProfile = V21.V2x.V2xProfile.CentralSetpoint(1, "CS-1-1", 1000, 300) });
        Assert.NotEqual(CallStatus.Answered, broken.Status);
        for (var i = 0; i < 200 && world.Central.Connections < 2; i++) await world.AdvanceAsync(1);
        Assert.Equal(2, world.Central.Connections);
    }

    [Fact]
    public async Task An_idle_station_sends_heartbeats_at_the_interval_it_was_told()
    {
        await using var world = await World.StartAsync(OcppVersion.V201);
        await world.AdvanceAsync(16);
        Assert.InRange(world.Central.Heard.Count(h => h.Action == "Heartbeat"), 2, 4);
    }

    private static Task StartedAsync(World world) => world.Central.Version == OcppVersion.V16
        ? world.Central.HearAsync("MeterValues", p => p.GetProperty("transactionId").GetInt32() == 77)
        : world.Central.HearAsync("NotifyEVChargingNeeds");

    private static List<JsonElement> Events(World world) => [.. world.Central.Heard.Where(h => h.Action == "TransactionEvent").Select(h => h.Payload)];

    private static double LastPower(World world)
    {
        var last = world.Central.Heard.Last(h => h.Action is "MeterValues" or "TransactionEvent").Payload;
        return Value(last, "Power.Active.Import") - Value(last, "Power.Active.Export");
    }

    private static double Value(JsonElement payload, string measurand)
    {
        var value = payload.GetProperty("meterValue")[0].GetProperty("sampledValue").EnumerateArray().First(v => v.GetProperty("measurand").GetString() == measurand).GetProperty("value");
        return value.ValueKind == JsonValueKind.String ? double.Parse(value.GetString()!, System.Globalization.CultureInfo.InvariantCulture) : value.GetDouble();
    }

    private static async Task SetAsync(World world, decimal watts)
    {
        if (world.Central.Version != OcppVersion.V16)
        {
            await Set21Async(world, new V21.ChargingProfile
            {
                Id = 1001, StackLevel = 1, ChargingProfilePurpose = V21.ChargingProfilePurpose.TxProfile, ChargingProfileKind = V21.ChargingProfileKind.Relative, TransactionId = "CS-1-1",
                ChargingSchedule = [new V21.ChargingSchedule { Id = 1, ChargingRateUnit = V21.ChargingRateUnit.W, ChargingSchedulePeriod = [new V21.ChargingSchedulePeriod { StartPeriod = 0, Limit = watts }] }],
            });
            return;
        }

        var answer = await world.Central.Connection.CallAsync<V16.SetChargingProfileRequest, V16.SetChargingProfileResponse>(new V16.SetChargingProfileRequest
        {
            ConnectorId = 1,
            CsChargingProfiles = new V16.CsChargingProfiles
            {
                ChargingProfileId = 1001, TransactionId = 77, StackLevel = 1, ChargingProfilePurpose = V16.ChargingProfilePurpose.TxProfile, ChargingProfileKind = V16.ChargingProfileKind.Relative,
                ChargingSchedule = new V16.ChargingSchedule { ChargingRateUnit = V16.ChargingRateUnit.W, ChargingSchedulePeriod = [new V16.ChargingSchedulePeriod { StartPeriod = 0, Limit = watts }] },
            },
        });
        Assert.Equal(V16.SetChargingProfileStatus.Accepted, answer.Response!.Status);
    }

    private static async Task Set21Async(World world, V21.ChargingProfile profile)
    {
        var answer = await world.Central.Connection.CallAsync<V21.SetChargingProfileRequest, V21.SetChargingProfileResponse>(new V21.SetChargingProfileRequest { EvseId = 1, ChargingProfile = profile });
        Assert.Equal(V21.ChargingProfileStatus.Accepted, answer.Response?.Status);
    }

    private static Task TriggerAsync(World world) => world.Central.Version == OcppVersion.V16
        ? world.Central.Connection.CallAsync<V16.TriggerMessageRequest, V16.TriggerMessageResponse>(new V16.TriggerMessageRequest { RequestedMessage = V16.TriggerMessageRequestedMessage.BootNotification })
        : world.Central.Connection.CallAsync<V21.TriggerMessageRequest, V21.TriggerMessageResponse>(new V21.TriggerMessageRequest { RequestedMessage = V21.MessageTrigger.BootNotification });

    /// <summary>A station, its clock and its central system.</summary>
    private sealed class World : IAsyncDisposable
    {
        private readonly StepClock clock = new(new DateTimeOffset(2026, 4, 15, 0, 0, 0, TimeSpan.Zero), 3600);
        private readonly CancellationTokenSource stop = new();
        private readonly StationWork work = new();
        private readonly CityModel city = Scenarios.Generate("lianhua", 7, new LocalDate(2026, 4, 15), null);
        private Task running = Task.CompletedTask;

        internal World(ScriptedCentral central, StationFaults faults)
        {
            Central = central;
            var evse = new Core.Sites.EvseLayout(new Core.Sites.EvseId(new Core.Sites.StationId("CS-1"), 1), "poc", Core.Units.Power.FromKilowatts(20), Core.Units.Power.FromKilowatts(20), Core.Sites.DischargeMethod.CentralSetpoint);
            Station = new SimulatedStation(new CityStation(evse.Id.Station, central.Version, "Penstock", "Sim", [evse]), Central.Address, clock, work, 60, 1, faults);
            clock.Stepped += Station.Advance;
        }

        internal ScriptedCentral Central { get; }

        internal SimulatedStation Station { get; }

        internal static async Task<World> StartAsync(OcppVersion version, StationFaults? faults = null)
        {
            var world = new World(await ScriptedCentral.StartAsync(version), faults ?? StationFaults.None);
            world.Begin();
            await world.Station.Booted.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
            return world;
        }

        internal void Begin() => running = Station.RunAsync(stop.Token);

        internal void PlugIn()
        {
            var visit = city.Visits.First(v => v.Evse.Station.Value.StartsWith("lianhua-", StringComparison.Ordinal)) with { Evse = new Core.Sites.EvseId(Station.Model.Id, 1) };
            Station.PlugIn(visit, new SimulatedBattery(visit.Vehicle.Vehicle, 0.5));
        }

        internal Task AdvanceAsync(int minutes) => clock.RunAsync(clock.GetUtcNow().AddMinutes(minutes), () => work.Count == 0, Cancel);

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Central.DisposeAsync();
            stop.Dispose();
        }
    }
}
