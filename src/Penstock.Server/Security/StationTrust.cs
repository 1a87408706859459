using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Penstock.Server.Hosting;

namespace Penstock.Server.Security;

/// <summary>
/// Whom the platform believes about stations: the configured authorities and its own, never the system's. Chains are built from what the station sent
/// and these alone; nothing is fetched.
/// </summary>
internal sealed class StationTrust
{
    /// <summary>id-kp-clientAuth.</summary>
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly WatchedFiles<X509Certificate2Collection> authorities;
    private readonly WatchedFiles<FrozenSet<string>> revoked;
    private readonly WatchedFiles<X509Certificate2Collection> issuers;
    private readonly StationCertificateAuthority own;
    private readonly TimeProvider time;

    /// <exception cref="Exception">A configured file cannot be read.</exception>
    internal StationTrust(SecurityOptions options, StationCertificateAuthority own, TimeProvider time, ILogger log)
    {
        (this.own, this.time) = (own, time);
        authorities = Watched(options.StationAuthorities, () => Authorities(options.StationAuthorities), log);
        issuers = Watched(options.OcspIssuers, () => Authorities(options.OcspIssuers), log);
        revoked = Watched(options.RevocationList is { } path ? [path] : [], () => Revoked(options.RevocationList), log);
    }

    /// <summary>The configured authorities, without the platform's own.</summary>
    internal X509Certificate2Collection Configured => authorities.Current;

    /// <summary>Whose OCSP responses are checked though they do not bring the issuer along.</summary>
    internal IEnumerable<X509Certificate2> Issuers => [.. issuers.Current, .. authorities.Current, .. own.Certificate is { } mine ? [mine] : Array.Empty<X509Certificate2>()];

    /// <summary>How a chain is built during the TLS handshake.</summary>
    internal X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true, VerificationTime = time.GetUtcNow().UtcDateTime,
            ApplicationPolicy = { new Oid(ClientAuthentication) },
        };
        policy.CustomTrustStore.AddRange(authorities.Current);
        if (own.Certificate is { } mine) policy.CustomTrustStore.Add(mine);
        return policy;
    }

    /// <param name="chain">Built with <see cref="Policy"/>.</param>
    internal PresentedCertificate Judge(X509Certificate2 certificate, X509Chain? chain) => PresentedCertificate.Of(certificate, FaultOf(certificate, chain));

    private string? FaultOf(X509Certificate2 certificate, X509Chain? chain)
    {
        var now = time.GetUtcNow().UtcDateTime;
        if (now > certificate.NotAfter.ToUniversalTime()) return FormattableString.Invariant($"The certificate expired at {certificate.NotAfter.ToUniversalTime():u}.");
        if (now < certificate.NotBefore.ToUniversalTime()) return FormattableString.Invariant($"The certificate is valid from {certificate.NotBefore.ToUniversalTime():u}.");
        if (IsRevoked(certificate.GetCertHashString(HashAlgorithmName.SHA256)) || IsRevoked(certificate.SerialNumber)) return "The certificate is on the list of revoked certificates.";
        if (chain is null) return "The certificate came without a chain.";
        var faults = chain.ChainStatus.Where(s => s.Status != X509ChainStatusFlags.NoError).Select(s => s.Status.ToString()).Distinct(StringComparer.Ordinal).ToList();
        return faults.Count == 0 ? null : $"The certificate does not lead to a trusted authority ({string.Join(", ", faults)}): it was issued by {certificate.Issuer}.";
    }

    private static WatchedFiles<T> Watched<T>(IReadOnlyList<string> paths, Func<T> read, ILogger log)
        where T : class => new(() => paths, _ => read(), e => SecurityTexts.FileUnreadable(log, string.Join(", ", paths), e.Message), WatchedFiles<T>.Soon);

    private bool IsRevoked(string hexadecimal) => revoked.Current.Contains(hexadecimal.TrimStart('0'));

    private static X509Certificate2Collection Authorities(IEnumerable<string> paths)
    {
        var all = new X509Certificate2Collection();
        foreach (var path in paths) all.ImportFromPemFile(path);
        return all;
    }

    private static FrozenSet<string> Revoked(string? path) => (path is null ? [] : File.ReadAllLines(path))
        .Select(l => l.Split('#')[0].Trim().Replace(":", "", StringComparison.Ordinal).ToUpperInvariant().TrimStart('0')).Where(l => l.Length > 0).Select(Hexadecimal).ToFrozenSet(StringComparer.Ordinal);

    private static string Hexadecimal(string line) => line.All(char.IsAsciiHexDigit) ? line : throw new FormatException($"\"{line}\" is no serial number or fingerprint in hexadecimal.");
}
