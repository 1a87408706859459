using System.Collections.Concurrent;
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
    private readonly ConcurrentDictionary<StationId, (X509Certificate2 Certificate, V21.CertificateSignedRequest Message)> ready = new();

    /// <summary>Called while the request is being answered.</summary>
    internal void Want(StationId station, X509Certificate2 certificate, V21.CertificateSignedRequest message) => ready[station] = (certificate, message);

    /// <summary>An answer to the station is on the wire.</summary>
    internal void Answered(StationId station)
    {
        if (!ready.IsEmpty && ready.TryRemove(station, out var next)) _ = SendAsync(station, next.Certificate, next.Message);
    }

    private async Task SendAsync(StationId station, X509Certificate2 certificate, V21.CertificateSignedRequest message)
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
