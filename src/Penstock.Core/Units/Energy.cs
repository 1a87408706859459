namespace Penstock.Core.Units;

/// <summary>Energy in Wh. Positive is into the vehicle or site, negative is out of it.</summary>
public readonly record struct Energy : IComparable<Energy>
{
    private readonly double wattHours;

    private Energy(double wattHours) => this.wattHours = Quantity.Finite(wattHours, "energy", "Wh");

    public static Energy Zero => default;

    public double WattHours => wattHours;

    public double KilowattHours => wattHours / 1000;

    public static Energy FromWattHours(double wattHours) => new(wattHours);

    public static Energy FromKilowattHours(double kilowattHours) => new(kilowattHours * 1000);

    /// <summary>The one crossing from exact meter registers to planning arithmetic.</summary>
    public static Energy FromRegister(decimal wattHours) => new((double)wattHours);

    public static Energy Min(Energy a, Energy b) => a.wattHours <= b.wattHours ? a : b;

    public static Energy Max(Energy a, Energy b) => a.wattHours >= b.wattHours ? a : b;

    /// <summary>The constant power that moves this energy in <paramref name="elapsed"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is zero.</exception>
    public Power Over(NodaTime.Duration elapsed) => Power.FromWatts(wattHours / elapsed.TotalHours);

    public int CompareTo(Energy other) => wattHours.CompareTo(other.wattHours);

    public override string ToString() => FormattableString.Invariant($"{KilowattHours:0.0##} kWh");

    public static Energy operator +(Energy a, Energy b) => new(a.wattHours + b.wattHours);

    public static Energy operator -(Energy a, Energy b) => new(a.wattHours - b.wattHours);

    public static Energy operator -(Energy a) => new(-a.wattHours);

    public static Energy operator *(Energy a, double factor) => new(a.wattHours * factor);

    public static Energy operator /(Energy a, double divisor) => new(a.wattHours / divisor);

    public static bool operator <(Energy a, Energy b) => a.wattHours < b.wattHours;

    public static bool operator >(Energy a, Energy b) => a.wattHours > b.wattHours;

    public static bool operator <=(Energy a, Energy b) => a.wattHours <= b.wattHours;

    public static bool operator >=(Energy a, Energy b) => a.wattHours >= b.wattHours;
}
