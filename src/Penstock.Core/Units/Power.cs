namespace Penstock.Core.Units;

/// <summary>Active power in W. Positive flows from the grid into the vehicle or site, negative is discharge or export.</summary>
public readonly record struct Power : IComparable<Power>
{
    private readonly double watts;

    private Power(double watts) => this.watts = Quantity.Finite(watts, "power", "W");

    public static Power Zero => default;

    public double Watts => watts;

    public double Kilowatts => watts / 1000;

    public bool IsDischarge => watts < 0;

    public static Power FromWatts(double watts) => new(watts);

    public static Power FromKilowatts(double kilowatts) => new(kilowatts * 1000);

    public static Power Min(Power a, Power b) => a.watts <= b.watts ? a : b;

    public static Power Max(Power a, Power b) => a.watts >= b.watts ? a : b;

    /// <summary>The nearest power within [<paramref name="lower"/>, <paramref name="upper"/>].</summary>
    public Power Within(Power lower, Power upper) => Max(lower, Min(upper, this));

    public Power Magnitude => new(Math.Abs(watts));

    /// <summary>The energy that this power moves in <paramref name="elapsed"/>, with the same sign.</summary>
    public Energy Over(NodaTime.Duration elapsed) => Energy.FromWattHours(watts * elapsed.TotalHours);

    public int CompareTo(Power other) => watts.CompareTo(other.watts);

    public override string ToString() => FormattableString.Invariant($"{Kilowatts:0.0##} kW");

    public static Power operator +(Power a, Power b) => new(a.watts + b.watts);

    public static Power operator -(Power a, Power b) => new(a.watts - b.watts);

    public static Power operator -(Power a) => new(-a.watts);

    public static Power operator *(Power a, double factor) => new(a.watts * factor);

    public static Power operator /(Power a, double divisor) => new(a.watts / divisor);

    public static bool operator <(Power a, Power b) => a.watts < b.watts;

    public static bool operator >(Power a, Power b) => a.watts > b.watts;

    public static bool operator <=(Power a, Power b) => a.watts <= b.watts;

    public static bool operator >=(Power a, Power b) => a.watts >= b.watts;
}
