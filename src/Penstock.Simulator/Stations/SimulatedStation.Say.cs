using System.Text.Json;
using Penstock.Ocpp;
using Penstock.Simulator.Stations.Device;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations;

/// <summary>What a station says when its caller wants it: messages that nothing in the simulation brings about. In a version that has no such message nothing is said.</summary>
public sealed partial class SimulatedStation
{
    public void SaySecurityEvent(string type, string info = "") => Locked(d => d.Secure(type, info));

    public void SayDataTransfer(string vendor, string? message = null, JsonElement? data = null, Action<V21.DataTransferResponse>? answered = null) =>
        Locked(d => d.Say(new V21.DataTransferRequest { VendorId = vendor, MessageId = message, Data = data }, answered));

    /// <summary>An outer limit came to the site, W; null EVSE = all of them. It is kept as an external constraint.</summary>
    public void SayChargingLimit(double watts, string source = "EMS", int? evse = null, bool gridCritical = false) => Locked(d =>
    {
        var schedule = new V21.ChargingSchedule { Id = 1, StartSchedule = At(Now), ChargingRateUnit = V21.ChargingRateUnit.W, ChargingSchedulePeriod = [new V21.ChargingSchedulePeriod { StartPeriod = 0, Limit = (decimal)watts }] };
        foreach (var outlet in Meant(evse)) outlet.Profiles.Put(External(schedule), Now);
        d.Say<V21.NotifyChargingLimitRequest, V21.NotifyChargingLimitResponse>(new V21.NotifyChargingLimitRequest { EvseId = evse, ChargingSchedule = [schedule], ChargingLimit = new V21.ChargingLimit { ChargingLimitSource = source, IsGridCritical = gridCritical } });
    });

    /// <summary>The outer limit is gone.</summary>
    public void SayClearedChargingLimit(string source = "EMS", int? evse = null) => Locked(d =>
    {
        foreach (var outlet in Meant(evse)) outlet.Profiles.Clear(p => p.ChargingProfilePurpose == V21.ChargingProfilePurpose.ChargingStationExternalConstraints);
        d.Say<V21.ClearedChargingLimitRequest, V21.ClearedChargingLimitResponse>(new V21.ClearedChargingLimitRequest { ChargingLimitSource = source, EvseId = evse });
    });

    /// <summary>The driver pressed the button for priority charging, or released it.</summary>
    public void SayPriorityCharging(int evse, bool on) => Locked(d =>
    {
        if (Find(evse) is not { Session: { } session } outlet) return;
        outlet.Priority = on;
        d.Say<V21.NotifyPriorityChargingRequest, V21.NotifyPriorityChargingResponse>(new V21.NotifyPriorityChargingRequest { TransactionId = session.TransactionId, Activated = on });
    });

    public void SayEvCertificate(string exiRequest, V21.CertificateAction action = V21.CertificateAction.Install, Action<V21.Get15118EVCertificateResponse>? answered = null) =>
        Locked(d => d.Say(new V21.Get15118EVCertificateRequest { Iso15118SchemaVersion = "urn:iso:15118:2:2013:MsgDef", Action = action, ExiRequest = exiRequest }, answered));

    public void SayCertificateStatus(V21.OCSPRequestData of, Action<V21.GetCertificateStatusResponse>? answered = null) => Locked(d => d.Say(new V21.GetCertificateStatusRequest { OcspRequestData = of }, answered));

    public void SayCertificateChainStatus(IReadOnlyList<V21.CertificateStatusRequestInfo> of, Action<V21.GetCertificateChainStatusResponse>? answered = null) =>
        Locked(d => d.Say(new V21.GetCertificateChainStatusRequest { CertificateStatusRequests = of }, answered));

    public void SaySignCertificate(V21.CertificateSigningUse use = V21.CertificateSigningUse.ChargingStationCertificate) => Locked(d => d.Certificates.Sign(use));

    public void SayVatNumber(string number, int? evse = null, Action<V21.VatNumberValidationResponse>? answered = null) => Locked(d => d.Say(new V21.VatNumberValidationRequest { VatNumber = number, EvseId = evse }, answered));

