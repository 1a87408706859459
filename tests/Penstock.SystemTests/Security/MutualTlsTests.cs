using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Security;

/// <summary>Certificates on both ends, good and bad, and sockets that never become one.</summary>
public sealed class MutualTlsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("penstock-tls-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_new_certificate_is_taken_while_the_old_one_is_still_good()
    {
        await using var server = await SecureServer.StartAsync(folder);
        await server.KnowAsync("CS-1", 3);
        using var first = server.Authority.Station("CN=CS-1", until: 20);
        using var second = server.Authority.Station("CN=CS-1", until: 400);
        await using (var station = await server.ConnectAsync(server.Tls, "CS-1", certificate: first)) await station.CallAsync("Heartbeat", "{}", Cancel);
        await using (var station = await server.ConnectAsync(server.Tls, "CS-1", certificate: second)) await station.CallAsync("Heartbeat", "{}", Cancel);
        var kept = Platform.Items(await server.Platform.GetAsync("/api/v1/certificates"));
        Assert.Equal(["replaced", "inUse"], kept.Select(c => c.GetProperty("state").GetString()!));
        Assert.Equal([19, 399], kept.Select(c => c.GetProperty("daysLeft").GetInt32()));
        Assert.Equal(101, (await server.KnockAsync(server.Tls, "CS-1", certificate: first)).Status);
        var now = (await server.SecurityAsync("CS-1")).GetProperty("certificates")[0];
        Assert.Equal(("inUse", true), (now.GetProperty("state").GetString(), now.GetProperty("expiresSoon").GetBoolean()));
    }

    [Fact]
    public async Task A_certificate_that_proves_nothing_is_refused_with_its_fault()
    {
        using var stranger = new TestAuthority("Stranger");
        var list = Path.Combine(folder, "revoked.txt");
        await File.WriteAllTextAsync(list, "# serial or fingerprint\n", Cancel);
        await using var server = await SecureServer.StartAsync(folder, o => o with { RevocationList = list, Organization = "Depot" });
        await server.KnowAsync("CS-1", 3);
        using var good = server.Authority.Station("CN=CS-1,O=Depot");
        using var expired = server.Authority.Station("CN=CS-1,O=Depot", -100, -1);
        using var early = server.Authority.Station("CN=CS-1,O=Depot", 1, 100);
        using var foreign = stranger.Station("CN=CS-1,O=Depot");
        using var named = server.Authority.Station("CN=CS-2,O=Depot");
        using var organized = server.Authority.Station("CN=CS-1,O=Other");
        using var server2 = server.Authority.Server();
        foreach (var (certificate, told) in new[]
        {
            (expired, "The certificate expired at "), (early, "is valid from"), (foreign, "does not lead to a trusted authority"), (named, "names CS-2 (CN and SAN), the station says to be CS-1"), (organized, "organisation (O) is Other; Depot is expected"),
            (server2, "NotValidForUsage"),
        })
        {
            var refused = await server.KnockAsync(server.Tls, "CS-1", certificate: certificate);
            Assert.Equal(403, refused.Status);
            Assert.Contains(told, refused.Text, StringComparison.Ordinal);
        }

        Assert.Equal(403, (await server.KnockAsync(server.Tls, "CS-1")).Status);
    }

    [Fact]
    public async Task A_certificate_on_the_list_of_revoked_ones_is_refused_from_the_next_handshake_on()
    {
        var list = Path.Combine(folder, "revoked.txt");
        await File.WriteAllTextAsync(list, "", Cancel);
        await using var server = await SecureServer.StartAsync(folder, o => o with { RevocationList = list });
        await server.KnowAsync("CS-1", 3);
        using var certificate = server.Authority.Station("CN=CS-1");
        Assert.Equal(101, (await server.KnockAsync(server.Tls, "CS-1", certificate: certificate)).Status);
        await File.WriteAllTextAsync(list, certificate.SerialNumber.ToLowerInvariant() + " # lost\n", Cancel);
        Knock last = new(0, "", "", null);
        for (var i = 0; i < 50 && last.Status != 403; i++)
        {
            await Task.Delay(200, Cancel);
            last = await server.KnockAsync(server.Tls, "CS-1", certificate: certificate);
        }

        Assert.Equal((403, "The certificate is on the list of revoked certificates."), (last.Status, last.Text));
    }

    [Fact]
    public async Task The_servers_certificate_is_exchanged_without_losing_a_session()
    {
        await using var server = await SecureServer.StartAsync(folder);
        var password = await server.KnowAsync("CS-1", 2);
        await using var station = await server.ConnectAsync(server.Tls, "CS-1", password);
        var before = await ShownAsync(server.Tls);
        await File.WriteAllTextAsync(server.Certificate, "half a file", Cancel);
        await Task.Delay(2500, Cancel);
        Assert.Equal(before, await ShownAsync(server.Tls)); // what cannot be read changes nothing
        TestAuthority.Write(folder, "server.pem", server.Authority.Server());
        var after = before;
        for (var i = 0; i < 50 && after == before; i++)
        {
            await Task.Delay(200, Cancel);
            after = await ShownAsync(server.Tls);
        }

        Assert.NotEqual(before, after);
        await station.CallAsync("Heartbeat", "{}", Cancel);
    }

    [Fact]
    public async Task TLS_1_1_is_refused()
    {
        await using var server = await SecureServer.StartAsync(folder);
        var answer = await RawAsync(server.Tls, ClientHello(0x02));
        Assert.True(answer is [0x15, 0x03, _, 0x00, 0x02, 0x02, _, ..], $"a fatal alert was expected, not {Convert.ToHexString(answer)}");
        Assert.Equal(70, answer[6]); // protocol_version
        Assert.Equal(0x16, (await RawAsync(server.Tls, ClientHello(0x03)))[0]); // the same words in 1.2 begin a handshake
    }

    [Fact]
    public async Task Sockets_that_say_nothing_or_half_a_request_end_by_themselves_and_hold_up_nobody()
    {
        await using var server = await SecureServer.StartAsync(folder);
        var password = await server.KnowAsync("CS-1", 2);
        var open = new List<TcpClient>();
        foreach (var (address, words) in new[] { (server.Tls, ""), (server.Tls, "\u0016\u0003\u0001"), (server.StationsOnly, "GET /ocpp/CS-1 HTTP/1.1\r\nHost: x\r\n") })
        {
            for (var i = 0; i < 20; i++)
            {
                var socket = new TcpClient();
                await socket.ConnectAsync("127.0.0.1", new Uri(address).Port, Cancel);
                await socket.GetStream().WriteAsync(Encoding.Latin1.GetBytes(words), Cancel);
                open.Add(socket);
            }
        }

        await using var station = await server.ConnectAsync(server.Tls, "CS-1", password);
        await station.CallAsync("Heartbeat", "{}", Cancel);
        foreach (var socket in open) await UntilClosedAsync(socket);
        await station.CallAsync("Heartbeat", "{}", Cancel);
    }

    private static async Task UntilClosedAsync(TcpClient socket)
    {
        var buffer = new byte[1024];
        try
        {
            while (await socket.GetStream().ReadAsync(buffer, Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Cancel) > 0)
            {
            }
        }
        catch (IOException)
        {
            // reset by the server
        }

        socket.Dispose();
    }

    private static async Task<string> ShownAsync(string address)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", new Uri(address).Port, Cancel);
        await using var tls = new SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = (_, _, _, _) => true }, Cancel);
        return tls.RemoteCertificate!.GetSerialNumberString();
    }

    private static async Task<byte[]> RawAsync(string address, byte[] words)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", new Uri(address).Port, Cancel);
        await socket.GetStream().WriteAsync(words, Cancel);
        var buffer = new byte[7];
        var length = await socket.GetStream().ReadAtLeastAsync(buffer, 7, throwOnEndOfStream: false, Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Cancel);
        return buffer[..length];
    }

    /// <summary>A ClientHello (RFC 5246, 7.4.1.2) of version 3.minor with suites of both versions and no TLS 1.3.</summary>
    private static byte[] ClientHello(byte minor)
    {
        byte[] suites = [0xC0, 0x2B, 0xC0, 0x23, 0xC0, 0x09, 0xC0, 0x0A]; // ECDHE-ECDSA with AES
        byte[] extensions = [0x00, 0x0A, 0x00, 0x04, 0x00, 0x02, 0x00, 0x17, 0x00, 0x0B, 0x00, 0x02, 0x01, 0x00, 0x00, 0x0D, 0x00, 0x06, 0x00, 0x04, 0x04, 0x03, 0x02, 0x03]; // P-256, uncompressed, ECDSA with SHA-256 and SHA-1
        byte[] body = [0x03, minor, .. new byte[32], 0x00, 0x00, (byte)suites.Length, .. suites, 0x01, 0x00, 0x00, (byte)extensions.Length, .. extensions];
        byte[] handshake = [0x01, 0x00, 0x00, (byte)body.Length, .. body];
        return [0x16, 0x03, 0x01, 0x00, (byte)handshake.Length, .. handshake];
    }
}
