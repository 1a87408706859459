using System.Text.Json;
using Penstock.Ocpp;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.Rpc;
using Penstock.Ocpp.V21;
using Penstock.Simulator.Cities;
using V201 = Penstock.Ocpp.V201;

namespace Penstock.Simulator.Stations;

/// <summary>OCPP 2.1, and 2.0.1 as the subset of it that a station of that version speaks.</summary>
internal sealed class Dialect2x(OcppConnection connection) : StationDialect(connection)
{
    private bool Is21 => Connection.Version == OcppVersion.V21;

    internal override async Task<BootAnswer?> BootAsync(CityStation station, string firmware, BootReason reason)
    {
        BootAnswer? answer = null;
        await SayAsync<BootNotificationRequest, BootNotificationResponse>(
            new BootNotificationRequest { Reason = reason, ChargingStation = new ChargingStation { VendorName = station.Vendor, Model = station.Model, SerialNumber = station.Id.Value, FirmwareVersion = firmware } },
            r => answer = new BootAnswer(r.Status == RegistrationStatus.Accepted, TimeSpan.FromSeconds(r.Interval)));
        return answer;
    }

    internal override Task<bool> HeartbeatAsync() => SayAsync<HeartbeatRequest, HeartbeatResponse>(new HeartbeatRequest(), null);

    internal override Task<bool> StatusAsync(int evse, ConnectorStatus status, bool charging, DateTimeOffset at) =>
        SayAsync<StatusNotificationRequest, StatusNotificationResponse>(new StatusNotificationRequest { EvseId = evse, ConnectorId = 1, ConnectorStatus = status, Timestamp = at }, null);

    internal override async Task<bool> AuthorizeAsync(WireSession session)
    {
        var ended = await SayAsync<AuthorizeRequest, AuthorizeResponse>(new AuthorizeRequest { IdToken = Token(session.Token) }, r =>
        {
            session.Authorized = r.IdTokenInfo.Status == AuthorizationStatus.Accepted;
            session.Allowed = r.AllowedEnergyTransfer;
        });
        session.Refused |= ended && !session.Authorized;
        return ended;
    }

    internal override Task<bool> StartAsync(WireSession session, StationSample sample) => EventAsync(session, sample, TransactionEvent.Started, session.RemoteStartId is null ? TriggerReason.Authorized : TriggerReason.RemoteStart, null);

    internal override Task<bool> SampleAsync(WireSession session, StationSample sample) => EventAsync(session, sample, TransactionEvent.Updated, sample.Why, null);

    internal override Task<bool> MeterAsync(int evse, StationSample sample) => SayAsync<MeterValuesRequest, MeterValuesResponse>(new MeterValuesRequest { EvseId = evse, MeterValue = [Measured.Of2(sample)] }, null);

    internal override Task<bool> EndAsync(WireSession session, StationSample sample, StopCause cause) =>
        EventAsync(session, sample, TransactionEvent.Ended, cause.Trigger, !Is21 && cause.Reason == Reason.ReqEnergyTransferRejected ? Reason.Other : cause.Reason);

    internal override Task<bool> NeedsAsync(WireSession session, VehicleNeeds needs, Action<NotifyEVChargingNeedsStatus> answered)
    {
        if (session.Refused || session.Ended) return Task.FromResult(true);
        var v2x = Is21 && needs.DischargeKw > 0 && session.AllowsDischarge;
        decimal Wh(double fraction) => (decimal)Math.Round((fraction - needs.Fraction) * needs.CapacityKwh * 1000);
        return SayAsync<NotifyEVChargingNeedsRequest, NotifyEVChargingNeedsResponse>(
            new NotifyEVChargingNeedsRequest
            {
                EvseId = session.Evse,
                MaxScheduleTuples = needs.Scheduled ? 1024 : null,
                ChargingNeeds = new ChargingNeeds
                {
                    RequestedEnergyTransfer = v2x ? EnergyTransferMode.DCBPT : EnergyTransferMode.DC,
                    AvailableEnergyTransfer = Is21 && needs.DischargeKw > 0 ? [EnergyTransferMode.DC, EnergyTransferMode.DCBPT] : null,
                    ControlMode = Is21 ? needs.Scheduled ? ControlMode.ScheduledControl : ControlMode.DynamicControl : null,
                    MobilityNeedsMode = Is21 ? MobilityNeedsMode.EVCC : null,
                    DcChargingParameters = new DCChargingParameters
                    {
                        EvMaxCurrent = 200, EvMaxVoltage = 500, EvMaxPower = (decimal)(needs.ChargeKw * 1000), EvEnergyCapacity = (decimal)(needs.CapacityKwh * 1000), StateOfCharge = (int)Math.Round(needs.Fraction * 100),
                    },
                    DepartureTime = needs.Departure,
                    V2xChargingParameters = v2x
                        ? new V2XChargingParameters
                        {
                            MaxChargePower = (decimal)(needs.ChargeKw * 1000), MaxDischargePower = (decimal)(needs.DischargeKw * 1000), TargetSoC = (int)Math.Round(needs.Target * 100), EvTargetEnergyRequest = Wh(needs.Target), EvMaxEnergyRequest = Wh(1),
                            EvMinEnergyRequest = needs.Window is { Low: var low } ? Wh(low) : null, EvMinV2XEnergyRequest = needs.Window is { Low: var least } ? Wh(least) : null, EvMaxV2XEnergyRequest = needs.Window is { High: var most } ? Wh(most) : null,
                        }
                        : null,
                },
            },
            r => answered(r.Status));
    }

