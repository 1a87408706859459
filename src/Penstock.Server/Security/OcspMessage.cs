using System.Formats.Asn1;
using NodaTime;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Security;

/// <summary>What a responder says of one certificate.</summary>
public sealed record OcspStatus(V21.CertificateStatusType Status, Instant? NextUpdate);

/// <summary>
/// OCSP on the wire (RFC 6960, DER). A request is OCSPRequest { tbsRequest { requestList { reqCert CertID } } } for one certificate; of a response the
/// status of one certificate is read.
/// </summary>
public static class OcspMessage
{
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

    /// <summary>The status of the certificate with this serial number; null when the bytes are no successful basic response that tells it. Whether it is true is <see cref="OcspJudge"/>'s matter.</summary>
    public static OcspStatus? Read(byte[] response, string serialNumber) => OcspAnswer.Read(response)?.Singles.FirstOrDefault(s => s.IsOf(serialNumber)) is { } single ? new OcspStatus(single.Status, single.NextUpdate) : null;

    private static string Even(string hexadecimal) => hexadecimal.Length % 2 == 0 ? hexadecimal : "0" + hexadecimal;

    private static byte[]? Hexadecimal(string text) => text.Length > 0 && text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit) ? Convert.FromHexString(text) : null;
}
