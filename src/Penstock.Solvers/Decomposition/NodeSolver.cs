using Penstock.Solvers.Fleet;
using Penstock.Solvers.Mixing;

namespace Penstock.Solvers.Decomposition;

/// <summary>
/// Answers a price for one node of the limit tree with every vehicle a part of its own. Where the free answer keeps the node's limits it is exact at once; else the node's own prices are found:
/// incremental steps when it has none yet, then mixtures of past answers whose prices ask for the next ones, until cost and bound meet. One instance per thread.
/// </summary>
internal sealed class NodeSolver(FleetProblem problem, FleetCells cells, double priceScale)
{
    /// <summary>Incremental steps before the first mixture; the answers of the later half are mixed.</summary>
    private const int WarmSteps = 40;

    /// <summary>A child's answer need not be better than this share of the gap, and takes no more than so many rounds: it goes on from there next time.</summary>
    private const double Rough = 0.1;

    private const int RoundsBelow = 6;

    /// <summary>Rounds without progress before a search gives up.</summary>
    private const int Patience = 8;

    /// <summary>A mixture need not be better than this share of the gap.</summary>
    private const double Loose = 0.3;

    private readonly CellKernel kernel = new(cells);
    private float[] schedules = [];
    private double[] own = [];

    /// <summary>Times that a node's vehicles were asked.</summary>
    internal long Asked { get; private set; }

    /// <param name="outside">Price per kWh above the node.</param>
    /// <param name="tolerance">Cost minus bound that is good enough, in currency.</param>
    /// <param name="rounds">Mixtures at most.</param>
    internal NodeResult Solve(SiteNode node, double[] outside, double tolerance, int rounds)
    {
        var coupling = node.CouplingAt(outside);
        if (node.Children.Length > 0 && !node.IsWarm) Warm(node, outside); // with all below it: they would else search one by one
        var first = Ask(node, coupling, outside, node.Prices, tolerance, rounds);
        var plain = first.Plain with { Free = coupling.Complete(first.Entries, node.Prices) };
        var search = new Search(node, first.Bound, LocalMix.Close(problem, coupling, outside, first.Entries, first.Load, first.Own, plain));
        if (search.Gap <= Wanted(search, tolerance))
        {
            node.Forget(0);
            return search.Result;
        }

        if (!node.IsWarm)
        {
            if (node.WarmBy is { } other) other();
            else Warm(node, outside);
            search.Take(Ask(node, coupling, outside, node.Prices, tolerance, rounds).Bound, node.Prices);
        }

        var mix = new LocalMix(problem, cells, node, coupling, outside);
        var (pull, idle) = (0.3, 0); // weight of the best prices against those of the mixture
        for (var round = 0; round < rounds && idle < Patience; round++)
        {
            var before = search.Gap;
            var mixed = mix.Solve(Math.Max(tolerance, Loose * search.Gap)); // the prices of a rough mixture ask as well
            search.Take(mixed.Answer, mixed.Cost);
            if (search.Gap <= Wanted(search, tolerance) || round == rounds - 1) break;
            var (center, improved) = (search.Prices, false);
            foreach (var weight in (ReadOnlySpan<double>)[pull, idle > 0 ? 0 : 0.5 + (pull / 2)]) // without progress the mixture's own prices are asked: they miss no answer
            {
                var y = new double[center.Length];
                for (var r = 0; r < y.Length; r++) y[r] = (weight * center[r]) + ((1 - weight) * mix.Prices[r]);
                improved |= search.Take(Ask(node, coupling, outside, y, Math.Max(tolerance, Rough * search.Gap), rounds).Bound, y);
            }

            pull = improved ? Math.Max(0.1, 0.8 * pull) : Math.Min(0.95, pull + (0.3 * (1 - pull)));
            idle = search.Gap < 0.98 * before ? 0 : idle + 1;
            if (search.Gap <= Wanted(search, tolerance)) break;
        }

        search.Keep();
        node.Forget(NodePart.Kept);
        return search.Result;
    }

    /// <summary>Closer than single precision answers no search comes.</summary>
    private static double Wanted(Search search, double tolerance) => Math.Max(tolerance, 1e-7 * search.Size);

    /// <summary>
    /// Prices by incremental steps, of the node and of all below it together: each answer of all vehicles moves them a little; the mean of the later ones is where the search begins. Where the free answer
    /// keeps all limits nothing is to be done.
    /// </summary>
    private void Warm(SiteNode node, double[] outside)
    {
        var top = new WarmNode(node, problem, priceScale);
        for (var k = 0; k < WarmSteps && (k == 0 || top.Moves); k++)
        {
            top.Begin(keep: k >= WarmSteps / 2);
            Descend(top, outside, 1 / (1 + (8.0 * k / WarmSteps)));
        }

        top.End();
    }

    /// <returns>What the node draws from above, PV at its best against the prices.</returns>
    private double[] Descend(WarmNode warm, double[] outside, double rate)
    {
        var (node, load) = (warm.Node, new double[problem.Steps]);
        var coupling = node.CouplingAt(outside);
        var entries = new double[coupling.Rows.Length];
        AskMembers(node, coupling, outside, warm.Y, load, entries, new double[node.Members.Length][]);
        if (node.Children.Length > 0)
        {
            var below = PriceOn(coupling, outside, warm.Y, [0]);
            foreach (var child in warm.Children)
            {
                var drawn = Descend(child, below, rate);
                Dense.Add(1, drawn, load);
                coupling.AddEntries(drawn, [0], entries);
            }
        }

        var free = coupling.Complete(entries, warm.Y);
        for (var f = 0; f < free.Length; f++)
        {
            if (coupling.Free[f].PvOf is not (_, var step)) continue;
            load[step] -= free[f];
            Dense.Add(free[f], coupling.Free[f].Entries, entries);
        }

        warm.Step(coupling, entries, rate);
        return load;
    }

