using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using NodaTime;
using Penstock.Core.Der;
using Penstock.Ocpp.V21;
using Penstock.Server.Der;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Der;

/// <summary>DER controls from the API to a station on a real socket and back; each frame of the central system is held against the official schema.</summary>
public sealed class DerDeskTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-der-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    [Covers("2.1 SetDERControl", "2.1 GetDERControl", "2.1 ReportDERControl")]
    public async Task A_control_of_every_type_is_sent_and_read_back()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        var inverter = new DerStation();
        await using var station = await JoinedAsync(server, platform, inverter);
        foreach (var kind in DerKind.All) await GiveAsync(platform, Wire(kind.Type, kind.Type.ToString()));

        var view = await platform.UntilAsync("/api/v1/stations/CS-1/der", v => Platform.Items(v).Count == 22 && Platform.Items(v).All(c => c.GetProperty("verified").ValueKind == JsonValueKind.True));
        Assert.All(Platform.Items(view), c => Assert.Equal(("accepted", true), (c.GetProperty("state").GetString(), c.GetProperty("inForce").GetBoolean())));
        Assert.Equal(22, inverter.Controls.Count);
    }

    [Fact]
    [Covers("2.1 SetDERControl", "2.1 ClearDERControl")]
    public async Task Only_the_winner_is_sent_and_when_it_is_withdrawn_the_other_follows()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        var inverter = new DerStation();
        await using var station = await JoinedAsync(server, platform, inverter);
        await GiveAsync(platform, Scheduled(server, "high", 1));
        await GiveAsync(platform, Scheduled(server, "low", 5));
        var view = await platform.UntilAsync("/api/v1/stations/CS-1/der", v => Item(v, "high").GetProperty("verified").ValueKind == JsonValueKind.True);
        Assert.Equal(("superseded", "high"), (Item(view, "low").GetProperty("state").GetString(), Item(view, "low").GetProperty("supersededBy").GetString()));
        Assert.Equal(["high"], inverter.Controls.Keys);
        Assert.Equal(HttpStatusCode.NoContent, (await platform.Client.DeleteAsync(new Uri("/api/v1/stations/CS-1/der/high", UriKind.Relative), Cancel)).StatusCode);
        await platform.UntilAsync("/api/v1/stations/CS-1/der", v => Platform.Items(v).Count == 1 && Item(v, "low").GetProperty("verified").ValueKind == JsonValueKind.True);
        Assert.Equal(["low"], inverter.Controls.Keys);
        Assert.Equal(HttpStatusCode.NotFound, (await platform.Client.DeleteAsync(new Uri("/api/v1/stations/CS-1/der/high", UriKind.Relative), Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_control_that_means_nothing_is_refused_with_its_field_and_rule()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await JoinedAsync(server, platform, new DerStation());
        var good = JsonSerializer.Serialize(Wire(DerControlType.VoltVar, "c"), SetDERControlRequest.TypeInfo);
        Assert.Equal([("/curve/curveData/1/x", "ascending")], await FaultsAsync(platform, good.Replace("\"x\":98", "\"x\":91", StringComparison.Ordinal)));
        Assert.Equal([("/curve/yUnit", "unit")], await FaultsAsync(platform, good.Replace("PctMaxVar", "PctMaxW", StringComparison.Ordinal)));
        Assert.Equal([("/startTime", "scheduledHasTime"), ("/duration", "scheduledHasTime")], await FaultsAsync(platform, good.Replace("\"isDefault\":true", "\"isDefault\":false", StringComparison.Ordinal)));
        Assert.Equal([("/fixedVar", "oneShape")], await FaultsAsync(platform, """{"isDefault":true,"controlId":"c","controlType":"FixedVar"}"""));
        Assert.Equal("OccurrenceConstraintViolation", (await FaultsAsync(platform, """{"isDefault":true}"""))[0].Code);
        Assert.Equal("TypeConstraintViolation", (await FaultsAsync(platform, good.Replace("VoltVar", "VoltVolt", StringComparison.Ordinal)))[0].Code);
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync(platform, "/api/v1/stations/NO/der", good)).StatusCode);
        Assert.Empty(Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/der")));
        Assert.DoesNotContain(station.Heard, h => h.Action == "SetDERControl");
    }

    [Fact]
    [Covers("2.1 SetDERControl", "2.1 GetDERControl", "2.1 ReportDERControl", "2.1 ClearDERControl")]
    public async Task What_was_given_or_withdrawn_while_the_link_was_down_is_done_when_it_is_back_and_what_the_station_lost_is_set_again()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        var inverter = new DerStation();
        await using (var station = await JoinedAsync(server, platform, inverter))
        {
            await GiveAsync(platform, Wire(DerControlType.VoltVar, "kept"));
            await GiveAsync(platform, Wire(DerControlType.VoltWatt, "lost"));
            await GiveAsync(platform, Wire(DerControlType.FixedVar, "gone"));
            await platform.UntilAsync("/api/v1/stations/CS-1/der", v => Platform.Items(v).Count(c => c.GetProperty("verified").ValueKind == JsonValueKind.True) == 3);
        }

        await platform.UntilAsync("/api/v1/stations/CS-1", s => !s.GetProperty("online").GetBoolean());
        await GiveAsync(platform, Wire(DerControlType.FreqWatt, "late"));
        Assert.Equal(HttpStatusCode.NoContent, (await platform.Client.DeleteAsync(new Uri("/api/v1/stations/CS-1/der/gone", UriKind.Relative), Cancel)).StatusCode);
        Assert.Equal(("queued", "withdrawn"), (Item(await platform.GetAsync("/api/v1/stations/CS-1/der"), "late").GetProperty("state").GetString(), Item(await platform.GetAsync("/api/v1/stations/CS-1/der"), "gone").GetProperty("state").GetString()));
        Assert.True(inverter.Controls.TryRemove("lost", out _));
        await using var back = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel, inverter.Answer);
        inverter.Serve(back);
        var view = await platform.UntilAsync("/api/v1/stations/CS-1/der", v => Platform.Items(v).Count == 3 && Platform.Items(v).All(c => c.GetProperty("verified").ValueKind == JsonValueKind.True));
        Assert.Equal(["kept", "late", "lost"], inverter.Controls.Keys.Order());
        Assert.Single(back.Heard, h => h.Action == "ClearDERControl");
        Assert.DoesNotContain(back.Heard, h => h.Action == "SetDERControl" && h.Payload.GetProperty("controlId").GetString() == "kept");
        Assert.Equal(3, Platform.Items(view).Count);
    }

    [Fact]
    [Covers("2.1 ReportDERControl")]
    public async Task A_station_that_keeps_something_else_is_seen()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await JoinedAsync(server, platform, new DerStation(), row =>
        {
            (row["setpoint"], row["priority"]) = (-29, 4);
            return row;
        });
        await GiveAsync(platform, Wire(DerControlType.FixedVar, "c"));
        var view = await platform.UntilAsync("/api/v1/stations/CS-1/der", v => Item(v, "c").GetProperty("verified").ValueKind == JsonValueKind.False);
        Assert.Equal("the station has other priority 4, its values", Item(view, "c").GetProperty("difference").GetString());
    }

    [Fact]
    [Covers("2.1 SetDERControl")]
    public async Task A_refusal_is_shown_in_the_words_of_the_station()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        var inverter = new DerStation { Says = """{"status":"NotSupported","statusInfo":{"reasonCode":"UnsupportedParam","additionalInfo":"no inverter"}}""" };
        await using var station = await JoinedAsync(server, platform, inverter);
        await GiveAsync(platform, Wire(DerControlType.VoltVar, "c"));
        var view = await platform.UntilAsync("/api/v1/stations/CS-1/der", v => Item(v, "c").GetProperty("state").GetString() == "notSupported");
        Assert.Equal("NotSupported UnsupportedParam no inverter", Item(view, "c").GetProperty("reason").GetString());
        await platform.Client.DeleteAsync(new Uri("/api/v1/stations/CS-1/der/c", UriKind.Relative), Cancel);
        Assert.Empty(Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/der")));
    }

    [Fact]
    [Covers("2.1 NotifyReport")]
    public async Task A_type_that_the_device_model_leaves_out_is_refused_with_the_list_and_one_given_before_is_not_sent()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        var inverter = new DerStation();
        await using (var station = await JoinedAsync(server, platform, inverter))
        {
        }

        await platform.UntilAsync("/api/v1/stations/CS-1", s => !s.GetProperty("online").GetBoolean());
        await GiveAsync(platform, Wire(DerControlType.FixedVar, "early")); // nothing is known: it waits to be tried
        await using var back = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel, (action, payload) => action == "SetDERControl" ? null : inverter.Answer(action, payload));
        await Platform.UntilAsync(() => back.Heard.Any(h => h.Action == "SetDERControl"), "the try");
        await inverter.CallAsync(back, "NotifyReport", $$$"""{"requestId":1,"seqNo":0,"generatedAt":"{{{Now(server)}}}","reportData":[{"component":{"name":"DCDERCtrlr","evse":{"id":1}},"variable":{"name":"ModesSupported"},"variableAttribute":[{"value":"VoltVar,FreqWatt"}]}]}""");
        await platform.UntilAsync("/api/v1/stations/CS-1/capability", c => c.ToString().Contains("dcDerModes", StringComparison.Ordinal));
        var answer = await PostAsync(platform, "/api/v1/stations/CS-1/der", JsonSerializer.Serialize(Wire(DerControlType.WattVar, "c"), SetDERControlRequest.TypeInfo));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        var fault = Assert.Single((await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("errors").EnumerateArray());
        Assert.Equal(("/controlType", "unsupported"), (fault.GetProperty("pointer").GetString(), fault.GetProperty("code").GetString()));
        Assert.Contains("names FreqWatt, VoltVar.", fault.GetProperty("message").GetString(), StringComparison.Ordinal);
        var raw = await PostAsync(platform, "/api/v1/stations/CS-1/calls", $$"""{"action":"SetDERControl","payload":{{JsonSerializer.Serialize(Wire(DerControlType.WattVar, "c"), SetDERControlRequest.TypeInfo)}}}""");
        Assert.Contains("names FreqWatt, VoltVar.", await raw.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        var site = (await platform.GetAsync("/api/v1/stations/CS-1")).GetProperty("siteId").GetString()!;
        var all = await PostAsync(platform, $"/api/v1/sites/{site}/der", JsonSerializer.Serialize(Wire(DerControlType.WattVar, "c"), SetDERControlRequest.TypeInfo));
        Assert.Contains("names FreqWatt, VoltVar.", await all.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        back.Abort();
        await using var again = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel, inverter.Answer);
        inverter.Serve(again);
        await GiveAsync(platform, Wire(DerControlType.VoltVar, "fits"));
        var view = await platform.UntilAsync("/api/v1/stations/CS-1/der", v => Item(v, "fits").GetProperty("verified").ValueKind == JsonValueKind.True && Item(v, "early").GetProperty("state").GetString() == "notSupported");
        Assert.Contains("names FreqWatt, VoltVar.", Item(view, "early").GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(again.Heard, h => h.Action == "SetDERControl" && h.Payload.GetProperty("controlId").GetString() == "early");
    }

    [Fact]
    [Covers("2.1 NotifyDERAlarm", "2.1 NotifyDERStartStop")]
    public async Task Alarms_of_every_fault_and_starts_and_stops_are_noted()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        var inverter = new DerStation();
        await using var station = await JoinedAsync(server, platform, inverter);
        await GiveAsync(platform, Wire(DerControlType.FixedVar, "c"));
        var faults = Enum.GetNames<GridEventFault>();
        Assert.Equal(11, faults.Length);
        for (var i = 0; i < faults.Length; i++)
        {
            var alarm = $$"""{"controlType":"VoltVar","gridEventFault":"{{faults[i]}}","timestamp":"{{Now(server, i)}}","extraInfo":"n{{i}}"}""";
            await inverter.CallAsync(station, "NotifyDERAlarm", alarm);
            await inverter.CallAsync(station, "NotifyDERAlarm", alarm); // told again
        }

        await inverter.CallAsync(station, "NotifyDERAlarm", $$"""{"controlType":"VoltVar","gridEventFault":"OverVoltage","alarmEnded":true,"timestamp":"{{Now(server, 60)}}"}""");
        var told = (await platform.GetAsync("/api/v1/stations/CS-1/der")).GetProperty("alarms").EnumerateArray().ToList();
        Assert.Equal(faults.Order(), told.Where(a => !a.GetProperty("ended").GetBoolean()).Select(a => a.GetProperty("fault").GetString()!).Order());
        Assert.Single(told, a => a.GetProperty("ended").GetBoolean());
        await inverter.CallAsync(station, "NotifyDERStartStop", $$"""{"controlId":"c","started":true,"timestamp":"{{Now(server)}}"}""");
        await inverter.CallAsync(station, "NotifyDERStartStop", $$"""{"controlId":"other","started":true,"timestamp":"{{Now(server)}}","supersededIds":["c"]}""");
        await inverter.CallAsync(station, "NotifyDERStartStop", $$"""{"controlId":"c","started":false,"timestamp":"{{Now(server)}}"}""");
        var one = Item(await platform.GetAsync("/api/v1/stations/CS-1/der"), "c");
        Assert.All(new[] { "startedAt", "endedAt", "supersededAt" }, member => Assert.Equal(JsonValueKind.String, one.GetProperty(member).ValueKind));
    }

    [Fact]
    public async Task A_control_for_a_site_goes_to_the_stations_that_can_and_names_those_that_cannot()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        var inverter = new DerStation();
        await using var station = await JoinedAsync(server, platform, inverter);
        await using var older = await RawStation.ConnectAsync(server.Address, "CS-2", "ocpp1.6", Cancel);
        await older.CallAsync("BootNotification", """{"chargePointModel":"M","chargePointVendor":"V"}""", Cancel);
        var site = (await platform.GetAsync("/api/v1/stations/CS-1")).GetProperty("siteId").GetString()!;
        await platform.AdmitAsync("CS-2", site);
        var answer = await PostAsync(platform, $"/api/v1/sites/{site}/der", JsonSerializer.Serialize(Wire(DerControlType.VoltVar, "c"), SetDERControlRequest.TypeInfo));
        var items = Platform.Items(await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel));
        Assert.Equal([("CS-1", null), ("CS-2", "Station CS-2 speaks ocpp1.6; DER controls need ocpp2.1.")], items.Select(i => (i.GetProperty("stationId").GetString(), i.GetProperty("reason").GetString())));
        await Platform.UntilAsync(() => inverter.Controls.ContainsKey("c"), "the control");
    }

    [Fact]
    [Covers("2.1 SetDERControl", "2.1 ClearDERControl")]
    public async Task A_discharge_limit_binds_the_setpoint_with_its_name_also_after_a_restart_until_it_is_withdrawn()
    {
        var inverter = new DerStation();
        await using (var server = await ServerHere.StartAsync(data, 10, Cancel))
        {
            using var platform = new Platform(server.Address);
            await platform.RegisterAsync("EV-1", "T-1");
            await using var station = await JoinedAsync(server, platform, inverter);
            await inverter.CallAsync(station, "TransactionEvent", TransactionTests.Event("Started", "tx", 0, Now(server), 1000, "T-1", 0, 60));
            var limit = DerTranslation.ToWire(new DerControl("cap", DerControlType.LimitMaxDischarge, true, 0, null, null, new DerLimitMaxDischarge(20, null)));
            await GiveAsync(platform, limit);
            await platform.UntilAsync("/api/v1/vehicles/EV-1", v => Allowed(v, "der") is { } most && Allowed(v, "pile") is { } pile && pile > 0 && Math.Abs(most - (0.2 * pile)) < 1e-6);
        }

        await using var again = await ServerHere.StartAsync(data, 10, Cancel);
        using var after = new Platform(again.Address);
        await after.UntilAsync("/api/v1/vehicles/EV-1", v => Allowed(v, "der") is not null);
        await using var back = await RawStation.ConnectAsync(again.Address, "CS-1", "ocpp2.1", Cancel, inverter.Answer);
        inverter.Serve(back);
        Assert.Equal(HttpStatusCode.NoContent, (await after.Client.DeleteAsync(new Uri("/api/v1/stations/CS-1/der/cap", UriKind.Relative), Cancel)).StatusCode);
        await after.UntilAsync("/api/v1/vehicles/EV-1", v => Allowed(v, "pile") is not null && Allowed(v, "der") is null);

    }

    [Fact]
    [Covers("2.1 SetDERControl", "2.1 ClearDERControl")]
    public async Task A_control_of_a_raw_call_binds_the_setpoint_until_a_raw_call_clears_it()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        var inverter = new DerStation();
        await using var station = await JoinedAsync(server, platform, inverter);
        await inverter.CallAsync(station, "TransactionEvent", TransactionTests.Event("Started", "tx", 0, Now(server), 1000, "T-1", 0, 60));
        await platform.UntilAsync("/api/v1/vehicles/EV-1", v => Allowed(v, "pile") is > 0 && Allowed(v, "der") is null);
        inverter.Says = """{"status":"Rejected"}""";
        await platform.CallAsync("CS-1", "SetDERControl", Cap("no", 20));
        Assert.Empty(Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/der"))); // what the station refuses does not bind
        inverter.Says = """{"status":"Accepted"}""";
        await platform.CallAsync("CS-1", "SetDERControl", Cap("raw", 20));
        await platform.UntilAsync("/api/v1/vehicles/EV-1", v => Bound(v, 0.2));
        await platform.UntilAsync("/api/v1/stations/CS-1/der", v => Item(v, "raw").GetProperty("verified").ValueKind == JsonValueKind.True);
        await platform.CallAsync("CS-1", "ClearDERControl", """{"isDefault":true,"controlId":"raw"}""");
        await platform.UntilAsync("/api/v1/vehicles/EV-1", v => Allowed(v, "pile") is not null && Allowed(v, "der") is null);
        Assert.Empty(Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/der")));
    }

    [Fact]
    [Covers("2.1 ReportDERControl", "2.1 NotifyDERStartStop", "2.1 GetDERControl", "2.1 ClearDERControl")]
    public async Task A_control_that_only_the_station_tells_of_binds_the_setpoint_until_it_is_gone()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        var inverter = new DerStation();
        await using var station = await JoinedAsync(server, platform, inverter);
        await inverter.CallAsync(station, "TransactionEvent", TransactionTests.Event("Started", "tx", 0, Now(server), 1000, "T-1", 0, 60));
        inverter.Controls["local"] = JsonDocument.Parse(Cap("local", 30)).RootElement; // somebody set it at the station itself
        await inverter.CallAsync(station, "NotifyDERStartStop", $$"""{"controlId":"local","started":true,"timestamp":"{{Now(server)}}"}""");
        await platform.UntilAsync("/api/v1/vehicles/EV-1", v => Bound(v, 0.3)); // it was asked for
        Assert.True(Item(await platform.GetAsync("/api/v1/stations/CS-1/der"), "local").GetProperty("foreign").GetBoolean());
        await inverter.CallAsync(station, "ReportDERControl", """{"requestId":900,"limitMaxDischarge":[{"id":"told","isDefault":true,"isSuperseded":false,"limitMaxDischarge":{"priority":0,"pctMaxDischargePower":10}},{"id":"idle","isDefault":true,"isSuperseded":true,"limitMaxDischarge":{"priority":9,"pctMaxDischargePower":0}}]}""");
        await platform.UntilAsync("/api/v1/vehicles/EV-1", v => Bound(v, 0.1));
        await inverter.CallAsync(station, "NotifyDERStartStop", $$"""{"controlId":"told","started":false,"timestamp":"{{Now(server)}}"}""");
        await platform.UntilAsync("/api/v1/vehicles/EV-1", v => Bound(v, 0.3));
        Assert.DoesNotContain(station.Heard, h => h.Action == "SetDERControl"); // never set again
        Assert.Equal(HttpStatusCode.NoContent, (await platform.Client.DeleteAsync(new Uri("/api/v1/stations/CS-1/der/local", UriKind.Relative), Cancel)).StatusCode);
        await platform.UntilAsync("/api/v1/vehicles/EV-1", v => Allowed(v, "pile") is not null && Allowed(v, "der") is null);
        Assert.Empty(inverter.Controls); // it was cleared
    }

    private static string Cap(string id, int percent) => $$$"""{"isDefault":true,"controlId":"{{{id}}}","controlType":"LimitMaxDischarge","limitMaxDischarge":{"priority":0,"pctMaxDischargePower":{{{percent}}}}}""";

    private static bool Bound(JsonElement vehicle, double share) => Allowed(vehicle, "der") is { } most && Allowed(vehicle, "pile") is > 0 and { } pile && Math.Abs(most - (share * pile)) < 1e-6;

    private static double? Allowed(JsonElement vehicle, string source) => vehicle.GetProperty("explanation") is { ValueKind: JsonValueKind.Object } why
        && why.GetProperty("limits").EnumerateArray().FirstOrDefault(l => l.GetProperty("source").GetString() == source) is { ValueKind: JsonValueKind.Object } bar ? bar.GetProperty("exportMaxKw").GetDouble() : null;

    public void Dispose() => Directory.Delete(data, recursive: true);

    private static async Task<RawStation> JoinedAsync(ServerHere server, Platform platform, DerStation inverter, Func<System.Text.Json.Nodes.JsonObject, System.Text.Json.Nodes.JsonObject>? changed = null)
    {
        var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel, inverter.Answer);
        await TransactionTests.JoinAsync(platform, station, "CS-1");
        inverter.Serve(station, changed);
        return station;
    }

    private static async Task GiveAsync(Platform platform, SetDERControlRequest control)
    {
        var answer = await PostAsync(platform, "/api/v1/stations/CS-1/der", JsonSerializer.Serialize(control, SetDERControlRequest.TypeInfo));
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(Cancel));
    }

    private static async Task<List<(string Pointer, string Code)>> FaultsAsync(Platform platform, string body)
    {
        var answer = await PostAsync(platform, "/api/v1/stations/CS-1/der", body);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        return [.. (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("errors").EnumerateArray().Select(e => (e.GetProperty("pointer").GetString()!, e.GetProperty("code").GetString()!))];
    }

    private static async Task<HttpResponseMessage> PostAsync(Platform platform, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await platform.Client.PostAsync(new Uri(path, UriKind.Relative), content, Cancel);
    }

    private static SetDERControlRequest Wire(DerControlType type, string id) => DerTranslation.ToWire(UnitTests.Core.Der.Controls.Default(type, id));

    private static SetDERControlRequest Scheduled(ServerHere server, string id, int priority) => DerTranslation.ToWire(
        UnitTests.Core.Der.Controls.Default(DerControlType.VoltVar, id, priority) with { IsDefault = false, Start = Instant.FromDateTimeOffset(server.Clock.GetUtcNow().AddHours(2)), Duration = Duration.FromHours(1) });

    private static string Now(ServerHere server, int plusSeconds = 0) => server.Clock.GetUtcNow().AddSeconds(plusSeconds).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static JsonElement Item(JsonElement view, string id) => Platform.Items(view).Single(c => c.GetProperty("controlId").GetString() == id);
}
