using System.Text.RegularExpressions;
using Penstock.Ocpp;
using Penstock.Ocpp.Rpc;

namespace Penstock.SystemTests.Simulator;

/// <summary>
/// Every request that a central system may send, to a station with a transaction, one after the other. The answer is schema-valid (ScriptedCentral holds every frame against the official schemas), holds what the table says, and the
/// message that follows from it comes.
/// </summary>
public sealed class EveryRequestTests
{
    // request | payload | expected in the answer | message that follows. FILES: the address of the central system's files; TX, DYNAMIC: purpose and kind; POWER: a variable.
    private const string Both = """
        SetVariables|{"setVariableData":[{"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"},"attributeValue":"600"}]}|"Accepted"|
        SetVariables|{"setVariableData":[{"component":{"name":"ChargingStation"},"variable":{"name":"Model"},"attributeValue":"x"},{"component":{"name":"None"},"variable":{"name":"x"},"attributeValue":"1"}]}|"ReadOnly".*"UnknownComponent"|
        GetVariables|{"getVariableData":[{"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}},{"component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}}]}|"600".*"WriteOnly"|
        GetVariables|{"getVariableData":[{"component":{"name":"EVSE","evse":{"id":1}},"variable":{"name":"Nothing"}}]}|"UnknownVariable"|
        GetBaseReport|{"requestId":1,"reportBase":"FullInventory"}|Accepted|NotifyReport
        GetReport|{"requestId":2,"componentVariable":[{"component":{"name":"TxCtrlr"}}]}|Accepted|NotifyReport
        GetReport|{"requestId":3,"componentVariable":[{"component":{"name":"Nowhere"}}]}|EmptyResultSet|
        SetNetworkProfile|{"configurationSlot":1,"connectionData":{"ocppVersion":"OCPP20","ocppTransport":"JSON","ocppCsmsUrl":"ws://127.0.0.1/x","messageTimeout":30,"securityProfile":0,"ocppInterface":"Wired0"}}|Accepted|
        SetNetworkProfile|{"configurationSlot":1,"connectionData":{"ocppVersion":"OCPP20","ocppTransport":"JSON","ocppCsmsUrl":"ftp://x","messageTimeout":30,"securityProfile":0,"ocppInterface":"Wired0"}}|InvalidURL|
        SendLocalList|{"versionNumber":3,"updateType":"Full","localAuthorizationList":[{"idToken":{"idToken":"A","type":"Central"},"idTokenInfo":{"status":"Accepted"}}]}|Accepted|
        SendLocalList|{"versionNumber":3,"updateType":"Differential"}|VersionMismatch|
        GetLocalListVersion|{}|"versionNumber":3|
        ClearCache|{}|Accepted|
        GetTransactionStatus|{"transactionId":"CS-1-1"}|"ongoingIndicator":true|
        SetChargingProfile|{"evseId":1,"chargingProfile":{"id":8,"stackLevel":2,TX,"transactionId":"CS-1-1","chargingSchedule":[{"id":1,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":9000},{"startPeriod":600,"limit":4000}]}]}}|Accepted|
        SetChargingProfile|{"evseId":1,"chargingProfile":{"id":9,"stackLevel":2,TX,"transactionId":"none","chargingSchedule":[{"id":1,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":9000}]}]}}|TxNotFound|
        GetChargingProfiles|{"requestId":4,"evseId":1,"chargingProfile":{"chargingProfilePurpose":"TxProfile"}}|Accepted|ReportChargingProfiles
        GetCompositeSchedule|{"evseId":1,"duration":1200}|"limit":9000.*"limit":4000|
        ClearChargingProfile|{"chargingProfileId":8}|Accepted|
        ClearChargingProfile|{"chargingProfileId":8}|Unknown|
        ReserveNow|{"id":5,"evseId":2,"expiryDateTime":"2026-04-15T10:00:00Z","idToken":{"idToken":"B","type":"Central"}}|Accepted|StatusNotification
        ReserveNow|{"id":6,"evseId":1,"expiryDateTime":"2026-04-15T10:00:00Z","idToken":{"idToken":"B","type":"Central"}}|Occupied|
        CancelReservation|{"reservationId":5}|Accepted|
        CancelReservation|{"reservationId":5}|Rejected|
        ChangeAvailability|{"operationalStatus":"Inoperative","evse":{"id":1}}|Scheduled|
        ChangeAvailability|{"operationalStatus":"Operative","evse":{"id":1}}|Accepted|
        UnlockConnector|{"evseId":1,"connectorId":1}|OngoingAuthorizedTransaction|
        UnlockConnector|{"evseId":2,"connectorId":1}|Unlocked|
        TriggerMessage|{"requestedMessage":"Heartbeat"}|Accepted|Heartbeat
        TriggerMessage|{"requestedMessage":"MeterValues","evse":{"id":1}}|Accepted|MeterValues
        TriggerMessage|{"requestedMessage":"TransactionEvent"}|Accepted|TransactionEvent
        TriggerMessage|{"requestedMessage":"LogStatusNotification"}|Accepted|LogStatusNotification
        TriggerMessage|{"requestedMessage":"FirmwareStatusNotification"}|Accepted|FirmwareStatusNotification
        TriggerMessage|{"requestedMessage":"PublishFirmwareStatusNotification"}|Accepted|PublishFirmwareStatusNotification
        TriggerMessage|{"requestedMessage":"SignChargingStationCertificate"}|Accepted|SignCertificate
        TriggerMessage|{"requestedMessage":"SignCombinedCertificate"}|NotImplemented|
        GetLog|{"logType":"DiagnosticsLog","requestId":7,"log":{"remoteLocation":"FILES"}}|Accepted|LogStatusNotification
        UpdateFirmware|{"requestId":8,"firmware":{"location":"FILESabsent.bin","retrieveDateTime":"2026-04-15T00:00:00Z"}}|Accepted|FirmwareStatusNotification
        PublishFirmware|{"location":"FILESfirmware.bin","checksum":"00000000000000000000000000000000","requestId":9}|Accepted|PublishFirmwareStatusNotification
        UnpublishFirmware|{"checksum":"00000000000000000000000000000000"}|NoFirmware|
        SetVariableMonitoring|{"setMonitoringData":[{"value":10,"type":"UpperThreshold","severity":5,POWER},{"value":10,"type":"UpperThreshold","severity":5,POWER}]}|"Accepted".*"Duplicate"|NotifyEvent
        GetMonitoringReport|{"requestId":10}|Accepted|NotifyMonitoringReport
        ClearVariableMonitoring|{"id":[1,77]}|"Accepted".*"NotFound"|
        SetMonitoringBase|{"monitoringBase":"FactoryDefault"}|Accepted|
        SetMonitoringLevel|{"severity":4}|Accepted|
        SetMonitoringLevel|{"severity":17}|ValueOutOfRange|
        CustomerInformation|{"requestId":11,"report":true,"clear":false,"idToken":{"idToken":"TOKEN1","type":"Central"}}|Accepted|NotifyCustomerInformation
        CustomerInformation|{"requestId":12,"report":true,"clear":false}|Invalid|
        SetDisplayMessage|{"message":{"id":1,"priority":"InFront","message":{"format":"UTF8","content":"hello"}}}|Accepted|
        SetDisplayMessage|{"message":{"id":2,"priority":"InFront","message":{"format":"HTML","content":"hello"}}}|NotSupportedMessageFormat|
        GetDisplayMessages|{"requestId":13}|Accepted|NotifyDisplayMessages
        ClearDisplayMessage|{"id":1}|Accepted|
        ClearDisplayMessage|{"id":1}|Unknown|
        CostUpdated|{"totalCost":3.5,"transactionId":"CS-1-1"}|\{\}|
        DataTransfer|{"vendorId":"x"}|UnknownVendorId|
        InstallCertificate|{"certificateType":"CSMSRootCertificate","certificate":"no certificate"}|InvalidCertificate|
        GetInstalledCertificateIds|{}|NotFound|
        DeleteCertificate|{"certificateHashData":{"hashAlgorithm":"SHA256","issuerNameHash":"a","issuerKeyHash":"b","serialNumber":"c"}}|NotFound|
        CertificateSigned|{"certificateChain":"no chain"}|Rejected|SecurityEventNotification
        RequestStartTransaction|{"evseId":1,"remoteStartId":4,"idToken":{"idToken":"B","type":"Central"}}|TxInProgress|
        RequestStartTransaction|{"evseId":2,"remoteStartId":4,"idToken":{"idToken":"B","type":"Central"}}|Accepted|
        RequestStopTransaction|{"transactionId":"none"}|TxNotFound|
        RequestStopTransaction|{"transactionId":"CS-1-1"}|Accepted|TransactionEvent
        Reset|{"type":"Immediate"}|Accepted|BootNotification
        """;

