using Penstock.Core.Sites;
using Penstock.Ocpp;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;
using Penstock.Server.Stations;
using Penstock.Server.Storage;

namespace Penstock.Server.Gateway;

/// <summary>
/// Answers what a station says, by the <see cref="MessageTable"/>. What a message leaves behind is in the journal, with its rows, before the station hears the answer; a repeat gets the first answer.
/// </summary>
public sealed class IncomingMessages(MessageTable table, Journal journal, CommandDesk commands, WorkInFlight work, TimeProvider time)
{
    public async ValueTask<OcppAnswer> AnswerAsync(StationId station, OcppVersion version, IncomingCall call, CancellationToken cancel)
    {
        if (table.Find(version, call.Action) is not { } handler) return Unknown(version, call);
        work.Begin();
        try
        {
            var from = new StationMessage(station, version, call.Action, call.Payload, time.Now());
            var handled = await handler(from, cancel);
            var answer = handled.Key is { } key ? await KeepAsync(from, key, handled, cancel) : Done(handled);
            if (answer.Bytes is not null || call.IsSend) commands.Seen(from);
            return answer;
        }
        finally
        {
            work.End();
        }
    }

    private async ValueTask<OcppAnswer> KeepAsync(StationMessage from, string key, MessageTable.Handled handled, CancellationToken cancel)
    {
        var entry = new JournalEntry(from.Station.Value, key, from.Action, from.Now.ToDateTimeOffset(), from.Raw.Utf8, handled.Answer.Bytes) { ToldAt = handled.ToldAt, Projections = handled.Rows };
        var receipt = await journal.AppendAsync(entry, cancel);
        return receipt.Outcome switch
        {
            JournalOutcome.Failed => OcppAnswer.None,
            JournalOutcome.Refused => OcppAnswer.Error(OcppError.InternalError, "The message could not be stored with what is known of this station; the others are not touched."),
            JournalOutcome.Repeated => receipt.Answer is { } first ? OcppAnswer.Stored(first) : handled.Answer,
            _ => Done(handled),
        };
    }

    private static OcppAnswer Done(MessageTable.Handled handled)
    {
        foreach (var effect in handled.After) effect();
        return handled.Answer;
    }

    private static OcppAnswer Unknown(OcppVersion version, IncomingCall call) =>
        !OcppCatalogue.Actions(version).ContainsKey(call.Action) ? OcppAnswer.Error(OcppError.NotImplemented, $"{call.Action} is no action of this OCPP version.")
        : OcppCatalogue.FromStationToCentral(call.Action) ? OcppAnswer.Error(OcppError.NotSupported, $"{call.Action} is not supported by this central system.")
        : OcppAnswer.Error(OcppError.NotSupported, $"{call.Action} is sent by a central system to a station, not the other way.");
}
