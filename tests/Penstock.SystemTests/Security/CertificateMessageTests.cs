using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Security;

/// <summary>Certificates over OCPP: signed, looked up, passed on; and security events.</summary>
public sealed class CertificateMessageTests : IDisposable
{
    private const string Hash = "0011223344556677889900112233445566778899001122334455667788990011";
    private readonly string folder = Directory.CreateTempSubdirectory("penstock-certificates-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("ocpp1.6")]
    [InlineData("ocpp2.0.1")]
    [InlineData("ocpp2.1")]
    [Covers("1.6 SignCertificate", "2.0.1 SignCertificate", "2.1 SignCertificate", "1.6 CertificateSigned", "2.0.1 CertificateSigned", "2.1 CertificateSigned")]
    public async Task A_station_gets_its_key_signed_and_comes_back_with_the_certificate(string protocol)
    {
        await using var server = await SecureServer.StartAsync(folder);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var csr = new CertificateRequest("CN=CS-1", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        string chain;
        await using (var station = await server.ConnectAsync(server.Plain, "CS-1", protocol: protocol, answer: Takes))
        {
            var request = protocol == "ocpp2.1" ? JsonSerializer.Serialize(new { csr, certificateType = "ChargingStationCertificate", requestId = 7 }) : JsonSerializer.Serialize(new { csr });
            Assert.Equal("Accepted", (await station.CallAsync("SignCertificate", request, Cancel)).GetProperty("status").GetString());
            await Platform.UntilAsync(() => station.Heard.Any(h => h.Action == "CertificateSigned"), "CertificateSigned");
            var signed = station.Heard.Single(h => h.Action == "CertificateSigned").Payload;
            chain = signed.GetProperty("certificateChain").GetString()!;
            if (protocol == "ocpp2.1") Assert.Equal(7, signed.GetProperty("requestId").GetInt32());
            await server.Platform.UntilAsync("/api/v1/certificates", page => Platform.Items(page) is [var one] && one.GetProperty("state").GetString() == "installed");
        }

        Assert.Contains((await server.Platform.Client.GetStringAsync("/api/v1/certificates/authority", Cancel)).Trim(), chain, StringComparison.Ordinal);
        await server.KnowAsync("CS-1", 3);
        using var certificate = X509Certificate2.CreateFromPem(chain).CopyWithPrivateKey(key);
        Assert.Equal(101, (await server.KnockAsync(server.Tls, "CS-1", certificate: certificate)).Status);
        Assert.Equal("inUse", Platform.Items(await server.Platform.GetAsync("/api/v1/certificates"))[0].GetProperty("state").GetString());
        Assert.Equal(403, (await server.KnockAsync(server.Tls, "CS-1")).Status);
    }

    [Fact]
    public async Task A_request_for_another_station_is_rejected_with_the_reason_and_many_are_too_many()
    {
        await using var server = await SecureServer.StartAsync(folder);
        await using var station = await server.ConnectAsync(server.Plain, "CS-1", answer: Takes);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (other, own) = (new CertificateRequest("CN=CS-2", key, HashAlgorithmName.SHA256).CreateSigningRequestPem(), new CertificateRequest("CN=CS-1", key, HashAlgorithmName.SHA256).CreateSigningRequestPem());
        Assert.Equal(("Rejected", "InvalidCSR"), Status(await station.CallAsync("SignCertificate", JsonSerializer.Serialize(new { csr = other }), Cancel)));
        Assert.Equal(("Rejected", "UnsupportedRequest"), Status(await station.CallAsync("SignCertificate", JsonSerializer.Serialize(new { csr = own, certificateType = "V2GCertificate" }), Cancel)));
        for (var i = 0; i < 10; i++) Assert.Equal("Accepted", (await station.CallAsync("SignCertificate", JsonSerializer.Serialize(new { csr = own }), Cancel)).GetProperty("status").GetString());
        Assert.Equal(("Rejected", "RateLimitExceeded"), Status(await station.CallAsync("SignCertificate", JsonSerializer.Serialize(new { csr = own }), Cancel)));
        Assert.Equal(10, Platform.Items(await server.Platform.GetAsync("/api/v1/certificates")).Count);
    }

    [Theory]
    [InlineData("ocpp1.6")]
    [InlineData("ocpp2.0.1")]
    [InlineData("ocpp2.1")]
    [Covers("1.6 SecurityEventNotification", "2.0.1 SecurityEventNotification", "2.1 SecurityEventNotification")]
    public async Task A_security_event_is_kept_once_however_often_it_is_told(string protocol)
    {
        await using var server = await SecureServer.StartAsync(folder);
        await using var station = await server.ConnectAsync(server.Plain, "CS-1", protocol: protocol);
        for (var i = 0; i < 3; i++) await station.CallAsync("SecurityEventNotification", """{"type":"TamperDetectionActivated","timestamp":"2026-04-02T09:00:00Z","techInfo":"lid"}""", Cancel);
        var kept = (await server.SecurityAsync("CS-1")).GetProperty("events").EnumerateArray().ToList();
        Assert.Equal(("TamperDetectionActivated", "station", "lid"), (kept[0].GetProperty("type").GetString(), kept[0].GetProperty("source").GetString(), kept[0].GetProperty("detail").GetString()));
        Assert.Single(kept);
    }

    [Theory]
    [InlineData(302, 10)]
    [InlineData(500, 10)]
    [InlineData(200, 13_501)]
    public async Task A_responder_that_redirects_fails_or_talks_too_long_is_not_believed(int status, int bytes)
    {
        using var responder = new Responder(_ => (status, new byte[bytes]));
        await using var server = await SecureServer.StartAsync(folder, o => o with { OcspResponders = [responder.Authority] });
        await using var station = await server.ConnectAsync(server.Plain, "CS-1");
        Assert.Equal("Failed", Status(await station.CallAsync("GetCertificateStatus", Ocsp(responder.Url), Cancel)).Status);
        Assert.Equal(1, responder.Asked);
    }

    [Fact]
    [Covers("2.1 GetCertificateChainStatus")]
    public async Task A_chain_is_not_judged_by_answers_that_anybody_may_have_written()
    {
        using var responder = new Responder(_ => (200, [1, 2, 3]));
        await using var server = await SecureServer.StartAsync(folder, o => o with { OcspResponders = [responder.Authority] });
        await using var station = await server.ConnectAsync(server.Plain, "CS-1");
        var hash = $$"""{"hashAlgorithm":"SHA256","issuerNameHash":"{{Hash}}","issuerKeyHash":"{{Hash}}","serialNumber":"0a"}""";
        var answer = await station.CallAsync("GetCertificateChainStatus", $$"""{"certificateStatusRequests":[{"certificateHashData":{{hash}},"source":"OCSP","urls":["{{responder.Url}}"]},{"certificateHashData":{{hash}},"source":"CRL","urls":["http://crl.example/"]}]}""", Cancel);
        Assert.All(answer.GetProperty("certificateStatus").EnumerateArray(), s => Assert.Equal("Failed", s.GetProperty("status").GetString()));
        Assert.Equal(2, answer.GetProperty("certificateStatus").GetArrayLength());
        Assert.Equal(0, responder.Asked);
    }

    [Theory]
    [InlineData("ocpp2.0.1")]
    [InlineData("ocpp2.1")]
    [Covers("2.0.1 Get15118EVCertificate", "2.1 Get15118EVCertificate")]
    public async Task A_vehicles_request_is_passed_on_as_it_is_and_the_answer_comes_back(string protocol)
    {
        using var service = new Responder(body => (200, Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { exiResponse = "answer to " + JsonDocument.Parse(body).RootElement.GetProperty("exiRequest").GetString(), remainingContracts = 1 }))));
        await using var server = await SecureServer.StartAsync(folder, o => o with { EvCertificateService = service.Url });
        await using var station = await server.ConnectAsync(server.Plain, "CS-1", protocol: protocol);
        var answer = await station.CallAsync("Get15118EVCertificate", """{"iso15118SchemaVersion":"urn:iso:15118:2:2013:MsgDef","action":"Install","exiRequest":"gJgC"}""", Cancel);
        Assert.Equal(("Accepted", "answer to gJgC"), (answer.GetProperty("status").GetString(), answer.GetProperty("exiResponse").GetString()));
    }

