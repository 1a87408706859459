using System.IO.Compression;
using System.Text;
using NodaTime;
using Penstock.Simulator.Recorded;

namespace Penstock.UnitTests.Simulator.Recorded;

/// <summary>Files of one test, gone when it ends.</summary>
internal sealed class Files : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("penstock-files-");

    internal static readonly DateTimeZone Oslo = DateTimeZoneProviders.Tzdb["Europe/Oslo"];

    internal static SessionSelection All { get; } = new(Oslo, null, null, null, 0, new Dictionary<string, string>(), 11);

    internal string Write(string name, string text)
    {
        var path = Path.Combine(folder.FullName, name);
        if (!name.EndsWith(".gz", StringComparison.Ordinal))
        {
            File.WriteAllText(path, text);
            return path;
        }

        using var zipped = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        zipped.Write(Encoding.UTF8.GetBytes(text));
        return path;
    }

    internal string Path_(string name) => Path.Combine(folder.FullName, name);

    public void Dispose() => folder.Delete(recursive: true);
}
