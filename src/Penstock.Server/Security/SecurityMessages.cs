using NodaTime;
using Penstock.Server.Gateway;
using Penstock.Server.Hosting;
using V16 = Penstock.Ocpp.V16;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Security;

/// <summary>What stations say about security (blocks A and M): events, certificates to sign, certificates to look up.</summary>
internal sealed class SecurityMessages(StationCertificateAuthority authority, CertificateShelf shelf, CertificateDelivery delivery, CertificateExchange exchange, StationTrust trust, ILogger<SecurityMessages> log) : IStationMessages
{
    public void Register(MessageTable table)
    {
        table.On16<V16.SecurityEventNotificationRequest, V16.SecurityEventNotificationResponse>((from, m) => Event(from, new V16.SecurityEventNotificationResponse(), m.Type, m.Timestamp, m.TechInfo));
        table.On2x<V21.SecurityEventNotificationRequest, V21.SecurityEventNotificationResponse>((from, m) => Event(from, new V21.SecurityEventNotificationResponse(), m.Type, m.Timestamp, m.TechInfo));
        table.On16<V16.SignCertificateRequest, V16.SignCertificateResponse>((from, m) => Signed(
            from, m.Csr, null, null, s => new V16.SignCertificateResponse { Status = s.Reason is null ? V16.GenericStatus.Accepted : V16.GenericStatus.Rejected }));
        table.On2x<V21.SignCertificateRequest, V21.SignCertificateResponse>((from, m) => Signed(from, m.Csr, m.CertificateType, m.RequestId, s => s is { Code: { } code, Reason: { } reason }
            ? new V21.SignCertificateResponse { Status = V21.GenericStatus.Rejected, StatusInfo = Info(code, reason) }
            : new V21.SignCertificateResponse { Status = V21.GenericStatus.Accepted }));
        table.On2x<V21.GetCertificateStatusRequest, V21.GetCertificateStatusResponse>(StatusAsync);
        table.On2x<V21.GetCertificateChainStatusRequest, V21.GetCertificateChainStatusResponse>(ChainStatusAsync);
        table.On2x<V21.Get15118EVCertificateRequest, V21.Get15118EVCertificateResponse>(EvCertificateAsync);
    }

    private Reply<T> Event<T>(StationMessage from, T response, string type, DateTimeOffset at, string? detail) => new(response)
    {
        Key = from.ContentKey,
        Rows = SecurityEvents.Rows(new SecurityEvent(Instant.FromDateTimeOffset(at), from.Station, type, "station", detail)),
        After = [() => SecurityTexts.Reported(log, from.Station.Value, type, detail)],
    };

    /// <summary>The certificate follows the answer as CertificateSigned.</summary>
    private Reply<T> Signed<T>(StationMessage from, string csr, V21.CertificateSigningUse? use, int? requestId, Func<Signing, T> answer)
    {
        var signed = Sign(from, csr, use);
        return new Reply<T>(answer(signed))
        {
            Then = signed.Certificate is { } certificate
                ? [() => _ = delivery.SendAsync(from.Station, certificate, new V21.CertificateSignedRequest { CertificateChain = signed.Chain!, CertificateType = use, RequestId = requestId })]
                : [],
        };
    }

    private Signing Sign(StationMessage from, string csr, V21.CertificateSigningUse? use)
    {
        var now = TimeProvider.System.Now();
        if (use is V21.CertificateSigningUse.V2GCertificate or V21.CertificateSigningUse.V2G20Certificate) return Signing.Refused("UnsupportedRequest", "This platform signs charging station certificates; an ISO 15118 certificate comes from a V2G root.");
        if (shelf.TooMany(from.Station, now) is { } tooMany) return Signing.Refused("RateLimitExceeded", tooMany);
        var signed = authority.Sign(csr, from.Station, now);
        if (signed.Certificate is not { } certificate) return signed;
        shelf.Signed(from.Station, certificate, now);
        return signed;
    }

