using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using Penstock.Ocpp.Rpc;
using Penstock.Ocpp.V16;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Device;

/// <summary>Every request of a central system in OCPP 1.6 with its security extension, said in the words of 2.1 to the same device.</summary>
internal static class Calls16
{
    /// <summary>Request id of what 1.6 asks without one.</summary>
    internal const int Unnumbered = -16;

    internal static FrozenDictionary<string, Func<DeviceState, JsonElement, OcppAnswer>> All { get; } = new Calls()
        .On<CancelReservationRequest, CancelReservationResponse>((d, m) => new() { Status = As<CancelReservationStatus>(d.Reservations.Cancel(m.ReservationId).Status) })
        .On<ChangeAvailabilityRequest, ChangeAvailabilityResponse>((d, m) => new() { Status = As<ChangeAvailabilityStatus>(d.Power.Change(new() { Evse = Evse(m.ConnectorId), OperationalStatus = As<V21.OperationalStatus>(m.Type) }).Status) })
        .On<ChangeConfigurationRequest, ChangeConfigurationResponse>((d, m) => new() { Status = Configuration16.Change(d, m.Key, m.Value) })
        .On<GetConfigurationRequest, GetConfigurationResponse>((d, m) => Configuration16.Get(d, m.Key))
        .On<ClearCacheRequest, ClearCacheResponse>((d, _) => { d.LocalList.ClearCache(); return new() { Status = ClearCacheStatus.Accepted }; })
        .On<ClearChargingProfileRequest, ClearChargingProfileResponse>((d, m) => new()
        {
            Status = As<ClearChargingProfileStatus>(d.Profiles.Clear(new() { ChargingProfileId = m.Id, ChargingProfileCriteria = new() { EvseId = m.ConnectorId, StackLevel = m.StackLevel, ChargingProfilePurpose = m.ChargingProfilePurpose is { } p ? Purpose(p) : null } }).Status),
        })
        .On<DataTransferRequest, DataTransferResponse>((_, _) => new() { Status = DataTransferStatus.UnknownVendorId })
        .On<GetCompositeScheduleRequest, GetCompositeScheduleResponse>((d, m) => Composite(d, m))
        .On<GetDiagnosticsRequest, GetDiagnosticsResponse>((d, m) => new()
        {
            FileName = d.Files.GetLog(new() { LogType = V21.Log.DiagnosticsLog, RequestId = Unnumbered, Retries = m.Retries, RetryInterval = m.RetryInterval, Log = new() { RemoteLocation = m.Location, OldestTimestamp = m.StartTime, LatestTimestamp = m.StopTime } }).Filename,
        })
        .On<GetLocalListVersionRequest, GetLocalListVersionResponse>((d, _) => new() { ListVersion = d.LocalList.Version })
        .On<SendLocalListRequest, SendLocalListResponse>((d, m) => new()
        {
            Status = As<SendLocalListSendLocalListStatus>(d.LocalList.Send(new()
            {
                VersionNumber = m.ListVersion, UpdateType = As<V21.Update>(m.UpdateType),
                LocalAuthorizationList = m.LocalAuthorizationList?.Select(e => new V21.AuthorizationData
                {
                    IdToken = Token(e.IdTag), IdTokenInfo = e.IdTagInfo is { } info ? new() { Status = As<V21.AuthorizationStatus>(info.Status), CacheExpiryDateTime = info.ExpiryDate } : null,
                }).ToList(),
            }).Status),
        })
        .On<RemoteStartTransactionRequest, RemoteStartTransactionResponse>((d, m) => new()
        {
            Status = As<RemoteStartTransactionStatus>(d.Station.RemoteStart(new() { EvseId = m.ConnectorId, IdToken = Token(m.IdTag), RemoteStartId = 0, ChargingProfile = m.ChargingProfile is { } p ? Profile(p) : null }).Status),
        })
        .On<RemoteStopTransactionRequest, RemoteStopTransactionResponse>((d, m) => new() { Status = As<RemoteStopTransactionStatus>(d.Station.RemoteStop(m.TransactionId.ToString(CultureInfo.InvariantCulture)).Status) })
        .On<ReserveNowRequest, ReserveNowResponse>((d, m) => new()
        {
            Status = As<ReserveNowStatus>(d.Reservations.Reserve(new() { Id = m.ReservationId, ExpiryDateTime = m.ExpiryDate, IdToken = Token(m.IdTag), EvseId = m.ConnectorId == 0 ? null : m.ConnectorId }).Status),
        })
        .On<ResetRequest, ResetResponse>((d, m) => new() { Status = d.Power.Reset(new() { Type = V21.Reset.Immediate }).Status == V21.ResetStatus.Rejected ? ResetStatus.Rejected : ResetStatus.Accepted })
        .On<SetChargingProfileRequest, SetChargingProfileResponse>((d, m) => new() { Status = d.Profiles.Install(m.ConnectorId, Profile(m.CsChargingProfiles), null) is null ? SetChargingProfileStatus.Accepted : SetChargingProfileStatus.Rejected })
        .On<TriggerMessageRequest, TriggerMessageResponse>((d, m) => new() { Status = Trigger(d, m.RequestedMessage.ToString(), m.ConnectorId) })
        .On<UnlockConnectorRequest, UnlockConnectorResponse>((d, m) => new() { Status = Unlock(d, m.ConnectorId) })
        .On<UpdateFirmwareRequest, UpdateFirmwareResponse>((d, m) => { d.Files.Update(new() { RequestId = Unnumbered, Retries = m.Retries, RetryInterval = m.RetryInterval, Firmware = new() { Location = m.Location, RetrieveDateTime = m.RetrieveDate } }); return new(); })

