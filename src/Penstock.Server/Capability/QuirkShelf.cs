using System.Collections.Concurrent;
using System.Collections.Immutable;
using Penstock.Server.Gateway;
using Penstock.Server.Hosting;

namespace Penstock.Server.Capability;

/// <summary>A file of the shelf.</summary>
/// <param name="Shipped">False for the operator's own.</param>
/// <param name="Profile">What is in force; with faults the version before, if there was one.</param>
public sealed record ShelvedQuirk(string Name, bool Shipped, QuirkProfile? Profile, IReadOnlyList<string> Faults);

/// <summary>
/// The quirk profiles of the folder that came with the program and of the operator's, whose file of the same name replaces the shipped one. Changed files are read again
/// within <see cref="LookEvery"/>; a file with faults leaves its last good version in force.
/// </summary>
public sealed class QuirkShelf
{
    /// <summary>How often the folders are looked at for changes.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    /// <summary>Files read of one folder.</summary>
    public const int FilesMax = 2000;

    /// <summary>Models remembered with their profile; more are looked up each time.</summary>
    private const int RememberedMax = 10_000;

    private readonly string shipped;
    private readonly string own;
    private readonly ILogger<QuirkShelf> log;
    private readonly Lock gate = new();
    private State state = new([], "", new());
    private long lookedAt = TimeProvider.System.GetTimestamp();

    public QuirkShelf(ServerOptions options, ILogger<QuirkShelf> log)
        : this(Path.Combine(AppContext.BaseDirectory, "quirks"), options.Quirks ?? Path.Combine(options.Data, "quirks"), log)
    {
    }

    public QuirkShelf(string shipped, string own, ILogger<QuirkShelf> log)
    {
        (this.shipped, this.own, this.log) = (shipped, own, log);
        Reload();
    }

    /// <summary>Called after files were read again; set once by who keeps what follows from them.</summary>
    internal Action Changed { get; set; } = () => { };

    /// <summary>By name.</summary>
    public ImmutableArray<ShelvedQuirk> All => Current.Files;

    /// <summary>The folder for files of the operator's own.</summary>
    public string OwnFolder => own;

    private State Current
    {
        get
        {
            var looked = Interlocked.Read(ref lookedAt);
            if (TimeProvider.System.GetElapsedTime(looked) >= LookEvery && Interlocked.CompareExchange(ref lookedAt, TimeProvider.System.GetTimestamp(), looked) == looked && Stamp() != Volatile.Read(ref state).Stamp) Reload();
            return Volatile.Read(ref state);
        }
    }

    /// <summary>The profile of a station: of those that cover it the one that names most, the operator's before the shipped; never null.</summary>
    public QuirkProfile Of(StationRecord? station) => station is null ? QuirkProfile.None : Of(station.Vendor, station.Model, station.FirmwareVersion, station.Protocol);

    internal QuirkProfile Of(string? vendor, string? model, string? firmware, string protocol)
    {
        var now = Current;
        var key = (vendor, model, firmware, protocol);
        if (now.Found.TryGetValue(key, out var found)) return found;
        found = now.Files.Where(f => f.Profile?.Match.Covers(vendor, model, firmware, protocol) == true)
            .OrderByDescending(f => f.Profile!.Match.Precision).ThenBy(f => f.Shipped).ThenBy(f => f.Name, StringComparer.Ordinal).Select(f => f.Profile).FirstOrDefault() ?? QuirkProfile.None;
        if (now.Found.Count < RememberedMax) now.Found[key] = found;
        return found;
    }

    /// <summary>Reads both folders now.</summary>
    public ImmutableArray<ShelvedQuirk> Reload()
    {
        var read = ReadAgain();
        Changed();
        return read;
    }

    private ImmutableArray<ShelvedQuirk> ReadAgain()
    {
        lock (gate)
        {
            var before = state.Files.ToDictionary(f => f.Name, f => f.Profile);
            var stamp = Stamp();
            var files = Files(shipped).Select(p => (Path: p, Shipped: true)).Concat(Files(own).Select(p => (Path: p, Shipped: false)))
                .GroupBy(f => Path.GetFileNameWithoutExtension(f.Path), StringComparer.Ordinal).Select(g => g.Last()).OrderBy(f => f.Path, StringComparer.Ordinal);
            var read = files.Select(f => Shelved(f.Path, f.Shipped, before)).OrderBy(f => f.Name, StringComparer.Ordinal).ToImmutableArray();
            foreach (var fault in read.SelectMany(f => f.Faults)) QuirkLog.Faulty(log, fault);
            Volatile.Write(ref state, new State(read, stamp, new()));
            return read;
        }
    }

    private static ShelvedQuirk Shelved(string path, bool shipped, Dictionary<string, QuirkProfile?> before)
    {
        var (name, (profile, faults)) = (Path.GetFileNameWithoutExtension(path), QuirkFile.Read(path));
        return new ShelvedQuirk(name, shipped, profile ?? before.GetValueOrDefault(name), faults);
    }

    private static IEnumerable<string> Files(string folder) => Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Take(FilesMax) : [];

    private string Stamp() => string.Join('|', Files(shipped).Concat(Files(own)).Select(p => new FileInfo(p)).Select(f => $"{f.FullName}:{f.LastWriteTimeUtc.Ticks}:{(f.Exists ? f.Length : 0)}"));

    private sealed record State(ImmutableArray<ShelvedQuirk> Files, string Stamp, ConcurrentDictionary<(string?, string?, string?, string), QuirkProfile> Found);
}

internal static partial class QuirkLog
{
    [LoggerMessage(1006, LogLevel.Error, "A quirk file has a fault and its last good version, if any, stays in force: {Fault}")]
    internal static partial void Faulty(ILogger logger, string fault);
}
