namespace Penstock.Core.Units;

/// <summary>State of charge as a fraction of the usable battery capacity, 0 to 1.</summary>
public readonly record struct StateOfCharge : IComparable<StateOfCharge>
{
    private readonly double fraction;

    private StateOfCharge(double fraction) => this.fraction = fraction;

    public static StateOfCharge Empty => default;

    public static StateOfCharge Full => new(1);

    public double Fraction => fraction;

    public double Percent => fraction * 100;

    /// <exception cref="ArgumentOutOfRangeException">The fraction is not within 0 to 1.</exception>
    public static StateOfCharge FromFraction(double fraction) => fraction is >= 0 and <= 1
        ? new(fraction)
        : throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "A state of charge is a fraction from 0 to 1.");

    /// <exception cref="ArgumentOutOfRangeException">The value is not within 0 to 100.</exception>
    public static StateOfCharge FromPercent(double percent) => percent is >= 0 and <= 100
        ? new(percent / 100)
        : throw new ArgumentOutOfRangeException(nameof(percent), percent, "A state of charge is 0 to 100 %.");

    /// <summary>The state of charge of a battery of <paramref name="capacity"/> that holds <paramref name="stored"/>, cut to 0..1.</summary>
    public static StateOfCharge Of(Energy stored, Energy capacity) =>
        new(capacity.WattHours > 0 ? Math.Clamp(stored.WattHours / capacity.WattHours, 0, 1) : 0);

    /// <summary>The energy stored in a battery of <paramref name="capacity"/>.</summary>
    public Energy Stored(Energy capacity) => capacity * fraction;

    public int CompareTo(StateOfCharge other) => fraction.CompareTo(other.fraction);

    public override string ToString() => FormattableString.Invariant($"{Percent:0.#} %");

    public static bool operator <(StateOfCharge a, StateOfCharge b) => a.fraction < b.fraction;

    public static bool operator >(StateOfCharge a, StateOfCharge b) => a.fraction > b.fraction;

    public static bool operator <=(StateOfCharge a, StateOfCharge b) => a.fraction <= b.fraction;

    public static bool operator >=(StateOfCharge a, StateOfCharge b) => a.fraction >= b.fraction;
}
