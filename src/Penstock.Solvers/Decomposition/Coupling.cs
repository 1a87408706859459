using Penstock.Solvers.Fleet;
using Penstock.Solvers.Mixing;

namespace Penstock.Solvers.Decomposition;

/// <summary>
/// What loads share within a tree of limits: rows, each a sum of net kW with a convex cost, and free columns beside the loads. Every node of the tree has one row per step, s = offset + the loads below it;
/// the whole may have demand and ramp rows as well. A load lies on a path of nodes. Prices y of rows are per kW over a step; what a kWh costs a load is <see cref="Price"/>. Any y gives a lower bound: the
/// sum of the loads' least cost at their prices + <see cref="Bound"/>.
/// </summary>
internal sealed class Coupling
{
    private readonly double stepHours;

    private Coupling(int steps, double stepHours, Draft draft)
    {
        (Steps, this.stepHours) = (steps, stepHours);
        (Costs, Offset, Rows, Free) = ([.. draft.Costs], [.. draft.Offset], [.. draft.Rows], [.. draft.Free]);
        Nodes = Rows.Length == 0 ? 0 : Rows.Max(r => r.Node) + 1;
    }

    /// <summary>A row's entry of a load below a node: kW in a step, minus kW in another one.</summary>
    internal readonly record struct RowOf(int Node, int Step, int? Minus);

    /// <summary>A quantity that is decided beside the loads: its entries per row, its cost and its limit.</summary>
    /// <param name="PvOf">The node and step whose PV it is; null for the growth of the peak.</param>
    internal sealed record FreeColumn(double[] Entries, double Cost, double Limit, (int Node, int Step)? PvOf);

    /// <summary>A node of the tree, parents first.</summary>
    /// <param name="Site">Index of the site; null for the whole.</param>
    internal sealed record Node(int? Site, int? Parent, Reach Reach);

    internal int Steps { get; }

    internal int Nodes { get; }

    internal ConvexCost[] Costs { get; }

    internal double[] Offset { get; }

    /// <summary>The step rows of node 0, of node 1, ..., then demand and ramp rows.</summary>
    internal RowOf[] Rows { get; }

    internal FreeColumn[] Free { get; }

    /// <param name="outside">Price per kWh above the tree.</param>
    internal static Coupling Of(FleetProblem problem, IReadOnlyList<Node> nodes, ReadOnlySpan<double> outside)
    {
        var draft = new Draft();
        for (var n = 0; n < nodes.Count; n++)
        {
            for (var t = 0; t < problem.Steps; t++) draft.Add(CostOf(problem, nodes[n], t), Base(problem, nodes[n])[t], new RowOf(n, t, null));
        }

        if (nodes[0].Site is null)
        {
            AddDemand(problem, nodes[0].Reach, draft);
            foreach (var ramp in problem.Ramps) AddRamp(problem, ramp, nodes[0].Reach, draft);
            if (draft.Peak is { } peak) draft.Free.Add(new FreeColumn([.. draft.Rows.Select((_, r) => r >= peak.First && r < peak.End ? -1.0 : 0)], peak.Cost, peak.Limit, null));
        }

        for (var n = 0; n < nodes.Count; n++)
        {
            var pv = Pv(problem, nodes[n]);
            for (var t = 0; t < (pv?.Length ?? 0); t++) if (pv![t] > 0) draft.Free.Add(new FreeColumn(Used(nodes, draft.Rows, n, t), -outside[t] * problem.StepHours, pv[t], (n, t)));
        }

        return new Coupling(problem.Steps, problem.StepHours, draft);
    }

    /// <summary>Price per kWh in each step that row prices <paramref name="y"/> amount to on a path.</summary>
    internal void Price(ReadOnlySpan<double> y, ReadOnlySpan<int> path, Span<double> price)
    {
        price.Clear();
        foreach (var node in path) for (var t = 0; t < Steps; t++) price[t] += y[(node * Steps) + t] / stepHours;
        for (var r = Nodes * Steps; r < Rows.Length; r++) // of the whole, which every path begins with
        {
            price[Rows[r].Step] += y[r] / stepHours;
            if (Rows[r].Minus is { } minus) price[minus] -= y[r] / stepHours;
        }
    }

