using NodaTime;
using Penstock.Core.Sites;
using Penstock.Core.Units;

namespace Penstock.Core.Metering;

/// <summary>What one EVSE measured at one moment.</summary>
/// <param name="At">Device time, corrected by the known clock skew.</param>
/// <param name="ActivePower">Net power: import positive, export negative; null = not measured.</param>
/// <param name="ImportRegisterWh">Energy.Active.Import.Register, exact Wh; null = not measured.</param>
/// <param name="ExportRegisterWh">Energy.Active.Export.Register, exact Wh; null = not measured.</param>
public sealed record EvseMeasurement(
    EvseId Evse,
    Instant At,
    SessionId? Session,
    Power? ActivePower,
    decimal? ImportRegisterWh,
    decimal? ExportRegisterWh,
    StateOfCharge? StateOfCharge)
{
    /// <summary>The station told a state of charge that chargers send while they do not know it (0 or 1 %).</summary>
    public bool StateOfChargeNoise { get; init; }
}
