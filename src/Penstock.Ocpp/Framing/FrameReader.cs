using System.Text.Json;

namespace Penstock.Ocpp.Framing;

/// <summary>Reads OCPP-J frames. Bad input is a value, not an exception; what stations in the field send (spaces, numeric ids, no payload) is accepted.</summary>
public static class FrameReader
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 32, CommentHandling = JsonCommentHandling.Disallow };
    private static readonly JsonElement EmptyObject = JsonDocument.Parse("{}").RootElement;

    /// <summary>Longest message id of OCPP-J.</summary>
    public const int IdLengthMax = 36;

    /// <summary>Exactly one of the two results is not null.</summary>
    public static (OcppFrame? Frame, FrameFault? Fault) Read(ReadOnlyMemory<byte> utf8)
    {
        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(utf8, Options);
            root = document.RootElement.Clone();
        }
        catch (JsonException problem)
        {
            return Bad(null, OcppError.RpcFrameworkError, $"The frame is no JSON at byte {problem.BytePositionInLine}.");
        }
        catch (InvalidOperationException)
        {
            return Bad(null, OcppError.RpcFrameworkError, "The frame holds a string that is no valid Unicode.");
        }

        if (root.ValueKind != JsonValueKind.Array) return Bad(null, OcppError.RpcFrameworkError, $"The frame is {root.ValueKind}, expected an array.");
        var count = root.GetArrayLength();
        var id = count > 1 ? Id(root[1]) : null;
        if (count < 2 || id is null) return Bad(null, OcppError.RpcFrameworkError, $"Element 1 of the frame, the message id, is missing or no string of 1 to {IdLengthMax} characters.");
        if (root[0].ValueKind != JsonValueKind.Number || !root[0].TryGetInt32(out var type)) return Bad(id, OcppError.MessageTypeNotSupported, "Element 0 of the frame, the message type, is no whole number.");
        return (MessageType)type switch
        {
            MessageType.Call or MessageType.Send => Request(root, (MessageType)type, id, count),
            MessageType.CallResult => (new OcppFrame(MessageType.CallResult, id) { Payload = count > 2 ? root[2] : EmptyObject }, null),
            MessageType.CallError or MessageType.CallResultError => (Error(root, (MessageType)type, id, count), null),
            _ => Bad(id, OcppError.MessageTypeNotSupported, $"The message type is {type}, expected 2 to 6."),
        };
    }

    private static (OcppFrame?, FrameFault?) Request(JsonElement root, MessageType type, string id, int count)
    {
        if (count < 3 || String(root[2]) is not { Length: > 0 } action) return Bad(id, OcppError.ProtocolError, "Element 2 of the frame, the action, is missing or no string.");
        var payload = count > 3 ? root[3] : EmptyObject;
        if (payload.ValueKind == JsonValueKind.Null) payload = EmptyObject;
        return payload.ValueKind == JsonValueKind.Object
            ? (new OcppFrame(type, id) { Action = action, Payload = payload }, null)
            : Bad(id, OcppError.FormatViolation, $"The payload of {action} is {payload.ValueKind}, expected an object.");
    }

    private static OcppFrame Error(JsonElement root, MessageType type, string id, int count) => new(type, id)
    {
        ErrorCode = count > 2 ? String(root[2]) ?? OcppError.GenericError : OcppError.GenericError,
        ErrorDescription = count > 3 ? String(root[3]) : null,
        Payload = count > 4 ? root[4] : EmptyObject,
    };

    private static string? Id(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => String(element) is { Length: >= 1 and <= IdLengthMax } id ? id : null,
        JsonValueKind.Number => element.GetRawText() is { Length: <= IdLengthMax } digits ? digits : null,
        _ => null,
    };

    /// <summary>Null for anything but a string of valid Unicode (a lone surrogate escape parses as JSON and fails here).</summary>
    private static string? String(JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static (OcppFrame?, FrameFault?) Bad(string? id, string code, string text) => (null, new FrameFault(code, id, text));
}
