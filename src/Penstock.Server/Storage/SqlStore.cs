using Dapper;
using Microsoft.Data.Sqlite;

namespace Penstock.Server.Storage;

/// <summary>A statement that is part of a journal entry: it commits with the entry, or neither does.</summary>
public sealed record Projection(string Sql, object Parameters);

/// <summary>One connection for the tables beside the journal. Calls queue; every write is on disk when it returns.</summary>
public sealed class SqlStore(Database database) : IDisposable
{
    private readonly SqliteConnection connection = database.Connect();
    private readonly Lock gate = new();

    public List<T> Query<T>(string sql, object? parameters = null)
    {
        lock (gate) return connection.Query<T>(sql, parameters).AsList();
    }

    public T? First<T>(string sql, object? parameters = null)
    {
        lock (gate) return connection.QueryFirstOrDefault<T>(sql, parameters);
    }

    /// <summary>Runs the statement once per element when <paramref name="parameters"/> is a sequence, in one transaction.</summary>
    public int Execute(string sql, object? parameters = null)
    {
        lock (gate)
        {
            using var transaction = connection.BeginTransaction();
            var rows = connection.Execute(sql, parameters, transaction);
            transaction.Commit();
            return rows;
        }
    }

    /// <summary>Several statements in one transaction.</summary>
    public void Execute(IReadOnlyList<Projection> rows)
    {
        lock (gate)
        {
            using var transaction = connection.BeginTransaction();
            foreach (var row in rows) connection.Execute(row.Sql, row.Parameters, transaction);
            transaction.Commit();
        }
    }

    /// <summary>Waits for the statement that runs.</summary>
    public void Dispose()
    {
        lock (gate) connection.Dispose();
    }
}