    internal void AddEntries(ReadOnlySpan<double> load, ReadOnlySpan<int> path, Span<double> entries)
    {
        foreach (var node in path) Dense.Add(1, load, entries.Slice(node * Steps, Steps));
        for (var r = Nodes * Steps; r < Rows.Length; r++) entries[r] += load[Rows[r].Step] - (Rows[r].Minus is { } minus ? load[minus] : 0);
    }

    /// <summary>The shared part of the lower bound at row prices <paramref name="y"/>.</summary>
    internal double Bound(ReadOnlySpan<double> y)
    {
        var sum = 0.0;
        for (var r = 0; r < Rows.Length; r++) sum += Costs[r].Conjugate(y[r]) + (y[r] * Offset[r]);
        foreach (var one in Free)
        {
            var gain = one.Cost + Dense.Dot(y, one.Entries);
            if (gain < 0) sum += gain * one.Limit;
        }

        return sum;
    }

    /// <summary>Cost of the rows when all loads add up to <paramref name="entries"/>, free columns at the values given.</summary>
    internal double Cost(ReadOnlySpan<double> entries, ReadOnlySpan<double> free)
    {
        var (s, sum) = (entries.ToArray(), 0.0);
        for (var f = 0; f < free.Length; f++)
        {
            sum += Free[f].Cost * free[f];
            Dense.Add(free[f], Free[f].Entries, s);
        }

        for (var r = 0; r < s.Length; r++) sum += Costs[r].At(s[r] + Offset[r]);
        return sum;
    }

    /// <summary>Free columns for loads as they are: PV at its best against row prices, the peak as high as the loads need it.</summary>
    internal double[] Complete(ReadOnlySpan<double> entries, ReadOnlySpan<double> y)
    {
        var (free, s) = (new double[Free.Length], entries.ToArray());
        for (var f = 0; f < free.Length; f++)
        {
            if (Free[f].PvOf is null || Free[f].Cost + Dense.Dot(y, Free[f].Entries) >= 0) continue;
            free[f] = Free[f].Limit;
            Dense.Add(free[f], Free[f].Entries, s);
        }

        for (var f = 0; f < free.Length; f++)
        {
            if (Free[f].PvOf is not null) continue;
            for (var r = Nodes * Steps; r < Rows.Length; r++) if (Free[f].Entries[r] < 0) free[f] = Math.Max(free[f], s[r] + Offset[r]);
        }

        return free;
    }

    /// <summary>Row prices that every load may start from: what a kWh costs where the loads were nothing; on an edge the price nearer to 0, so that a limit that nobody presses on has none.</summary>
    internal double[] StartPrices()
    {
        var y = new double[Rows.Length];
        for (var r = 0; r < Nodes * Steps; r++)
        {
            var (cost, piece) = (Costs[r], Costs[r].Piece(Offset[r]));
            y[r] = cost.Slopes[piece];
            if (piece < cost.Slopes.Length - 1 && cost.Breaks[piece + 1] == Offset[r] && Math.Abs(cost.Slopes[piece + 1]) < Math.Abs(y[r])) y[r] = cost.Slopes[piece + 1];
        }

        return y;
    }

    /// <summary>Row prices of the tree from those of an earlier plan; null where they do not fit.</summary>
    internal double[]? RowsOf(FleetProblem problem, IReadOnlyList<Node> nodes, FleetPrices prices)
    {
        var y = new double[Rows.Length];
        for (var n = 0; n < nodes.Count; n++)
        {
            var known = nodes[n].Site is { } site ? prices.Sites.GetValueOrDefault(site) : prices.Net;
            if (known is null) continue;
            if (known.Length != Steps) return null;
            for (var t = 0; t < Steps; t++) y[(n * Steps) + t] = known[t] * stepHours;
        }

        for (int r = Nodes * Steps, ramp = 0; r < Rows.Length; r++)
        {
            if (Rows[r].Minus is null) y[r] = Rows[r].Step < prices.Demand.Length ? prices.Demand[Rows[r].Step] : 0;
            else if (prices.Ramps.Length == problem.Ramps.Length) y[r] = prices.Ramps[ramp++];
        }

        return y;
    }

