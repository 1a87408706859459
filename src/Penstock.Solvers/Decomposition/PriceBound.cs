using Penstock.Solvers.Fleet;
using Penstock.Solvers.Mixing;

namespace Penstock.Solvers.Decomposition;

/// <summary>The lower bound that given prices prove: every cell is asked once at the prices it sees, every limit gives what it can take at its own.</summary>
internal static class PriceBound
{
    internal static double Of(FleetProblem problem, LimitTree tree, FleetPrices prices, ForEach forEach)
    {
        var seen = new Dictionary<int, double[]> { [-1] = prices.Whole(problem) };
        var whole = Coupling.Of(problem, [tree.Top], new double[problem.Steps]);
        var bound = whole.Bound(whole.RowsOf(problem, [tree.Top], prices)!);
        for (var s = 0; s < problem.Sites.Length; s++)
        {
            if (!tree.Counts(s)) continue;
            var above = seen[tree.Above(s)];
            Coupling.Node[] node = [new Coupling.Node(s, null, tree.ReachOf(s))];
            var coupling = Coupling.Of(problem, node, above);
            bound += coupling.Bound(coupling.RowsOf(problem, node, prices)!);
            seen[s] = prices.Sites.TryGetValue(s, out var own) ? [.. above.Zip(own, (a, b) => a + b)] : above;
        }

        var parts = new double[tree.Cells.Count];
        forEach(parts.Length, c =>
        {
            var (price, load) = (seen[tree.SiteOf[c] ?? -1], new double[problem.Steps]);
            var cost = new CellKernel(tree.Cells).Sum(c, price, load);
            parts[c] = cost.Own - cost.Slack + (Dense.Dot(load, price) * problem.StepHours);
        });
        return bound + parts.Sum();
    }
}
