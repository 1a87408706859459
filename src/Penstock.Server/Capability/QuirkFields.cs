using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Penstock.Ocpp.Rpc;

namespace Penstock.Server.Capability;

/// <summary>One field of a quirk file: what is expected, what it means, and how it is taken over; null = the value is not what is expected.</summary>
internal sealed record QuirkField(string Name, string Expected, string Meaning, Func<JsonElement, QuirkProfile, QuirkProfile?> Take);

/// <summary>Every field that a quirk file may have; docs/reference/quirks.md lists the same.</summary>
internal static class QuirkFields
{
    internal const int TextMax = 200;

    /// <summary>Configuration keys that one profile may set: each costs a call after every boot.</summary>
    internal const int ConfigurationMax = 20;

    internal static readonly ImmutableArray<QuirkField> Match =
    [
        Text("vendor", "vendor of the boot notification, * and ? allowed", (q, v) => q with { Match = q.Match with { Vendor = v } }),
        Text("model", "model of the boot notification", (q, v) => q with { Match = q.Match with { Model = v } }),
        Text("firmware", "firmware version", (q, v) => q with { Match = q.Match with { Firmware = v } }),
        new("protocols", "an array of " + string.Join(", ", Subprotocol.All), "OCPP versions", (json, q) =>
            json.ValueKind == JsonValueKind.Array && json.GetArrayLength() > 0 && json.EnumerateArray().All(p => p.ValueKind == JsonValueKind.String && Subprotocol.All.Contains(p.GetString()))
                ? q with { Match = q.Match with { Protocols = [.. json.EnumerateArray().Select(p => p.GetString()!)] } }
                : null),
    ];

    internal static readonly ImmutableArray<QuirkField> DataTransfer =
    [
        Text("vendorId", "vendorId of the DataTransfer", (q, v) => With(q, t => t with { VendorId = v })),
        Text("messageId", "its messageId", (q, v) => With(q, t => t with { MessageId = v }), 50),
        new("data", $"a text or an object of at most {SetpointTemplate.DataMax} characters", "its data, with placeholders", (json, q) =>
            json.ValueKind is not (JsonValueKind.String or JsonValueKind.Object) || json.GetRawText().Length > SetpointTemplate.DataMax ? null
                : With(q, t => t with { IsJson = json.ValueKind == JsonValueKind.Object, Data = json.ValueKind == JsonValueKind.Object ? json.GetRawText() : json.GetString()! })),
        Whole("lapsesAfterSeconds", 150, 900, "the station ends a discharge by itself that was not repeated for so long", (q, v) => With(q, t => t with { LapsesAfterSeconds = v })),
    ];

    /// <summary>Fields that are objects of fields.</summary>
    internal static readonly ImmutableArray<(string Name, ImmutableArray<QuirkField> Fields)> Parts = [("match", Match), ("dataTransfer", DataTransfer)];

