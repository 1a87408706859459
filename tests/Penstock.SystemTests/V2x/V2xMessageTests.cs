using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.V2x;

/// <summary>Every V2X message with a station on a real socket; each frame of the central system is held against the official schema.</summary>
public sealed class V2xMessageTests : IDisposable
{
    private const string Dynamic = """
        {"evseId":1,"timestamp":"NOW","chargingNeeds":{"requestedEnergyTransfer":"DC_BPT","availableEnergyTransfer":["DC","DC_BPT"],"controlMode":"DynamicControl","mobilityNeedsMode":"EVCC_SECC",
         "v2xChargingParameters":{"maxChargePower":7000,"maxDischargePower":7000,"evMinEnergyRequest":-10000,"evMinV2XEnergyRequest":-15000,"evMaxV2XEnergyRequest":15000,"targetSoC":80}}}
        """;

    private readonly string data = Directory.CreateTempSubdirectory("penstock-v2x-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    [Covers("2.1 NotifyEVChargingNeeds", "2.1 SetChargingProfile")]
    public async Task Needs_are_Accepted_and_a_profile_of_the_transaction_follows()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await PluggedInAsync(server, platform);
        var before = station.Heard.Count;
        Assert.Equal("Accepted", Status(await station.CallAsync("NotifyEVChargingNeeds", Needs(server), Cancel)));
        await Platform.UntilAsync(() => station.Heard.Skip(before).Any(h => h.Action == "SetChargingProfile" && Profile(h.Payload).GetProperty("id").GetInt32() == 1001), "the profile");
        var first = Profile(station.Heard.Skip(before).First(h => h.Action == "SetChargingProfile" && Profile(h.Payload).GetProperty("id").GetInt32() == 1001).Payload);
        Assert.Equal(("TxProfile", "tx"), (first.GetProperty("chargingProfilePurpose").GetString(), first.GetProperty("transactionId").GetString()));
        await platform.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("refusedDischarge").GetArrayLength() == 0);
    }

    [Fact]
    [Covers("2.1 NotifyEVChargingNeeds", "2.1 SetChargingProfile")]
    public async Task Needs_are_answered_and_the_profile_follows_without_a_tick_of_the_dispatcher()
    {
        await using var server = await ServerHere.StartAsync(data, 0.02, Cancel, change: o => o with { ControlSeconds = 60, ClockSpeed = 1 }); // the first tick of the dispatcher would come after 50 minutes
        using var platform = new Platform(server.Address);
        await using var station = await PluggedInAsync(server, platform);
        var before = station.Frames.Count;
        Assert.Equal("Accepted", Status(await station.CallAsync("NotifyEVChargingNeeds", Needs(server), Cancel)));
        await Platform.UntilAsync(() => station.Heard.Any(h => h.Action == "SetChargingProfile"), "the profile");
        var frames = station.Frames.Skip(before).Where(f => f.StartsWith("[3", StringComparison.Ordinal) || f.Contains("\"SetChargingProfile\"", StringComparison.Ordinal)).ToList();
        Assert.StartsWith("[3", frames[0], StringComparison.Ordinal); // the answer is first, the profile behind it
        Assert.StartsWith("[2", frames[1], StringComparison.Ordinal);
        var first = Profile(Assert.Single(station.Heard, h => h.Action == "SetChargingProfile").Payload);
        Assert.Equal(("TxProfile", "tx", 7000), (first.GetProperty("chargingProfilePurpose").GetString(), first.GetProperty("transactionId").GetString(), first.GetProperty("chargingSchedule")[0].GetProperty("chargingSchedulePeriod")[0].GetProperty("limit").GetInt32()));
        Assert.Equal(JsonValueKind.Null, Evse(await platform.GetAsync("/api/v1/stations/CS-1")).GetProperty("setpointKw").ValueKind); // it was not the dispatcher
    }

    [Fact]
    [Covers("2.1 NotifyEVChargingNeeds", "2.0.1 NotifyEVChargingNeeds")]
    public async Task Needs_that_cannot_be_met_are_answered_by_what_is_missing()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        await using var waiting = await RawStation.ConnectAsync(server.Address, "CS-0", "ocpp2.1", Cancel);
        Assert.Equal("NoChargingProfile", Status(await waiting.CallAsync("NotifyEVChargingNeeds", Needs(server), Cancel)));
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel, Answer);
        await TransactionTests.JoinAsync(platform, station, "CS-1");
        Assert.Equal("Processing", Status(await station.CallAsync("NotifyEVChargingNeeds", Needs(server), Cancel)));
        await platform.RegisterAsync("EV-1", "T-1");
        await ConsentAsync(platform, server, false);
        await station.CallAsync("TransactionEvent", TransactionTests.Event("Started", "tx", 0, Now(server), 1000, "T-1", 0, 60), Cancel);
        await platform.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("vehicleId").ValueKind == JsonValueKind.String);
        var refused = await station.CallAsync("NotifyEVChargingNeeds", Needs(server), Cancel);
        Assert.Equal(("Rejected", "Contract"), (Status(refused), refused.GetProperty("statusInfo").GetProperty("additionalInfo").GetString()));
        Assert.Equal("Accepted", Status(await station.CallAsync("NotifyEVChargingNeeds", Needs(server).Replace("\"DC_BPT\",\"avail", "\"DC\",\"avail", StringComparison.Ordinal), Cancel)));
        await using var older = await RawStation.ConnectAsync(server.Address, "CS-2", "ocpp2.0.1", Cancel);
        Assert.Equal("Processing", Status(await older.CallAsync("NotifyEVChargingNeeds", """{"evseId":1,"chargingNeeds":{"requestedEnergyTransfer":"DC"}}""", Cancel)));
    }

    [Fact]
    [Covers("2.1 NotifyEVChargingNeeds")]
    public async Task A_vehicle_that_gives_nothing_more_in_this_session_is_not_asked_to_and_the_API_says_why()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await PluggedInAsync(server, platform);
        await station.CallAsync("NotifyEVChargingNeeds", Budget(5000), Cancel);
        var view = await platform.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("dischargeLeftKwh").ValueKind == JsonValueKind.Number);
        Assert.Equal((5, 0, 0), (Evse(view).GetProperty("dischargeLeftKwh").GetDouble(), Evse(view).GetProperty("dischargedKwh").GetDouble(), Evse(view).GetProperty("refusedDischarge").GetArrayLength()));
        Assert.Equal("Accepted", Status(await station.CallAsync("NotifyEVChargingNeeds", Budget(0), Cancel))); // it may charge, and tell another budget
        await platform.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("refusedDischarge").EnumerateArray().Select(r => r.GetString()).SequenceEqual(["dischargeBudget"]));

        string Budget(int wattHours) => Needs(server).Replace("\"v2xChargingParameters\"", $"\"derChargingParameters\":{{\"evSessionTotalDischargeEnergyAvailable\":{wattHours}}},\"v2xChargingParameters\"", StringComparison.Ordinal);
    }

    [Fact]
    [Covers("2.1 Authorize", "2.1 NotifyAllowedEnergyTransfer")]
    public async Task Services_follow_consent_and_grid_permission_and_a_change_is_renegotiated()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await PluggedInAsync(server, platform);
        Assert.Contains("DC_BPT", Allowed(await station.CallAsync("Authorize", """{"idToken":{"idToken":"T-1","type":"Central"}}""", Cancel)));
        Assert.False((await station.CallAsync("Authorize", """{"idToken":{"idToken":"T-9","type":"Central"}}""", Cancel)).TryGetProperty("allowedEnergyTransfer", out _));
        await station.CallAsync("NotifyEVChargingNeeds", Needs(server), Cancel);
        await platform.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("refusedDischarge").GetArrayLength() == 0);
        await Task.Delay(1500, Cancel); // the watch has seen what was negotiated
        await ConsentAsync(platform, server, false);
        await Platform.UntilAsync(() => Told(station).Count == 1, "the renegotiation");
        Assert.DoesNotContain("DC_BPT", Allowed(Told(station)[0]));
        Assert.Contains("DC", Allowed(Told(station)[0]));
        Assert.DoesNotContain("AC_BPT", Allowed(await station.CallAsync("Authorize", """{"idToken":{"idToken":"T-1","type":"Central"}}""", Cancel)));
        await platform.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("refusedDischarge").EnumerateArray().Select(r => r.GetString()).SequenceEqual(["contract"]));
        await ConsentAsync(platform, server, true);
        await Platform.UntilAsync(() => Told(station).Count == 2, "the second renegotiation");
        Assert.Contains("DC_BPT", Allowed(Told(station)[1]));
        var site = (await platform.GetAsync("/api/v1/stations/CS-1")).GetProperty("siteId").GetString();
        (await platform.Client.PutAsJsonAsync($"/api/v1/sites/{site}/grid-permission", new { exportPermitted = false }, Cancel)).EnsureSuccessStatusCode();
        await Platform.UntilAsync(() => Told(station).Count == 3, "the third renegotiation");
        await platform.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("refusedDischarge").EnumerateArray().Select(r => r.GetString()).SequenceEqual(["gridPermission"]));
    }

    [Fact]
    [Covers("2.1 PullDynamicScheduleUpdate")]
    public async Task A_station_pulls_the_latest_setpoint_of_its_EVSE()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await PluggedInAsync(server, platform);
        var view = await platform.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("setpointKw").ValueKind == JsonValueKind.Number);
        var pulled = await station.CallAsync("PullDynamicScheduleUpdate", """{"chargingProfileId":1001}""", Cancel);
        Assert.Equal("Accepted", Status(pulled));
        Assert.InRange(pulled.GetProperty("scheduleUpdate").GetProperty("setpoint").GetDouble(), -7000, 7000);
        Assert.InRange(Evse(view).GetProperty("setpointKw").GetDouble(), -7, 7);
        foreach (var unknown in new[] { 1002, 1, -5, int.MaxValue }) Assert.Equal("Rejected", Status(await station.CallAsync("PullDynamicScheduleUpdate", $$"""{"chargingProfileId":{{unknown}}}""", Cancel)));
    }

    [Fact]
    [Covers("2.1 NotifyChargingLimit", "2.1 ClearedChargingLimit")]
    public async Task An_external_limit_binds_with_its_source_survives_a_restart_and_is_cleared()
    {
        await using (var server = await ServerHere.StartAsync(data, 10, Cancel))
        {
            using var platform = new Platform(server.Address);
            await using var station = await PluggedInAsync(server, platform);
            await ConsentAsync(platform, server, false); // it charges
            await station.CallAsync("NotifyChargingLimit", """{"evseId":1,"chargingLimit":{"chargingLimitSource":"EMS","isGridCritical":true},"chargingSchedule":[{"id":1,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":2500}]}]}""", Cancel);
            var view = await platform.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("externalLimits").GetArrayLength() == 1 && Evse(s).GetProperty("setpointKw") is { ValueKind: JsonValueKind.Number } kw && kw.GetDouble() <= 2.5);
            var limit = Evse(view).GetProperty("externalLimits")[0];
            Assert.Equal(("EMS", 2.5, true), (limit.GetProperty("source").GetString(), limit.GetProperty("chargeKw").GetDouble(), limit.GetProperty("gridCritical").GetBoolean()));
            await station.CallAsync("NotifyChargingLimit", """{"chargingLimit":{"chargingLimitSource":"SO"}}""", Cancel);
            await platform.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("externalLimits").GetArrayLength() == 2);
        }

        await using var again = await ServerHere.StartAsync(data, 10, Cancel);
        using var after = new Platform(again.Address);
        await after.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("externalLimits").GetArrayLength() == 2);
        await using var back = await RawStation.ConnectAsync(again.Address, "CS-1", "ocpp2.1", Cancel, Answer);
        await back.CallAsync("ClearedChargingLimit", """{"evseId":1,"chargingLimitSource":"EMS"}""", Cancel);
        await back.CallAsync("ClearedChargingLimit", """{"chargingLimitSource":"SO"}""", Cancel);
        await after.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("externalLimits").GetArrayLength() == 0);
    }

    [Fact]
    [Covers("2.1 NotifyChargingLimit")]
    public async Task A_limit_on_the_whole_station_that_was_told_while_it_waited_binds_the_sum_of_its_EVSEs_once_it_joins()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel, Answer);
        await station.CallAsync("BootNotification", """{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}""", Cancel);
        foreach (var evse in new[] { 1, 2 }) await station.CallAsync("StatusNotification", $$"""{"timestamp":"{{Now(server)}}","connectorStatus":"Available","evseId":{{evse}},"connectorId":1}""", Cancel);
        await station.CallAsync("NotifyChargingLimit", """{"chargingLimit":{"chargingLimitSource":"EMS"},"chargingSchedule":[{"id":1,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":3000}]}]}""", Cancel);
        await platform.AdmitAsync("CS-1", null, s => s.GetProperty("evsesReported").GetArrayLength() == 2);
        await station.CallAsync("TransactionEvent", TransactionTests.Event("Started", "tx", 0, Now(server), 1000, "T-1", 0, 60), Cancel);
        await station.CallAsync("TransactionEvent", TransactionTests.Event("Started", "tx2", 0, Now(server), 1000, "T-9").Replace("\"evse\":{\"id\":1", "\"evse\":{\"id\":2", StringComparison.Ordinal), Cancel);
        var view = await platform.UntilAsync("/api/v1/stations/CS-1", s => s.GetProperty("evses").EnumerateArray().All(e => e.GetProperty("setpointKw").ValueKind == JsonValueKind.Number && e.GetProperty("bindingSource").GetString() == "external"));
        var setpoints = view.GetProperty("evses").EnumerateArray().Select(e => e.GetProperty("setpointKw").GetDouble()).ToList();
        Assert.Equal((2, 3.0), (setpoints.Count, Math.Round(setpoints.Sum(), 2)));
        Assert.All(view.GetProperty("evses").EnumerateArray(), e => Assert.True(e.GetProperty("externalLimits")[0].GetProperty("stationWide").GetBoolean()));
    }

    [Fact]
    [Covers("2.1 UsePriorityCharging", "2.1 NotifyPriorityCharging", "2.1 SetChargingProfile")]
    public async Task The_owner_charges_now_with_a_priority_profile_that_is_given_where_it_is_missing()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        var has = false;
        await using var station = await PluggedInAsync(server, platform, (action, payload) =>
        {
            if (action == "UsePriorityCharging") return has ? """{"status":"Accepted"}""" : """{"status":"NoProfile"}""";
            if (action == "SetChargingProfile" && Profile(payload).GetProperty("chargingProfilePurpose").GetString() == "PriorityCharging") has = true;
            return Answer(action, payload);
        });
        (await platform.Client.PostAsJsonAsync("/api/v1/sessions/CS-1:tx/priority", new { activate = true }, Cancel)).EnsureSuccessStatusCode();
        Assert.True(has);
        var view = await platform.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("chargeNow").GetBoolean());
        Assert.Contains("chargeNow", Evse(view).GetProperty("refusedDischarge").EnumerateArray().Select(r => r.GetString()));
        await platform.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("setpointKw") is { ValueKind: JsonValueKind.Number } kw && kw.GetDouble() > 6.9);
        await station.CallAsync("NotifyPriorityCharging", """{"transactionId":"tx","activated":false}""", Cancel);
        await platform.UntilAsync("/api/v1/stations/CS-1", s => !Evse(s).GetProperty("chargeNow").GetBoolean());
        Assert.Equal(HttpStatusCode.NotFound, (await platform.Client.PostAsJsonAsync("/api/v1/sessions/CS-1:other/priority", new { activate = true }, Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await platform.Client.PostAsJsonAsync("/api/v1/sessions/CS-1:tx/priority", new { }, Cancel)).StatusCode);
    }

    [Fact]
    [Covers("2.1 NotifyEVChargingSchedule", "2.1 TransactionEvent")]
    public async Task The_plan_of_the_vehicle_and_the_mode_of_the_station_are_shown()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await PluggedInAsync(server, platform);
        Assert.Equal("Accepted", Status(await station.CallAsync("NotifyEVChargingSchedule", $$$"""{"timeBase":"{{{Now(server)}}}","evseId":1,"chargingSchedule":{"id":1,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":6000},{"startPeriod":36000,"operationMode":"CentralSetpoint","setpoint":-4000}]}}""", Cancel)));
        var view = await platform.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("vehiclePlan").ValueKind == JsonValueKind.Object);
        Assert.Equal([6.0, -4.0], Evse(view).GetProperty("vehiclePlan").GetProperty("steps").EnumerateArray().Select(p => p.GetProperty("powerKw").GetDouble()));
        var update = TransactionTests.Event("Updated", "tx", 1, Now(server), 1000).Replace("\"transactionId\":\"tx\"", "\"transactionId\":\"tx\",\"operationMode\":\"CentralSetpoint\"", StringComparison.Ordinal);
        await station.CallAsync("TransactionEvent", update, Cancel);
        await platform.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("operationMode").GetString() == "CentralSetpoint");
    }

    [Fact]
    [Covers("2.1 AFRRSignal")]
    public async Task An_aFRR_signal_goes_to_the_stations_with_a_signal_curve()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await PluggedInAsync(server, platform);
        await using var deaf = await RawStation.ConnectAsync(server.Address, "CS-2", "ocpp2.1", Cancel, Answer);
        var site = (await platform.GetAsync("/api/v1/stations/CS-1")).GetProperty("siteId").GetString()!;
        await TransactionTests.JoinAsync(platform, deaf, "CS-2", site);
        await station.CallAsync("ReportChargingProfiles", """
            {"requestId":1,"chargingLimitSource":"CSO","evseId":1,"chargingProfile":[{"id":7,"stackLevel":2,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Dynamic","transactionId":"tx","chargingSchedule":[{"id":1,"chargingRateUnit":"W",
             "chargingSchedulePeriod":[{"startPeriod":0,"operationMode":"LocalFrequency","v2xBaseline":0,"v2xFreqWattCurve":[{"frequency":49.8,"power":-7000},{"frequency":50.2,"power":7000}],"v2xSignalWattCurve":[{"signal":-100,"power":-7000},{"signal":100,"power":7000}]}]}]}]}
            """, Cancel);
        var answer = await (await platform.Client.PostAsJsonAsync($"/api/v1/sites/{site}/afrr", new { signal = -50 }, Cancel)).Content.ReadFromJsonAsync<JsonElement>(Cancel);
        var one = Assert.Single(Platform.Items(answer));
        Assert.Equal(("CS-1", true), (one.GetProperty("stationId").GetString(), one.GetProperty("accepted").GetBoolean()));
        Assert.Equal(-50, station.Heard.Single(h => h.Action == "AFRRSignal").Payload.GetProperty("signal").GetInt32());
        Assert.DoesNotContain(deaf.Heard, h => h.Action == "AFRRSignal");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await platform.Client.PostAsJsonAsync($"/api/v1/sites/{site}/afrr", new { }, Cancel)).StatusCode);
    }

    [Fact]
    [Covers("2.1 SetChargingProfile")]
    public async Task An_illegal_profile_of_an_operator_is_refused_with_its_rule_and_a_legal_one_goes_out()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await PluggedInAsync(server, platform);
        var refused = await SetAsync(platform, "-8000");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        var fault = Assert.Single((await refused.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("errors").EnumerateArray());
        Assert.StartsWith("V2X.05: the setpoint -8000 W lies below the dischargeLimit -7000 W", fault.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.EndsWith("/chargingProfile/chargingSchedule/0/chargingSchedulePeriod/0/setpoint", fault.GetProperty("pointer").GetString(), StringComparison.Ordinal);
        Assert.True((await SetAsync(platform, "-6000")).IsSuccessStatusCode);
        await Platform.UntilAsync(() => station.Heard.Any(h => h.Action == "SetChargingProfile" && Profile(h.Payload).GetProperty("id").GetInt32() == 77), "the operator's profile");
        Assert.Single(station.Heard, h => h.Action == "SetChargingProfile" && Profile(h.Payload).GetProperty("id").GetInt32() == 77);
    }

    [Fact]
    [Covers("2.1 RequestStartTransaction", "2.1 SetChargingProfile", "2.1 NotifyReport")]
    public async Task The_profile_of_a_start_is_checked_and_modes_that_the_EVSE_does_not_name_are_refused()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await PluggedInAsync(server, platform, (action, payload) => action == "RequestStartTransaction" ? """{"status":"Accepted"}""" : Answer(action, payload));
        Assert.Equal(("/payload/chargingProfile/chargingSchedule/0/chargingSchedulePeriod/0/setpoint", "V2X.05"), await FaultAsync("-8000"));
        await platform.CallAsync("CS-1", "RequestStartTransaction", Start("-6000"));
        Assert.Single(station.Heard, h => h.Action == "RequestStartTransaction");
        await NamesAsync("CentralSetpoint,ChargingOnly");
        await platform.CallAsync("CS-1", "RequestStartTransaction", Start("-6000"));
        await NamesAsync("ChargingOnly,LocalFrequency");
        Assert.Equal(("/payload/chargingProfile/chargingSchedule/0/chargingSchedulePeriod/0/operationMode", "K01.FR.115"), await FaultAsync("-6000"));
        Assert.Contains("K01.FR.115", await (await SetAsync(platform, "-6000")).Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(2, station.Heard.Count(h => h.Action == "RequestStartTransaction"));

        static string Start(string setpointW) => $$$$"""
            {"evseId":1,"remoteStartId":5,"idToken":{"idToken":"T-1","type":"Central"},"chargingProfile":{"id":78,"stackLevel":5,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Dynamic","chargingSchedule":[{"id":1,
             "chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"operationMode":"CentralSetpoint","setpoint":{{{{setpointW}}}},"limit":7000,"dischargeLimit":-7000}]}]}}
            """;

        async Task NamesAsync(string modes)
        {
            await ReportModesAsync(station, server, modes);
            await platform.UntilAsync("/api/v1/stations/CS-1/capability", c => c.ToString().Contains(modes, StringComparison.Ordinal));
        }

        async Task<(string?, string)> FaultAsync(string setpointW)
        {
            var answer = await platform.PostAsync("/api/v1/stations/CS-1/calls", $$"""{"action":"RequestStartTransaction","payload":{{Start(setpointW)}}}""");
            Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
            var fault = Assert.Single((await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("errors").EnumerateArray());
            return (fault.GetProperty("pointer").GetString(), fault.GetProperty("message").GetString()!.Split(':')[0]);
        }
    }

    [Fact]
    [Covers("2.1 SetChargingProfile", "2.1 NotifyReport")]
    public async Task An_EVSE_that_only_charges_gets_its_setpoints_as_limits()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel, (action, payload) =>
            action == "SetChargingProfile" && payload.GetRawText().Contains("CentralSetpoint", StringComparison.Ordinal) ? """{"status":"Rejected"}""" : Answer(action, payload));
        await TransactionTests.JoinAsync(platform, station, "CS-1");
        await ReportModesAsync(station, server, "ChargingOnly");
        await platform.RegisterAsync("EV-1", "T-1");
        await station.CallAsync("TransactionEvent", TransactionTests.Event("Started", "tx", 0, Now(server), 1000, "T-1", 0, 60), Cancel);
        await Platform.UntilAsync(() => station.Heard.Any(h => h.Action == "SetChargingProfile" && Profile(h.Payload).GetProperty("chargingProfilePurpose").GetString() == "TxProfile"), "a limit");
        Assert.DoesNotContain(station.Heard, h => h.Payload.GetRawText().Contains("CentralSetpoint", StringComparison.Ordinal));
        await station.CallAsync("NotifyEVChargingNeeds", Needs(server).Replace("\"DC_BPT\",\"avail", "\"DC\",\"avail", StringComparison.Ordinal), Cancel);
        await platform.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("following").GetBoolean() && Evse(s).GetProperty("setpointKw").ValueKind == JsonValueKind.Number);
        Assert.DoesNotContain(station.Heard, h => h.Payload.GetRawText().Contains("CentralSetpoint", StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    private static async Task<RawStation> PluggedInAsync(ServerHere server, Platform platform, Func<string, JsonElement, string?>? answer = null)
    {
        await platform.RegisterAsync("EV-1", "T-1");
        var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel, answer ?? Answer);
        await TransactionTests.JoinAsync(platform, station, "CS-1");
        await station.CallAsync("TransactionEvent", TransactionTests.Event("Started", "tx", 0, Now(server), 1000, "T-1", 0, 60), Cancel);
        await ConsentAsync(platform, server, true);
        await platform.UntilAsync("/api/v1/stations/CS-1", s => Evse(s).GetProperty("vehicleId").ValueKind == JsonValueKind.String && Evse(s).GetProperty("socPercent").ValueKind == JsonValueKind.Number);
        return station;
    }

    private static Task ReportModesAsync(RawStation station, ServerHere server, string modes) => station.CallAsync("NotifyReport", $$$$"""
        {"requestId":1,"seqNo":0,"generatedAt":"{{{{Now(server)}}}}","reportData":[{"component":{"name":"V2XChargingCtrlr","evse":{"id":1}},"variable":{"name":"SupportedOperationModes"},"variableAttribute":[{"value":"{{{{modes}}}}"}]}]}
        """, Cancel);

    private static async Task ConsentAsync(Platform platform, ServerHere server, bool given) =>
        (await platform.Client.PutAsJsonAsync("/api/v1/vehicles/EV-1/terms", new { floorPercent = 30, targetPercent = 80, departure = server.Clock.GetUtcNow().AddHours(12), dischargeAllowed = given }, Cancel)).EnsureSuccessStatusCode();

    private static Task<HttpResponseMessage> SetAsync(Platform platform, string setpointW) => platform.Client.PostAsync(
        new Uri("/api/v1/stations/CS-1/calls", UriKind.Relative),
        new StringContent($$$$"""
            {"action":"SetChargingProfile","payload":{"evseId":1,"chargingProfile":{"id":77,"stackLevel":5,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Dynamic","transactionId":"tx","chargingSchedule":[{"id":1,"chargingRateUnit":"W",
             "chargingSchedulePeriod":[{"startPeriod":0,"operationMode":"CentralSetpoint","setpoint":{{{{setpointW}}}},"limit":7000,"dischargeLimit":-7000}]}]}}}
            """, System.Text.Encoding.UTF8, "application/json"), Cancel);

    private static string? Answer(string action, JsonElement payload) => action is "NotifyAllowedEnergyTransfer" or "AFRRSignal" ? """{"status":"Accepted"}""" : RawStation.Obedient(action, payload);

    private static string Needs(ServerHere server) => Dynamic.Replace("NOW", Now(server), StringComparison.Ordinal);

    private static string Now(ServerHere server) => server.Clock.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static List<JsonElement> Told(RawStation station) => [.. station.Heard.Where(h => h.Action == "NotifyAllowedEnergyTransfer").Select(h => h.Payload)];

    private static List<string?> Allowed(JsonElement payload) => [.. payload.GetProperty("allowedEnergyTransfer").EnumerateArray().Select(m => m.GetString())];

    private static JsonElement Profile(JsonElement request) => request.GetProperty("chargingProfile");

    private static JsonElement Evse(JsonElement station) => station.GetProperty("evses")[0];

    private static string? Status(JsonElement answer) => answer.GetProperty("status").GetString();
}
