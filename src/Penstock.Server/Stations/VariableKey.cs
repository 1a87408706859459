using System.Text.Json;
using Penstock.Ocpp.V21;

namespace Penstock.Server.Stations;

/// <summary>A variable of the device model as one word: Component.instance@evse.connector/Variable.instance. Configuration keys of OCPP 1.6 are variables of the component Configuration.</summary>
internal static class VariableKey
{
    /// <summary>The component under which configuration keys of OCPP 1.6 are kept.</summary>
    internal const string Configuration = "Configuration";

    internal static string Of(Component component, Variable variable) =>
        $"{component.Name}{Part(".", component.Instance)}{Part("@", component.Evse?.Id.ToString(System.Globalization.CultureInfo.InvariantCulture))}{Part(".", component.Evse?.ConnectorId?.ToString(System.Globalization.CultureInfo.InvariantCulture))}"
        + $"/{variable.Name}{Part(".", variable.Instance)}";

    /// <summary>From the JSON of a message of 2.0.1 or 2.1.</summary>
    internal static string Of(JsonElement component, JsonElement variable)
    {
        var evse = component.TryGetProperty("evse", out var e) ? e : default;
        return $"{Text(component, "name")}{Part(".", Text(component, "instance"))}{Part("@", Text(evse, "id"))}{Part(".", Text(evse, "connectorId"))}/{Text(variable, "name")}{Part(".", Text(variable, "instance"))}";
    }

    internal static string Of16(string key) => $"{Configuration}/{key}";

    /// <summary>A member as text; null where it is missing.</summary>
    internal static string? Text(JsonElement from, string member) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(member, out var value) && value.ValueKind != JsonValueKind.Null ? value.ToString() : null;

    private static string Part(string before, string? text) => text is null ? "" : before + text;
}
