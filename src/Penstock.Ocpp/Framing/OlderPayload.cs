using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Penstock.Ocpp.Framing;

/// <summary>A payload of 2.1 in 2.0.1, whose messages are a subset: what that version does not know is left out.</summary>
public static class OlderPayload
{
    /// <param name="older">Of the 2.0.1 record.</param>
    /// <exception cref="InvalidOperationException">The payload is null. Our bug.</exception>
    public static byte[] Of(ReadOnlySpan<byte> utf8, JsonTypeInfo older) =>
        JsonSerializer.SerializeToUtf8Bytes(JsonSerializer.Deserialize(utf8, older) ?? throw new InvalidOperationException($"The payload of {older.Type.Name} is null."), older);
}
