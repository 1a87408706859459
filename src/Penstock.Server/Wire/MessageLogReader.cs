using Dapper;
using Microsoft.Data.Sqlite;
using Penstock.Core.Sites;

namespace Penstock.Server.Wire;

/// <summary>What an operator looks for.</summary>
/// <param name="Action">Of the call; its answer comes with it.</param>
/// <param name="Text">Anywhere in the frame; case is ignored.</param>
/// <param name="Errors">Only CALLERROR, CALLRESULTERROR and the calls that they answer.</param>
/// <param name="Before">Frames older than this sequence; null = the newest.</param>
public sealed record LogQuery(StationId Station, string? Action = null, string? Text = null, bool Errors = false, string? Direction = null, DateTimeOffset? From = null, DateTimeOffset? To = null, long? Before = null, int Limit = 100);

/// <param name="Pair">Sequence of the call that this answers, or of the answer to this call; null = none was seen.</param>
/// <param name="Action">Of the call; an answer has that of its call.</param>
public sealed record LogEntry(long Sequence, DateTimeOffset At, string Direction, int Type, string? MessageId, string? Action, string Frame, long? Pair, double? AnswerMilliseconds);

/// <summary>Reads the log. A call and its answer are paired by station, message id and opposite direction, the nearest that follows: ids come again after every boot.</summary>
public sealed class MessageLogReader(SqliteConnection connection) : IDisposable
{
    /// <summary>Entries of one page.</summary>
    public const int PageMax = 1_000;

    /// <summary>Entries of one export.</summary>
    public const int ExportMax = 200_000;

    /// <summary>How far apart a call and its answer may be in the log, frames of the station.</summary>
    private const int PairWithin = 1_000;

    private const string Entries = """
        WITH paired AS (
          SELECT f.*,
            CASE WHEN f.type IN (3, 4) THEN (SELECT c.sequence FROM (SELECT * FROM frame WHERE station_id = f.station_id AND sequence < f.sequence ORDER BY sequence DESC LIMIT @PairWithin) c WHERE c.message_id = f.message_id AND c.type = 2 AND c.incoming <> f.incoming LIMIT 1)
                 WHEN f.type = 2 THEN (SELECT a.sequence FROM (SELECT * FROM frame WHERE station_id = f.station_id AND sequence > f.sequence ORDER BY sequence LIMIT @PairWithin) a WHERE a.message_id = f.message_id AND a.type IN (3, 4) AND a.incoming <> f.incoming LIMIT 1) END AS pair
          FROM frame f WHERE f.station_id = @Station AND (@Before IS NULL OR f.sequence < @Before) AND (@From IS NULL OR f.at >= @From) AND (@To IS NULL OR f.at < @To) AND (@Incoming IS NULL OR f.incoming = @Incoming)
        )
        SELECT p.sequence AS Sequence, p.at AS At, p.incoming AS Incoming, p.type AS Type, p.message_id AS MessageId, COALESCE(p.action, o.action) AS Action, p.frame AS Frame, p.pair AS Pair, o.at AS PairAt
        FROM paired p LEFT JOIN frame o ON o.sequence = p.pair
        WHERE (@Action IS NULL OR COALESCE(p.action, o.action) = @Action COLLATE NOCASE) AND (NOT @Errors OR p.type IN (0, 4, 5) OR o.type IN (4, 5))
          AND (@Text IS NULL OR instr(lower(CAST(p.frame AS TEXT)), lower(@Text)) > 0)
        ORDER BY p.sequence DESC LIMIT @Limit
        """;

    private readonly Lock gate = new();

    /// <summary>Newest first.</summary>
    public IReadOnlyList<LogEntry> Find(LogQuery query)
    {
        var rows = Query(query, Math.Clamp(query.Limit, 1, PageMax));
        return rows.ConvertAll(Of);
    }

    /// <summary>Oldest first, at most <see cref="ExportMax"/>.</summary>
    public IReadOnlyList<LogEntry> Export(LogQuery query)
    {
        var rows = Query(query, ExportMax);
        rows.Reverse();
        return rows.ConvertAll(Of);
    }

    public int Count(StationId station)
    {
        lock (gate) return connection.ExecuteScalar<int>("SELECT COUNT(*) FROM frame WHERE station_id = @Station", new { Station = station.Value });
    }

    public void Dispose() => connection.Dispose();

    private List<Row> Query(LogQuery q, int limit)
    {
        lock (gate)
        {
            return connection.Query<Row>(Entries, new
            {
                Station = q.Station.Value, q.Before, From = q.From?.ToUnixTimeMilliseconds(), To = q.To?.ToUnixTimeMilliseconds(), Incoming = q.Direction switch { "in" => 1, "out" => 0, _ => (int?)null },
                q.Action, q.Errors, q.Text, Limit = limit, PairWithin,
            }).AsList();
        }
    }

    private static LogEntry Of(Row row) => new(
        row.Sequence, DateTimeOffset.FromUnixTimeMilliseconds(row.At), row.Incoming == 1 ? "in" : "out", row.Type, row.MessageId, row.Action, System.Text.Encoding.UTF8.GetString(row.Frame), row.Pair,
        row.Type is 3 or 4 && row.PairAt is { } asked ? row.At - asked : null);

    private sealed class Row
    {
        public long Sequence { get; init; }

        public long At { get; init; }

        public int Incoming { get; init; }

        public int Type { get; init; }

        public string? MessageId { get; init; }

        public string? Action { get; init; }

        public byte[] Frame { get; init; } = [];

        public long? Pair { get; init; }

        public long? PairAt { get; init; }
    }
}