    private async ValueTask<Reply<V21.GetCertificateStatusResponse>> StatusAsync(StationMessage from, V21.GetCertificateStatusRequest m, CancellationToken cancel)
    {
        var asked = m.OcspRequestData;
        var hash = new V21.CertificateHashData { HashAlgorithm = asked.HashAlgorithm, IssuerNameHash = asked.IssuerNameHash, IssuerKeyHash = asked.IssuerKeyHash, SerialNumber = asked.SerialNumber };
        var answer = await AskAsync(from, hash, asked.ResponderURL, cancel);
        return answer.Value is { } der
            ? new V21.GetCertificateStatusResponse { Status = V21.GetCertificateStatus.Accepted, OcspResult = Convert.ToBase64String(der) }
            : new V21.GetCertificateStatusResponse { Status = V21.GetCertificateStatus.Failed, StatusInfo = Info(answer.Code!, answer.Reason!) };
    }

    private async ValueTask<Reply<V21.GetCertificateChainStatusResponse>> ChainStatusAsync(StationMessage from, V21.GetCertificateChainStatusRequest m, CancellationToken cancel)
    {
        var found = await Task.WhenAll(m.CertificateStatusRequests.Select(r => OneAsync(from, r, cancel)));
        return new V21.GetCertificateChainStatusResponse { CertificateStatus = found };
    }

    /// <summary>What a responder says, when it is the issuer's word.</summary>
    private async Task<Exchanged<byte[]>> AskAsync(StationMessage from, V21.CertificateHashData certificate, string responder, CancellationToken cancel)
    {
        var answer = await exchange.OcspAsync(certificate, responder, cancel);
        if (answer.Value is not { } der || OcspJudge.Fault(der, certificate, trust.Issuers, TimeProvider.System.Now()) is not { } fault) return answer;
        SecurityTexts.OcspRefused(log, new Uri(responder).Authority, from.Station.Value, certificate.SerialNumber, fault);
        return Exchanged<byte[]>.Failed("InternalError", $"The OCSP response of {new Uri(responder).Authority} is not passed on: {fault}.");
    }

    /// <summary>The first address that answers with the issuer's word counts. The platform judges here instead of the station: it asks https alone, and no CRL.</summary>
    private async Task<V21.CertificateStatus> OneAsync(StationMessage from, V21.CertificateStatusRequestInfo asked, CancellationToken cancel)
    {
        foreach (var url in asked.Source == V21.CertificateStatusSource.OCSP ? asked.Urls.Where(u => u.StartsWith("https://", StringComparison.OrdinalIgnoreCase)) : [])
        {
            var answer = await AskAsync(from, asked.CertificateHashData, url, cancel);
            if (answer.Value is { } der && OcspMessage.Read(der, asked.CertificateHashData.SerialNumber) is { } status) return Told(asked, status.Status, status.NextUpdate);
        }

        return Told(asked, V21.CertificateStatusType.Failed, null);
    }

    private static V21.CertificateStatus Told(V21.CertificateStatusRequestInfo asked, V21.CertificateStatusType status, Instant? next) =>
        new() { CertificateHashData = asked.CertificateHashData, Source = asked.Source, Status = status, NextUpdate = (next ?? TimeProvider.System.Now()).ToDateTimeOffset() };

    private async ValueTask<Reply<V21.Get15118EVCertificateResponse>> EvCertificateAsync(StationMessage from, V21.Get15118EVCertificateRequest m, CancellationToken cancel)
    {
        var answer = await exchange.EvCertificateAsync(m, cancel);
        return answer.Value is { } got
            ? new V21.Get15118EVCertificateResponse { Status = V21.Iso15118EVCertificateStatus.Accepted, ExiResponse = got.ExiResponse, RemainingContracts = got.RemainingContracts }
            : new V21.Get15118EVCertificateResponse { Status = V21.Iso15118EVCertificateStatus.Failed, ExiResponse = "", StatusInfo = Info(answer.Code!, answer.Reason!) };
    }

    /// <summary>2.0.1 carries 512 characters, 2.1 1024.</summary>
    private static V21.StatusInfo Info(string code, string reason) => new() { ReasonCode = code, AdditionalInfo = reason.Length <= 512 ? reason : reason[..512] };
}
