using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Fleet;
using Penstock.Solvers.Mixing;

namespace Penstock.Solvers.Interior;

/// <summary>
/// One level of the limit tree in the interior-point system: rows, each a sum of loads below (a step, or a step minus the one before) with a piecewise linear cost, or a demand row below a peak. Eliminated from
/// the leaves up: the response K of the loads below to a price becomes K - K R' (D + R K R')^-1 R K for what is above, D the weights of the level's own variables.
/// </summary>
internal sealed class LimitLevel
{
    private readonly FleetProblem problem;
    private readonly (int Step, int? Minus)[] rows;
    private readonly double[] constant; // right side of each row
    private readonly int[] rowOf; // of each piece
    private readonly bool demand;
    private readonly bool plain; // row t is the load of step t
    private readonly int n;
    private readonly double[] factor;
    private readonly double[] rowRight;
    private readonly double[] below; // response of the loads below, steps x steps, lower triangle then both

    private LimitLevel(FleetProblem problem, LimitLevel? parent, int? site, (int, int?)[] rows, ConvexCost[]? costs, double[] offset, double[]? pv, (double PerKilowatt, double Limit)? peak)
    {
        (this.problem, Parent, Site, this.rows, n) = (problem, parent, site, rows, rows.Length);
        demand = peak is not null;
        plain = n == problem.Steps && !rows.Where((r, t) => r != (t, null)).Any();
        var pieces = costs is null ? [] : costs.SelectMany((c, r) => c.Slopes.Select((slope, k) => (Row: r, Slope: slope, Length: c.Breaks[k + 1] - c.Breaks[k]))).ToArray();
        rowOf = demand ? [.. Enumerable.Range(0, n)] : [.. pieces.Select(p => p.Row)];
        Own = new BoundedVariables(demand ? n + 1 : pieces.Length);
        for (var k = 0; k < pieces.Length; k++) (Own.Upper[k], Own.Cost[k]) = (pieces[k].Length, pieces[k].Slope);
        if (peak is { } p1)
        {
            for (var r = 0; r < n; r++) Own.Upper[r] = BoundedVariables.NoUpper;
            (Own.Upper[n], Own.Cost[n]) = (p1.Limit, p1.PerKilowatt);
        }

        constant = [.. Enumerable.Range(0, n).Select(r => costs is null ? offset[r] : offset[r] - costs[r].Breaks[0])];
        Pv = new BoundedVariables(pv?.Length ?? 0);
        for (var t = 0; t < Pv.Count; t++) Pv.Upper[t] = Math.Max(1e-6, pv![t]);
        (Dual, Direction, rowRight) = (new double[n], new double[n], new double[n]);
        (factor, below) = (new double[n * n], new double[problem.Steps * problem.Steps]);
    }

    internal LimitLevel? Parent { get; }

    /// <summary>The site whose limits it holds; null for the whole, its demand charge and its ramps.</summary>
    internal int? Site { get; }

    internal bool IsDemand => demand;

    /// <summary>Pieces of the rows' costs; for demand rows their slacks and the growth of the peak.</summary>
    internal BoundedVariables Own { get; }

    internal BoundedVariables Pv { get; }

    /// <summary>Price of each row per kW and step.</summary>
    internal double[] Dual { get; }

    internal double[] Direction { get; }

    internal ReadOnlySpan<(int Step, int? Minus)> Rows => rows;

    /// <summary>Loads below, less PV of the levels below and its own: charging positive.</summary>
    internal double[] Load { get; private set; } = [];

    /// <summary>Response matrix of the loads below: to be filled before <see cref="Factor"/>.</summary>
    internal Span<double> Below => below;

    /// <summary>What the loads below do of themselves, in the sign of a row.</summary>
    internal double[] Free { get; private set; } = [];

    /// <param name="pv">PV that lowers the sums of this level and all above it.</param>
    internal static LimitLevel Node(FleetProblem problem, LimitLevel? parent, Coupling.Node node, double[]? pv) => new(
        problem, parent, node.Site, [.. Enumerable.Range(0, problem.Steps).Select(t => (t, (int?)null))], [.. Enumerable.Range(0, problem.Steps).Select(t => Coupling.CostOf(problem, node, t))],
        Coupling.Base(problem, node), pv, null);

    internal static LimitLevel Demand(FleetProblem problem, LimitLevel parent, DemandCharge charge, double highest, double[]? pv) => new(
        problem, parent, null, [.. Enumerable.Range(0, problem.Steps).Select(t => (t, (int?)null))], null, [.. problem.BaseLoad.Select(b => b - charge.PeakSoFar)], pv, (charge.PerKilowatt, highest));

    internal static LimitLevel Ramps(FleetProblem problem, LimitLevel parent, Func<RampLimit, ConvexCost> cost, double[]? pv) => new(
        problem, parent, null, [.. problem.Ramps.Select(r => (r.Step, (int?)(r.Step - 1)))], [.. problem.Ramps.Select(cost)], [.. problem.Ramps.Select(r => problem.BaseLoad[r.Step] - problem.BaseLoad[r.Step - 1])], pv, null);

    internal void Start(double dual)
    {
        Own.Start(dual);
        Pv.Start(dual);
        Array.Clear(Dual);
    }

    internal void Begin()
    {
        Array.Clear(below);
        Own.Weigh();
        Pv.Weigh();
    }

