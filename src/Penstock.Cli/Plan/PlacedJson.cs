using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Penstock.Cli.Plan;

/// <summary>Input that cannot be planned; every fault has its file, line and column.</summary>
public sealed class InputRefusedException(IReadOnlyList<string> faults)
    : Exception(string.Join(Environment.NewLine, faults.Take(FaultsShown)) + (faults.Count > FaultsShown ? $"{Environment.NewLine}and {faults.Count - FaultsShown} more" : ""))
{
    /// <summary>Faults that are printed; reading stops looking for more soon after.</summary>
    internal const int FaultsShown = 20;

    public IReadOnlyList<string> Faults => faults;
}

/// <summary>A JSON value with its place in the file. Arrays of numbers are kept as numbers.</summary>
internal sealed class PlacedJson
{
    /// <summary>Objects and arrays may be nested this deeply.</summary>
    private const int DepthMax = 8;

    private PlacedJson(JsonTokenType kind, long offset) => (Kind, Offset) = (kind, offset);

    internal JsonTokenType Kind { get; }

    internal long Offset { get; }

    internal string Text { get; private init; } = "";

    internal double Number { get; private init; }

    internal double[]? Numbers { get; private set; }

    internal List<PlacedJson> Items { get; } = [];

    internal Dictionary<string, PlacedJson> Fields { get; } = new(StringComparer.Ordinal);

    /// <exception cref="InputRefusedException">There is no such file, or it is no JSON.</exception>
    internal static (PlacedJson Root, Places Places) Read(string path)
    {
        if (!File.Exists(path)) throw new InputRefusedException([$"{path}: there is no such file"]);
        var bytes = File.ReadAllBytes(path);
        if (bytes.Length == 0) throw new InputRefusedException([$"{path}: the file is empty; a JSON object was expected"]);
        var places = new Places(Path.GetFileName(path), bytes);
        var from = bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;
        var reader = new Utf8JsonReader(bytes.AsSpan(from), new JsonReaderOptions { MaxDepth = DepthMax, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        try
        {
            reader.Read();
            var root = Value(ref reader, from);
            while (reader.Read()) continue; // more text after the object is told by the reader
            return (root, places);
        }
        catch (JsonException e)
        {
            throw new InputRefusedException([string.Create(CultureInfo.InvariantCulture, $"{places.File}:{e.LineNumber + 1}:{e.BytePositionInLine + 1}: no JSON: {e.Message.Split(" LineNumber")[0]} NaN and Infinity are no JSON numbers either")]);
        }
    }

    private static PlacedJson Value(ref Utf8JsonReader reader, int from)
    {
        var at = reader.TokenStartIndex + from;
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var result = new PlacedJson(JsonTokenType.StartObject, at);
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var name = reader.GetString()!;
                    reader.Read();
                    result.Fields[name] = Value(ref reader, from);
                }

                return result;
            case JsonTokenType.StartArray:
                return Array(ref reader, from, at);
            case JsonTokenType.Number:
                return new PlacedJson(JsonTokenType.Number, at) { Number = reader.GetDouble(), Text = Encoding.UTF8.GetString(reader.ValueSpan) };
            default:
                return new PlacedJson(reader.TokenType, at) { Text = reader.TokenType == JsonTokenType.String ? reader.GetString()! : Encoding.UTF8.GetString(reader.ValueSpan) };
        }
    }

    private static PlacedJson Array(ref Utf8JsonReader reader, int from, long at)
    {
        var result = new PlacedJson(JsonTokenType.StartArray, at);
        var numbers = new List<double>(96);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.Number && result.Items.Count == 0) numbers.Add(reader.GetDouble());
            else result.Items.Add(Value(ref reader, from));
        }

        if (result.Items.Count == 0) result.Numbers = [.. numbers];
        return result;
    }
}

/// <summary>Turns offsets into lines and columns.</summary>
internal sealed class Places(string file, byte[] text)
{
    internal string File => file;

    internal string Fault(long offset, string field, string found, string expected)
    {
        var before = text.AsSpan(0, (int)Math.Min(offset, text.Length));
        var (line, column) = (before.Count((byte)'\n') + 1, before.Length - before.LastIndexOf((byte)'\n'));
        return string.Create(CultureInfo.InvariantCulture, $"{file}:{line}:{column}: {field}{(field.Length > 0 ? ": " : "")}{found}; {expected} was expected");
    }
}
