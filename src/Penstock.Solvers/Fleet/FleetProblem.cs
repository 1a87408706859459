namespace Penstock.Solvers.Fleet;

/// <summary>A connection with limits of its own, in kW per step; positive = import. Its net power is its base load plus its vehicles and those of its children.</summary>
/// <param name="Parent">Index of the site that contains it; null directly under the whole.</param>
public sealed record SiteLimits(int? Parent, double[] BaseLoad, double[] ImportMax, double[] ExportMax);

/// <summary>A subsidy on the net energy that a vehicle discharges over steps [First, Last]: S max(0, discharged - charged), per vehicle.</summary>
public sealed record SubsidyEvent(int First, int Last, double SubsidyPerKilowattHour);

/// <summary>A demand charge per kW of net import above the month's running peak.</summary>
public readonly record struct DemandCharge(double PerKilowatt, double PeakSoFar);

/// <summary>
/// A fleet to plan as one power plant. Arrays have one value per step; net power of the whole = <see cref="BaseLoad"/> - PV used + all vehicles, positive = import.
/// Cost: net import at <paramref name="Buy"/>, net export at <paramref name="Sell"/>, wear, shortfall, minus salvage and subsidies, plus the overload penalty per kWh beyond
/// any limit of the whole or a site.
/// </summary>
public sealed record FleetProblem(double StepHours, double[] Buy, double[] Sell, double[] BaseLoad, double[] ImportMax, double[] ExportMax, double OverloadPenalty, StorageFleet Vehicles)
{
    /// <summary>Kernel calls double with every event, so their number is bounded.</summary>
    public const int EventsMax = 4;

    public int Steps => Buy.Length;

    /// <summary>Empty when no site has limits; else every vehicle names one. A parent comes before its children.</summary>
    public SiteLimits[] Sites { get; init; } = [];

    public SubsidyEvent[] Events { get; init; } = [];

    /// <summary>PV that may be used or curtailed in each step, kW; null without PV.</summary>
    public double[]? PvAvailable { get; init; }

    public DemandCharge? DemandCharge { get; init; }

    /// <summary>Largest change of net power from one step to the next, kW; excess costs the overload penalty per kW and step hour. Null = free.</summary>
    public double? RampMax { get; init; }
}
