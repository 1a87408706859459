using V16 = Penstock.Ocpp.V16;
using V201 = Penstock.Ocpp.V201;

namespace Penstock.Server.Gateway;

/// <summary>
/// Charging profiles by limit, for versions without V2X. A negative limit (an extension that only allow-listed models understand) carries a duration, so that
/// the station stops discharging when the platform falls silent.
/// </summary>
internal static class LimitProfiles
{
    internal static V201.SetChargingProfileRequest For201(int evse, string transaction, decimal limitW, int deadManSeconds) => new()
    {
        EvseId = evse,
        ChargingProfile = new V201.ChargingProfile
        {
            Id = 1000 + evse,
            StackLevel = 1,
            ChargingProfilePurpose = V201.ChargingProfilePurpose.TxProfile,
            ChargingProfileKind = V201.ChargingProfileKind.Relative,
            TransactionId = transaction,
            ChargingSchedule =
            [
                new V201.ChargingSchedule
                {
                    Id = 1, Duration = limitW < 0 ? deadManSeconds : null, ChargingRateUnit = V201.ChargingRateUnit.W,
                    ChargingSchedulePeriod = [new V201.ChargingSchedulePeriod { StartPeriod = 0, Limit = limitW }],
                },
            ],
        },
    };

    internal static V16.SetChargingProfileRequest For16(int connector, int transaction, decimal limitW, int deadManSeconds) => new()
    {
        ConnectorId = connector,
        CsChargingProfiles = new V16.CsChargingProfiles
        {
            ChargingProfileId = 1000 + connector,
            TransactionId = transaction,
            StackLevel = 1,
            ChargingProfilePurpose = V16.ChargingProfilePurpose.TxProfile,
            ChargingProfileKind = V16.ChargingProfileKind.Relative,
            ChargingSchedule = new V16.ChargingSchedule
            {
                Duration = limitW < 0 ? deadManSeconds : null, ChargingRateUnit = V16.ChargingRateUnit.W,
                ChargingSchedulePeriod = [new V16.ChargingSchedulePeriod { StartPeriod = 0, Limit = limitW }],
            },
        },
    };
}
