using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Penstock.Ocpp.Framing;

/// <summary>Writes OCPP-J frames as UTF-8. Every thread keeps one writer and its buffer; what it returns is the caller's.</summary>
public static class FrameWriter
{
    /// <summary>Longest error description of OCPP-J, characters.</summary>
    public const int DescriptionLengthMax = 255;

    /// <summary>A larger buffer is not kept after its frame.</summary>
    private const int KeptBytesMax = 64 * 1024;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static Draft? kept;

    public static ReadOnlyMemory<byte> Call<T>(string id, string action, T payload, JsonTypeInfo<T> type) => Request(MessageType.Call, id, action, payload, type);

    public static ReadOnlyMemory<byte> Send<T>(string id, string action, T payload, JsonTypeInfo<T> type) => Request(MessageType.Send, id, action, payload, type);

    /// <param name="type">Of the payload's own record.</param>
    public static ReadOnlyMemory<byte> Call(string id, string action, object payload, JsonTypeInfo type)
    {
        var draft = Start(MessageType.Call, id);
        draft.Writer.WriteStringValue(action);
        JsonSerializer.Serialize(draft.Writer, payload, type);
        return draft.Finish();
    }

    /// <summary>Composed in a buffer of the pool: return it by <see cref="PooledFrame.Dispose"/> once it is sent.</summary>
    public static PooledFrame Result(string id, ReadOnlySpan<byte> payload)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(payload.Length + (6 * id.Length) + 64);
        var length = 0;
        Put("[3,"u8, buffer, ref length);
        length += PutText(id, buffer.AsSpan(length));
        Put(","u8, buffer, ref length);
        Put(payload, buffer, ref length);
        Put("]"u8, buffer, ref length);
        return new PooledFrame(buffer, length);
    }

    /// <param name="type"><see cref="MessageType.CallError"/> or <see cref="MessageType.CallResultError"/>.</param>
    /// <param name="description">Cut to <see cref="DescriptionLengthMax"/> characters.</param>
    public static ReadOnlyMemory<byte> Error(MessageType type, string id, string code, string description)
    {
        var draft = Start(type, id);
        draft.Writer.WriteStringValue(code);
        draft.Writer.WriteStringValue(Cut(description));
        draft.Writer.WriteStartObject();
        draft.Writer.WriteEndObject();
        return draft.Finish();
    }

    /// <summary>Between characters: half of a pair is no text.</summary>
    private static string Cut(string text) => text.Length <= DescriptionLengthMax ? text : text[..(char.IsHighSurrogate(text[DescriptionLengthMax - 1]) ? DescriptionLengthMax - 1 : DescriptionLengthMax)];

    private static ReadOnlyMemory<byte> Request<T>(MessageType message, string id, string action, T payload, JsonTypeInfo<T> type)
    {
        var draft = Start(message, id);
        draft.Writer.WriteStringValue(action);
        JsonSerializer.Serialize(draft.Writer, payload, type);
        return draft.Finish();
    }

    private static Draft Start(MessageType type, string id)
    {
        var draft = kept ?? new Draft();
        kept = null; // a payload that fails to serialise leaves no half a frame behind
        draft.Writer.WriteStartArray();
        draft.Writer.WriteNumberValue((int)type);
        draft.Writer.WriteStringValue(id);
        return draft;
    }

    private static void Put(ReadOnlySpan<byte> bytes, byte[] buffer, ref int length)
    {
        bytes.CopyTo(buffer.AsSpan(length));
        length += bytes.Length;
    }

    /// <summary>A JSON string; at most 6 bytes a character where it must be escaped, 3 where not.</summary>
    private static int PutText(string text, Span<byte> buffer)
    {
        var escaped = text.AsSpan().ContainsAny('"', '\\') || text.AsSpan().ContainsAnyInRange('\0', '\x1f') || text.AsSpan().ContainsAnyInRange('\xd800', '\xdfff')
            ? JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value
            : text;
        buffer[0] = (byte)'"';
        var length = Encoding.UTF8.GetBytes(escaped, buffer[1..]);
        buffer[length + 1] = (byte)'"';
        return length + 2;
    }

    private sealed class Draft
    {
        private readonly ArrayBufferWriter<byte> buffer = new(1024);

        internal Draft() => Writer = new Utf8JsonWriter(buffer, Options);

        internal Utf8JsonWriter Writer { get; }

        internal ReadOnlyMemory<byte> Finish()
        {
            Writer.WriteEndArray();
            Writer.Flush();
            var frame = buffer.WrittenSpan.ToArray();
            if (buffer.Capacity > KeptBytesMax) return frame;
            buffer.ResetWrittenCount();
            Writer.Reset(buffer);
            kept = this;
            return frame;
        }
    }
}

/// <summary>A frame in a buffer of the pool.</summary>
public readonly struct PooledFrame(byte[] buffer, int length) : IDisposable
{
    public ReadOnlyMemory<byte> Utf8 => buffer.AsMemory(0, length);

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
}
