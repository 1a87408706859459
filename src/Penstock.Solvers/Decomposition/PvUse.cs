using Penstock.Solvers.Fleet;

namespace Penstock.Solvers.Decomposition;

/// <summary>
/// The cheapest use of PV in one step once every vehicle's power is known: what a subtree pays for overload as a function of the PV that is used in it is convex and piecewise linear, so subtrees are joined by merging
/// their slopes and the whole picks the best point. Exact where no demand charge and no ramp ties steps together.
/// </summary>
internal sealed class PvUse(FleetProblem problem, LimitTree tree)
{
    /// <summary>PV of a site (null: of the whole) that costs <paramref name="Slope"/> per kW more.</summary>
    private readonly record struct Piece(int? Site, double Slope, double Length);

    /// <param name="loads">Loads of each site's vehicles and of all below it, kW; null: none.</param>
    /// <param name="whole">The same of the whole.</param>
    /// <param name="use">Called for each site (null: the whole) with the kW that are used.</param>
    internal void Best(int t, double[]?[] loads, double whole, Action<int?, double> use)
    {
        var below = new Dictionary<int, List<Piece>>();
        for (var s = problem.Sites.Length - 1; s >= 0; s--)
        {
            if (!tree.Counts(s)) continue;
            var pieces = below.GetValueOrDefault(s, []);
            var site = problem.Sites[s];
            if (site.PvAvailable is { } pv && pv[t] > 0) pieces.Add(new Piece(s, 0, pv[t]));
            if (pieces.Count == 0) continue;
            var net = site.BaseLoad[t] + (loads[s]?[t] ?? 0);
            pieces = Add(pieces, [(double.NegativeInfinity, -problem.PenaltyOf(s)), (net - site.ImportMax[t], 0), (net + site.ExportMax[t], problem.PenaltyOf(s))]);
            var above = tree.Above(s);
            if (below.TryGetValue(above, out var beside)) beside.AddRange(pieces);
            else below[above] = pieces;
        }

        var all = below.GetValueOrDefault(-1, []);
        if (problem.PvAvailable is { } sun && sun[t] > 0) all.Add(new Piece(null, 0, sun[t]));
        if (all.Count > 0) Pick(t, all, problem.BaseLoad[t] + whole, use);
    }

    /// <summary>Adds a convex cost of the PV used to sorted pieces.</summary>
    /// <param name="cost">Where each slope begins.</param>
    private static List<Piece> Add(List<Piece> pieces, ReadOnlySpan<(double From, double Slope)> cost)
    {
        pieces.Sort((a, b) => a.Slope.CompareTo(b.Slope));
        var (result, at, k) = (new List<Piece>(pieces.Count + cost.Length), 0.0, 0);
        foreach (var piece in pieces)
        {
            for (var until = at + piece.Length; at < until;)
            {
                while (k + 1 < cost.Length && cost[k + 1].From <= at) k++;
                var end = k + 1 < cost.Length ? Math.Min(until, cost[k + 1].From) : until;
                result.Add(piece with { Slope = piece.Slope + cost[k].Slope, Length = end - at });
                at = end;
            }
        }

        return result;
    }

    /// <summary>Uses the pieces in their order up to the sum at which step and pieces cost least; on a tie the larger sum.</summary>
    private void Pick(int t, List<Piece> pieces, double load, Action<int?, double> use)
    {
        pieces.Sort((a, b) => a.Slope.CompareTo(b.Slope));
        var most = pieces.Sum(p => p.Length);
        double Whole(double net) => (problem.Buy[t] * Math.Max(0, net)) - (problem.Sell[t] * Math.Max(0, -net)) +
            (problem.OverloadPenalty * (Math.Max(0, net - problem.ImportMax[t]) + Math.Max(0, -problem.ExportMax[t] - net)));
        double Pieces(double sum)
        {
            var cost = 0.0;
            foreach (var piece in pieces)
            {
                var used = Math.Min(sum, piece.Length);
                (cost, sum) = (cost + (used * piece.Slope), sum - used);
            }

            return cost;
        }

        var ends = new List<double> { 0, load, load + problem.ExportMax[t], load - problem.ImportMax[t] };
        foreach (var piece in pieces) ends.Add(ends.Count == 4 ? piece.Length : ends[^1] + piece.Length);
        var best = ends.Where(y => y >= 0 && y <= most).Append(most).MinBy(y => (Whole(load - y) + Pieces(y), -y));
        foreach (var piece in pieces)
        {
            var used = Math.Min(best, piece.Length);
            if (used > 0) use(piece.Site, used);
            best -= used;
        }
    }
}
