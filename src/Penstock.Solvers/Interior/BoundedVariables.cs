using System.Numerics;

namespace Penstock.Solvers.Interior;

/// <summary>
/// Variables x within [lower, upper] with the multipliers of both bounds, as an interior-point method moves them. A direction is x and what follows for the multipliers; the products of the first (affine)
/// direction are kept for the second (corrected) one. Whole arrays at a time in vector code.
/// </summary>
internal sealed class BoundedVariables
{
    /// <summary>An upper bound that none needs.</summary>
    internal const double NoUpper = 1e9;

    private readonly double[] below; // reciprocals of the rooms
    private readonly double[] above;
    private readonly double[] lowerDirection;
    private readonly double[] upperDirection;
    private readonly double[] lowerProduct;
    private readonly double[] upperProduct;
    private double center;

    internal BoundedVariables(int count)
    {
        Count = count;
        var length = (count + Vector<double>.Count - 1) / Vector<double>.Count * Vector<double>.Count; // whole vectors; what is beyond the count moves by itself and means nothing
        double[] Array() => new double[length];
        (Lower, Upper, Cost, X, LowerDual, UpperDual) = (Array(), Array(), Array(), Array(), Array(), Array());
        (Direction, Theta, Rest, Priced, below, above) = (Array(), Array(), Array(), Array(), Array(), Array());
        (lowerDirection, upperDirection, lowerProduct, upperProduct) = (Array(), Array(), Array(), Array());
        for (var k = count; k < length; k++) Upper[k] = 2;
    }

    internal int Count { get; }

    internal double[] Lower { get; }

    internal double[] Upper { get; }

    internal double[] Cost { get; }

    internal double[] X { get; }

    private double[] LowerDual { get; }

    private double[] UpperDual { get; }

    internal double[] Direction { get; }

    /// <summary>1 / (lower dual / room below + upper dual / room above).</summary>
    internal double[] Theta { get; }

    /// <summary>Dual residual with the complementarity terms: direction = Theta (A' dual direction - Rest).</summary>
    internal double[] Rest { get; }

    /// <summary>A' dual, then A' dual direction: to be filled before <see cref="Prepare"/> and <see cref="Direct"/>.</summary>
    internal double[] Priced { get; }

    internal double Weighted(int k) => Theta[k] * Rest[k];

    /// <summary>Puts every variable inside its bounds with multipliers of about <paramref name="dual"/>.</summary>
    internal void Start(double dual)
    {
        for (var k = 0; k < X.Length; k++)
        {
            var room = Upper[k] - Lower[k];
            var wide = room >= NoUpper / 2;
            X[k] = wide ? Lower[k] + 1 : Lower[k] + (0.5 * room);
            LowerDual[k] = Math.Max(dual, Cost[k] + dual);
            UpperDual[k] = wide ? dual / room : Math.Max(dual, LowerDual[k] - Cost[k]);
        }
    }

    internal void Weigh()
    {
        for (var k = 0; k < X.Length; k += Vector<double>.Count)
        {
            var at = new Vector<double>(X, k);
            var (perBelow, perAbove) = (Vector<double>.One / (at - new Vector<double>(Lower, k)), Vector<double>.One / (new Vector<double>(Upper, k) - at));
            perBelow.CopyTo(below, k);
            perAbove.CopyTo(above, k);
            (Vector<double>.One / ((new Vector<double>(LowerDual, k) * perBelow) + (new Vector<double>(UpperDual, k) * perAbove))).CopyTo(Theta, k);
        }

        Array.Clear(lowerProduct);
        Array.Clear(upperProduct);
    }

    /// <summary>Rest from the prices, towards complementarity products of <paramref name="towards"/>.</summary>
    internal void Prepare(double towards)
    {
        center = towards;
        var middle = new Vector<double>(towards);
        for (var k = 0; k < X.Length; k += Vector<double>.Count)
        {
            var rest = new Vector<double>(Cost, k) - new Vector<double>(Priced, k) - ((middle - new Vector<double>(lowerProduct, k)) * new Vector<double>(below, k));
            (rest + ((middle - new Vector<double>(upperProduct, k)) * new Vector<double>(above, k))).CopyTo(Rest, k);
        }
    }

    /// <summary>Directions of x and of the multipliers from the prices' direction.</summary>
    /// <returns>The reciprocals of the longest steps that keep x and the multipliers inside.</returns>
    internal (double Primal, double Dual) Direct()
    {
        var (middle, primal, dual) = (new Vector<double>(center), Vector<double>.Zero, Vector<double>.Zero);
        for (var k = 0; k < X.Length; k += Vector<double>.Count)
        {
            var (zl, zu, perBelow, perAbove) = (new Vector<double>(LowerDual, k), new Vector<double>(UpperDual, k), new Vector<double>(below, k), new Vector<double>(above, k));
            var move = new Vector<double>(Theta, k) * (new Vector<double>(Priced, k) - new Vector<double>(Rest, k));
            var down = ((middle - new Vector<double>(lowerProduct, k) - (zl * move)) * perBelow) - zl;
            var up = ((middle - new Vector<double>(upperProduct, k) + (zu * move)) * perAbove) - zu;
            move.CopyTo(Direction, k);
            down.CopyTo(lowerDirection, k);
            up.CopyTo(upperDirection, k);
            primal = Vector.Max(primal, Vector.Max(-move * perBelow, move * perAbove));
            dual = Vector.Max(dual, Vector.Max(-down / zl, -up / zu));
        }

        return (Most(primal), Most(dual));
    }

    /// <summary>Sum of the products room x multiplier after a step.</summary>
    internal double Complementarity(double primalStep, double dualStep)
    {
        var (sum, p, d) = (Vector<double>.Zero, new Vector<double>(primalStep), new Vector<double>(dualStep));
        for (var k = 0; k < X.Length; k += Vector<double>.Count)
        {
            var at = new Vector<double>(X, k) + (p * new Vector<double>(Direction, k));
            sum += (at - new Vector<double>(Lower, k)) * (new Vector<double>(LowerDual, k) + (d * new Vector<double>(lowerDirection, k)));
            sum += (new Vector<double>(Upper, k) - at) * (new Vector<double>(UpperDual, k) + (d * new Vector<double>(upperDirection, k)));
        }

        return Vector.Sum(sum);
    }

    /// <summary>Keeps the products of the affine direction.</summary>
    internal void Correct()
    {
        for (var k = 0; k < X.Length; k += Vector<double>.Count)
        {
            var move = new Vector<double>(Direction, k);
            (move * new Vector<double>(lowerDirection, k)).CopyTo(lowerProduct, k);
            (-move * new Vector<double>(upperDirection, k)).CopyTo(upperProduct, k);
        }
    }

    internal void Move(double primal, double dual)
    {
        Add(primal, Direction, X);
        Add(dual, lowerDirection, LowerDual);
        Add(dual, upperDirection, UpperDual);
    }

    private static void Add(double factor, double[] direction, double[] to)
    {
        var scale = new Vector<double>(factor);
        for (var k = 0; k < to.Length; k += Vector<double>.Count) (new Vector<double>(to, k) + (scale * new Vector<double>(direction, k))).CopyTo(to, k);
    }

    private static double Most(Vector<double> values)
    {
        var most = 0.0;
        for (var k = 0; k < Vector<double>.Count; k++) most = Math.Max(most, values[k]);
        return most;
    }
}
