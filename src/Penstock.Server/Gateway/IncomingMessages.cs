using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Penstock.Core.Sites;
using Penstock.Ocpp;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Fleet;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;
using Penstock.Server.Storage;
using V16 = Penstock.Ocpp.V16;
using V201 = Penstock.Ocpp.V201;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Gateway;

/// <summary>
/// What a station says and what it is told. Transaction and meter messages are answered only after the journal has them; a repeat gets the first answer.
/// </summary>
public sealed class IncomingMessages(Journal journal, SessionDesk sessions, FleetRegister fleet, SiteDirectory sites, StationRoll roll, StationInquiry inquiry, WorkInFlight work, TimeProvider time)
{
    /// <summary>Told at boot, seconds.</summary>
    public const int HeartbeatIntervalSeconds = 300;

    /// <summary>Told to a station that waits to join: when to boot again, seconds.</summary>
    public const int WaitingIntervalSeconds = 30;

    private long lastTransaction = journal.LastTransactionId();

    public async ValueTask<OcppAnswer> AnswerAsync(StationId station, OcppVersion version, IncomingCall call, CancellationToken cancel)
    {
        work.Begin();
        try
        {
            return version switch
            {
                OcppVersion.V16 => await Answer16Async(station, call, cancel),
                OcppVersion.V201 => await Answer201Async(station, call, cancel),
                _ => await Answer21Async(station, call, cancel),
            };
        }
        finally
        {
            work.End();
        }
    }

    private ValueTask<OcppAnswer> Answer16Async(StationId station, IncomingCall call, CancellationToken cancel) => call.Action switch
    {
        "BootNotification" => Reply<V16.BootNotificationRequest>(call, m =>
        {
            var joined = Boot(station, OcppVersion.V16, m.ChargePointVendor, m.ChargePointModel, m.FirmwareVersion, m.ChargePointSerialNumber ?? m.ChargeBoxSerialNumber);
            return OcppAnswer.Of(new V16.BootNotificationResponse
            {
                Status = joined ? V16.BootNotificationStatus.Accepted : V16.BootNotificationStatus.Pending, CurrentTime = time.GetUtcNow(), Interval = Interval(joined),
            });
        }),
        "Heartbeat" => Reply<V16.HeartbeatRequest>(call, _ => OcppAnswer.Of(new V16.HeartbeatResponse { CurrentTime = time.GetUtcNow() })),
        "StatusNotification" => Reply<V16.StatusNotificationRequest>(call, m =>
        {
            Status(station, OcppVersion.V16, m.ConnectorId, Status16(m.Status));
            return OcppAnswer.Of(new V16.StatusNotificationResponse());
        }),
        "Authorize" => Reply<V16.AuthorizeRequest>(call, m => OcppAnswer.Of(new V16.AuthorizeResponse
        {
            IdTagInfo = new V16.IdTagInfo { Status = fleet.ByToken(m.IdTag) is null ? V16.AuthorizeStatus.Invalid : V16.AuthorizeStatus.Accepted },
        })),
        "StartTransaction" => StartAsync(station, call, cancel),
        "StopTransaction" => Record<V16.StopTransactionRequest>(
            station, call, m => $"stop:{m.TransactionId}:{m.Timestamp:O}:{m.MeterStop}", _ => OcppAnswer.Of(new V16.StopTransactionResponse()), m => Translation16.Read(m, time.Now()), cancel),
        "MeterValues" => Record<V16.MeterValuesRequest>(
            station, call, _ => ContentKey(call), _ => OcppAnswer.Of(new V16.MeterValuesResponse()), m => Translation16.Read(m, time.Now()), cancel),
        _ => Unknown(call, V16.V16Actions.All),
    };

