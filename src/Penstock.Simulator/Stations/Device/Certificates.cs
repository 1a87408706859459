using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Penstock.Ocpp.V21;
using HashAlgorithm = Penstock.Ocpp.V21.HashAlgorithm;

namespace Penstock.Simulator.Stations.Device;

/// <summary>The certificates of a station (blocks A and M): roots that were installed, chains that were signed for its own keys.</summary>
internal sealed class Certificates(DeviceState device)
{
    /// <summary>SecurityCtrlr.CertificateEntries has this as its limit.</summary>
    internal const int Max = 20;

    private readonly List<(GetCertificateIdUse Use, X509Certificate2 Certificate)> installed = [];
    private readonly Dictionary<CertificateSigningUse, ECDsa> keys = [];
    private readonly Dictionary<CertificateSigningUse, X509Certificate2Collection> chains = [];

    internal int Count => installed.Count;

    /// <summary>The chain that the central system had signed, leaf first; null = none yet.</summary>
    internal X509Certificate2Collection? Chain(CertificateSigningUse use) => chains.GetValueOrDefault(use);

    /// <summary>The station's own certificate with its key; null = the central system signed none yet.</summary>
    internal X509Certificate2? OwnWithKey { get; private set; }

    /// <summary>Roots of central systems that were installed.</summary>
    internal IEnumerable<X509Certificate2> CentralRoots => installed.Where(i => i.Use == GetCertificateIdUse.CSMSRootCertificate).Select(i => i.Certificate);

    internal InstallCertificateResponse Install(InstallCertificateRequest asked)
    {
        if (Read(asked.Certificate) is not [var certificate, ..]) return new InstallCertificateResponse { Status = InstallCertificateStatus.Rejected, StatusInfo = Reason("InvalidCertificate", "certificate is no X.509 certificate in PEM") };
        if (certificate.NotAfter.ToUniversalTime() <= device.Now.UtcDateTime) return new InstallCertificateResponse { Status = InstallCertificateStatus.Rejected, StatusInfo = Reason("InvalidCertificate", $"it expired at {certificate.NotAfter.ToUniversalTime():O}") };
        if (installed.Count >= Max) return new InstallCertificateResponse { Status = InstallCertificateStatus.Failed, StatusInfo = Reason("OutOfStorage", $"at most {Max} certificates") };
        var use = Enum.Parse<GetCertificateIdUse>(asked.CertificateType.ToString());
        installed.RemoveAll(i => i.Use == use && i.Certificate.Thumbprint == certificate.Thumbprint);
        installed.Add((use, certificate));
        return new InstallCertificateResponse { Status = InstallCertificateStatus.Accepted };
    }

    internal GetInstalledCertificateIdsResponse Ids(GetInstalledCertificateIdsRequest asked)
    {
        var all = installed.Where(i => asked.CertificateType is not { Count: > 0 } wanted || wanted.Contains(i.Use))
            .Select(i => new CertificateHashDataChain { CertificateType = i.Use, CertificateHashData = Hash(i.Certificate, Issuer(i.Certificate), HashAlgorithm.SHA256) }).ToList();
        if (asked.CertificateType is not { Count: > 0 } uses || uses.Contains(GetCertificateIdUse.V2GCertificateChain))
        {
            foreach (var chain in chains.Where(c => c.Key != CertificateSigningUse.ChargingStationCertificate).Select(c => c.Value))
            {
                var hashes = chain.Select((c, n) => Hash(c, n + 1 < chain.Count ? chain[n + 1] : Issuer(c), HashAlgorithm.SHA256)).ToList();
                all.Add(new CertificateHashDataChain { CertificateType = GetCertificateIdUse.V2GCertificateChain, CertificateHashData = hashes[0], ChildCertificateHashData = hashes.Count > 1 ? [.. hashes.Skip(1).Take(4)] : null });
            }
        }

        return new GetInstalledCertificateIdsResponse { Status = all.Count > 0 ? GetInstalledCertificateStatus.Accepted : GetInstalledCertificateStatus.NotFound, CertificateHashDataChain = all.Count > 0 ? all : null };
    }

