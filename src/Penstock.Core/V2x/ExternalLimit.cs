using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Units;

namespace Penstock.Core.V2x;

/// <summary>A stretch of an external limit; null = not bounded in that direction.</summary>
/// <param name="Discharge">0 or negative.</param>
public sealed record ExternalStep(Instant From, Power? Charge, Power? Discharge);

/// <summary>A limit that somebody beside the platform set at a station: an energy manager, the grid operator (NotifyChargingLimit).</summary>
/// <param name="Source">Who set it, as the station names it: EMS, SO, CSO or its own word.</param>
/// <param name="StationWide">True where it bounds the sum of the station's EVSEs.</param>
/// <param name="Steps">In time order; empty = the station told that there is a limit, and not which.</param>
/// <param name="Until">End of the last step; null = until it is cleared.</param>
public sealed record ExternalLimit(string Source, bool StationWide, bool GridCritical, ImmutableArray<ExternalStep> Steps, Instant? Until)
{
    /// <summary>What holds at <paramref name="now"/>; null where nothing does.</summary>
    public ExternalStep? At(Instant now) => now >= Until ? null : Steps.LastOrDefault(s => s.From <= now);
}
