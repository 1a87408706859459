using Penstock.Solvers.Mixing;

namespace Penstock.Solvers.Decomposition;

/// <summary>
/// Incremental ascent on the prices of a coupling's step rows: after a few vehicles have answered, every price moves by what their load, scaled to the fleet, is over or under what the row takes at that
/// price (Nedic and Bertsekas 2001), with one step length per row from the past violations (Duchi, Hazan and Singer 2011) and the row's own cost taken into account exactly (proximal step). Free of units:
/// the largest step is a share of the price scale.
/// </summary>
/// <param name="first">Any coupling of the rows; costs may change from step to step.</param>
internal sealed class PriceSteps(Coupling first, double scale)
{
    /// <summary>First step as a share of the price scale.</summary>
    private const double First = 0.6;

    private readonly double[] squares = new double[first.Nodes * first.Steps];

    /// <param name="entries">Estimated row sums of all loads.</param>
    /// <param name="rate">Falls from 1.</param>
    /// <returns>Whether a price changed.</returns>
    internal bool Step(Coupling coupling, double[] y, ReadOnlySpan<double> entries, double rate)
    {
        var moved = false;
        for (var r = 0; r < squares.Length; r++)
        {
            var cost = coupling.Costs[r];
            var sum = coupling.Offset[r] + entries[r];
            var violation = Violation(cost, y[r], sum);
            squares[r] += violation * violation;
            if (squares[r] == 0) continue;
            var length = rate * First * scale / Math.Sqrt(squares[r]);
            var next = Taken(cost, y[r] + (length * sum), length);
            moved |= next != y[r];
            y[r] = next;
        }

        return moved;
    }

    /// <summary>How far the sum is from what the row would take at this price.</summary>
    private static double Violation(ConvexCost cost, double price, double sum)
    {
        var k = 0;
        while (k < cost.Slopes.Length && cost.Slopes[k] < price) k++;
        var end = k < cost.Slopes.Length && cost.Slopes[k] == price ? k + 1 : k;
        return sum - Math.Clamp(sum, cost.Breaks[k], cost.Breaks[end]);
    }

    /// <summary>The price p = ahead - length * s where the row takes s at price p.</summary>
    private static double Taken(ConvexCost cost, double ahead, double length)
    {
        for (var k = 0; k < cost.Slopes.Length; k++)
        {
            var price = ahead - (length * cost.Breaks[k]);
            if (price <= cost.Slopes[k]) return k == 0 ? cost.Slopes[0] : Math.Max(price, cost.Slopes[k - 1]);
        }

        return cost.Slopes[^1];
    }
}
