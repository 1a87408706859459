using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Security;

/// <summary>How OCPP 2.x names a certificate without showing it (CertificateHashDataType, after RFC 6960's CertID).</summary>
public static class CertificateHash
{
    /// <param name="issuer">The certificate's issuer; the certificate itself when it is a root.</param>
    /// <returns>Hashes of the issuer's distinguished name (DER) and of its public key without tag, length and unused bits; the serial number in hexadecimal without leading zeros.</returns>
    public static V21.CertificateHashData Of(X509Certificate2 certificate, X509Certificate2 issuer, V21.HashAlgorithm algorithm = V21.HashAlgorithm.SHA256) => new()
    {
        HashAlgorithm = algorithm,
        IssuerNameHash = Hash(algorithm, certificate.IssuerName.RawData),
        IssuerKeyHash = Hash(algorithm, issuer.PublicKey.EncodedKeyValue.RawData),
        SerialNumber = certificate.SerialNumber.TrimStart('0') is { Length: > 0 } serial ? serial.ToLowerInvariant() : "0",
    };

    /// <summary>Both name the same certificate: hexadecimal in either case, serial numbers with or without leading zeros.</summary>
    public static bool Same(V21.CertificateHashData a, V21.CertificateHashData b) =>
        a.HashAlgorithm == b.HashAlgorithm && Same(a.IssuerNameHash, b.IssuerNameHash) && Same(a.IssuerKeyHash, b.IssuerKeyHash) && Same(a.SerialNumber.TrimStart('0'), b.SerialNumber.TrimStart('0'));

    /// <summary>The certificate is the issuer's that the hashes name: whoever signs with its key speaks for the issuer.</summary>
    internal static bool IsIssuer(V21.CertificateHashData asked, X509Certificate2 issuer) =>
        Same(Hash(asked.HashAlgorithm, issuer.SubjectName.RawData), asked.IssuerNameHash) && Same(Hash(asked.HashAlgorithm, issuer.PublicKey.EncodedKeyValue.RawData), asked.IssuerKeyHash);

    internal static string Oid(V21.HashAlgorithm algorithm) => algorithm switch
    {
        V21.HashAlgorithm.SHA384 => "2.16.840.1.101.3.4.2.2",
        V21.HashAlgorithm.SHA512 => "2.16.840.1.101.3.4.2.3",
        _ => "2.16.840.1.101.3.4.2.1",
    };

    private static string Hash(V21.HashAlgorithm algorithm, byte[] bytes) => Convert.ToHexStringLower(algorithm switch
    {
        V21.HashAlgorithm.SHA384 => SHA384.HashData(bytes),
        V21.HashAlgorithm.SHA512 => SHA512.HashData(bytes),
        _ => SHA256.HashData(bytes),
    });

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
