using Dapper;
using Microsoft.Data.Sqlite;

namespace Penstock.Server.Storage;

/// <summary>The data folder cannot be used; the message says what to do.</summary>
public sealed class DatabaseUnusableException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>The embedded SQLite database: WAL, full synchronisation, numbered migrations.</summary>
public sealed class Database
{
    private const string Journalled = "Penstock.Server.Storage.Migrations.";
    private readonly string connectionString;

    private Database(string path) => connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString();

    /// <exception cref="DatabaseUnusableException">The file cannot be written, is no database, or was made by a newer program.</exception>
    /// <param name="migrations">Prefix of the embedded migrations; the journal's when not given.</param>
    public static Database Open(string path, string migrations = Journalled)
    {
        var database = new Database(path);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using var connection = database.Connect();
            connection.Execute("PRAGMA journal_mode = WAL");
            Migrate(connection, path, migrations);
            return database;
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new DatabaseUnusableException($"The database {path} cannot be used: {e.Message} Give a writable data folder with free space.", e);
        }
    }

    public SqliteConnection Connect()
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        connection.Execute("PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000");
        return connection;
    }

    private static void Migrate(SqliteConnection connection, string path, string prefix)
    {
        var assembly = typeof(Database).Assembly;
        var migrations = assembly.GetManifestResourceNames().Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        var version = connection.ExecuteScalar<int>("PRAGMA user_version");
        if (version > migrations.Count)
        {
            throw new DatabaseUnusableException($"The database {path} has version {version}, this program knows {migrations.Count}: start the newer program, or give another data folder.");
        }

        for (var next = version; next < migrations.Count; next++)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(migrations[next])!);
            using var transaction = connection.BeginTransaction();
            connection.Execute(reader.ReadToEnd() + $"PRAGMA user_version = {next + 1};", transaction: transaction);
            transaction.Commit();
        }
    }
}
