using System.Net.WebSockets;
using Penstock.Core.Sites;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Hosting;
using Penstock.Server.Security;
using Penstock.Server.Sites;
using Penstock.Server.Wire;

namespace Penstock.Server.Gateway;

/// <summary>Accepts stations at /ocpp/{stationId}.</summary>
internal sealed class OcppEndpoint(
    StationRegistry registry, StationRoll roll, IncomingMessages messages, SiteDirectory sites, MessageLog log, HandshakeGate gate, TimeProvider time, ILogger<OcppEndpoint> logger)
{
    /// <summary>Longest station identity: what OCPP 2.1 allows for it (48), in characters that need no escaping in a URL or a file name.</summary>
    public const int StationIdLengthMax = 48;

    /// <summary>How long a new socket waits for the last message of the one that it replaces.</summary>
    public static readonly TimeSpan TakeoverMax = TimeSpan.FromSeconds(5);

    private static readonly ConnectionOptions Options = new();

    /// <summary>Serves the stations' path; a WebSocket anywhere else is told where to go, all other requests go on.</summary>
    public Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        if (!context.Request.Path.StartsWithSegments("/ocpp", StringComparison.Ordinal, out var rest)) return context.WebSockets.IsWebSocketRequest ? NoStation(context) : next(context);
        var id = rest.HasValue ? rest.Value[1..] : "";
        return id.Length == 0 || id.Contains('/') ? NoStation(context) : AcceptAsync(context, id);
    }

    /// <summary>What the checks and the handshake hold is free before the long wait begins.</summary>
    private async Task AcceptAsync(HttpContext context, string stationId)
    {
        if (await HandshakeAsync(context, stationId) is not var (session, socket)) return;
        using (socket)
        {
            if (registry.Enter(session) is not { } olderEnded) return; // a newer socket came in during the handshake
            try
            {
                await olderEnded.WaitAsync(TakeoverMax, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // one writer per station
                Came(session);
                await session.Connection.RunAsync(CancellationToken.None); // an aborted request ends its socket
            }
            finally
            {
                Left(session);
            }
        }
    }

    private async Task<(StationRegistry.Session Session, WebSocket Socket)?> HandshakeAsync(HttpContext context, string stationId)
    {
        if (!IsStationId(stationId)) return await RefuseAsync(context, $"The station id must be 1 to {StationIdLengthMax} letters, digits or -_.:*+=@| and not start with a dot.");
        if (!context.WebSockets.IsWebSocketRequest) return await RefuseAsync(context, "This address speaks OCPP-J over WebSocket; connect with a subprotocol of " + string.Join(", ", Subprotocol.All) + ".");
        var offered = context.WebSockets.WebSocketRequestedProtocols;
        if ((offered.Count == 0 ? OcppVersion.V16 : Subprotocol.Choose(offered)) is not { } version) // old stations of 1.6 offer none
        {
            return await RefuseAsync(context, "Offer one of the subprotocols " + string.Join(", ", Subprotocol.All) + ".");
        }

        var station = new StationId(stationId);
        if (await gate.AdmitAsync(context, station) is not { } profile) return null;
        var epoch = registry.NextEpoch();
        var socket = await context.WebSockets.AcceptWebSocketAsync(Acceptance(context, version));
        roll.Change(station, Subprotocol.Name(version), time.Now(), s => s with { RemoteAddress = AddressOf(context), SecurityProfile = profile });
        return (new(station, epoch, Connection(station, epoch, version, socket)), socket);
    }

    private OcppConnection Connection(StationId station, long epoch, OcppVersion version, WebSocket socket) => new(
        socket, version, (call, cancel) => messages.AnswerAsync(station, version, call, cancel), TimeProvider.System, Options, // deadlines of the wire are of the wall
        (direction, frame) => log.Add(station, direction, Secrets.Masked(frame)), registry.IdPrefix(epoch));

    /// <summary>
    /// Compression is accepted where it is offered, without context takeover either way: a window kept per connection would cost 40 kB and more. A server may ask
    /// for that although the offer did not (RFC 7692, 7.1.1.2). What is sent holds no secret beside chosen text, so its length tells none.
    /// </summary>
    private static WebSocketAcceptContext Acceptance(HttpContext context, OcppVersion version)
    {
        const string deflate = "permessage-deflate";
        var offered = context.Request.Headers.SecWebSocketExtensions.ToString().Contains(deflate, StringComparison.OrdinalIgnoreCase);
        if (offered) context.Request.Headers.SecWebSocketExtensions = deflate + "; client_no_context_takeover; server_no_context_takeover";
        var spoken = context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(name => Subprotocol.Choose([name]) == version); // as it was offered: its letters may be large
        return new WebSocketAcceptContext { SubProtocol = spoken, DangerousEnableCompression = offered, DisableServerContextTakeover = true };
    }

    private void Came(StationRegistry.Session session)
    {
        GatewayLog.Connected(logger, session.Station.Value, session.Connection.Version, session.Epoch);
        sites.Of(session.Station)?.Post(new StationConnected(time.Now(), session.Station));
    }

    private void Left(StationRegistry.Session session)
    {
        var station = session.Station;
        if (session.Connection.Refusal is { } refusal) GatewayLog.Refused(logger, station.Value, refusal);
        if (registry.Leave(session))
        {
            sites.Of(station)?.Post(new StationDisconnected(time.Now(), station));
            if (registry.Find(station) is not null) sites.Of(station)?.Post(new StationConnected(time.Now(), station)); // a newer socket came in between
        }

        session.HasEnded(); // a newer socket of the station says that it is connected after this
        GatewayLog.Disconnected(logger, station.Value, session.Epoch);
    }

    private static string? AddressOf(HttpContext context) => context.Connection.RemoteIpAddress is { } address
        ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString()
        : null;

    internal static bool IsStationId(string id) =>
        id.Length is >= 1 and <= StationIdLengthMax && id[0] != '.' && id.All(c => char.IsAsciiLetterOrDigit(c) || "-_.:*+=@|".Contains(c));

    private static Task NoStation(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return context.Response.WriteAsync("Stations connect at /ocpp/{stationId}, where the id is 1 to 48 letters, digits or -_.:*+=@| and does not start with a dot.", context.RequestAborted);
    }

    private static async Task<(StationRegistry.Session, WebSocket)?> RefuseAsync(HttpContext context, string text)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        await context.Response.WriteAsync(text, context.RequestAborted);
        return null;
    }
}

internal static partial class GatewayLog
{
    [LoggerMessage(1001, LogLevel.Information, "Station {Station} connected with OCPP {Version}, epoch {Epoch}")]
    internal static partial void Connected(ILogger logger, string station, OcppVersion version, long epoch);

    [LoggerMessage(1003, LogLevel.Warning, "Station {Station} sent a frame that no OCPP-J station sends; its socket was closed with {Refusal}")]
    internal static partial void Refused(ILogger logger, string station, string refusal);

    [LoggerMessage(1005, LogLevel.Warning, "Station {Station} stopped transaction {Transaction} of token {Token} at {At}, register {Register} Wh; no open session fits. It is kept in the station's book (unmatchedStop): end or bill the session by hand")]
    internal static partial void UnmatchedStop(ILogger logger, string station, int transaction, string? token, DateTimeOffset at, int register);

    [LoggerMessage(1002, LogLevel.Information, "Station {Station} disconnected, epoch {Epoch}")]
    internal static partial void Disconnected(ILogger logger, string station, long epoch);
}
