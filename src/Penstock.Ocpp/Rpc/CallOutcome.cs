using System.Text.Json;
using Penstock.Ocpp.Framing;

namespace Penstock.Ocpp.Rpc;

/// <summary>Order of waiting calls: a safety command overtakes a setpoint, a setpoint an operator's request, all of them a poll.</summary>
public enum CallPriority
{
    Safety,
    Setpoint,
    Operator,
    Poll,
}

public enum CallStatus
{
    /// <summary>The peer answered; the payload is valid.</summary>
    Answered,

    /// <summary>The peer answered with CALLERROR, or with a payload that breaks the schema.</summary>
    Refused,

    /// <summary>No answer before the deadline.</summary>
    TimedOut,

    /// <summary>The socket closed, or a newer one took over.</summary>
    Closed,

    /// <summary>A newer call with the same coalescing key replaced it before it was sent.</summary>
    Superseded,

    /// <summary>The queue was full.</summary>
    QueueFull,
}

/// <summary>How a call ended; <see cref="Response"/> is set exactly when it was answered.</summary>
public sealed record CallOutcome<T>(CallStatus Status, T? Response, string? ErrorCode = null, string? ErrorDescription = null)
    where T : class;

/// <summary>How a call ended, with the answer as JSON; <see cref="Payload"/> is set where the peer gave one, also one that breaks the schema.</summary>
public sealed record RawOutcome(CallStatus Status, JsonElement Payload = default, string? ErrorCode = null, string? ErrorDescription = null);

/// <summary>A call or send that came in.</summary>
public sealed record IncomingCall(string Id, string Action, JsonPayload Payload, bool IsSend);

/// <summary>What a handler says to an incoming call: a payload, an error, or nothing at all (the peer will repeat it).</summary>
public sealed record OcppAnswer
{
    private OcppAnswer() { }

    /// <summary>No answer: what was said could not be made durable.</summary>
    public static OcppAnswer None { get; } = new();

    internal byte[]? Payload { get; private init; }

    internal string? ErrorCode { get; private init; }

    internal string ErrorText { get; private init; } = "";

    /// <summary>Run once the answer is on the wire.</summary>
    internal IReadOnlyList<Action> Then { get; private init; } = [];

    public static OcppAnswer Of<T>(T response)
        where T : class, IOcppMessage<T> => new() { Payload = JsonSerializer.SerializeToUtf8Bytes(response, T.TypeInfo) };

    /// <summary>A stored answer, replayed for a repeated message.</summary>
    public static OcppAnswer Stored(byte[] payload) => new() { Payload = payload };

    public static OcppAnswer Error(string code, string text) => new() { ErrorCode = code, ErrorText = text };

    /// <summary>The same answer, with what is to follow it on the wire; nothing of it runs where the answer does not get there.</summary>
    public OcppAnswer FollowedBy(IReadOnlyList<Action> then) => then.Count == 0 ? this : this with { Then = then };

    public static OcppAnswer Violation(OcppViolation violation) => Error(violation.Code, violation.Text);

    public bool IsError => ErrorCode is not null;

    /// <summary>The payload as stored for replay; null for errors and silence.</summary>
    public byte[]? Bytes => Payload;
}
