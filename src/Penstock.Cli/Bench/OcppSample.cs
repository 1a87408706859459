using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Penstock.Ocpp;
using Penstock.Ocpp.Rpc;

namespace Penstock.Cli.Bench;

/// <summary>Valid messages of all actions of a version, made from their records: the required members alone, and every member once.</summary>
internal static class OcppSample
{
    private const int DepthMax = 8;

    internal static List<(string Action, string Payload)> Of(OcppVersion version, bool whole) =>
        [.. OcppCatalogue.Actions(version).Values.Select(a => (a.Name, Value(a.Request.Options.GetJsonSchemaAsNode(a.Request.Type), whole, 0)?.ToJsonString() ?? "{}"))];

    private static JsonNode? Value(JsonNode schema, bool whole, int depth)
    {
        if (schema is not JsonObject one) return new JsonObject();
        if (one["enum"] is JsonArray { Count: > 0 } names) return names.First(n => n is not null)!.DeepClone();
        return Kind(one["type"]) switch
        {
            "object" => Members(one, whole, depth),
            "array" => new JsonArray(depth < DepthMax && one["items"] is { } item ? [Value(item, whole, depth + 1)] : []),
            "boolean" => true,
            "integer" or "number" => 7,
            "string" when one["format"] is not null => "2026-04-02T09:00:00.000Z",
            "string" => "text",
            _ => new JsonObject(),
        };
    }

    private static string? Kind(JsonNode? type) => type is JsonArray several ? several.Select(t => t?.GetValue<string>()).FirstOrDefault(t => t != "null") : type?.GetValue<string>();

    private static JsonObject Members(JsonObject schema, bool whole, int depth)
    {
        var required = schema["required"]?.AsArray().Select(n => n!.GetValue<string>()).ToHashSet(StringComparer.Ordinal) ?? [];
        var made = new JsonObject();
        foreach (var (name, member) in schema["properties"]?.AsObject() ?? [])
        {
            if (name == "customData" || member is null || !(required.Contains(name) || (whole && depth < DepthMax))) continue;
            made[name] = name.Contains("imestamp", StringComparison.Ordinal) || name.Contains("Date", StringComparison.Ordinal) || name.EndsWith("Time", StringComparison.Ordinal) && Kind(member["type"]) == "string"
                ? "2026-04-02T09:00:00.000Z"
                : Value(member, whole, depth + 1);
        }

        return made;
    }
}