        // security extension
        .On<CertificateSignedRequest, CertificateSignedResponse>((d, m) => new() { Status = As<CertificateSignedStatus>(d.Certificates.Signed(new() { CertificateChain = m.CertificateChain }).Status) })
        .On<DeleteCertificateRequest, DeleteCertificateResponse>((d, m) => new() { Status = As<DeleteCertificateStatus>(d.Certificates.Delete(Hash(m.CertificateHashData)).Status) })
        .On<ExtendedTriggerMessageRequest, ExtendedTriggerMessageResponse>((d, m) => new() { Status = Extended(d, m) })
        .On<GetInstalledCertificateIdsRequest, GetInstalledCertificateIdsResponse>((d, m) => Installed(d.Certificates.Ids(new()
        {
            CertificateType = [m.CertificateType == CertificateUse.CentralSystemRootCertificate ? V21.GetCertificateIdUse.CSMSRootCertificate : V21.GetCertificateIdUse.ManufacturerRootCertificate],
        })))
        .On<GetLogRequest, GetLogResponse>((d, m) => Log(d.Files.GetLog(new()
        {
            RequestId = m.RequestId, LogType = As<V21.Log>(m.LogType), Retries = m.Retries, RetryInterval = m.RetryInterval,
            Log = new() { RemoteLocation = m.Log.RemoteLocation, OldestTimestamp = m.Log.OldestTimestamp, LatestTimestamp = m.Log.LatestTimestamp },
        })))
        .On<InstallCertificateRequest, InstallCertificateResponse>((d, m) => new()
        {
            Status = As<InstallCertificateStatus>(d.Certificates.Install(new()
            {
                Certificate = m.Certificate, CertificateType = m.CertificateType == CertificateUse.CentralSystemRootCertificate ? V21.InstallCertificateUse.CSMSRootCertificate : V21.InstallCertificateUse.ManufacturerRootCertificate,
            }).Status),
        })
        .On<SignedUpdateFirmwareRequest, SignedUpdateFirmwareResponse>((d, m) => new()
        {
            Status = As<UpdateFirmwareStatus>(d.Files.Update(new()
            {
                RequestId = m.RequestId, Retries = m.Retries, RetryInterval = m.RetryInterval,
                Firmware = new() { Location = m.Firmware.Location, RetrieveDateTime = m.Firmware.RetrieveDateTime, InstallDateTime = m.Firmware.InstallDateTime, SigningCertificate = m.Firmware.SigningCertificate, Signature = m.Firmware.Signature },
            }).Status),
        })
        .Freeze();

    /// <summary>The same name in the other version's list.</summary>
    internal static T As<T>(Enum value)
        where T : struct, Enum => Enum.Parse<T>(value.ToString());

    private static V21.EVSE? Evse(int connector) => connector == 0 ? null : new V21.EVSE { Id = connector };

    private static V21.IdToken Token(string tag) => new() { IdTokenValue = tag, Type = "Central" };

    private static V21.CertificateHashData Hash(CertificateHashData h) => new() { HashAlgorithm = As<V21.HashAlgorithm>(h.HashAlgorithm), IssuerNameHash = h.IssuerNameHash, IssuerKeyHash = h.IssuerKeyHash, SerialNumber = h.SerialNumber };

    private static GetInstalledCertificateIdsResponse Installed(V21.GetInstalledCertificateIdsResponse found) => new()
    {
        Status = As<GetInstalledCertificateStatus>(found.Status),
        CertificateHashData = found.CertificateHashDataChain?.Select(c => c.CertificateHashData)
            .Select(h => new CertificateHashData { HashAlgorithm = As<HashAlgorithm>(h.HashAlgorithm), IssuerNameHash = h.IssuerNameHash, IssuerKeyHash = h.IssuerKeyHash, SerialNumber = h.SerialNumber }).ToList(),
    };

    private static GetLogResponse Log(V21.GetLogResponse answer) => new() { Status = As<LogStatus>(answer.Status), Filename = answer.Filename };

