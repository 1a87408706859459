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
    internal override async Task<BootAnswer?> BootAsync(CityStation station)
    {
        var boot = new BootNotificationRequest { Reason = BootReason.PowerUp, ChargingStation = new ChargingStation { VendorName = station.Vendor, Model = station.Model, SerialNumber = station.Id.Value, FirmwareVersion = "1.0" } };
        if (Connection.Version == OcppVersion.V21)
        {
            return (await Connection.CallAsync<BootNotificationRequest, BootNotificationResponse>(boot)).Response is { } response
                ? new BootAnswer(response.Status == RegistrationStatus.Accepted, TimeSpan.FromSeconds(response.Interval))
                : null;
        }

        return (await Connection.CallAsync<V201.BootNotificationRequest, V201.BootNotificationResponse>(As<BootNotificationRequest, V201.BootNotificationRequest>(boot))).Response is { } old
            ? new BootAnswer(old.Status == V201.RegistrationStatus.Accepted, TimeSpan.FromSeconds(old.Interval))
            : null;
    }

    internal override Task<bool> HeartbeatAsync() => SayAsync<HeartbeatRequest, HeartbeatResponse, V201.HeartbeatRequest, V201.HeartbeatResponse>(new HeartbeatRequest());

    internal override Task<bool> StatusAsync(int evse, bool occupied, DateTimeOffset at) => SayAsync<StatusNotificationRequest, StatusNotificationResponse, V201.StatusNotificationRequest, V201.StatusNotificationResponse>(
        new StatusNotificationRequest { EvseId = evse, ConnectorId = 1, ConnectorStatus = occupied ? ConnectorStatus.Occupied : ConnectorStatus.Available, Timestamp = at });

    internal override async Task<bool> AuthorizeAsync(WireSession session)
    {
        var ask = new AuthorizeRequest { IdToken = Token(session.Token) };
        if (Connection.Version == OcppVersion.V21)
        {
            var answer = await Connection.CallAsync<AuthorizeRequest, AuthorizeResponse>(ask);
            session.Authorized = answer.Response is { IdTokenInfo.Status: AuthorizationStatus.Accepted };
            session.Refused |= Ended(answer.Status) && !session.Authorized;
            return Ended(answer.Status);
        }

        var old = await Connection.CallAsync<V201.AuthorizeRequest, V201.AuthorizeResponse>(As<AuthorizeRequest, V201.AuthorizeRequest>(ask));
        session.Authorized = old.Response is { IdTokenInfo.Status: V201.AuthorizationStatus.Accepted };
        session.Refused |= Ended(old.Status) && !session.Authorized;
        return Ended(old.Status);
    }

    internal override Task<bool> StartAsync(WireSession session, StationSample sample) => EventAsync(session, sample, TransactionEvent.Started, TriggerReason.Authorized);

    internal override Task<bool> SampleAsync(WireSession session, StationSample sample) => EventAsync(session, sample, TransactionEvent.Updated, TriggerReason.MeterValuePeriodic);

    internal override Task<bool> EndAsync(WireSession session, StationSample sample, bool remote) => EventAsync(session, sample, TransactionEvent.Ended, remote ? TriggerReason.RemoteStop : TriggerReason.EVDeparted);

    internal override Task<bool> ReportAsync(int requestId, DateTimeOffset at, IReadOnlyList<Outlet> outlets) => SayAsync<NotifyReportRequest, NotifyReportResponse, V201.NotifyReportRequest, V201.NotifyReportResponse>(new NotifyReportRequest
    {
        RequestId = requestId, GeneratedAt = at, SeqNo = 0, Tbc = false,
        ReportData = [.. outlets.SelectMany(o => new[]
        {
            Row("EVSE", new EVSE { Id = o.Evse }, "Power", null, new VariableCharacteristics { DataType = Data.Decimal, Unit = "W", MaxLimit = (decimal)(o.ChargeKw * 1000), SupportsMonitoring = false }),
            Row("Connector", new EVSE { Id = o.Evse, ConnectorId = 1 }, "Available", "true", new VariableCharacteristics { DataType = Data.Boolean, SupportsMonitoring = false }),
        })],
    });

    internal override Task<bool> NeedsAsync(WireSession session, VehicleNeeds needs)
    {
        var dc = new DCChargingParameters
        {
            EvMaxCurrent = 200, EvMaxVoltage = 500, EvMaxPower = (decimal)(needs.ChargeKw * 1000), EvEnergyCapacity = (decimal)(needs.CapacityKwh * 1000), StateOfCharge = (int)Math.Round(needs.Fraction * 100),
        };
        var v2x = Connection.Version == OcppVersion.V21 && needs.DischargeKw > 0;
        if (session.Refused) return Task.FromResult(true);
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

    /// <summary>What the central system asks; null = not implemented here. A request of 2.0.1 reads as one of 2.1.</summary>
    internal static OcppAnswer? Answer(IncomingCall call, SimulatedStation station)
    {
        switch (call.Action)
        {
            case "SetChargingProfile" when PayloadReader.Read<SetChargingProfileRequest>(call.Payload).Item1 is { } set:
                var taken = Profile(set.ChargingProfile) is { } profile && station.Install(set.EvseId, profile);
                return OcppAnswer.Of(new SetChargingProfileResponse { Status = taken ? ChargingProfileStatus.Accepted : ChargingProfileStatus.Rejected });
            case "UpdateDynamicSchedule" when PayloadReader.Read<UpdateDynamicScheduleRequest>(call.Payload).Item1 is { } update:
                var known = update.ScheduleUpdate.Setpoint is { } watts && station.Update(update.ChargingProfileId, (double)watts);
                return OcppAnswer.Of(new UpdateDynamicScheduleResponse { Status = known ? ChargingProfileStatus.Accepted : ChargingProfileStatus.Rejected });
            case "ClearChargingProfile" when PayloadReader.Read<ClearChargingProfileRequest>(call.Payload).Item1 is { } clear:
                var which = clear.ChargingProfileCriteria;
                var gone = station.Clear(which?.EvseId, clear.ChargingProfileId, which?.ChargingProfilePurpose is { } purpose ? Purpose(purpose) : null, which?.StackLevel);
                return OcppAnswer.Of(new ClearChargingProfileResponse { Status = gone > 0 ? ClearChargingProfileStatus.Accepted : ClearChargingProfileStatus.Unknown });
            case "RequestStopTransaction" when PayloadReader.Read<RequestStopTransactionRequest>(call.Payload).Item1 is { } stop:
                return OcppAnswer.Of(new RequestStopTransactionResponse { Status = station.Stop(stop.TransactionId) ? RequestStartStopStatus.Accepted : RequestStartStopStatus.Rejected });
            case "GetBaseReport" when PayloadReader.Read<GetBaseReportRequest>(call.Payload).Item1 is { } report:
                station.Report(report.RequestId);
                return OcppAnswer.Of(new GetBaseReportResponse { Status = GenericDeviceModelStatus.Accepted });
            case "TriggerMessage" when PayloadReader.Read<TriggerMessageRequest>(call.Payload).Item1 is { } trigger:
                var done = station.Trigger(trigger.RequestedMessage.ToString(), trigger.Evse?.Id);
                return OcppAnswer.Of(new TriggerMessageResponse { Status = done ? TriggerMessageStatus.Accepted : TriggerMessageStatus.NotImplemented });
            default:
                return null;
        }
    }

    private static ReportData Row(string component, EVSE evse, string variable, string? value, VariableCharacteristics characteristics) => new()
    {
        Component = new Component { Name = component, Evse = evse }, Variable = new Variable { Name = variable }, VariableAttribute = [new VariableAttribute { Value = value }], VariableCharacteristics = characteristics,
    };

    /// <returns>Null when a period says neither limit nor setpoint.</returns>
    private static StationProfile? Profile(ChargingProfile profile)
    {
        var schedule = profile.ChargingSchedule[0];
        var periods = schedule.ChargingSchedulePeriod.Select(p => ((double)p.StartPeriod, p.OperationMode == OperationMode.CentralSetpoint ? p.Setpoint : p.Limit)).ToList();
        if (periods.Exists(p => p.Item2 is null)) return null;
        return new StationProfile(
            profile.Id, Purpose(profile.ChargingProfilePurpose), profile.StackLevel, profile.TransactionId, [.. periods.Select(p => (p.Item1, (double)p.Item2!.Value))],
            schedule.Duration is { } d ? TimeSpan.FromSeconds(d) : null, profile.ChargingProfileKind == ChargingProfileKind.Dynamic);
    }

    private static ProfilePurpose Purpose(ChargingProfilePurpose purpose) => purpose switch
    {
        ChargingProfilePurpose.ChargingStationMaxProfile or ChargingProfilePurpose.ChargingStationExternalConstraints => ProfilePurpose.StationMax,
        ChargingProfilePurpose.TxDefaultProfile => ProfilePurpose.TxDefault,
        _ => ProfilePurpose.Tx,
    };

    private Task<bool> EventAsync(WireSession session, StationSample sample, TransactionEvent type, TriggerReason reason) => session.Refused
        ? Task.FromResult(true)
        : SayAsync<TransactionEventRequest, TransactionEventResponse, V201.TransactionEventRequest, V201.TransactionEventResponse>(new TransactionEventRequest
        {
            EventType = type,
            TriggerReason = reason,
            Timestamp = sample.At,
            SeqNo = sample.SeqNo,
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
