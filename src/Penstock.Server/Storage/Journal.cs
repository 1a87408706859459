using Dapper;
using Microsoft.Data.Sqlite;

namespace Penstock.Server.Storage;

/// <summary>An input to be made durable.</summary>
/// <param name="Source">The station, or api, grid, planner.</param>
/// <param name="DedupeKey">Equal for a repeat of the same message of the same source.</param>
/// <param name="Answer">What the source is told; stored, and replayed for a repeat.</param>
public sealed record JournalEntry(string Source, string DedupeKey, string Kind, DateTimeOffset ReceivedAt, ReadOnlyMemory<byte> Body, byte[]? Answer)
{
    /// <summary>The source's own time of what it tells, equal for a repeat: part of its key. The default = it tells none.</summary>
    public DateTimeOffset ToldAt { get; init; } = DateTimeOffset.UnixEpoch;

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

    private static readonly JournalReceipt Failed = new(JournalOutcome.Failed, 0, null);

    private readonly JournalQueue<(JournalEntry Entry, TaskCompletionSource<JournalReceipt> Done)> queue = new(QueuedMax);
    private readonly TaskCompletionSource written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Database database;
    private readonly JournalWriter writer;
    private readonly ILogger? log;

    public Journal(Database database, ILogger<Journal>? log = null)
    {
        (this.database, this.log) = (database, log);
        writer = new JournalWriter(database.Connect());
        new Thread(Write) { Name = "journal", IsBackground = true }.Start(); // of its own: it waits for the disk
    }

    /// <summary>Why the last batch failed; null while writes work.</summary>
    public string? Fault { get; private set; }

    public long Batches { get; private set; }

    public ValueTask<JournalReceipt> AppendAsync(JournalEntry entry, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<JournalReceipt>(TaskCreationOptions.RunContinuationsAsynchronously);
        var added = queue.AddAsync((entry, done), cancellationToken);
        return added.IsCompletedSuccessfully ? new ValueTask<JournalReceipt>(done.Task) : AddedAsync(added, done.Task);
    }

    /// <summary>Entries after <paramref name="sequence"/>, oldest first.</summary>
    public IEnumerable<(long Sequence, JournalEntry Entry)> ReadAfter(long sequence)
    {
        using var reading = database.Connect();
        var rows = reading.Query<Row>(
            "SELECT sequence, source, dedupe_key AS DedupeKey, kind, told_at AS ToldAt, received_at AS ReceivedAt, body, answer FROM journal WHERE sequence > @sequence ORDER BY sequence", new { sequence }, buffered: false);
        foreach (var row in rows)
        {
            yield return (row.Sequence, new JournalEntry(row.Source, row.DedupeKey, row.Kind, DateTimeOffset.FromUnixTimeMilliseconds(row.ReceivedAt), row.Body, row.Answer)
            {
                ToldAt = DateTimeOffset.FromUnixTimeMilliseconds(row.ToldAt),
            });
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
        queue.Close();
        await written.Task;
        writer.Dispose();
        queue.Dispose();
    }

    private static async ValueTask<JournalReceipt> AddedAsync(ValueTask added, Task<JournalReceipt> done)
    {
        await added;
        return await done;
    }

    /// <summary>The journal's thread. While there is a fault it tries the disk now and then, so that readiness comes back without traffic.</summary>
    private void Write()
    {
        var taken = new List<(JournalEntry Entry, TaskCompletionSource<JournalReceipt> Done)>();
        while (queue.Take(ref taken, ProbeEvery))
        {
            if (taken.Count == 0 && Fault is not null) Attempt(() => writer.Probe());
            for (var from = 0; from < taken.Count; from += BatchMax) Write(taken.GetRange(from, Math.Min(BatchMax, taken.Count - from)));
            taken.Clear();
        }

        written.SetResult();
    }

    private void Write(List<(JournalEntry Entry, TaskCompletionSource<JournalReceipt> Done)> batch)
    {
        var receipts = Commit(batch.ConvertAll(one => one.Entry));
        for (var i = 0; i < batch.Count; i++) batch[i].Done.SetResult(receipts?[i] ?? Failed);
    }

    private List<JournalReceipt>? Commit(List<JournalEntry> batch)
    {
        List<JournalReceipt>? receipts = null;
        try
        {
            Attempt(() => receipts = writer.Commit(batch));
        }
        catch (Exception e) when (e is InvalidOperationException || BreaksRule(e))
        {
            return batch.Count > 1 ? batch.ConvertAll(one => Commit([one])?[0] ?? Failed) : [Refused(batch[0], e)];
        }

        if (receipts is not null) Batches++;
        return receipts;
    }

    /// <summary>Notes whether the disk works; what breaks a rule of the tables is no fault of the disk and is thrown on.</summary>
    private void Attempt(Action write)
    {
        try
        {
            write();
            if (Fault is not null && log is not null) JournalLog.Works(log);
            Fault = null;
        }
        catch (SqliteException e) when (!BreaksRule(e))
        {
            if (Fault is null && log is not null) JournalLog.Fails(log, e.Message);
            Fault = e.Message;
        }
    }

    /// <summary>CHECK, FOREIGN KEY, NOT NULL, PRIMARY KEY, UNIQUE: the entry is at fault, not the disk.</summary>
    private static bool BreaksRule(Exception e) => (e as SqliteException)?.SqliteExtendedErrorCode is 275 or 787 or 1299 or 1555 or 2067;

    private JournalReceipt Refused(JournalEntry entry, Exception e)
    {
        if (log is not null) JournalLog.Refused(log, entry.Kind, entry.Source, e.Message);
        return new JournalReceipt(JournalOutcome.Refused, 0, null);
    }

    private sealed class Row
    {
        public long Sequence { get; init; }

        public string Source { get; init; } = "";

        public string DedupeKey { get; init; } = "";

        public string Kind { get; init; } = "";

        public long ToldAt { get; init; }

        public long ReceivedAt { get; init; }

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
