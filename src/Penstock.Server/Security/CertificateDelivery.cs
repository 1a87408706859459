using System.Security.Cryptography.X509Certificates;
using Penstock.Core.Sites;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Gateway;
using Penstock.Server.Hosting;
using Penstock.Server.Stations;
using V16 = Penstock.Ocpp.V16;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Security;

/// <summary>
/// Brings a signed certificate to its station, after the station heard that its request was accepted (A02). One that is lost on the way is asked for again:
/// the station repeats its request after CertSigningWaitMinimum.
/// </summary>
internal sealed class CertificateDelivery(StationRegistry registry, StationCalls calls, CertificateShelf shelf, ILogger<CertificateDelivery> log)
{
    internal async Task SendAsync(StationId station, X509Certificate2 certificate, V21.CertificateSignedRequest message)
    {
        if (registry.Find(station) is not { } connection) return;
        bool? accepted;
        if (connection.Version == OcppVersion.V16)
        {
            var outcome = await connection.CallAsync<V16.CertificateSignedRequest, V16.CertificateSignedResponse>(new V16.CertificateSignedRequest { CertificateChain = message.CertificateChain });
            accepted = outcome.Response is { } answer ? answer.Status == V16.CertificateSignedStatus.Accepted : null;
        }
        else
        {
            var outcome = await calls.CallAsync<V21.CertificateSignedRequest, V21.CertificateSignedResponse>(station, message);
            accepted = outcome.Response is { } answer ? answer.Status == V21.CertificateSignedStatus.Accepted : null;
        }

        if (accepted is { } said) shelf.Answered(certificate, said, TimeProvider.System.Now());
        SecurityTexts.Signed(log, certificate.SerialNumber, station.Value, certificate.NotAfter.ToUniversalTime(), accepted switch { true => "Accepted", false => "Rejected", null => "nothing" });
    }
}
