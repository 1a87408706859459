using Dapper;
using Microsoft.Data.Sqlite;
using Penstock.Core.Sites;

namespace Penstock.Server.Wire;

/// <summary>What an operator looks for: an exchange is found, with both its halves, when either half matches.</summary>
/// <param name="Action">Of the call.</param>
/// <param name="Text">Anywhere in the call or its answer; case is ignored.</param>
/// <param name="Errors">Only CALLERROR, CALLRESULTERROR, what is no frame, and the calls that they answer.</param>
/// <param name="Direction">Of the call: in (from the station), out.</param>
/// <param name="From">Of the call, as <paramref name="To"/>, which is excluded.</param>
/// <param name="Before">Exchanges that began before this sequence; null = the newest.</param>
/// <param name="Limit">Exchanges.</param>
public sealed record LogQuery(StationId Station, string? Action = null, string? Text = null, bool Errors = false, string? Direction = null, DateTimeOffset? From = null, DateTimeOffset? To = null, long? Before = null, int Limit = 100);

/// <param name="Pair">Sequence of the call that this answers, or of the answer to this call; null = none was seen.</param>
/// <param name="Action">Of the call; an answer has that of its call.</param>
public sealed record LogEntry(long Sequence, DateTimeOffset At, string Direction, int Type, string? MessageId, string? Action, string Frame, long? Pair, double? AnswerMilliseconds);

/// <param name="Next">The Before of the next page; null = this was the last.</param>
public sealed record LogPage(IReadOnlyList<LogEntry> Entries, long? Next);

/// <summary>Reads the log in exchanges: a call with its answer, or a frame that stands alone. They are paired by station, message id and opposite direction, the nearest on both sides: ids come again after every boot.</summary>
public sealed class MessageLogReader(SqliteConnection connection) : IDisposable
{
    /// <summary>Exchanges of one page.</summary>
    public const int PageMax = 1_000;

    /// <summary>Exchanges of one export.</summary>
    public const int ExportMax = 100_000;

    /// <summary>How far apart a call and its answer may be in the log, frames of the station.</summary>
    private const int PairWithin = 1_000;

    // The nearest answer after a call x, and the nearest call before an answer x. They are a pair when each finds the other.
    private static readonly string Exchanges = $"""
        WITH half AS (
          SELECT f.*, CASE WHEN f.type IN (3, 4) THEN {CallOf("f")} WHEN f.type = 2 THEN {AnswerOf("f")} END AS other
          FROM frame f WHERE f.station_id = @Station AND (@Before IS NULL OR f.sequence < @Before) AND (@From IS NULL OR f.at >= @From) AND (@To IS NULL OR f.at < @To)
        )
        SELECT h.sequence AS Sequence, h.at AS At, h.incoming AS Incoming, h.type AS Type, h.message_id AS MessageId, h.action AS Action, h.frame AS Frame,
          o.sequence AS AnswerSequence, o.at AS AnswerAt, o.type AS AnswerType, o.frame AS AnswerFrame
        FROM half h LEFT JOIN frame o ON o.sequence = h.other AND h.sequence = CASE WHEN h.type = 2 THEN {CallOf("o")} ELSE {AnswerOf("o")} END
        WHERE (h.type NOT IN (3, 4) OR o.sequence IS NULL) AND (@Action IS NULL OR h.action = @Action COLLATE NOCASE) AND (NOT @Errors OR h.type IN (0, 4, 5) OR o.type = 4)
          AND (@Incoming IS NULL OR (h.incoming <> (h.type IN (3, 4))) = @Incoming)
          AND (@Text IS NULL OR instr(lower(CAST(h.frame AS TEXT)), lower(@Text)) > 0 OR instr(lower(CAST(o.frame AS TEXT)), lower(@Text)) > 0)
        ORDER BY h.sequence DESC LIMIT @Limit
        """;

    private readonly Lock gate = new();

    /// <summary>Newest first.</summary>
    public LogPage Find(LogQuery query)
    {
        var limit = Math.Clamp(query.Limit, 1, PageMax);
        var rows = Query(query, limit);
        return new LogPage([.. rows.SelectMany(Halves).OrderByDescending(e => e.Sequence)], rows.Count == limit ? rows[^1].Sequence : null);
    }

    /// <summary>Oldest first, at most <see cref="ExportMax"/> exchanges, the newest.</summary>
    public IReadOnlyList<LogEntry> Export(LogQuery query) => [.. Query(query, ExportMax).SelectMany(Halves).OrderBy(e => e.Sequence)];

    public int Count(StationId station)
    {
        lock (gate) return connection.ExecuteScalar<int>("SELECT COUNT(*) FROM frame WHERE station_id = @Station", new { Station = station.Value });
    }

    public void Dispose() => connection.Dispose();

    private List<Row> Query(LogQuery q, int limit)
    {
        lock (gate)
        {
            return connection.Query<Row>(Exchanges, new
            {
                Station = q.Station.Value, q.Before, From = q.From?.ToUnixTimeMilliseconds(), To = q.To?.ToUnixTimeMilliseconds(), Incoming = q.Direction switch { "in" => 1, "out" => 0, _ => (int?)null },
                q.Action, q.Errors, q.Text, Limit = limit, PairWithin,
            }).AsList();
        }
    }

    private static string AnswerOf(string x) => $"(SELECT a.sequence FROM ({Near(x, '>', "ASC")}) a WHERE a.message_id = {x}.message_id AND a.type IN (3, 4) AND a.incoming <> {x}.incoming LIMIT 1)";

    private static string CallOf(string x) => $"(SELECT c.sequence FROM ({Near(x, '<', "DESC")}) c WHERE c.message_id = {x}.message_id AND c.type = 2 AND c.incoming <> {x}.incoming LIMIT 1)";

    private static string Near(string x, char side, string order) => $"SELECT * FROM frame WHERE station_id = {x}.station_id AND sequence {side} {x}.sequence ORDER BY sequence {order} LIMIT @PairWithin";

    private static IEnumerable<LogEntry> Halves(Row r)
    {
        yield return new LogEntry(r.Sequence, Time(r.At), Direction(r.Incoming == 1), r.Type, r.MessageId, r.Action, Text(r.Frame), r.AnswerSequence, null);
        if (r is { AnswerSequence: { } answer, AnswerAt: { } at, AnswerType: { } type, AnswerFrame: { } frame })
            yield return new LogEntry(answer, Time(at), Direction(r.Incoming != 1), type, r.MessageId, r.Action, Text(frame), r.Sequence, at - r.At);
    }

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static string Direction(bool incoming) => incoming ? "in" : "out";

    private static string Text(byte[] frame) => System.Text.Encoding.UTF8.GetString(frame);

    private sealed class Row
    {
        public long Sequence { get; init; }

        public long At { get; init; }

        public int Incoming { get; init; }

        public int Type { get; init; }

        public string? MessageId { get; init; }

        public string? Action { get; init; }

        public byte[] Frame { get; init; } = [];

        public long? AnswerSequence { get; init; }

        public long? AnswerAt { get; init; }

        public int? AnswerType { get; init; }

        public byte[]? AnswerFrame { get; init; }
    }
}
