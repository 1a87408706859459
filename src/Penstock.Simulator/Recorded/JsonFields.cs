using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using NodaTime;

namespace Penstock.Simulator.Recorded;

/// <summary>Reads the fields of one object; a fault is written down with its path, value and expectation, and a legal value goes on in its place.</summary>
internal sealed class JsonFields(JsonObject? json, string path, List<string> faults)
{
    internal void Only(params string[] names)
    {
        foreach (var (name, _) in json ?? []) if (!names.Contains(name)) faults.Add($"{path}{name}: unknown; {(path.Length == 0 ? "the file" : path.TrimEnd('.'))} has {string.Join(", ", names)}");
    }

    internal void Fault(string name, object? value, string expected) => faults.Add(FormattableString.Invariant($"{path}{name}: {value ?? "nothing"} was given; {expected} was expected"));

    /// <param name="otherwise">Null = the field is required.</param>
    internal double Number(string name, double least, double most, double? otherwise = null)
    {
        var expected = string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}");
        if (json?[name] is not { } node)
        {
            if (otherwise is null) Fault(name, null, expected);
            return otherwise ?? least;
        }

        if (node.GetValueKind() == JsonValueKind.Number && node.GetValue<double>() is var value && value >= least && value <= most) return value;
        Fault(name, node.ToJsonString(), expected);
        return otherwise ?? least;
    }

    /// <param name="otherwise">Null = the field is required.</param>
    internal string Text(string name, string? otherwise)
    {
        if (json?[name] is { } node)
        {
            if (node.GetValueKind() == JsonValueKind.String && node.GetValue<string>() is { Length: > 0 and <= 200 } text) return text;
            Fault(name, node.ToJsonString(), "a text of 1 to 200 characters");
        }
        else if (otherwise is null)
        {
            Fault(name, null, "a text of 1 to 200 characters");
        }

        return otherwise ?? "";
    }

    internal DateTimeZone Zone(string name)
    {
        var text = Text(name, null);
        if (DateTimeZoneProviders.Tzdb.GetZoneOrNull(text) is { } zone) return zone;
        if (text.Length > 0) Fault(name, text, "an IANA time zone such as Europe/Oslo");
        return DateTimeZone.Utc;
    }

    internal Core.Units.Currency Currency(string name)
    {
        var text = Text(name, null);
        if (text is { Length: 3 } && text.All(char.IsAsciiLetterUpper)) return Core.Units.Currency.Of(text);
        if (text.Length > 0) Fault(name, text, "an ISO 4217 code such as EUR");
        return default;
    }

    internal T OneOf<T>(string name, params T[] values)
        where T : struct, Enum
    {
        var text = Text(name, values[0].ToString());
        foreach (var value in values) if (string.Equals(value.ToString(), text, StringComparison.OrdinalIgnoreCase)) return value;
        Fault(name, text, $"one of {string.Join(", ", values).ToLowerInvariant()}");
        return values[0];
    }

    /// <summary>The object in a field; an empty one when it is absent.</summary>
    internal JsonFields Part(string name)
    {
        if (json?[name] is { } node and not JsonObject) Fault(name, node.ToJsonString(), "an object");
        return new JsonFields(json?[name] as JsonObject, $"{path}{name}.", faults);
    }

    internal IEnumerable<JsonFields> Parts(string name)
    {
        if (json?[name] is not { } node) yield break;
        if (node is not JsonArray list)
        {
            Fault(name, node.ToJsonString(), "a list of objects");
            yield break;
        }

        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] is not JsonObject) Fault($"{name}[{i}]", list[i]?.ToJsonString(), "an object");
            yield return new JsonFields(list[i] as JsonObject, $"{path}{name}[{i}].", faults);
        }
    }
}
