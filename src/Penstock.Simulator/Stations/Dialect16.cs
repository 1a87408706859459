using System.Globalization;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.Rpc;
using Penstock.Ocpp.V16;
using Penstock.Simulator.Cities;

namespace Penstock.Simulator.Stations;

/// <summary>OCPP 1.6.</summary>
internal sealed class Dialect16(OcppConnection connection) : StationDialect(connection)
{
    internal override async Task<BootAnswer?> BootAsync(CityStation station)
    {
        var answer = await Connection.CallAsync<BootNotificationRequest, BootNotificationResponse>(new BootNotificationRequest
        {
            ChargePointVendor = station.Vendor, ChargePointModel = station.Model, ChargePointSerialNumber = station.Id.Value, FirmwareVersion = "1.0",
        });
        return answer.Response is { } response ? new BootAnswer(response.Status == BootNotificationStatus.Accepted, TimeSpan.FromSeconds(response.Interval)) : null;
    }

    internal override async Task<bool> HeartbeatAsync() => Ended((await Connection.CallAsync<HeartbeatRequest, HeartbeatResponse>(new HeartbeatRequest())).Status);

    internal override async Task<bool> StatusAsync(int evse, bool occupied, DateTimeOffset at) => Ended((await Connection.CallAsync<StatusNotificationRequest, StatusNotificationResponse>(
        new StatusNotificationRequest { ConnectorId = evse, ErrorCode = ErrorCode.NoError, Status = occupied ? StatusNotificationStatus.Charging : StatusNotificationStatus.Available, Timestamp = at })).Status);

    internal override async Task<bool> AuthorizeAsync(WireSession session)
    {
        var answer = await Connection.CallAsync<AuthorizeRequest, AuthorizeResponse>(new AuthorizeRequest { IdTag = session.Token });
        session.Authorized = answer.Response is { IdTagInfo.Status: AuthorizeStatus.Accepted };
        session.Refused |= Ended(answer.Status) && !session.Authorized;
        return Ended(answer.Status);
    }

    internal override async Task<bool> StartAsync(WireSession session, StationSample sample)
    {
        if (session.Refused) return true;
        var answer = await Connection.CallAsync<StartTransactionRequest, StartTransactionResponse>(new StartTransactionRequest
        {
            ConnectorId = session.Evse, IdTag = session.Token, MeterStart = (int)sample.ImportWh, Timestamp = sample.At,
        });
        if (answer.Response is { } response) session.TransactionId = response.TransactionId.ToString(CultureInfo.InvariantCulture);
        session.Refused |= answer.Status == CallStatus.Refused || answer.Response is { IdTagInfo.Status: not StartTransactionStatus.Accepted };
        return Ended(answer.Status);
    }

    internal override Task<bool> NeedsAsync(WireSession session, VehicleNeeds needs) => Task.FromResult(true); // 1.6 has no such message

    internal override Task<bool> ReportAsync(int requestId, DateTimeOffset at, IReadOnlyList<Outlet> outlets) => Task.FromResult(true); // nor this one

    internal override async Task<bool> SampleAsync(WireSession session, StationSample sample) => session.Refused || Ended((await Connection.CallAsync<MeterValuesRequest, MeterValuesResponse>(
        new MeterValuesRequest { ConnectorId = session.Evse, TransactionId = Id(session), MeterValue = [Meter(sample)] })).Status);

    internal override async Task<bool> EndAsync(WireSession session, StationSample sample, bool remote) => session.Refused || Ended((await Connection.CallAsync<StopTransactionRequest, StopTransactionResponse>(
        new StopTransactionRequest
        {
            TransactionId = Id(session), MeterStop = (int)sample.ImportWh, Timestamp = sample.At, Reason = remote ? StopTransactionReason.Remote : StopTransactionReason.EVDisconnected, IdTag = session.Token,
        })).Status);