    /// <summary>Adds what the level lets through to its parent's response.</summary>
    internal void Factor()
    {
        var steps = problem.Steps;
        for (var t = 0; t < Pv.Count; t++) below[(t * steps) + t] += Pv.Theta[t];
        for (var i = 0; i < steps; i++) for (var j = 0; j < i; j++) below[(j * steps) + i] = below[(i * steps) + j];
        if (plain) below.CopyTo(factor, 0);
        else for (var i = 0; i < n; i++) for (var j = 0; j <= i; j++) factor[(i * n) + j] = Through(rows[i], rows[j]);
        if (demand) for (var i = 0; i < factor.Length; i++) factor[i] += Own.Theta[n];

        for (var k = 0; k < rowOf.Length; k++) factor[(rowOf[k] * n) + rowOf[k]] += Own.Theta[k];
        Cholesky.Factor(factor, n);
        if (Parent is not null) PassUp();
    }

    /// <summary>Prices of the level and all above it, per kW and step, are added up.</summary>
    internal void AddPrices(ReadOnlySpan<double> own, Span<double> price)
    {
        for (var r = 0; r < n; r++)
        {
            price[rows[r].Step] += own[r];
            if (rows[r].Minus is { } minus) price[minus] -= own[r];
        }
    }

    internal void ClearLoads()
    {
        (Load, Free) = (new double[problem.Steps], new double[problem.Steps]);
    }

    /// <summary>Residuals of the level's rows, once its loads are complete; passes them up.</summary>
    /// <param name="price">Prices of the level and above.</param>
    internal void Prepare(ReadOnlySpan<double> price, double center)
    {
        Array.Copy(price.ToArray(), Pv.Priced, Pv.Count);
        var sign = demand ? -1 : 1; // a demand row's slack lowers it
        for (var k = 0; k < rowOf.Length; k++) Own.Priced[k] = sign * Dual[rowOf[k]];
        if (demand) Own.Priced[n] = Dual.Sum();
        Pv.Prepare(center);
        Own.Prepare(center);
        for (var t = 0; t < Pv.Count; t++)
        {
            Load[t] -= Pv.X[t];
            Free[t] -= Pv.Weighted(t);
        }

        for (var r = 0; r < n; r++) rowRight[r] = constant[r] + Sum(Load, r) + (demand ? Own.Weighted(n) - Own.X[n] : 0);
        for (var k = 0; k < rowOf.Length; k++) rowRight[rowOf[k]] += sign * (Own.Weighted(k) - Own.X[k]);
        for (var r = 0; r < n; r++) rowRight[r] -= Sum(Free, r);
        if (Parent is null) return;
        Dense.Add(1, Load, Parent.Load);
        Dense.Add(1, Free, Parent.Free);
        var change = (double[])rowRight.Clone();
        Cholesky.Solve(factor, n, change);
        var back = new double[problem.Steps];
        AddPrices(change, back);
        for (var t = 0; t < back.Length; t++) if (back[t] != 0) Dense.Add(back[t], below.AsSpan(t * problem.Steps, problem.Steps), Parent.Free);
    }

    /// <summary>The level's directions once those above are known.</summary>
    /// <param name="above">Price change of the levels above; the level's own is added.</param>
    internal void Direct(Span<double> above)
    {
        var through = new double[problem.Steps];
        for (var t = 0; t < through.Length; t++) if (above[t] != 0) Dense.Add(above[t], below.AsSpan(t * problem.Steps, problem.Steps), through);
        for (var r = 0; r < n; r++) Direction[r] = rowRight[r] - Sum(through, r);
        Cholesky.Solve(factor, n, Direction);
        AddPrices(Direction, above);
        for (var k = 0; k < rowOf.Length; k++) Own.Priced[k] = (demand ? -1 : 1) * Direction[rowOf[k]];
        if (demand) Own.Priced[n] = Direction.Sum();
        for (var t = 0; t < Pv.Count; t++) Pv.Priced[t] = above[t];
    }

    private double Sum(double[] loads, int r) => loads[rows[r].Step] - (rows[r].Minus is { } minus ? loads[minus] : 0);

    private double Through((int Step, int? Minus) a, (int Step, int? Minus) b)
    {
        var steps = problem.Steps;
        var sum = below[(a.Step * steps) + b.Step];
        if (a.Minus is { } am) sum -= below[(am * steps) + b.Step];
        if (b.Minus is { } bm) sum -= below[(a.Step * steps) + bm];
        if (a.Minus is { } x && b.Minus is { } y) sum += below[(x * steps) + y];
        return sum;
    }

    /// <summary>Parent's response += K - (F^-1 R K)' (F^-1 R K), F the factor.</summary>
    private void PassUp()
    {
        var (steps, to) = (problem.Steps, Parent!.below);
        Dense.Add(1, below, to);
        var half = new double[n * steps];
        for (var r = 0; r < n; r++)
        {
            var mine = half.AsSpan(r * steps, steps);
            below.AsSpan(rows[r].Step * steps, steps).CopyTo(mine);
            if (rows[r].Minus is { } minus) Dense.Add(-1, below.AsSpan(minus * steps, steps), mine);
            for (var j = 0; j < r; j++) Dense.Add(-factor[(r * n) + j], half.AsSpan(j * steps, steps), mine);
            Dense.Scale(1 / factor[(r * n) + r], mine);
        }

        for (var r = 0; r < n; r++)
        {
            var mine = half.AsSpan(r * steps, steps);
            for (var i = 0; i < steps; i++) if (mine[i] != 0) Dense.Add(-mine[i], mine, to.AsSpan(i * steps, steps));
        }
    }
}
