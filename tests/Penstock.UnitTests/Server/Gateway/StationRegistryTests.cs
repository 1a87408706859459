using System.Net.WebSockets;
using Penstock.Core.Sites;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Gateway;

namespace Penstock.UnitTests.Server.Gateway;

public sealed class StationRegistryTests
{
    private static readonly StationId Station = new("CS-1");

    [Fact]
    public void A_socket_that_asked_first_does_not_push_out_the_one_that_asked_later()
    {
        var registry = new StationRegistry(TimeProvider.System);
        var (first, later) = (registry.NextEpoch(), registry.NextEpoch());
        var (mine, socket) = Session(later);
        Assert.NotNull(registry.Enter(mine));
        Assert.Null(registry.Enter(Session(first).Session));
        Assert.Equal(WebSocketState.Open, socket.State);
    }

    [Fact]
    public void A_newer_socket_stops_the_older_one_and_its_leave_touches_nothing()
    {
        var registry = new StationRegistry(TimeProvider.System);
        var (older, socket) = Session(registry.NextEpoch());
        registry.Enter(older);
        var newer = Session(registry.NextEpoch()).Session;
        var ended = registry.Enter(newer);
        Assert.Equal(WebSocketState.Aborted, socket.State);
        Assert.False(ended!.IsCompleted);
        Assert.False(registry.Leave(older));
        Assert.Same(newer.Connection, registry.Find(Station));
        older.HasEnded();
        Assert.True(ended.IsCompleted);
    }

    private static (StationRegistry.Session Session, WebSocket Socket) Session(long epoch)
    {
        var socket = WebSocket.CreateFromStream(new MemoryStream(), new WebSocketCreationOptions());
        return (new(Station, epoch, new OcppConnection(socket, OcppVersion.V21, (_, _) => throw new InvalidOperationException("nothing calls"), TimeProvider.System, new ConnectionOptions(), null)), socket);
    }
}
