using Penstock.Ocpp.Rpc;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations;

/// <summary>What a central system has done to the transactions of a station. Called by the tables of answers, under the station's lock.</summary>
public sealed partial class SimulatedStation
{
    private int commands;

    internal V21.RequestStartTransactionResponse RemoteStart(V21.RequestStartTransactionRequest asked)
    {
        V21.RequestStartTransactionResponse Rejected(string code) => new() { Status = V21.RequestStartStopStatus.Rejected, StatusInfo = new V21.StatusInfo { ReasonCode = code } };
        if (offlineSince is not null) return Rejected("CSNotAccepted");
        if (asked.EvseId is { } id && outlets.All(o => o.Evse != id)) return Rejected("UnknownEvse");
        var able = outlets.Where(o => (asked.EvseId is null || o.Evse == asked.EvseId) && o is { Session: null, Inoperative: false, Faulted: false }).ToList();
        if (able.Count == 0) return Rejected("TxInProgress");
        if (asked.ChargingProfile is { ChargingProfilePurpose: not V21.ChargingProfilePurpose.TxProfile } or { TransactionId: not null }) return Rejected("InvalidProfile");
        var outlet = able.Find(o => o.Battery is not null) ?? able[0];
        int? remote = Model.Version == OcppVersion.V16 ? null : asked.RemoteStartId;
        if (outlet.Battery is null)
        {
            outlet.Awaited = new AwaitedStart(asked.IdToken.IdTokenValue, asked.RemoteStartId, asked.ChargingProfile, Now.AddSeconds(Device.Model.Number("TxCtrlr", "EVConnectionTimeOut")));
            return new V21.RequestStartTransactionResponse { Status = V21.RequestStartStopStatus.Accepted };
        }

        var session = Begin(outlet, asked.IdToken.IdTokenValue, remote, asked.ChargingProfile);
        return new V21.RequestStartTransactionResponse { Status = V21.RequestStartStopStatus.Accepted, TransactionId = session.TransactionId };
    }

    internal V21.RequestStopTransactionResponse RemoteStop(string transaction)
    {
        if (Array.Find(outlets, o => o.Session?.TransactionId == transaction) is not { } outlet)
            return new V21.RequestStopTransactionResponse { Status = V21.RequestStartStopStatus.Rejected, StatusInfo = new V21.StatusInfo { ReasonCode = "TxNotFound" } };
        End(outlet, V21.Reason.Remote, V21.TriggerReason.RemoteStop);
        return new V21.RequestStopTransactionResponse { Status = V21.RequestStartStopStatus.Accepted };
    }

    internal V21.GetTransactionStatusResponse TransactionStatus(string? transaction) => new()
    {
        MessagesInQueue = outbox.Count > 0, OngoingIndicator = transaction is null ? null : FindSession(transaction) is not null,
    };

    internal V21.UnlockStatus Unlock(int evse, int connector)
    {
        if (connector != 1 || Array.Find(outlets, o => o.Evse == evse) is not { } outlet) return V21.UnlockStatus.UnknownConnector;
        return outlet.Session is { Authorized: true } ? V21.UnlockStatus.OngoingAuthorizedTransaction : V21.UnlockStatus.Unlocked;
    }

    /// <summary>The central system changed its mind about discharge: the vehicle renegotiates its service and says its needs anew (Q02).</summary>
    internal V21.NotifyAllowedEnergyTransferResponse Allow(V21.NotifyAllowedEnergyTransferRequest asked)
    {
        V21.NotifyAllowedEnergyTransferResponse Rejected(string code) => new() { Status = V21.NotifyAllowedEnergyTransferStatus.Rejected, StatusInfo = new V21.StatusInfo { ReasonCode = code } };
        if (Array.Find(outlets, o => o.Session?.TransactionId == asked.TransactionId) is not { Session: { } session } outlet) return Rejected("TxNotFound");
        if (!asked.AllowedEnergyTransfer.Any(m => m is V21.EnergyTransferMode.DC or V21.EnergyTransferMode.DCBPT)) return Rejected("UnsupportedParam"); // a DC station
        session.Allowed = asked.AllowedEnergyTransfer;
        SayNeeds(outlet, session);
        Sample(outlet, session, Now, periodic: false, V21.TriggerReason.ChargingStateChanged);
        return new V21.NotifyAllowedEnergyTransferResponse { Status = V21.NotifyAllowedEnergyTransferStatus.Accepted };
    }

    internal V21.NotifyWebPaymentStartedResponse WebPayment(int evse, int timeoutSeconds)
    {
        Device.Note($"EVSE {evse}: a driver pays on the web, QR code hidden for {timeoutSeconds} s");
        return new V21.NotifyWebPaymentStartedResponse();
    }

    internal void SetPriority(Outlet outlet, bool on)
    {
        outlet.Priority = on;
        Sample(outlet, outlet.Session!, Now, periodic: false, V21.TriggerReason.ChargingRateChanged);
    }

