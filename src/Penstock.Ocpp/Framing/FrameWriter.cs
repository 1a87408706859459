using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Penstock.Ocpp.Framing;

/// <summary>Writes OCPP-J frames as UTF-8.</summary>
public static class FrameWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> Call<T>(string id, string action, T payload, JsonTypeInfo<T> type) => Write(MessageType.Call, id, writer =>
    {
        writer.WriteStringValue(action);
        JsonSerializer.Serialize(writer, payload, type);
    });

    /// <param name="type">Of the payload's own record.</param>
    public static ReadOnlyMemory<byte> Call(string id, string action, object payload, JsonTypeInfo type) => Write(MessageType.Call, id, writer =>
    {
        writer.WriteStringValue(action);
        JsonSerializer.Serialize(writer, payload, type);
    });

    public static ReadOnlyMemory<byte> Send<T>(string id, string action, T payload, JsonTypeInfo<T> type) => Write(MessageType.Send, id, writer =>
    {
        writer.WriteStringValue(action);
        JsonSerializer.Serialize(writer, payload, type);
    });

    public static ReadOnlyMemory<byte> Result(string id, ReadOnlySpan<byte> payload)
    {
        var buffer = new ArrayBufferWriter<byte>(payload.Length + 64);
        using var writer = Start(buffer, MessageType.CallResult, id);
        writer.WriteRawValue(payload, skipInputValidation: true);
        return Finish(writer, buffer);
    }

    /// <param name="type"><see cref="MessageType.CallError"/> or <see cref="MessageType.CallResultError"/>.</param>
    /// <param name="description">Cut to 255 characters, the limit of OCPP-J.</param>
    public static ReadOnlyMemory<byte> Error(MessageType type, string id, string code, string description) => Write(type, id, writer =>
    {
        writer.WriteStringValue(code);
        writer.WriteStringValue(description.Length <= 255 ? description : description[..255]);
        writer.WriteStartObject();
        writer.WriteEndObject();
    });

    private static ReadOnlyMemory<byte> Write(MessageType type, string id, Action<Utf8JsonWriter> rest)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var writer = Start(buffer, type, id);
        rest(writer);
        return Finish(writer, buffer);
    }

    private static Utf8JsonWriter Start(ArrayBufferWriter<byte> buffer, MessageType type, string id)
    {
        var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStartArray();
        writer.WriteNumberValue((int)type);
        writer.WriteStringValue(id);
        return writer;
    }

    private static ReadOnlyMemory<byte> Finish(Utf8JsonWriter writer, ArrayBufferWriter<byte> buffer)
    {
        writer.WriteEndArray();
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
