using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Penstock.Ocpp;
using Penstock.Ocpp.Rpc;

namespace Penstock.Cli.Bench;

/// <summary>Valid messages of all actions of a version, made from their records: the required members alone, or every member once.</summary>
internal static class OcppSample
{
    private const int DepthMax = 10;

    private static readonly Regex Address = new("location$|url$|uri$", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking);

    internal static List<(string Action, string Payload)> Of(OcppVersion version, bool whole) =>
        [.. OcppCatalogue.Actions(version).Values.Select(a => (a.Name, Members(a.Request, whole, 0).ToJsonString()))];

    private static JsonObject Members(JsonTypeInfo type, bool whole, int depth)
    {
        var made = new JsonObject();
        foreach (var member in type.Properties.Where(m => m.IsRequired || (whole && depth < DepthMax && m.Name != "customData")))
        {
            made[member.Name] = Address.IsMatch(member.Name) && member.PropertyType == typeof(string) ? "https://a.b/c" : Value(member.PropertyType, type.Options, whole, depth + 1);
        }

        return made;
    }

    private static JsonNode? Value(Type of, JsonSerializerOptions options, bool whole, int depth)
    {
        var type = Nullable.GetUnderlyingType(of) ?? of;
        if (type == typeof(string)) return "7";
        if (type == typeof(bool)) return true;
        if (type == typeof(int) || type == typeof(long) || type == typeof(decimal)) return 7;
        if (type == typeof(DateTimeOffset)) return "2026-04-02T09:00:00.000Z";
        if (type == typeof(JsonElement)) return new JsonObject();
        var known = options.GetTypeInfo(type);
        if (type.IsEnum) return JsonSerializer.SerializeToNode(Enum.GetValues(type).GetValue(0), known);
        return known.Kind == JsonTypeInfoKind.Enumerable ? new JsonArray(Value(known.ElementType!, options, whole, depth + 1)) : Members(known, whole, depth);
    }
}
