using System.Text.Json;

namespace Penstock.SystemTests.Gateway;

/// <summary>Stations of 1.6 that never heard the id of their transaction: its start was answered into a broken link.</summary>
public sealed class UnnumberedStopTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-unnumbered-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(data, recursive: true);

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    public async Task A_stop_without_the_id_ends_the_open_session_of_its_token(int id)
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await platform.RegisterAsync("EV-2", "T-2");
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp1.6", Cancel);
        var mine = await StartAsync(station, 1, "T-1", -120, 1000);
        var other = await StartAsync(station, 2, "T-2", -110, 9000);
        var stop = Stop(id, "T-1", -10, 4000);
        await station.CallAsync("StopTransaction", stop, Cancel);
        await station.CallAsync("StopTransaction", stop, Cancel); // told again
        Assert.Equal(3, (await platform.StatementAsync($"CS-1:{mine}")).GetProperty("energyImportedKwh").GetDouble(), 3);
        var sessions = Platform.Items(await platform.GetAsync("/api/v1/sessions"));
        Assert.Equal(2, sessions.Count);
        Assert.Equal("open", sessions.Single(s => s.GetProperty("sessionId").GetString() == $"CS-1:{other}").GetProperty("status").GetString());
        Assert.Empty(await UnmatchedAsync(platform));
    }

    [Theory]
    [InlineData("T-9", -10, 4000)] // another token
    [InlineData("T-1", -300, 4000)] // before the start
    [InlineData("T-1", -10, 500)] // below the register of the start
    public async Task A_stop_that_fits_no_session_ends_none_and_is_kept_for_a_person(string token, int seconds, int register)
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp1.6", Cancel);
        await StartAsync(station, 1, "T-1", -120, 1000);
        await station.CallAsync("StopTransaction", Stop(-1, token, seconds, register), Cancel);
        var kept = Assert.Single(await UnmatchedAsync(platform)).GetProperty("body");
        Assert.Equal((token, register), (kept.GetProperty("idTag").GetString(), kept.GetProperty("meterStop").GetInt32()));
        Assert.Equal("open", Assert.Single(Platform.Items(await platform.GetAsync("/api/v1/sessions"))).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_stop_without_id_and_token_ends_the_only_open_session_and_none_of_two()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp1.6", Cancel);
        await StartAsync(station, 1, "T-1", -120, 1000);
        await StartAsync(station, 2, "T-2", -110, 1000);
        await station.CallAsync("StopTransaction", Stop(-1, null, -20, 4000), Cancel);
        Assert.Single(await UnmatchedAsync(platform));
        await station.CallAsync("StopTransaction", Stop(-1, "T-1", -15, 4000), Cancel);
        await station.CallAsync("StopTransaction", Stop(-1, null, -10, 5000), Cancel);
        Assert.Single(await UnmatchedAsync(platform));
        Assert.DoesNotContain(Platform.Items(await platform.GetAsync("/api/v1/sessions")), s => s.GetProperty("status").GetString() == "open");
    }

    private static async Task<int> StartAsync(RawStation station, int connector, string token, int seconds, int register) =>
        (await station.CallAsync("StartTransaction", $$"""{"connectorId":{{connector}},"idTag":"{{token}}","timestamp":"{{Platform.Now(seconds)}}","meterStart":{{register}}}""", Cancel)).GetProperty("transactionId").GetInt32();

    private static string Stop(int id, string? token, int seconds, int register) =>
        $$"""{"transactionId":{{id}},{{(token is null ? "" : $"\"idTag\":\"{token}\",")}}"timestamp":"{{Platform.Now(seconds)}}","meterStop":{{register}},"reason":"Local"}""";

    private static async Task<List<JsonElement>> UnmatchedAsync(Platform platform) => Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/book/unmatchedStop"));
}
