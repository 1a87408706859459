using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using NodaTime;
using Penstock.Server.Security;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.SystemTests.Security;

/// <summary>OCSP responses as openssl signs them: the issuer's, a delegate's, and everybody else's.</summary>
public sealed class OcspTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("penstock-ocsp-").FullName;
    private readonly TestAuthority issuer = new("Issuer");
    private readonly X509Certificate2 leaf;

    public OcspTests()
    {
        leaf = issuer.Station("CN=EVCC", until: 400);
        issuer.WriteRoot(folder, "issuer.pem");
        var end = leaf.NotAfter.ToUniversalTime().ToString("yyMMddHHmmss", CultureInfo.InvariantCulture) + "Z";
        File.WriteAllText(Path.Combine(folder, "index.txt"), $"V\t{end}\t\t{leaf.SerialNumber}\tunknown\t/CN=EVCC\n");
        File.WriteAllText(Path.Combine(folder, "revoked.txt"), $"R\t{end}\t{end},keyCompromise\t{leaf.SerialNumber}\tunknown\t/CN=EVCC\n");
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Instant Now => SystemClock.Instance.GetCurrentInstant();

    private V21.CertificateHashData Asked => CertificateHash.Of(leaf, issuer.Root);

    public void Dispose()
    {
        leaf.Dispose();
        issuer.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("ocpp2.0.1", "issuer")]
    [InlineData("ocpp2.1", "issuer")]
    [InlineData("ocpp2.1", "delegate")]
    [Covers("2.0.1 GetCertificateStatus", "2.1 GetCertificateStatus")]
    public async Task The_word_of_the_issuer_or_of_its_delegate_is_passed_on_from_a_responder_of_the_list_and_no_other(string protocol, string signer)
    {
        byte[] answered = [];
        using var responder = new Responder(request => (200, answered = Signed(signer, request)));
        await using var server = await SecureServer.StartAsync(folder, o => o with { OcspResponders = [responder.Authority], OcspIssuers = [Path.Combine(folder, "issuer.pem")] });
        await using var station = await server.ConnectAsync(server.Plain, "CS-1", protocol: protocol);
        var answer = await station.CallAsync("GetCertificateStatus", Question(responder.Url), Cancel);
        Assert.Equal(("Accepted", Convert.ToBase64String(answered)), (answer.GetProperty("status").GetString(), answer.GetProperty("ocspResult").GetString()));
        Assert.Equal("application/ocsp-request", responder.ContentType);
        foreach (var url in new[] { "http://169.254.169.254/latest/meta-data", $"http://{responder.Authority}@evil.example/" })
        {
            var refused = await station.CallAsync("GetCertificateStatus", Question(url), Cancel);
            Assert.Equal(("Failed", "InvalidURL"), (refused.GetProperty("status").GetString(), refused.GetProperty("statusInfo").GetProperty("reasonCode").GetString()));
        }

        Assert.Equal(1, responder.Asked);
    }

    [Fact]
    public async Task A_response_that_somebody_else_signed_is_not_passed_on_and_the_reason_is_told()
    {
        using var responder = new Responder(request => (200, Signed("stranger", request)));
        await using var server = await SecureServer.StartAsync(folder, o => o with { OcspResponders = [responder.Authority], OcspIssuers = [Path.Combine(folder, "issuer.pem")] });
        await using var station = await server.ConnectAsync(server.Plain, "CS-1");
        var answer = await station.CallAsync("GetCertificateStatus", Question(responder.Url), Cancel);
        Assert.Equal("Failed", answer.GetProperty("status").GetString());
        Assert.Contains("did not issue", answer.GetProperty("statusInfo").GetProperty("additionalInfo").GetString(), StringComparison.Ordinal);
        Assert.False(answer.TryGetProperty("ocspResult", out _));
    }

    [Theory]
    [InlineData("issuer", 10, null)]
    [InlineData("delegate", 10, null)]
    [InlineData("stranger", 10, "did not issue")]
    [InlineData("station", 10, "not entitled")] // of the same issuer, and no responder
    [InlineData("retired", 10, "not valid now")]
    [InlineData("issuer", 70, "out of date")]
    [InlineData("issuer", -10, "of the future")]
    public void A_response_is_judged_by_who_signed_it_and_when(string signer, int minutesLater, string? fault)
    {
        var told = OcspJudge.Fault(Signed(signer), Asked, [issuer.Root], Now + Duration.FromMinutes(minutesLater));
        if (fault is null) Assert.Null(told);
        else Assert.Contains(fault, told, StringComparison.Ordinal);
    }

    [Fact]
    public void An_issuer_that_is_nowhere_to_be_found_a_certificate_that_was_not_asked_for_and_a_changed_byte_prove_nothing()
    {
        var response = Signed("delegate");
        Assert.Contains("OcspIssuers", OcspJudge.Fault(response, Asked, [], Now), StringComparison.Ordinal);
        Assert.Null(OcspJudge.Fault(Signed("issuer"), Asked, [], Now)); // it brings the issuer along, and that is who has the key
        Assert.Contains("not tell", OcspJudge.Fault(response, Asked with { SerialNumber = "77" }, [issuer.Root], Now), StringComparison.Ordinal);
        Assert.Contains("no successful", OcspJudge.Fault([1, 2, 3], Asked, [issuer.Root], Now), StringComparison.Ordinal);
        for (var at = 0; at < response.Length; at++)
        {
            var changed = (byte[])response.Clone();
            changed[at] ^= 1;
            if (OcspJudge.Fault(changed, Asked, [issuer.Root], Now) is null) Assert.Equal(Statuses(response), Statuses(changed)); // of what is not signed, such as the responder's own name beside its key, nothing is read
        }
    }

    [Fact]
    public void A_revoked_certificate_is_a_true_word_too()
    {
        var response = Signed("issuer", index: "revoked.txt");
        Assert.Null(OcspJudge.Fault(response, Asked, [], Now));
        Assert.Equal(V21.CertificateStatusType.Revoked, OcspMessage.Read(response, leaf.SerialNumber)!.Status);
    }

    private static string Statuses(byte[] response) => string.Join(' ', OcspAnswer.Read(response)!.Singles.Select(s => $"{s.Serial} {s.Status} {s.ThisUpdate} {s.NextUpdate}"));

    private string Question(string url) => JsonSerializer.Serialize(new { ocspRequestData = new { hashAlgorithm = "SHA256", Asked.IssuerNameHash, Asked.IssuerKeyHash, Asked.SerialNumber, responderURL = url } }, JsonSerializerOptions.Web);

    /// <summary>What openssl answers in the name of <paramref name="signer"/>, good for an hour.</summary>
    private byte[] Signed(string signer, byte[]? request = null, string index = "index.txt")
    {
        using var stranger = new TestAuthority("Issuer");
        using var certificate = signer switch
        {
            "issuer" => null,
            "delegate" => issuer.Issue("CN=Responder", "1.3.6.1.5.5.7.3.9", null, -1, 90),
            "retired" => issuer.Issue("CN=Responder", "1.3.6.1.5.5.7.3.9", null, -90, -1),
            "stranger" => stranger.Issue("CN=Responder", "1.3.6.1.5.5.7.3.9", null, -1, 90),
            _ => issuer.Station("CN=CS-9"),
        };
        var pem = certificate is null ? issuer.WriteRootWithKey(folder, "signer.pem") : TestAuthority.Write(folder, "signer.pem", certificate);
        File.WriteAllBytes(Path.Combine(folder, "request.der"), request ?? OcspMessage.Request(Asked)!);
        using var process = Process.Start(new ProcessStartInfo("openssl", [
            "ocsp", "-index", Path.Combine(folder, index), "-CA", Path.Combine(folder, "issuer.pem"), "-rsigner", pem, "-rkey", pem, "-reqin", Path.Combine(folder, "request.der"), "-respout", Path.Combine(folder, "response.der"), "-nmin", "60"])
        {
            RedirectStandardError = true, RedirectStandardOutput = true,
        })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
        return File.ReadAllBytes(Path.Combine(folder, "response.der"));
    }
}
