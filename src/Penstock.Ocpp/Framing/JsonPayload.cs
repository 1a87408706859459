using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Penstock.Ocpp.Framing;

/// <summary>The payload of a frame as it came, UTF-8: a slice of the frame's own bytes, well-formed JSON, read once by whoever knows the action.</summary>
public readonly struct JsonPayload(ReadOnlyMemory<byte> utf8)
{
    private static readonly byte[] EmptyObject = "{}"u8.ToArray();

    public ReadOnlyMemory<byte> Utf8 => utf8;

    /// <summary>{}: what a missing payload counts as.</summary>
    public static JsonPayload Empty { get; } = new(EmptyObject);

    public static implicit operator JsonPayload(JsonElement element) => element.ValueKind == JsonValueKind.Undefined ? Empty : new(JsonMarshal.GetRawUtf8Value(element).ToArray());

    public string GetRawText() => Encoding.UTF8.GetString(utf8.Span);

    /// <summary>A copy that outlives the frame.</summary>
    public JsonElement Clone()
    {
        using var document = JsonDocument.Parse(utf8);
        return document.RootElement.Clone();
    }
}
