using Dapper;
using Microsoft.Data.Sqlite;

namespace Penstock.Server.Storage;

/// <summary>Batches of entries and their rows, each one transaction, over statements that are compiled once. Owned by the journal's thread.</summary>
internal sealed class JournalWriter : IDisposable
{
    /// <summary>Statements of projections that are kept compiled; there are as many as SQL texts in the program.</summary>
    private const int StatementsMax = 64;

    /// <summary>Pages of the write-ahead log before it is folded into the database (64 MiB): a page that many batches touch is written back once.</summary>
    private const int CheckpointPages = 16_384;

    /// <summary>Page cache of this connection, KiB.</summary>
    private const int CacheKib = 32_768;

    private readonly SqliteConnection connection;
    private readonly PreparedStatement begin, commit, rollback, insert, first;
    private readonly Dictionary<string, PreparedStatement> projections = new(StringComparer.Ordinal);

    internal JournalWriter(SqliteConnection connection)
    {
        this.connection = connection;
        connection.Execute($"PRAGMA wal_autocheckpoint = {CheckpointPages}; PRAGMA cache_size = -{CacheKib}");
        (begin, commit, rollback) = (new(connection, "BEGIN IMMEDIATE"), new(connection, "COMMIT"), new(connection, "ROLLBACK"));
        insert = new(connection, "INSERT INTO journal (source, dedupe_key, kind, told_at, received_at, body, answer) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING sequence");
        first = new(connection, "SELECT sequence, answer FROM journal WHERE told_at = ? AND source = ? AND dedupe_key = ?");
    }

    /// <exception cref="SqliteException">Nothing of the batch is on disk.</exception>
    internal List<JournalReceipt> Commit(List<JournalEntry> batch)
    {
        begin.Run();
        try
        {
            var receipts = batch.ConvertAll(Insert);
            commit.Run();
            return receipts;
        }
        catch (Exception)
        {
            if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0) rollback.Run(); // some faults end the transaction by themselves
            throw;
        }
    }

    /// <summary>Writes a page that is there anyway, as large as the smallest entry.</summary>
    internal void Probe() => connection.Execute($"PRAGMA user_version = {connection.ExecuteScalar<int>("PRAGMA user_version")}");

    public void Dispose()
    {
        foreach (var statement in projections.Values.Concat([begin, commit, rollback, insert, first])) statement.Dispose();
        connection.Dispose();
    }

    private JournalReceipt Insert(JournalEntry entry)
    {
        var told = entry.ToldAt.ToUnixTimeMilliseconds();
        insert.Bind(1, entry.Source).Bind(2, entry.DedupeKey).Bind(3, entry.Kind).Bind(4, told).Bind(5, entry.ReceivedAt.ToUnixTimeMilliseconds()).Bind(6, entry.Body.Span);
        if (entry.Answer is { } answer) insert.Bind(7, answer.AsSpan());
        else insert.BindNull(7);
        if (insert.First(row => row.Whole(0)) is > 0 and var sequence)
        {
            foreach (var projection in entry.Projections) Statement(projection.Sql).Bind(projection.Parameters).Run();
            return new JournalReceipt(JournalOutcome.Written, sequence, entry.Answer);
        }

        return first.Bind(1, told).Bind(2, entry.Source).Bind(3, entry.DedupeKey).First(row => new JournalReceipt(JournalOutcome.Repeated, row.Whole(0), row.Bytes(1)))
            ?? throw new InvalidOperationException($"{entry.DedupeKey} of {entry.Source} is in the journal and cannot be found there.");
    }

    private PreparedStatement Statement(string sql)
    {
        if (projections.TryGetValue(sql, out var known)) return known;
        if (projections.Count >= StatementsMax)
        {
            foreach (var old in projections.Values) old.Dispose();
            projections.Clear();
        }

        return projections[sql] = new PreparedStatement(connection, sql);
    }
}