    public void SaySettlement(string pspRef, decimal amount, V21.PaymentStatus status = V21.PaymentStatus.Settled, string? transaction = null) => Locked(d => d.Say<V21.NotifySettlementRequest, V21.NotifySettlementResponse>(
        new V21.NotifySettlementRequest { PspRef = pspRef, SettlementAmount = amount, SettlementTime = At(Now), Status = status, TransactionId = transaction }));

    public void SayDerAlarm(V21.DERControl control, V21.GridEventFault? fault, bool ended = false, string? info = null) => Locked(d => d.Der.Alarm(control, fault, ended, info));

    public void SayEvent(string component, string variable, string value, int evse = 0, string info = "") => Locked(d => d.Monitors.Alert(component, variable, value, evse, info));

    public void SayBatterySwap(V21.BatterySwapEvent what, string token, int evse, string serial, decimal socPercent, int requestId) => Locked(d => d.Say<V21.BatterySwapRequest, V21.BatterySwapResponse>(new V21.BatterySwapRequest
    {
        EventType = what, IdToken = new V21.IdToken { IdTokenValue = token, Type = "Central" }, RequestId = requestId, BatteryData = [new V21.BatteryData { EvseId = evse, SerialNumber = serial, SoC = socPercent, SoH = 97 }],
    }));

    /// <summary>The schedule that the vehicle says it will follow.</summary>
    public void SayEvSchedule(int evse, V21.ChargingSchedule schedule) => Locked(d => d.Say<V21.NotifyEVChargingScheduleRequest, V21.NotifyEVChargingScheduleResponse>(
        new V21.NotifyEVChargingScheduleRequest { EvseId = evse, TimeBase = At(Now), ChargingSchedule = schedule }));

    public void SayMeterValues(int evse) => Locked(_ => SayMeterValues(Find(evse), V21.ReadingContext.SampleClock));

    /// <summary>An EVSE breaks, or is whole again: no power, and its status and an event say so.</summary>
    public void SayFault(int evse, bool broken) => Locked(d =>
    {
        Find(evse).Faulted = broken;
        SayStatus(evse);
        d.Monitors.Alert("EVSE", "Problem", broken ? "true" : "false", evse, broken ? "simulated fault" : "");
    });

    private void SayMeterValues(Outlet outlet, V21.ReadingContext context)
    {
        var value = Measured.Of2(outlet.Sample(At(Now), 0));
        Tell<V21.MeterValuesRequest, V21.MeterValuesResponse>(new V21.MeterValuesRequest { EvseId = outlet.Evse, MeterValue = [value with { SampledValue = [.. value.SampledValue.Select(v => v with { Context = context })] }] });
    }

    private void Locked(Action<DeviceState> say)
    {
        lock (gate) say(Device);
    }

    private static V21.ChargingProfile External(V21.ChargingSchedule schedule) => new()
    {
        Id = -1, StackLevel = 0, ChargingProfilePurpose = V21.ChargingProfilePurpose.ChargingStationExternalConstraints, ChargingProfileKind = V21.ChargingProfileKind.Absolute, ChargingSchedule = [schedule],
    };

    internal void Tell<TRequest, TResponse>(TRequest message, Action<TResponse>? answered = null)
        where TRequest : class, IOcppRequest<TRequest, TResponse>
        where TResponse : class, IOcppMessage<TResponse>
    {
        var asked = held is not null; // a station that is not accepted yet says what it is asked for, and nothing else (2.x B02)
        if (asked) After(() => { if (offlineSince is null) Say(d => d.SayAsync(message, answered)); else SayNow(d => d.SayAsync(message, answered)); });
        else Say(d => d.SayAsync(message, answered));
    }

    internal void Send<T>(T message)
        where T : class, IOcppSend<T> => Say(d => d.SendAsync(message), periodic: true);

    /// <summary>Into the outbox; what an answer brings about comes after the answer.</summary>
    private void Say(Func<StationDialect, Task<bool>> message, bool periodic = false) => After(() =>
    {
        lastSaid = Now;
        outbox.Add(message, periodic);
    });

    /// <summary>Beside the outbox: what is asked of a station that is not accepted yet.</summary>
    private void SayNow(Func<StationDialect, Task<bool>> message)
    {
        if (dialect is not { } now) return;
        work.Begin();
        _ = message(now).ContinueWith(_ => work.End(), TaskScheduler.Default);
    }
}
