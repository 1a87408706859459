using System.Threading.Channels;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Penstock.Server.Storage;

/// <summary>An input to be made durable.</summary>
/// <param name="Source">The station, or api, grid, planner.</param>
/// <param name="DedupeKey">Equal for a repeat of the same message of the same source.</param>
/// <param name="Answer">What the source is told; stored, and replayed for a repeat.</param>
public sealed record JournalEntry(string Source, string DedupeKey, string Kind, DateTimeOffset ReceivedAt, byte[] Body, byte[]? Answer)
{
    /// <summary>Rows that commit with this entry when it is new; a repeat runs none of them.</summary>
    public IReadOnlyList<Projection> Projections { get; init; } = [];
}

public enum JournalOutcome
{
    /// <summary>On disk for the first time.</summary>
    Written,

    /// <summary>Was on disk already: no second effect, <see cref="JournalReceipt.Answer"/> is the answer of the first time.</summary>
    Repeated,

    /// <summary>Not on disk: it breaks a rule of the tables beside the journal. Our bug; entries of others are not touched.</summary>
    Refused,

    /// <summary>Not on disk. Tell the source nothing: it will repeat itself.</summary>
    Failed,
}

public sealed record JournalReceipt(JournalOutcome Outcome, long Sequence, byte[]? Answer);

/// <summary>
/// The append-only journal. Entries of many callers share one transaction (group commit); a call returns when its entry is on disk. A failing disk fails the
/// batch and nothing else: the journal stays up, says so in <see cref="Fault"/>, and tries anew with the next entry, or by itself every few seconds.
/// </summary>
public sealed class Journal : IAsyncDisposable
{
    /// <summary>Entries of one transaction.</summary>
    public const int BatchMax = 4096;

    /// <summary>Entries that may wait; callers wait above it.</summary>
    public const int QueuedMax = 16_384;

    /// <summary>While there is a fault the disk is tried this often.</summary>
    public static readonly TimeSpan ProbeEvery = TimeSpan.FromSeconds(2);

    private readonly Channel<(JournalEntry Entry, TaskCompletionSource<JournalReceipt> Done)> queue =
        Channel.CreateBounded<(JournalEntry, TaskCompletionSource<JournalReceipt>)>(new BoundedChannelOptions(QueuedMax) { SingleReader = true });

    private readonly Database database;
    private readonly SqliteConnection connection;
    private readonly ILogger? log;
    private readonly Task writing;

    public Journal(Database database, ILogger<Journal>? log = null)
    {
        (this.database, this.log) = (database, log);
        connection = database.Connect();
        writing = Task.Run(WriteAsync);
    }

    /// <summary>Why the last batch failed; null while writes work.</summary>
    public string? Fault { get; private set; }

    public long Batches { get; private set; }

    public async ValueTask<JournalReceipt> AppendAsync(JournalEntry entry, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<JournalReceipt>(TaskCreationOptions.RunContinuationsAsynchronously);
        await queue.Writer.WriteAsync((entry, done), cancellationToken);
        return await done.Task;
    }

    /// <summary>Entries after <paramref name="sequence"/>, oldest first.</summary>
    public IEnumerable<(long Sequence, JournalEntry Entry)> ReadAfter(long sequence)
    {
        using var reading = database.Connect();
        var rows = reading.Query<Row>(
            "SELECT sequence, source, dedupe_key AS DedupeKey, kind, received_at AS ReceivedAt, body, answer FROM journal WHERE sequence > @sequence ORDER BY sequence", new { sequence }, buffered: false);
        foreach (var row in rows)
        {
            yield return (row.Sequence, new JournalEntry(row.Source, row.DedupeKey, row.Kind, DateTimeOffset.Parse(row.ReceivedAt, System.Globalization.CultureInfo.InvariantCulture), row.Body, row.Answer));
        }
    }

