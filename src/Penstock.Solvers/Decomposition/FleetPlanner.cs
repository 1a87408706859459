using Penstock.Solvers.Fleet;
using Penstock.Solvers.Interior;

namespace Penstock.Solvers.Decomposition;

/// <summary>Plans a fleet as one power plant: the cheapest schedules that keep every limit, with a proven lower bound. README.md argues why it works.</summary>
public static class FleetPlanner
{
    /// <summary>The interior-point method stops at this share of the gap wanted.</summary>
    private const double InteriorShare = 0.05;

    /// <summary>Vehicles that it plans at most; it keeps about 350 bytes per vehicle and step.</summary>
    private const int InteriorVehiclesMax = 200_000;

    /// <summary>A small problem's search that ends with more than this share of the cost open is stuck.</summary>
    private const double StuckShare = 1e-6;

    /// <summary>Fewer blocks of vehicles and sites than this give a mixture too little to choose from.</summary>
    private const int FewBlocks = 64;

    /// <summary>A plan always exists: what cannot be met is paid for at the penalties and told in <see cref="FleetPlan"/>.</summary>
    /// <param name="forEach">Runs blocks in parallel; null = one after the other. The plan is the same.</param>
    /// <exception cref="ArgumentException">Arrays of the problem differ in length, or it has more events than <see cref="FleetProblem.EventsMax"/>.</exception>
    public static FleetPlan Plan(FleetProblem problem, PlanOptions? options = null, ForEach? forEach = null)
    {
        Check(problem);
        options ??= new PlanOptions();
        forEach ??= InTurn.OneByOne;
        var tree = LimitTree.Of(problem);
        var scale = PriceScale(problem);
        if (tree.Whole is { } whole) return Small(problem, tree, whole, scale, options, forEach);
        return InteriorFits(problem, tree) ? PlanOf(Inside(problem, tree, scale, options, forEach), problem, tree, double.NegativeInfinity, 0, forEach) : Large(problem, tree, scale, options, forEach);
    }

    private static FleetPlan Small(FleetProblem problem, LimitTree tree, SiteNode whole, double scale, PlanOptions options, ForEach forEach)
    {
        Warm(problem, options.Start?.Prices, whole);
        var inside = new Lazy<InteriorPoint>(() => Inside(problem, tree, scale, options, InTurn.OneByOne));
        if (problem.Events.Length == 0) whole.WarmBy = () => Begin(problem, tree, whole, inside.Value);
        var solver = new NodeSolver(problem, tree.Cells, scale);
        var nothing = new double[problem.Steps];
        var result = solver.Solve(whole, nothing, 1e-12, 1);
        for (var round = 0; round < options.RoundsMax && result.Cost - result.Bound > Tolerance(result, options); round++)
        {
            var next = solver.Solve(whole, nothing, Tolerance(result, options), options.RoundsMax);
            var better = next.Cost < result.Cost ? next : result;
            var stuck = next.Cost - next.Bound >= result.Cost - result.Bound;
            result = better with { Bound = Math.Max(result.Bound, next.Bound) };
            if (stuck) break;
        }

        var draft = new PlanDraft(problem, tree.Cells.Count);
        draft.Collect(whole, [(result.Answer, 1.0)]);
        var sites = new Dictionary<int, double[]>();
        whole.CollectPrices(problem.StepHours, sites);
        var plan = PlanEvaluation.Evaluate(problem, tree, draft, whole.CouplingAt(nothing).PricesOf(problem, whole.Prices, sites), result.Bound, solver.Asked, forEach);
        if (problem.Events.Length > 0 && problem.Vehicles.LeaveProbability is null && plan.Certificate.Cost - result.Bound > Tolerance(result, options)) return Settled(problem, tree, plan, scale, options, forEach);
        if (!InteriorKnows(problem) || plan.Certificate.Cost - result.Bound <= Math.Max(Tolerance(result, options), StuckShare * Math.Abs(result.Cost))) return plan;
        var other = PlanOf(inside.Value, problem, tree, result.Bound, solver.Asked, forEach); // the search is stuck
        return other.Certificate.Cost < plan.Certificate.Cost ? other : plan;
    }

