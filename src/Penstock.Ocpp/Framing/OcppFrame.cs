namespace Penstock.Ocpp.Framing;

/// <summary>The message types of OCPP-J; 5 and 6 since OCPP 2.1.</summary>
public enum MessageType
{
    Call = 2,
    CallResult = 3,
    CallError = 4,
    CallResultError = 5,
    Send = 6,
}

/// <summary>One OCPP-J message. Only the members of its type are set; the payload is raw JSON, read by whoever knows the action.</summary>
/// <param name="Id">The message id as sent; a numeric id is kept as its digits.</param>
public readonly record struct OcppFrame(MessageType Type, string Id)
{
    public string? Action { get; init; }

    public JsonPayload Payload { get; init; }

    public string? ErrorCode { get; init; }

    public string? ErrorDescription { get; init; }
}

/// <summary>Why a frame could not be read. <paramref name="Id"/> is null when not even the message id was readable.</summary>
public sealed record FrameFault(string Code, string? Id, string Text);