    /// <summary>The largest OCPP 1.6 transaction id that was ever told; 0 before the first.</summary>
    public long LastTransactionId()
    {
        using var reading = database.Connect();
        return reading.ExecuteScalar<long>("SELECT COALESCE(MAX(json_extract(CAST(answer AS TEXT), '$.transactionId')), 0) FROM journal WHERE kind = 'StartTransaction'");
    }

    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await writing;
        await connection.DisposeAsync();
    }

    private async Task WriteAsync()
    {
        var batch = new List<(JournalEntry Entry, TaskCompletionSource<JournalReceipt> Done)>();
        while (await HasMoreAsync())
        {
            batch.Clear();
            while (batch.Count < BatchMax && queue.Reader.TryRead(out var one)) batch.Add(one);
            var receipts = Commit(batch);
            for (var i = 0; i < batch.Count; i++) batch[i].Done.SetResult(receipts?[i] ?? new JournalReceipt(JournalOutcome.Failed, 0, null));
        }
    }

    /// <summary>Waits for entries; while there is a fault it tries the disk in between, so that readiness comes back without traffic.</summary>
    private async Task<bool> HasMoreAsync()
    {
        var more = queue.Reader.WaitToReadAsync().AsTask();
        while (Fault is not null)
        {
            try
            {
                return await more.WaitAsync(ProbeEvery, TimeProvider.System);
            }
            catch (TimeoutException)
            {
                Probe();
            }
        }

        return await more;
    }

    /// <summary>Writes a page that is there anyway, as large as the smallest entry.</summary>
    private void Probe()
    {
        try
        {
            connection.Execute($"PRAGMA user_version = {connection.ExecuteScalar<int>("PRAGMA user_version")}");
            Works();
        }
        catch (SqliteException e)
        {
            Fails(e);
        }
    }

    private void Works()
    {
        if (Fault is not null && log is not null) JournalLog.Works(log);
        Fault = null;
    }

    private void Fails(SqliteException e)
    {
        if (Fault is null && log is not null) JournalLog.Fails(log, e.Message);
        Fault = e.Message;
    }

    private List<JournalReceipt>? Commit(List<(JournalEntry Entry, TaskCompletionSource<JournalReceipt> Done)> batch)
    {
        try
        {
            using var transaction = connection.BeginTransaction();
            var receipts = batch.ConvertAll(one => Insert(one.Entry, transaction));
            transaction.Commit();
            Batches++;
            Works();
            return receipts;
        }
        catch (SqliteException e) when (BreaksRule(e))
        {
            return batch.Count > 1 ? batch.ConvertAll(one => Commit([one])?[0] ?? new JournalReceipt(JournalOutcome.Failed, 0, null)) : [Refused(batch[0].Entry, e)];
        }
        catch (SqliteException e)
        {
            Fails(e);
            return null;
        }
    }

    /// <summary>CHECK, FOREIGN KEY, NOT NULL, PRIMARY KEY, UNIQUE: the entry is at fault, not the disk.</summary>
    private static bool BreaksRule(SqliteException e) => e.SqliteExtendedErrorCode is 275 or 787 or 1299 or 1555 or 2067;

    private JournalReceipt Refused(JournalEntry entry, SqliteException e)
    {
        if (log is not null) JournalLog.Refused(log, entry.Kind, entry.Source, e.Message);
        return new JournalReceipt(JournalOutcome.Refused, 0, null);
    }

    private JournalReceipt Insert(JournalEntry entry, SqliteTransaction transaction)
    {
        var written = connection.ExecuteScalar<long?>(
            "INSERT INTO journal (source, dedupe_key, kind, received_at, body, answer) VALUES (@Source, @DedupeKey, @Kind, @At, @Body, @Answer) ON CONFLICT DO NOTHING RETURNING sequence",
            new { entry.Source, entry.DedupeKey, entry.Kind, At = entry.ReceivedAt.ToString("O"), entry.Body, entry.Answer }, transaction);
        if (written is { } sequence)
        {
            foreach (var projection in entry.Projections) connection.Execute(projection.Sql, projection.Parameters, transaction);
            return new JournalReceipt(JournalOutcome.Written, sequence, entry.Answer);
        }

        var first = connection.QuerySingle<Row>("SELECT sequence, answer FROM journal WHERE source = @Source AND dedupe_key = @DedupeKey", new { entry.Source, entry.DedupeKey }, transaction);
        return new JournalReceipt(JournalOutcome.Repeated, first.Sequence, first.Answer);
    }

    private sealed class Row
    {
        public long Sequence { get; init; }

        public string Source { get; init; } = "";

        public string DedupeKey { get; init; } = "";

        public string Kind { get; init; } = "";

        public string ReceivedAt { get; init; } = "";

        public byte[] Body { get; init; } = [];

        public byte[]? Answer { get; init; }
    }
}

internal static partial class JournalLog
{
    [LoggerMessage(1401, LogLevel.Error, "The journal cannot be written: {Reason} Stations get no answer to what must be stored until it can be; make room on the disk of the data folder")]
    internal static partial void Fails(ILogger logger, string reason);

    [LoggerMessage(1402, LogLevel.Information, "The journal can be written again")]
    internal static partial void Works(ILogger logger);

    [LoggerMessage(1403, LogLevel.Error, "{Kind} of {Source} breaks a rule of the database and is refused: {Reason}")]
    internal static partial void Refused(ILogger logger, string kind, string source, string reason);
}
