using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodaTime;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Security;

/// <summary>
/// Whether an OCSP response is the word of the certificate's issuer, or of a responder that the issuer delegated (RFC 6960, 4.2.2.2), and in time. The issuer is who has the key whose hash was asked for: no chain is needed. Pure.
/// </summary>
internal static class OcspJudge
{
    /// <summary>id-kp-OCSPSigning: what makes a certificate of the issuer a responder's.</summary>
    private const string Signing = "1.3.6.1.5.5.7.3.9";

    /// <summary>Clocks may be apart by this.</summary>
    internal static readonly Duration Tolerance = Duration.FromMinutes(5);

    /// <summary>How long a word without nextUpdate is believed.</summary>
    internal static readonly Duration BelievedWithoutEnd = Duration.FromDays(1);

    /// <param name="known">Certificates of issuers that may not be in the response.</param>
    /// <returns>Why the response proves nothing; null = it does.</returns>
    internal static string? Fault(byte[] response, V21.CertificateHashData asked, IEnumerable<X509Certificate2> known, Instant now)
    {
        try
        {
            return OcspAnswer.Read(response) is { } answer ? Fault(answer, asked, known, now) : "it is no successful OCSP response";
        }
        catch (Exception e) when (e is CryptographicException or AsnContentException or PlatformNotSupportedException)
        {
            return "a certificate in it cannot be read"; // parts of it are read when they are asked for
        }
    }

    private static string? Fault(OcspAnswer answer, V21.CertificateHashData asked, IEnumerable<X509Certificate2> known, Instant now)
    {
        if (answer.Singles.FirstOrDefault(s => s.IsOf(asked)) is not { } single) return "it does not tell of the certificate that was asked for";
        if (single.ThisUpdate > now + Tolerance) return FormattableString.Invariant($"it is of the future: thisUpdate is {single.ThisUpdate}");
        var until = single.NextUpdate ?? single.ThisUpdate + BelievedWithoutEnd;
        if (now > until + Tolerance) return FormattableString.Invariant($"it is out of date since {until}");
        if (answer.Certificates.Concat(known).FirstOrDefault(c => CertificateHash.IsIssuer(asked, c)) is not { } issuer) return "the issuer's certificate is neither in it nor known here (Penstock:Security:OcspIssuers)";
        if (answer.Signature.IsBy(issuer.PublicKey)) return null;
        if (answer.Certificates.FirstOrDefault(c => answer.Signature.IsBy(c.PublicKey)) is not { } responder) return "its signature is neither the issuer's nor of a certificate that it brings along";
        return DelegationFault(responder, issuer, now) is { } fault ? $"it was signed by {responder.Subject}, {fault}" : null;
    }

    private static string? DelegationFault(X509Certificate2 responder, X509Certificate2 issuer, Instant now) =>
        !responder.IssuerName.RawData.AsSpan().SequenceEqual(issuer.SubjectName.RawData) || !DerSignature.Of(responder).IsBy(issuer.PublicKey) ? $"which {issuer.Subject} did not issue"
        : !responder.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any(e => e.EnhancedKeyUsages.Cast<Oid>().Any(o => o.Value == Signing)) ? "which is not entitled to sign OCSP responses"
        : now < Instant.FromDateTimeUtc(responder.NotBefore.ToUniversalTime()) - Tolerance || now > Instant.FromDateTimeUtc(responder.NotAfter.ToUniversalTime()) ? "whose certificate is not valid now"
        : null;
}