    /// <summary>All parts against outside + y; their answers are added to what is known.</summary>
    private Answered Ask(SiteNode node, Coupling coupling, double[] outside, double[] y, double tolerance, int rounds)
    {
        var (load, entries, prices) = (new double[problem.Steps], new double[coupling.Rows.Length], new double[node.Members.Length][]);
        var (bound, costs) = AskMembers(node, coupling, outside, y, load, entries, prices);
        bound += coupling.Bound(y);
        var p = node.Parts.Length - node.Children.Length;
        var children = new (SiteAnswer, double)[node.Children.Length][];
        if (children.Length == 0) return new Answered(load, entries, costs, bound, new SiteAnswer([], 0, prices, null, [], children));
        var below = PriceOn(coupling, outside, y, [0]);
        for (var c = 0; c < children.Length; c++, p++)
        {
            var answered = Solve(node.Children[c], below, tolerance / (2 * children.Length), Math.Min(rounds, RoundsBelow));
            node.Parts[p].Add(answered.Answer);
            children[c] = [(answered.Answer, 1.0)];
            costs += answered.Answer.Cost;
            bound += answered.Bound;
            Dense.Add(1, answered.Answer.Load, load);
            coupling.AddEntries(answered.Answer.Load, [0], entries);
        }

        return new Answered(load, entries, costs, bound, new SiteAnswer([], 0, prices, null, [], children));
    }

    /// <summary>The vehicles of all members against outside + y.</summary>
    /// <returns>Their least cost with energy, and their own costs.</returns>
    private (double Bound, double Own) AskMembers(SiteNode node, Coupling coupling, double[] outside, double[] y, double[] load, double[] entries, double[][] prices)
    {
        Asked++;
        var (bound, costs, p) = (0.0, 0.0, 0);
        for (var m = 0; m < node.Members.Length; m++)
        {
            var (cell, path) = (node.Members[m].Cell, node.Members[m].Path);
            var (offsets, mine) = (cells.Offsets(cell), new double[problem.Steps]);
            var price = prices[m] = PriceOn(coupling, outside, y, path);
            var n = offsets.Length - 1;
            if (schedules.Length < offsets[^1]) schedules = new float[offsets[^1]];
            if (own.Length < n) own = new double[n];
            bound -= kernel.Each(cell, price, schedules, own);
            for (var k = 0; k < n; k++, p++)
            {
                var schedule = schedules.AsSpan(offsets[k]..offsets[k + 1]);
                node.Parts[p].Add(schedule, own[k]);
                for (var t = 0; t < schedule.Length; t++) mine[node.Parts[p].First + t] += schedule[t];
                costs += own[k];
            }

            bound += Dense.Dot(mine, price) * problem.StepHours;
            Dense.Add(1, mine, load);
            coupling.AddEntries(mine, path, entries);
        }

        return (bound + costs, costs);
    }

    private double[] PriceOn(Coupling coupling, double[] outside, double[] y, ReadOnlySpan<int> path)
    {
        var price = new double[problem.Steps];
        coupling.Price(y, path, price);
        Dense.Add(1, outside, price);
        return price;
    }

    /// <summary>What the parts answered to one price.</summary>
    /// <param name="Entries">Row sums.</param>
    /// <param name="Plain">The answers as they are, unmixed; still without load and cost.</param>
    private readonly record struct Answered(double[] Load, double[] Entries, double Own, double Bound, SiteAnswer Plain);

    /// <summary>The best bound and the cheapest answer so far.</summary>
    private sealed class Search(SiteNode node, double bound, (SiteAnswer Answer, double Cost) found)
    {
        private double bound = bound;
        private (SiteAnswer Answer, double Cost) found = found;
        private IReadOnlyList<double[]> below = Below(node);

        internal double[] Prices { get; private set; } = node.Prices;

        internal double Gap => found.Cost - bound;

        internal NodeResult Result => new(found.Answer, bound, found.Cost);

        internal double Size => Math.Abs(found.Cost) + Math.Abs(found.Answer.Cost);

        internal bool Take(double value, double[] y)
        {
            if (value <= bound) return false;
            (bound, Prices, below) = (value, (double[])y.Clone(), Below(node));
            return true;
        }

        /// <summary>Leaves the prices of the best bound with the node and those below it.</summary>
        internal void Keep()
        {
            node.Prices = Prices;
            var next = 0;
            foreach (var child in node.Children) Restore(child, ref next);
        }

        private static List<double[]> Below(SiteNode node) => [.. node.Children.SelectMany(c => Below(c).Prepend(c.Prices))];

        private void Restore(SiteNode child, ref int next)
        {
            child.Prices = below[next++];
            foreach (var one in child.Children) Restore(one, ref next);
        }

        internal void Take(SiteAnswer answer, double cost)
        {
            if (cost < found.Cost) found = (answer, cost);
        }
    }
}

/// <param name="Bound">What no answer can cost less than, energy at the outside price included.</param>
/// <param name="Cost">What this one costs, energy at the outside price included.</param>
internal readonly record struct NodeResult(SiteAnswer Answer, double Bound, double Cost);