    /// <summary>
    /// Where taking part in events is a choice a mixture has to round it, and misses limits by what it rounds. With everybody's choice fixed the problem is linear again: it is solved for the choices of a plan, and
    /// for all who can taking part; the subsidy is then paid by the net rule, which is never less. The bound stays that of the free choice.
    /// </summary>
    private static FleetPlan Settled(FleetProblem problem, LimitTree tree, FleetPlan plan, double scale, PlanOptions options, ForEach forEach)
    {
        var (fleet, best) = (problem.Vehicles, plan);
        foreach (var everybody in (ReadOnlySpan<bool>)[false, true])
        {
            var takes = new bool[fleet.Count, problem.Events.Length];
            foreach (var (i, schedule) in plan.Schedules())
            {
                for (var e = 0; e < problem.Events.Length; e++) takes[i, e] = fleet.DischargeMax[i] > 0 && (everybody || StayAccount.Given(problem, i, schedule, problem.Events[e]) > 0);
            }

            var interior = Inside(problem with { TakesPart = takes }, tree, scale, options, InTurn.OneByOne);
            var other = PlanEvaluation.Evaluate(problem, tree, DraftOf(interior, problem, tree), plan.Prices, plan.BoundFound, plan.Certificate.Passes + interior.Iterations, forEach);
            if (other.Certificate.Cost < best.Certificate.Cost) best = other;
        }

        return best;
    }

    /// <summary>Prices and a first answer of every vehicle from the interior-point method.</summary>
    private static void Begin(FleetProblem problem, LimitTree tree, SiteNode whole, InteriorPoint interior)
    {
        var (prices, schedules) = (interior.Prices(), interior.Schedules());
        whole.Prices = whole.CouplingAt(new double[problem.Steps]).RowsOf(problem, whole.Nodes, prices) ?? whole.Prices;
        whole.IsWarm = true;
        for (int m = 0, p = 0; m < whole.Members.Length; m++)
        {
            var cell = whole.Members[m].Cell;
            var offsets = tree.Cells.Offsets(cell);
            for (var k = 0; k < offsets.Length - 1; k++, p++)
            {
                var schedule = schedules[cell].AsSpan(offsets[k]..offsets[k + 1]);
                whole.Parts[p].Add(schedule, StayAccount.Of(problem, whole.Parts[p].Vehicle, schedule).Own);
                whole.Parts[p].Answers[^1].Used = true; // the mixture begins with it
            }
        }
    }

    /// <summary>Trees that are deep, or make few blocks, or whose sites are large, give a mixture too little to choose from: they are solved as one system.</summary>
    private static bool InteriorFits(FleetProblem problem, LimitTree tree)
    {
        if (!InteriorKnows(problem) || tree.Sites.Length == 0 || problem.Vehicles.Count > InteriorVehiclesMax) return false;
        var counting = Enumerable.Range(0, problem.Sites.Length).Count(tree.Counts);
        return counting < InteriorPoint.LevelsMax && (tree.Blocks.Length + tree.Sites.Length < FewBlocks || tree.Sites.Any(s => s.Children.Length > 0 || s.Parts.Length > LimitTree.TogetherMax));
    }

    /// <summary>The method plans as if there were no events and nobody left early: with either its schedules are only something to begin with.</summary>
    private static bool InteriorKnows(FleetProblem problem) => problem.Events.Length == 0 && problem.Vehicles.LeaveProbability is null;

    private static InteriorPoint Inside(FleetProblem problem, LimitTree tree, double scale, PlanOptions options, ForEach forEach)
    {
        var interior = new InteriorPoint(problem, tree, forEach);
        interior.Solve(scale, InteriorShare * options.GapWanted);
        return interior;
    }

    /// <param name="known">A bound that is known already.</param>
    /// <param name="before">Passes that were made already.</param>
    private static FleetPlan PlanOf(InteriorPoint interior, FleetProblem problem, LimitTree tree, double known, long before, ForEach forEach)
    {
        var prices = interior.Prices();
        return PlanEvaluation.Evaluate(problem, tree, DraftOf(interior, problem, tree), prices, Math.Max(known, PriceBound.Of(problem, tree, prices, forEach)), before + interior.Iterations, forEach);
    }

    private static PlanDraft DraftOf(InteriorPoint interior, FleetProblem problem, LimitTree tree)
    {
        var (schedules, draft) = (interior.Schedules(), new PlanDraft(problem, tree.Cells.Count) { PvOfWhole = interior.Pv(null) });
        for (var c = 0; c < schedules.Length; c++) draft.Cells[c] = new CellMix([new CellMix.Part(1, null, schedules[c])]);
        for (var s = 0; s < problem.Sites.Length; s++) if (interior.Pv(s) is { } pv) draft.PvOfSites[s] = pv;
        return draft;
    }