    internal DeleteCertificateResponse Delete(CertificateHashData asked)
    {
        bool Meant(X509Certificate2 c) => Hash(c, Issuer(c), asked.HashAlgorithm) is var own && Same(own.IssuerNameHash, asked.IssuerNameHash) && Same(own.IssuerKeyHash, asked.IssuerKeyHash) && Same(own.SerialNumber, asked.SerialNumber);
        if (chains.TryGetValue(CertificateSigningUse.ChargingStationCertificate, out var own) && Meant(own[0])) return new DeleteCertificateResponse { Status = DeleteCertificateStatus.Failed, StatusInfo = Reason("Unspecified", "it is the station's own (M04.FR.06)") };
        return new DeleteCertificateResponse { Status = installed.RemoveAll(i => Meant(i.Certificate)) > 0 ? DeleteCertificateStatus.Accepted : DeleteCertificateStatus.NotFound };
    }

    /// <summary>Makes a new key and asks to have it signed; 2.0.1 and 1.6 know no request id.</summary>
    internal void Sign(CertificateSigningUse use)
    {
        var key = keys[use] = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName($"CN={device.Station.Model.Id.Value}, O={device.Model.Text("SecurityCtrlr", "OrganizationName")}"), key, HashAlgorithmName.SHA256);
        var is21 = device.Is21;
        device.Say<SignCertificateRequest, SignCertificateResponse>(new SignCertificateRequest { Csr = request.CreateSigningRequestPem(), CertificateType = device.Is16 ? null : use, RequestId = is21 ? device.NextId() : null });
    }

    /// <summary>A chain is taken when it is for the key that was asked for, and valid now.</summary>
    internal CertificateSignedResponse Signed(CertificateSignedRequest asked)
    {
        var use = asked.CertificateType ?? CertificateSigningUse.ChargingStationCertificate;
        var chain = Read(asked.CertificateChain);
        var fault = chain is not [var leaf, ..] ? "certificateChain is no chain of X.509 certificates in PEM"
            : !keys.TryGetValue(use, out var key) ? "no certificate of this kind was asked for"
            : leaf.GetECDsaPublicKey() is not { } given || !given.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()) ? "its public key is not that of the request"
            : leaf.NotAfter.ToUniversalTime() <= device.Now.UtcDateTime || leaf.NotBefore.ToUniversalTime() > device.Now.UtcDateTime.AddDays(1) ? "it is not valid now" : null;
        if (fault is not null)
        {
            device.Secure("InvalidChargingStationCertificate", fault);
            return new CertificateSignedResponse { Status = CertificateSignedStatus.Rejected, StatusInfo = Reason("InvalidCertificate", fault) };
        }

        chains[use] = [.. chain];
        if (use == CertificateSigningUse.ChargingStationCertificate) OwnWithKey = X509CertificateLoader.LoadPkcs12(chain[0].CopyWithPrivateKey(keys[use]).Export(X509ContentType.Pkcs12), null);
        return new CertificateSignedResponse { Status = CertificateSignedStatus.Accepted };
    }

    /// <summary>Hash data as OCPP and OCSP define it: issuer's name, issuer's key without its header, serial number.</summary>
    internal static CertificateHashData Hash(X509Certificate2 certificate, X509Certificate2 issuer, HashAlgorithm algorithm)
    {
        var name = algorithm switch { HashAlgorithm.SHA384 => HashAlgorithmName.SHA384, HashAlgorithm.SHA512 => HashAlgorithmName.SHA512, _ => HashAlgorithmName.SHA256 };
        var serial = certificate.SerialNumber.TrimStart('0').ToLowerInvariant();
        return new CertificateHashData
        {
            HashAlgorithm = algorithm, IssuerNameHash = Hex(CryptographicOperations.HashData(name, certificate.IssuerName.RawData)),
            IssuerKeyHash = Hex(CryptographicOperations.HashData(name, issuer.PublicKey.EncodedKeyValue.RawData)), SerialNumber = serial.Length == 0 ? "0" : serial,
        };
    }

    internal static List<X509Certificate2> Read(string pem)
    {
        try
        {
            var found = new X509Certificate2Collection();
            found.ImportFromPem(pem);
            return [.. found];
        }
        catch (CryptographicException)
        {
            return [];
        }
    }

    /// <summary>The installed issuer, or the certificate itself where its issuer is not here.</summary>
    private X509Certificate2 Issuer(X509Certificate2 certificate) => installed.Select(i => i.Certificate).FirstOrDefault(c => c.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData)) ?? certificate;

    private static StatusInfo Reason(string code, string text) => new() { ReasonCode = code, AdditionalInfo = text };

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
