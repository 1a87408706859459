using System.Text.Json;
using Penstock.Cli.Station;
using Penstock.Ocpp.Rpc;
using Penstock.SystemTests.Security;

namespace Penstock.SystemTests.Simulator;

/// <summary>penstock station --ca --cert --key against our server: security profiles 2 and 3.</summary>
public sealed class StationOverTlsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("penstock-station-tls-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(OcppVersion.V16, 2)]
    [InlineData(OcppVersion.V201, 3)]
    [InlineData(OcppVersion.V21, 2)]
    [InlineData(OcppVersion.V21, 3)]
    public async Task A_station_is_accepted_over_TLS_with_its_password_or_its_certificate(OcppVersion version, int profile)
    {
        await using var server = await SecureServer.StartAsync(folder);
        var request = await RequestAsync(server, version, profile, seconds: 10);
        var output = new StringWriter();
        var running = StationRun.RunAsync(request, output, Cancel);
        await server.Platform.AdmitAsync("S-1");
        Assert.True(await running == 0, output.ToString());
        Assert.Contains("1 of 1 stations accepted, 1 online", output.ToString(), StringComparison.Ordinal);
        var security = await server.SecurityAsync("S-1");
        Assert.Equal(profile, security.GetProperty("cameWithProfile").GetInt32());
        Assert.Equal(profile == 3 ? ["inUse"] : [], security.GetProperty("certificates").EnumerateArray().Select(c => c.GetProperty("state").GetString()!));
    }

    [Fact]
    public async Task A_station_without_the_right_proof_stays_out_and_the_run_says_so()
    {
        using var stranger = new TestAuthority("Stranger");
        await using var server = await SecureServer.StartAsync(folder);
        var good = await RequestAsync(server, OcppVersion.V21, 3, seconds: 3);
        using var foreign = stranger.Station("CN=S-1");
        var forged = TestAuthority.Write(folder, "forged.pem", foreign);
        foreach (var (bad, told) in new[] { (good with { Cert = null, Key = null }, "SecurityProfileDowngrade"), (good with { Cert = forged, Key = forged }, "InvalidStationCertificate"), (good with { Ca = stranger.WriteRoot(folder, "stranger.pem") }, null) })
        {
            var output = new StringWriter();
            var before = Events(await server.SecurityAsync("S-1")).Count;
            Assert.Equal(1, await StationRun.RunAsync(bad, output, Cancel));
            Assert.Contains("0 of 1 stations accepted", output.ToString(), StringComparison.Ordinal);
            var heard = Events(await server.SecurityAsync("S-1"));
            if (told is null) Assert.Equal(before, heard.Count); // it never showed itself to a server that it does not trust
            else Assert.Contains(told, heard);
        }
    }

    [Fact]
    public async Task A_certificate_file_that_is_none_is_exit_code_3()
    {
        var file = Path.Combine(folder, "none.pem");
        await File.WriteAllTextAsync(file, "half a file", Cancel);
        var request = new StationRequest(new Uri("wss://127.0.0.1:9/ocpp"), 1, OcppVersion.V21, "S-", 1, 22, 22, 0, 60, null, null, null, null, null, 1, 1);
        Assert.Equal(3, await StationRun.RunAsync(request with { Ca = file }, TextWriter.Null, Cancel));
        Assert.Equal(3, await StationRun.RunAsync(request with { Cert = file, Key = file }, TextWriter.Null, Cancel));
        Assert.Equal(3, await StationRun.RunAsync(request with { Ca = Path.Combine(folder, "absent.pem") }, TextWriter.Null, Cancel));
    }

    /// <summary>What a user writes on the command line for station S-1, which the server knows at that profile.</summary>
    private async Task<StationRequest> RequestAsync(SecureServer server, OcppVersion version, int profile, int seconds)
    {
        var password = await server.KnowAsync("S-1", profile);
        using var own = server.Authority.Station("CN=S-1");
        var cert = profile == 3 ? TestAuthority.Write(folder, "s-1.pem", own) : null;
        return new StationRequest(new Uri(server.Tls + "/ocpp"), 1, version, "S-", 1, 22, 22, 0, 60, password, Path.Combine(folder, "stations.pem"), cert, cert, null, 1, seconds);
    }

    private static List<string> Events(JsonElement security) => [.. security.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("type").GetString()!)];
}
