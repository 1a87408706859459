using System.Text.Json;
using Penstock.Ocpp;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.Rpc;
using Penstock.Ocpp.V21;
using V201 = Penstock.Ocpp.V201;

namespace Penstock.Simulator.Stations;

/// <summary>OCPP 2.1, and 2.0.1 as the subset of it that a station of that version speaks.</summary>
internal sealed class Dialect2x(OcppConnection connection) : StationDialect(connection)
{
    internal override async Task<bool?> BootAsync(string vendor, string model, string serial)
    {
        var boot = new BootNotificationRequest { Reason = BootReason.PowerUp, ChargingStation = new ChargingStation { VendorName = vendor, Model = model, SerialNumber = serial, FirmwareVersion = "1.0" } };
        if (Connection.Version == OcppVersion.V21)
        {
            return (await Connection.CallAsync<BootNotificationRequest, BootNotificationResponse>(boot)).Response is { } response ? response.Status == RegistrationStatus.Accepted : null;
        }

        return (await Connection.CallAsync<V201.BootNotificationRequest, V201.BootNotificationResponse>(As<BootNotificationRequest, V201.BootNotificationRequest>(boot))).Response is { } old
            ? old.Status == V201.RegistrationStatus.Accepted
            : null;
    }

    internal override Task<bool> StatusAsync(int evse, bool occupied, DateTimeOffset at) => SayAsync<StatusNotificationRequest, StatusNotificationResponse, V201.StatusNotificationRequest, V201.StatusNotificationResponse>(
        new StatusNotificationRequest { EvseId = evse, ConnectorId = 1, ConnectorStatus = occupied ? ConnectorStatus.Occupied : ConnectorStatus.Available, Timestamp = at });

    internal override Task<bool> AuthorizeAsync(string token) => SayAsync<AuthorizeRequest, AuthorizeResponse, V201.AuthorizeRequest, V201.AuthorizeResponse>(
        new AuthorizeRequest { IdToken = Token(token) });

    internal override Task<bool> StartAsync(WireSession session, StationSample sample) => EventAsync(session, sample, TransactionEvent.Started, TriggerReason.Authorized);

    internal override Task<bool> SampleAsync(WireSession session, StationSample sample) => EventAsync(session, sample, TransactionEvent.Updated, TriggerReason.MeterValuePeriodic);

    internal override Task<bool> EndAsync(WireSession session, StationSample sample) => EventAsync(session, sample, TransactionEvent.Ended, TriggerReason.EVDeparted);

    internal override Task<bool> NeedsAsync(WireSession session, VehicleNeeds needs)
    {
        var dc = new DCChargingParameters
        {
            EvMaxCurrent = 200, EvMaxVoltage = 500, EvMaxPower = (decimal)(needs.ChargeKw * 1000), EvEnergyCapacity = (decimal)(needs.CapacityKwh * 1000), StateOfCharge = (int)Math.Round(needs.Fraction * 100),
        };
        var v2x = Connection.Version == OcppVersion.V21 && needs.DischargeKw > 0;
        return SayAsync<NotifyEVChargingNeedsRequest, NotifyEVChargingNeedsResponse, V201.NotifyEVChargingNeedsRequest, V201.NotifyEVChargingNeedsResponse>(new NotifyEVChargingNeedsRequest
        {
            EvseId = session.Evse,
            ChargingNeeds = new ChargingNeeds
            {
                RequestedEnergyTransfer = v2x ? EnergyTransferMode.DCBPT : EnergyTransferMode.DC,
                DcChargingParameters = dc,
                DepartureTime = needs.Departure,
                V2xChargingParameters = v2x ? new V2XChargingParameters { MaxChargePower = (decimal)(needs.ChargeKw * 1000), MaxDischargePower = (decimal)(needs.DischargeKw * 1000), TargetSoC = (int)Math.Round(needs.Target * 100) } : null,
            },
        });
    }

