using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Penstock.Server.Gateway;

namespace Penstock.Server.Capability;

/// <summary>How a model without a standard way (1.6, 2.0.1) takes a discharge: a DataTransfer whose data carries placeholders. Charging goes by limits; the end of a discharge is the template with 0 W.</summary>
/// <param name="Data">Text, or JSON where <paramref name="IsJson"/>: then a number in quotes alone becomes a number.</param>
/// <param name="LapsesAfterSeconds">The station ends a discharge by itself that was not repeated for so long; null = it is told by {seconds}.</param>
public sealed partial record SetpointTemplate(string VendorId, string? MessageId, string Data, bool IsJson, int? LapsesAfterSeconds)
{
    /// <summary>Characters of the data.</summary>
    public const int DataMax = 2000;

    /// <summary>Before a file says anything.</summary>
    internal static readonly SetpointTemplate Empty = new("", null, "", false, null);

    // In W and A a negative number is a discharge; dischargeWatts is its magnitude.
    private static readonly string[] Powers = ["watts", "dischargeWatts", "kilowatts", "amperes"];

    internal static readonly string[] Names = [.. Powers, "connector", "seconds", "transaction"];

    /// <summary>What keeps the template from commanding a station, and from leaving one discharging when the platform falls silent.</summary>
    internal IEnumerable<(string Field, string Fault)> Faults()
    {
        var used = Placeholder().Matches(Data).Select(m => m.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        if (VendorId.Length == 0) yield return ("vendorId", "missing; the vendorId of the DataTransfer was expected");
        foreach (var other in used.Except(Names)) yield return ("data", $"{{{other}}} is no placeholder; one of {string.Join(", ", Names.Select(n => $"{{{n}}}"))} was expected");
        if (!used.Overlaps(Powers)) yield return ("data", $"carries no power; at least one of {string.Join(", ", Powers.Select(n => $"{{{n}}}"))} was expected");
        if (!used.Contains("seconds") && LapsesAfterSeconds is null) yield return ("data", "without {seconds} the station would discharge on when the platform falls silent; {seconds} or /dataTransfer/lapsesAfterSeconds was expected");
    }

    /// <summary>The data for a setpoint.</summary>
    internal string Filled(LimitAsk ask, QuirkProfile quirk)
    {
        var watts = LimitProfiles.Asked(ask.LimitW, quirk);
        return Placeholder().Replace(Data, m =>
        {
            var value = Value(m.Groups["name"].Value);
            var quoted = m.Value[0] == '"';
            return quoted && (!IsJson || m.Groups["name"].Value == "transaction") ? $"\"{value}\"" : value;
        });

        string Value(string name) => name switch
        {
            "watts" => Number(decimal.Truncate(watts)),
            "dischargeWatts" => Number(decimal.Truncate(Math.Max(0, -watts))),
            "kilowatts" => Number(Math.Round(watts / 1000, 3, MidpointRounding.ToZero)),
            "amperes" => Number(LimitProfiles.InUnit(watts, quirk with { RateUnit = RateUnit.A })),
            "connector" => Number(ask.Evse),
            "seconds" => Number(ask.DeadManSeconds),
            _ => IsJson ? JsonEncodedText.Encode(ask.Transaction).ToString() : ask.Transaction,
        };
    }

    private static string Number(decimal value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    [GeneratedRegex("\"\\{(?<name>[A-Za-z]+)\\}\"|\\{(?<name>[A-Za-z]+)\\}")]
    private static partial Regex Placeholder();
}
