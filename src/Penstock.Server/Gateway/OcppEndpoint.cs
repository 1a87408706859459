using Penstock.Core.Sites;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;

namespace Penstock.Server.Gateway;

/// <summary>Accepts stations at /ocpp/{stationId}.</summary>
public sealed class OcppEndpoint(
    StationRegistry registry, IncomingMessages messages, SiteDirectory sites, WireTrace trace, TimeProvider time, ILogger<OcppEndpoint> log)
{
    /// <summary>Longest station identity: what OCPP 2.1 allows for it (48), in characters that need no escaping in a URL or a file name.</summary>
    public const int StationIdLengthMax = 48;

    private static readonly ConnectionOptions Options = new();

    public async Task AcceptAsync(HttpContext context, string stationId)
    {
        if (!IsStationId(stationId))
        {
            await RefuseAsync(context, $"The station id must be 1 to {StationIdLengthMax} letters, digits or -_.:*+=@| and not start with a dot.");
            return;
        }

        if (!context.WebSockets.IsWebSocketRequest)
        {
            await RefuseAsync(context, "This address speaks OCPP-J over WebSocket; connect with a subprotocol of " + string.Join(", ", Subprotocol.All) + ".");
            return;
        }

        if (Subprotocol.Choose(context.WebSockets.WebSocketRequestedProtocols) is not { } version)
        {
            await RefuseAsync(context, "Offer one of the subprotocols " + string.Join(", ", Subprotocol.All) + ".");
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync(Subprotocol.Name(version));
        await ServeAsync(new StationId(stationId), version, socket, context.RequestAborted);
    }

    private async Task ServeAsync(StationId station, OcppVersion version, System.Net.WebSockets.WebSocket socket, CancellationToken aborted)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        var session = registry.Enter(station, epoch => new StationRegistry.Session(
            epoch,
            new OcppConnection(socket, version, (call, cancel) => messages.AnswerAsync(station, version, call, cancel), time, Options,
                (direction, frame) => trace.Add(station, direction, frame)),
            stop));
        sites.Of(station)?.Post(new StationConnected(time.Now(), station));
        GatewayLog.Connected(log, station.Value, version, session.Epoch);
        try
        {
            await session.Connection.RunAsync(stop.Token);
        }
        finally
        {
            if (registry.Leave(station, session)) sites.Of(station)?.Post(new StationDisconnected(time.Now(), station));
            GatewayLog.Disconnected(log, station.Value, session.Epoch);
        }
    }

    private static bool IsStationId(string id) =>
        id.Length is >= 1 and <= StationIdLengthMax && id[0] != '.' && id.All(c => char.IsAsciiLetterOrDigit(c) || "-_.:*+=@|".Contains(c));

    private static Task RefuseAsync(HttpContext context, string text)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}

internal static partial class GatewayLog
{
    [LoggerMessage(1001, LogLevel.Information, "Station {Station} connected with OCPP {Version}, epoch {Epoch}")]
    internal static partial void Connected(ILogger logger, string station, OcppVersion version, long epoch);

    [LoggerMessage(1002, LogLevel.Information, "Station {Station} disconnected, epoch {Epoch}")]
    internal static partial void Disconnected(ILogger logger, string station, long epoch);
}
