namespace Penstock.Simulator.Stations;

/// <summary>What is wrong with a simulated station: faults that were seen in the field, to be tried. All off by default.</summary>
public sealed record StationFaults
{
    public static StationFaults None { get; } = new();

    /// <summary>Each fault by the name that the command line knows.</summary>
    public static IReadOnlyDictionary<string, StationFaults> Named { get; } = new Dictionary<string, StationFaults>(StringComparer.Ordinal)
    {
        ["disobeys"] = new() { Disobeys = true },
        ["accepts-all"] = new() { AcceptsAll = true },
        ["soc-noise"] = new() { StateOfChargeNoise = true },
        ["clock-1970"] = new() { ClockAt1970 = true },
        ["clock-ahead"] = new() { ClockOff = TimeSpan.FromDays(3 * 365) },
        ["clock-behind"] = new() { ClockOff = TimeSpan.FromDays(-3 * 365) },
        ["meter-backwards"] = new() { MeterRunsBackwards = true },
        ["export-as-import"] = new() { ReportsExportAsImport = true },
        ["repeats"] = new() { Repeats = true },
        ["drops-concurrent"] = new() { DropsOnConcurrentCalls = true },
        ["same-ids"] = new() { SameIdsEachBoot = true },
        ["numeric-ids"] = new() { NumericIds = true },
        ["spaces"] = new() { SpacedFrames = true },
        ["stack-zero"] = new() { StackLevelZeroOnly = true },
        ["refuses-watts"] = new() { RefusesWatts = true },
        ["late"] = new() { AnswersAfter = TimeSpan.FromSeconds(45) },
        ["half-open"] = new() { HalfOpenAtCommand = 1 },
        ["callerror"] = new() { ErrorShare = 0.2 },
        ["link-breaks"] = new() { LinkBreaksAtCommand = 1 },
    };

    /// <summary>It accepts setpoints and charges at full power all the same.</summary>
    public bool Disobeys { get; init; }

    /// <summary>It accepts everything that it is asked and does nothing of it.</summary>
    public bool AcceptsAll { get; init; }

    /// <summary>The state of charge comes in whole percents, up to two beside the truth.</summary>
    public bool StateOfChargeNoise { get; init; }

    /// <summary>Its clock began at 1970 and was never set.</summary>
    public bool ClockAt1970 { get; init; }

    /// <summary>Its clock is off by this.</summary>
    public TimeSpan ClockOff { get; init; }

    /// <summary>One reading of the registers lies 500 Wh below the one before.</summary>
    public bool MeterRunsBackwards { get; init; }

    /// <summary>Its meter has one direction: what it exports counts as import.</summary>
    public bool ReportsExportAsImport { get; init; }

    /// <summary>Says every fifth message twice.</summary>
    public bool Repeats { get; init; }

    /// <summary>The link breaks once, while this command (counted from 1) is being obeyed and before it is answered; 0 = never.</summary>
    public int LinkBreaksAtCommand { get; init; }

    /// <summary>A second request before the first is answered: it drops the link.</summary>
    public bool DropsOnConcurrentCalls { get; init; }

    /// <summary>Its message ids begin anew with every boot.</summary>
    public bool SameIdsEachBoot { get; init; }

    /// <summary>Its message ids are JSON numbers; they begin anew with every boot.</summary>
    public bool NumericIds { get; init; }

    /// <summary>Its frames have spaces between their elements.</summary>
    public bool SpacedFrames { get; init; }

    /// <summary>It refuses every profile above stack level 0.</summary>
    public bool StackLevelZeroOnly { get; init; }

    /// <summary>It refuses profiles in watts.</summary>
    public bool RefusesWatts { get; init; }

    /// <summary>It answers requests this late, wall time.</summary>
    public TimeSpan AnswersAfter { get; init; }

    /// <summary>From this request on (counted from 1) its end of the link is dead though the socket stays open; it comes back on a new one. 0 = never.</summary>
    public int HalfOpenAtCommand { get; init; }

    /// <summary>Share of requests that it answers with a CALLERROR.</summary>
    public double ErrorShare { get; init; }

    internal bool OnTheWire => NumericIds || SpacedFrames || HalfOpenAtCommand > 0;
}