    /// <summary>The prices of the whole that row prices amount to; sites are added by their nodes.</summary>
    internal FleetPrices PricesOf(FleetProblem problem, ReadOnlySpan<double> y, IReadOnlyDictionary<int, double[]> sites)
    {
        var (net, demand, ramps) = (new double[Steps], problem.DemandCharge is null ? [] : new double[Steps], new List<double>());
        for (var t = 0; t < Steps; t++) net[t] = y[t] / stepHours;
        for (var r = Nodes * Steps; r < Rows.Length; r++)
        {
            if (Rows[r].Minus is null) demand[Rows[r].Step] = y[r];
            else ramps.Add(y[r]);
        }

        return new FleetPrices(net, demand, [.. ramps], sites);
    }

    /// <summary>Cost of a node's net power in a step, per step.</summary>
    internal static ConvexCost CostOf(FleetProblem problem, Node node, int t) => node.Site is { } site ? Within(problem, site, node.Reach, t) : Energy(problem, node.Reach, t);

    internal static double[] Base(FleetProblem problem, Node node) => node.Site is { } site ? problem.Sites[site].BaseLoad : problem.BaseLoad;

    internal static double[]? Pv(FleetProblem problem, Node node) => node.Site is { } site ? problem.Sites[site].PvAvailable : problem.PvAvailable;

    /// <summary>PV used at a node lowers the sums of its row and of those above, and of the whole's demand and ramp rows.</summary>
    private static double[] Used(IReadOnlyList<Node> nodes, List<RowOf> rows, int node, int step)
    {
        var above = new HashSet<int>();
        for (int? at = node; at is { } n; at = nodes[n].Parent) above.Add(n);
        return [.. rows.Select(r => !above.Contains(r.Node) ? 0 : r.Step == step ? -1.0 : r.Minus == step ? 1.0 : 0)];
    }

    private static ConvexCost Energy(FleetProblem problem, Reach reach, int t)
    {
        var (h, penalty) = (problem.StepHours, problem.OverloadPenalty);
        var (sell, buy, least, most) = (problem.Sell[t], problem.Buy[t], -problem.ExportMax[t], problem.ImportMax[t]);
        return Between(problem.BaseLoad[t], reach, t, [least, 0, most], // where selling earns more than buying costs, the hull is the cheapest that mixing could reach
            net => h * ((buy * Math.Max(0, net)) - (sell * Math.Max(0, -net)) + (penalty * (Math.Max(0, net - most) + Math.Max(0, least - net)))));
    }

    private static ConvexCost Within(FleetProblem problem, int index, Reach reach, int t)
    {
        var site = problem.Sites[index];
        var (least, most, penalty) = (-site.ExportMax[t], site.ImportMax[t], problem.PenaltyOf(index) * problem.StepHours);
        return Between(site.BaseLoad[t], reach, t, [least, most], net => penalty * (Math.Max(0, net - most) + Math.Max(0, least - net)));
    }

    private static ConvexCost Between(double offset, Reach reach, int t, double[] kinks, Func<double, double> cost)
    {
        var (low, high) = (offset - reach.Give[t] - 1, offset + reach.Draw[t] + 1);
        var breaks = kinks.Where(k => k > low && k < high).Append(low).Append(high).Distinct().Order().ToArray();
        return ConvexCost.Hull(breaks, [.. breaks.Select(cost)]);
    }