    internal static readonly ImmutableArray<QuirkField> All =
    [
        Text("source", "where the quirk is known from (required)", (q, v) => q with { Source = v }),
        Flag("example", "nobody has tried the file here with the station itself", (q, v) => q with { Example = v }),
        Flag("negativeLimits", "the station discharges on a negative limit: the allow-list of 1.6 and 2.0.1; false forbids it", (q, v) => q with { NegativeLimits = v }),
        Choice<RateUnit>("rateUnit", "unit of limits on the wire", (q, v) => q with { RateUnit = v }),
        Whole("phases", 1, 3, "with rateUnit A: phases of the EVSE", (q, v) => q with { Phases = v }),
        Number("voltageV", 50, 1000, "with rateUnit A: V per phase", (q, v) => q with { VoltageV = v }),
        Whole("stackLevel", 0, 1000, "stack level of setpoint profiles (1)", (q, v) => q with { StackLevel = v }),
        Choice<ScheduleKind>("profileKind", "kind of limit profiles (Relative)", (q, v) => q with { ProfileKind = v }),
        Whole("startScheduleSecondsAgo", 0, 86_400, "the schedule says that it began so long ago", (q, v) => q with { StartScheduleSecondsAgo = v }),
        Choice<ProfileCarrier>("purposes", "profile that carries the setpoint (Tx); Both sends the default as well", (q, v) => q with { Purposes = v }),
        Flag("omitTransactionId", "no transaction id in the profile", (q, v) => q with { OmitTransactionId = v }),
        Number("setpointOffsetWatts", -5000, 5000, "added to a setpoint that is not zero", (q, v) => q with { SetpointOffsetWatts = v }),
        Number("setpointGain", 0.5, 2, "multiplies a setpoint (1)", (q, v) => q with { SetpointGain = v }),
        Number("minimumSetpointChangeWatts", 0, 10_000, "smaller changes are not sent", (q, v) => q with { MinimumSetpointChangeWatts = v }),
        Flag("ignoresDuration", "the station ignores the duration of a schedule: a period of 0 W ends a discharge", (q, v) => q with { IgnoresDuration = v }),
        Flag("separateChargeCap", "the rating goes out once per connection as ChargePointMaxProfile or ChargingStationMaxProfile", (q, v) => q with { SeparateChargeCap = v }),
        Flag("exportReportedAsImport", "import and export are told from the vehicle's side: power and registers are exchanged", (q, v) => q with { ExportReportedAsImport = v }),
        Choice("powerUnit", ["W", "kW"], "unit of power where the station tells none (W)", (q, v) => q with { PowerUnit = v }),
        Choice("registerUnit", ["Wh", "kWh"], "unit of registers where the station tells none (Wh)", (q, v) => q with { RegisterUnit = v }),
        Flag("measurandsOneByOne", "1.6: MeterValuesSampledData refuses a list with one unknown measurand: they are added one at a time after a boot", (q, v) => q with { MeasurandsOneByOne = v }),
        new("configuration", $"an object of at most {ConfigurationMax} texts of 0 to 500 characters, its names of 1 to 50", "1.6: keys set after every boot, in this order", (json, q) =>
            json.ValueKind == JsonValueKind.Object && json.EnumerateObject().ToList() is { Count: <= ConfigurationMax } keys && keys.TrueForAll(k => k.Name.Length is >= 1 and <= 50 && k.Value.ValueKind == JsonValueKind.String && k.Value.GetString()!.Length <= 500)
                ? q with { Configuration = [.. keys.Select(k => KeyValuePair.Create(k.Name, k.Value.GetString()!))] }
                : null),
        Flag("noConcurrentCalls", "a call waits while one of the station's is not answered: it drops the socket on two at once", (q, v) => q with { NoConcurrentCalls = v }),
        Whole("callTimeoutSeconds", 1, 300, "how long an answer may take (30)", (q, v) => q with { CallTimeoutSeconds = v }),
        Number("probeWatts", -3000, -100, "power to try a discharge with (-500)", (q, v) => q with { ProbeWatts = v }),
    ];

    private static QuirkField Flag(string name, string meaning, Func<QuirkProfile, bool, QuirkProfile> take) =>
        new(name, "true or false", meaning, (json, q) => json.ValueKind is JsonValueKind.True or JsonValueKind.False ? take(q, json.GetBoolean()) : null);

    private static QuirkField Text(string name, string meaning, Func<QuirkProfile, string, QuirkProfile> take, int most = TextMax) =>
        new(name, $"a text of 1 to {most} characters", meaning, (json, q) => json.ValueKind == JsonValueKind.String && json.GetString() is { Length: >= 1 } text && text.Length <= most ? take(q, text) : null);

    private static QuirkProfile With(QuirkProfile quirk, Func<SetpointTemplate, SetpointTemplate> change) => quirk with { DataTransfer = change(quirk.DataTransfer ?? SetpointTemplate.Empty) };

    private static QuirkField Number(string name, double least, double most, string meaning, Func<QuirkProfile, double, QuirkProfile> take) =>
        new(name, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"), meaning, (json, q) =>
            json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out var value) && value >= least && value <= most ? take(q, value) : null);

    private static QuirkField Whole(string name, int least, int most, string meaning, Func<QuirkProfile, int, QuirkProfile> take) =>
        new(name, $"a whole number from {least} to {most}", meaning, (json, q) => json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var value) && value >= least && value <= most ? take(q, value) : null);

    private static QuirkField Choice<T>(string name, string meaning, Func<QuirkProfile, T, QuirkProfile> take)
        where T : struct, Enum => Choice(name, Enum.GetNames<T>(), meaning, (q, v) => take(q, Enum.Parse<T>(v)));

    private static QuirkField Choice(string name, string[] names, string meaning, Func<QuirkProfile, string, QuirkProfile> take) =>
        new(name, string.Join(" or ", names.Select(n => $"\"{n}\"")), meaning, (json, q) => json.ValueKind == JsonValueKind.String && names.Contains(json.GetString()) ? take(q, json.GetString()!) : null);
}