    private const string Only21 = """
        NotifyAllowedEnergyTransfer|{"transactionId":"CS-1-1","allowedEnergyTransfer":["DC"]}|Accepted|NotifyEVChargingNeeds
        NotifyAllowedEnergyTransfer|{"transactionId":"CS-1-1","allowedEnergyTransfer":["AC_single_phase"]}|UnsupportedParam|
        NotifyWebPaymentStarted|{"evseId":2,"timeout":60}|\{\}|
        SetChargingProfile|{"evseId":1,"chargingProfile":{"id":20,"stackLevel":3,DYNAMIC,"transactionId":"CS-1-1","chargingSchedule":[{"id":1,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"operationMode":"CentralSetpoint","setpoint":2000}]}]}}|Accepted|
        UpdateDynamicSchedule|{"chargingProfileId":20,"scheduleUpdate":{"setpoint":3000}}|Accepted|
        UpdateDynamicSchedule|{"chargingProfileId":21,"scheduleUpdate":{"setpoint":3000}}|NotFound|
        AFRRSignal|{"timestamp":"2026-04-15T00:00:00Z","signal":50}|NoSignalWattCurve|
        UsePriorityCharging|{"transactionId":"CS-1-1","activate":true}|NoProfile|
        UsePriorityCharging|{"transactionId":"none","activate":true}|TxNotFound|
        SetDERControl|{"isDefault":true,"controlId":"D1","controlType":"LimitMaxDischarge","limitMaxDischarge":{"priority":0,"pctMaxDischargePower":50}}|Accepted|
        SetDERControl|{"isDefault":true,"controlId":"D2","controlType":"VoltVar","limitMaxDischarge":{"priority":0,"pctMaxDischargePower":50}}|MissingParam|
        GetDERControl|{"requestId":30,"isDefault":true}|Accepted|ReportDERControl
        GetDERControl|{"requestId":31,"controlId":"none"}|NotFound|
        ClearDERControl|{"isDefault":true}|Accepted|
        ClearDERControl|{"isDefault":true}|NotFound|
        SetDefaultTariff|{"evseId":0,"tariff":{"tariffId":"T1","currency":"CNY","energy":{"prices":[{"priceKwh":1.2}]}}}|Accepted|
        GetTariffs|{"evseId":0}|"T1"|
        ChangeTransactionTariff|{"transactionId":"CS-1-1","tariff":{"tariffId":"T2","currency":"CNY"}}|Accepted|TransactionEvent
        ChangeTransactionTariff|{"transactionId":"CS-1-1","tariff":{"tariffId":"T2","currency":"EUR"}}|NoCurrencyChange|
        ClearTariffs|{"tariffIds":["T1","T9"]}|"Accepted".*"NoTariff"|
        SetVariableMonitoring|{"setMonitoringData":[{"value":1,"type":"Periodic","severity":8,POWER,"periodicEventStream":{"interval":30}}]}|Accepted|OpenPeriodicEventStream
        GetPeriodicEventStream|{}|"constantStreamData"|
        AdjustPeriodicEventStream|{"id":2,"params":{"interval":60}}|Accepted|NotifyPeriodicEventStream
        AdjustPeriodicEventStream|{"id":9,"params":{"interval":60}}|NotFound|
        ClearVariableMonitoring|{"id":[2]}|Accepted|ClosePeriodicEventStream
        RequestBatterySwap|{"requestId":40,"idToken":{"idToken":"B","type":"Central"}}|Accepted|BatterySwap
        """;

