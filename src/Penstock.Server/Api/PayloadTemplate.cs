using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Penstock.Ocpp;
using Penstock.Ocpp.V21;
using Penstock.Ocpp.V21.V2x;

namespace Penstock.Server.Api;

/// <summary>The smallest payload of an action, from its record: what must be there, with the first listed value, an empty text, 0 or this moment's form. A person fills it in.</summary>
internal static class PayloadTemplate
{
    /// <summary>Records within records, as deep as the schemas go.</summary>
    private const int DepthMax = 8;

    internal static JsonElement Of(OcppAction action) => action.Request.Type == typeof(SetChargingProfileRequest) ? Profile : JsonSerializer.SerializeToElement(Record(action.Request, 0));

    /// <summary>A profile that is legal, not only valid: a cap of the station.</summary>
    private static JsonElement Profile => JsonSerializer.SerializeToElement(
        new SetChargingProfileRequest { EvseId = 0, ChargingProfile = V2xProfile.Absolute(V2xPurpose.StationMax, 1, 1, DateTimeOffset.UnixEpoch.AddYears(60), [new(0, new ChargingOnly(7000))], new V2xOptions()) },
        SetChargingProfileRequest.TypeInfo);

    private static JsonObject Record(JsonTypeInfo type, int depth)
    {
        var result = new JsonObject();
        foreach (var property in type.Properties.Where(p => p.IsRequired))
        {
            result[property.Name] = property is { Name: "location" or "remoteLocation" } && property.PropertyType == typeof(string) ? "https://example.com/file" : Value(type.Options.GetTypeInfo(property.PropertyType), depth + 1);
        }

        return result;
    }

    private static JsonNode? Value(JsonTypeInfo type, int depth)
    {
        var plain = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        if (depth > DepthMax) return null;
        if (plain.IsEnum) return JsonNode.Parse(JsonSerializer.Serialize(Enum.GetValues(plain).GetValue(0), type.Options.GetTypeInfo(plain)));
        if (plain == typeof(string)) return "";
        if (plain == typeof(bool)) return false;
        if (plain == typeof(int) || plain == typeof(decimal)) return 0;
        if (plain == typeof(DateTimeOffset)) return "2030-01-01T00:00:00Z";
        if (type.Kind == JsonTypeInfoKind.Enumerable) return new JsonArray(Value(type.Options.GetTypeInfo(type.ElementType!), depth + 1));
        return type.Kind == JsonTypeInfoKind.Object ? Record(type, depth) : null;
    }
}
