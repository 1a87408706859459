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
        using var stopped = new CancellationTokenSource();
        Assert.NotNull(registry.Enter(Station, Session(later, stopped)));
        Assert.Null(registry.Enter(Station, Session(first, new CancellationTokenSource())));
        Assert.False(stopped.IsCancellationRequested);
    }

    [Fact]
    public void A_newer_socket_stops_the_older_one_and_its_leave_touches_nothing()
    {
        var registry = new StationRegistry(TimeProvider.System);
        using var stopped = new CancellationTokenSource();
        var older = Session(registry.NextEpoch(), stopped);
        registry.Enter(Station, older);
        var newer = Session(registry.NextEpoch(), new CancellationTokenSource());
        var ended = registry.Enter(Station, newer);
        Assert.True(stopped.IsCancellationRequested);
        Assert.False(ended!.IsCompleted);
        Assert.False(registry.Leave(Station, older));
        Assert.Same(newer.Connection, registry.Find(Station));
        older.HasEnded();
        Assert.True(ended.IsCompleted);
    }

    private static StationRegistry.Session Session(long epoch, CancellationTokenSource stop) => new(
        epoch,
        new OcppConnection(WebSocket.CreateFromStream(new MemoryStream(), new WebSocketCreationOptions()), OcppVersion.V21, (_, _) => throw new InvalidOperationException("nothing calls"), TimeProvider.System, new ConnectionOptions(), null),
        stop);
}
