namespace Penstock.Core.Units;

internal static class Quantity
{
    /// <exception cref="ArgumentOutOfRangeException">The value is NaN or infinite.</exception>
    internal static double Finite(double value, string what, string unit) =>
        double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(what, value, $"A {what} is a finite number of {unit}.");
}
