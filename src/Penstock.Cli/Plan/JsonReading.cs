using System.Globalization;
using System.Text.Json;

namespace Penstock.Cli.Plan;

/// <summary>Reads the fields of one object of a file; faults are collected with their places, and a legal value goes on in place of a wrong one.</summary>
internal sealed class JsonReading(PlacedJson json, Places places, string path, List<string> faults)
{
    internal void Only(params string[] names)
    {
        foreach (var (name, value) in json.Fields) if (!names.Contains(name)) Fault(value, name, "an unknown field", string.Join(", ", names));
    }

    internal void Fault(string name, string found, string expected) => Fault(json.Fields.GetValueOrDefault(name) ?? json, name, found, expected);

    internal bool Has(string name) => json.Fields.TryGetValue(name, out var value) && value.Kind != JsonTokenType.Null;

    internal string? Text(string name, bool required = true)
    {
        if (!Has(name))
        {
            if (required) Fault(json, name, "missing", "a text");
            return null;
        }

        var value = json.Fields[name];
        if (value.Kind == JsonTokenType.String && value.Text.Length is > 0 and <= 200) return value.Text;
        Fault(value, name, Shown(value), "a text of 1 to 200 characters");
        return null;
    }

    internal double Number(string name, double least, double most, double? otherwise = null)
    {
        var expected = string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}");
        if (!Has(name))
        {
            if (otherwise is null) Fault(json, name, "missing", expected);
            return otherwise ?? least;
        }

        var value = json.Fields[name];
        if (value.Kind == JsonTokenType.Number && value.Number >= least && value.Number <= most) return value.Number;
        Fault(value, name, Shown(value), expected);
        return least;
    }

    internal int Whole(string name, int least, int most)
    {
        var value = Number(name, least, most);
        if (value == Math.Floor(value)) return (int)value;
        Fault(name, value.ToString(CultureInfo.InvariantCulture), "a whole number");
        return least;
    }

    /// <summary>An array with one value per step.</summary>
    internal double[]? Series(string name, int steps, double least, double most, bool required = true)
    {
        if (!Has(name))
        {
            if (required) Fault(json, name, "missing", $"{steps} numbers, one per step");
            return null;
        }

        var value = json.Fields[name];
        if (value.Kind == JsonTokenType.StartArray && value.Items.Count > 0) Fault(value.Items[0], name, Shown(value.Items[0]), "only numbers in this array");
        else if (value.Numbers is null) Fault(value, name, Shown(value), $"{steps} numbers, one per step");
        else if (value.Numbers.Length != steps) Fault(value, name, $"{value.Numbers.Length} numbers", $"{steps}, one per step");
        else if (Array.FindIndex(value.Numbers, x => !(x >= least && x <= most)) is >= 0 and var wrong)
        {
            Fault(value, string.Create(CultureInfo.InvariantCulture, $"{name}[{wrong}]"), value.Numbers[wrong].ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"));
        }
        else
        {
            return value.Numbers;
        }

        return null;
    }

    internal int[]? WholeNumbers(string name)
    {
        if (!Has(name)) return null;
        var value = json.Fields[name];
        if (value.Numbers is { } numbers && numbers.All(x => x == Math.Floor(x) && Math.Abs(x) < 1e6)) return Array.ConvertAll(numbers, x => (int)x);
        Fault(value, name, Shown(value), "an array of whole numbers");
        return null;
    }

    internal JsonReading? Part(string name, bool required = true)
    {
        if (!Has(name))
        {
            if (required) Fault(json, name, "missing", "an object");
            return null;
        }

        var value = json.Fields[name];
        if (value.Kind == JsonTokenType.StartObject) return new JsonReading(value, places, $"{path}{name}.", faults);
        Fault(value, name, Shown(value), "an object");
        return null;
    }

    internal List<JsonReading> Parts(string name)
    {
        var result = new List<JsonReading>();
        if (!Has(name)) return result;
        var value = json.Fields[name];
        if (value.Kind != JsonTokenType.StartArray || value.Numbers is { Length: > 0 })
        {
            Fault(value, name, Shown(value), "an array of objects");
            return result;
        }

        for (var n = 0; n < value.Items.Count; n++)
        {
            if (value.Items[n].Kind == JsonTokenType.StartObject) result.Add(new JsonReading(value.Items[n], places, $"{path}{name}[{n}].", faults));
            else Fault(value.Items[n], $"{name}[{n}]", Shown(value.Items[n]), "an object");
        }

        return result;
    }

    private void Fault(PlacedJson value, string name, string found, string expected) => faults.Add(places.Fault(value.Offset, path + name, found, expected));

    private static string Shown(PlacedJson value) => value.Kind switch
    {
        JsonTokenType.String => $"\"{(value.Text.Length <= 60 ? value.Text : value.Text[..60] + "...")}\"",
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        _ => value.Text,
    };
}
