using System.Net.Http.Json;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Foreign;

/// <summary>A station of OCPP 2.1 on the npm package ocpp-ws-io, whose schemas are strict in both directions, gives power back to the grid by our setpoints and is paid for it.</summary>
public sealed class ForeignV2xTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-foreign-v2x-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    [Covers("2.1 NotifyEVChargingNeeds", "2.1 SetChargingProfile", "2.1 UpdateDynamicSchedule", "2.1 TransactionEvent", "2.1 BootNotification", "2.1 StatusNotification", "2.1 Authorize")]
    public async Task It_tells_its_needs_follows_a_central_setpoint_into_discharge_and_gets_a_statement()
    {
        const int speed = 60;
        await using var server = await ServerHere.StartAsync(data, speed, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "TOKEN-1");
        await using var station = await ForeignStation.StartAsync("v2x.mjs", "ocpp-ws-io", server.Address + "/ocpp", "V2X-1", "TOKEN-1", $"{speed}", "700");
        var site = (await platform.AdmitAsync("V2X-1", null, s => s.GetProperty("evsesReported").GetArrayLength() == 1)).GetProperty("siteId").GetString();
        await station.UntilAsync("needs");
        await platform.LeavesAsync("EV-1", server.Clock.GetUtcNow().AddHours(10));
        await station.UntilAsync("request", "SetChargingProfile");
        var order = new { name = "Peak", siteId = site, targetKw = -7, start = server.Clock.GetUtcNow().AddMinutes(3), end = server.Clock.GetUtcNow().AddHours(2), subsidyPerKwh = "4.00" };
        (await platform.Client.PostAsJsonAsync("/api/v1/events", order, Cancel)).EnsureSuccessStatusCode();
        var done = await station.EndAsync("2.1");
        var profiles = done.GetProperty("profiles").EnumerateArray().Select(p => $"{p.GetProperty("purpose").GetString()} {p.GetProperty("kind").GetString()} {p.GetProperty("mode").GetString()}").ToList();
        Assert.Contains("TxProfile Dynamic CentralSetpoint", profiles);
        Assert.Contains(profiles, p => p.StartsWith("TxDefaultProfile ", StringComparison.Ordinal)); // what it falls back to when we are silent
        Assert.True(done.GetProperty("updates").GetInt32() > 0, "no dynamic schedule was updated");
        var statement = await platform.StatementAsync($"V2X-1:{done.GetProperty("transactionId").GetString()}");
        Assert.Equal("EV-1", statement.GetProperty("vehicleId").GetString());
        Assert.Equal(done.GetProperty("exportedWh").GetDouble() / 1000, statement.GetProperty("energyExportedKwh").GetDouble(), 2);
        Assert.Equal(done.GetProperty("importedWh").GetDouble() / 1000, statement.GetProperty("energyImportedKwh").GetDouble(), 2);
        Assert.True(statement.GetProperty("energyExportedKwh").GetDouble() >= 0.7);
        Assert.Contains(statement.GetProperty("lines").EnumerateArray(), l => l.GetProperty("kind").GetString() == "exportCredit");
        await ForeignStation.CheckLogAsync(platform, "V2X-1", "2.1");
    }

    public void Dispose() => Directory.Delete(data, recursive: true);
}
