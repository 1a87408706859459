using System.Collections.Immutable;
using System.Globalization;
using NodaTime;
using V16 = Penstock.Ocpp.V16;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Capability;

/// <summary>Which variables of the device model (2.x, appendix 2) and which configuration keys (1.6) are facts of the record.</summary>
internal static class DeviceModelFacts
{
    /// <summary>Longer values are cut: lists of modes and measurands are shorter.</summary>
    internal const int ValueMax = 1000;

    /// <summary>Keys asked of a 1.6 station.</summary>
    internal static readonly ImmutableArray<string> Keys =
    [
        "NumberOfConnectors", "SupportedFeatureProfiles", "ChargeProfileMaxStackLevel", "ChargingScheduleAllowedChargingRateUnit", "ChargingScheduleMaxPeriods", "MaxChargingProfilesInstalled",
        "ConnectorSwitch3to1PhaseSupported", "MeterValuesSampledData",
    ];

    private enum Read
    {
        Text, YesNo, Whole, List, Limit,
    }

    // Component, variable, fact; Limit reads the characteristic maxLimit in W. Every row is a variable of the OCPP 2.1 appendix.
    private static readonly (string Component, string Variable, string Fact, Read As)[] Variables =
    [
        ("V2XChargingCtrlr", "Available", "v2xAvailable", Read.YesNo), ("V2XChargingCtrlr", "Enabled", FactNames.V2xEnabled, Read.YesNo),
        ("V2XChargingCtrlr", "SupportedOperationModes", FactNames.OperationModes, Read.List), ("V2XChargingCtrlr", "SupportedEnergyTransferModes", FactNames.EnergyTransferModes, Read.List),
        ("SmartChargingCtrlr", "Available", "smartChargingAvailable", Read.YesNo), ("SmartChargingCtrlr", "Enabled", "smartChargingEnabled", Read.YesNo),
        ("SmartChargingCtrlr", "ProfileStackLevel", FactNames.StackLevelMax, Read.Whole), ("SmartChargingCtrlr", "RateUnit", FactNames.RateUnits, Read.List),
        ("SmartChargingCtrlr", "PeriodsPerSchedule", "periodsMax", Read.Whole), ("SmartChargingCtrlr", "SupportsDynamicProfiles", "dynamicProfiles", Read.YesNo),
        ("SmartChargingCtrlr", "SupportsMaxOfflineDuration", "maxOfflineDuration", Read.YesNo), ("SmartChargingCtrlr", "SupportsRandomizedDelay", "randomizedDelay", Read.YesNo),
        ("SmartChargingCtrlr", "SupportsLimitAtSoC", "limitAtSoC", Read.YesNo), ("SmartChargingCtrlr", "SupportsEvseSleep", "evseSleep", Read.YesNo),
        ("SmartChargingCtrlr", "SupportedAdditionalPurposes", "additionalPurposes", Read.List), ("SmartChargingCtrlr", "ACPhaseSwitchingSupported", "phaseSwitching", Read.YesNo),
        ("ISO15118Ctrlr", "Available", "iso15118Available", Read.YesNo), ("ISO15118Ctrlr", "Enabled", "iso15118Enabled", Read.YesNo),
        ("ISO15118Ctrlr", "ServiceRenegotiationSupport", "serviceRenegotiation", Read.YesNo), ("ISO15118Ctrlr", "PnCEnabled", "plugAndCharge", Read.YesNo),
        ("ISO15118Ctrlr", "MaxScheduleEntries", "scheduleEntriesMax", Read.Whole),
        ("DCDERCtrlr", "Enabled", "dcDerEnabled", Read.YesNo), ("DCDERCtrlr", "ModesSupported", FactNames.DcDerModes, Read.List), ("DCDERCtrlr", "MaxW", "dcDerMaxW", Read.Text),
        ("ACDERCtrlr", "Enabled", "acDerEnabled", Read.YesNo), ("ACDERCtrlr", "ModesSupported", FactNames.AcDerModes, Read.List),
        ("EVSE", "Power", FactNames.ChargePowerMaxW, Read.Limit), ("EVSE", "DischargePower", FactNames.DischargePowerMaxW, Read.Limit), ("EVSE", "SupplyPhases", FactNames.Phases, Read.Whole),
        ("Connector", "ConnectorType", "connectorType", Read.Text),
    ];

