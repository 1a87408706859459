namespace Penstock.Solvers.Fleet;

/// <summary>A connection with limits of its own, in kW per step; positive = import. Its net power is its base load - PV used + its vehicles and those of its children.</summary>
/// <param name="Parent">Index of the site that contains it, smaller than its own; null directly under the whole.</param>
/// <param name="ExportMax">Magnitude, >= 0.</param>
public sealed record SiteLimits(int? Parent, double[] BaseLoad, double[] ImportMax, double[] ExportMax)
{
    /// <summary>PV behind this connection that may be used or curtailed, kW; null without PV.</summary>
    public double[]? PvAvailable { get; init; }

    /// <summary>Per kWh beyond its limits; null = that of the problem.</summary>
    public double? OverloadPenalty { get; init; }
}

/// <summary>A subsidy on the net energy that a vehicle discharges over steps [First, Last]: S max(0, discharged - charged), per vehicle.</summary>
public sealed record SubsidyEvent(int First, int Last, double SubsidyPerKilowattHour);

/// <summary>A demand charge per kW of net import above the month's running peak.</summary>
public readonly record struct DemandCharge(double PerKilowatt, double PeakSoFar);

/// <summary>The largest change of net power into a step from the one before, kW; excess costs the overload penalty per kW and step hour.</summary>
public readonly record struct RampLimit(int Step, double ChangeMax);

/// <summary>
/// A fleet to plan as one power plant. Arrays have one value per step; net power of the whole = <see cref="BaseLoad"/> - PV used + all vehicles, positive = import.
/// Cost: net import at <paramref name="Buy"/>, net export at <paramref name="Sell"/>, wear, shortfall, minus salvage and subsidies, plus the overload penalty per kWh beyond
/// any limit of the whole or a site, plus demand charge, plus discharge fees. The base load of the whole is what is billed: it contains those of the sites, unless they are settled elsewhere.
/// </summary>
public sealed record FleetProblem(double StepHours, double[] Buy, double[] Sell, double[] BaseLoad, double[] ImportMax, double[] ExportMax, double OverloadPenalty, StorageFleet Vehicles)
{
    /// <summary>Kernel calls double with every event, so their number is bounded.</summary>
    public const int EventsMax = 4;

    public int Steps => Buy.Length;

    /// <summary>Empty when no site has limits; else every vehicle names one. A parent comes before its children.</summary>
    public SiteLimits[] Sites { get; init; } = [];

    public SubsidyEvent[] Events { get; init; } = [];

    /// <summary>PV outside the sites that may be used or curtailed, kW; null without.</summary>
    public double[]? PvAvailable { get; init; }

    public DemandCharge? DemandCharge { get; init; }

    public RampLimit[] Ramps { get; init; } = [];

    /// <summary>
    /// Per kWh at the grid side that a vehicle discharges, per step; null = none. With it each vehicle can be settled by itself: where buying costs b and selling earns s, energy is b both ways
    /// and the fee b - s. Negative where selling earns more; charging and discharging at once may pay then, which plans do not do and the bound allows for.
    /// </summary>
    public double[]? DischargeFee { get; init; }

    /// <summary>Who takes part in which events, where that is decided: [vehicle, event]. A participant is paid for all it discharges and pays for all it charges in the window; the interior-point method plans by it.</summary>
    internal bool[,]? TakesPart { get; init; }

    /// <summary>Per kWh beyond the limits of a site; null = of the whole.</summary>
    public double PenaltyOf(int? site) => site is { } s && Sites[s].OverloadPenalty is { } own ? own : OverloadPenalty;
}