    private static FleetPlan Large(FleetProblem problem, LimitTree tree, double scale, PlanOptions options, ForEach forEach)
    {
        foreach (var site in tree.Sites) Warm(problem, options.Start?.Prices, site);
        var master = new WholeMaster(problem, tree, scale, options, forEach);
        master.Run();
        var draft = new PlanDraft(problem, tree.Cells.Count) { Mixtures = [.. master.Mixture.Select(m => m.Select(x => (x.Weight / m.Sum(w => w.Weight), x.Answer.Price)).ToArray())] };
        for (var b = 0; b < master.Mixture.Length; b++)
        {
            var mixture = master.Mixture[b];
            var all = mixture.Sum(m => m.Weight);
            if (b < tree.Blocks.Length) draft.Cells[tree.Blocks[b]] = new CellMix([.. mixture.Select(m => new CellMix.Part(m.Weight / all, m.Answer.Price, null))]);
            else for (var s = 0; s < mixture[0].Answer.Sites.Length; s++) draft.Collect(master.SitesOf(b)[s], [.. mixture.Select(m => (m.Answer.Sites[s], m.Weight / all))]);
        }

        draft.Use(master.Coupling, [tree.Top], master.Free);
        return PlanEvaluation.Evaluate(problem, tree, draft, master.Coupling.PricesOf(problem, master.Prices, master.SitePrices), master.Bound, master.Passes, forEach);
    }

    private static double Tolerance(NodeResult result, PlanOptions options) => options.GapWanted * Math.Max(1, Math.Abs(result.Cost));

    /// <summary>Gives a node the prices of an earlier plan.</summary>
    private static void Warm(FleetProblem problem, FleetPrices? start, SiteNode node)
    {
        if (start is null) return;
        if (node.CouplingAt(new double[problem.Steps]).RowsOf(problem, node.Nodes, start) is { } known) node.Prices = known;
        foreach (var child in node.Children) Warm(problem, start, child);
    }

    /// <summary>What a kWh is worth in this problem, roughly: the spread of prices, wear, or the prices themselves.</summary>
    private static double PriceScale(FleetProblem problem)
    {
        if (problem.Steps == 0) return 1;
        var (fleet, wear) = (problem.Vehicles, 0.0);
        for (var i = 0; i < fleet.Count; i++) wear += fleet.Wear[i];
        var spread = problem.Buy.Max() - problem.Sell.Min();
        var scale = Math.Max(Math.Max(spread, wear / Math.Max(1, fleet.Count)), Math.Max(0.2 * problem.Buy.Average(Math.Abs), 0.01 * problem.OverloadPenalty));
        return scale > 0 ? scale : 1;
    }

    private static void Check(FleetProblem problem)
    {
        var steps = problem.Steps;
        void Same(string name, double[]? array)
        {
            if (array is not null && array.Length != steps) throw new ArgumentException($"{name} has {array.Length} values; the problem has {steps} steps.", nameof(problem));
        }

        Same(nameof(problem.Sell), problem.Sell);
        Same(nameof(problem.BaseLoad), problem.BaseLoad);
        Same(nameof(problem.ImportMax), problem.ImportMax);
        Same(nameof(problem.ExportMax), problem.ExportMax);
        Same(nameof(problem.PvAvailable), problem.PvAvailable);
        Same(nameof(problem.DischargeFee), problem.DischargeFee);
        for (var s = 0; s < problem.Sites.Length; s++)
        {
            var site = problem.Sites[s];
            Same($"Sites[{s}].BaseLoad", site.BaseLoad);
            Same($"Sites[{s}].ImportMax", site.ImportMax);
            Same($"Sites[{s}].ExportMax", site.ExportMax);
            Same($"Sites[{s}].PvAvailable", site.PvAvailable);
            if (site.Parent >= s) throw new ArgumentException($"Sites[{s}] has parent {site.Parent}; a parent comes before its children.", nameof(problem));
        }

        if (problem.Events.Length > FleetProblem.EventsMax) throw new ArgumentException($"{problem.Events.Length} events; at most {FleetProblem.EventsMax} can be planned at once.", nameof(problem));
    }
}
