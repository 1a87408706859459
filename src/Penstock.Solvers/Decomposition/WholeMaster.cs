using System.Collections.Concurrent;
using Penstock.Solvers.Fleet;
using Penstock.Solvers.Mixing;

namespace Penstock.Solvers.Decomposition;

/// <summary>
/// The master for many vehicles: blocks of vehicles and of sites answer prices; incremental steps find prices near the optimum in a few passes over the fleet, then mixtures of the answers make plans and
/// sharpen the prices until cost and bound meet. Which block answers which price depends on the seed alone, never on threads.
/// </summary>
internal sealed class WholeMaster
{
    /// <summary>Answers that the mixing program looks at per block; older ones that no mixture uses are dropped by starting anew.</summary>
    private const int PivotsMax = 40_000;

    private readonly FleetProblem problem;
    private readonly LimitTree tree;
    private readonly Coupling coupling;
    private readonly PlanOptions options;
    private readonly ForEach forEach;
    private readonly double priceScale;
    private readonly int blocks;
    private readonly int batch;
    private readonly SiteNode[][] sitesOf;
    private readonly ConcurrentBag<(CellKernel Kernel, NodeSolver Solver)> workers = [];
    private readonly List<BlockAnswer> columns = [];
    private readonly double unit;
    private readonly MixProgram program;

    internal WholeMaster(FleetProblem problem, LimitTree tree, double priceScale, PlanOptions options, ForEach forEach)
    {
        (this.problem, this.tree, this.priceScale, this.options, this.forEach) = (problem, tree, priceScale, options, forEach);
        coupling = Coupling.Of(problem, [tree.Top], new double[problem.Steps]);
        var siteBlocks = Math.Min(tree.Sites.Length, LimitTree.BlocksMax);
        blocks = tree.Blocks.Length + siteBlocks;
        batch = problem.Vehicles.Count / blocks < 500 ? 2 : 4; // small blocks: more and finer steps; large ones: more to do in parallel
        sitesOf = [.. Enumerable.Range(0, blocks).Select(b => b < tree.Blocks.Length ? [] : tree.Sites.Where((_, s) => s % siteBlocks == b - tree.Blocks.Length).ToArray())];
        unit = blocks / Math.Max(1e-9, Enumerable.Range(0, problem.Vehicles.Count).Sum(i => (double)problem.Vehicles.ChargeMax[i]));
        program = new MixProgram(blocks, [.. coupling.Costs.Select(c => c.Scaled(unit))], [.. coupling.Offset.Select(o => o * unit)]);
    }

    /// <summary>Answers of the fleet: 1 = every vehicle asked once.</summary>
    internal double Passes { get; private set; }

    internal double Bound { get; private set; } = double.NegativeInfinity;

    /// <summary>The row prices of <see cref="Bound"/>.</summary>
    internal double[] Prices { get; private set; } = [];

    /// <summary>Prices per kWh of the sites that bind at <see cref="Bound"/>.</summary>
    internal Dictionary<int, double[]> SitePrices { get; private set; } = [];

    /// <summary>What the best mixture costs by the mixing program.</summary>
    internal double Cost { get; private set; } = double.PositiveInfinity;

    /// <summary>Values of the coupling's free columns in the mixture.</summary>
    internal double[] Free { get; private set; } = [];

    /// <summary>For each block the answers that are mixed.</summary>
    internal (BlockAnswer Answer, double Weight)[][] Mixture { get; private set; } = [];

    internal Coupling Coupling => coupling;

    internal SiteNode[] SitesOf(int block) => sitesOf[block];

    private bool Done => Cost - Bound <= options.GapWanted * Math.Max(1, Math.Abs(Cost));

    /// <summary>Size of the cost, before it is known.</summary>
    private double Typical => double.IsFinite(Cost) ? Math.Abs(Cost) : priceScale * problem.StepHours * problem.BaseLoad.Sum(Math.Abs);

