using System.Text.Json;

namespace Penstock.Ocpp.Generator;

/// <summary>Reads the schemas of one version into a model: definitions and inline objects become records, equal ones are shared.</summary>
internal sealed class SchemaReader
{
    private readonly SortedDictionary<string, (string Shape, RecordModel Model)> records = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, EnumModel> enums = new(StringComparer.Ordinal);
    private readonly List<ActionModel> actions = [];
    private string message = "";
    private JsonElement definitions;

    internal static VersionModel Read(string folder)
    {
        var reader = new SchemaReader();
        foreach (var file in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal)) reader.ReadMessage(file);
        var names = reader.records.Keys.ToHashSet(StringComparer.Ordinal);
        foreach (var request in names.Where(n => n.EndsWith("Request", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            var action = request[..^"Request".Length];
            if (names.Contains(action + "Response")) reader.actions.Add(new ActionModel(action, request, action + "Response"));
        }

        // The one message of OCPP 2.1 without an answer (RPC type SEND).
        if (names.Contains("NotifyPeriodicEventStream")) reader.actions.Add(new ActionModel("NotifyPeriodicEventStream", "NotifyPeriodicEventStream", null));
        return new VersionModel([.. reader.records.Values.Select(r => reader.Unclashed(r.Model))], [.. reader.enums.Values.Select(reader.Unclashed)], reader.actions);
    }

    // "IdTokenEnumType" and "IdTokenType" both tidy to IdToken: the enumeration is then called IdTokenType.
    private EnumModel Unclashed(EnumModel one) => records.ContainsKey(one.Name) ? one with { Name = one.Name + "Type" } : one;

    private RecordModel Unclashed(RecordModel one) => one with
    {
        Properties = [.. one.Properties.Select(p => !p.IsRecord && enums.ContainsKey(p.Type) && records.ContainsKey(p.Type) ? p with { Type = p.Type + "Type" } : p)],
    };

    private void ReadMessage(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(file));
        var stem = Path.GetFileNameWithoutExtension(file);
        message = stem.EndsWith("Request", StringComparison.Ordinal) || stem.EndsWith("Response", StringComparison.Ordinal)
            || stem == "NotifyPeriodicEventStream" ? stem : stem + "Request";
        definitions = document.RootElement.TryGetProperty("definitions", out var found) ? found : default;
        AddRecord(message, document.RootElement);
    }

    private string AddRecord(string wanted, JsonElement schema)
    {
        var required = schema.TryGetProperty("required", out var list) ? list.EnumerateArray().Select(r => r.GetString()!).ToHashSet(StringComparer.Ordinal) : [];
        var properties = schema.TryGetProperty("properties", out var all)
            ? all.EnumerateObject().Select(p => Property(wanted, p, required.Contains(p.Name))).ToList()
            : [];
        var shape = string.Join(';', properties);
        var name = wanted;
        if (records.TryGetValue(name, out var known) && known.Shape != shape) name = Prefix() + wanted;
        records[name] = (shape, new RecordModel(name, properties));
        return name;
    }

    private PropertyModel Property(string owner, JsonProperty property, bool required)
    {
        var schema = Resolve(property.Value, out var definition);
        if (property.Name == "customData") return new(property.Name, "JsonElement", false, required, false, new(null, null, null, null, null, false));
        if (Kind(schema) != "array") return Scalar(owner, property.Name, schema, definition, required);
        var item = Resolve(schema.GetProperty("items"), out var itemDefinition);
        var inner = Scalar(owner, Singular(property.Name), item, itemDefinition, required);
        return inner with
        {
            Wire = property.Name, IsList = true,
            Bounds = inner.Bounds with { MinItems = Whole(schema, "minItems"), MaxItems = Whole(schema, "maxItems") },
        };
    }

    private PropertyModel Scalar(string owner, string name, JsonElement schema, string? definition, bool required)
    {
        var format = schema.TryGetProperty("format", out var told) ? told.GetString() : null;
        var bounds = new Bounds(Whole(schema, "maxLength"), null, null, Number(schema, "minimum"), Number(schema, "maximum"), format == "uri");
        var isRecord = Kind(schema) == "object" && schema.TryGetProperty("properties", out _);
        var type = schema.TryGetProperty("enum", out var values)
            ? AddEnum(definition ?? Inline(owner, name), [.. values.EnumerateArray().Select(v => v.GetString()!)])
            : isRecord ? AddRecord(definition is null ? Inline(owner, name) : Tidy(definition), schema)
            : Kind(schema) switch
            {
                "integer" => "int",
                "number" => "decimal",
                "boolean" => "bool",
                "string" when format == "date-time" => "DateTimeOffset",
                "string" => "string",
                _ => "JsonElement",
            };
        return new(name, type, false, required, isRecord, bounds);
    }

    private string AddEnum(string wanted, IReadOnlyList<string> values)
    {
        var name = Tidy(wanted);
        if (enums.TryGetValue(name, out var known) && !known.Values.SequenceEqual(values, StringComparer.Ordinal)) name = Prefix() + name;
        enums[name] = new EnumModel(name, values);
        return name;
    }

    private JsonElement Resolve(JsonElement schema, out string? definition)
    {
        definition = null;
        if (!schema.TryGetProperty("$ref", out var reference)) return schema;
        definition = reference.GetString()!.Split('/')[^1];
        return definitions.GetProperty(definition);
    }

    /// <summary>Names for the inline types of 1.6: words of the specification where the property name says too little.</summary>
    private string Inline(string owner, string name)
    {
        var pascal = Text.Pascal(name);
        return pascal switch
        {
            "Status" => Stem() + "Status",
            "Type" => Stem() + "Type",
            "Reason" or "MessageTrigger" or "RequestedMessage" => Stem() + pascal,
            "Format" when owner == "SampledValue" => "ValueFormat",
            _ => pascal,
        };
    }

    private string Stem() => message.EndsWith("Request", StringComparison.Ordinal) ? message[..^7]
        : message.EndsWith("Response", StringComparison.Ordinal) ? message[..^8] : message;

    private string Prefix() => Stem();

    private static string Tidy(string name) =>
        name.EndsWith("EnumType", StringComparison.Ordinal) ? name[..^8]
        : name.EndsWith("Type", StringComparison.Ordinal) && name.Length > 4 ? name[..^4]
        : name;

    private static string Singular(string name) => name.EndsWith('s') && !name.EndsWith("ss", StringComparison.Ordinal) ? name[..^1] : name;

    private static string? Kind(JsonElement schema) => schema.TryGetProperty("type", out var type) ? type.GetString() : null;

    private static int? Whole(JsonElement schema, string key) => schema.TryGetProperty(key, out var value) ? (int)value.GetDecimal() : null;

    private static decimal? Number(JsonElement schema, string key) => schema.TryGetProperty(key, out var value) ? value.GetDecimal() : null;
}
