using System.Formats.Asn1;
using NodaTime;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Security;

/// <summary>What a responder says of one certificate.</summary>
public sealed record OcspStatus(V21.CertificateStatusType Status, Instant? NextUpdate);

/// <summary>
/// OCSP on the wire (RFC 6960, DER). A request is OCSPRequest { tbsRequest { requestList { reqCert CertID } } } for one certificate; of a response the
/// status of one certificate is read. Its signature is the station's to judge: it gets the bytes.
/// </summary>
public static class OcspMessage
{
    private const string Basic = "1.3.6.1.5.5.7.48.1.1";

    /// <summary>Null when a hash or the serial number is no hexadecimal.</summary>
    public static byte[]? Request(V21.CertificateHashData certificate)
    {
        if (Hexadecimal(certificate.IssuerNameHash) is not { } name || Hexadecimal(certificate.IssuerKeyHash) is not { } key || Hexadecimal(Even(certificate.SerialNumber)) is not { } serial) return null;
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(CertificateHash.Oid(certificate.HashAlgorithm));
                writer.WriteNull();
            }

            writer.WriteOctetString(name);
            writer.WriteOctetString(key);
            writer.WriteInteger(new System.Numerics.BigInteger(serial, isUnsigned: true, isBigEndian: true));
        }

        return writer.Encode();
    }

    /// <summary>The status of the certificate with this serial number; null when the bytes are no successful basic response that tells it.</summary>
    public static OcspStatus? Read(byte[] response, string serialNumber)
    {
        try
        {
            var outer = new AsnReader(response, AsnEncodingRules.DER).ReadSequence();
            if (outer.ReadEnumeratedBytes().Span is not [0]) return null; // successful(0)
            var bytes = outer.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence();
            if (bytes.ReadObjectIdentifier() != Basic) return null;
            var data = new AsnReader(bytes.ReadOctetString(), AsnEncodingRules.DER).ReadSequence().ReadSequence();
            if (data.PeekTag() is { TagClass: TagClass.ContextSpecific, TagValue: 0 }) data.ReadEncodedValue(); // version
            data.ReadEncodedValue(); // responderID
            data.ReadGeneralizedTime(); // producedAt
            var singles = data.ReadSequence();
            while (singles.HasData)
            {
                if (Single(singles.ReadSequence(), serialNumber) is { } found) return found;
            }

            return null;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private static OcspStatus? Single(AsnReader single, string serialNumber)
    {
        var id = single.ReadSequence();
        id.ReadSequence();
        id.ReadOctetString();
        id.ReadOctetString();
        if (!string.Equals(Convert.ToHexString(id.ReadIntegerBytes().Span).TrimStart('0'), serialNumber.TrimStart('0'), StringComparison.OrdinalIgnoreCase)) return null;
        var status = single.PeekTag().TagValue switch { 0 => V21.CertificateStatusType.Good, 1 => V21.CertificateStatusType.Revoked, _ => V21.CertificateStatusType.Unknown };
        single.ReadEncodedValue();
        single.ReadGeneralizedTime(); // thisUpdate
        var next = single.HasData && single.PeekTag() is { TagClass: TagClass.ContextSpecific, TagValue: 0 }
            ? single.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadGeneralizedTime()
            : (DateTimeOffset?)null;
        return new OcspStatus(status, next is { } at ? Instant.FromDateTimeOffset(at) : null);
    }

    private static string Even(string hexadecimal) => hexadecimal.Length % 2 == 0 ? hexadecimal : "0" + hexadecimal;

    private static byte[]? Hexadecimal(string text) => text.Length > 0 && text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit) ? Convert.FromHexString(text) : null;
}
