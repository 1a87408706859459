using System.Globalization;
using System.IO.Compression;
using CsvHelper;
using NodaTime;
using NodaTime.Text;

namespace Penstock.Simulator.Recorded;

/// <summary>The file as a whole cannot be read: missing, empty, or with a header that no reader knows.</summary>
public sealed class RecordedFileUnusableException(string message) : Exception(message);

/// <summary>A row that is not used, with the place and the reason.</summary>
/// <param name="Line">Counted from 1, the header included.</param>
/// <param name="Reason">A code such as powerImplausible.</param>
public sealed record QuarantinedRow(string File, int Line, string Reason, string Detail);

/// <summary>A comma-separated file with a header, plain or gzipped.</summary>
internal sealed class CsvTable : IDisposable
{
    /// <summary>Longest record, bytes.</summary>
    internal const int RecordMax = 64 * 1024;

    private readonly CsvReader reader;
    private readonly Dictionary<string, int> columns = new(StringComparer.Ordinal);
    private readonly Dictionary<long, CsvMalformedReason> malformed = [];
    private readonly string file;

    /// <exception cref="RecordedFileUnusableException">There is no such file, or it has no header.</exception>
    internal CsvTable(string path)
    {
        file = Path.GetFileName(path);
        if (!File.Exists(path)) throw new RecordedFileUnusableException($"{path}: there is no such file.");
        reader = Open(path, null);
        var header = Guarded(() => reader.Headers) ?? [];
        if (header is [var all] && all.Contains(',')) // what the rows hold misled the guess of the separator
        {
            reader.Dispose();
            reader = Open(path, ',');
            header = Guarded(() => reader.Headers) ?? [];
        }

        if (header.Count == 0) throw new RecordedFileUnusableException($"{path}: the file is empty; a header line was expected.");
        for (var i = 0; i < header.Count; i++) columns.TryAdd(header[i].Trim(), i);
    }

    /// <param name="separator">Null: as the beginning of the file suggests.</param>
    private CsvReader Open(string path, char? separator)
    {
        Stream stream = File.OpenRead(path);
        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)) stream = new GZipStream(stream, CompressionMode.Decompress);
        return CsvReader.Create(stream, CsvReaderOptions.Default with
        {
            Separator = separator, AllowLineBreaksInQuotes = false, // one open quote does not swallow the rows after it
            MaxRecordSize = RecordMax, TrackLineNumbers = true, OnMalformedRecord = bad => malformed[bad.RecordNumber] = bad.Reason,
        });
    }

    internal IReadOnlyCollection<string> Columns => columns.Keys;

    internal bool Has(params IReadOnlyList<string> names) => names.All(columns.ContainsKey);

    /// <exception cref="RecordedFileUnusableException">A record is longer than <see cref="RecordMax"/>, or the compression is broken.</exception>
    internal IEnumerable<CsvRow> Rows()
    {
        while (Guarded(reader.Read))
        {
            var wrong = malformed.Remove(reader.RowNumber + 1, out var reason) ? reason
                : reader.FieldCount != columns.Count ? CsvMalformedReason.FieldCountMismatch
                : (CsvMalformedReason?)null;
            yield return new CsvRow(file, (int)reader.LineNumber, reader.Current.ToArray(), columns, wrong);
        }
    }

    public void Dispose() => reader.Dispose();

    private T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is CsvFormatException or InvalidDataException)
        {
            throw new RecordedFileUnusableException($"{file}, after line {reader.LineNumber}: {e.Message} Records are at most {RecordMax} bytes; is this a comma-separated file?");
        }
    }
}

/// <summary>One row; its readers throw <see cref="BadRowException"/> with the column, the value and what was expected.</summary>
internal sealed record CsvRow(string File, int Line, string[] Fields, Dictionary<string, int> Columns, CsvMalformedReason? Malformed)
{
    private static readonly LocalDateTimePattern[] LocalTimes =
        [.. new[] { "uuuu-MM-dd'T'HH:mm:ss", "uuuu-MM-dd'T'HH:mm", "uuuu-MM-dd HH:mm:ss", "uuuu-MM-dd HH:mm" }.Select(LocalDateTimePattern.CreateWithInvariantCulture)];

    private static readonly OffsetDateTimePattern[] OffsetTimes =
        [OffsetDateTimePattern.ExtendedIso, OffsetDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mmo<Z+HH:mm>")];

    internal void WellFormed()
    {
        if (Malformed is { } reason) throw new BadRowException("malformed", $"{reason}: {Fields.Length} fields where the header has {Columns.Count}, or a quote that is not closed");
    }

    internal string? Text(string column) => Columns.TryGetValue(column, out var i) && i < Fields.Length && Fields[i].Trim() is { Length: > 0 } text ? text : null;

    internal string Required(string column) => Text(column) ?? throw new BadRowException("missing", $"{column} is empty; a value was expected");

    internal double? Number(string column) => Text(column) is not { } text
        ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value
            : throw new BadRowException("notANumber", $"{column} is \"{Short(text)}\"; a decimal number was expected");

    internal decimal Exact(string column) => Required(column) is var text && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        ? value
        : throw new BadRowException("notANumber", $"{column} is \"{Short(text)}\"; a decimal number was expected");

    /// <param name="zone">For times without an offset; a time that daylight saving skips moves forward, one that comes twice is the first.</param>
    internal Instant? Time(string column, DateTimeZone zone)
    {
        if (Text(column) is not { } text) return null;
        foreach (var pattern in OffsetTimes)
        {
            if (pattern.Parse(text).TryGetValue(default, out var offset)) return Plausible(column, text, offset.ToInstant());
        }

        foreach (var pattern in LocalTimes)
        {
            if (pattern.Parse(text).TryGetValue(default, out var local)) return Plausible(column, text, local.InZoneLeniently(zone).ToInstant());
        }

        throw new BadRowException("notATime", $"{column} is \"{Short(text)}\"; a time such as 2025-04-02T18:30 or 2025-04-02T16:30:00Z was expected");
    }

    internal Instant RequiredTime(string column, DateTimeZone zone) => Time(column, zone) ?? throw new BadRowException("missing", $"{column} is empty; a time was expected");

    private static Instant Plausible(string column, string text, Instant at) => at.InUtc().Year is >= 1990 and < 2100
        ? at
        : throw new BadRowException("timeImplausible", $"{column} is {Short(text)}; a year from 1990 to 2099 was expected");

    private static string Short(string text) => text.Length <= 60 ? text : text[..60] + "...";
}

/// <summary>This row cannot be used.</summary>
internal sealed class BadRowException(string reason, string detail) : Exception(detail)
{
    internal string Reason => reason;
}
