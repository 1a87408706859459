using System.IO.Pipelines;
using System.Net.WebSockets;
using Penstock.Ocpp.Rpc;
using Penstock.Ocpp.V21;

namespace Penstock.UnitTests.Ocpp.Rpc;

/// <summary>A peer that takes no bytes, and ids over several connections.</summary>
public sealed class StuckPeerTests
{
    [Fact]
    public async Task A_peer_that_takes_no_bytes_is_cut_and_every_call_ends()
    {
        var (nothing, full) = (new Pipe(), new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false)));
        var socket = WebSocket.CreateFromStream(new Duplex(nothing.Reader, full.Writer), isServer: true, null, Timeout.InfiniteTimeSpan);
        var ours = new OcppConnection(socket, OcppVersion.V21, (_, _) => ValueTask.FromResult(OcppAnswer.None), TimeProvider.System, new ConnectionOptions { WriteTimeout = TimeSpan.FromMilliseconds(100) }, idPrefix: "a1-");
        var running = ours.RunAsync(TestContext.Current.CancellationToken);
        var calls = Enumerable.Range(0, 3).Select(_ => ours.CallAsync<GetBaseReportRequest, GetBaseReportResponse>(new GetBaseReportRequest { RequestId = 1, ReportBase = ReportBase.FullInventory })).ToList();
        await running;
        Assert.Equal(WebSocketState.Aborted, socket.State);
        Assert.Contains("took no bytes", ours.Refusal);
        foreach (var call in calls) Assert.Equal(CallStatus.Closed, (await call).Status);
        Assert.Equal(1, ours.Counters.Faults);
    }
}
