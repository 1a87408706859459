using System.Collections.Frozen;
using System.Text.Json;
using Penstock.Ocpp.Rpc;
using Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Device;

/// <summary>Every request of a central system in OCPP 2.1; those of 2.0.1 read as the ones they are a part of.</summary>
internal static class Calls2x
{
    internal static FrozenDictionary<string, Func<DeviceState, JsonElement, OcppAnswer>> All { get; } = new Calls()
        // A, M: security and certificates
        .On<CertificateSignedRequest, CertificateSignedResponse>((d, m) => d.Certificates.Signed(m))
        .On<InstallCertificateRequest, InstallCertificateResponse>((d, m) => d.Certificates.Install(m))
        .On<GetInstalledCertificateIdsRequest, GetInstalledCertificateIdsResponse>((d, m) => d.Certificates.Ids(m))
        .On<DeleteCertificateRequest, DeleteCertificateResponse>((d, m) => d.Certificates.Delete(m.CertificateHashData))

        // B, G: provisioning, availability
        .On<SetVariablesRequest, SetVariablesResponse>((d, m) => d.Set(m))
        .On<GetVariablesRequest, GetVariablesResponse>((d, m) => new() { GetVariableResult = [.. m.GetVariableData.Select(d.Model.Get)] })
        .On<GetBaseReportRequest, GetBaseReportResponse>((d, m) => d.Report(m.RequestId, m.ReportBase))
        .On<GetReportRequest, GetReportResponse>((d, m) => d.Report(m))
        .On<SetNetworkProfileRequest, SetNetworkProfileResponse>((d, m) => d.Networks.Set(m))
        .On<ResetRequest, ResetResponse>((d, m) => d.Power.Reset(m))
        .On<ChangeAvailabilityRequest, ChangeAvailabilityResponse>((d, m) => d.Power.Change(m))

        // C, D: authorization
        .On<ClearCacheRequest, ClearCacheResponse>((d, _) => Forget(d))
        .On<SendLocalListRequest, SendLocalListResponse>((d, m) => d.LocalList.Send(m))
        .On<GetLocalListVersionRequest, GetLocalListVersionResponse>((d, _) => new() { VersionNumber = d.LocalList.Version })

        // E, F: transactions and remote control
        .On<GetTransactionStatusRequest, GetTransactionStatusResponse>((d, m) => d.Station.TransactionStatus(m.TransactionId))
        .On<RequestStartTransactionRequest, RequestStartTransactionResponse>((d, m) => d.Station.RemoteStart(m))
        .On<RequestStopTransactionRequest, RequestStopTransactionResponse>((d, m) => d.Station.RemoteStop(m.TransactionId))
        .On<UnlockConnectorRequest, UnlockConnectorResponse>((d, m) => new() { Status = d.Station.Unlock(m.EvseId, m.ConnectorId) })
        .On<TriggerMessageRequest, TriggerMessageResponse>((d, m) => new() { Status = d.Station.Trigger(m.RequestedMessage, m.Evse?.Id) })

        // H: reservations
        .On<ReserveNowRequest, ReserveNowResponse>((d, m) => d.Reservations.Reserve(m))
        .On<CancelReservationRequest, CancelReservationResponse>((d, m) => d.Reservations.Cancel(m.ReservationId))

        // I: tariff and cost
        .On<SetDefaultTariffRequest, SetDefaultTariffResponse>((d, m) => d.Tariffs.SetDefault(m))
        .On<GetTariffsRequest, GetTariffsResponse>((d, m) => d.Tariffs.Get(m.EvseId))
        .On<ClearTariffsRequest, ClearTariffsResponse>((d, m) => d.Tariffs.Clear(m))
        .On<ChangeTransactionTariffRequest, ChangeTransactionTariffResponse>((d, m) => d.Tariffs.Change(m))
        .On<CostUpdatedRequest, CostUpdatedResponse>((d, m) => d.Tariffs.CostUpdated(m))
        .On<NotifyWebPaymentStartedRequest, NotifyWebPaymentStartedResponse>((d, m) => d.Station.WebPayment(m.EvseId, m.Timeout))

