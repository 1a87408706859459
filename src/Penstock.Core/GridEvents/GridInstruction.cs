using NodaTime;
using Penstock.Core.Sites;
using Penstock.Core.Units;

namespace Penstock.Core.GridEvents;

public readonly record struct GridEventId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>
/// An order from the grid in the platform's own words: hold the net power of the EVSEs in scope at <paramref name="Target"/> during the window.
/// </summary>
/// <param name="Source">Who ordered: api, console, demo, openadr, iec104.</param>
/// <param name="Site">Null = the whole portfolio.</param>
/// <param name="Target">Net power of the EVSEs in scope; negative = to the grid. For a site of a portfolio order: the site's share.</param>
/// <param name="BandLower">Least delivered share of the target that counts as within the band, such as 0.9.</param>
/// <param name="BandUpper">Largest, such as 1.2.</param>
/// <param name="Subsidy">Paid per kWh of net energy to the grid in the window, per session.</param>
public sealed record GridInstruction(
    GridEventId Id,
    string Name,
    string Source,
    SiteId? Site,
    Power Target,
    Interval Window,
    double BandLower,
    double BandUpper,
    EnergyPrice Subsidy,
    Instant NotifiedAt)
{
    public Instant? AbortedAt { get; init; }

    /// <summary>Of a site's part of a portfolio order: which part of the room below rest the whole portfolio is asked for, 0 to 1. Sites order their vehicles by it, not by their own.</summary>
    public double? PortfolioShare { get; init; }

    public bool IsActiveAt(Instant now) => Window.Contains(now) && !(AbortedAt <= now);
}
