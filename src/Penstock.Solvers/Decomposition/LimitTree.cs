using Penstock.Solvers.Fleet;

namespace Penstock.Solvers.Decomposition;

/// <summary>
/// The tree of limits as the decomposition sees it. Sites that can never reach a limit are dissolved: their vehicles belong to what contains them. Small subtrees are answered together, each vehicle a part
/// of its own; larger ones have children that answer prices. Vehicles directly under a large whole are dealt into blocks of like composition.
/// </summary>
internal sealed class LimitTree
{
    /// <summary>Vehicles, and rows, that are answered together at most.</summary>
    internal const int TogetherMax = 400;

    internal const int RowsMax = 1600;

    /// <summary>Blocks that vehicles directly at the whole are dealt into, at most.</summary>
    internal const int BlocksMax = 512;

    private readonly FleetProblem problem;
    private readonly int[] owner;
    private readonly ILookup<int, int> vehicles;
    private readonly ILookup<int, int> children;
    private readonly Dictionary<int, int> cellOf = [];

    private LimitTree(FleetProblem problem)
    {
        this.problem = problem;
        owner = Owners(problem);
        vehicles = Enumerable.Range(0, problem.Vehicles.Count).ToLookup(i => problem.Sites.Length == 0 ? -1 : owner[problem.Vehicles.Site[i]]);
        children = Enumerable.Range(0, owner.Length).Where(s => owner[s] == s).ToLookup(s => problem.Sites[s].Parent is { } parent ? owner[parent] : -1);
        var cells = new List<int[]>();
        for (var s = 0; s < owner.Length; s++) if (owner[s] == s && vehicles[s].Any()) AddCell(s, [.. vehicles[s]]);
        var direct = vehicles[-1].ToArray();
        var small = problem.Vehicles.Count <= TogetherMax && Below(-1).Count() * problem.Steps <= RowsMax;
        if (small && direct.Length > 0) AddCell(-1, direct);
        var firstBlock = cells.Count;
        if (!small) cells.AddRange(Dealt(direct));
        Cells = new FleetCells(problem, cells);
        SiteOf = new int?[cells.Count];
        foreach (var (site, cell) in cellOf) SiteOf[cell] = site < 0 ? null : site;
        Top = new Coupling.Node(null, null, ReachOf(-1));
        if (small) Whole = Node(-1);
        else (Sites, Blocks) = ([.. children[-1].Select(Node)], [.. Enumerable.Range(firstBlock, cells.Count - firstBlock)]);

        void AddCell(int site, int[] members)
        {
            cellOf[site] = cells.Count;
            cells.Add(members);
        }
    }

    internal FleetCells Cells { get; }

    /// <summary>The site whose limits a cell's vehicles are directly under; null = the whole.</summary>
    internal int?[] SiteOf { get; }

    /// <summary>The whole as a node.</summary>
    internal Coupling.Node Top { get; }

    /// <summary>Sites directly under a large whole.</summary>
    internal SiteNode[] Sites { get; } = [];

    /// <summary>Cells of the vehicles directly under a large whole.</summary>
    internal int[] Blocks { get; } = [];

    /// <summary>The whole, where the problem is small enough to mix vehicle by vehicle.</summary>
    internal SiteNode? Whole { get; }

    internal static LimitTree Of(FleetProblem problem) => new(problem);

    private SiteNode Node(int site)
    {
        var below = Below(site).ToArray();
        var together = below.Length * problem.Steps <= RowsMax && below.Sum(s => vehicles[s].Count()) <= TogetherMax ? below : [site];
        var places = together.Select((s, n) => (s, n)).ToDictionary(p => p.s, p => p.n);
        var nodes = together.Select(s => new Coupling.Node(s < 0 ? null : s, s == site ? null : places[Above(s)], ReachOf(s))).ToArray();
        var members = together.Where(cellOf.ContainsKey).Select(s => new SiteNode.Member(cellOf[s], Path(nodes, places[s]))).ToArray();
        return new SiteNode(problem, Cells, nodes, members, together.Length == below.Length ? [] : [.. children[site].Select(Node)]);
    }

    private static int[] Path(Coupling.Node[] nodes, int place)
    {
        var path = new List<int>();
        for (int? at = place; at is { } n; at = nodes[n].Parent) path.Insert(0, n);
        return [.. path];
    }

    /// <summary>Whether a site's limits can bind.</summary>
    internal bool Counts(int site) => owner[site] == site;

    /// <summary>The site that contains a site's limits; -1 = the whole.</summary>
    internal int Above(int site) => problem.Sites[site].Parent is { } parent ? owner[parent] : -1;

    /// <summary>A site and all below it, parents first; -1 = the whole.</summary>
    private IEnumerable<int> Below(int site) => children[site].SelectMany(Below).Prepend(site);

    internal Reach ReachOf(int site) => children[site].Aggregate(
        Reach.Of(problem, vehicles[site]).With(site < 0 ? problem.PvAvailable : problem.Sites[site].PvAvailable), (sum, child) => sum + ReachOf(child));

    /// <summary>For each site the nearest one, itself or above, whose limits can bind; -1 = the whole.</summary>
    private static int[] Owners(FleetProblem problem)
    {
        var (fleet, n) = (problem.Vehicles, problem.Sites.Length);
        var (reach, sun) = (new Reach?[n], new bool[n]); // sun: PV here or below
        var at = Enumerable.Range(0, n == 0 ? 0 : fleet.Count).ToLookup(i => fleet.Site[i]);
        for (var s = n - 1; s >= 0; s--)
        {
            var own = Reach.Of(problem, at[s]);
            reach[s] = reach[s] is { } below ? below + own : own;
            sun[s] |= problem.Sites[s].PvAvailable is not null;
            if (problem.Sites[s].Parent is not { } parent) continue;
            reach[parent] = reach[parent] is { } beside ? beside + reach[s]! : reach[s];
            sun[parent] |= sun[s];
        }

        var owner = new int[n];
        for (var s = 0; s < n; s++)
        {
            var (site, binds) = (problem.Sites[s], sun[s]);
            for (var t = 0; t < problem.Steps && !binds; t++) binds = site.BaseLoad[t] + reach[s]!.Draw[t] > site.ImportMax[t] || site.BaseLoad[t] - reach[s]!.Give[t] < -site.ExportMax[t];
            owner[s] = binds ? s : site.Parent is { } above ? owner[above] : -1;
        }

        return owner;
    }

    private IEnumerable<int[]> Dealt(int[] direct)
    {
        if (direct.Length == 0) return [];
        var count = Math.Clamp(direct.Length / LaneFleet.Width, 1, BlocksMax);
        Array.Sort(Array.ConvertAll(direct, i => LaneFleet.Likeness(problem.Vehicles, problem.StepHours, i)), direct);
        return Enumerable.Range(0, count).Select(b => Enumerable.Range(0, ((direct.Length - b - 1) / count) + 1).Select(n => direct[(n * count) + b]).ToArray());
    }
}
