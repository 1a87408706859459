using NodaTime;

namespace Penstock.Server.Capability;

/// <summary>Where a fact comes from; later ones are trusted more.</summary>
public enum FactSource
{
    /// <summary>The quirk profile of its model.</summary>
    Quirk,

    /// <summary>What its OCPP version demands of every station.</summary>
    Protocol,

    /// <summary>Its device model (NotifyReport) or its configuration keys (1.6).</summary>
    DeviceModel,

    /// <summary>What a vehicle at it asked for (NotifyEVChargingNeeds).</summary>
    Needs,

    /// <summary>A small setpoint that the meter verified.</summary>
    Probe,

    /// <summary>An operator's word. Of it and a probe the newer counts.</summary>
    Operator,
}

/// <summary>One thing that a station can or cannot do.</summary>
/// <param name="Evse">0 = the station itself.</param>
/// <param name="Name">One of <see cref="FactNames"/>.</param>
/// <param name="At">Since when it is told or shown so.</param>
/// <param name="Detail">What it was read from.</param>
public sealed record CapabilityFact(string Name, int Evse, string Value, FactSource Source, Instant At, string? Detail = null);

/// <summary>Names of facts that decide something; others are told as they are.</summary>
public static class FactNames
{
    /// <summary>The name of a DischargeMethod.</summary>
    public const string Discharge = "discharge";

    /// <summary>True when energy may flow both ways through it.</summary>
    public const string Bidirectional = "bidirectional";

    /// <summary>DER controls that the inverter of the station or of the vehicle executes.</summary>
    public const string DcDerModes = "dcDerModes";

    public const string AcDerModes = "acDerModes";

    public const string OperationModes = "operationModes";

    public const string EnergyTransferModes = "energyTransferModes";

    public const string V2xEnabled = "v2xEnabled";

    public const string RateUnits = "rateUnits";

    public const string StackLevelMax = "stackLevelMax";

    public const string Phases = "phases";

    public const string ChargePowerMaxW = "chargePowerMaxW";

    public const string DischargePowerMaxW = "dischargePowerMaxW";
}