    private const string Only16 = """
        GetConfiguration|{"key":["HeartbeatInterval","AuthorizationKey","Nothing"]}|"300".*"unknownKey":\["Nothing"\]|
        GetConfiguration|{}|NumberOfConnectors|
        ChangeConfiguration|{"key":"MeterValueSampleInterval","value":"30"}|Accepted|
        ChangeConfiguration|{"key":"NumberOfConnectors","value":"30"}|Rejected|
        ChangeConfiguration|{"key":"Nothing","value":"30"}|NotSupported|
        ChangeConfiguration|{"key":"AuthorizationKey","value":"0123456789abcdef"}|RebootRequired|SecurityEventNotification
        SendLocalList|{"listVersion":3,"updateType":"Full","localAuthorizationList":[{"idTag":"A","idTagInfo":{"status":"Accepted"}}]}|Accepted|
        GetLocalListVersion|{}|"listVersion":3|
        ClearCache|{}|Accepted|
        SetChargingProfile|{"connectorId":1,"csChargingProfiles":{"chargingProfileId":8,"transactionId":77,"stackLevel":2,TX,"chargingSchedule":{"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":9000}]}}}|Accepted|
        GetCompositeSchedule|{"connectorId":1,"duration":600,"chargingRateUnit":"W"}|"limit":9000|
        ClearChargingProfile|{"id":8}|Accepted|
        ReserveNow|{"connectorId":2,"expiryDate":"2026-04-15T10:00:00Z","idTag":"B","reservationId":5}|Accepted|StatusNotification
        CancelReservation|{"reservationId":5}|Accepted|
        ChangeAvailability|{"connectorId":1,"type":"Inoperative"}|Scheduled|
        ChangeAvailability|{"connectorId":0,"type":"Operative"}|Accepted|
        TriggerMessage|{"requestedMessage":"Heartbeat"}|Accepted|Heartbeat
        TriggerMessage|{"requestedMessage":"MeterValues","connectorId":1}|Accepted|MeterValues
        TriggerMessage|{"requestedMessage":"DiagnosticsStatusNotification"}|Accepted|DiagnosticsStatusNotification
        TriggerMessage|{"requestedMessage":"FirmwareStatusNotification"}|Accepted|FirmwareStatusNotification
        ExtendedTriggerMessage|{"requestedMessage":"SignChargePointCertificate"}|Accepted|SignCertificate
        ExtendedTriggerMessage|{"requestedMessage":"FirmwareStatusNotification"}|Accepted|SignedFirmwareStatusNotification
        ExtendedTriggerMessage|{"requestedMessage":"LogStatusNotification"}|Accepted|LogStatusNotification
        GetDiagnostics|{"location":"FILES"}|"fileName"|DiagnosticsStatusNotification
        GetLog|{"logType":"SecurityLog","requestId":7,"log":{"remoteLocation":"FILES"}}|Accepted|LogStatusNotification
        UpdateFirmware|{"location":"FILESfirmware.bin","retrieveDate":"2026-04-15T00:00:00Z"}|\{\}|FirmwareStatusNotification
        SignedUpdateFirmware|{"requestId":8,"firmware":{"location":"FILESfirmware.bin","retrieveDateTime":"2026-04-15T00:00:00Z","signingCertificate":"none","signature":"none"}}|InvalidCertificate|SecurityEventNotification
        InstallCertificate|{"certificateType":"CentralSystemRootCertificate","certificate":"no certificate"}|Rejected|
        GetInstalledCertificateIds|{"certificateType":"CentralSystemRootCertificate"}|NotFound|
        DeleteCertificate|{"certificateHashData":{"hashAlgorithm":"SHA256","issuerNameHash":"a","issuerKeyHash":"b","serialNumber":"c"}}|NotFound|
        CertificateSigned|{"certificateChain":"no chain"}|Rejected|SecurityEventNotification
        DataTransfer|{"vendorId":"x"}|UnknownVendorId|
        UnlockConnector|{"connectorId":2}|Unlocked|
        RemoteStartTransaction|{"connectorId":2,"idTag":"B"}|Accepted|
        RemoteStopTransaction|{"transactionId":77}|Accepted|StopTransaction
        Reset|{"type":"Soft"}|Accepted|BootNotification
        """;