    /// <summary>A vehicle that plans for itself answers a profile with the schedule that it will follow.</summary>
    internal void ProfileTaken(Outlet outlet, V21.ChargingProfile profile)
    {
        if (outlet.Needs is not { Scheduled: true } needs || Model.Version == OcppVersion.V16) return;
        var offered = profile.ChargingSchedule;
        var best = Enumerable.Range(0, offered.Count).MaxBy(n => offered[n].ChargingSchedulePeriod[0].Limit ?? offered[n].ChargingSchedulePeriod[0].Setpoint ?? 0); // the one that gives most at once
        outlet.Profiles.Choose(profile.Id, best);
        var most = (decimal)(needs.ChargeKw * 1000);
        Tell<V21.NotifyEVChargingScheduleRequest, V21.NotifyEVChargingScheduleResponse>(new V21.NotifyEVChargingScheduleRequest
        {
            TimeBase = At(Now), EvseId = outlet.Evse, SelectedChargingScheduleId = Model.Version == OcppVersion.V21 ? offered[best].Id : null,
            ChargingSchedule = new V21.ChargingSchedule
            {
                Id = offered[best].Id, ChargingRateUnit = offered[best].ChargingRateUnit, Duration = offered[best].Duration,
                ChargingSchedulePeriod = [.. offered[best].ChargingSchedulePeriod.Select(p => p with { Limit = p.Limit is { } limit ? Math.Min(limit, most) : null })],
            },
        });
    }

    internal V21.TriggerMessageStatus Trigger(V21.MessageTrigger message, int? evse)
    {
        var now = Now;
        if (evse is { } id and not 0 && outlets.All(o => o.Evse != id)) return V21.TriggerMessageStatus.Rejected;
        switch (message)
        {
            case V21.MessageTrigger.BootNotification when booted.Task.IsCompleted:
                After(() => SayNow(async d => await d.BootAsync(Model, Device.Files.FirmwareVersion, V21.BootReason.Triggered) is not null));
                return V21.TriggerMessageStatus.Accepted;
            case V21.MessageTrigger.BootNotification:
                if (bootAsked.CurrentCount == 0) bootAsked.Release();
                return V21.TriggerMessageStatus.Accepted;
            case V21.MessageTrigger.Heartbeat:
                After(() => SayNow(d => d.HeartbeatAsync()));
                return V21.TriggerMessageStatus.Accepted;
            case V21.MessageTrigger.StatusNotification:
                foreach (var outlet in Meant(evse)) After(() => SayNow(d => d.StatusAsync(outlet.Evse, StatusOf(outlet), outlet.Session is not null, At(now))));
                return V21.TriggerMessageStatus.Accepted;
            case V21.MessageTrigger.TransactionEvent:
            case V21.MessageTrigger.MeterValues when Model.Version == OcppVersion.V16:
                foreach (var outlet in Meant(evse)) if (outlet.Session is { } session) Sample(outlet, session, now, periodic: false, V21.TriggerReason.Trigger);
                return V21.TriggerMessageStatus.Accepted;
            case V21.MessageTrigger.MeterValues:
                foreach (var outlet in Meant(evse)) SayMeterValues(outlet, V21.ReadingContext.Trigger);
                return V21.TriggerMessageStatus.Accepted;
            case V21.MessageTrigger.LogStatusNotification:
                Device.Files.SayLog();
                return V21.TriggerMessageStatus.Accepted;
            case V21.MessageTrigger.FirmwareStatusNotification:
                Device.Files.SayFirmware(Model.Version == OcppVersion.V16 ? 0 : null);
                return V21.TriggerMessageStatus.Accepted;
            case V21.MessageTrigger.PublishFirmwareStatusNotification:
                Tell<V21.PublishFirmwareStatusNotificationRequest, V21.PublishFirmwareStatusNotificationResponse>(new V21.PublishFirmwareStatusNotificationRequest { Status = V21.PublishFirmwareStatus.Idle });
                return V21.TriggerMessageStatus.Accepted;
            case V21.MessageTrigger.SignChargingStationCertificate:
                Device.Certificates.Sign(V21.CertificateSigningUse.ChargingStationCertificate);
                return V21.TriggerMessageStatus.Accepted;
            case V21.MessageTrigger.SignV2GCertificate:
                Device.Certificates.Sign(V21.CertificateSigningUse.V2GCertificate);
                return V21.TriggerMessageStatus.Accepted;
            case V21.MessageTrigger.SignV2G20Certificate:
                Device.Certificates.Sign(V21.CertificateSigningUse.V2G20Certificate);
                return V21.TriggerMessageStatus.Accepted;
            default:
                return V21.TriggerMessageStatus.NotImplemented; // one certificate for both uses, and triggers of vendors
        }
    }

    /// <summary>A request that moves power came; a fault may break the link here.</summary>
    internal void Commanded()
    {
        if (Interlocked.Increment(ref commands) == faults.LinkBreaksAtCommand) link?.Abort();
    }
}
