namespace Penstock.Solvers.Mixing;

/// <summary>
/// A convex piecewise linear cost of one number: <see cref="Slopes"/>[k] holds between <see cref="Breaks"/>[k] and <see cref="Breaks"/>[k + 1]; outside the first and last break there is nothing.
/// <see cref="AtFirst"/> is the cost at the first break.
/// </summary>
internal sealed record ConvexCost(double[] Breaks, double[] Slopes, double AtFirst)
{
    /// <summary>The cost from lengths and slopes in any order: the cheapest come first. Lengths that are not positive are dropped.</summary>
    internal static ConvexCost Of(double first, double atFirst, IEnumerable<(double Slope, double Length)> pieces)
    {
        var (breaks, slopes) = (new List<double> { first }, new List<double>());
        foreach (var (slope, length) in pieces.Where(p => p.Length > 0).OrderBy(p => p.Slope))
        {
            if (slopes.Count > 0 && slopes[^1] == slope) breaks[^1] += length;
            else
            {
                slopes.Add(slope);
                breaks.Add(breaks[^1] + length);
            }
        }

        return new ConvexCost([.. breaks], [.. slopes], atFirst);
    }

    /// <summary>The largest convex cost below given points.</summary>
    internal static ConvexCost Hull(double[] breaks, double[] costs)
    {
        var kept = new List<int>();
        for (var k = 0; k < breaks.Length; k++)
        {
            while (kept.Count > 1 && Slope(kept[^2], kept[^1]) >= Slope(kept[^1], k)) kept.RemoveAt(kept.Count - 1);
            kept.Add(k);
        }

        return Of(breaks[0], costs[0], kept.Zip(kept.Skip(1), (a, b) => (Slope(a, b), breaks[b] - breaks[a])));

        double Slope(int a, int b) => (costs[b] - costs[a]) / (breaks[b] - breaks[a]);
    }

    internal double At(double x)
    {
        var cost = AtFirst;
        for (var k = 0; k < Slopes.Length && x > Breaks[k]; k++) cost += Slopes[k] * (Math.Min(x, k == Slopes.Length - 1 ? double.PositiveInfinity : Breaks[k + 1]) - Breaks[k]);
        return x < Breaks[0] ? cost + (Slopes[0] * (x - Breaks[0])) : cost;
    }

    /// <summary>The piece that holds <paramref name="x"/>; at a break the lower one.</summary>
    internal int Piece(double x)
    {
        var k = 0;
        while (k < Slopes.Length - 1 && x > Breaks[k + 1]) k++;
        return k;
    }

    /// <summary>The break at which cost(x) - price x is least.</summary>
    internal int Cheapest(double price)
    {
        var k = 0;
        while (k < Slopes.Length && Slopes[k] < price) k++;
        return k;
    }

    /// <summary>min over x of cost(x) - price x.</summary>
    internal double Conjugate(double price)
    {
        var (cost, k) = (AtFirst - (price * Breaks[0]), 0);
        for (; k < Slopes.Length && Slopes[k] < price; k++) cost += (Slopes[k] - price) * (Breaks[k + 1] - Breaks[k]);
        return cost;
    }

    internal ConvexCost Scaled(double factor) => new([.. Breaks.Select(b => b * factor)], Slopes, AtFirst * factor);
}