    [Theory]
    [InlineData(OcppVersion.V16)]
    [InlineData(OcppVersion.V201)]
    [InlineData(OcppVersion.V21)]
    public async Task Every_request_of_a_central_system_is_answered_and_has_its_effect(OcppVersion version)
    {
        await using var world = await StationWorld.StartAsync(version);
        world.Central.Files["firmware.bin"] = "2.4.1\n"u8.ToArray();
        await world.PlugInAsync();
        await world.AdvanceAsync(61);
        var rows = Rows(version).ToList();
        Assert.Equal(OcppCatalogue.Actions(version).Keys.Where(OcppCatalogue.FromCentralToStation).Order(), rows.Select(r => r[0]).Distinct().Order());
        var faults = new List<string>();
        foreach (var row in rows)
        {
            var before = world.Central.Heard.Count(h => h.Action == row[3]);
            var answer = (await world.Central.CallAsync(row[0], Whole(row[1], world))).GetRawText();
            if (!Regex.IsMatch(answer, row[2])) faults.Add($"{row[0]} {row[1]}: {answer}, expected {row[2]}");
            if (row[3].Length == 0) continue;
            for (var i = 0; i < 60 && world.Central.Heard.Count(h => h.Action == row[3]) == before; i++)
            {
                await world.AdvanceAsync(1);
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }

            await world.QuietAsync(); // the station has heard the answer to it
            if (world.Central.Heard.Count(h => h.Action == row[3]) == before) faults.Add($"{row[0]} {row[1]}: no {row[3]} followed");
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Theory]
    [InlineData(OcppVersion.V16)]
    [InlineData(OcppVersion.V201)]
    [InlineData(OcppVersion.V21)]
    public async Task What_only_a_station_sends_is_not_implemented_the_other_way(OcppVersion version)
    {
        await using var world = await StationWorld.StartAsync(version);
        Assert.Equal("NotImplemented", (await world.Central.CallAsync("Heartbeat", "{}")).GetProperty("error").GetString());
    }

    [Theory]
    [InlineData(OcppVersion.V201)]
    [InlineData(OcppVersion.V21)]
    public async Task A_station_that_is_not_accepted_yet_says_what_it_is_asked_for_and_starts_nothing(OcppVersion version)
    {
        await using var world = await StationWorld.StartAsync(version, boot: """{"currentTime":"2026-04-15T00:00:00Z","interval":3600,"status":"Pending"}""");
        Assert.Equal("Accepted", await world.StatusAsync("GetBaseReport", """{"requestId":5,"reportBase":"FullInventory"}"""));
        await world.Central.HearAsync("NotifyReport", r => !r.GetProperty("tbc").GetBoolean());
        Assert.Equal("CSNotAccepted", await world.ReasonAsync("RequestStartTransaction", """{"evseId":1,"remoteStartId":4,"idToken":{"idToken":"B","type":"Central"}}"""));
        Assert.False(world.Station.Booted.IsCompleted);
    }

    private static string Whole(string payload, StationWorld world) => payload.Replace("FILES", world.Central.FileAddress.ToString(), StringComparison.Ordinal)
        .Replace("DYNAMIC", "\"chargingProfilePurpose\":\"TxProfile\",\"chargingProfileKind\":\"Dynamic\"", StringComparison.Ordinal)
        .Replace("TX", "\"chargingProfilePurpose\":\"TxProfile\",\"chargingProfileKind\":\"Relative\"", StringComparison.Ordinal)
        .Replace("POWER", "\"component\":{\"name\":\"EVSE\",\"evse\":{\"id\":1}},\"variable\":{\"name\":\"Power\"}", StringComparison.Ordinal);

    private static IEnumerable<string[]> Rows(OcppVersion version)
    {
        var text = version switch { OcppVersion.V16 => Only16, OcppVersion.V201 => Both, _ => Both.Insert(Both.IndexOf("RequestStartTransaction|", StringComparison.Ordinal), Only21 + "\n") };
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(l => l.Split('|')).DistinctBy(r => r[0] + r[1] + r[2]);
    }
}
