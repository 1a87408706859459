using NodaTime;
using Penstock.Core.Units;
using Penstock.Core.V2x;

namespace Penstock.Server.Gateway;

/// <summary>What a station told, in one vocabulary for all OCPP versions. Signs are the platform's: import positive.</summary>
/// <param name="At">Device time less its known skew, or the time of receipt where the device's clock is unset.</param>
public abstract record StationReport(Instant At)
{
    /// <summary>Where <see cref="At"/> is not the device's own time, or not to be trusted: <see cref="DeviceTime"/>.</summary>
    public string? Clock { get; init; }
}

/// <param name="Begins">False where a token is told in the course of a transaction: that begins none.</param>
public sealed record TransactionStarted(Instant At, int Evse, string TransactionId, string? Token, bool Begins = true) : StationReport(At);

/// <param name="Reason">Why it ended, in the words of OCPP (Local, Remote, EVDisconnected, ...); null = not told, which OCPP reads as Local.</param>
public sealed record TransactionEnded(Instant At, string TransactionId, string? Reason = null) : StationReport(At);

/// <param name="TransactionId">Null: whichever transaction is open at the EVSE.</param>
public sealed record MeterSampled(
    Instant At, int? Evse, string? TransactionId, Power? Power, decimal? ImportWh, decimal? ExportWh, StateOfCharge? StateOfCharge) : StationReport(At)
{
    /// <summary>A state of charge was told that chargers send while they do not know it.</summary>
    public bool StateOfChargeNoise { get; init; }
}

/// <summary>The mode that the station works in (2.1).</summary>
public sealed record ModeTold(Instant At, string TransactionId, OperationMode Mode) : StationReport(At);

/// <summary>What the vehicle itself asks for (NotifyEVChargingNeeds); null = not told.</summary>
public sealed record NeedsTold(
    Instant At, int Evse, Instant? Departure, Energy? Capacity, StateOfCharge? StateOfCharge, StateOfCharge? Target, Power? ChargeMax, Power? DischargeMax) : StationReport(At);
