using System.Runtime.InteropServices;

namespace Penstock.Solvers.Mixing;

// The simplex iterations.
internal sealed partial class MixProgram
{
    /// <summary>A range without an end counts as this long.</summary>
    private const double RangeMax = 1e9;

    /// <summary>Improves the solution until no variable could gain more than <paramref name="tolerance"/> over its whole range, or <paramref name="pivotsMax"/> pivots are done.</summary>
    /// <returns>True at the optimum.</returns>
    internal bool Solve(double tolerance, int pivotsMax)
    {
        Reprice(); // costs may have changed
        var (last, wanted) = (Pivots + pivotsMax, Sweep(double.PositiveInfinity, 0) / 4); // the large gains first
        while (Pivots < last)
        {
            var before = Pivots;
            wanted = Math.Max(tolerance, wanted);
            var most = Sweep(wanted, last);
            if (Pivots == before && most <= tolerance) return true;
            wanted = Math.Min(most, wanted) / 4;
        }

        return false;
    }

    /// <summary>Looks at every variable outside the basis once and lets those enter that gain more than <paramref name="wanted"/>.</summary>
    /// <returns>The largest gain that was seen.</returns>
    private double Sweep(double wanted, long last)
    {
        var most = 0.0;
        for (var i = 0; i < size; i++)
        {
            var (direction, gain) = RowGain(tight[i]);
            var breaks = costs[tight[i]].Breaks;
            var whole = gain * Math.Min(RangeMax, breaks[^1] - breaks[0]);
            most = Math.Max(most, whole);
            if (whole > wanted && Pivots < last) Move(new Entering(-1, i, direction, -gain));
        }

        foreach (var f in free)
        {
            if (place[f] >= 0) continue;
            var gain = atLimit[f] ? Worth(f) : -Worth(f);
            var whole = gain * Math.Min(RangeMax, limit[f]);
            most = Math.Max(most, whole);
            if (whole > wanted && Pivots < last) Move(new Entering(f, -1, atLimit[f] ? -1 : 1, -gain));
        }

        for (var g = 0; g < key.Length; g++)
        {
            var (column, gain) = Best(g);
            most = Math.Max(most, gain);
            if (gain > wanted && Pivots < last) Move(new Entering(column, -1, 1, -gain));
        }

        return most;
    }

    /// <summary>The column of a block that is worth most against its key, and what a unit of it gains.</summary>
    private (int Column, double Gain) Best(int block)
    {
        var (best, gain, mine) = (-1, 0.0, Worth(key[block]));
        foreach (var c in CollectionsMarshal.AsSpan(ofBlock[block]))
        {
            if (place[c] >= 0 || c == key[block]) continue;
            if (mine - Worth(c) is var more && more > gain) (best, gain) = (c, more);
        }

        return (best, gain);
    }

    /// <summary>Which way a tight row would like to leave its break, and what a unit brings.</summary>
    private (int Direction, double Gain) RowGain(int row)
    {
        var (at, slopes) = (stand[row], costs[row].Slopes);
        var up = at < slopes.Length ? price[row] - slopes[at] : double.NegativeInfinity;
        var down = at > 0 ? slopes[at - 1] - price[row] : double.NegativeInfinity;
        return up >= down ? (1, up) : (-1, down);
    }
}