    internal void Run()
    {
        var known = options.Start is { } start ? coupling.RowsOf(problem, [tree.Top], start.Prices) : null;
        Evaluate(known ?? coupling.StartPrices());
        if (known is not null) Remember(options.Start!.BlockPrices);
        program.Start();
        Mix();
        if (Done) return;
        if (known is null || options.Start!.BlockPrices.Count != blocks)
        {
            var passes = known is not null ? 2 : Math.Clamp(1000 * batch / blocks, problem.Vehicles.Count < 300_000 ? 8 : 6, 24);
            Ascend(passes, known is not null ? 0.25 : 1);
            Restart();
            Mix();
        }

        Refine();
    }

    /// <summary>Asks each block the price vectors that an earlier plan mixed for it.</summary>
    private void Remember(IReadOnlyList<IReadOnlyList<double[]>> prices)
    {
        if (prices.Count != blocks) return;
        var asked = prices.SelectMany((all, b) => all.Where(p => p.Length == problem.Steps).Select(p => (Block: b, Price: p))).ToArray();
        Add(asked.Select(a => a.Block).Zip(Ask(asked)));
    }

    /// <summary>Mixture, its prices, the next answers, and so on.</summary>
    private void Refine()
    {
        var (pull, failures) = (0.5, 0); // weight of the best prices against those of the mixture
        for (var round = 0; round < options.RoundsMax && !Done; round++)
        {
            if (failures >= 3) // the mixture's prices mislead: more answers near the best ones
            {
                failures = 0;
                Evaluate(program.Prices.ToArray()); // misses no answer that the mixture could use
                Ascend(1, 0.1);
                Mix();
                continue;
            }

            var trial = new double[Prices.Length];
            for (var r = 0; r < trial.Length; r++) trial[r] = (pull * Prices[r]) + ((1 - pull) * program.Prices[r]);
            var before = Bound;
            Evaluate(trial);
            (pull, failures) = Bound > before ? (Math.Max(0.2, 0.8 * pull), 0) : (pull + (0.5 * (1 - pull)), failures + 1);
            Mix();
        }
    }

    /// <summary>All blocks against one price: a bound, and an answer for each block.</summary>
    private void Evaluate(double[] y)
    {
        var answers = Ask([.. Enumerable.Range(0, blocks)], y);
        var bound = coupling.Bound(y) + answers.Sum(a => a.Bound);
        Add(answers.Select((a, b) => (b, a)));
        if (bound <= Bound) return;
        (Bound, Prices) = (bound, (double[])y.Clone());
        SitePrices = [];
        foreach (var site in tree.Sites) site.CollectPrices(problem.StepHours, SitePrices);
    }

    /// <summary>Incremental passes from the best prices; the answers of the later ones are kept, and the mean of the last prices is evaluated.</summary>
    /// <param name="rate">Step length at first; it falls to a seventeenth.</param>
    private void Ascend(int passes, double rate)
    {
        var (steps, y, order) = (new PriceSteps(coupling, priceScale * problem.StepHours), (double[])Prices.Clone(), Order());
        var updates = (blocks + batch - 1) / batch;
        var (all, averaged) = (passes * updates, Math.Max(1, passes / 4) * updates);
        var mean = new double[y.Length];
        for (var k = 0; k < all; k++)
        {
            var first = k % updates * batch;
            var which = order[first..Math.Min(first + batch, blocks)];
            var answers = Ask(which, y);
            if (k >= all - (options.PassesKept * updates)) Add(which.Zip(answers));
            var load = new double[problem.Steps];
            foreach (var answer in answers) Dense.Add((double)blocks / which.Length, answer.Load, load);
            steps.Step(coupling, y, load, rate / (1 + (16.0 * k / all)));
            if (k >= all - averaged) Dense.Add(1.0 / averaged, y, mean);
        }

        Evaluate(mean);
    }

    private BlockAnswer[] Ask(int[] which, double[] y)
    {
        var price = new double[problem.Steps];
        coupling.Price(y, [0], price);
        return Ask(Array.ConvertAll(which, b => (b, price)));
    }

