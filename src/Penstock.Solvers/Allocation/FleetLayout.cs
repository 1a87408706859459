namespace Penstock.Solvers.Allocation;

/// <summary>Which participants are at which station and which stations in which region: neighbours in the columns. Station s holds participants [StationStart[s], StationStart[s + 1]).</summary>
/// <param name="StationStart">From 0, one more than stations.</param>
/// <param name="RegionStart">Station indexes from 0, one more than regions.</param>
public sealed record FleetLayout(int[] StationStart, int[] RegionStart)
{
    /// <summary>Largest power of one participant in either direction.</summary>
    public const int PowerMaxW = 10_000_000;

    public int Participants => StationStart[^1];

    public int Stations => StationStart.Length - 1;

    public int Regions => RegionStart.Length - 1;

    /// <summary>Limits of each station; null = none of its own.</summary>
    public PowerLimit[]? StationLimits { get; init; }

    /// <summary>Limits of each region; null = none of its own.</summary>
    public PowerLimit[]? RegionLimits { get; init; }

    /// <summary>The steps in which a station's piles are set, W: 100, or 230 for an ampere; bounds of its participants are multiples of it. Null = 1 W.</summary>
    public int[]? StationStepW { get; init; }

    /// <summary>Equal stations in equal regions.</summary>
    public static FleetLayout Even(int participants, int stations, int regions) => new(Starts(participants, stations), Starts(stations, regions));

    /// <exception cref="ArgumentException">A start falls, or a column has another length.</exception>
    internal void Check()
    {
        Rising(StationStart, nameof(StationStart), StationStart is [.., var last] ? last : 0);
        Rising(RegionStart, nameof(RegionStart), Stations);
        Long(StationLimits?.Length ?? Stations, Stations, nameof(StationLimits));
        Long(StationStepW?.Length ?? Stations, Stations, nameof(StationStepW));
        Long(RegionLimits?.Length ?? Regions, Regions, nameof(RegionLimits));
        foreach (var limit in (StationLimits ?? []).Concat(RegionLimits ?? [])) limit.Check();
        foreach (var step in StationStepW ?? []) if (step is < 1 or > PowerMaxW) throw new ArgumentException($"A step of {step} W; 1 to {PowerMaxW} W are possible.", nameof(StationStepW));
    }

    private static int[] Starts(int all, int parts) => [.. Enumerable.Range(0, parts + 1).Select(p => (int)((long)all * p / parts))];

    private static void Rising(int[] starts, string name, int last)
    {
        if (starts.Length < 2 || starts[0] != 0 || starts[^1] != last) throw new ArgumentException($"{name} goes from 0 to {last}.", name);
        for (var p = 1; p < starts.Length; p++)
        {
            if (starts[p] < starts[p - 1]) throw new ArgumentException($"{name}[{p}] is {starts[p]} after {starts[p - 1]}; starts never fall.", name);
        }
    }

    private static void Long(int length, int expected, string name)
    {
        if (length != expected) throw new ArgumentException($"{name} has {length} entries, {expected} are expected.", name);
    }
}

/// <summary>What a node may take and give, W, both >= 0.</summary>
public readonly record struct PowerLimit(long ImportMaxW, long ExportMaxW)
{
    public static PowerLimit None => new(long.MaxValue, long.MaxValue);

    internal void Check()
    {
        if (Math.Min(ImportMaxW, ExportMaxW) is < 0 and var odd) throw new ArgumentException($"A node has a limit of {odd} W; limits are magnitudes.");
    }

    internal long Within(long watts) => Math.Clamp(watts, -ExportMaxW, ImportMaxW);
}

/// <summary>The setpoints of a tick in sum.</summary>
/// <param name="SumW">Sum of the setpoints.</param>
/// <param name="SaturationW">Asked minus what bounds and limits allow; 0 within them.</param>
/// <param name="RestW">What the piles' steps leave: less than one step of a participant that shares in the marginal slot.</param>
public readonly record struct Dispatched(Threshold Threshold, long SumW, long SaturationW, long RestW);
