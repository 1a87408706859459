using System.Collections.Immutable;
using System.IO.Enumeration;
using Penstock.Ocpp.Rpc;

namespace Penstock.Server.Capability;

public enum RateUnit
{
    W, A,
}

public enum ScheduleKind
{
    Relative, Absolute,
}

/// <summary>Which charging profile carries a setpoint.</summary>
public enum ProfileCarrier
{
    Tx, TxDefault, Both,
}

/// <summary>Which stations a quirk profile is of. Patterns with * and ?, case ignored; null = any.</summary>
/// <param name="Protocols">Subprotocols such as ocpp1.6; empty = any.</param>
public sealed record QuirkMatch(string? Vendor, string? Model, string? Firmware, ImmutableArray<string> Protocols)
{
    /// <summary>The profile that names most wins.</summary>
    internal int Precision => (Vendor is null ? 0 : 1) + (Model is null ? 0 : 2) + (Firmware is null ? 0 : 4) + (Protocols.IsEmpty ? 0 : 1);

    internal bool Covers(string? vendor, string? model, string? firmware, string protocol) =>
        Like(Vendor, vendor) && Like(Model, model) && Like(Firmware, firmware) && (Protocols.IsEmpty || Protocols.Contains(protocol));

    private static bool Like(string? pattern, string? value) => pattern is null || (value is not null && FileSystemName.MatchesSimpleExpression(pattern, value, ignoreCase: true));
}

/// <summary>
/// How a model leaves the standard, as data: a file of the folder quirks. The defaults are the standard's ways. Reference: docs/reference/quirks.md.
/// </summary>
public sealed record QuirkProfile
{
    /// <summary>A station without quirks.</summary>
    public static QuirkProfile None { get; } = new();

    /// <summary>The name of its file without .json; empty for <see cref="None"/>.</summary>
    public string Name { get; init; } = "";

    public QuirkMatch Match { get; init; } = new(null, null, null, []);

    /// <summary>Where the quirk is known from.</summary>
    public string Source { get; init; } = "";

    /// <summary>True for a file that shows how: nobody has tried it here with the station itself.</summary>
    public bool Example { get; init; }

    /// <summary>True = discharges on a negative limit (no standard in 1.6 and 2.0.1); null = not known.</summary>
    public bool? NegativeLimits { get; init; }

    /// <summary>Discharge setpoints go by DataTransfer; null = by limits.</summary>
    public SetpointTemplate? DataTransfer { get; init; }

    public RateUnit RateUnit { get; init; }

    /// <summary>Phases and V per phase that turn W into A.</summary>
    public int Phases { get; init; } = 3;

    public double VoltageV { get; init; } = 230;

    public int StackLevel { get; init; } = 1;

    public ScheduleKind ProfileKind { get; init; }

    /// <summary>The schedule says that it began this long ago; null = it says nothing when relative, now when absolute.</summary>
    public int? StartScheduleSecondsAgo { get; init; }

    public ProfileCarrier Purposes { get; init; }

    public bool OmitTransactionId { get; init; }

    /// <summary>What is sent is gain * setpoint + offset, W; a setpoint of zero stays zero and the sign stays.</summary>
    public double SetpointOffsetWatts { get; init; }

    public double SetpointGain { get; init; } = 1;

    /// <summary>Smaller changes are not sent, W.</summary>
    public double MinimumSetpointChangeWatts { get; init; }

    public bool IgnoresDuration { get; init; }

    /// <summary>The cap on charging goes out on its own as ChargePointMaxProfile, never negative.</summary>
    public bool SeparateChargeCap { get; init; }

    public bool ExportReportedAsImport { get; init; }

    /// <summary>Units of power and registers where the station tells none.</summary>
    public string? PowerUnit { get; init; }

    public string? RegisterUnit { get; init; }

    public bool MeasurandsOneByOne { get; init; }

    /// <summary>Configuration keys of 1.6 set after every boot, in order.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Configuration { get; init; } = [];

    public bool NoConcurrentCalls { get; init; }

    public int? CallTimeoutSeconds { get; init; }

    /// <summary>How the station wants to be called.</summary>
    internal CallDiscipline Discipline => NoConcurrentCalls || CallTimeoutSeconds is not null
        ? new CallDiscipline(NoConcurrentCalls, CallTimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null)
        : CallDiscipline.Standard;

    /// <summary>W to try a discharge with, negative.</summary>
    public double ProbeWatts { get; init; } = -500;
}