    /// <summary>What the central system asks; null = not implemented here.</summary>
    internal static OcppAnswer? Answer(IncomingCall call, SimulatedStation station)
    {
        switch (call.Action)
        {
            case "SetChargingProfile" when PayloadReader.Read<SetChargingProfileRequest>(call.Payload).Item1 is { } set:
                return OcppAnswer.Of(new SetChargingProfileResponse { Status = station.Install(set.ConnectorId, Profile(set.CsChargingProfiles)) ? SetChargingProfileStatus.Accepted : SetChargingProfileStatus.Rejected });
            case "ClearChargingProfile" when PayloadReader.Read<ClearChargingProfileRequest>(call.Payload).Item1 is { } clear:
                var gone = station.Clear(clear.ConnectorId, clear.Id, clear.ChargingProfilePurpose is { } purpose ? Purpose(purpose) : null, clear.StackLevel);
                return OcppAnswer.Of(new ClearChargingProfileResponse { Status = gone > 0 ? ClearChargingProfileStatus.Accepted : ClearChargingProfileStatus.Unknown });
            case "GetConfiguration":
                return OcppAnswer.Of(new GetConfigurationResponse { ConfigurationKey = [new ConfigurationKey { Key = "NumberOfConnectors", Readonly = true, Value = station.Model.Evses.Length.ToString(CultureInfo.InvariantCulture) }] });
            case "RemoteStopTransaction" when PayloadReader.Read<RemoteStopTransactionRequest>(call.Payload).Item1 is { } stop:
                return OcppAnswer.Of(new RemoteStopTransactionResponse { Status = station.Stop(stop.TransactionId.ToString(CultureInfo.InvariantCulture)) ? RemoteStopTransactionStatus.Accepted : RemoteStopTransactionStatus.Rejected });
            case "TriggerMessage" when PayloadReader.Read<TriggerMessageRequest>(call.Payload).Item1 is { } trigger:
                var done = station.Trigger(trigger.RequestedMessage.ToString(), trigger.ConnectorId);
                return OcppAnswer.Of(new TriggerMessageResponse { Status = done ? TriggerMessageStatus.Accepted : TriggerMessageStatus.NotImplemented });
            default:
                return null;
        }
    }

    private static StationProfile Profile(CsChargingProfiles profile)
    {
        var schedule = profile.ChargingSchedule;
        return new StationProfile(
            profile.ChargingProfileId, Purpose(profile.ChargingProfilePurpose), profile.StackLevel, profile.TransactionId?.ToString(CultureInfo.InvariantCulture),
            [.. schedule.ChargingSchedulePeriod.Select(p => ((double)p.StartPeriod, (double)p.Limit))], schedule.Duration is { } d ? TimeSpan.FromSeconds(d) : null, Dynamic: false);
    }

    private static ProfilePurpose Purpose(ChargingProfilePurpose purpose) => purpose switch
    {
        ChargingProfilePurpose.ChargePointMaxProfile => ProfilePurpose.StationMax,
        ChargingProfilePurpose.TxDefaultProfile => ProfilePurpose.TxDefault,
        _ => ProfilePurpose.Tx,
    };

    private static int Id(WireSession session) => int.TryParse(session.TransactionId, CultureInfo.InvariantCulture, out var id) ? id : 0;

    private static MeterValue Meter(StationSample sample) => new()
    {
        Timestamp = sample.At,
        SampledValue =
        [
            Value(Measurand.EnergyActiveImportRegister, sample.ImportWh, Unit.Wh),
            Value(Measurand.EnergyActiveExportRegister, sample.ExportWh, Unit.Wh),
            Value(Measurand.PowerActiveImport, (decimal)Math.Round(Math.Max(0, sample.PowerKw) * 1000, 1), Unit.W),
            Value(Measurand.PowerActiveExport, (decimal)Math.Round(Math.Max(0, -sample.PowerKw) * 1000, 1), Unit.W),
            Value(Measurand.SoC, (decimal)Math.Round(sample.Fraction * 100, 1), Unit.Percent),
        ],
    };

    private static SampledValue Value(Measurand measurand, decimal value, Unit unit) => new() { Measurand = measurand, Value = value.ToString(CultureInfo.InvariantCulture), Unit = unit };
}
