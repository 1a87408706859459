namespace Penstock.Ocpp.V21.V2x;

/// <summary>
/// A power of a schedule period, W (or A in a schedule in ampere), positive into the vehicle: the sum of all phases, or each phase by itself once L2 or L3 is given.
/// </summary>
public readonly record struct Phases(decimal L1, decimal? L2 = null, decimal? L3 = null)
{
    public static implicit operator Phases(decimal sum) => new(sum);

    /// <summary>True where <paramref name="holds"/> of every phase that both tell; a window that tells only the sum is compared with the sum.</summary>
    internal bool Against(Phases other, Func<decimal, decimal, bool> holds) =>
        other is { L2: null, L3: null } ? holds(Sum, other.L1) : holds(L1, other.L1) && (L2 is not { } two || other.L2 is not { } b || holds(two, b)) && (L3 is not { } three || other.L3 is not { } c || holds(three, c));

    internal decimal Sum => L1 + (L2 ?? 0) + (L3 ?? 0);

    public override string ToString() => L2 is null && L3 is null ? FormattableString.Invariant($"{L1} W") : FormattableString.Invariant($"{L1}/{L2}/{L3} W");
}

/// <summary>What a vehicle may do at most: it charges up to <see cref="Limit"/> (>= 0) and discharges down to <see cref="DischargeLimit"/> (&lt;= 0); null = not bounded here.</summary>
public sealed record PowerWindow
{
    /// <exception cref="ArgumentOutOfRangeException">A discharge limit above 0, or a charging limit below 0.</exception>
    public PowerWindow(Phases? dischargeLimit, Phases? limit)
    {
        if (dischargeLimit is { } least && !Nowhere(least, v => v > 0)) throw new ArgumentOutOfRangeException(nameof(dischargeLimit), $"A dischargeLimit is 0 or negative; it is {least}.");
        if (limit is { } most && !Nowhere(most, v => v < 0)) throw new ArgumentOutOfRangeException(nameof(limit), $"A limit beside a discharge limit is 0 or positive; it is {most}.");
        (DischargeLimit, Limit) = (dischargeLimit, limit);
    }

    public Phases? DischargeLimit { get; }

    public Phases? Limit { get; }

    private static bool Nowhere(Phases all, Func<decimal, bool> faulty) => !faulty(all.L1) && !faulty(all.L2 ?? 0) && !faulty(all.L3 ?? 0);
}
