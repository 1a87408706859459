namespace Penstock.Solvers.Interior;

/// <summary>
/// Variables x within [lower, upper] (the upper may be infinite) with the multipliers of both bounds, as an interior-point method moves them. A direction is x and what follows for the multipliers; the
/// products of the first (affine) direction are kept for the second (corrected) one.
/// </summary>
internal sealed class BoundedVariables
{
    private readonly double[] lowerProduct;
    private readonly double[] upperProduct;
    private double center;

    internal BoundedVariables(int count)
    {
        (Lower, Upper, Cost, X) = (new double[count], new double[count], new double[count], new double[count]);
        (LowerDual, UpperDual, Direction, Theta, Rest) = (new double[count], new double[count], new double[count], new double[count], new double[count]);
        (lowerProduct, upperProduct) = (new double[count], new double[count]);
    }

    internal int Count => X.Length;

    internal double[] Lower { get; }

    internal double[] Upper { get; }

    internal double[] Cost { get; }

    internal double[] X { get; }

    internal double[] LowerDual { get; }

    internal double[] UpperDual { get; }

    internal double[] Direction { get; }

    /// <summary>1 / (lower dual / room below + upper dual / room above); 0 = fixed.</summary>
    internal double[] Theta { get; }

    /// <summary>Dual residual with the complementarity terms: direction = Theta (A' dual direction - Rest).</summary>
    internal double[] Rest { get; }

    /// <summary>Puts every variable inside its bounds with multipliers of about <paramref name="dual"/>.</summary>
    internal void Start(double dual)
    {
        for (var k = 0; k < Count; k++)
        {
            var room = Upper[k] - Lower[k];
            X[k] = double.IsPositiveInfinity(room) ? Lower[k] + 1 : Lower[k] + (0.5 * room);
            LowerDual[k] = Math.Max(dual, Cost[k] + dual);
            UpperDual[k] = double.IsPositiveInfinity(room) ? 0 : Math.Max(dual, LowerDual[k] - Cost[k]);
        }
    }

    /// <summary>Sum of the products room x multiplier, and their number.</summary>
    internal (double Sum, int Count) Complementarity(double primalStep, double dualStep)
    {
        var (sum, count) = (0.0, 0);
        for (var k = 0; k < Count; k++)
        {
            if (Theta[k] == 0) continue;
            var (lower, upper) = Duals(k);
            sum += (X[k] + (primalStep * Direction[k]) - Lower[k]) * (LowerDual[k] + (dualStep * lower));
            count++;
            if (double.IsPositiveInfinity(Upper[k])) continue;
            sum += (Upper[k] - X[k] - (primalStep * Direction[k])) * (UpperDual[k] + (dualStep * upper));
            count++;
        }

        return (sum, count);
    }

    /// <summary>Theta of every variable.</summary>
    internal void Weigh()
    {
        for (var k = 0; k < Count; k++)
        {
            var room = Upper[k] - Lower[k];
            Theta[k] = room <= 0 ? 0 : 1 / ((LowerDual[k] / (X[k] - Lower[k])) + (double.IsPositiveInfinity(room) ? 0 : UpperDual[k] / (Upper[k] - X[k])));
            (lowerProduct[k], upperProduct[k]) = (0, 0);
        }
    }

    /// <summary>Rest from A' dual, towards complementarity products of <paramref name="center"/>.</summary>
    /// <param name="priced">A' dual.</param>
    internal void Prepare(int k, double priced, double center)
    {
        this.center = center;
        if (Theta[k] == 0) return;
        var rest = Cost[k] - priced - LowerDual[k] + UpperDual[k];
        rest -= (center - ((X[k] - Lower[k]) * LowerDual[k]) - lowerProduct[k]) / (X[k] - Lower[k]);
        if (!double.IsPositiveInfinity(Upper[k])) rest += (center - ((Upper[k] - X[k]) * UpperDual[k]) - upperProduct[k]) / (Upper[k] - X[k]);
        Rest[k] = rest;
    }

    /// <summary>Keeps the products of the affine direction.</summary>
    internal void Correct()
    {
        for (var k = 0; k < Count; k++)
        {
            if (Theta[k] == 0) continue;
            var (lower, upper) = Duals(k);
            (lowerProduct[k], upperProduct[k]) = (Direction[k] * lower, -Direction[k] * upper);
        }
    }

    /// <summary>The longest steps that keep everything inside.</summary>
    internal (double Primal, double Dual) Longest()
    {
        var (primal, dual) = (1e30, 1e30);
        for (var k = 0; k < Count; k++)
        {
            if (Theta[k] == 0) continue;
            var (move, (lower, upper)) = (Direction[k], Duals(k));
            if (move < 0) primal = Math.Min(primal, (Lower[k] - X[k]) / move);
            else if (move > 0 && !double.IsPositiveInfinity(Upper[k])) primal = Math.Min(primal, (Upper[k] - X[k]) / move);
            if (lower < 0) dual = Math.Min(dual, -LowerDual[k] / lower);
            if (upper < 0) dual = Math.Min(dual, -UpperDual[k] / upper);
        }

        return (primal, dual);
    }

    internal void Move(double primal, double dual)
    {
        for (var k = 0; k < Count; k++)
        {
            if (Theta[k] == 0) continue;
            var (lower, upper) = Duals(k);
            X[k] += primal * Direction[k];
            LowerDual[k] += dual * lower;
            UpperDual[k] += dual * upper;
        }
    }

    /// <summary>Directions of the multipliers that belong to the direction of x.</summary>
    private (double Lower, double Upper) Duals(int k)
    {
        var below = X[k] - Lower[k];
        var lower = ((center - lowerProduct[k] - (LowerDual[k] * Direction[k])) / below) - LowerDual[k];
        if (double.IsPositiveInfinity(Upper[k])) return (lower, 0);
        return (lower, ((center - upperProduct[k] + (UpperDual[k] * Direction[k])) / (Upper[k] - X[k])) - UpperDual[k]);
    }
}
