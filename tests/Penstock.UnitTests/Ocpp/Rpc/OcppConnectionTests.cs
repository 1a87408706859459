using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;
using Penstock.Ocpp;
using Penstock.Ocpp.Rpc;
using Penstock.Ocpp.V21;

namespace Penstock.UnitTests.Ocpp.Rpc;

/// <summary>Both ends over a real WebSocket on an in-memory stream.</summary>
public sealed class OcppConnectionTests : IAsyncDisposable
{
    private static readonly ConnectionOptions Options = new() { FrameBytesMax = 4096, CallsQueuedMax = 3, CallTimeout = TimeSpan.FromMilliseconds(200) };
    private readonly WebSocket peer;
    private readonly OcppConnection ours;
    private readonly Task running;
    private readonly CancellationTokenSource stop = new();
    private readonly byte[] buffer = new byte[65536];
    private Func<IncomingCall, ValueTask<OcppAnswer>> handler = _ => ValueTask.FromResult(OcppAnswer.Of(new HeartbeatResponse { CurrentTime = DateTimeOffset.UnixEpoch }));

    public OcppConnectionTests()
    {
        var (a, b) = (new Pipe(), new Pipe());
        peer = WebSocket.CreateFromStream(new Duplex(a.Reader, b.Writer), isServer: false, null, Timeout.InfiniteTimeSpan);
        var server = WebSocket.CreateFromStream(new Duplex(b.Reader, a.Writer), isServer: true, null, Timeout.InfiniteTimeSpan);
        ours = new OcppConnection(server, OcppVersion.V21, (call, _) => handler(call), TimeProvider.System, Options);
        running = ours.RunAsync(stop.Token);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_is_answered_with_its_id()
    {
        await Say("""[2,"x1","Heartbeat",{}]""");
        Assert.Equal("""[3,"x1",{"currentTime":"1970-01-01T00:00:00.000Z"}]""", await Hear());
    }

    [Fact]
    public async Task Malformed_frames_are_answered_and_the_session_lives()
    {
        await Say("[2,");
        Assert.StartsWith("""[4,"-1","RpcFrameworkError",""", await Hear());
        await Say("""[2,"x2","Heartbeat",{}]""");
        Assert.StartsWith("""[3,"x2",""", await Hear());
    }

    [Fact]
    public async Task Silence_is_a_possible_answer()
    {
        handler = call => ValueTask.FromResult(call.Id == "lost" ? OcppAnswer.None : OcppAnswer.Error("NotSupported", "no"));
        await Say("""[2,"lost","MeterValues",{}]""");
        await Say("""[2,"next","Heartbeat",{}]""");
        Assert.StartsWith("""[4,"next","NotSupported",""", await Hear());
    }

    [Fact]
    public async Task A_call_to_a_peer_that_wants_no_two_at_once_waits_for_the_answer_to_its_own()
    {
        ours.Discipline = new CallDiscipline(WaitsForPeer: true, null);
        var answering = new TaskCompletionSource<OcppAnswer>();
        handler = _ => new ValueTask<OcppAnswer>(answering.Task);
        await Say("""[2,"theirs","Heartbeat",{}]""");
        await Task.Delay(50, Cancel); // it is being handled
        _ = Call(CallPriority.Setpoint);
        await Task.Delay(150, Cancel);
        answering.SetResult(OcppAnswer.Error("NotSupported", "no"));
        Assert.StartsWith("""[4,"theirs",""", await Hear()); // the answer comes before the call
        Assert.StartsWith("""[2,""", await Hear());
    }

    [Fact]
    public async Task The_deadline_of_an_answer_is_that_of_the_peer()
    {
        ours.Discipline = new CallDiscipline(WaitsForPeer: false, TimeSpan.FromSeconds(20));
        var call = Call(CallPriority.Setpoint);
        await Hear();
        await Task.Delay(Options.CallTimeout * 2, Cancel);
        Assert.False(call.IsCompleted);
    }

    [Fact]
    public async Task Only_one_call_of_ours_is_outstanding_and_setpoints_overtake_polls()
    {
        var first = Call(CallPriority.Poll);
        Assert.Contains("\"1\"", await Hear());
        var poll = Call(CallPriority.Poll);
        var setpoint = Call(CallPriority.Setpoint);
        await Say("""[3,"1",{"status":"Accepted"}]""");
        Assert.Contains("\"3\"", await Hear());
        await Say("""[3,"3",{"status":"Accepted"}]""");
        Assert.Contains("\"2\"", await Hear());
        await Say("""[3,"2",{"status":"Accepted"}]""");
        Assert.All(await Task.WhenAll(first, poll, setpoint), o => Assert.Equal(CallStatus.Answered, o.Status));
    }

    [Fact]
    public async Task A_newer_setpoint_replaces_a_waiting_one_and_a_full_queue_says_so()
    {
        _ = Call(CallPriority.Poll);
        await Hear();
        var old = Call(CallPriority.Setpoint, "evse1");
        _ = Call(CallPriority.Setpoint, "evse1");
        Assert.Equal(CallStatus.Superseded, (await old).Status);
        _ = Call(CallPriority.Poll);
        _ = Call(CallPriority.Poll);
        Assert.Equal(CallStatus.QueueFull, (await Call(CallPriority.Safety)).Status);
    }

    [Fact]
    public async Task A_late_answer_is_counted_and_never_given_to_the_next_call()
    {
        Assert.Equal(CallStatus.TimedOut, (await Call(CallPriority.Poll)).Status);
        await Hear();
        var next = Call(CallPriority.Poll);
        await Hear();
        await Say("""[3,"1",{"status":"Rejected"}]""");
        await Say("""[3,"2",{"status":"Accepted"}]""");
        Assert.Equal(ChargingProfileStatus.Accepted, (await next).Response!.Status);
        Assert.Equal(1, ours.Counters.LateAnswers);
    }

    [Fact]
    public async Task A_closing_socket_ends_every_waiting_call()
    {
        var (sent, waiting) = (Call(CallPriority.Poll), Call(CallPriority.Poll));
        await Hear();
        await peer.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Cancel);
        Assert.Equal([CallStatus.Closed, CallStatus.Closed], [(await sent).Status, (await waiting).Status]);
    }

