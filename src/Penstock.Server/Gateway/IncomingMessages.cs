using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Penstock.Core.Sites;
using Penstock.Ocpp;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Storage;
using V16 = Penstock.Ocpp.V16;
using V201 = Penstock.Ocpp.V201;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Gateway;

/// <summary>
/// What a station says and what it is told. Transaction and meter messages are answered only after the journal has them; a repeat gets the first answer.
/// </summary>
public sealed class IncomingMessages
{
    /// <summary>Told at boot, seconds.</summary>
    public const int HeartbeatIntervalSeconds = 300;

    private readonly Journal journal;
    private readonly TimeProvider time;
    private long lastTransaction;

    public IncomingMessages(Journal journal, TimeProvider time)
    {
        (this.journal, this.time) = (journal, time);
        lastTransaction = journal.LastTransactionId();
    }

    public ValueTask<OcppAnswer> AnswerAsync(StationId station, OcppVersion version, IncomingCall call, CancellationToken cancel) => version switch
    {
        OcppVersion.V16 => Answer16Async(station, call, cancel),
        OcppVersion.V201 => Answer201Async(station, call, cancel),
        _ => Answer21Async(station, call, cancel),
    };

    private ValueTask<OcppAnswer> Answer16Async(StationId station, IncomingCall call, CancellationToken cancel) => call.Action switch
    {
        "BootNotification" => Reply<V16.BootNotificationRequest>(call, _ => OcppAnswer.Of(new V16.BootNotificationResponse
        {
            Status = V16.BootNotificationStatus.Accepted, CurrentTime = time.GetUtcNow(), Interval = HeartbeatIntervalSeconds,
        })),
        "Heartbeat" => Reply<V16.HeartbeatRequest>(call, _ => OcppAnswer.Of(new V16.HeartbeatResponse { CurrentTime = time.GetUtcNow() })),
        "StatusNotification" => Reply<V16.StatusNotificationRequest>(call, _ => OcppAnswer.Of(new V16.StatusNotificationResponse())),
        "StartTransaction" => Record<V16.StartTransactionRequest>(
            station, call, m => $"start:{m.ConnectorId}:{m.IdTag}:{m.Timestamp:O}:{m.MeterStart}", _ => OcppAnswer.Of(new V16.StartTransactionResponse
            {
                TransactionId = (int)Interlocked.Increment(ref lastTransaction), IdTagInfo = new V16.StartTransactionIdTagInfo { Status = V16.StartTransactionStatus.Accepted },
            }), cancel),
        "StopTransaction" => Record<V16.StopTransactionRequest>(
            station, call, m => $"stop:{m.TransactionId}:{m.Timestamp:O}:{m.MeterStop}", _ => OcppAnswer.Of(new V16.StopTransactionResponse()), cancel),
        "MeterValues" => Record<V16.MeterValuesRequest>(station, call, _ => ContentKey(call), _ => OcppAnswer.Of(new V16.MeterValuesResponse()), cancel),
        _ => Unknown(call, V16.V16Actions.All),
    };

    private ValueTask<OcppAnswer> Answer201Async(StationId station, IncomingCall call, CancellationToken cancel) => call.Action switch
    {
        "BootNotification" => Reply<V201.BootNotificationRequest>(call, _ => OcppAnswer.Of(new V201.BootNotificationResponse
        {
            Status = V201.RegistrationStatus.Accepted, CurrentTime = time.GetUtcNow(), Interval = HeartbeatIntervalSeconds,
        })),
        "Heartbeat" => Reply<V201.HeartbeatRequest>(call, _ => OcppAnswer.Of(new V201.HeartbeatResponse { CurrentTime = time.GetUtcNow() })),
        "StatusNotification" => Reply<V201.StatusNotificationRequest>(call, _ => OcppAnswer.Of(new V201.StatusNotificationResponse())),
        "TransactionEvent" => Record<V201.TransactionEventRequest>(
            station, call, m => $"tx:{m.TransactionInfo.TransactionId}:{m.SeqNo}", _ => OcppAnswer.Of(new V201.TransactionEventResponse()), cancel),
        "MeterValues" => Record<V201.MeterValuesRequest>(station, call, _ => ContentKey(call), _ => OcppAnswer.Of(new V201.MeterValuesResponse()), cancel),
        _ => Unknown(call, V201.V201Actions.All),
    };

    private ValueTask<OcppAnswer> Answer21Async(StationId station, IncomingCall call, CancellationToken cancel) => call.Action switch
    {
        "BootNotification" => Reply<V21.BootNotificationRequest>(call, _ => OcppAnswer.Of(new V21.BootNotificationResponse
        {
            Status = V21.RegistrationStatus.Accepted, CurrentTime = time.GetUtcNow(), Interval = HeartbeatIntervalSeconds,
        })),
        "Heartbeat" => Reply<V21.HeartbeatRequest>(call, _ => OcppAnswer.Of(new V21.HeartbeatResponse { CurrentTime = time.GetUtcNow() })),
        "StatusNotification" => Reply<V21.StatusNotificationRequest>(call, _ => OcppAnswer.Of(new V21.StatusNotificationResponse())),
        "TransactionEvent" => Record<V21.TransactionEventRequest>(
            station, call, m => $"tx:{m.TransactionInfo.TransactionId}:{m.SeqNo}", _ => OcppAnswer.Of(new V21.TransactionEventResponse()), cancel),
        "MeterValues" => Record<V21.MeterValuesRequest>(station, call, _ => ContentKey(call), _ => OcppAnswer.Of(new V21.MeterValuesResponse()), cancel),
        _ => Unknown(call, V21.V21Actions.All),
    };

    private static ValueTask<OcppAnswer> Reply<T>(IncomingCall call, Func<T, OcppAnswer> answer)
        where T : class, IOcppMessage<T>
    {
        var (message, violation) = PayloadReader.Read<T>(call.Payload);
        return ValueTask.FromResult(message is null ? OcppAnswer.Violation(violation!) : answer(message));
    }

    private async ValueTask<OcppAnswer> Record<T>(StationId station, IncomingCall call, Func<T, string> key, Func<T, OcppAnswer> answer, CancellationToken cancel)
        where T : class, IOcppMessage<T>
    {
        var (message, violation) = PayloadReader.Read<T>(call.Payload);
        if (message is null) return OcppAnswer.Violation(violation!);
        var reply = answer(message);
        var entry = new JournalEntry(station.Value, key(message), call.Action, time.GetUtcNow(), JsonSerializer.SerializeToUtf8Bytes(message, T.TypeInfo), reply.Bytes?.ToArray());
        var receipt = await journal.AppendAsync(entry, cancel);
        return receipt.Outcome switch
        {
            JournalOutcome.Written => reply,
            JournalOutcome.Repeated => receipt.Answer is { } first ? OcppAnswer.Stored(first) : reply,
            _ => OcppAnswer.None,
        };
    }

    /// <summary>1.6 and stray MeterValues carry no sequence number: the same content is the same message.</summary>
    private static string ContentKey(IncomingCall call) => "mv:" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(call.Payload.GetRawText())));

    private static ValueTask<OcppAnswer> Unknown(IncomingCall call, IReadOnlyDictionary<string, OcppAction> known) => ValueTask.FromResult(known.ContainsKey(call.Action)
        ? OcppAnswer.Error(OcppError.NotSupported, $"{call.Action} is not supported by this central system yet.")
        : OcppAnswer.Error(OcppError.NotImplemented, $"{call.Action} is no action of this OCPP version."));
}
