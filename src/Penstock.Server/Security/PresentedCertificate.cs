using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodaTime;

namespace Penstock.Server.Security;

/// <summary>A certificate as a station showed it in the TLS handshake, and what was found of it.</summary>
/// <param name="Names">Common name and DNS alternative names.</param>
/// <param name="Fault">Why it proves nothing: chain, validity, revocation; null = it proves its names.</param>
public sealed record PresentedCertificate(
    string Subject, IReadOnlyList<string> Names, IReadOnlyList<string> Organizations, string SerialNumber, string Fingerprint, Instant NotBefore, Instant NotAfter, string? Fault)
{
    internal static PresentedCertificate Of(X509Certificate2 certificate, string? fault) => new(
        certificate.Subject,
        [.. Values(certificate, CommonName), .. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(n => n.EnumerateDnsNames())],
        [.. Values(certificate, OrganizationName)],
        certificate.SerialNumber.TrimStart('0'), certificate.GetCertHashString(HashAlgorithmName.SHA256),
        Instant.FromDateTimeUtc(certificate.NotBefore.ToUniversalTime()), Instant.FromDateTimeUtc(certificate.NotAfter.ToUniversalTime()), fault);

    /// <summary>Why it does not stand for this station; null = it does.</summary>
    public string? FaultFor(string station, string? organization) =>
        Fault is { } fault ? fault
        : !Names.Contains(station, StringComparer.Ordinal) ? $"The certificate names {(Names.Count == 0 ? "nobody" : string.Join(", ", Names))} (CN and SAN), the station says to be {station}."
        : organization is not null && !Organizations.Contains(organization, StringComparer.Ordinal) ? $"The certificate's organisation (O) is {(Organizations.Count == 0 ? "missing" : string.Join(", ", Organizations))}; {organization} is expected."
        : null;

    internal const string CommonName = "2.5.4.3";
    internal const string OrganizationName = "2.5.4.10";

    private static IEnumerable<string> Values(X509Certificate2 certificate, string type) => Values(certificate.SubjectName, type);

    internal static IEnumerable<string> Values(X500DistinguishedName name, string type)
    {
        foreach (var part in name.EnumerateRelativeDistinguishedNames())
        {
            if (!part.HasMultipleElements && part.GetSingleElementType().Value == type && Text(part) is { } value) yield return value;
        }
    }

    private static string? Text(X500RelativeDistinguishedName part)
    {
        try
        {
            return part.GetSingleElementValue();
        }
        catch (Exception e) when (e is InvalidOperationException or CryptographicException or AsnContentException)
        {
            return null;
        }
    }
}