    private static void AddDemand(FleetProblem problem, Reach reach, Draft draft)
    {
        if (problem.DemandCharge is not { } demand) return;
        var (highest, first) = (1.0, draft.Rows.Count);
        for (var t = 0; t < problem.Steps; t++) highest = Math.Max(highest, problem.BaseLoad[t] + reach.Draw[t] - demand.PeakSoFar + 1);
        for (var t = 0; t < problem.Steps; t++)
        {
            if (problem.BaseLoad[t] + reach.Draw[t] <= demand.PeakSoFar) continue;
            var least = Math.Min(-1, problem.BaseLoad[t] - reach.Give[t] - demand.PeakSoFar - highest - 1);
            draft.Add(ConvexCost.Of(least, 0, [(0, -least)]), problem.BaseLoad[t] - demand.PeakSoFar, new RowOf(0, t, null)); // net - peak so far - its growth: at most 0
        }

        if (draft.Rows.Count > first) draft.Peak = (first, draft.Rows.Count, demand.PerKilowatt, highest);
    }

    private static void AddRamp(FleetProblem problem, RampLimit ramp, Reach reach, Draft draft) =>
        draft.Add(CostOf(problem, ramp, reach), problem.BaseLoad[ramp.Step] - problem.BaseLoad[ramp.Step - 1], new RowOf(0, ramp.Step, ramp.Step - 1));

    /// <summary>Cost of a change of net power into a limited step.</summary>
    internal static ConvexCost CostOf(FleetProblem problem, RampLimit ramp, Reach reach)
    {
        var (t, before, penalty) = (ramp.Step, ramp.Step - 1, problem.OverloadPenalty * problem.StepHours);
        var far = Math.Abs(problem.BaseLoad[t] - problem.BaseLoad[before]) + reach.Draw[t] + reach.Give[t] + reach.Draw[before] + reach.Give[before] + ramp.ChangeMax + 1;
        return ConvexCost.Of(-far, penalty * (far - ramp.ChangeMax), [(-penalty, far - ramp.ChangeMax), (0, 2 * ramp.ChangeMax), (penalty, far - ramp.ChangeMax)]);
    }

    private sealed class Draft
    {
        internal List<ConvexCost> Costs { get; } = [];

        internal List<double> Offset { get; } = [];

        internal List<RowOf> Rows { get; } = [];

        internal List<FreeColumn> Free { get; } = [];

        /// <summary>The demand rows, the charge per kW and the largest growth of the peak.</summary>
        internal (int First, int End, double Cost, double Limit)? Peak { get; set; }

        internal void Add(ConvexCost cost, double offset, RowOf row)
        {
            Costs.Add(cost);
            Offset.Add(offset);
            Rows.Add(row);
        }
    }
}

/// <summary>Largest kW that some vehicles together may draw and give in each step, PV with what is given.</summary>
internal sealed record Reach(double[] Draw, double[] Give)
{
    internal static Reach Of(FleetProblem problem, IEnumerable<int> vehicles)
    {
        var (fleet, draw, give) = (problem.Vehicles, new double[problem.Steps + 1], new double[problem.Steps + 1]);
        foreach (var i in vehicles)
        {
            draw[fleet.Arrival[i]] += fleet.ChargeMax[i];
            draw[fleet.Departure[i]] -= fleet.ChargeMax[i];
            give[fleet.Arrival[i]] += fleet.DischargeMax[i];
            give[fleet.Departure[i]] -= fleet.DischargeMax[i];
        }

        for (var t = 1; t < problem.Steps; t++) (draw[t], give[t]) = (draw[t] + draw[t - 1], give[t] + give[t - 1]);
        return new Reach([.. draw[..problem.Steps].Select(d => Math.Max(0, d) + 1e-3)], [.. give[..problem.Steps].Select(g => Math.Max(0, g) + 1e-3)]);
    }

    internal Reach With(double[]? pv) => pv is null ? this : this with { Give = [.. Give.Zip(pv, (g, p) => g + p)] };

    public static Reach operator +(Reach a, Reach b) => new([.. a.Draw.Zip(b.Draw, (x, y) => x + y)], [.. a.Give.Zip(b.Give, (x, y) => x + y)]);
}
