using Penstock.Core.Sites;
using Penstock.Server.Capability;
using Penstock.Server.Sites;
using Penstock.Server.Stations;
using Penstock.Server.Storage;
using Penstock.Server.V2x;
using V16 = Penstock.Ocpp.V16;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Gateway;

/// <summary>
/// Who charges, how much, and what the vehicle needs. A transaction message is one message by transaction and sequence number (2.x), or by connector, token, time and register (1.6), whatever its message id.
/// </summary>
internal sealed class TransactionMessages(Journal journal, SessionDesk sessions, TokenRegister tokens, V2xDesk v2x, CapabilityDesk capability, DeviceClocks clocks, ILogger<TransactionMessages> log) : IStationMessages
{
    private long lastTransaction = journal.LastTransactionId();

    public void Register(MessageTable table)
    {
        table.On16<V16.AuthorizeRequest, V16.AuthorizeResponse>((from, m) =>
        {
            var verdict = tokens.Judge(m.IdTag, from.Now);
            return new V16.AuthorizeResponse { IdTagInfo = new V16.IdTagInfo { Status = Enum.Parse<V16.AuthorizeStatus>(Name16(verdict)), ParentIdTag = verdict.Record?.GroupId, ExpiryDate = verdict.Record?.ExpiresAt?.ToDateTimeOffset() } };
        });
        table.On2x<V21.AuthorizeRequest, V21.AuthorizeResponse>((from, m) =>
        {
            var info = Info(m.IdToken, from);
            return new V21.AuthorizeResponse { IdTokenInfo = info, AllowedEnergyTransfer = info.Status == V21.AuthorizationStatus.Accepted ? v2x.AllowedFor(from.Station, m.IdToken.IdTokenValue) : null };
        });
        table.On16<V16.StartTransactionRequest, V16.StartTransactionResponse>(Start);
        table.On16<V16.StopTransactionRequest, V16.StopTransactionResponse>((from, m) => m.TransactionId > 0
            ? Kept(from, new V16.StopTransactionResponse(), m.Timestamp, $"stop:{m.TransactionId}:{m.Timestamp:O}:{m.MeterStop}", Translation16.Read(m, m.TransactionId, Context(from, m.Timestamp)))
            : StopUnnumbered(from, m));
        table.On16<V16.MeterValuesRequest, V16.MeterValuesResponse>((from, m) => Kept(from, new V16.MeterValuesResponse(), Newest(m.MeterValue, v => v.Timestamp) ?? DateTimeOffset.UnixEpoch, from.ContentKey, Translation16.Read(m, Context(from, Newest(m.MeterValue, v => v.Timestamp)))));
        table.On2x<V21.TransactionEventRequest, V21.TransactionEventResponse>((from, m) => Kept(
            from,
            new V21.TransactionEventResponse { IdTokenInfo = m.IdToken is { } token ? Info(token, from) : null },
            m.Timestamp,
            $"tx:{m.TransactionInfo.TransactionId}:{m.SeqNo}:{m.Timestamp:O}{Since(m.Timestamp, () => sessions.EndedUnder(from.Station, m.TransactionInfo.TransactionId))}",
            Translation21.Read(m, Context(from, m.Timestamp, m.Offline != true)),
            m.ReservationId));
        table.On2x<V21.MeterValuesRequest, V21.MeterValuesResponse>((from, m) => Kept(from, new V21.MeterValuesResponse(), m.MeterValue[0].Timestamp, from.ContentKey, Translation21.Read(m, Context(from, Newest(m.MeterValue, v => v.Timestamp)))));
    }