    [Fact]
    public async Task Without_a_service_a_vehicles_request_fails_with_the_reason()
    {
        await using var server = await SecureServer.StartAsync(folder);
        await using var station = await server.ConnectAsync(server.Plain, "CS-1");
        Assert.Equal(("Failed", "NotEnabled"), Status(await station.CallAsync("Get15118EVCertificate", """{"iso15118SchemaVersion":"urn:iso:15118:2:2013:MsgDef","action":"Install","exiRequest":"gJgC"}""", Cancel)));
    }

    [Theory]
    [InlineData("""{"exiResponse":""}""")]
    [InlineData("[]")]
    [InlineData("not json")]
    public async Task A_service_that_answers_nonsense_is_a_failure_of_the_service(string body)
    {
        using var service = new Responder(_ => (200, Encoding.UTF8.GetBytes(body)));
        await using var server = await SecureServer.StartAsync(folder, o => o with { EvCertificateService = service.Url });
        await using var station = await server.ConnectAsync(server.Plain, "CS-1");
        Assert.Equal(("Failed", "InternalError"), Status(await station.CallAsync("Get15118EVCertificate", """{"iso15118SchemaVersion":"urn:iso:15118:2:2013:MsgDef","action":"Install","exiRequest":"gJgC"}""", Cancel)));
    }

    private static string? Takes(string action, JsonElement payload) => action == "CertificateSigned" ? """{"status":"Accepted"}""" : RawStation.Obedient(action, payload);

    private static (string Status, string Code) Status(JsonElement answer) => (answer.GetProperty("status").GetString()!, answer.GetProperty("statusInfo").GetProperty("reasonCode").GetString()!);

    private static string Ocsp(string url) =>
        JsonSerializer.Serialize(new { ocspRequestData = new { hashAlgorithm = "SHA256", issuerNameHash = Hash, issuerKeyHash = Hash, serialNumber = "0a", responderURL = url } });
}
