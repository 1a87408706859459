using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using CsCheck;
using NodaTime;
using Penstock.Server.Security;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.UnitTests.Server.Security;

public sealed class CertificateHashTests
{
    /// <summary>A root of "CN=Penstock test root" with serial number 0x0A1B; the hashes are those that openssl 3.0 prints: openssl ocsp -sha256 -issuer root.pem -cert root.pem -req_text.</summary>
    private const string Root = """
        -----BEGIN CERTIFICATE-----
        MIIBfTCCASOgAwIBAgICChswCgYIKoZIzj0EAwIwHTEbMBkGA1UEAwwSUGVuc3Rv
        Y2sgdGVzdCByb290MB4XDTI2MTEyNTE0MDYwOVoXDTM2MTEyMjE0MDYwOVowHTEb
        MBkGA1UEAwwSUGVuc3RvY2sgdGVzdCByb290MFkwEwYHKoZIzj0CAQYIKoZIzj0D
        AQcDQgAEckUVxOPvnHIxtoPvY4jPOrlTbXtRYmYBmi4BhX1/R0SwxL0oRjRSggtf
        G/U7OxRBeCJpX7C7yzkcSyKOy8nbkKNTMFEwHQYDVR0OBBYEFDoqKTKU2dPs2YDr
        4bpONpHkCApfMB8GA1UdIwQYMBaAFDoqKTKU2dPs2YDr4bpONpHkCApfMA8GA1Ud
        EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAOFhU3aUjYHRShjnHGy5LM3P
        ZxAIFvc23RrQCjJiBYBzAiAxc6AUWrBFbeEjP9V6TrtoG0hiNXOEKSiMhSwDgZ7D
        Xw==
        -----END CERTIFICATE-----
        """;

    [Fact]
    public void The_hashes_are_those_of_openssl()
    {
        using var root = X509Certificate2.CreateFromPem(Root);
        var hash = CertificateHash.Of(root, root);
        Assert.Equal("47dc3d840ab9d8d97084a98f45562d083c6882fe7294c9238fa11e91334e64c2", hash.IssuerNameHash);
        Assert.Equal("6ff27796bab2265cccbcbf721900b3d8d9b5773b9462d090274bedff6e92afa9", hash.IssuerKeyHash);
        Assert.Equal("a1b", hash.SerialNumber);
        Assert.Null(hash.Check());
    }

    [Fact]
    public void A_longer_hash_still_fits_into_the_field()
    {
        using var root = X509Certificate2.CreateFromPem(Root);
        Assert.Equal((96, 128), (CertificateHash.Of(root, root, V21.HashAlgorithm.SHA384).IssuerKeyHash.Length, CertificateHash.Of(root, root, V21.HashAlgorithm.SHA512).IssuerNameHash.Length));
        Assert.Null(CertificateHash.Of(root, root, V21.HashAlgorithm.SHA512).Check());
    }

    [Fact]
    public void Case_and_leading_zeros_do_not_matter_and_everything_else_does()
    {
        using var root = X509Certificate2.CreateFromPem(Root);
        var hash = CertificateHash.Of(root, root);
        Assert.True(CertificateHash.Same(hash, hash with { IssuerNameHash = hash.IssuerNameHash.ToUpperInvariant(), SerialNumber = "0A1B" }));
        Assert.False(CertificateHash.Same(hash, hash with { SerialNumber = "A1C" }));
        Assert.False(CertificateHash.Same(hash, hash with { HashAlgorithm = V21.HashAlgorithm.SHA384 }));
    }