    private static TriggerMessageStatus Trigger(DeviceState d, string message, int? connector) => message switch
    {
        "DiagnosticsStatusNotification" => Told(() => d.Files.SayLog(Unnumbered)),
        "FirmwareStatusNotification" => Told(() => d.Files.SayFirmware(Unnumbered)),
        _ => As<TriggerMessageStatus>(d.Station.Trigger(Enum.Parse<V21.MessageTrigger>(message), connector)),
    };

    private static TriggerMessageStatus Extended(DeviceState d, ExtendedTriggerMessageRequest m) => m.RequestedMessage switch
    {
        MessageTrigger.SignChargePointCertificate => Trigger(d, nameof(V21.MessageTrigger.SignChargingStationCertificate), null),
        MessageTrigger.FirmwareStatusNotification => Told(() => d.Files.SayFirmware(0)), // in the signed form
        _ => Trigger(d, m.RequestedMessage.ToString(), m.ConnectorId),
    };

    private static TriggerMessageStatus Told(Action say)
    {
        say();
        return TriggerMessageStatus.Accepted;
    }

    /// <summary>1.6 ends the transaction first (5.18).</summary>
    private static UnlockConnectorStatus Unlock(DeviceState d, int connector)
    {
        if (d.Station.Outlets.FirstOrDefault(o => o.Evse == connector) is not { } outlet) return UnlockConnectorStatus.NotSupported;
        d.Station.End(outlet, V21.Reason.Other, V21.TriggerReason.UnlockCommand);
        return UnlockConnectorStatus.Unlocked;
    }

    private static GetCompositeScheduleResponse Composite(DeviceState d, GetCompositeScheduleRequest m)
    {
        var answer = d.Profiles.Composite(new() { EvseId = m.ConnectorId, Duration = m.Duration, ChargingRateUnit = m.ChargingRateUnit is { } u ? As<V21.ChargingRateUnit>(u) : null });
        return answer.Schedule is not { } s ? new() { Status = GetCompositeScheduleStatus.Rejected } : new()
        {
            Status = GetCompositeScheduleStatus.Accepted, ConnectorId = m.ConnectorId, ScheduleStart = s.ScheduleStart,
            ChargingSchedule = new()
            {
                Duration = s.Duration, StartSchedule = s.ScheduleStart, ChargingRateUnit = As<ChargingRateUnit>(s.ChargingRateUnit),
                ChargingSchedulePeriod = [.. s.ChargingSchedulePeriod.Select(p => new ChargingSchedulePeriod { StartPeriod = p.StartPeriod, Limit = p.Limit ?? 0 })],
            },
        };
    }

    private static V21.ChargingProfilePurpose Purpose(ChargingProfilePurpose purpose) => purpose switch
    {
        ChargingProfilePurpose.ChargePointMaxProfile => V21.ChargingProfilePurpose.ChargingStationMaxProfile,
        ChargingProfilePurpose.TxDefaultProfile => V21.ChargingProfilePurpose.TxDefaultProfile,
        _ => V21.ChargingProfilePurpose.TxProfile,
    };

    private static V21.ChargingProfile Profile(CsChargingProfiles p) => Profile(new ChargingProfile
    {
        ChargingProfileId = p.ChargingProfileId, TransactionId = p.TransactionId, StackLevel = p.StackLevel, ChargingProfilePurpose = p.ChargingProfilePurpose, ChargingProfileKind = p.ChargingProfileKind,
        RecurrencyKind = p.RecurrencyKind, ValidFrom = p.ValidFrom, ValidTo = p.ValidTo, ChargingSchedule = p.ChargingSchedule,
    });

    private static V21.ChargingProfile Profile(ChargingProfile p) => new()
    {
        Id = p.ChargingProfileId, TransactionId = p.TransactionId?.ToString(CultureInfo.InvariantCulture), StackLevel = p.StackLevel, ChargingProfilePurpose = Purpose(p.ChargingProfilePurpose),
        ChargingProfileKind = As<V21.ChargingProfileKind>(p.ChargingProfileKind), RecurrencyKind = p.RecurrencyKind is { } r ? As<V21.RecurrencyKind>(r) : null, ValidFrom = p.ValidFrom, ValidTo = p.ValidTo,
        ChargingSchedule =
        [
            new()
            {
                Id = 1, Duration = p.ChargingSchedule.Duration, StartSchedule = p.ChargingSchedule.StartSchedule, ChargingRateUnit = As<V21.ChargingRateUnit>(p.ChargingSchedule.ChargingRateUnit), MinChargingRate = p.ChargingSchedule.MinChargingRate,
                ChargingSchedulePeriod = [.. p.ChargingSchedule.ChargingSchedulePeriod.Select(c => new V21.ChargingSchedulePeriod { StartPeriod = c.StartPeriod, Limit = c.Limit, NumberPhases = c.NumberPhases })],
            },
        ],
    };
}
