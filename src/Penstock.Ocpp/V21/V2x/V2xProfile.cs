namespace Penstock.Ocpp.V21.V2x;

/// <summary>
/// Charging profiles for OCPP 2.1 V2X (block Q), one constructor per operation mode, so that an illegal mix of fields cannot be built.
/// Powers are W, positive into the vehicle. CentralSetpoint carries the setpoint alone: the operation mode table allows limits beside it and
/// Q02.FR.02 forbids them, and this satisfies both readings.
/// </summary>
public static class V2xProfile
{
    /// <summary>Profile ids are fixed per EVSE: a new profile with the same id replaces the old one (K01.FR.05).</summary>
    public static int SetpointProfileId(int evse) => 1000 + evse;

    public static int DefaultProfileId => 1;

    /// <summary>
    /// The safe floor beneath every V2X profile: when the setpoint profile lapses, the vehicle may charge up to <paramref name="limitW"/> and never
    /// discharges. Without it a station falls to unlimited charging (Q11).
    /// </summary>
    public static ChargingProfile ChargingOnlyDefault(decimal limitW) => new()
    {
        Id = DefaultProfileId,
        StackLevel = 0,
        ChargingProfilePurpose = ChargingProfilePurpose.TxDefaultProfile,
        ChargingProfileKind = ChargingProfileKind.Relative,
        ChargingSchedule = [Schedule(1, null, new ChargingSchedulePeriod { StartPeriod = 0, OperationMode = OperationMode.ChargingOnly, Limit = limitW })],
    };

    /// <summary>
    /// A Dynamic TxProfile that holds <paramref name="setpointW"/> until the next update; it lapses <paramref name="deadManSeconds"/> after the last one,
    /// online or offline.
    /// </summary>
    public static ChargingProfile CentralSetpoint(int evse, string transactionId, decimal setpointW, int deadManSeconds) => new()
    {
        Id = SetpointProfileId(evse),
        StackLevel = 1,
        ChargingProfilePurpose = ChargingProfilePurpose.TxProfile,
        ChargingProfileKind = ChargingProfileKind.Dynamic,
        TransactionId = transactionId,
        MaxOfflineDuration = deadManSeconds,
        InvalidAfterOfflineDuration = true,
        ChargingSchedule = [Schedule(2, deadManSeconds, new ChargingSchedulePeriod { StartPeriod = 0, OperationMode = OperationMode.CentralSetpoint, Setpoint = setpointW })],
    };

    /// <summary>Moves the setpoint of a Dynamic profile and restarts its dead-man time.</summary>
    public static UpdateDynamicScheduleRequest Update(int evse, decimal setpointW) => new()
    {
        ChargingProfileId = SetpointProfileId(evse),
        ScheduleUpdate = new ChargingScheduleUpdate { Setpoint = setpointW },
    };

    private static ChargingSchedule Schedule(int id, int? durationSeconds, ChargingSchedulePeriod period) => new()
    {
        Id = id,
        Duration = durationSeconds,
        ChargingRateUnit = ChargingRateUnit.W,
        ChargingSchedulePeriod = [period],
    };
}
