using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Penstock.SystemTests.Security;

/// <summary>A certificate authority made for a test, with what it issues.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private int lastSerial;

    internal TestAuthority(string name)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        Root = request.CreateSelfSigned(Now.AddYears(-3), Now.AddYears(3));
    }

    internal X509Certificate2 Root { get; }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>Valid from and until this many days from now.</summary>
    internal X509Certificate2 Station(string subject, int from = -1, int until = 90) => Issue(subject, "1.3.6.1.5.5.7.3.2", null, from, until);

    internal X509Certificate2 Server(int until = 90)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        return Issue("CN=localhost", "1.3.6.1.5.5.7.3.1", names.Build(), -1, until);
    }

    /// <summary>Writes certificate and key into one PEM file.</summary>
    internal static string Write(string folder, string name, X509Certificate2 certificate)
    {
        var path = Path.Combine(folder, name);
        using var own = certificate.GetECDsaPrivateKey();
        File.WriteAllText(path, certificate.ExportCertificatePem() + "\n" + own?.ExportPkcs8PrivateKeyPem() + "\n");
        return path;
    }

    internal string WriteRoot(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, Root.ExportCertificatePem() + "\n");
        return path;
    }

    internal string WriteRootWithKey(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, Root.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        return path;
    }

    public void Dispose() => key.Dispose();

    internal X509Certificate2 Issue(string subject, string use, X509Extension? names, int from, int until)
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, own, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], false));
        if (names is not null) request.CertificateExtensions.Add(names);
        var serial = BitConverter.GetBytes(Interlocked.Increment(ref lastSerial));
        using var bare = request.Create(Root.SubjectName, X509SignatureGenerator.CreateForECDsa(key), Now.AddDays(from), Now.AddDays(until), [1, .. serial]);
        return bare.CopyWithPrivateKey(own);
    }
}