    private ValueTask<OcppAnswer> StartAsync(StationId station, IncomingCall call, CancellationToken cancel)
    {
        var id = (int)Interlocked.Increment(ref lastTransaction);
        return Record<V16.StartTransactionRequest>(
            station, call, m => $"start:{m.ConnectorId}:{m.IdTag}:{m.Timestamp:O}:{m.MeterStart}{Since(m.Timestamp, () => sessions.EndedAt(new EvseId(station, m.ConnectorId)))}",
            m => OcppAnswer.Of(new V16.StartTransactionResponse
            {
                TransactionId = id,
                IdTagInfo = new V16.StartTransactionIdTagInfo { Status = fleet.ByToken(m.IdTag) is null ? V16.StartTransactionStatus.Invalid : V16.StartTransactionStatus.Accepted },
            }),
            m => Translation16.Read(m, id, time.Now()), cancel);
    }

    private ValueTask<OcppAnswer> Answer201Async(StationId station, IncomingCall call, CancellationToken cancel) => call.Action switch
    {
        "BootNotification" => Reply<V201.BootNotificationRequest>(call, m =>
        {
            var joined = Boot(station, OcppVersion.V201, m.ChargingStation.VendorName, m.ChargingStation.Model, m.ChargingStation.FirmwareVersion, m.ChargingStation.SerialNumber);
            return OcppAnswer.Of(new V201.BootNotificationResponse
            {
                Status = joined ? V201.RegistrationStatus.Accepted : V201.RegistrationStatus.Pending, CurrentTime = time.GetUtcNow(), Interval = Interval(joined),
            });
        }),
        "Heartbeat" => Reply<V201.HeartbeatRequest>(call, _ => OcppAnswer.Of(new V201.HeartbeatResponse { CurrentTime = time.GetUtcNow() })),
        "StatusNotification" => Reply<V201.StatusNotificationRequest>(call, m =>
        {
            Status(station, OcppVersion.V201, m.EvseId, Enum.Parse<ConnectorStatus>(m.ConnectorStatus.ToString()));
            return OcppAnswer.Of(new V201.StatusNotificationResponse());
        }),
        "Authorize" => Reply<V201.AuthorizeRequest>(call, m => OcppAnswer.Of(new V201.AuthorizeResponse
        {
            IdTokenInfo = new V201.IdTokenInfo { Status = fleet.ByToken(m.IdToken.IdTokenValue) is null ? V201.AuthorizationStatus.Unknown : V201.AuthorizationStatus.Accepted },
        })),
        "TransactionEvent" => Record<V201.TransactionEventRequest>(
            station, call, m => $"tx:{m.TransactionInfo.TransactionId}:{m.SeqNo}:{m.Timestamp:O}{Since(m.Timestamp, () => sessions.EndedUnder(station, m.TransactionInfo.TransactionId))}",
            m => OcppAnswer.Of(new V201.TransactionEventResponse
            {
                IdTokenInfo = m.IdToken is null ? null : new V201.IdTokenInfo { Status = fleet.ByToken(m.IdToken.IdTokenValue) is null ? V201.AuthorizationStatus.Unknown : V201.AuthorizationStatus.Accepted },
            }),
            _ => Translation21.Read(As21<V21.TransactionEventRequest>(call), time.Now()), cancel),
        "MeterValues" => Record<V201.MeterValuesRequest>(
            station, call, _ => ContentKey(call), _ => OcppAnswer.Of(new V201.MeterValuesResponse()), _ => Translation21.Read(As21<V21.MeterValuesRequest>(call), time.Now()), cancel),
        "NotifyEVChargingNeeds" => Record<V201.NotifyEVChargingNeedsRequest>(
            station, call, _ => ContentKey(call), _ => OcppAnswer.Of(new V201.NotifyEVChargingNeedsResponse { Status = V201.NotifyEVChargingNeedsStatus.Processing }),
            _ => [Translation21.Read(As21<V21.NotifyEVChargingNeedsRequest>(call), time.Now())], cancel),
        "NotifyReport" => Reply<V201.NotifyReportRequest>(call, m =>
        {
            if (m.ReportData is not null) inquiry.Reported(station, OcppVersion.V201, As21<V21.NotifyReportRequest>(call).ReportData ?? []);
            return OcppAnswer.Of(new V201.NotifyReportResponse());
        }),
        _ => Unknown(call, V201.V201Actions.All),
    };

