using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodaTime;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Security;

/// <summary>What a response says of one certificate.</summary>
/// <param name="NextUpdate">Null = newer word is always to be had.</param>
internal sealed record OcspSingle(string HashOid, byte[] IssuerNameHash, byte[] IssuerKeyHash, string Serial, V21.CertificateStatusType Status, Instant ThisUpdate, Instant? NextUpdate)
{
    internal bool IsOf(V21.CertificateHashData asked) => IsOf(asked.SerialNumber) && HashOid == CertificateHash.Oid(asked.HashAlgorithm) && Same(IssuerNameHash, asked.IssuerNameHash) && Same(IssuerKeyHash, asked.IssuerKeyHash);

    internal bool IsOf(string serial) => string.Equals(Serial, serial.TrimStart('0'), StringComparison.OrdinalIgnoreCase);

    private static bool Same(byte[] bytes, string hexadecimal) => string.Equals(Convert.ToHexString(bytes), hexadecimal, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A successful basic response (RFC 6960, 4.2.1), read and not yet believed.</summary>
/// <param name="Signature">Over its ResponseData.</param>
internal sealed record OcspAnswer(IReadOnlyList<OcspSingle> Singles, DerSignature Signature, IReadOnlyList<X509Certificate2> Certificates)
{
    private const string Basic = "1.3.6.1.5.5.7.48.1.1";

    /// <summary>Certificates that a response may bring along; the others are not looked at.</summary>
    private const int CertificatesMax = 8;

    /// <returns>Null when the bytes are no successful basic response.</returns>
    internal static OcspAnswer? Read(byte[] response)
    {
        try
        {
            var outer = new AsnReader(response, AsnEncodingRules.DER).ReadSequence();
            if (outer.ReadEnumeratedBytes().Span is not [0]) return null; // successful(0)
            var bytes = outer.ReadSequence(Context(0)).ReadSequence();
            if (bytes.ReadObjectIdentifier() != Basic) return null;
            var basic = new AsnReader(bytes.ReadOctetString(), AsnEncodingRules.DER).ReadSequence();
            var signature = DerSignature.Read(basic, out var data);
            data = data.ReadSequence();
            if (data.PeekTag() is { TagClass: TagClass.ContextSpecific, TagValue: 0 }) data.ReadEncodedValue(); // version
            data.ReadEncodedValue(); // responderID: whoever is entitled and signed it
            data.ReadGeneralizedTime(); // producedAt
            var (singles, list) = (data.ReadSequence(), new List<OcspSingle>());
            while (singles.HasData) list.Add(Single(singles.ReadSequence()));
            return new OcspAnswer(list, signature, basic.HasData ? CertificatesOf(basic.ReadSequence(Context(0)).ReadSequence()) : []);
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException)
        {
            return null;
        }
    }

    private static OcspSingle Single(AsnReader single)
    {
        var id = single.ReadSequence();
        var (hash, name, key, serial) = (id.ReadSequence().ReadObjectIdentifier(), id.ReadOctetString(), id.ReadOctetString(), Convert.ToHexString(id.ReadIntegerBytes().Span).TrimStart('0'));
        var status = single.PeekTag().TagValue switch { 0 => V21.CertificateStatusType.Good, 1 => V21.CertificateStatusType.Revoked, _ => V21.CertificateStatusType.Unknown };
        single.ReadEncodedValue();
        var from = Instant.FromDateTimeOffset(single.ReadGeneralizedTime());
        Instant? next = single.HasData && single.PeekTag() is { TagClass: TagClass.ContextSpecific, TagValue: 0 } ? Instant.FromDateTimeOffset(single.ReadSequence(Context(0)).ReadGeneralizedTime()) : null;
        return new OcspSingle(hash, name, key, serial, status, from, next);
    }

    private static List<X509Certificate2> CertificatesOf(AsnReader certificates)
    {
        var found = new List<X509Certificate2>();
        while (certificates.HasData && found.Count < CertificatesMax) found.Add(X509CertificateLoader.LoadCertificate(certificates.ReadEncodedValue().Span));
        return found;
    }

    private static Asn1Tag Context(int number) => new(TagClass.ContextSpecific, number);
}

/// <summary>What a certificate and an OCSP response have in common: bytes, an algorithm, a signature over the bytes.</summary>
internal sealed record DerSignature(ReadOnlyMemory<byte> Signed, string Algorithm, byte[] Value)
{
    /// <param name="signed">At the bytes that are signed.</param>
    internal static DerSignature Read(AsnReader from, out AsnReader signed)
    {
        var bytes = from.ReadEncodedValue();
        signed = new AsnReader(bytes, AsnEncodingRules.DER);
        return new DerSignature(bytes, from.ReadSequence().ReadObjectIdentifier(), from.ReadBitString(out _));
    }

    internal static DerSignature Of(X509Certificate2 certificate) => Read(new AsnReader(certificate.RawData, AsnEncodingRules.DER).ReadSequence(), out _);

    /// <summary>ECDSA and RSA (PKCS #1) with SHA-256, 384 and 512; anything else is nobody's.</summary>
    internal bool IsBy(PublicKey key)
    {
        var (elliptic, hash) = Algorithm switch
        {
            "1.2.840.10045.4.3.2" => (true, HashAlgorithmName.SHA256),
            "1.2.840.10045.4.3.3" => (true, HashAlgorithmName.SHA384),
            "1.2.840.10045.4.3.4" => (true, HashAlgorithmName.SHA512),
            "1.2.840.113549.1.1.11" => (false, HashAlgorithmName.SHA256),
            "1.2.840.113549.1.1.12" => (false, HashAlgorithmName.SHA384),
            "1.2.840.113549.1.1.13" => (false, HashAlgorithmName.SHA512),
            _ => default,
        };
        if (hash == default) return false;
        try
        {
            using var ecdsa = elliptic ? key.GetECDsaPublicKey() : null;
            using var rsa = elliptic ? null : key.GetRSAPublicKey();
            return ecdsa?.VerifyData(Signed.Span, Value, hash, DSASignatureFormat.Rfc3279DerSequence) ?? rsa?.VerifyData(Signed.Span, Value, hash, RSASignaturePadding.Pkcs1) ?? false;
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            return false; // a key of a curve that nobody knows
        }
    }
}
