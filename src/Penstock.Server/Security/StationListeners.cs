using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Penstock.Server.Hosting;

namespace Penstock.Server.Security;

/// <summary>The sockets that the server listens on: the operator's, and those for stations alone, where nothing but /ocpp answers.</summary>
internal static class StationListeners
{
    /// <summary>Open sockets of the process, stations and operators.</summary>
    internal const int ConnectionsMax = 25_000;

    /// <summary>Open sockets of one address on the stations' ports, half-open ones included; this machine is exempt.</summary>
    internal const int ConnectionsPerAddressMax = 2_000;

    /// <summary>From the first byte of a TLS handshake to its end.</summary>
    internal static readonly TimeSpan TlsHandshakeMax = TimeSpan.FromSeconds(10);

    /// <summary>From the first byte of a request to the end of its headers: a slow-loris handshake ends here.</summary>
    internal static readonly TimeSpan HeadersMax = TimeSpan.FromSeconds(10);

    /// <summary>A socket that says nothing between requests, or at all.</summary>
    internal static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(60);

    /// <summary>Bytes of all headers of a request.</summary>
    internal const int HeaderBytesMax = 16 * 1024;

    private static readonly object StationsOnly = new(), Certificate = new();

    internal static void Configure(KestrelServerOptions kestrel, ServerOptions options)
    {
        var limits = kestrel.Limits;
        (limits.MaxConcurrentConnections, limits.MaxConcurrentUpgradedConnections) = (ConnectionsMax, ConnectionsMax);
        (limits.RequestHeadersTimeout, limits.KeepAliveTimeout, limits.MaxRequestHeadersTotalSize) = (HeadersMax, SilenceMax, HeaderBytesMax);
        kestrel.Listen(IPAddress.Parse(options.Address), options.Port);
        var address = IPAddress.Parse(options.Security.StationAddress ?? options.Address);
        if (options.Security.StationPort is { } plain) kestrel.Listen(address, plain, listen => ForStations(listen, new AddressCount(ConnectionsPerAddressMax)));
        if (options.Security.TlsPort is { } tls) kestrel.Listen(address, tls, listen => Encrypted(listen, kestrel.ApplicationServices));
    }

    /// <summary>404 for everything but /ocpp on the stations' ports: the operator's API is not theirs.</summary>
    internal static Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        if (Items(context)?.ContainsKey(StationsOnly) is not true || context.Request.Path.StartsWithSegments("/ocpp", StringComparison.Ordinal)) return next(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return context.Response.WriteAsync("This port is for stations: /ocpp/{stationId}.", context.RequestAborted);
    }

    /// <summary>What the client certificate of this connection was found to be; null = there is none.</summary>
    internal static PresentedCertificate? CertificateOf(HttpContext context) => context.Request.IsHttps && Items(context)?.TryGetValue(Certificate, out var found) is true ? (PresentedCertificate?)found : null;

    private static IDictionary<object, object?>? Items(HttpContext context) => context.Features.Get<IConnectionItemsFeature>()?.Items;

    private static void ForStations(ListenOptions listen, AddressCount open)
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.Use(next => connection =>
        {
            connection.Items[StationsOnly] = null;
            return open.CountedAsync(connection, next);
        });
    }

    private static void Encrypted(ListenOptions listen, IServiceProvider services)
    {
        var (certificate, trust) = (services.GetRequiredService<ServerCertificate>(), services.GetRequiredService<StationTrust>());
        ForStations(listen, new AddressCount(ConnectionsPerAddressMax));
        listen.UseHttps(new TlsHandshakeCallbackOptions { HandshakeTimeout = TlsHandshakeMax, OnConnection = shown => ValueTask.FromResult(Tls(certificate, trust, shown.Connection)) });
    }

    /// <summary>Every client certificate completes the handshake, which proves that the station has its key; what is wrong with it is told over HTTP in words.</summary>
    private static SslServerAuthenticationOptions Tls(ServerCertificate certificate, StationTrust trust, ConnectionContext connection) => new()
    {
        ServerCertificateContext = certificate.Context,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ClientCertificateRequired = true,
        CertificateChainPolicy = trust.Policy(),
        AllowRenegotiation = false,
        RemoteCertificateValidationCallback = (_, shown, chain, _) =>
        {
            if (shown is X509Certificate2 client) connection.Items[Certificate] = trust.Judge(client, chain);
            return true;
        },
    };

    /// <summary>Open sockets by address.</summary>
    private sealed class AddressCount(int most)
    {
        private readonly Dictionary<string, int> open = [];
        private readonly Lock gate = new();

        internal async Task CountedAsync(ConnectionContext connection, ConnectionDelegate next)
        {
            var address = (connection.RemoteEndPoint as IPEndPoint)?.Address;
            if (address is null || IPAddress.IsLoopback(address))
            {
                await next(connection);
                return;
            }

            var key = HandshakeLimits.KeyOf(address);
            if (!Enter(key))
            {
                connection.Abort(new ConnectionAbortedException($"{key} has {most} sockets open."));
                return;
            }

            try
            {
                await next(connection);
            }
            finally
            {
                Leave(key);
            }
        }

        private bool Enter(string key)
        {
            lock (gate)
            {
                var count = open.GetValueOrDefault(key);
                if (count >= most) return false;
                open[key] = count + 1;
                return true;
            }
        }

        private void Leave(string key)
        {
            lock (gate)
            {
                if (open[key] == 1) open.Remove(key);
                else open[key]--;
            }
        }
    }
}
