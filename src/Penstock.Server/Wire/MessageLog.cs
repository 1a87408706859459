using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Penstock.Core.Sites;
using Penstock.Server.Hosting;
using Penstock.Server.Storage;

namespace Penstock.Server.Wire;

/// <summary>
/// Every frame of every station, in a database of its own (messages.db): it may lose its last second in a crash and never holds up a station. Written in batches; when the disk is too slow frames are dropped and counted.
/// </summary>
public sealed class MessageLog : IAsyncDisposable
{
    /// <summary>Frames that wait for the disk; more are dropped and counted.</summary>
    public const int QueuedMax = 65_536;

    /// <summary>Frames of one write.</summary>
    public const int BatchMax = 8_192;

    /// <summary>Frames gather this long before they are written: a page that many of them touch is written once. Half a queue, or a reader, ends the wait.</summary>
    public static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(250);

    /// <summary>Longer frames are cut here in the log; the wire carries them whole.</summary>
    public const int FrameBytesMax = 16 * 1024;

    private readonly Channel<LoggedFrame> queue = Channel.CreateBounded<LoggedFrame>(new BoundedChannelOptions(QueuedMax) { SingleReader = true });
    private readonly SqliteConnection connection;
    private readonly MessageLogReader reader;
    private readonly TimeProvider time;
    private readonly long keep;
    private readonly Task writing;
    private readonly SemaphoreSlim hurry = new(0);
    private long total, dropped, waiting;

    public MessageLog(ServerOptions options, TimeProvider time)
    {
        (this.time, keep) = (time, options.MessageLogFrames);
        var database = Database.Open(Path.Combine(options.Data, "messages.db"), "Penstock.Server.Wire.Migrations.");
        connection = database.Connect();
        reader = new MessageLogReader(database.Connect());
        using var relaxed = connection.CreateCommand();
        relaxed.CommandText = "PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 16384; PRAGMA cache_size = -32768"; // a page that many batches touch is written back once
        relaxed.ExecuteNonQuery();
        writing = Task.Run(WriteAsync);
    }

    /// <summary>Frames seen since the start.</summary>
    public long Total => Interlocked.Read(ref total);

    /// <summary>Frames that are not in the log because the disk was too slow, or full.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    public MessageLogReader Reader => reader;

    public void Add(StationId station, string direction, ReadOnlyMemory<byte> frame)
    {
        Interlocked.Increment(ref total);
        if (keep == 0) return;
        Interlocked.Increment(ref waiting);
        if (queue.Writer.TryWrite(new LoggedFrame(station.Value, time.GetUtcNow().ToUnixTimeMilliseconds(), direction == "in", frame.Length <= FrameBytesMax ? frame.ToArray() : frame[..FrameBytesMax].ToArray())))
        {
            if (Interlocked.Read(ref waiting) == QueuedMax / 2) Hurry();
            return;
        }

        Interlocked.Decrement(ref waiting);
        Interlocked.Increment(ref dropped);
    }

    /// <summary>Waits until what was added so far can be read.</summary>
    public async Task FlushAsync(CancellationToken cancel)
    {
        while (Interlocked.Read(ref waiting) > 0 && !writing.IsCompleted)
        {
            Hurry();
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        Hurry();
        await writing;
        hurry.Dispose();
        reader.Dispose();
        await connection.DisposeAsync();
    }

    private void Hurry()
    {
        if (hurry.CurrentCount == 0) hurry.Release(); // one too many costs a small batch
    }

    private async Task WriteAsync()
    {
        using var insert = new PreparedStatement(connection, "INSERT INTO frame (station_id, at, incoming, type, message_id, action, frame) VALUES (?, ?, ?, ?, ?, ?, ?)");
        var batch = new List<LoggedFrame>();
        while (await queue.Reader.WaitToReadAsync())
        {
            await hurry.WaitAsync(Gathering);
            batch.Clear();
            while (batch.Count < BatchMax && queue.Reader.TryRead(out var one)) batch.Add(one);
            try
            {
                Write(batch, insert);
            }
            catch (SqliteException)
            {
                Interlocked.Add(ref dropped, batch.Count); // the log is for the eye: a full disk costs it and nothing else
            }

            Interlocked.Add(ref waiting, -batch.Count);
        }
    }

    private void Write(List<LoggedFrame> batch, PreparedStatement insert)
    {
        using var transaction = connection.BeginTransaction();
        foreach (var one in batch)
        {
            var (type, id, action) = FrameHead.Read(one.Frame);
            insert.Bind(1, one.Station).Bind(2, one.At).Bind(3, one.Incoming ? 1L : 0L).Bind(4, (long)type).Bind(5, id).Bind(6, action).Bind(7, one.Frame.AsSpan()).Run();
        }

        using var old = connection.CreateCommand();
        old.CommandText = "DELETE FROM frame WHERE sequence <= (SELECT MAX(sequence) FROM frame) - $keep";
        old.Parameters.AddWithValue("$keep", keep);
        old.Transaction = transaction;
        old.ExecuteNonQuery();
        transaction.Commit();
    }

    private readonly record struct LoggedFrame(string Station, long At, bool Incoming, byte[] Frame);
}

/// <summary>Type, id and action of a frame, as far as it has them: enough to name it in a list, whatever else is wrong with it.</summary>
internal static class FrameHead
{
    internal static (int Type, string? Id, string? Action) Read(ReadOnlySpan<byte> frame)
    {
        var (type, id) = (0, (string?)null);
        try
        {
            var json = new Utf8JsonReader(frame);
            if (!json.Read() || json.TokenType != JsonTokenType.StartArray || !json.Read() || json.TokenType != JsonTokenType.Number || !json.TryGetInt32(out type)) return (0, null, null);
            if (!json.Read() || json.TokenType is not (JsonTokenType.String or JsonTokenType.Number)) return (type, null, null);
            id = json.TokenType == JsonTokenType.String ? json.GetString() : System.Text.Encoding.UTF8.GetString(json.ValueSpan);
            return type is 2 or 6 && json.Read() && json.TokenType == JsonTokenType.String ? (type, id, json.GetString()) : (type, id, null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return (type, id, null);
        }
    }
}
