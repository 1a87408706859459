namespace Penstock.Solvers.Decomposition;

/// <summary>How hard to plan. Same problem, options and seed: same plan, whatever the number of threads.</summary>
public sealed record PlanOptions
{
    /// <summary>(cost - lower bound) / max(1, |cost|) that is good enough.</summary>
    public double GapWanted { get; init; } = 1e-4;

    public int Seed { get; init; } = 1;

    /// <summary>Prices of an earlier plan to start from; null = from the tariff.</summary>
    public FleetPrices? Start { get; init; }

    /// <summary>Mixtures at most after the first; 0 to 1000.</summary>
    public int RoundsMax { get; init; } = 60;

    /// <summary>Incremental passes whose answers are kept for mixing.</summary>
    internal int PassesKept { get; init; } = 6;

    /// <summary>Mixtures at most within a site for one price.</summary>
    internal int SiteRounds { get; init; } = 6;
}