    private ValueTask<OcppAnswer> Answer21Async(StationId station, IncomingCall call, CancellationToken cancel) => call.Action switch
    {
        "BootNotification" => Reply<V21.BootNotificationRequest>(call, m =>
        {
            var joined = Boot(station, OcppVersion.V21, m.ChargingStation.VendorName, m.ChargingStation.Model, m.ChargingStation.FirmwareVersion, m.ChargingStation.SerialNumber);
            return OcppAnswer.Of(new V21.BootNotificationResponse
            {
                Status = joined ? V21.RegistrationStatus.Accepted : V21.RegistrationStatus.Pending, CurrentTime = time.GetUtcNow(), Interval = Interval(joined),
            });
        }),
        "Heartbeat" => Reply<V21.HeartbeatRequest>(call, _ => OcppAnswer.Of(new V21.HeartbeatResponse { CurrentTime = time.GetUtcNow() })),
        "StatusNotification" => Reply<V21.StatusNotificationRequest>(call, m =>
        {
            Status(station, OcppVersion.V21, m.EvseId, Enum.Parse<ConnectorStatus>(m.ConnectorStatus.ToString()));
            return OcppAnswer.Of(new V21.StatusNotificationResponse());
        }),
        "Authorize" => Reply<V21.AuthorizeRequest>(call, m => OcppAnswer.Of(new V21.AuthorizeResponse { IdTokenInfo = Info21(m.IdToken) })),
        "TransactionEvent" => Record<V21.TransactionEventRequest>(
            station, call, m => $"tx:{m.TransactionInfo.TransactionId}:{m.SeqNo}:{m.Timestamp:O}{Since(m.Timestamp, () => sessions.EndedUnder(station, m.TransactionInfo.TransactionId))}",
            m => OcppAnswer.Of(new V21.TransactionEventResponse { IdTokenInfo = m.IdToken is { } token ? Info21(token) : null }), m => Translation21.Read(m, time.Now()), cancel),
        "MeterValues" => Record<V21.MeterValuesRequest>(
            station, call, _ => ContentKey(call), _ => OcppAnswer.Of(new V21.MeterValuesResponse()), m => Translation21.Read(m, time.Now()), cancel),
        "NotifyEVChargingNeeds" => Record<V21.NotifyEVChargingNeedsRequest>(
            station, call, _ => ContentKey(call), _ => OcppAnswer.Of(new V21.NotifyEVChargingNeedsResponse { Status = V21.NotifyEVChargingNeedsStatus.Processing }),
            m => [Translation21.Read(m, time.Now())], cancel),
        "NotifyReport" => Reply<V21.NotifyReportRequest>(call, m =>
        {
            inquiry.Reported(station, OcppVersion.V21, m.ReportData ?? []);
            return OcppAnswer.Of(new V21.NotifyReportResponse());
        }),
        _ => Unknown(call, V21.V21Actions.All),
    };

    private V21.IdTokenInfo Info21(V21.IdToken token) => new() { Status = fleet.ByToken(token.IdTokenValue) is null ? V21.AuthorizationStatus.Unknown : V21.AuthorizationStatus.Accepted };

    /// <returns>True for a station of a site; false for one that waits to join.</returns>
    private bool Boot(StationId station, OcppVersion version, string vendor, string model, string? firmware, string? serial)
    {
        roll.Change(station, Subprotocol.Name(version), time.Now(), s => s with { Vendor = vendor, Model = model, FirmwareVersion = firmware, SerialNumber = serial });
        if (sites.Of(station) is not { } site)
        {
            inquiry.Want(station);
            return false;
        }

        site.Post(new StationConnected(time.Now(), station));
        return true;
    }

