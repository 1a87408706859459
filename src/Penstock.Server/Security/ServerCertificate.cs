using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Penstock.Server.Hosting;

namespace Penstock.Server.Security;

/// <summary>The server's certificate and chain. A changed file is in force for the next handshake; open sessions keep theirs.</summary>
internal sealed class ServerCertificate
{
    private readonly WatchedFiles<SslStreamCertificateContext> files;

    /// <exception cref="CryptographicException">The file is no certificate with a key.</exception>
    internal ServerCertificate(SecurityOptions options, ILogger log)
    {
        var path = options.ServerCertificate ?? throw new InvalidOperationException("TlsPort asks for a ServerCertificate; the options' faults say so.");
        files = new(() => options.ServerKey is { } key ? [path, key] : [path], _ => Read(options, path, log), e => SecurityTexts.FileUnreadable(log, path, e.Message), WatchedFiles<SslStreamCertificateContext>.Soon);
    }

    internal SslStreamCertificateContext Context => files.Current;

    private static SslStreamCertificateContext Read(SecurityOptions options, string path, ILogger log)
    {
        var chain = new X509Certificate2Collection();
        var certificate = IsPem(path) ? FromPem(options, path, chain) : FromPfx(options, path, chain);
        if (!certificate.HasPrivateKey) throw new CryptographicException($"{path} holds no private key for its first certificate.");
        SecurityTexts.ServerCertificate(log, certificate.Subject, certificate.NotAfter.ToUniversalTime());
        return SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }

    private static bool IsPem(string path) => File.ReadAllText(path).Contains("-----BEGIN ", StringComparison.Ordinal);

    private static X509Certificate2 FromPem(SecurityOptions options, string path, X509Certificate2Collection chain)
    {
        chain.ImportFromPemFile(path);
        return options.ServerKeyPassword is { } password ? X509Certificate2.CreateFromEncryptedPemFile(path, password, options.ServerKey) : X509Certificate2.CreateFromPemFile(path, options.ServerKey);
    }

    private static X509Certificate2 FromPfx(SecurityOptions options, string path, X509Certificate2Collection chain)
    {
        chain.AddRange(X509CertificateLoader.LoadPkcs12CollectionFromFile(path, options.ServerKeyPassword));
        return chain.FirstOrDefault(c => c.HasPrivateKey) ?? throw new CryptographicException($"{path} holds no certificate with a private key.");
    }
}
