namespace Penstock.Solvers.Flexibility;

/// <summary>What one day is like, for all vehicles. Chances in [0, 1).</summary>
/// <param name="LeavePerStep">That a vehicle leaves at the end of a step before its departure.</param>
/// <param name="NoShow">That an expected vehicle does not come.</param>
/// <param name="OptOut">That an owner does not take part.</param>
/// <param name="ShiftSteps">Expected vehicles come later by this on average; negative = earlier.</param>
public readonly record struct DayRates(double LeavePerStep, double NoShow, double OptOut, double ShiftSteps);

/// <summary>
/// How arrivals, departures and owners may differ from what is announced. The defaults are assumptions for a fleet without history: a vehicle in a hundred leaves early per quarter-hour, one in twenty does
/// not come or opts out, arrivals differ by half an hour, and these rates differ by half from day to day. Put <see cref="Days"/> in their place as soon as there is a history.
/// </summary>
public sealed record FlexibilityUncertainty
{
    /// <summary>A bad day's rates stay below 1.</summary>
    private const double RateMax = 0.99;

    /// <summary>Used for vehicles whose <see cref="Fleet.StorageFleet.LeaveProbability"/> is unknown.</summary>
    public double LeavePerStep { get; init; } = 0.01;

    public double NoShow { get; init; } = 0.05;

    public double OptOut { get; init; } = 0.05;

    /// <summary>An arrival that is still expected differs by up to this, uniformly, whole steps; the stay keeps its length.</summary>
    public int ShiftStepsMax { get; init; } = 2;

    /// <summary>In [0, 1]: each rate of a draw is the usual one times a factor in 1 +- this, the same for all vehicles. Independent vehicles alone would average out.</summary>
    public double DaySpread { get; init; } = 0.5;

    /// <summary>Recorded days: each draw takes one of them, with all its rates (bootstrap with days as blocks), in place of rates and spread. Empty = none.</summary>
    public IReadOnlyList<DayRates> Days { get; init; } = [];

    /// <summary>Entries of the fleet from this index on are stationary batteries: certain.</summary>
    public int CertainFrom { get; init; } = int.MaxValue;

    /// <summary>The default rates for steps of another length than a quarter-hour.</summary>
    public static FlexibilityUncertainty Usual(double stepHours)
    {
        var usual = new FlexibilityUncertainty();
        return usual with { LeavePerStep = 1 - Math.Pow(1 - usual.LeavePerStep, stepHours / 0.25), ShiftStepsMax = (int)Math.Round(usual.ShiftStepsMax * 0.25 / stepHours) };
    }

    /// <exception cref="ArgumentException">A rate is not a chance below 1, or a spread is out of range.</exception>
    internal void Check()
    {
        foreach (var day in Days.Prepend(new DayRates(LeavePerStep, NoShow, OptOut, 0)))
        {
            if (day.LeavePerStep is not (>= 0 and < 1) || day.NoShow is not (>= 0 and < 1) || day.OptOut is not (>= 0 and < 1) || !double.IsFinite(day.ShiftSteps)) throw new ArgumentException($"{day}: each chance is from 0 to below 1.");
        }

        if (DaySpread is not (>= 0 and <= 1)) throw new ArgumentException($"DaySpread is {DaySpread}; 0 to 1 was expected.");
        if (ShiftStepsMax is < 0 or > 1000) throw new ArgumentException($"ShiftStepsMax is {ShiftStepsMax}; 0 to 1000 was expected.");
    }

    internal DayRates Day(Draw draw)
    {
        if (Days.Count > 0) return Days[(int)(draw.Next() * Days.Count)];
        double Rate(double usual) => Math.Min(RateMax, usual * (1 + (DaySpread * ((2 * draw.Next()) - 1))));
        return new DayRates(Rate(LeavePerStep), Rate(NoShow), Rate(OptOut), 0);
    }
}

/// <summary>Uniform numbers in [0, 1) that depend on seed, draw and vehicle alone, and so not on the order in which vehicles are visited (SplitMix64; Steele, Lea and Flood 2014).</summary>
internal struct Draw(int seed, int draw, int vehicle)
{
    private ulong state = unchecked(Mix(((ulong)(uint)seed << 32) | (uint)draw) + ((ulong)(uint)vehicle * 0xD1B54A32D192ED03));

    internal double Next() => (Mix(state = unchecked(state + 0x9E3779B97F4A7C15)) >> 11) * (1.0 / (1UL << 53));

    private static ulong Mix(ulong z) => unchecked((z = ((z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) ^ (z >> 27)) * 0x94D049BB133111EB) ^ (z >> 31));
}