    internal override async Task<bool> SayAsync<TRequest, TResponse>(TRequest message, Action<TResponse>? answered)
    {
        if (!Is21) return await SayOlderAsync(message, answered);
        var outcome = await Connection.CallAsync<TRequest, TResponse>(message);
        if (outcome.Response is { } response) answered?.Invoke(response);
        return Ended(outcome.Status);
    }

    /// <summary>As 2.0.1 has it: what only 2.1 knows is left out, a message that only 2.1 knows is not said.</summary>
    private async Task<bool> SayOlderAsync<TRequest, TResponse>(TRequest message, Action<TResponse>? answered)
        where TRequest : class, IOcppRequest<TRequest, TResponse>
        where TResponse : class, IOcppMessage<TResponse>
    {
        if (!V201.V201Actions.All.TryGetValue(TRequest.ActionName, out var action)) return true;
        var raw = await Connection.CallRawAsync(action, (IOcppChecked)JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(message, TRequest.TypeInfo), action.Request)!);
        if (raw.Status == CallStatus.Answered && PayloadReader.Read<TResponse>(raw.Payload).Message is { } response) answered?.Invoke(response);
        return Ended(raw.Status);
    }

    private Task<bool> EventAsync(WireSession session, StationSample sample, TransactionEvent type, TriggerReason why, Reason? stopped) => session.Refused
        ? Task.FromResult(true)
        : SayAsync<TransactionEventRequest, TransactionEventResponse>(
            new TransactionEventRequest
            {
                EventType = type,
                TriggerReason = Is21 ? why : Older(why),
                Timestamp = sample.At,
                SeqNo = sample.SeqNo,
                Offline = sample.Offline ? true : null,
                EvseSleep = sample.Sleep,
                ReservationId = type == TransactionEvent.Started ? session.ReservationId : null,
                TransactionInfo = new Transaction
                {
                    TransactionId = session.TransactionId,
                    ChargingState = type == TransactionEvent.Ended ? ChargingState.Idle : sample.Suspended ? ChargingState.SuspendedEVSE : ChargingState.Charging,
                    StoppedReason = stopped, OperationMode = sample.Mode, TariffId = sample.TariffId, TransactionLimit = sample.Limit,
                    RemoteStartId = type == TransactionEvent.Started ? session.RemoteStartId : null,
                },
                Evse = new EVSE { Id = session.Evse, ConnectorId = 1 },
                IdToken = type == TransactionEvent.Started ? Token(session.Token) : null,
                MeterValue = [Measured.Of2(sample)],
            },
            r =>
            {
                if (r.IdTokenInfo is { Status: not AuthorizationStatus.Accepted }) session.NotAccepted?.Invoke();
                if (Is21) session.Told?.Invoke(r.TransactionLimit, r.TotalCost);
            });

    /// <summary>Reasons that 2.0.1 does not have become the nearest that it has.</summary>
    private static TriggerReason Older(TriggerReason why) => why switch
    {
        TriggerReason.OperationModeChanged or TriggerReason.LimitSet => TriggerReason.ChargingRateChanged,
        TriggerReason.TariffChanged or TriggerReason.RunningCost or TriggerReason.TariffNotAccepted or TriggerReason.TxResumed or TriggerReason.CostLimitReached or TriggerReason.SoCLimitReached => TriggerReason.Trigger,
        _ => why,
    };

    private static IdToken Token(string token) => new() { IdTokenValue = token, Type = "Central" };
}
