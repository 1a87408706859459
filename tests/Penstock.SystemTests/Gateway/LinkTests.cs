using System.Globalization;
using System.Text.Json;

namespace Penstock.SystemTests.Gateway;

/// <summary>Links that break and stations that do not do what they accepted.</summary>
public sealed class LinkTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-links-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_newer_of_two_sockets_gets_the_commands_and_the_end_of_the_older_one_does_not_touch_it()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var older = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await TransactionTests.JoinAsync(platform, older, "CS-1");
        await using var newer = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await older.UntilClosedAsync();
        await newer.CallAsync("TransactionEvent", TransactionTests.Event("Started", "1", 0, Platform.Now(), 1000, "T-1", 0, 50), Cancel);
        await Platform.UntilAsync(() => newer.Heard.Any(h => h.Action == "SetChargingProfile"), "a profile on the newer socket");
        Assert.True((await platform.GetAsync("/api/v1/stations/CS-1")).GetProperty("online").GetBoolean());
        Assert.Equal(1, (await platform.GetAsync("/api/v1/overview")).GetProperty("stations").GetProperty("online").GetInt32());
    }

    [Fact]
    public async Task Many_sockets_of_one_station_at_once_leave_one_that_works()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        var stations = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => TryConnectAsync(server)));
        await using var last = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await TransactionTests.JoinAsync(platform, last, "CS-1");
        foreach (var station in stations.OfType<RawStation>()) await station.DisposeAsync();
        Assert.StartsWith("""[3,"h",""", await last.AskAsync("""[2,"h","Heartbeat",{}]""", Cancel));
        await platform.UntilAsync("/api/v1/overview", o => o.GetProperty("stations").GetProperty("online").GetInt32() == 1);
    }

    [Theory]
    [InlineData("ocpp2.1")]
    [InlineData("ocpp2.0.1")]
    public async Task A_command_that_the_link_cut_off_is_said_again_after_the_station_is_back(string protocol)
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using (var station = await RawStation.ConnectAsync(server.Address, "CS-1", protocol, Cancel, (action, _) => action == "SetChargingProfile" ? null : RawStation.Obedient(action, default)))
        {
            await TransactionTests.JoinAsync(platform, station, "CS-1");
            await station.CallAsync("TransactionEvent", TransactionTests.Event("Started", "1", 0, Platform.Now(), 1000, "T-1", 0, 50), Cancel);
            await Platform.UntilAsync(() => station.Heard.Any(h => h.Action == "SetChargingProfile"), "a command that is not answered");
            station.Abort();
        }

        await platform.UntilAsync("/api/v1/stations/CS-1", s => !s.GetProperty("online").GetBoolean());
        Assert.True(await FollowsAsync(platform), "a lost link is no disobedience");
        await using (var back = await RawStation.ConnectAsync(server.Address, "CS-1", protocol, Cancel))
        {
            await Platform.UntilAsync(() => back.Heard.Any(h => h.Action == "SetChargingProfile"), "the command again");
            back.Abort();
        }

        // What was accepted on the link before may be lost with a reset: it is said again, long before its repetition is due.
        await using var again = await RawStation.ConnectAsync(server.Address, "CS-1", protocol, Cancel);
        await Platform.UntilAsync(() => again.Heard.Any(h => h.Action == "SetChargingProfile"), "the command once more");
    }

    [Fact]
    public async Task A_station_that_accepts_and_does_not_obey_is_marked_and_its_share_goes_to_the_other()
    {
        await using var server = await ServerHere.StartAsync(data, speed: 30, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await platform.RegisterAsync("EV-2", "T-2");
        await using var liar = await RawStation.ConnectAsync(server.Address, "LIAR", "ocpp2.1", Cancel);
        await using var good = await RawStation.ConnectAsync(server.Address, "GOOD", "ocpp2.1", Cancel);
        await liar.CallAsync("BootNotification", Boot, Cancel);
        await good.CallAsync("BootNotification", Boot, Cancel);
        var site = (await platform.AdmitAsync("LIAR")).GetProperty("siteId").GetString()!;
        await platform.AdmitAsync("GOOD", site);
        await liar.CallAsync("TransactionEvent", TransactionTests.Event("Started", "1", 0, Now(server), 1000, "T-1", 0, 75), Cancel);
        await good.CallAsync("TransactionEvent", TransactionTests.Event("Started", "1", 0, Now(server), 1000, "T-2", 0, 75), Cancel);
        foreach (var vehicle in new[] { "EV-1", "EV-2" }) await platform.LeavesAsync(vehicle, server.Clock.GetUtcNow().AddHours(10));
        var body = new { name = "Peak", siteId = site, targetKw = -7, start = server.Clock.GetUtcNow().AddSeconds(20), end = server.Clock.GetUtcNow().AddHours(1), subsidyPerKwh = "4.00" };
        (await platform.Client.PostAsync(new Uri("/api/v1/events", UriKind.Relative), System.Net.Http.Json.JsonContent.Create(body), Cancel)).EnsureSuccessStatusCode();
        for (var i = 1; await FollowsAsync(platform, "LIAR") && i < 60; i++)
        {
            // The order varies a little all the time, so the station accepts all the time; it stays at zero.
            await liar.CallAsync("TransactionEvent", TransactionTests.Event("Updated", "1", i, Now(server), 1000, null, 0, 75), Cancel);
            await good.CallAsync("TransactionEvent", TransactionTests.Event("Updated", "1", i, Now(server), 1000, null, (int)Math.Round(Setpoint(await platform.GetAsync("/api/v1/stations/GOOD")) * 1000), 75), Cancel);
            await Task.Delay(500, Cancel); // 15 s of the platform
        }

        Assert.False(await FollowsAsync(platform, "LIAR"));
        await platform.UntilAsync("/api/v1/stations/GOOD", s => Setpoint(s) < -6.5);
        Assert.Contains(Platform.Notices(await platform.GetAsync("/api/v1/overview")), code => code == "notFollowing");
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    private const string Boot = """{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}""";

    private static string Now(ServerHere server) => server.Clock.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    /// <summary>Null where a newer socket was there before this one knew that it was in.</summary>
    private static async Task<RawStation?> TryConnectAsync(ServerProcess server)
    {
        try
        {
            return await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        }
        catch (System.Net.WebSockets.WebSocketException)
        {
            return null;
        }
    }

    private static double Setpoint(JsonElement station) => station.GetProperty("evses")[0].GetProperty("setpointKw") is { ValueKind: JsonValueKind.Number } kw ? kw.GetDouble() : 0;

    private static async Task<bool> FollowsAsync(Platform platform, string station = "CS-1") =>
        (await platform.GetAsync($"/api/v1/stations/{station}")).GetProperty("evses")[0].GetProperty("following").GetBoolean();
}