    [Fact]
    public void A_request_to_a_responder_carries_the_hashes_as_bytes()
    {
        using var root = X509Certificate2.CreateFromPem(Root);
        var hash = CertificateHash.Of(root, root);
        var id = new AsnReader(OcspMessage.Request(hash)!, AsnEncodingRules.DER).ReadSequence().ReadSequence().ReadSequence().ReadSequence().ReadSequence();
        Assert.Equal("2.16.840.1.101.3.4.2.1", id.ReadSequence().ReadObjectIdentifier());
        Assert.Equal(hash.IssuerNameHash, Convert.ToHexStringLower(id.ReadOctetString()));
        Assert.Equal(hash.IssuerKeyHash, Convert.ToHexStringLower(id.ReadOctetString()));
        Assert.Equal(0x0A1B, (int)id.ReadInteger());
        Assert.Null(OcspMessage.Request(hash with { SerialNumber = "xyz" }));
        Assert.Null(OcspMessage.Request(hash with { IssuerKeyHash = "" }));
    }

    [Theory]
    [InlineData(0, V21.CertificateStatusType.Good)]
    [InlineData(1, V21.CertificateStatusType.Revoked)]
    [InlineData(2, V21.CertificateStatusType.Unknown)]
    public void The_status_of_the_certificate_asked_for_is_read(int tag, V21.CertificateStatusType status)
    {
        var response = Response(0x0A1B, tag);
        Assert.Equal(new OcspStatus(status, Instant.FromUtc(2026, 4, 9, 0, 0)), OcspMessage.Read(response, "0A1B"));
        Assert.Null(OcspMessage.Read(response, "0A1C"));
    }

    [Fact]
    public void Bytes_that_are_no_response_give_nothing() => Gen.Byte.Array[0, 200].Sample(bytes => Assert.Null(OcspMessage.Read(bytes, "0A1B")));

    [Fact]
    public void A_response_with_a_changed_byte_is_read_or_not_and_never_throws()
    {
        var response = Response(0x0A1B, 0);
        Gen.Select(Gen.Int[0, response.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            var changed = (byte[])response.Clone();
            changed[at] = value;
            OcspMessage.Read(changed, "0A1B");
        });
    }

    private static byte[] Response(int serial, int status)
    {
        var basic = new AsnWriter(AsnEncodingRules.DER);
        using (basic.PushSequence())
        {
            using (basic.PushSequence())
            {
                using (basic.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 2))) basic.WriteOctetString(new byte[20]);
                basic.WriteGeneralizedTime(new DateTimeOffset(2026, 4, 2, 0, 0, 0, TimeSpan.Zero));
                using (basic.PushSequence())
                using (basic.PushSequence())
                {
                    using (basic.PushSequence())
                    {
                        using (basic.PushSequence()) basic.WriteObjectIdentifier("2.16.840.1.101.3.4.2.1");
                        basic.WriteOctetString(new byte[32]);
                        basic.WriteOctetString(new byte[32]);
                        basic.WriteInteger(serial);
                    }

                    if (status != 1) basic.WriteNull(new Asn1Tag(TagClass.ContextSpecific, status));
                    else using (basic.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1))) basic.WriteGeneralizedTime(new DateTimeOffset(2026, 4, 1, 0, 0, 0, TimeSpan.Zero));
                    basic.WriteGeneralizedTime(new DateTimeOffset(2026, 4, 2, 0, 0, 0, TimeSpan.Zero));
                    using (basic.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0))) basic.WriteGeneralizedTime(new DateTimeOffset(2026, 4, 9, 0, 0, 0, TimeSpan.Zero));
                }
            }

            using (basic.PushSequence()) basic.WriteObjectIdentifier("1.2.840.10045.4.3.2");
            basic.WriteBitString(new byte[64]);
        }

        var outer = new AsnWriter(AsnEncodingRules.DER);
        using (outer.PushSequence())
        {
            outer.WriteEnumeratedValue(OcspResponseStatus.Successful);
            using (outer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            using (outer.PushSequence())
            {
                outer.WriteObjectIdentifier("1.3.6.1.5.5.7.48.1.1");
                outer.WriteOctetString(basic.Encode());
            }
        }

        return outer.Encode();
    }

    private enum OcspResponseStatus
    {
        Successful,
    }
}
