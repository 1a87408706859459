using System.Buffers;
using System.Net.WebSockets;
using System.Threading.Channels;
using Penstock.Ocpp.Framing;

namespace Penstock.Ocpp.Rpc;

/// <summary>
/// One OCPP-J connection, either end. One CALL is outstanding per direction; answers are correlated by id alone; a handler may take its time without
/// holding up the answers to our own calls. Call deadlines run on <paramref name="time"/>.
/// </summary>
/// <param name="handler">Called for incoming calls one after another, in order.</param>
/// <param name="trace">Sees every frame ("in" or "out") before it is read or after it is written.</param>
public sealed class OcppConnection(
    WebSocket socket,
    OcppVersion version,
    Func<IncomingCall, CancellationToken, ValueTask<OcppAnswer>> handler,
    TimeProvider time,
    ConnectionOptions options,
    Action<string, ReadOnlyMemory<byte>>? trace = null)
{
    /// <summary>How long a refused peer is heard out before the link is cut.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(2);

    private readonly CallQueue queue = new(options.CallsQueuedMax);
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly Channel<OcppFrame> incoming = Channel.CreateBounded<OcppFrame>(
        new BoundedChannelOptions(options.IncomingQueuedMax) { SingleReader = true, SingleWriter = true });

    private PendingCall? outstanding;
    private long lastId;
    private int peerCalls; // of the peer, not answered yet

    public OcppVersion Version => version;

    public ConnectionCounters Counters { get; } = new();

    /// <summary>How this peer wants to be called; may change while it is connected.</summary>
    public CallDiscipline Discipline { get; set; } = CallDiscipline.Standard;

    /// <summary>Why this end closed the socket: a binary or oversized frame; null while it did not.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Runs until the socket closes or <paramref name="stop"/>; then every waiting call has ended as Closed.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var life = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var sending = SendCallsAsync(life.Token);
        var handling = HandleAsync(life.Token);
        try
        {
            await ReceiveAsync(life.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The world: the link is gone. Stations reconnect and repeat what was not answered.
        }
        finally
        {
            incoming.Writer.TryComplete();
            await life.CancelAsync();
            queue.Close();
            outstanding?.End(new RawOutcome(CallStatus.Closed));
            await Task.WhenAll(sending, handling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Calls the peer and waits for the end of the call, however it ends. Must not be awaited inside the handler of the same connection.</summary>
    public async Task<CallOutcome<TResponse>> CallAsync<TRequest, TResponse>(
        TRequest request, CallPriority priority = CallPriority.Operator, string? coalesceBy = null, TimeSpan? timeout = null)
        where TRequest : class, IOcppRequest<TRequest, TResponse>
        where TResponse : class, IOcppMessage<TResponse>
    {
        var raw = await EnqueueAsync(id => FrameWriter.Call(id, TRequest.ActionName, request, TRequest.TypeInfo), priority, coalesceBy, timeout, null);
        if (raw.Status != CallStatus.Answered) return new(raw.Status, null, raw.ErrorCode, raw.ErrorDescription);
        var (response, violation) = PayloadReader.Read<TResponse>(raw.Payload);
        return violation is null ? new(CallStatus.Answered, response) : new(CallStatus.Refused, null, violation.Code, violation.Text);
    }

    /// <summary>Calls any action of this version. The answer is raw JSON that its schema allows.</summary>
    /// <param name="request">A checked record of the action, so that its members go out in the order of the schema.</param>
    /// <param name="sent">Told once the call is on the wire.</param>
    public async Task<RawOutcome> CallRawAsync(OcppAction action, IOcppChecked request, CallPriority priority = CallPriority.Operator, string? coalesceBy = null, TimeSpan? timeout = null, Action? sent = null)
    {
        if (action.Response is not { } response) throw new ArgumentException($"{action.Name} is a SEND; nothing answers it.", nameof(action));
        var raw = await EnqueueAsync(id => FrameWriter.Call(id, action.Name, request, action.Request), priority, coalesceBy, timeout, sent);
        if (raw.Status != CallStatus.Answered) return raw;
        return PayloadReader.Read(raw.Payload, response).Violation is { } violation ? new RawOutcome(CallStatus.Refused, raw.Payload, violation.Code, violation.Text) : raw;
    }

    /// <summary>Sends an unanswered message (OCPP 2.1); exempt from the one-outstanding rule.</summary>
    public Task SendAsync<T>(T message, CancellationToken cancellationToken)
        where T : class, IOcppSend<T> =>
        WriteAsync(FrameWriter.Send(NextId(), T.ActionName, message, T.TypeInfo), cancellationToken);

    private string NextId() => options.IdPrefix + Interlocked.Increment(ref lastId).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private Task<RawOutcome> EnqueueAsync(Func<string, ReadOnlyMemory<byte>> frame, CallPriority priority, string? coalesceBy, TimeSpan? timeout, Action? sent)
    {
        var id = NextId();
        var call = new PendingCall(id, frame(id), priority, coalesceBy, timeout ?? Discipline.Timeout ?? options.CallTimeout, sent);
        queue.Add(call);
        return call.Outcome;
    }

    private async Task SendCallsAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var call = await queue.TakeAsync(stop);
            Volatile.Write(ref outstanding, call);
            try
            {
                if (Discipline.WaitsForPeer) await PeerIsQuietAsync(stop);
                await WriteAsync(call.Frame, stop);
                call.Sent?.Invoke();
                await call.Outcome.WaitAsync(call.Timeout, time, stop);
            }
            catch (TimeoutException)
            {
                call.End(new RawOutcome(CallStatus.TimedOut));
            }
            finally
            {
                Volatile.Write(ref outstanding, null);
                call.End(new RawOutcome(CallStatus.Closed));
            }
        }
    }

    /// <summary>Waits until the peer has no call open, a moment long; at most <see cref="CallDiscipline.WaitMax"/>.</summary>
    private async Task PeerIsQuietAsync(CancellationToken stop)
    {
        var began = time.GetTimestamp();
        for (var quiet = 0; quiet < 3 && time.GetElapsedTime(began) < CallDiscipline.WaitMax; quiet = Volatile.Read(ref peerCalls) == 0 ? quiet + 1 : 0) await Task.Delay(CallDiscipline.Look, time, stop);
    }

    private async Task HandleAsync(CancellationToken stop)
    {
        await foreach (var frame in incoming.Reader.ReadAllAsync(stop))
        {
            var answer = await AnswerAsync(frame, stop);
            if (frame.Type == MessageType.Send) continue;
            if (answer.Payload is { } payload) await WriteAsync(FrameWriter.Result(frame.Id, payload), stop);
            else if (answer.ErrorCode is { } code) await WriteErrorAsync(frame.Id, code, answer.ErrorText, stop);
            Interlocked.Decrement(ref peerCalls);
        }
    }

    private async ValueTask<OcppAnswer> AnswerAsync(OcppFrame frame, CancellationToken stop)
    {
        try
        {
            return await handler(new IncomingCall(frame.Id, frame.Action!, frame.Payload, frame.Type == MessageType.Send), stop);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return OcppAnswer.Error(OcppError.InternalError, "The message could not be handled; repeat it later.");
        }
    }

    private async Task ReceiveAsync(CancellationToken stop)
    {
        while (await ReadFrameAsync(stop) is { } bytes)
        {
            Interlocked.Increment(ref Counters.received);
            trace?.Invoke("in", bytes);
            var (frame, fault) = FrameReader.Read(bytes);
            if (fault is not null) await FaultAsync(fault, stop);
            else if (frame!.Type is MessageType.Call or MessageType.Send)
            {
                if (frame.Type == MessageType.Call) Interlocked.Increment(ref peerCalls);
                await incoming.Writer.WriteAsync(frame, stop);
            }
            else Correlate(frame);
        }
    }

    private void Correlate(OcppFrame frame)
    {
        var call = Volatile.Read(ref outstanding);
        var ended = call?.Id == frame.Id && frame.Type != MessageType.CallResultError && call.End(frame.Type == MessageType.CallResult
            ? new RawOutcome(CallStatus.Answered, frame.Payload)
            : new RawOutcome(CallStatus.Refused, ErrorCode: frame.ErrorCode, ErrorDescription: frame.ErrorDescription));
        if (!ended) Interlocked.Increment(ref Counters.lateAnswers);
    }

    /// <summary>1.6 has no id for an unreadable frame, so nothing can be answered; 2.x answers with id "-1".</summary>
    private async Task FaultAsync(FrameFault fault, CancellationToken stop)
    {
        Interlocked.Increment(ref Counters.faults);
        if (fault.Id is null && version == OcppVersion.V16) return;
        await WriteErrorAsync(fault.Id ?? "-1", fault.Code, fault.Text, stop);
    }

    private Task WriteErrorAsync(string id, string code, string text, CancellationToken stop) =>
        WriteAsync(FrameWriter.Error(MessageType.CallError, id, version == OcppVersion.V16 ? OcppError.For16(code) : code, text), stop);

    private async Task WriteAsync(ReadOnlyMemory<byte> frame, CancellationToken stop)
    {
        await writing.WaitAsync(stop);
        try
        {
            await socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, stop);
            Interlocked.Increment(ref Counters.sent);
            trace?.Invoke("out", frame);
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>The next text frame; null when the peer closed or broke the framing rules (binary: 1003, too big: 1009).</summary>
    private async Task<ReadOnlyMemory<byte>?> ReadFrameAsync(CancellationToken stop)
    {
        var first = await socket.ReceiveAsync(Memory<byte>.Empty, stop); // an idle socket holds no buffer: rent one only when data is there
        if (first.MessageType == WebSocketMessageType.Close) return await CloseAsync(WebSocketCloseStatus.NormalClosure, "", stop);
        if (first.EndOfMessage && first.MessageType == WebSocketMessageType.Text) return ReadOnlyMemory<byte>.Empty; // a frame without a byte
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        var length = 0;
        try
        {
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(length), stop);
                length += part.Count;
                if (part.MessageType == WebSocketMessageType.Close) return await CloseAsync(WebSocketCloseStatus.NormalClosure, "", stop);
                if (part.MessageType == WebSocketMessageType.Binary) return await RefuseAsync(WebSocketCloseStatus.InvalidMessageType, "OCPP-J frames are text", stop);
                if (part.EndOfMessage) return buffer.AsSpan(0, length).ToArray();
                if (length >= options.FrameBytesMax) return await RefuseAsync(WebSocketCloseStatus.MessageTooBig, $"frames have at most {options.FrameBytesMax} bytes", stop);
                if (length == buffer.Length) buffer = Grow(buffer, length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private byte[] Grow(byte[] buffer, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length * 4, options.FrameBytesMax + 1));
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private async Task<ReadOnlyMemory<byte>?> RefuseAsync(WebSocketCloseStatus status, string reason, CancellationToken stop)
    {
        Interlocked.Increment(ref Counters.faults);
        Refusal = $"{(int)status}: {reason}";
        await CloseAsync(status, reason, stop);
        await DrainAsync(stop);
        return null;
    }

    /// <summary>Reads on for a moment: closing with unread data resets the link, and the peer never learns why.</summary>
    private async Task DrainAsync(CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(DrainTime);
        var buffer = new byte[16 * 1024];
        while (socket.State is WebSocketState.CloseSent && (await socket.ReceiveAsync(buffer.AsMemory(), limit.Token)).MessageType != WebSocketMessageType.Close)
        {
        }
    }

    private async Task<ReadOnlyMemory<byte>?> CloseAsync(WebSocketCloseStatus status, string reason, CancellationToken stop)
    {
        await writing.WaitAsync(stop);
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived) await socket.CloseOutputAsync(status, reason, stop);
        }
        finally
        {
            writing.Release();
        }

        return null;
    }
}
