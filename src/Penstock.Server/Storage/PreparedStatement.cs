using System.Globalization;
using System.Reflection;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Penstock.Server.Storage;

/// <summary>
/// A statement that is compiled once and run many times by one thread, next to the engine: no command, reader or parameter objects. Errors are
/// <see cref="SqliteException"/> with the engine's own words and codes.
/// </summary>
internal sealed class PreparedStatement : IDisposable
{
    private const int TextBytesOnStack = 512;

    private readonly sqlite3 database;
    private readonly sqlite3_stmt statement;
    private (Type Of, (int At, PropertyInfo Property)[] Parameters)? bound;

    internal PreparedStatement(SqliteConnection connection, string sql)
    {
        database = connection.Handle ?? throw new InvalidOperationException("The connection is not open.");
        Check(raw.sqlite3_prepare_v2(database, sql, out statement));
    }

    internal PreparedStatement Bind(int at, string? value)
    {
        if (value is null) return BindNull(at);
        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        var utf8 = most <= TextBytesOnStack ? stackalloc byte[TextBytesOnStack] : new byte[most];
        Check(raw.sqlite3_bind_text(statement, at, utf8[..Encoding.UTF8.GetBytes(value, utf8)]));
        return this;
    }

    internal PreparedStatement Bind(int at, long value)
    {
        Check(raw.sqlite3_bind_int64(statement, at, value));
        return this;
    }

    internal PreparedStatement Bind(int at, double value)
    {
        Check(raw.sqlite3_bind_double(statement, at, value));
        return this;
    }

    internal PreparedStatement Bind(int at, ReadOnlySpan<byte> value)
    {
        Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(statement, at, 0) : raw.sqlite3_bind_blob(statement, at, value));
        return this;
    }

    internal PreparedStatement BindNull(int at)
    {
        Check(raw.sqlite3_bind_null(statement, at));
        return this;
    }

    /// <summary>Binds @Name to the property Name, as many as the statement has.</summary>
    /// <exception cref="InvalidOperationException">There is no such property, or it is of a type the database does not have. Our bug.</exception>
    internal PreparedStatement Bind(object parameters)
    {
        if (bound?.Of != parameters.GetType()) bound = (parameters.GetType(), Parameters(parameters.GetType()));
        foreach (var (at, property) in bound.Value.Parameters)
        {
            _ = property.GetValue(parameters) switch
            {
                null => BindNull(at),
                string text => Bind(at, text),
                long number => Bind(at, number),
                int number => Bind(at, (long)number),
                double number => Bind(at, number),
                bool flag => Bind(at, flag ? 1L : 0L),
                byte[] bytes => Bind(at, bytes.AsSpan()),
                decimal exact => Bind(at, exact.ToString(CultureInfo.InvariantCulture)),
                var other => throw new InvalidOperationException($"{property.Name} is a {other.GetType()}; give text, a whole number, a double, a decimal, a flag or bytes."),
            };
        }

        return this;
    }

    /// <summary>Runs to the end; rows are passed over.</summary>
    internal void Run()
    {
        try
        {
            while (Row())
            {
            }
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Runs to the first row and reads it; the default when there is none.</summary>
    internal T? First<T>(Func<PreparedStatement, T> read)
    {
        try
        {
            return Row() ? read(this) : default;
        }
        finally
        {
            Reset();
        }
    }

    internal long Whole(int column) => raw.sqlite3_column_int64(statement, column);

    internal byte[]? Bytes(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL ? null : raw.sqlite3_column_blob(statement, column).ToArray();

    public void Dispose() => raw.sqlite3_finalize(statement);

    private (int, PropertyInfo)[] Parameters(Type type) => [.. Enumerable.Range(1, raw.sqlite3_bind_parameter_count(statement)).Select(at =>
    {
        var name = raw.sqlite3_bind_parameter_name(statement, at).utf8_to_string().TrimStart('@');
        return (at, type.GetProperty(name) ?? throw new InvalidOperationException($"@{name} of the statement has no value in {type}."));
    })];

    private bool Row()
    {
        var code = raw.sqlite3_step(statement);
        if (code is not (raw.SQLITE_ROW or raw.SQLITE_DONE)) Throw(code);
        return code == raw.SQLITE_ROW;
    }

    /// <summary>Its code repeats that of the step, which has been thrown.</summary>
    private void Reset() => raw.sqlite3_reset(statement);

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK) Throw(code);
    }

    private void Throw(int code)
    {
        var extended = raw.sqlite3_extended_errcode(database);
        throw new SqliteException($"SQLite Error {code}: '{raw.sqlite3_errmsg(database).utf8_to_string()}'.", code & 0xff, extended);
    }
}