    internal static IEnumerable<CapabilityFact> Of(IEnumerable<V21.ReportData> rows, Instant at)
    {
        foreach (var row in rows)
        {
            var known = Array.Find(Variables, v => v.Component == row.Component.Name && v.Variable == row.Variable.Name);
            if (known.Fact is null || row.Component.Evse is { Id: < 0 or > Gateway.StationRoll.EvseNumberMax }) continue;
            var told = row.VariableAttribute.FirstOrDefault(a => a.Type is null or V21.Attribute.Actual)?.Value;
            var value = known.As == Read.Limit ? Limit(row.VariableCharacteristics) : Value(told, known.As);
            if (value is not null) yield return new CapabilityFact(known.Fact, row.Component.Evse?.Id ?? 0, value, FactSource.DeviceModel, at, $"{known.Component}.{known.Variable}");
        }
    }

    internal static IEnumerable<CapabilityFact> Of(IEnumerable<V16.ConfigurationKey> keys, Instant at)
    {
        foreach (var key in keys)
        {
            var (name, read) = key.Key switch
            {
                "SupportedFeatureProfiles" => ("featureProfiles", Read.List),
                "ChargeProfileMaxStackLevel" => (FactNames.StackLevelMax, Read.Whole),
                "ChargingScheduleAllowedChargingRateUnit" => (FactNames.RateUnits, Read.List),
                "ChargingScheduleMaxPeriods" => ("periodsMax", Read.Whole),
                "MaxChargingProfilesInstalled" => ("profilesMax", Read.Whole),
                "ConnectorSwitch3to1PhaseSupported" => ("phaseSwitching", Read.YesNo),
                "MeterValuesSampledData" => ("measurands", Read.List),
                _ => ("", Read.Text),
            };
            if (name.Length == 0 || Value(key.Value, read) is not { } value) continue;
            if (name == FactNames.RateUnits) value = string.Join(',', value.Split(',').Select(RateUnitOf).Where(u => u.Length > 0));
            if (value.Length > 0) yield return new CapabilityFact(name, 0, value, FactSource.DeviceModel, at, key.Key);
            if (name == "featureProfiles") yield return new CapabilityFact("smartChargingAvailable", 0, value.Split(',').Contains("SmartCharging", StringComparer.OrdinalIgnoreCase) ? "true" : "false", FactSource.DeviceModel, at, key.Key);
        }
    }

    /// <summary>1.6 says Current and Power; some stations say the units.</summary>
    private static string RateUnitOf(string told) => told.ToUpperInvariant() switch
    {
        "CURRENT" or "A" => "A",
        "POWER" or "W" => "W",
        _ => "",
    };

    /// <returns>Null for what is not said or no value of its kind. Booleans are read in every spelling that was seen.</returns>
    private static string? Value(string? told, Read read) => told?.Trim() is not { Length: > 0 } text ? null : read switch
    {
        Read.YesNo => text.ToUpperInvariant() switch { "TRUE" or "1" or "YES" or "ON" => "true", "FALSE" or "0" or "NO" or "OFF" => "false", _ => null },
        Read.Whole => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) ? whole.ToString(CultureInfo.InvariantCulture) : null,
        Read.List => Cut(string.Join(',', text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal))),
        _ => Cut(text),
    };

    private static string? Limit(V21.VariableCharacteristics? of)
    {
        if (of?.MaxLimit is not { } most || most < 0) return null;
        var kilo = string.Equals(of.Unit, "kW", StringComparison.OrdinalIgnoreCase);
        return most > (decimal)Gateway.StationInquiry.PowerMaxKw * (kilo ? 1 : 1000) ? null : (most * (kilo ? 1000 : 1)).ToString("0.###", CultureInfo.InvariantCulture);
    }

    private static string Cut(string text) => text.Length <= ValueMax ? text : text[..ValueMax];
}