    private Reply<V16.StartTransactionResponse> Start(StationMessage from, V16.StartTransactionRequest m)
    {
        var (id, verdict) = ((int)Interlocked.Increment(ref lastTransaction), tokens.Judge(m.IdTag, from.Now));
        return Kept(
            from,
            new V16.StartTransactionResponse
            {
                TransactionId = id,
                IdTagInfo = new V16.StartTransactionIdTagInfo { Status = Enum.Parse<V16.StartTransactionStatus>(Name16(verdict)), ParentIdTag = verdict.Record?.GroupId, ExpiryDate = verdict.Record?.ExpiresAt?.ToDateTimeOffset() },
            },
            m.Timestamp,
            $"start:{m.ConnectorId}:{m.IdTag}:{m.Timestamp:O}:{m.MeterStart}{Since(m.Timestamp, () => sessions.EndedAt(new EvseId(from.Station, m.ConnectorId)))}",
            Translation16.Read(m, id, Context(from, m.Timestamp)),
            m.ReservationId);
    }

    /// <summary>A station that was never told the id (the answer to its start was lost) stops transaction -1 or 0. It is the open session of that token, or stays in the station's book for a person.</summary>
    private Reply<V16.StopTransactionResponse> StopUnnumbered(StationMessage from, V16.StopTransactionRequest m)
    {
        var context = Context(from, m.Timestamp, live: false);
        if (sessions.OpenAs(from.Station, m.IdTag, DeviceClock.Read(m.Timestamp, context).At, m.MeterStop) is { } id) return Kept(from, new V16.StopTransactionResponse(), m.Timestamp, from.ContentKey, Translation16.Read(m, id, context));
        return new Reply<V16.StopTransactionResponse>(new V16.StopTransactionResponse())
        {
            Key = from.ContentKey, ToldAt = m.Timestamp, Rows = [StationBook.PutMessage(from.Station, Topic.UnmatchedStop, from.ContentKey, from.Now, m), StationBook.Trim(from.Station, Topic.UnmatchedStop)],
            After = [() => GatewayLog.UnmatchedStop(log, from.Station.Value, m.TransactionId, m.IdTag, m.Timestamp, m.MeterStop)],
        };
    }

    /// <param name="told">When the message says that it was made.</param>
    /// <param name="live">False where it says that it was held back.</param>
    private ReadingContext Context(StationMessage from, DateTimeOffset? told, bool live = true) => clocks.Read(from.Station, from.Now, told, live, capability.ProfileOf(from.Station));

    private static DateTimeOffset? Newest<T>(IReadOnlyList<T> values, Func<T, DateTimeOffset> time) => values.Count == 0 ? null : values.Max(time);

    /// <param name="told">The device's own time of what it tells, as sent.</param>
    /// <param name="reservation">The reservation that the transaction uses; null = none.</param>
    private Reply<T> Kept<T>(StationMessage from, T response, DateTimeOffset told, string key, IEnumerable<StationReport> reports, int? reservation = null)
    {
        var effects = sessions.Prepare(from.Station, reports);
        var used = reservation is { } id ? StationBook.Mark(from.Station, Topic.Reservation, DeviceModelMessages.Number(id), from.Now, "status", "Used") : null;
        return new Reply<T>(response) { Key = key, ToldAt = told, Rows = used is null ? effects.Projections : [.. effects.Projections, used], After = effects.AfterCommit };
    }

    private V21.IdTokenInfo Info(V21.IdToken token, StationMessage from)
    {
        var verdict = tokens.Judge(token.IdTokenValue, from.Now);
        return new V21.IdTokenInfo
        {
            Status = Enum.Parse<V21.AuthorizationStatus>(verdict.Status.ToString()),
            CacheExpiryDateTime = verdict.Record?.ExpiresAt?.ToDateTimeOffset(),
            GroupIdToken = verdict.Record?.GroupId is { } group ? new V21.IdToken { IdTokenValue = group, Type = "Central" } : null,
        };
    }

    /// <summary>1.6 calls an unknown token invalid.</summary>
    private static string Name16(TokenVerdict verdict) => verdict.Status == TokenStatus.Unknown ? "Invalid" : verdict.Status.ToString();

    /// <summary>A station whose clock is not set says the same times after every reset: its messages are told apart by the sessions that ended since.</summary>
    private static string Since(DateTimeOffset told, Func<long> ended) => DeviceClock.IsUnset(told) ? $":{ended()}" : "";
}
