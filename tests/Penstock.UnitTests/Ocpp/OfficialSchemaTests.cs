using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using NJsonSchema;
using Penstock.Ocpp;
using Penstock.Ocpp.V16;
using Penstock.Ocpp.V201;
using Penstock.Ocpp.V21;

namespace Penstock.UnitTests.Ocpp;

/// <summary>Every message of every version: a full sample made from the schema survives our records and still satisfies the schema.</summary>
public sealed class OfficialSchemaTests
{
    public static TheoryData<string> Versions => ["1.6", "2.0.1", "2.1"];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Every_message_with_every_member_round_trips_through_its_record(string version)
    {
        var folder = Path.Combine(Schemas.Root(), version);
        foreach (var (name, type) in Messages(version))
        {
            var file = Path.Combine(folder, name + ".json");
            if (!File.Exists(file)) file = Path.Combine(folder, name.Replace("Request", "") + ".json");
            var schema = await JsonSchema.FromJsonAsync(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
            var sample = Sample(schema)!.ToJsonString();
            Assert.True(schema.Validate(sample).Count == 0, $"{version} {name}: the sample itself is wrong: {sample}");
            var message = JsonSerializer.Deserialize(sample, type)!;
            Assert.True(((IOcppChecked)message).Check() is null, $"{version} {name}: {((IOcppChecked)message).Check()?.Text}");
            var written = JsonSerializer.Serialize(message, type);
            Assert.True(schema.Validate(written).Count == 0, $"{version} {name}: {string.Join("; ", schema.Validate(written))}");
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(sample), JsonNode.Parse(written)), $"{version} {name}:\n{sample}\n{written}");
        }
    }

    private static IEnumerable<(string Name, JsonTypeInfo Type)> Messages(string version)
    {
        var actions = version switch { "1.6" => V16Actions.All, "2.0.1" => V201Actions.All, _ => V21Actions.All };
        return actions.Values.SelectMany(a => a.Response is null
            ? [(a.Request.Type.Name, a.Request)]
            : new[] { (a.Request.Type.Name, a.Request), (a.Response.Type.Name, a.Response) });
    }

    /// <summary>A value that uses every member of the schema once.</summary>
    private static JsonNode? Sample(JsonSchema schema)
    {
        var actual = schema.ActualSchema;
        if (actual.Enumeration.Count > 0) return JsonValue.Create((string)actual.Enumeration.Last()!);
        if (actual.Type.HasFlag(JsonObjectType.Object) || actual.Properties.Count > 0) return Object(actual);
        if (actual.Type.HasFlag(JsonObjectType.Array)) return new JsonArray([.. Enumerable.Range(0, Math.Max(1, actual.MinItems)).Select(_ => Sample(actual.Item!))]);
        if (actual.Type.HasFlag(JsonObjectType.Boolean)) return JsonValue.Create(true);
        if (actual.Type.HasFlag(JsonObjectType.Integer)) return JsonValue.Create((int)(actual.Minimum ?? Math.Min(7, actual.Maximum ?? 7)));
        if (actual.Type.HasFlag(JsonObjectType.Number)) return JsonValue.Create(actual.Minimum ?? Math.Min(7, actual.Maximum ?? 7));
        if (actual.Format == "date-time") return JsonValue.Create("2026-04-02T09:00:00.000Z");
        if (actual.Format == "uri") return JsonValue.Create("https://example.org/log");
        return JsonValue.Create(actual.MaxLength is { } most ? "abcdefghijklmnop"[..Math.Min(16, most)] : "text");
    }

    private static JsonObject Object(JsonSchema schema)
    {
        var result = new JsonObject();
        foreach (var (name, property) in schema.ActualProperties.Where(p => p.Key != "customData")) result[name] = Sample(property);
        return result;
    }
}
