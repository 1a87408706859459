using System.Text.Json;
using Penstock.Server.Gateway;
using static Penstock.Server.Stations.VariableKey;

namespace Penstock.Server.Stations;

/// <summary>Accepted is not obeyed: the message by which a station shows that it did what a call asked. Null = the answer is all there is.</summary>
internal static class ExpectedEffect
{
    internal static Func<StationMessage, bool>? Of(string action, JsonElement request) => action switch
    {
        "Reset" => m => m.Action == "BootNotification",
        "TriggerMessage" or "ExtendedTriggerMessage" => Triggered(Text(request, "requestedMessage") ?? ""),
        "RequestStartTransaction" or "RemoteStartTransaction" => m => m.Action == "StartTransaction" || (m.Action == "TransactionEvent" && Text(m.Payload, "eventType") == "Started"),
        "RequestStopTransaction" => m => m.Action == "TransactionEvent" && Text(m.Payload, "eventType") == "Ended" && Text(m.Payload.GetProperty("transactionInfo"), "transactionId") == Text(request, "transactionId"),
        "RemoteStopTransaction" => m => m.Action == "StopTransaction" && Text(m.Payload, "transactionId") == Text(request, "transactionId"),
        "ChangeAvailability" => m => m.Action == "StatusNotification",
        "GetBaseReport" or "GetReport" => Answers("NotifyReport", request),
        "GetMonitoringReport" => Answers("NotifyMonitoringReport", request),
        "GetChargingProfiles" => Answers("ReportChargingProfiles", request),
        "GetDisplayMessages" => Answers("NotifyDisplayMessages", request),
        "CustomerInformation" when Text(request, "report") == "True" => Answers("NotifyCustomerInformation", request),
        "GetDERControl" => Answers("ReportDERControl", request),
        "GetLog" => m => m.Action == "LogStatusNotification" && Text(m.Payload, "status") is "Uploaded" or "AcceptedCanceled",
        "GetDiagnostics" => m => m.Action == "DiagnosticsStatusNotification" && Text(m.Payload, "status") == "Uploaded",
        "UpdateFirmware" or "SignedUpdateFirmware" => m => m.Action is "FirmwareStatusNotification" or "SignedFirmwareStatusNotification" && Text(m.Payload, "status") == "Installed",
        "PublishFirmware" => m => m.Action == "PublishFirmwareStatusNotification" && Text(m.Payload, "status") == "Published",
        "RequestBatterySwap" => m => m.Action == "BatterySwap" && Text(m.Payload, "requestId") == Text(request, "requestId"),
        "UsePriorityCharging" => m => m.Action == "NotifyPriorityCharging",
        "NotifyAllowedEnergyTransfer" => m => m.Action == "NotifyEVChargingNeeds",
        _ => null,
    };

    private static Func<StationMessage, bool> Answers(string message, JsonElement request) => m => m.Action == message && Text(m.Payload, "requestId") == Text(request, "requestId");

    private static Func<StationMessage, bool> Triggered(string message) => message switch
    {
        "SignChargingStationCertificate" or "SignV2GCertificate" or "SignV2G20Certificate" or "SignCombinedCertificate" or "SignChargePointCertificate" => m => m.Action == "SignCertificate",
        "FirmwareStatusNotification" => m => m.Action is "FirmwareStatusNotification" or "SignedFirmwareStatusNotification",
        _ => m => m.Action == message,
    };
}
