using Penstock.Ocpp.Rpc;
using Penstock.Simulator.Stations.Der;
using Penstock.Simulator.Stations.Profiles;

namespace Penstock.SystemTests.Simulator;

/// <summary>A 2.1 V2X station on the wire: modes, dynamic schedules, renegotiation, DER controls.</summary>
public sealed class V2xStationTests
{
    [Theory]
    [InlineData("CentralSetpoint", "\"setpoint\":-4000", -4)]
    [InlineData("CentralFrequency", "\"setpoint\":2500", 2.5)]
    [InlineData("LocalFrequency", "\"v2xBaseline\":1000,\"v2xFreqWattCurve\":[{\"frequency\":49.8,\"power\":-5000},{\"frequency\":50.2,\"power\":5000}],\"v2xSignalWattCurve\":[{\"signal\":0,\"power\":0},{\"signal\":100,\"power\":2000}]", 1 - 2.5)]
    [InlineData("ExternalSetpoint", "\"limit\":5000,\"dischargeLimit\":-1500", -1.5)]
    [InlineData("ExternalLimits", "\"limit\":5000", 3)]
    [InlineData("Idle", "\"evseSleep\":true", 0)]
    public async Task Every_mode_moves_its_power_and_is_reported(string mode, string fields, double kw)
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        world.Station.Grid = _ => new GridPoint(49.9, 100);
        world.Station.Local = new LocalControl(SetpointW: -2000, LimitW: 3000);
        await world.PlugInAsync();
        Assert.Equal("Accepted", await world.StatusAsync("SetChargingProfile", Profile(20, $"\"operationMode\":\"{mode}\",{fields}")));
        await world.AdvanceAsync(30);
        Assert.Equal(kw, world.Station.PowerKw(1), 3);
        var told = await world.Central.HearAsync("TransactionEvent", e => e.GetProperty("triggerReason").GetString() == "OperationModeChanged");
        Assert.Equal(mode, told.GetProperty("transactionInfo").GetProperty("operationMode").GetString());
        Assert.Equal(mode == "Idle", told.TryGetProperty("evseSleep", out _));
    }

    [Fact]
    public async Task An_aFRR_signal_moves_a_local_frequency_profile()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        await world.PlugInAsync();
        await world.StatusAsync("SetChargingProfile", Profile(20, "'operationMode':'LocalFrequency','v2xFreqWattCurve':[{'frequency':49.8,'power':-5000},{'frequency':50.2,'power':5000}],'v2xSignalWattCurve':[{'signal':-100,'power':-8000},{'signal':100,'power':8000}]"));
        Assert.Equal("Accepted", await world.StatusAsync("AFRRSignal", """{"timestamp":"2026-04-15T00:00:00Z","signal":-50}"""));
        await world.AdvanceAsync(30);
        Assert.Equal(-4, world.Station.PowerKw(1), 3);
    }

    [Fact]
    public async Task Load_balancing_keeps_the_site_between_its_thresholds()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        await world.PlugInAsync();
        var set = """{"setVariableData":[{"component":{"name":"V2XChargingCtrlr","evse":{"id":1}},"variable":{"name":"LocalLoadBalancing","instance":"UpperThreshold"},"attributeValue":"10000"}]}""";
        Assert.Contains("Accepted", await world.StatusAsync("SetVariables", set), StringComparison.Ordinal);
        world.Station.Local = new LocalControl(SiteW: 13_000);
        await world.StatusAsync("SetChargingProfile", Profile(20, "'operationMode':'LocalLoadBalancing'"));
        await world.AdvanceAsync(30);
        Assert.Equal(-3, world.Station.PowerKw(1), 3);
    }

    [Fact]
    public async Task A_dynamic_schedule_is_pulled_each_interval_and_lapses_to_unlimited_charging_when_nothing_lies_beneath()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        await world.PlugInAsync();
        world.Central.Script["PullDynamicScheduleUpdate"] = """{"status":"Rejected"}""";
        Assert.Equal("Accepted", await world.StatusAsync("SetChargingProfile", Profile(20, "'operationMode':'CentralSetpoint','setpoint':-1000", "Dynamic", ""","dynUpdateInterval":60""", ""","duration":300""")));
        await world.AdvanceAsync(30);
        Assert.Equal(-1, world.Station.PowerKw(1), 3);
        world.Central.Script.TryRemove("PullDynamicScheduleUpdate", out _);
        await world.AdvanceAsync(90);
        await world.AdvanceAsync(30);
        Assert.Equal(-3, world.Station.PowerKw(1), 3); // what the answer to the pull says
        world.Central.Script["PullDynamicScheduleUpdate"] = """{"status":"Rejected"}""";
        await world.AdvanceAsync(420);
        Assert.Equal(20, world.Station.PowerKw(1), 3); // Q11
        Assert.Contains(world.Central.Heard, h => h.Action == "PullDynamicScheduleUpdate" && h.Payload.GetProperty("chargingProfileId").GetInt32() == 20);
    }

    [Fact]
    public async Task An_illegal_profile_is_refused_with_its_reason()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        await world.PlugInAsync();
        Assert.Equal("InvalidSchedule", await world.ReasonAsync("SetChargingProfile", Profile(20, "'operationMode':'Idle','limit':0")));
        Assert.Equal("InvalidSchedule", await world.ReasonAsync("SetChargingProfile", Profile(20, "'operationMode':'CentralSetpoint','setpoint':-4000,'dischargeLimit':-3000")));
        Assert.Equal("NoFreqWattCurve", await world.ReasonAsync("SetChargingProfile", Profile(20, "'operationMode':'LocalFrequency'")));
        await using var charger = await StationWorld.StartAsync(OcppVersion.V21, dischargeKw: 0);
        await charger.PlugInAsync();
        Assert.Equal("InvalidSchedule", await charger.ReasonAsync("SetChargingProfile", Profile(20, "'operationMode':'CentralSetpoint','setpoint':1000")));
    }

    [Fact]
    public async Task Permission_that_comes_later_renegotiates_the_service()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        world.Central.Script["Authorize"] = """{"idTokenInfo":{"status":"Accepted"},"allowedEnergyTransfer":["DC"]}""";
        await world.PlugInAsync(window: (0.3, 0.9));
        var first = await world.Central.HearAsync("NotifyEVChargingNeeds");
        Assert.Equal("DC", first.GetProperty("chargingNeeds").GetProperty("requestedEnergyTransfer").GetString());
        await world.StatusAsync("SetChargingProfile", Profile(20, "'operationMode':'CentralSetpoint','setpoint':-4000"));
        await world.AdvanceAsync(30);
        Assert.Equal(0, world.Station.PowerKw(1)); // not before it is agreed
        Assert.Equal("Accepted", await world.StatusAsync("NotifyAllowedEnergyTransfer", """{"transactionId":"CS-1-1","allowedEnergyTransfer":["DC","DC_BPT"]}"""));
        var second = await world.Central.HearAsync("NotifyEVChargingNeeds", n => n.GetProperty("chargingNeeds").GetProperty("requestedEnergyTransfer").GetString() == "DC_BPT");
        var v2x = second.GetProperty("chargingNeeds").GetProperty("v2xChargingParameters");
        Assert.True(v2x.GetProperty("evMinV2XEnergyRequest").GetDecimal() < 0 && v2x.GetProperty("evMaxV2XEnergyRequest").GetDecimal() > 0);
        await world.Central.HearAsync("TransactionEvent", e => e.GetProperty("triggerReason").GetString() == "ChargingStateChanged");
        await world.AdvanceAsync(30);
        Assert.Equal(-4, world.Station.PowerKw(1), 3);
    }

    [Fact]
    public async Task A_vehicle_below_its_cycling_window_does_not_discharge()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        await world.PlugInAsync(window: (0.6, 0.9));
        await world.StatusAsync("SetChargingProfile", Profile(20, "'operationMode':'CentralSetpoint','setpoint':-4000"));
        await world.AdvanceAsync(30);
        Assert.Equal(0, world.Station.PowerKw(1));
    }

    [Fact]
    public async Task A_vehicle_that_plans_for_itself_answers_with_its_schedule()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        await world.PlugInAsync(scheduled: true);
        var needs = await world.Central.HearAsync("NotifyEVChargingNeeds");
        Assert.Equal("ScheduledControl", needs.GetProperty("chargingNeeds").GetProperty("controlMode").GetString());
        await world.StatusAsync("SetChargingProfile", """
            {"evseId":1,"chargingProfile":{"id":5,"stackLevel":1,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative","transactionId":"CS-1-1","chargingSchedule":[
            {"id":11,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":4000}]},{"id":12,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":30000}]}]}}
            """.ReplaceLineEndings(""));
        var schedule = await world.Central.HearAsync("NotifyEVChargingSchedule");
        Assert.Equal(12, schedule.GetProperty("selectedChargingScheduleId").GetInt32());
        Assert.Equal(20_000, schedule.GetProperty("chargingSchedule").GetProperty("chargingSchedulePeriod")[0].GetProperty("limit").GetDecimal());
    }

    [Fact]
    public async Task Needs_that_are_rejected_end_the_transaction()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        world.Central.Script["NotifyEVChargingNeeds"] = """{"status":"Rejected"}""";
        await world.PlugInAsync();
        var ended = await world.Central.HearAsync("TransactionEvent", e => e.GetProperty("eventType").GetString() == "Ended");
        Assert.Equal("ReqEnergyTransferRejected", ended.GetProperty("transactionInfo").GetProperty("stoppedReason").GetString());
    }

    [Fact]
    public async Task Priority_charging_lifts_the_power_and_the_driver_may_ask_for_it()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        await world.PlugInAsync();
        await world.StatusAsync("SetChargingProfile", Profile(20, "\"limit\":3000"));
        await world.StatusAsync("SetChargingProfile", Profile(21, "\"limit\":15000").Replace("TxProfile", "PriorityCharging", StringComparison.Ordinal).Replace(",\"transactionId\":\"CS-1-1\"", "", StringComparison.Ordinal));
        Assert.Equal("Accepted", await world.StatusAsync("UsePriorityCharging", """{"transactionId":"CS-1-1","activate":true}"""));
        await world.AdvanceAsync(30);
        Assert.Equal(15, world.Station.PowerKw(1), 3);
        world.Station.SayPriorityCharging(1, on: false);
        await world.Central.HearAsync("NotifyPriorityCharging", p => !p.GetProperty("activated").GetBoolean());
        await world.AdvanceAsync(30);
        Assert.Equal(3, world.Station.PowerKw(1), 3);
    }

    [Fact]
    public async Task A_scheduled_DER_control_begins_acts_ends_and_is_told()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        await world.PlugInAsync();
        await world.StatusAsync("SetChargingProfile", Profile(20, "'operationMode':'CentralSetpoint','setpoint':-20000"));
        var start = world.Now.AddSeconds(60).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal("Accepted", await world.StatusAsync("SetDERControl", $$$"""{"isDefault":false,"controlId":"S1","controlType":"LimitMaxDischarge","limitMaxDischarge":{"priority":1,"pctMaxDischargePower":25,"startTime":"{{{start}}}","duration":120}}"""));
        await world.AdvanceAsync(30);
        Assert.Equal(-20, world.Station.PowerKw(1), 3);
        await world.AdvanceAsync(60);
        Assert.Equal(-5, world.Station.PowerKw(1), 3);
        Assert.True((await world.Central.HearAsync("NotifyDERStartStop")).GetProperty("started").GetBoolean());
        await world.AdvanceAsync(150);
        await world.Central.HearAsync("NotifyDERStartStop", n => !n.GetProperty("started").GetBoolean());
        await world.AdvanceAsync(30);
        Assert.Equal(-20, world.Station.PowerKw(1), 3);
    }

    [Fact]
    public async Task A_trip_is_an_alarm_and_controls_outlive_a_reset()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        await world.StatusAsync("SetDERControl", """{"isDefault":true,"controlId":"T","controlType":"HFMustTrip","curve":{"priority":0,"yUnit":"Not_Applicable","curveData":[{"x":0.2,"y":51.5}]}}""");
        Assert.Equal("Accepted", await world.StatusAsync("Reset", """{"type":"Immediate"}"""));
        await world.ReconnectedAsync();
        await world.Central.HearAsync("BootNotification", b => b.GetProperty("reason").GetString() == "RemoteReset");
        var hz = 52.0;
        world.Station.Grid = _ => new GridPoint(hz, 100);
        await world.PlugInAsync();
        await world.AdvanceAsync(60);
        Assert.Equal(0, world.Station.PowerKw(1));
        Assert.Equal("OverFrequency", (await world.Central.HearAsync("NotifyDERAlarm")).GetProperty("gridEventFault").GetString());
        hz = 50;
        await world.AdvanceAsync(400);
        Assert.Equal(20, world.Station.PowerKw(1), 3);
        await world.Central.HearAsync("NotifyDERAlarm", a => a.GetProperty("alarmEnded").GetBoolean());
    }

    private static string Profile(int id, string period, string kind = "Relative", string more = "", string schedule = "") =>
        $$$"""{"evseId":1,"chargingProfile":{"id":{{{id}}},"stackLevel":1,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"{{{kind}}}","transactionId":"CS-1-1"{{{more}}},"chargingSchedule":[{"id":1,"chargingRateUnit":"W"{{{schedule}}},"chargingSchedulePeriod":[{"startPeriod":0,{{{period.Replace('\'', '"')}}}}]}]}}""";
}