    private void Status(StationId station, OcppVersion version, int evse, ConnectorStatus status)
    {
        if (evse is <= 0 or > StationRoll.EvseNumberMax) return; // connector 0 of OCPP 1.6 is the station itself
        roll.Change(station, Subprotocol.Name(version), time.Now(), s => s with { Evses = s.Evses.SetItem(evse, status) });
        sites.Of(station)?.Post(new StatusReported(time.Now(), new EvseId(station, evse), status));
    }

    private static int Interval(bool joined) => joined ? HeartbeatIntervalSeconds : WaitingIntervalSeconds;

    private static ConnectorStatus Status16(V16.StatusNotificationStatus status) => status switch
    {
        V16.StatusNotificationStatus.Available => ConnectorStatus.Available,
        V16.StatusNotificationStatus.Reserved => ConnectorStatus.Reserved,
        V16.StatusNotificationStatus.Unavailable => ConnectorStatus.Unavailable,
        V16.StatusNotificationStatus.Faulted => ConnectorStatus.Faulted,
        _ => ConnectorStatus.Occupied,
    };

    /// <summary>A message that is valid 2.0.1, read as the 2.1 message that it is a subset of: one translator serves both.</summary>
    private static T As21<T>(IncomingCall call)
        where T : class, IOcppMessage<T> => PayloadReader.Read<T>(call.Payload) is var (message, violation) && message is not null
            ? message
            : throw new InvalidOperationException($"A valid 2.0.1 {call.Action} is not valid 2.1: {violation?.Text}");

    private static ValueTask<OcppAnswer> Reply<T>(IncomingCall call, Func<T, OcppAnswer> answer)
        where T : class, IOcppMessage<T>
    {
        var (message, violation) = PayloadReader.Read<T>(call.Payload);
        return ValueTask.FromResult(message is null ? OcppAnswer.Violation(violation!) : answer(message));
    }

    private async ValueTask<OcppAnswer> Record<T>(
        StationId station, IncomingCall call, Func<T, string> key, Func<T, OcppAnswer> answer, Func<T, IEnumerable<StationReport>> translate, CancellationToken cancel)
        where T : class, IOcppMessage<T>
    {
        var (message, violation) = PayloadReader.Read<T>(call.Payload);
        if (message is null) return OcppAnswer.Violation(violation!);
        var reply = answer(message);
        var effects = sessions.Prepare(station, translate(message));
        var entry = new JournalEntry(station.Value, key(message), call.Action, time.GetUtcNow(), JsonSerializer.SerializeToUtf8Bytes(message, T.TypeInfo), reply.Bytes?.ToArray()) { Projections = effects.Projections };
        var receipt = await journal.AppendAsync(entry, cancel);
        if (receipt.Outcome == JournalOutcome.Failed) return OcppAnswer.None;
        if (receipt.Outcome == JournalOutcome.Refused) return OcppAnswer.Error(OcppError.InternalError, "The message could not be stored with what is known of this station; the others are not touched.");
        if (receipt.Outcome == JournalOutcome.Repeated) return receipt.Answer is { } first ? OcppAnswer.Stored(first) : reply;
        foreach (var effect in effects.AfterCommit) effect();
        return reply;
    }

    /// <summary>A station whose clock is not set says the same times after every reset: its messages are told apart by the sessions that ended since.</summary>
    private static string Since(DateTimeOffset told, Func<long> ended) => DeviceClock.IsUnset(told) ? $":{ended()}" : "";

    /// <summary>1.6 and stray MeterValues carry no sequence number: the same content is the same message.</summary>
    private static string ContentKey(IncomingCall call) => $"{call.Action}:" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(call.Payload.GetRawText())));

    private static ValueTask<OcppAnswer> Unknown(IncomingCall call, IReadOnlyDictionary<string, OcppAction> known) => ValueTask.FromResult(known.ContainsKey(call.Action)
        ? OcppAnswer.Error(OcppError.NotSupported, $"{call.Action} is not supported by this central system yet.")
        : OcppAnswer.Error(OcppError.NotImplemented, $"{call.Action} is no action of this OCPP version."));
}
