using NodaTime;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Capability;

/// <summary>What a vehicle's needs show of the EVSE: a transfer mode that was agreed on works there.</summary>
internal static class NeedsFacts
{
    internal static IEnumerable<CapabilityFact> Of(V21.NotifyEVChargingNeedsRequest message, Instant at)
    {
        var needs = message.ChargingNeeds;
        yield return Fact("vehicleEnergyTransfer", needs.RequestedEnergyTransfer.ToString(), "requestedEnergyTransfer");
        if (needs.RequestedEnergyTransfer.ToString().Contains("BPT", StringComparison.Ordinal)) yield return Fact(FactNames.Bidirectional, "true", "requestedEnergyTransfer");
        if (needs.AvailableEnergyTransfer is { Count: > 0 } available) yield return Fact("vehicleEnergyTransfers", string.Join(',', available), "availableEnergyTransfer");
        if (needs.ControlMode is { } mode) yield return Fact("vehicleControlMode", mode.ToString(), "controlMode");
        if (needs.V2xChargingParameters?.MaxDischargePower is { } most) yield return Fact("vehicleDischargePowerMaxW", Math.Abs(most).ToString(System.Globalization.CultureInfo.InvariantCulture), "maxDischargePower");

        CapabilityFact Fact(string name, string value, string detail) => new(name, message.EvseId, value, FactSource.Needs, at, detail);
    }
}