    [Fact]
    public async Task An_answer_that_breaks_the_schema_is_told_so()
    {
        var call = Call(CallPriority.Poll);
        await Hear();
        await Say("""[3,"1",{"status":"Perhaps"}]""");
        Assert.StartsWith("""[5,"1","TypeConstraintViolation",""", await Hear());
        Assert.Equal((CallStatus.Refused, OcppError.TypeConstraintViolation), ((await call).Status, (await call).ErrorCode!));
    }

    [Fact]
    public async Task An_answer_of_ours_that_the_peer_cannot_read_is_counted_and_ends_no_call()
    {
        var call = Call(CallPriority.Poll);
        await Hear();
        await Say("""[5,"1","FormatViolation","?",{}]""");
        await Say("""[3,"1",{"status":"Accepted"}]""");
        Assert.Equal(CallStatus.Answered, (await call).Status);
        Assert.Equal((1, 0), (ours.Counters.AnswersRefused, ours.Counters.LateAnswers));
    }

    [Fact]
    public async Task Messages_are_handled_in_order_one_at_a_time_however_long_the_first_takes()
    {
        var (first, order) = (new TaskCompletionSource(), new List<string>());
        handler = async call =>
        {
            if (call.Id == "0") await first.Task;
            order.Add(call.Id);
            return OcppAnswer.Of(new HeartbeatResponse { CurrentTime = DateTimeOffset.UnixEpoch });
        };
        for (var i = 0; i < 10; i++) await Say($"[2,\"{i}\",\"Heartbeat\",{{}}]");
        var call = Call(CallPriority.Poll);
        await Say("""[3,"1",{"status":"Accepted"}]"""); // an answer to our own call passes the waiting messages
        Assert.StartsWith("""[2,"1",""", await Hear());
        Assert.Equal(CallStatus.Answered, (await call).Status);
        Assert.Empty(order);
        first.SetResult();
        for (var i = 0; i < 10; i++) Assert.StartsWith($"[3,\"{i}\"", await Hear());
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), order);
    }

    [Fact]
    public async Task A_send_as_a_call_is_refused_and_a_call_as_a_send_is_dropped()
    {
        var handled = 0;
        handler = _ =>
        {
            handled++;
            return ValueTask.FromResult(OcppAnswer.Error("NotSupported", "no"));
        };
        await Say("""[6,"a","Heartbeat",{}]""");
        await Say("""[2,"b","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2026-04-02T09:00:00Z","data":[{"t":1,"v":"2"}]}]""");
        Assert.StartsWith("""[4,"b","ProtocolError",""", await Hear());
        Assert.Equal((0, 2), (handled, ours.Counters.Faults));
    }

    [Fact]
    public async Task A_handler_that_throws_is_an_internal_error_and_the_session_lives()
    {
        handler = call => call.Id == "x" ? throw new FormatException("our bug") : ValueTask.FromResult(OcppAnswer.Error("NotSupported", "no"));
        await Say("""[2,"x","Heartbeat",{}]""");
        Assert.StartsWith("""[4,"x","InternalError",""", await Hear());
        await Say("""[2,"y","Heartbeat",{}]""");
        Assert.StartsWith("""[4,"y","NotSupported",""", await Hear());
    }

    [Theory]
    [InlineData(WebSocketMessageType.Binary, 10, WebSocketCloseStatus.InvalidMessageType)]
    [InlineData(WebSocketMessageType.Text, 5000, WebSocketCloseStatus.MessageTooBig)]
    public async Task Binary_and_oversized_frames_close_with_the_code_that_says_why(WebSocketMessageType type, int bytes, WebSocketCloseStatus status)
    {
        await peer.SendAsync(new byte[bytes].Select(_ => (byte)' ').ToArray(), type, true, Cancel);
        Assert.Equal(WebSocketMessageType.Close, (await peer.ReceiveAsync(buffer.AsMemory(), Cancel)).MessageType);
        Assert.Equal(status, peer.CloseStatus);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        peer.Dispose();
        stop.Dispose();
    }

    private Task<CallOutcome<UpdateDynamicScheduleResponse>> Call(CallPriority priority, string? coalesceBy = null) =>
        ours.CallAsync<UpdateDynamicScheduleRequest, UpdateDynamicScheduleResponse>(Penstock.Ocpp.V21.V2x.V2xProfile.Update(1, -22_800m), priority, coalesceBy);

    private Task Say(string text) => peer.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, Cancel);

    private async Task<string> Hear()
    {
        var got = await peer.ReceiveAsync(buffer.AsMemory(), Cancel);
        return Encoding.UTF8.GetString(buffer, 0, got.Count);
    }
}