        // K, Q: smart charging and V2X
        .On<SetChargingProfileRequest, SetChargingProfileResponse>((d, m) => d.Profiles.Set(m))
        .On<GetChargingProfilesRequest, GetChargingProfilesResponse>((d, m) => d.Profiles.Get(m))
        .On<ClearChargingProfileRequest, ClearChargingProfileResponse>((d, m) => d.Profiles.Clear(m))
        .On<GetCompositeScheduleRequest, GetCompositeScheduleResponse>((d, m) => d.Profiles.Composite(m))
        .On<UpdateDynamicScheduleRequest, UpdateDynamicScheduleResponse>((d, m) => d.Profiles.Update(m.ChargingProfileId, m.ScheduleUpdate))
        .On<UsePriorityChargingRequest, UsePriorityChargingResponse>((d, m) => d.Profiles.Priority(m))
        .On<NotifyAllowedEnergyTransferRequest, NotifyAllowedEnergyTransferResponse>((d, m) => d.Station.Allow(m))
        .On<AFRRSignalRequest, AFRRSignalResponse>((d, m) => d.Profiles.Signal(m.Signal))

        // L, N: firmware, logs, monitoring, customers
        .On<UpdateFirmwareRequest, UpdateFirmwareResponse>((d, m) => d.Files.Update(m))
        .On<PublishFirmwareRequest, PublishFirmwareResponse>((d, m) => d.Files.Publish(m))
        .On<UnpublishFirmwareRequest, UnpublishFirmwareResponse>((d, m) => d.Files.Unpublish(m.Checksum))
        .On<GetLogRequest, GetLogResponse>((d, m) => d.Files.GetLog(m))
        .On<SetVariableMonitoringRequest, SetVariableMonitoringResponse>((d, m) => d.Monitors.Set(m))
        .On<ClearVariableMonitoringRequest, ClearVariableMonitoringResponse>((d, m) => d.Monitors.Clear(m.Id))
        .On<SetMonitoringBaseRequest, SetMonitoringBaseResponse>((d, m) => d.Monitors.Base(m.MonitoringBase))
        .On<SetMonitoringLevelRequest, SetMonitoringLevelResponse>((d, m) => d.Monitors.Level(m.Severity))
        .On<GetMonitoringReportRequest, GetMonitoringReportResponse>((d, m) => d.Monitors.Report(m))
        .On<AdjustPeriodicEventStreamRequest, AdjustPeriodicEventStreamResponse>((d, m) => d.Monitors.Adjust(m))
        .On<GetPeriodicEventStreamRequest, GetPeriodicEventStreamResponse>((d, _) => d.Monitors.Streams())
        .On<CustomerInformationRequest, CustomerInformationResponse>((d, m) => d.Visitors.Inform(m))

        // O, P: display, data
        .On<SetDisplayMessageRequest, SetDisplayMessageResponse>((d, m) => d.Messages.Set(m.Message))
        .On<GetDisplayMessagesRequest, GetDisplayMessagesResponse>((d, m) => d.Messages.Get(m))
        .On<ClearDisplayMessageRequest, ClearDisplayMessageResponse>((d, m) => d.Messages.Clear(m.Id))
        .On<DataTransferRequest, DataTransferResponse>((_, _) => new() { Status = DataTransferStatus.UnknownVendorId })

        // R, S: DER control, battery swap
        .On<SetDERControlRequest, SetDERControlResponse>((d, m) => d.Der.Set(m))
        .On<GetDERControlRequest, GetDERControlResponse>((d, m) => d.Der.Get(m))
        .On<ClearDERControlRequest, ClearDERControlResponse>((d, m) => d.Der.Clear(m))
        .On<RequestBatterySwapRequest, RequestBatterySwapResponse>((d, m) => d.Visitors.Swap(m))
        .Freeze();

    private static ClearCacheResponse Forget(DeviceState d)
    {
        if (!d.Model.Flag("AuthCacheCtrlr", "Enabled")) return new ClearCacheResponse { Status = ClearCacheStatus.Rejected, StatusInfo = new StatusInfo { ReasonCode = "NotEnabled" } };
        d.LocalList.ClearCache();
        return new ClearCacheResponse { Status = ClearCacheStatus.Accepted };
    }
}