    /// <param name="which">Blocks with prices per kWh; a block with sites is asked once at a time.</param>
    private BlockAnswer[] Ask((int Block, double[] Price)[] which)
    {
        var answers = new BlockAnswer[which.Length];
        Passes += (double)which.Length / blocks;
        var rounds = which.Select((w, n) => (w.Block, Place: n)).GroupBy(w => w.Block).Select(g => g.Select(w => w.Place).ToArray()).ToArray(); // a site remembers, so its block's questions stay in order
        forEach(rounds.Length, r =>
        {
            if (!workers.TryTake(out var worker)) worker = (new CellKernel(tree.Cells), new NodeSolver(problem, tree.Cells, priceScale));
            foreach (var n in rounds[r]) answers[n] = Answer(which[n].Block, which[n].Price, worker);
            workers.Add(worker);
        });
        return answers;
    }

    private BlockAnswer Answer(int block, double[] price, (CellKernel Kernel, NodeSolver Solver) worker)
    {
        var load = new double[problem.Steps];
        if (block < tree.Blocks.Length)
        {
            var cost = worker.Kernel.Sum(tree.Blocks[block], price, load);
            return new BlockAnswer(load, cost.Own, cost.Own + (Dense.Dot(load, price) * problem.StepHours) - cost.Slack, price, []);
        }

        var (sites, own, bound) = (new SiteAnswer[sitesOf[block].Length], 0.0, 0.0);
        var tolerance = 0.2 * options.GapWanted * Math.Max(1e-6, Typical) / tree.Sites.Length;
        for (var s = 0; s < sites.Length; s++)
        {
            var answered = worker.Solver.Solve(sitesOf[block][s], price, tolerance, options.SiteRounds);
            sites[s] = answered.Answer;
            own += answered.Answer.Cost;
            bound += answered.Bound;
            Dense.Add(1, answered.Answer.Load, load);
        }

        return new BlockAnswer(load, own, bound, price, sites);
    }

    private int[] Order()
    {
        var order = Enumerable.Range(0, blocks).ToArray();
        new Random(options.Seed).Shuffle(order);
        return order;
    }

    private void Add(IEnumerable<(int Block, BlockAnswer Answer)> answers)
    {
        if (columns.Count == 0) foreach (var one in coupling.Free) AddFree(one);
        var entries = new double[coupling.Rows.Length];
        foreach (var (block, answer) in answers)
        {
            Array.Clear(entries);
            coupling.AddEntries(answer.Load, [0], entries);
            Dense.Scale(unit, entries);
            program.AddColumn(block, entries, answer.Cost * unit);
            columns.Add(answer);
        }
    }

    private void AddFree(Coupling.FreeColumn one)
    {
        var column = program.AddFree(one.Entries, one.Cost, one.Limit * unit);
        if (one.PvOf is null) program.StartAtLimit(column); // the peak, so that no demand row is broken at first
        columns.Add(new BlockAnswer([], 0, 0, [], []));
    }

    /// <summary>The last answers of an incremental pass carry about what the limits take: a better beginning than one price for all.</summary>
    private void Restart()
    {
        for (var b = 0; b < blocks; b++) program.StartWith(program.ColumnsOf(b)[^2]); // after it comes the evaluation of the mean
        program.Start();
    }

    private void Mix()
    {
        program.Solve(1e-3 * options.GapWanted * Math.Max(1, Typical) * unit / blocks, PivotsMax);
        Cost = program.Objective() / unit;
        Free = [.. coupling.Free.Select((_, f) => program.Weight(f) / unit)];
        Mixture = [.. Enumerable.Range(0, blocks).Select(b => program.ColumnsOf(b).Select(c => (columns[c], program.Weight(c))).Where(u => u.Item2 > 1e-9).ToArray())];
    }
}

/// <summary>What a block of vehicles or sites answered to a price.</summary>
/// <param name="Cost">Own costs; energy is not in it.</param>
/// <param name="Bound">What no answer to this price can cost less than, energy included.</param>
/// <param name="Sites">The answers of the block's sites; empty for a block of vehicles.</param>
internal sealed record BlockAnswer(double[] Load, double Cost, double Bound, double[] Price, SiteAnswer[] Sites);
