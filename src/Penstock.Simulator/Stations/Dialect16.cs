using System.Globalization;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.Rpc;
using Penstock.Ocpp.V16;

namespace Penstock.Simulator.Stations;

/// <summary>OCPP 1.6.</summary>
internal sealed class Dialect16(OcppConnection connection) : StationDialect(connection)
{
    internal override async Task<bool?> BootAsync(string vendor, string model, string serial)
    {
        var answer = await Connection.CallAsync<BootNotificationRequest, BootNotificationResponse>(new BootNotificationRequest
        {
            ChargePointVendor = vendor, ChargePointModel = model, ChargePointSerialNumber = serial, FirmwareVersion = "1.0",
        });
        return answer.Response is { } response ? response.Status == BootNotificationStatus.Accepted : null;
    }

    internal override async Task<bool> StatusAsync(int evse, bool occupied, DateTimeOffset at) => Ended((await Connection.CallAsync<StatusNotificationRequest, StatusNotificationResponse>(
        new StatusNotificationRequest { ConnectorId = evse, ErrorCode = ErrorCode.NoError, Status = occupied ? StatusNotificationStatus.Charging : StatusNotificationStatus.Available, Timestamp = at })).Status);

    internal override async Task<bool> AuthorizeAsync(string token) =>
        Ended((await Connection.CallAsync<AuthorizeRequest, AuthorizeResponse>(new AuthorizeRequest { IdTag = token })).Status);

    internal override async Task<bool> StartAsync(WireSession session, StationSample sample)
    {
        var answer = await Connection.CallAsync<StartTransactionRequest, StartTransactionResponse>(new StartTransactionRequest
        {
            ConnectorId = session.Evse, IdTag = session.Token, MeterStart = (int)sample.ImportWh, Timestamp = sample.At,
        });
        if (answer.Response is { } response) session.TransactionId = response.TransactionId.ToString(CultureInfo.InvariantCulture);
        return Ended(answer.Status) && await SampleAsync(session, sample);
    }

    internal override Task<bool> NeedsAsync(WireSession session, VehicleNeeds needs) => Task.FromResult(true); // 1.6 has no such message

    internal override async Task<bool> SampleAsync(WireSession session, StationSample sample) => Ended((await Connection.CallAsync<MeterValuesRequest, MeterValuesResponse>(
        new MeterValuesRequest { ConnectorId = session.Evse, TransactionId = Id(session), MeterValue = [Meter(sample)] })).Status);

    internal override async Task<bool> EndAsync(WireSession session, StationSample sample) =>
        await SampleAsync(session, sample) && Ended((await Connection.CallAsync<StopTransactionRequest, StopTransactionResponse>(
            new StopTransactionRequest { TransactionId = Id(session), MeterStop = (int)sample.ImportWh, Timestamp = sample.At, Reason = StopTransactionReason.EVDisconnected, IdTag = session.Token })).Status);

    /// <summary>What the central system asks; null = not implemented here.</summary>
    internal static OcppAnswer? Answer(IncomingCall call, Func<StationOrder, bool> obey, Action bootAgain, int evses)
    {
        switch (call.Action)
        {
            case "SetChargingProfile" when PayloadReader.Read<SetChargingProfileRequest>(call.Payload).Item1 is { } set:
                var schedule = set.CsChargingProfiles.ChargingSchedule;
                var obeyed = obey(new StationOrder(set.ConnectorId, (double)schedule.ChargingSchedulePeriod[0].Limit, schedule.Duration is { } d ? TimeSpan.FromSeconds(d) : null));
                return OcppAnswer.Of(new SetChargingProfileResponse { Status = obeyed ? SetChargingProfileStatus.Accepted : SetChargingProfileStatus.Rejected });
            case "GetConfiguration":
                return OcppAnswer.Of(new GetConfigurationResponse { ConfigurationKey = [new ConfigurationKey { Key = "NumberOfConnectors", Readonly = true, Value = evses.ToString(CultureInfo.InvariantCulture) }] });
            case "TriggerMessage":
                bootAgain();
                return OcppAnswer.Of(new TriggerMessageResponse { Status = TriggerMessageStatus.Accepted });
            default:
                return null;
        }
    }

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
