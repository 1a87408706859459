using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodaTime;
using Penstock.Core.Sites;

namespace Penstock.Server.Security;

/// <summary>What came of a signing request: a certificate with its chain in PEM, or why there is none.</summary>
/// <param name="Code">Reason code as OCPP lists them (appendix of reason codes); null = signed.</param>
public sealed record Signing(X509Certificate2? Certificate, string? Chain, string? Code, string? Reason)
{
    internal static Signing Refused(string code, string reason) => new(null, null, code, reason);
}

/// <summary>
/// Signs the keys of stations (OCPP 2.x A02, 1.6 whitepaper): SignCertificate in, CertificateSigned out. The authority is the operator's, or an EC P-256 one
/// that is made in the data folder on first use.
/// </summary>
public sealed class StationCertificateAuthority
{
    /// <summary>Life of an authority that is made here.</summary>
    public const int AuthorityYears = 10;

    /// <summary>A station's clock may be behind: certificates begin this much earlier.</summary>
    public static readonly Duration Backdated = Duration.FromHours(1);

    /// <summary>Least length of an RSA key, bits; elliptic curves are P-256, P-384, P-521 (OCPP 2.x A00.FR.5xx).</summary>
    public const int RsaBitsMin = 2048;

    /// <summary>A longer request is not read: the schema's own limit.</summary>
    public const int RequestCharactersMax = 5500;

    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2", EllipticCurve = "1.2.840.10045.2.1", Rsa = "1.2.840.113549.1.1.1";
    private static readonly string[] Curves = ["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"];

    private readonly SecurityOptions options;
    private readonly (string Certificate, string Key) files;
    private readonly Lock gate = new();
    private X509Certificate2? authority;

    /// <exception cref="CryptographicException">The operator's authority cannot be used.</exception>
    public StationCertificateAuthority(SecurityOptions options, string data)
    {
        this.options = options;
        files = options.AuthorityCertificate is { } certificate ? (certificate, options.AuthorityKey!) : (Path.Combine(data, "station-authority.pem"), Path.Combine(data, "station-authority.key"));
        if (File.Exists(files.Certificate)) authority = Usable(X509Certificate2.CreateFromPemFile(files.Certificate, files.Key), files.Certificate);
    }

    /// <summary>Null = none was needed yet.</summary>
    public X509Certificate2? Certificate => Volatile.Read(ref authority);

    /// <summary>The authority's certificate, made when there is none.</summary>
    public X509Certificate2 CertificateAt(Instant now)
    {
        lock (gate) return authority ??= Make(now.ToDateTimeOffset());
    }

    /// <summary>Signs the request of a station when its signature holds, its subject is the station and its key is strong.</summary>
    public Signing Sign(string csr, StationId station, Instant now)
    {
        if (csr.Length > RequestCharactersMax) return Signing.Refused("InvalidCSR", $"The request has {csr.Length} characters, at most {RequestCharactersMax} are read.");
        CertificateRequest request;
        try
        {
            request = CertificateRequest.LoadSigningRequestPem(csr, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.Default, RSASignaturePadding.Pkcs1);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException or FormatException)
        {
            return Signing.Refused("InvalidCSR", "The request is no PKCS #10 in PEM whose signature holds.");
        }

        return (SubjectFault(request.SubjectName, station) ?? KeyFault(request.PublicKey)) is { } fault ? Signing.Refused("InvalidCSR", fault) : Issue(request, CertificateAt(now), now);
    }

    private Signing Issue(CertificateRequest request, X509Certificate2 issuer, Instant now)
    {
        var from = (now - Backdated).ToDateTimeOffset();
        var until = (now + Duration.FromDays(options.StationCertificateDays)).ToDateTimeOffset();
        if (until > issuer.NotAfter) until = issuer.NotAfter;
        if (until <= now.ToDateTimeOffset()) return Signing.Refused("InternalError", $"The authority's own certificate expired at {issuer.NotAfter.ToUniversalTime():u}.");
        var usage = X509KeyUsageFlags.DigitalSignature | (request.PublicKey.Oid.Value == Rsa ? X509KeyUsageFlags.KeyEncipherment : X509KeyUsageFlags.None);
        var own = new CertificateRequest(request.SubjectName, request.PublicKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1); // nothing that the station wrote but its subject and key
        own.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        own.CertificateExtensions.Add(new X509KeyUsageExtension(usage, true));
        own.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ClientAuthentication)], false));
        own.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        own.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        using var elliptic = issuer.GetECDsaPrivateKey();
        using var rsa = issuer.GetRSAPrivateKey();
        var signer = elliptic is not null ? X509SignatureGenerator.CreateForECDsa(elliptic) : X509SignatureGenerator.CreateForRSA(rsa!, RSASignaturePadding.Pkcs1);
        var certificate = own.Create(issuer.SubjectName, signer, from, until, Serial());
        return new Signing(certificate, certificate.ExportCertificatePem() + "\n" + issuer.ExportCertificatePem() + "\n", null, null);
    }

    private string? SubjectFault(X500DistinguishedName subject, StationId station)
    {
        var names = PresentedCertificate.Values(subject, PresentedCertificate.CommonName).ToList();
        if (names is not [var name] || name != station.Value) return $"The request's common name is {(names.Count == 0 ? "missing" : string.Join(", ", names))}; it is the station's identity, {station}.";
        var organizations = PresentedCertificate.Values(subject, PresentedCertificate.OrganizationName).ToList();
        return options.Organization is { } expected && !organizations.Contains(expected, StringComparer.Ordinal)
            ? $"The request's organisation (O) is {(organizations.Count == 0 ? "missing" : string.Join(", ", organizations))}; {expected} is expected (SecurityCtrlr.OrganizationName)."
            : null;
    }

    private static string? KeyFault(PublicKey key)
    {
        try
        {
            using var rsa = key.Oid.Value == Rsa ? key.GetRSAPublicKey() : null;
            if (rsa is not null) return rsa.KeySize >= RsaBitsMin ? null : $"The RSA key has {rsa.KeySize} bits; {RsaBitsMin} are the least.";
            using var elliptic = key.Oid.Value == EllipticCurve ? key.GetECDsaPublicKey() : null;
            if (elliptic is null) return "The key is neither RSA nor of an elliptic curve.";
            return Curves.Contains(elliptic.ExportParameters(false).Curve.Oid.Value, StringComparer.Ordinal) ? null : "The key's curve is none of P-256, P-384, P-521.";
        }
        catch (CryptographicException)
        {
            return "The key cannot be read.";
        }
    }

    private X509Certificate2 Make(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Penstock station authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var made = request.CreateSelfSigned(now - Backdated.ToTimeSpan(), now.AddYears(AuthorityYears));
        Write(files.Key, key.ExportPkcs8PrivateKeyPem());
        Write(files.Certificate, made.ExportCertificatePem()); // last: where it is, its key is
        return made;
    }

    /// <summary>Whole or not at all, and for its owner alone.</summary>
    private static void Write(string path, string text)
    {
        var half = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(half, options))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(text + "\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(half, path, overwrite: true);
    }

    private static X509Certificate2 Usable(X509Certificate2 certificate, string path) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(e => e.CertificateAuthority) && certificate.HasPrivateKey
            ? certificate
            : throw new CryptographicException($"{path} is no certificate of an authority (CA:TRUE) with its key.");

    /// <summary>16 random bytes, positive: OCPP carries serial numbers of at most 40 hexadecimal digits.</summary>
    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x3F) | 0x40);
        return serial;
    }
}
