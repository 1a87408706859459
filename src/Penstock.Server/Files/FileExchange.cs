using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Server.Hosting;
using Penstock.Server.Stations;

namespace Penstock.Server.Files;

/// <summary>A file that stations fetch or brought.</summary>
public sealed record ExchangedFile(string Name, long Bytes, string Sha256, DateTimeOffset At);

/// <summary>
/// Firmware that stations download and logs that they upload, as files in the data folder. An upload needs an address that the server signed for one station and request, valid for a day.
/// </summary>
public sealed class FileExchange
{
    /// <summary>Largest firmware file.</summary>
    public const long FirmwareBytesMax = 512L << 20;

    /// <summary>Largest upload of a station.</summary>
    public const long UploadBytesMax = 64L << 20;

    /// <summary>All uploads together; the oldest go.</summary>
    public const long UploadsBytesMax = 4L << 30;

    /// <summary>How long an address for an upload is valid.</summary>
    public static readonly Duration UploadValid = Duration.FromDays(1);

    private readonly string firmware, uploads;
    private readonly byte[] key;
    private readonly StationBook book;
    private readonly TimeProvider time;

    public FileExchange(ServerOptions options, StationBook book, TimeProvider time)
    {
        (this.book, this.time) = (book, time);
        firmware = Directory.CreateDirectory(Path.Combine(options.Data, "firmware")).FullName;
        uploads = Directory.CreateDirectory(Path.Combine(options.Data, "uploads")).FullName;
        var secret = Path.Combine(options.Data, "upload.key");
        if (!File.Exists(secret)) File.WriteAllBytes(secret, RandomNumberGenerator.GetBytes(32));
        key = File.ReadAllBytes(secret);
    }

    /// <summary>A name of a file: letters, digits and -_.+, not starting with a dot.</summary>
    public static bool IsName(string name) => name.Length is >= 1 and <= 120 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || "-_.+".Contains(c));

    public IReadOnlyList<ExchangedFile> Firmware() => [.. Directory.EnumerateFiles(firmware).Where(f => !f.EndsWith(".part", StringComparison.Ordinal)).Select(Described).OrderBy(f => f.Name, StringComparer.Ordinal)];

    /// <returns>Null when there is none.</returns>
    public string? FirmwarePath(string name) => IsName(name) && File.Exists(Path.Combine(firmware, name)) ? Path.Combine(firmware, name) : null;

    public string? UploadPath(StationId station, string request) => Newest(Path.Combine(uploads, Folder(station, request)));

    /// <returns>Null when it is too large.</returns>
    public async Task<ExchangedFile?> PutFirmwareAsync(string name, Stream content, CancellationToken cancel) => await StoreAsync(content, Path.Combine(firmware, name), FirmwareBytesMax, cancel);

    public bool DeleteFirmware(string name)
    {
        if (FirmwarePath(name) is not { } path) return false;
        File.Delete(path);
        return true;
    }

    /// <summary>The path of an address to which one station may bring the file of one request. Some stations append the file's name, some do not.</summary>
    public string UploadAddress(StationId station, string request)
    {
        var until = (time.Now() + UploadValid).ToUnixTimeSeconds();
        return $"/files/uploads/{Uri.EscapeDataString(station.Value)}/{request}/{until}/{Signature(station, request, until)}";
    }

    public bool MayUpload(StationId station, string request, long until, string signature) =>
        until >= time.Now().ToUnixTimeSeconds() && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(signature), Encoding.ASCII.GetBytes(Signature(station, request, until)));

    /// <summary>Takes a station's file; the book says so.</summary>
    /// <returns>Null when it is too large.</returns>
    public async Task<ExchangedFile?> UploadAsync(StationId station, string request, string name, Stream content, CancellationToken cancel)
    {
        Trim();
        var folder = Directory.CreateDirectory(Path.Combine(uploads, Folder(station, request))).FullName;
        if (await StoreAsync(content, Path.Combine(folder, name), UploadBytesMax, cancel) is not { } file) return null;
        book.Write([StationBook.Mark(station, Topic.Log, request, time.Now(), "file", file.Name), StationBook.Mark(station, Topic.Log, request, time.Now(), "sha256", file.Sha256)]);
        return file;
    }

    private string Signature(StationId station, string request, long until) => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{station.Value}\n{request}\n{until}")))[..32];

    /// <summary>A folder of its own per station and request, whatever characters the id has.</summary>
    private static string Folder(StationId station, string request) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{station.Value}\n{request}")))[..32];

    /// <summary>Whole or not at all: written beside and moved.</summary>
    private static async Task<ExchangedFile?> StoreAsync(Stream content, string path, long most, CancellationToken cancel)
    {
        var part = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            await using (var file = File.Create(part))
            {
                var buffer = new byte[64 * 1024];
                for (var read = await content.ReadAsync(buffer, cancel); read > 0; read = await content.ReadAsync(buffer, cancel))
                {
                    if (file.Length + read > most) return null;
                    await file.WriteAsync(buffer.AsMemory(0, read), cancel);
                }
            }

            File.Move(part, path, overwrite: true);
            return Described(path);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private void Trim()
    {
        var files = new DirectoryInfo(uploads).EnumerateFiles("*", SearchOption.AllDirectories).OrderBy(f => f.LastWriteTimeUtc).ToList();
        var sum = files.Sum(f => f.Length);
        foreach (var file in files.TakeWhile(_ => sum > UploadsBytesMax - UploadBytesMax))
        {
            sum -= file.Length;
            file.Delete();
        }
    }

    private static string? Newest(string folder) => Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFiles().Where(f => f.Extension != ".part").MaxBy(f => f.LastWriteTimeUtc)?.FullName : null;

    private static ExchangedFile Described(string path)
    {
        using var stream = File.OpenRead(path);
        return new ExchangedFile(Path.GetFileName(path), stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)), File.GetLastWriteTimeUtc(path));
    }
}
