using System.Text.Json;
using System.Text.Unicode;

namespace Penstock.Ocpp.Framing;

/// <summary>
/// Reads OCPP-J frames in one pass, without a copy: the payload is a slice of <c>utf8</c>, which the caller must leave alone while the frame is used. Bad
/// input is a value, not an exception; what stations in the field send (spaces, numeric ids, no payload) is accepted.
/// </summary>
public static class FrameReader
{
    /// <summary>Longest message id of OCPP-J.</summary>
    public const int IdLengthMax = 36;

    /// <summary>Deepest JSON of a frame.</summary>
    public const int DepthMax = 32;

    /// <summary>Elements of the longest frame, CALLERROR; what follows is ignored.</summary>
    private const int ElementsMax = 5;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = DepthMax, CommentHandling = JsonCommentHandling.Disallow };

    /// <summary>Exactly one of the two results is not null.</summary>
    public static (OcppFrame? Frame, FrameFault? Fault) Read(ReadOnlyMemory<byte> utf8)
    {
        if (!Utf8.IsValid(utf8.Span)) return Bad(null, OcppError.RpcFrameworkError, "The frame is no valid UTF-8.");
        Span<Element> elements = stackalloc Element[ElementsMax];
        int count;
        try
        {
            var reader = new Utf8JsonReader(utf8.Span, Options);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray) return Bad(null, OcppError.RpcFrameworkError, $"The frame begins with {reader.TokenType}, expected an array.");
            count = Cut(ref reader, elements);
        }
        catch (JsonException problem)
        {
            return Bad(null, OcppError.RpcFrameworkError, $"The frame is no JSON at byte {problem.BytePositionInLine}.");
        }

        return Read(new Parts(utf8, elements[..Math.Min(count, ElementsMax)]));
    }

    /// <summary>Where the elements of the outer array are; reads to the end of the frame, so that all of it is well-formed.</summary>
    private static int Cut(ref Utf8JsonReader reader, scoped Span<Element> elements)
    {
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var (type, start) = (reader.TokenType, (int)reader.TokenStartIndex);
            reader.Skip();
            if (count < elements.Length) elements[count] = new Element(type, start, (int)reader.BytesConsumed);
            count++;
        }

        reader.Read(); // nothing may follow
        return count;
    }

    private static (OcppFrame?, FrameFault?) Read(Parts parts)
    {
        if (parts.Id(1) is not { } id) return Bad(null, OcppError.RpcFrameworkError, $"Element 1 of the frame, the message id, is missing or no string of 1 to {IdLengthMax} characters.");
        if (parts.Number(0) is not { } type) return Bad(id, OcppError.MessageTypeNotSupported, "Element 0 of the frame, the message type, is no whole number.");
        return (MessageType)type switch
        {
            MessageType.Call or MessageType.Send => Request(parts, (MessageType)type, id),
            MessageType.CallResult => (new OcppFrame(MessageType.CallResult, id) { Payload = parts.Payload(2) }, null),
            MessageType.CallError or MessageType.CallResultError => (new OcppFrame((MessageType)type, id)
            {
                ErrorCode = parts.Text(2) ?? OcppError.GenericError, ErrorDescription = parts.Text(3), Payload = parts.Payload(4),
            }, null),
            _ => Bad(id, OcppError.MessageTypeNotSupported, $"The message type is {type}, expected 2 to 6."),
        };
    }

    private static (OcppFrame?, FrameFault?) Request(Parts parts, MessageType type, string id)
    {
        if (parts.Text(2) is not { Length: > 0 } action) return Bad(id, OcppError.ProtocolError, "Element 2 of the frame, the action, is missing or no string.");
        return parts.Type(3) is JsonTokenType.None or JsonTokenType.Null or JsonTokenType.StartObject
            ? (new OcppFrame(type, id) { Action = action, Payload = parts.Type(3) == JsonTokenType.Null ? JsonPayload.Empty : parts.Payload(3) }, null)
            : Bad(id, OcppError.FormatViolation, $"The payload of {(action.Length <= 50 ? action : action[..50])} is {parts.Type(3)}, expected an object.");
    }

    private static (OcppFrame?, FrameFault?) Bad(string? id, string code, string text) => (null, new FrameFault(code, id, text));

    /// <summary>A token and where it begins and ends.</summary>
    private readonly record struct Element(JsonTokenType Type, int Start, int End);

    private readonly ref struct Parts(ReadOnlyMemory<byte> frame, ReadOnlySpan<Element> elements)
    {
        private readonly ReadOnlySpan<Element> elements = elements;

        internal JsonTokenType Type(int at) => at < elements.Length ? elements[at].Type : JsonTokenType.None;

        internal JsonPayload Payload(int at) => at < elements.Length ? new JsonPayload(frame[elements[at].Start..elements[at].End]) : JsonPayload.Empty;

        internal int? Number(int at) => Type(at) == JsonTokenType.Number && Token(at).TryGetInt32(out var number) ? number : null;

        internal string? Id(int at) => Type(at) switch
        {
            JsonTokenType.String => Text(at) is { Length: >= 1 and <= IdLengthMax } id ? id : null,
            JsonTokenType.Number when elements[at].End - elements[at].Start <= IdLengthMax => System.Text.Encoding.ASCII.GetString(Bytes(at)),
            _ => null,
        };

        /// <summary>Null for anything but a string of valid Unicode (a lone surrogate escape parses as JSON and fails here).</summary>
        internal string? Text(int at)
        {
            if (Type(at) != JsonTokenType.String) return null;
            try
            {
                return Token(at).GetString();
            }
            catch (InvalidOperationException)
            {
                return null;
            }
        }

        private ReadOnlySpan<byte> Bytes(int at) => frame.Span[elements[at].Start..elements[at].End];

        private Utf8JsonReader Token(int at)
        {
            var reader = new Utf8JsonReader(Bytes(at), Options);
            reader.Read();
            return reader;
        }
    }
}
