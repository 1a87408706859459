using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Ocpp.Rpc;
using Penstock.Simulator.Cities;
using Penstock.Simulator.Stations;
using Penstock.SystemTests.Gateway;
using Penstock.SystemTests.Security;

namespace Penstock.SystemTests.Simulator;

/// <summary>Simulated stations are told other passwords, profiles and addresses by our server, and come with them.</summary>
public sealed class StationNetworkTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("penstock-station-network-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(OcppVersion.V16)]
    [InlineData(OcppVersion.V201)]
    [InlineData(OcppVersion.V21)]
    public async Task A_station_comes_back_with_the_password_that_it_was_told_and_the_old_one_is_refused(OcppVersion version)
    {
        await using var server = await SecureServer.StartAsync(folder);
        var old = (await server.KnowAsync("CS-1", 1))!;
        await using var run = await JoinAsync(server, version, old);
        Assert.Equal("rebootRequired", await UpgradeAsync(server, new { securityProfile = 1, newPassword = true }));
        if (version != OcppVersion.V16) await server.Platform.CallAsync("CS-1", "Reset", """{"type":"OnIdle"}"""); // of a station of 1.6 the server asks it itself
        await run.CameAgainAsync();
        Assert.Equal(401, (await server.KnockAsync(server.Plain, "CS-1", old)).Status);
        Assert.Equal(1, await ProfileAsync(server));
    }

    [Theory]
    [InlineData(OcppVersion.V16)]
    [InlineData(OcppVersion.V201)]
    [InlineData(OcppVersion.V21)]
    public async Task A_station_that_is_told_to_use_TLS_comes_over_TLS_and_never_again_without(OcppVersion version)
    {
        await using var server = await SecureServer.StartAsync(folder);
        var old = (await server.KnowAsync("CS-1", 1))!;
        await using var run = await JoinAsync(server, version, old);
        Assert.Equal("rebootRequired", await UpgradeAsync(server, new { securityProfile = 2, newPassword = true, url = server.Tls + "/ocpp" }));
        await run.CameAgainAsync();
        Assert.Equal(2, await ProfileAsync(server));
        Assert.Equal(401, (await server.KnockAsync(server.Tls, "CS-1", old)).Status);
        if (version == OcppVersion.V16) return;
        var downgrade = await server.Platform.CallAsync("CS-1", "SetVariables", Priority("0")); // the factory's slot is ws
        Assert.Contains("below the one in use", downgrade.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_station_comes_with_the_certificate_that_it_had_signed_and_takes_profile_3_only_then()
    {
        await using var server = await SecureServer.StartAsync(folder);
        await using var run = await JoinAsync(server, OcppVersion.V21, (await server.KnowAsync("CS-1", 1))!);
        var early = await server.Platform.Client.PostAsJsonAsync("/api/v1/stations/CS-1/security/upgrade", new { securityProfile = 3, url = server.Tls + "/ocpp" }, Cancel);
        Assert.Contains("Rejected", await early.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        await server.Platform.CallAsync("CS-1", "TriggerMessage", """{"requestedMessage":"SignChargingStationCertificate"}""");
        await server.Platform.UntilAsync("/api/v1/stations/CS-1/security", s => s.GetProperty("certificates") is { } all && all.GetArrayLength() == 1 && all[0].GetProperty("state").GetString() == "installed");
        await UpgradeAsync(server, new { securityProfile = 3, url = server.Tls + "/ocpp" });
        await run.CameAgainAsync();
        Assert.Equal(3, await ProfileAsync(server));
        Assert.Equal("inUse", (await server.SecurityAsync("CS-1")).GetProperty("certificates")[0].GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_station_that_finds_nobody_at_the_new_address_goes_back_to_the_one_that_worked()
    {
        await using var server = await SecureServer.StartAsync(folder);
        await using var run = await JoinAsync(server, OcppVersion.V21, (await server.KnowAsync("CS-1", 1))!);
        const string nobody = """{"configurationSlot":5,"connectionData":{"ocppInterface":"Wired0","ocppTransport":"JSON","messageTimeout":30,"ocppCsmsUrl":"ws://127.0.0.1:9/ocpp","securityProfile":1}}""";
        Assert.Contains("Accepted", (await server.Platform.CallAsync("CS-1", "SetNetworkProfile", nobody)).ToString(), StringComparison.Ordinal);
        Assert.Contains("not set", (await server.Platform.CallAsync("CS-1", "SetVariables", Priority("5,6"))).ToString(), StringComparison.Ordinal);
        Assert.Contains("RebootRequired", (await server.Platform.CallAsync("CS-1", "SetVariables", Priority("5"))).ToString(), StringComparison.Ordinal);
        await server.Platform.CallAsync("CS-1", "Reset", """{"type":"OnIdle"}""");
        await server.Platform.UntilAsync("/api/v1/stations/CS-1", s => !s.GetProperty("online").GetBoolean());
        await run.CameAgainAsync();
    }

    private async Task<Run> JoinAsync(SecureServer server, OcppVersion version, string password)
    {
        var id = new StationId("CS-1");
        ImmutableArray<EvseLayout> evses = [new EvseLayout(new EvseId(id, 1), "poc", Power.FromKilowatts(20), Power.Zero, DischargeMethod.None)];
        var run = new Run(server, new SimulatedStation(new CityStation(id, version, "Penstock", "Sim", evses), new Uri(server.Plain + "/"), TimeProvider.System, new StationWork(), 60, 1)
        {
            Credentials = new StationCredentials(password, server.Authority.Root), SecureAddress = new Uri(server.Tls + "/ocpp"),
        });
        await server.Platform.AdmitAsync("CS-1");
        await run.Station.Booted.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        return run;
    }

    private static async Task<string> UpgradeAsync(SecureServer server, object body)
    {
        var answer = await server.Platform.Client.PostAsJsonAsync("/api/v1/stations/CS-1/security/upgrade", body, Cancel);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Cancel));
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("outcome").GetString()!;
    }

    private static async Task<int> ProfileAsync(SecureServer server) => (await server.SecurityAsync("CS-1")).GetProperty("cameWithProfile").GetInt32();

    private static string Priority(string slots) => $$$"""{"setVariableData":[{"attributeValue":"{{{slots}}}","component":{"name":"OCPPCommCtrlr"},"variable":{"name":"NetworkConfigurationPriority"}}]}""";

    private sealed class Run : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly SecureServer server;
        private readonly Task running;

        internal Run(SecureServer server, SimulatedStation station)
        {
            (this.server, Station) = (server, station);
            running = station.RunAsync(stop.Token);
        }

        internal SimulatedStation Station { get; }

        internal async Task CameAgainAsync()
        {
            await Platform.UntilAsync(() => Station.Links >= 2 && Station.Online, "a second link");
            await server.Platform.UntilAsync("/api/v1/stations/CS-1", s => s.GetProperty("online").GetBoolean());
        }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stop.Dispose();
        }
    }
}
