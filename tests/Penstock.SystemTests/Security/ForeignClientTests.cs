using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Penstock.Server.Security;
using Penstock.UnitTests.Ocpp;

namespace Penstock.SystemTests.Security;

/// <summary>curl and openssl as stations, and the commands of the how-to as they stand there.</summary>
public sealed partial class ForeignClientTests : IDisposable
{
    private const string Upgrade = "GET /ocpp/CS-1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n";
    private readonly string folder = Directory.CreateTempSubdirectory("penstock-foreign-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("tlsv1.2")]
    [InlineData("tlsv1.3")]
    public async Task Curl_comes_in_with_its_password_over_TLS(string version)
    {
        await using var server = await SecureServer.StartAsync(folder);
        var password = await server.KnowAsync("CS-1", 2);
        var root = server.Authority.WriteRoot(folder, "root.pem");
        Assert.Contains("HTTP/1.1 101", await CurlAsync(password!), StringComparison.Ordinal);
        var refused = await CurlAsync("a wrong password");
        Assert.Contains("HTTP/1.1 401", refused, StringComparison.Ordinal);
        Assert.Contains("WWW-Authenticate: Basic", refused, StringComparison.Ordinal);

        Task<string> CurlAsync(string secret) => RunAsync(
            "curl", "", "-s", "-i", "-m", "5", "--http1.1", $"--{version}", "--tls-max", version[4..], "--cacert", root, "-u", $"CS-1:{secret}", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13",
            "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "-H", "Sec-WebSocket-Protocol: ocpp1.6", server.Tls.Replace("wss", "https", StringComparison.Ordinal) + "/ocpp/CS-1");
    }

    [Fact]
    public async Task Openssl_comes_in_with_a_certificate_of_the_platforms_own_authority()
    {
        await using var server = await SecureServer.StartAsync(folder);
        await server.KnowAsync("CS-1", 3);
        var (key, csr, certificate) = (Path.Combine(folder, "cs.key"), Path.Combine(folder, "cs.csr"), Path.Combine(folder, "cs.pem"));
        await RunAsync("openssl", "", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", csr, "-subj", "/CN=CS-1");
        await server.Platform.Client.GetStringAsync("/api/v1/certificates/authority", Cancel);
        var authority = new StationCertificateAuthority(new SecurityOptions(), Path.Combine(folder, "data"));
        var signed = authority.Sign(await File.ReadAllTextAsync(csr, Cancel), new("CS-1"), NodaTime.SystemClock.Instance.GetCurrentInstant());
        await File.WriteAllTextAsync(certificate, signed.Chain, Cancel);
        Assert.Contains("HTTP/1.1 101", await ClientAsync("-cert", certificate, "-key", key), StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 403", await ClientAsync(), StringComparison.Ordinal);

        Task<string> ClientAsync(params string[] arguments) => RunAsync("openssl", Upgrade, ["s_client", "-connect", new Uri(server.Tls).Authority, "-quiet", "-no_ign_eof", .. arguments]);
    }

    [Fact]
    public async Task Openssl_names_certificates_as_the_platform_does()
    {
        using var authority = new TestAuthority("Root of hashes");
        using var leaf = authority.Station("CN=CS-1");
        var (root, certificate) = (authority.WriteRoot(folder, "root.pem"), TestAuthority.Write(folder, "leaf.pem", leaf));
        var text = await RunAsync("openssl", "", "ocsp", "-sha256", "-issuer", root, "-cert", certificate, "-req_text", "-no_nonce", "-reqout", Path.Combine(folder, "request.der"));
        var hash = CertificateHash.Of(leaf, authority.Root);
        Assert.Contains($"Issuer Name Hash: {hash.IssuerNameHash}", text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"Issuer Key Hash: {hash.IssuerKeyHash}", text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(folder, "request.der"), Cancel), OcspMessage.Request(hash));
    }

    [Fact]
    public async Task Every_command_of_the_how_to_does_what_it_says()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Schemas.Checkout(), "docs", "how-to", "secure-stations.md"), Cancel);
        var make = OpenSsl().Match(page).Groups[1].Value.Split(' ');
        await RunAsync("openssl", "", [.. make.Select(a => a.StartsWith("server.", StringComparison.Ordinal) ? Path.Combine(folder, "own-" + a) : a)]);
        await using var server = await SecureServer.StartAsync(folder, o => o with { ServerCertificate = Path.Combine(folder, "own-server.pem"), ServerKey = Path.Combine(folder, "own-server.key") });
        await using var station = await server.ConnectAsync(server.Plain, "CS-2", protocol: "ocpp1.6", answer: (_, _) => """{"status":"Accepted"}""");
        var commands = Curl().Matches(page).Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(5, commands.Count);
        foreach (var command in commands)
        {
            var arguments = Argument().Matches(command.Replace("http://127.0.0.1:8480", server.Plain.Replace("ws", "http", StringComparison.Ordinal), StringComparison.Ordinal)).Select(a => a.Value.Trim('\''));
            var answer = await RunAsync("curl", "", ["-s", "-f", .. arguments]);
            Assert.True(answer.Length > 0, command);
        }

        Assert.Equal(["AuthorizationKey", "SecurityProfile"], station.Heard.Where(h => h.Action == "ChangeConfiguration").Select(h => h.Payload.GetProperty("key").GetString()!));
    }

    private static async Task<string> RunAsync(string program, string input, params string[] arguments)
    {
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{program} is not installed.");
            throw;
        }

        using (process)
        {
            var error = process.StandardError.ReadToEndAsync(Cancel);
            await process.StandardInput.WriteAsync(input.AsMemory(), Cancel);
            await process.StandardInput.FlushAsync(Cancel);
            if (input.Length > 0) return await UntilStatusAsync(process);
            process.StandardInput.Close();
            var output = await process.StandardOutput.ReadToEndAsync(Cancel);
            await process.WaitForExitAsync(Cancel);
            return output.Length > 0 || program == "openssl" ? output : output + await error;
        }
    }

    /// <summary>What the program says up to the first empty line, while its input stays open.</summary>
    private static async Task<string> UntilStatusAsync(Process process)
    {
        var said = new StringBuilder();
        while (await process.StandardOutput.ReadLineAsync(Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Cancel) is { Length: > 0 } line) said.AppendLine(line);
        process.Kill();
        return said.ToString();
    }

    [GeneratedRegex(@"^openssl (req .*)$", RegexOptions.Multiline)]
    private static partial Regex OpenSsl();

    [GeneratedRegex("^curl (.*)$", RegexOptions.Multiline)]
    private static partial Regex Curl();

    [GeneratedRegex(@"'[^']*'|\S+")]
    private static partial Regex Argument();
}
