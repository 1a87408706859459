using System.Collections.Frozen;
using Penstock.Ocpp.Rpc;

namespace Penstock.Ocpp;

/// <summary>Who may send an action as a CALL or SEND.</summary>
public enum OcppSender
{
    ChargingStation, CentralSystem, Either,
}

/// <summary>Every action of the three versions with its direction. The schemas do not tell the direction: it is written down here, from the use cases of the standards.</summary>
public static class OcppCatalogue
{
    private static readonly FrozenSet<string> FromStation = new[]
    {
        "Authorize", "BatterySwap", "BootNotification", "ClearedChargingLimit", "ClosePeriodicEventStream", "DiagnosticsStatusNotification", "FirmwareStatusNotification", "Get15118EVCertificate",
        "GetCertificateChainStatus", "GetCertificateStatus", "Heartbeat", "LogStatusNotification", "MeterValues", "NotifyChargingLimit", "NotifyCustomerInformation", "NotifyDERAlarm", "NotifyDERStartStop",
        "NotifyDisplayMessages", "NotifyEVChargingNeeds", "NotifyEVChargingSchedule", "NotifyEvent", "NotifyMonitoringReport", "NotifyPeriodicEventStream", "NotifyPriorityCharging", "NotifyReport",
        "NotifySettlement", "OpenPeriodicEventStream", "PublishFirmwareStatusNotification", "PullDynamicScheduleUpdate", "ReportChargingProfiles", "ReportDERControl", "ReservationStatusUpdate",
        "SecurityEventNotification", "SignCertificate", "SignedFirmwareStatusNotification", "StartTransaction", "StatusNotification", "StopTransaction", "TransactionEvent", "VatNumberValidation",
    }.ToFrozenSet(StringComparer.Ordinal);

    public static IReadOnlyDictionary<string, OcppAction> Actions(OcppVersion version) => version switch
    {
        OcppVersion.V16 => V16.V16Actions.All,
        OcppVersion.V201 => V201.V201Actions.All,
        _ => V21.V21Actions.All,
    };

    public static OcppSender SenderOf(string action) => action == "DataTransfer" ? OcppSender.Either : FromStation.Contains(action) ? OcppSender.ChargingStation : OcppSender.CentralSystem;

    public static bool FromStationToCentral(string action) => SenderOf(action) != OcppSender.CentralSystem;

    public static bool FromCentralToStation(string action) => SenderOf(action) != OcppSender.ChargingStation;
}
