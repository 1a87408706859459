using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json.Serialization.Metadata;
using Penstock.Ocpp.Framing;

namespace Penstock.Ocpp.Rpc;

/// <summary>
/// One OCPP-J connection, either end. One CALL is outstanding per direction; answers are correlated by id alone; a handler may take its time without
/// holding up the answers to our own calls. Call deadlines run on <paramref name="time"/>.
/// </summary>
/// <param name="handler">Called for incoming calls one after another, in order. The payload is good until it answers.</param>
/// <param name="trace">Sees every frame ("in" or "out") before it is read or after it is written; an incoming frame's bytes are never written again, an outgoing one's are reused.</param>
/// <param name="idPrefix">Begins the id of every call, so that none is used again after a reconnect; at most 20 characters.</param>
public sealed class OcppConnection(
    WebSocket socket,
    OcppVersion version,
    Func<IncomingCall, CancellationToken, ValueTask<OcppAnswer>> handler,
    TimeProvider time,
    ConnectionOptions options,
    Action<string, ReadOnlyMemory<byte>>? trace = null,
    string idPrefix = "")
{
    private readonly CallQueue queue = new(options.CallsQueuedMax);
    private readonly FrameSocket link = new(socket, options, time);
    private PendingCall? outstanding;
    private long lastId;
    private int peerCalls; // of the peer, not answered yet

    public OcppVersion Version => version;

    public ConnectionCounters Counters => link.Counters;

    /// <summary>How this peer wants to be called; may change while it is connected.</summary>
    public CallDiscipline Discipline { get; set; } = CallDiscipline.Standard;

    /// <summary>Why this end closed the socket: a binary or oversized frame, a peer that takes no bytes; null while it did not.</summary>
    public string? Refusal => link.Refusal;

    /// <summary>Runs until the socket closes or <paramref name="stop"/>; then every waiting call has ended as Closed.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var line = new HandlerLine<OcppFrame>(options.IncomingQueuedMax, HandleAsync);
        await using var cut = stop.UnsafeRegister(static one => ((FrameSocket)one!).Cut(), link);
        var sending = SendCallsAsync();
        try
        {
            await ReceiveAsync(line);
        }
        catch (Exception e) when (IsGone(e))
        {
            // The world: the link is gone. Stations reconnect and repeat what was not answered.
        }
        finally
        {
            await link.EndAsync();
            queue.Close();
            Volatile.Read(ref outstanding)?.End(new RawOutcome(CallStatus.Closed));
            await Task.WhenAll(sending, line.Done).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Calls the peer and waits for the end of the call, however it ends. Must not be awaited inside the handler of the same connection.</summary>
    public async Task<CallOutcome<TResponse>> CallAsync<TRequest, TResponse>(
        TRequest request, CallPriority priority = CallPriority.Operator, string? coalesceBy = null, TimeSpan? timeout = null)
        where TRequest : class, IOcppRequest<TRequest, TResponse>
        where TResponse : class, IOcppMessage<TResponse>
    {
        var id = NewId();
        var (raw, response) = await CallAsync(new PendingCall(id, FrameWriter.Call(id, TRequest.ActionName, request, TRequest.TypeInfo), priority, coalesceBy, timeout ?? Discipline.Timeout ?? options.CallTimeout), TResponse.TypeInfo);
        return new(raw.Status, (TResponse?)response, raw.ErrorCode, raw.ErrorDescription);
    }

    /// <summary>Calls any action of this version. The answer is raw JSON that its schema allows.</summary>
    /// <param name="request">A checked record of the action, so that its members go out in the order of the schema.</param>
    /// <param name="sent">Told once the call is on the wire.</param>
    public async Task<RawOutcome> CallRawAsync(OcppAction action, IOcppChecked request, CallPriority priority = CallPriority.Operator, string? coalesceBy = null, TimeSpan? timeout = null, Action? sent = null)
    {
        if (action.Response is not { } response) throw new ArgumentException($"{action.Name} is a SEND; nothing answers it.", nameof(action));
        var id = NewId();
        return (await CallAsync(new PendingCall(id, FrameWriter.Call(id, action.Name, request, action.Request), priority, coalesceBy, timeout ?? Discipline.Timeout ?? options.CallTimeout, sent), response)).Raw;
    }

    /// <summary>Sends an unanswered message (OCPP 2.1); exempt from the one-outstanding rule.</summary>
    public Task SendAsync<T>(T message, CancellationToken cancellationToken)
        where T : class, IOcppSend<T> => WriteAsync(FrameWriter.Send(NewId(), T.ActionName, message, T.TypeInfo)).AsTask().WaitAsync(cancellationToken);

    /// <summary>Cuts the link, before or while it runs; <see cref="RunAsync"/> then ends.</summary>
    public void Cut() => link.Cut();

    private static bool IsGone(Exception e) => e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException;

    /// <summary>Never used twice on one connection, and with a prefix on none.</summary>
    private string NewId() => string.Create(CultureInfo.InvariantCulture, $"{idPrefix}{Interlocked.Increment(ref lastId)}");

    private async Task<(RawOutcome Raw, IOcppChecked? Response)> CallAsync(PendingCall call, JsonTypeInfo answer)
    {
        if (queue.Add(call)) _ = SendCallsAsync();
        var raw = await call.Outcome;
        if (raw.Status != CallStatus.Answered) return (raw, null);
        var (response, violation) = PayloadReader.Read(raw.Payload, answer);
        if (violation is null) return (raw, response);
        if (version == OcppVersion.V21) await TellAsync(MessageType.CallResultError, call.Id, violation);
        return (new RawOutcome(CallStatus.Refused, raw.Payload, violation.Code, violation.Text), null);
    }

    /// <summary>Sends waiting calls, one after another, each once the one before has ended; until none waits.</summary>
    private async Task SendCallsAsync()
    {
        while (queue.Take() is { } call)
        {
            Volatile.Write(ref outstanding, call);
            try
            {
                if (Discipline.WaitsForPeer) await PeerIsQuietAsync(link.Over);
                await WriteAsync(call.Frame);
                call.Sent?.Invoke();
                await call.Outcome.WaitAsync(call.Timeout, time, link.Over);
            }
            catch (TimeoutException)
            {
                call.End(new RawOutcome(CallStatus.TimedOut));
            }
            catch (Exception e) when (IsGone(e))
            {
                call.End(new RawOutcome(CallStatus.Closed));
            }
            finally
            {
                Volatile.Write(ref outstanding, null);
            }
        }
    }

    /// <summary>Waits until the peer has no call open, a moment long; at most <see cref="CallDiscipline.WaitMax"/>.</summary>
    private async Task PeerIsQuietAsync(CancellationToken stop)
    {
        var began = time.GetTimestamp();
        for (var quiet = 0; quiet < 3 && time.GetElapsedTime(began) < CallDiscipline.WaitMax; quiet = Volatile.Read(ref peerCalls) == 0 ? quiet + 1 : 0) await Task.Delay(CallDiscipline.Look, time, stop);
    }

    private async Task HandleAsync(OcppFrame frame)
    {
        try
        {
            var answer = await AnswerAsync(frame);
            if (frame.Type == MessageType.Send) return;
            if (answer.Payload is { } payload)
            {
                using var result = FrameWriter.Result(frame.Id, payload);
                await WriteAsync(result.Utf8);
                foreach (var next in answer.Then) next();
            }
            else if (answer.ErrorCode is { } code)
            {
                await WriteErrorAsync(frame.Id, code, answer.ErrorText);
            }
        }
        catch (Exception e) when (IsGone(e))
        {
            link.Cut(); // an answer that cannot be told: the peer repeats the message on its next connection
            throw;
        }
        finally
        {
            if (frame.Type == MessageType.Call) Interlocked.Decrement(ref peerCalls);
        }
    }

    private async ValueTask<OcppAnswer> AnswerAsync(OcppFrame frame)
    {
        if (OcppCatalogue.Actions(version).TryGetValue(frame.Action!, out var known) && (known.Response is null) != (frame.Type == MessageType.Send))
        {
            Interlocked.Increment(ref Counters.faults);
            return OcppAnswer.Error(OcppError.ProtocolError, $"{frame.Action} is a {(known.Response is null ? "SEND (type 6), not a CALL" : "CALL (type 2), not a SEND")}.");
        }

        try
        {
            return await handler(new IncomingCall(frame.Id, frame.Action!, frame.Payload, frame.Type == MessageType.Send), link.Over);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return OcppAnswer.Error(OcppError.InternalError, "The message could not be handled; repeat it later.");
        }
    }

    private async Task ReceiveAsync(HandlerLine<OcppFrame> line)
    {
        while (await link.ReadAsync() is { } bytes)
        {
            Interlocked.Increment(ref Counters.received);
            trace?.Invoke("in", bytes);
            var (frame, fault) = FrameReader.Read(bytes);
            if (fault is not null) await FaultAsync(fault);
            else if (frame is { Type: MessageType.Call or MessageType.Send } request)
            {
                if (request.Type == MessageType.Call) Interlocked.Increment(ref peerCalls);
                await line.PutAsync(request).WaitAsync(link.Over);
            }
            else Correlate(frame!.Value);
        }
    }

    private void Correlate(OcppFrame frame)
    {
        if (frame.Type == MessageType.CallResultError)
        {
            Interlocked.Increment(ref Counters.answersRefused);
            return;
        }

        var call = Volatile.Read(ref outstanding);
        var ended = call?.Id == frame.Id && call.End(frame.Type == MessageType.CallResult
            ? new RawOutcome(CallStatus.Answered, frame.Payload.Clone())
            : new RawOutcome(CallStatus.Refused, ErrorCode: frame.ErrorCode, ErrorDescription: frame.ErrorDescription));
        if (!ended) Interlocked.Increment(ref Counters.lateAnswers);
    }

    /// <summary>1.6 has no id for an unreadable frame, so nothing can be answered; 2.x answers with id "-1".</summary>
    private async ValueTask FaultAsync(FrameFault fault)
    {
        Interlocked.Increment(ref Counters.faults);
        if (fault.Id is null && version == OcppVersion.V16) return;
        await WriteErrorAsync(fault.Id ?? "-1", fault.Code, fault.Text);
    }

    /// <summary>Tells the peer that its answer breaks the schema; a link that is gone needs no telling.</summary>
    private async Task TellAsync(MessageType type, string id, OcppViolation violation)
    {
        try
        {
            await WriteAsync(FrameWriter.Error(type, id, violation.Code, violation.Text));
        }
        catch (Exception e) when (IsGone(e))
        {
            // the caller learns of the violation either way
        }
    }

    private ValueTask WriteErrorAsync(string id, string code, string text) =>
        WriteAsync(FrameWriter.Error(MessageType.CallError, id, version == OcppVersion.V16 ? OcppError.For16(code) : code, text));

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> frame)
    {
        await link.WriteAsync(frame);
        trace?.Invoke("out", frame);
    }
}
