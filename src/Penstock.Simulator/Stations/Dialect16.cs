using System.Globalization;
using Penstock.Ocpp.Rpc;
using Penstock.Ocpp.V16;
using Penstock.Simulator.Cities;
using Penstock.Simulator.Stations.Device;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations;

/// <summary>OCPP 1.6 with its security extension.</summary>
internal sealed class Dialect16(OcppConnection connection) : StationDialect(connection)
{
    internal override async Task<BootAnswer?> BootAsync(CityStation station, string firmware, V21.BootReason reason)
    {
        var answer = await Connection.CallAsync<BootNotificationRequest, BootNotificationResponse>(new BootNotificationRequest
        {
            ChargePointVendor = station.Vendor, ChargePointModel = station.Model, ChargePointSerialNumber = station.Id.Value, FirmwareVersion = firmware,
        });
        return answer.Response is { } response ? new BootAnswer(response.Status == BootNotificationStatus.Accepted, TimeSpan.FromSeconds(response.Interval)) : null;
    }

    internal override async Task<bool> HeartbeatAsync() => Ended((await Connection.CallAsync<HeartbeatRequest, HeartbeatResponse>(new HeartbeatRequest())).Status);

    internal override async Task<bool> StatusAsync(int evse, V21.ConnectorStatus status, bool charging, DateTimeOffset at) => Ended((await Connection.CallAsync<StatusNotificationRequest, StatusNotificationResponse>(
        new StatusNotificationRequest
        {
            ConnectorId = evse, ErrorCode = status == V21.ConnectorStatus.Faulted ? ErrorCode.OtherError : ErrorCode.NoError, Timestamp = at,
            Status = status != V21.ConnectorStatus.Occupied ? Calls16.As<StatusNotificationStatus>(status) : charging ? StatusNotificationStatus.Charging : StatusNotificationStatus.Finishing,
        })).Status);

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
            ConnectorId = session.Evse, IdTag = session.Token, MeterStart = (int)sample.ImportWh, Timestamp = sample.At, ReservationId = session.ReservationId,
        });
        if (answer.Response is { } response) session.TransactionId = response.TransactionId.ToString(CultureInfo.InvariantCulture);
        session.Refused |= answer.Status == CallStatus.Refused;
        if (answer.Response is { IdTagInfo.Status: not StartTransactionStatus.Accepted }) session.NotAccepted?.Invoke();
        return Ended(answer.Status);
    }

    internal override Task<bool> NeedsAsync(WireSession session, VehicleNeeds needs, Action<V21.NotifyEVChargingNeedsStatus> answered) => Task.FromResult(true); // 1.6 has no such message

    internal override async Task<bool> SampleAsync(WireSession session, StationSample sample) => session.Refused || Ended((await Connection.CallAsync<MeterValuesRequest, MeterValuesResponse>(
        new MeterValuesRequest { ConnectorId = session.Evse, TransactionId = Id(session), MeterValue = [Measured.Of1(sample)] })).Status);

    internal override async Task<bool> MeterAsync(int evse, StationSample sample) =>
        Ended((await Connection.CallAsync<MeterValuesRequest, MeterValuesResponse>(new MeterValuesRequest { ConnectorId = evse, MeterValue = [Measured.Of1(sample)] })).Status);

    internal override async Task<bool> EndAsync(WireSession session, StationSample sample, StopCause cause) => session.Refused || Ended((await Connection.CallAsync<StopTransactionRequest, StopTransactionResponse>(
        new StopTransactionRequest { TransactionId = Id(session), MeterStop = (int)sample.ImportWh, Timestamp = sample.At, Reason = Reason(cause), IdTag = session.Token })).Status);

    internal override async Task<bool> SayAsync<TRequest, TResponse>(TRequest message, Action<TResponse>? answered) => message switch
    {
        V21.FirmwareStatusNotificationRequest { RequestId: null or Calls16.Unnumbered } f => Enum.TryParse<FirmwareStatusNotificationStatus>(f.Status.ToString(), out var status)
            ? Ended((await Connection.CallAsync<FirmwareStatusNotificationRequest, FirmwareStatusNotificationResponse>(new FirmwareStatusNotificationRequest { Status = status })).Status)
            : true, // a state that plain 1.6 has no word for
        V21.FirmwareStatusNotificationRequest f => Ended((await Connection.CallAsync<SignedFirmwareStatusNotificationRequest, SignedFirmwareStatusNotificationResponse>(
            new SignedFirmwareStatusNotificationRequest { Status = Calls16.As<FirmwareStatus>(f.Status), RequestId = f.RequestId })).Status),
        V21.LogStatusNotificationRequest { RequestId: Calls16.Unnumbered } l => Ended((await Connection.CallAsync<DiagnosticsStatusNotificationRequest, DiagnosticsStatusNotificationResponse>(
            new DiagnosticsStatusNotificationRequest { Status = Enum.TryParse<DiagnosticsStatusNotificationStatus>(l.Status.ToString(), out var status) ? status : DiagnosticsStatusNotificationStatus.UploadFailed })).Status),
        V21.LogStatusNotificationRequest l => Ended((await Connection.CallAsync<LogStatusNotificationRequest, LogStatusNotificationResponse>(new LogStatusNotificationRequest { Status = Calls16.As<UploadLogStatus>(l.Status), RequestId = l.RequestId })).Status),
        V21.SecurityEventNotificationRequest s => Ended((await Connection.CallAsync<SecurityEventNotificationRequest, SecurityEventNotificationResponse>(
            new SecurityEventNotificationRequest { Type = s.Type, Timestamp = s.Timestamp, TechInfo = s.TechInfo })).Status),
        V21.SignCertificateRequest s => Ended((await Connection.CallAsync<SignCertificateRequest, SignCertificateResponse>(new SignCertificateRequest { Csr = s.Csr })).Status),
        V21.DataTransferRequest d => Ended((await Connection.CallAsync<DataTransferRequest, DataTransferResponse>(new DataTransferRequest { VendorId = d.VendorId, MessageId = d.MessageId, Data = d.Data?.GetRawText() })).Status),
        _ => true, // 1.6 has no such message
    };

    private static StopTransactionReason Reason(StopCause cause) => cause switch
    {
        { Trigger: V21.TriggerReason.UnlockCommand } => StopTransactionReason.UnlockCommand,
        { Trigger: V21.TriggerReason.ResetCommand } => StopTransactionReason.SoftReset,
        _ => Enum.TryParse<StopTransactionReason>(cause.Reason.ToString(), out var reason) ? reason : StopTransactionReason.Other,
    };

    private static int Id(WireSession session) => int.TryParse(session.TransactionId, CultureInfo.InvariantCulture, out var id) ? id : 0;
}
