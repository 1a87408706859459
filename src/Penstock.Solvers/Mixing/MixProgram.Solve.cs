using System.Runtime.InteropServices;

namespace Penstock.Solvers.Mixing;

// The simplex iterations.
internal sealed partial class MixProgram
{
    /// <summary>Improves the solution until no entering variable gains more than <paramref name="tolerance"/> per unit, or <paramref name="pivotsMax"/> pivots are done.</summary>
    /// <returns>True at the optimum.</returns>
    internal bool Solve(double tolerance, int pivotsMax)
    {
        Reprice(); // costs may have changed
        var least = Pivots + pivotsMax;
        var wanted = Largest();
        while (Pivots < least)
        {
            wanted = Math.Max(tolerance, wanted / 4); // the large gains first
            var entered = EnterRows(wanted, least) + EnterFree(wanted, least) + EnterColumns(wanted, least);
            if (entered == 0 && wanted <= tolerance) return true;
        }

        return false;
    }

    private double Largest()
    {
        var most = 0.0;
        for (var g = 0; g < key.Length; g++) most = Math.Max(most, -Best(g, 0).Gain);
        for (var i = 0; i < size; i++) most = Math.Max(most, RowGain(tight[i]).Gain);
        return most;
    }

    private int EnterColumns(double wanted, long least)
    {
        var entered = 0;
        for (var g = 0; g < key.Length && Pivots < least; g++)
        {
            if (Best(g, -wanted) is not (>= 0 and var column, var gain)) continue;
            Move(new Entering(column, -1, 1, gain));
            entered++;
        }

        return entered;
    }

    private int EnterFree(double wanted, long least)
    {
        var entered = 0;
        foreach (var f in free)
        {
            if (place[f] >= 0 || Pivots >= least) continue;
            var gain = columnCost[f] + Dense.Dot(price, Column(f));
            if (atLimit[f]) gain = -gain;
            if (gain >= -wanted) continue;
            Move(new Entering(f, -1, atLimit[f] ? -1 : 1, gain));
            entered++;
        }

        return entered;
    }

    private int EnterRows(double wanted, long least)
    {
        var entered = 0;
        for (var i = 0; i < size && Pivots < least; i++)
        {
            var (direction, gain) = RowGain(tight[i]);
            if (gain <= wanted) continue;
            Move(new Entering(-1, i, direction, -gain));
            entered++;
        }

        return entered;
    }

    /// <summary>The column of a block that is worth most against its key.</summary>
    private (int Column, double Gain) Best(int block, double below)
    {
        var mine = columnCost[key[block]] + Dense.Dot(price, Column(key[block]));
        var (best, least) = (-1, below);
        foreach (var c in CollectionsMarshal.AsSpan(ofBlock[block]))
        {
            if (place[c] >= 0 || c == key[block]) continue;
            var gain = columnCost[c] + Dense.Dot(price, Column(c)) - mine;
            if (gain < least) (best, least) = (c, gain);
        }

        return (best, least);
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
