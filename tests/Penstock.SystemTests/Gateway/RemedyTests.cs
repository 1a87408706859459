using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Ocpp.Rpc;
using Penstock.Simulator.Cities;
using Penstock.Simulator.Physics;
using Penstock.Simulator.Stations;

namespace Penstock.SystemTests.Gateway;

/// <summary>Stations that accept everything and do something else.</summary>
public sealed class RemedyTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-remedies-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_simulated_station_that_accepts_everything_and_does_nothing_is_found_and_what_was_tried_is_seen()
    {
        await using var server = await ServerHere.StartAsync(data, speed: 30, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        var id = new EvseId(new StationId("LIAR"), 1);
        var model = new CityStation(id.Station, OcppVersion.V21, "V", "M", [new EvseLayout(id, "pile", Power.FromKilowatts(7), Power.FromKilowatts(7), DischargeMethod.CentralSetpoint)]);
        var station = new SimulatedStation(model, new Uri(server.Address + "/"), server.Clock, new StationWork(), meterSeconds: 10, seed: 1, new StationFaults { Disobeys = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var running = station.RunAsync(stop.Token);
        var site = (await platform.AdmitAsync("LIAR")).GetProperty("siteId").GetString();
        await station.Booted.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancel);
        station.PlugIn(Visiting(server, id), new SimulatedBattery(Car, 0.5));
        await platform.LeavesAsync("EV-1", server.Clock.GetUtcNow().AddHours(20));
        var order = new { name = "Peak", siteId = site, targetKw = -5, start = server.Clock.GetUtcNow().AddSeconds(20), end = server.Clock.GetUtcNow().AddHours(1), subsidyPerKwh = "4.00" };
        (await platform.Client.PostAsJsonAsync("/api/v1/events", order, Cancel)).EnsureSuccessStatusCode();
        var evse = default(JsonElement);
        for (var i = 0; i < 300; i++)
        {
            station.Advance();
            await Task.Delay(100, Cancel); // 3 s of the platform
            evse = (await platform.GetAsync("/api/v1/stations/LIAR")).GetProperty("evses")[0];
            if (!evse.GetProperty("following").GetBoolean() && Tried(evse).Contains("stationMaximum")) break;
        }

        Assert.False(evse.GetProperty("following").GetBoolean());
        Assert.Equal(["resend", "otherPurpose", "stationMaximum"], Tried(evse).Distinct());
        Assert.Equal("chargesTooMuch", evse.GetProperty("deviation").GetProperty("deviation").GetString());
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [Theory]
    [InlineData("ocpp2.1")]
    [InlineData("ocpp2.0.1")]
    [Covers("2.1 RequestStopTransaction", "2.0.1 RequestStopTransaction", "2.1 SetChargingProfile", "2.0.1 SetChargingProfile")]
    public async Task Discharge_against_orders_is_sent_again_under_both_purposes_and_then_stopped(string protocol)
    {
        await using var server = await ServerHere.StartAsync(data, speed: 20, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", protocol, Cancel, (action, payload) => action == "RequestStopTransaction" ? """{"status":"Accepted"}""" : RawStation.Obedient(action, payload));
        await TransactionTests.JoinAsync(platform, station, "CS-1");
        await station.CallAsync("TransactionEvent", TransactionTests.Event("Started", "tx", 0, Now(server), 1000, "T-1", 0, 60), Cancel);
        for (var i = 1; i < 120 && station.Heard.All(h => h.Action != "RequestStopTransaction"); i++)
        {
            await station.CallAsync("TransactionEvent", TransactionTests.Event("Updated", "tx", i, Now(server), 1000, null, -6500, 60), Cancel);
            await Task.Delay(250, Cancel); // 5 s of the platform
        }

        var stop = Assert.Single(station.Heard, h => h.Action == "RequestStopTransaction");
        Assert.Equal("tx", stop.Payload.GetProperty("transactionId").GetString());
        var before = station.Heard.TakeWhile(h => h.Action != "RequestStopTransaction").Where(h => h.Action == "SetChargingProfile").Select(h => h.Payload.GetProperty("chargingProfile")).ToList();
        Assert.Contains(before, p => p.GetProperty("chargingProfilePurpose").GetString() == "TxDefaultProfile" && p.GetProperty("id").GetInt32() == 2001);
        var deviation = stop.Payload;
        for (var i = 200; i < 240 && deviation.ValueKind != JsonValueKind.Null; i++) // a value that was taken before the last setpoint was accepted says nothing
        {
            await station.CallAsync("TransactionEvent", TransactionTests.Event("Updated", "tx", i, Now(server), 1000, null, 0, 60), Cancel);
            await Task.Delay(250, Cancel);
            deviation = (await platform.GetAsync("/api/v1/stations/CS-1")).GetProperty("evses")[0].GetProperty("deviation");
        }

        Assert.Equal(JsonValueKind.Null, deviation.ValueKind); // it obeys: all is forgotten
    }

    [Fact]
    public async Task Values_that_cannot_be_are_counted_by_reason_and_the_skew_of_a_clock_is_shown()
    {
        await using var server = await ServerHere.StartAsync(data, speed: 60, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await TransactionTests.JoinAsync(platform, station, "CS-1");
        await station.CallAsync("TransactionEvent", TransactionTests.Event("Started", "tx", 0, Now(server, -90), 1000, "T-1", 7000, 60), Cancel);
        for (var i = 1; i < 12; i++)
        {
            await Task.Delay(600, Cancel); // 36 s of the platform; its clock is 90 s behind
            await station.CallAsync("TransactionEvent", TransactionTests.Event("Updated", "tx", i, Now(server, -90), 1000 + (70 * i), null, i == 5 ? 70_000 : 7000, i == 6 ? 1 : 60), Cancel);
        }

        var capability = await platform.UntilAsync("/api/v1/stations/CS-1/capability", c => c.GetProperty("clockCorrectedSeconds").GetDouble() < -60);
        Assert.InRange(capability.GetProperty("clockSkewSeconds").GetDouble(), -100, -88);
        var refused = capability.GetProperty("refused").GetProperty("CS-1/1");
        Assert.Equal((1, 1), (refused.GetProperty("powerBeyondRating").GetInt32(), refused.GetProperty("stateOfChargeNoise").GetInt32()));
        var evse = (await platform.GetAsync("/api/v1/stations/CS-1")).GetProperty("evses")[0];
        Assert.Equal((7, 60), (evse.GetProperty("powerKw").GetDouble(), evse.GetProperty("socPercent").GetDouble()));
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    private static Vehicle Car { get; } = new(new VehicleId("EV-1"), new OwnerId("O-1"), null, Energy.FromKilowattHours(60), Power.FromKilowatts(7), Power.FromKilowatts(7), 0.95, 0.95, 0.25m);

    private static Visit Visiting(ServerHere server, EvseId evse)
    {
        var now = Instant.FromDateTimeOffset(server.Clock.GetUtcNow());
        var terms = new StandingTerms(StateOfCharge.FromFraction(0.3), StateOfCharge.FromFraction(0.8), null, true);
        return new Visit(new CityVehicle(Car, "T-1", terms), evse, now, now + Duration.FromHours(20), 0.5);
    }

    private static IEnumerable<string> Tried(JsonElement evse) =>
        evse.GetProperty("deviation") is { ValueKind: JsonValueKind.Object } d ? d.GetProperty("tried").EnumerateArray().Select(t => t.GetProperty("remedy").GetString()!) : [];

    private static string Now(ServerHere server, double plusSeconds = 0) => server.Clock.GetUtcNow().AddSeconds(plusSeconds).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