    /// <summary>What the central system asks; null = not implemented here.</summary>
    internal static OcppAnswer? Answer(IncomingCall call, Func<StationOrder, bool> obey, Action bootAgain, OcppVersion version)
    {
        switch (call.Action)
        {
            case "SetChargingProfile" when version == OcppVersion.V201 && PayloadReader.Read<V201.SetChargingProfileRequest>(call.Payload).Item1 is { } old:
                var schedule = old.ChargingProfile.ChargingSchedule[0];
                var did = obey(new StationOrder(old.EvseId, (double)schedule.ChargingSchedulePeriod[0].Limit, schedule.Duration is { } d ? TimeSpan.FromSeconds(d) : null));
                return OcppAnswer.Of(new V201.SetChargingProfileResponse { Status = did ? V201.ChargingProfileStatus.Accepted : V201.ChargingProfileStatus.Rejected });
            case "SetChargingProfile" when PayloadReader.Read<SetChargingProfileRequest>(call.Payload).Item1 is { } set:
                return OcppAnswer.Of(new SetChargingProfileResponse { Status = Set(set, obey) ? ChargingProfileStatus.Accepted : ChargingProfileStatus.Rejected });
            case "UpdateDynamicSchedule" when PayloadReader.Read<UpdateDynamicScheduleRequest>(call.Payload).Item1 is { } update:
                var known = update.ScheduleUpdate.Setpoint is { } watts && obey(new StationOrder(update.ChargingProfileId - 1000, (double)watts, null, Update: true));
                return OcppAnswer.Of(new UpdateDynamicScheduleResponse { Status = known ? ChargingProfileStatus.Accepted : ChargingProfileStatus.Rejected });
            case "GetBaseReport":
                return OcppAnswer.Of(new GetBaseReportResponse { Status = GenericDeviceModelStatus.Accepted });
            case "TriggerMessage":
                bootAgain();
                return OcppAnswer.Of(new TriggerMessageResponse { Status = TriggerMessageStatus.Accepted });
            default:
                return null;
        }
    }

    private static bool Set(SetChargingProfileRequest set, Func<StationOrder, bool> obey)
    {
        if (set.ChargingProfile.ChargingProfilePurpose == ChargingProfilePurpose.TxDefaultProfile) return true; // the station charges by default anyway
        var (schedule, period) = (set.ChargingProfile.ChargingSchedule[0], set.ChargingProfile.ChargingSchedule[0].ChargingSchedulePeriod[0]);
        var lasts = schedule.Duration is { } seconds ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null;
        return (period.OperationMode == OperationMode.CentralSetpoint ? period.Setpoint : period.Limit) is { } watts && obey(new StationOrder(set.EvseId, (double)watts, lasts));
    }

    private Task<bool> EventAsync(WireSession session, StationSample sample, TransactionEvent type, TriggerReason reason) =>
        SayAsync<TransactionEventRequest, TransactionEventResponse, V201.TransactionEventRequest, V201.TransactionEventResponse>(new TransactionEventRequest
        {
            EventType = type,
            TriggerReason = reason,
            Timestamp = sample.At,
            SeqNo = session.NextSeqNo++,
            TransactionInfo = new Transaction { TransactionId = session.TransactionId, ChargingState = type == TransactionEvent.Ended ? ChargingState.Idle : ChargingState.Charging },
            Evse = new EVSE { Id = session.Evse, ConnectorId = 1 },
            IdToken = type == TransactionEvent.Started ? Token(session.Token) : null,
            MeterValue = [Meter(sample)],
        });

    private async Task<bool> SayAsync<TRequest, TResponse, TOldRequest, TOldResponse>(TRequest message)
        where TRequest : class, IOcppRequest<TRequest, TResponse>
        where TResponse : class, IOcppMessage<TResponse>
        where TOldRequest : class, IOcppRequest<TOldRequest, TOldResponse>
        where TOldResponse : class, IOcppMessage<TOldResponse> => Ended(Connection.Version == OcppVersion.V21
            ? (await Connection.CallAsync<TRequest, TResponse>(message)).Status
            : (await Connection.CallAsync<TOldRequest, TOldResponse>(As<TRequest, TOldRequest>(message))).Status);

    private static TOld As<TNew, TOld>(TNew message)
        where TNew : class, IOcppMessage<TNew>
        where TOld : class, IOcppMessage<TOld> => JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(message, TNew.TypeInfo), TOld.TypeInfo)!;

    private static IdToken Token(string token) => new() { IdTokenValue = token, Type = "Central" };

    private static MeterValue Meter(StationSample sample) => new()
    {
        Timestamp = sample.At,
        SampledValue =
        [
            new SampledValue { Measurand = Measurand.EnergyActiveImportRegister, Value = sample.ImportWh, UnitOfMeasure = new UnitOfMeasure { Unit = "Wh" } },
            new SampledValue { Measurand = Measurand.EnergyActiveExportRegister, Value = sample.ExportWh, UnitOfMeasure = new UnitOfMeasure { Unit = "Wh" } },
            new SampledValue { Measurand = Measurand.PowerActiveImport, Value = (decimal)Math.Round(Math.Max(0, sample.PowerKw) * 1000, 1), UnitOfMeasure = new UnitOfMeasure { Unit = "W" } },
            new SampledValue { Measurand = Measurand.PowerActiveExport, Value = (decimal)Math.Round(Math.Max(0, -sample.PowerKw) * 1000, 1), UnitOfMeasure = new UnitOfMeasure { Unit = "W" } },
            new SampledValue { Measurand = Measurand.SoC, Value = (decimal)Math.Round(sample.Fraction * 100, 1), UnitOfMeasure = new UnitOfMeasure { Unit = "Percent" } },
        ],
    };
}
