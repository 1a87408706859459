using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using NJsonSchema;
using Penstock.SystemTests.Gateway;
using Penstock.UnitTests.Ocpp;

namespace Penstock.SystemTests.Foreign;

/// <summary>Stations that are not ours, written with the npm package ocpp-rpc, run a whole session; all that they hear is held against the official schemas.</summary>
public sealed class ForeignStationTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-foreign-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.6")]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    [Covers("1.6 Heartbeat", "1.6 StartTransaction", "1.6 StopTransaction", "1.6 MeterValues", "2.0.1 Heartbeat", "2.0.1 StatusNotification", "2.0.1 TransactionEvent", "2.1 Heartbeat", "2.1 StatusNotification", "2.1 TransactionEvent", "2.0.1 SetChargingProfile")]
    public async Task It_waits_is_let_in_charges_by_our_profile_and_is_settled(string version)
    {
        var folder = await InstalledAsync();
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var client = new HttpClient { BaseAddress = new Uri(server.Address.Replace("ws:", "http:", StringComparison.Ordinal)) };
        (await client.PutAsJsonAsync("/api/v1/vehicles/EV-1", new { ownerId = "O-1", token = "TOKEN-1", batteryKwh = 60, chargeMaxKw = 7, dischargeMaxKw = 7, floorPercent = 30, targetPercent = 80, readyBy = "07:30", dischargeAllowed = true }, Cancel)).EnsureSuccessStatusCode();
        using var station = Process.Start(new ProcessStartInfo("node", ["station.mjs", server.Address + "/ocpp", "FOREIGN-1", version, "TOKEN-1"]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var heard = station.StandardOutput.ReadToEndAsync(Cancel);
        var errors = station.StandardError.ReadToEndAsync(Cancel);
        await UntilAsync(client, "/api/v1/waiting-stations", items => items.EnumerateArray().Any(s => s.GetProperty("evsesReported").GetArrayLength() == 1));
        (await client.PostAsJsonAsync("/api/v1/waiting-stations/FOREIGN-1/accept", new { siteName = "Foreign" }, Cancel)).EnsureSuccessStatusCode();
        await station.WaitForExitAsync(Cancel);
        var lines = (await heard).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.True(station.ExitCode == 0, await errors);
        Assert.True(lines[^1].GetProperty("profiles").GetInt32() > 0, "no charging profile came");
        var statements = await UntilAsync(client, "/api/v1/statements", items => items.GetArrayLength() == 1);
        Assert.Equal(3, statements[0].GetProperty("energyImportedKwh").GetDouble(), 3);
        Assert.Equal("EV-1", statements[0].GetProperty("vehicleId").GetString());
        await CheckAsync(version, lines);
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    private static async Task CheckAsync(string version, List<JsonElement> lines)
    {
        Schemas.Root(); // skips without the schemas
        foreach (var line in lines.Where(l => l.GetProperty("kind").GetString() is "request" or "response"))
        {
            Assert.Null(await OfficialSchemas.FaultAsync(version, line.GetProperty("action").GetString()!, line.GetProperty("kind").GetString() == "request", line.GetProperty("payload").GetRawText()));
        }
    }

    private static async Task<JsonElement> UntilAsync(HttpClient client, string path, Func<JsonElement, bool> met)
    {
        for (var i = 0; i < 120; i++)
        {
            var items = (await client.GetFromJsonAsync<JsonElement>(path, Cancel)).GetProperty("items");
            if (met(items)) return items;
            await Task.Delay(250, Cancel);
        }

        throw new InvalidOperationException($"{path} did not come to what was waited for.");
    }

    private static async Task<string> InstalledAsync()
    {
        var folder = Path.Combine(Schemas.Checkout(), "tests", "foreign");
        if (Directory.Exists(Path.Combine(folder, "node_modules", "ocpp-rpc"))) return folder;
        try
        {
            using var install = Process.Start(new ProcessStartInfo("npm", ["ci", "--silent", "--no-progress"]) { WorkingDirectory = folder })!;
            await install.WaitForExitAsync(Cancel);
            Assert.SkipUnless(install.ExitCode == 0, "npm ci in tests/foreign failed: the package ocpp-rpc is not there");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("npm is missing: install Node.js 20");
        }

        return folder;
    }
}
