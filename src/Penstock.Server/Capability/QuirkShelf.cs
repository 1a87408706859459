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
    private readonly WatchedFiles<State> files;

    public QuirkShelf(ServerOptions options, ILogger<QuirkShelf> log)
        : this(Path.Combine(AppContext.BaseDirectory, "quirks"), options.Quirks ?? Path.Combine(options.Data, "quirks"), log)
    {
    }

    public QuirkShelf(string shipped, string own, ILogger<QuirkShelf> log)
    {
        (this.shipped, this.own, this.log) = (shipped, own, log);
        files = new(() => Files(shipped).Concat(Files(own)), Read, e => QuirkLog.Faulty(log, e.Message), LookEvery);
    }

    /// <summary>Called after files were read again; set once by who keeps what follows from them.</summary>
    internal Action Changed { set => files.Changed = value; }

    /// <summary>By name.</summary>
    public ImmutableArray<ShelvedQuirk> All => files.Current.Files;

    /// <summary>The folder for files of the operator's own.</summary>
    public string OwnFolder => own;

    /// <summary>The profile of a station: of those that cover it the one that names most, the operator's before the shipped; never null.</summary>
    public QuirkProfile Of(StationRecord? station) => station is null ? QuirkProfile.None : Of(station.Vendor, station.Model, station.FirmwareVersion, station.Protocol);

    internal QuirkProfile Of(string? vendor, string? model, string? firmware, string protocol)
    {
        var now = files.Current;
        var key = (vendor, model, firmware, protocol);
        if (now.Found.TryGetValue(key, out var found)) return found;
        found = now.Files.Where(f => f.Profile?.Match.Covers(vendor, model, firmware, protocol) == true)
            .OrderByDescending(f => f.Profile!.Match.Precision).ThenBy(f => f.Shipped).ThenBy(f => f.Name, StringComparer.Ordinal).Select(f => f.Profile).FirstOrDefault() ?? QuirkProfile.None;
        if (now.Found.Count < RememberedMax) now.Found[key] = found;
        return found;
    }

    /// <summary>Reads both folders now.</summary>
    public ImmutableArray<ShelvedQuirk> Reload() => files.Reload().Files;

    private State Read(State? before)
    {
        var last = before?.Files.ToDictionary(f => f.Name, f => f.Profile) ?? [];
        var paths = Files(shipped).Select(p => (Path: p, Shipped: true)).Concat(Files(own).Select(p => (Path: p, Shipped: false)))
            .GroupBy(f => Path.GetFileNameWithoutExtension(f.Path), StringComparer.Ordinal).Select(g => g.Last()).OrderBy(f => f.Path, StringComparer.Ordinal);
        var read = paths.Select(f => Shelved(f.Path, f.Shipped, last)).OrderBy(f => f.Name, StringComparer.Ordinal).ToImmutableArray();
        foreach (var fault in read.SelectMany(f => f.Faults)) QuirkLog.Faulty(log, fault);
        return new State(read, new());
    }

    private static ShelvedQuirk Shelved(string path, bool shipped, Dictionary<string, QuirkProfile?> before)
    {
        var (name, (profile, faults)) = (Path.GetFileNameWithoutExtension(path), QuirkFile.Read(path));
        return new ShelvedQuirk(name, shipped, profile ?? before.GetValueOrDefault(name), faults);
    }

    private static IEnumerable<string> Files(string folder) => Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Take(FilesMax) : [];

    private sealed record State(ImmutableArray<ShelvedQuirk> Files, ConcurrentDictionary<(string?, string?, string?, string), QuirkProfile> Found);
}

internal static partial class QuirkLog
{
    [LoggerMessage(1006, LogLevel.Error, "A quirk file has a fault and its last good version, if any, stays in force: {Fault}")]
    internal static partial void Faulty(ILogger logger, string fault);
}
