namespace Penstock.Solvers.Decomposition;

/// <summary>How hard to plan. Same problem, options and seed: same plan, whatever the number of threads.</summary>
public sealed record PlanOptions
{
    /// <summary>(cost - lower bound) / max(1, |cost|) that is good enough.</summary>
    public double GapWanted { get; init; } = 1e-4;

    public int Seed { get; init; } = 1;

    /// <summary>What an earlier plan of a similar problem knew; null = start from the tariff.</summary>
    public PlanStart? Start { get; init; }

    /// <summary>Mixtures at most after the first; 0 to 1000.</summary>
    public int RoundsMax { get; init; } = 60;

    /// <summary>Incremental passes whose answers are kept for mixing.</summary>
    internal int PassesKept { get; init; } = 6;

    /// <summary>Mixtures at most within a site for one price.</summary>
    internal int SiteRounds { get; init; } = 6;
}

/// <summary>What a later plan can start from.</summary>
/// <param name="BlockPrices">For each block of a large whole the price vectors (per kWh, one value per step) that its vehicles answered; empty for small problems.</param>
public sealed record PlanStart(FleetPrices Prices, IReadOnlyList<IReadOnlyList<double[]>> BlockPrices);
