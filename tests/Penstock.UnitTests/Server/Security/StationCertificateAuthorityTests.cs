using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Server.Security;

namespace Penstock.UnitTests.Server.Security;

public sealed class StationCertificateAuthorityTests : IDisposable
{
    private static readonly StationId Station = new("CS-1");
    private static readonly Instant Now = Instant.FromUtc(2026, 4, 2, 9, 0);
    private readonly string data = Directory.CreateTempSubdirectory("penstock-authority-").FullName;

    public void Dispose() => Directory.Delete(data, recursive: true);

    [Fact]
    public void A_station_gets_a_certificate_that_names_it_and_leads_to_the_authority()
    {
        var authority = Authority();
        var signed = authority.Sign(Csr("CN=CS-1,O=Depot"), Station, Now);
        Assert.Null(signed.Reason);
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, VerificationTime = Now.ToDateTimeUtc() } };
        chain.ChainPolicy.CustomTrustStore.Add(authority.Certificate!);
        Assert.True(chain.Build(signed.Certificate!), string.Join(", ", chain.ChainStatus.Select(s => s.StatusInformation)));
        Assert.Null(PresentedCertificate.Of(signed.Certificate!, null).FaultFor("CS-1", "Depot"));
        Assert.Equal(2, signed.Chain!.Split("BEGIN CERTIFICATE").Length - 1);
        Assert.True(signed.Chain.Length < 10_000);
        Assert.Equal(Now + Duration.FromDays(365), Instant.FromDateTimeUtc(signed.Certificate!.NotAfter.ToUniversalTime()));
        Assert.True(signed.Certificate.SerialNumber.Length <= 40);
    }

    [Fact]
    public void The_authority_is_made_once_and_its_key_is_the_owners_alone()
    {
        var first = Authority().CertificateAt(Now);
        Assert.Equal(first.Thumbprint, Authority().CertificateAt(Now).Thumbprint);
        Assert.Null(new StationCertificateAuthority(new SecurityOptions(), Directory.CreateTempSubdirectory("penstock-none-").FullName).Certificate);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(data, "station-authority.key")));
    }

    [Fact]
    public void A_certificate_does_not_outlive_its_authority()
    {
        var authority = Authority();
        var end = authority.CertificateAt(Now).NotAfter.ToUniversalTime();
        var late = Instant.FromDateTimeUtc(end) - Duration.FromDays(10);
        Assert.Equal(end, authority.Sign(Csr("CN=CS-1"), Station, late).Certificate!.NotAfter.ToUniversalTime());
        Assert.Contains("expired", authority.Sign(Csr("CN=CS-1"), Station, late + Duration.FromDays(20)).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CN=CS-2", "CS-2")]
    [InlineData("CN=CS-1,CN=CS-2", "CS-2")]
    [InlineData("O=Depot", "missing")]
    public void A_request_for_another_name_is_refused(string subject, string told) => Assert.Contains(told, Refused(Csr(subject)), StringComparison.Ordinal);

    [Fact]
    public void The_organisation_is_asked_for_where_it_is_configured()
    {
        var authority = new StationCertificateAuthority(new SecurityOptions { Organization = "Depot" }, data);
        Assert.Contains("Depot is expected", authority.Sign(Csr("CN=CS-1,O=Other"), Station, Now).Reason, StringComparison.Ordinal);
        Assert.Null(authority.Sign(Csr("CN=CS-1,O=Depot"), Station, Now).Reason);
    }

    [Fact]
    public void Weak_keys_are_refused_and_strong_ones_of_both_kinds_are_signed()
    {
        Assert.Contains("1024 bits", Refused(Rsa(1024)), StringComparison.Ordinal);
        Assert.Contains("P-256", Refused(Csr("CN=CS-1", ECCurve.CreateFromFriendlyName("secp224r1"))), StringComparison.Ordinal);
        Assert.Null(Authority().Sign(Rsa(2048), Station, Now).Reason);
        Assert.Null(Authority().Sign(Csr("CN=CS-1", ECCurve.NamedCurves.nistP384), Station, Now).Reason);
    }

    [Fact]
    public void A_request_whose_signature_does_not_hold_is_refused()
    {
        var der = PemEncoding.Write("CERTIFICATE REQUEST", Broken(Csr("CN=CS-1")));
        Assert.Contains("signature", Refused(new string(der)), StringComparison.Ordinal);
        Assert.Contains("signature", Refused("no PEM at all"), StringComparison.Ordinal);
        Assert.Contains("characters", Refused(new string('A', 6000)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_authority_of_the_operator_signs_too_and_a_leaf_is_none()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=Operator CA", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        Write(request.CreateSelfSigned(Now.ToDateTimeOffset(), Now.ToDateTimeOffset().AddYears(1)), key);
        var options = new SecurityOptions { AuthorityCertificate = Path.Combine(data, "ca.pem"), AuthorityKey = Path.Combine(data, "ca.key") };
        Assert.Equal("CN=Operator CA", new StationCertificateAuthority(options, data).Sign(Csr("CN=CS-1"), Station, Now).Certificate!.Issuer);
        Write(new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(Now.ToDateTimeOffset(), Now.ToDateTimeOffset().AddYears(1)), key);
        Assert.Contains("CA:TRUE", Assert.Throws<CryptographicException>(() => new StationCertificateAuthority(options, data)).Message, StringComparison.Ordinal);
    }

    private void Write(X509Certificate2 certificate, RSA key)
    {
        File.WriteAllText(Path.Combine(data, "ca.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(data, "ca.key"), key.ExportPkcs8PrivateKeyPem());
    }

    private StationCertificateAuthority Authority() => new(new SecurityOptions(), data);

    private string Refused(string csr)
    {
        var signed = Authority().Sign(csr, Station, Now);
        Assert.Null(signed.Certificate);
        Assert.Equal("InvalidCSR", signed.Code);
        return signed.Reason!;
    }

    private static byte[] Broken(string pem)
    {
        var der = Convert.FromBase64String(string.Concat(pem.Split('\n').Where(l => !l.StartsWith('-'))));
        der[^1] ^= 1;
        return der;
    }

    private static string Csr(string subject, ECCurve? curve = null)
    {
        using var key = ECDsa.Create(curve ?? ECCurve.NamedCurves.nistP256);
        return new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
    }

    private static string Rsa(int bits)
    {
        using var key = RSA.Create(bits);
        return new CertificateRequest("CN=CS-1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem();
    }
}
