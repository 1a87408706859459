using Penstock.Solvers.Fleet;

namespace Penstock.Solvers.Decomposition;

/// <summary>
/// A part of the limit tree that is answered as one: a node, and where that is small everything below it, each vehicle a part of its own. Larger subtrees below are children that answer prices themselves.
/// Remembers earlier answers. One thread at a time.
/// </summary>
internal sealed class SiteNode
{
    private readonly FleetProblem problem;
    private readonly Coupling? constant;

    /// <param name="nodes">The node and those below it that are answered together, parents first.</param>
    /// <param name="members">Cells of vehicles with the nodes above them.</param>
    internal SiteNode(FleetProblem problem, FleetCells cells, Coupling.Node[] nodes, Member[] members, SiteNode[] children)
    {
        (this.problem, Nodes, Members, Children) = (problem, nodes, members, children);
        Parts = [.. members.SelectMany((m, n) => cells.Vehicles(m.Cell).Select(i => new NodePart(n, i, problem.Vehicles.Arrival[i]))), .. children.Select(_ => new NodePart(-1, -1, 0))];
        constant = nodes.Any(n => n.Site is { } site && problem.Sites[site].PvAvailable is not null) ? null : Coupling.Of(problem, nodes, new double[problem.Steps]);
        Prices = CouplingAt(new double[problem.Steps]).StartPrices();
    }

    /// <param name="Path">Places in <see cref="Nodes"/> of the nodes that contain it, from the top.</param>
    internal readonly record struct Member(int Cell, int[] Path);

    internal Coupling.Node[] Nodes { get; }

    internal Member[] Members { get; }

    internal SiteNode[] Children { get; }

    /// <summary>The vehicles of its members in turn, each in the order of its cell, then the children: what each answered so far.</summary>
    internal NodePart[] Parts { get; }

    /// <summary>Row prices at which the node's best bound was found last.</summary>
    internal double[] Prices { get; set; }

    /// <summary>Whether incremental steps have found it prices to begin with.</summary>
    internal bool IsWarm { get; set; }

    /// <summary>Finds prices and answers in place of incremental steps; null = those.</summary>
    internal Action? WarmBy { get; set; }

    /// <summary>Drops answers that the last mixture does not use, the oldest first, down to so many a part.</summary>
    internal void Forget(int kept)
    {
        foreach (var part in Parts) part.Forget(kept);
    }

    /// <param name="outside">Price per kWh above the node; PV is worth it.</param>
    internal Coupling CouplingAt(ReadOnlySpan<double> outside) => constant ?? Coupling.Of(problem, Nodes, outside);

    internal ReadOnlySpan<int> Path(NodePart part) => part.Member < 0 ? Top : Members[part.Member].Path;

    /// <summary>Prices per kWh of the sites at and below the node, where they are not all 0.</summary>
    internal void CollectPrices(double stepHours, Dictionary<int, double[]> sites)
    {
        for (var n = 0; n < Nodes.Length; n++)
        {
            var mine = Prices.AsSpan(n * problem.Steps, problem.Steps);
            if (Nodes[n].Site is { } site && mine.ContainsAnyExcept(0)) sites[site] = Array.ConvertAll(mine.ToArray(), p => p / stepHours);
        }

        foreach (var child in Children) child.CollectPrices(stepHours, sites);
    }

    private static readonly int[] Top = [0];
}

/// <summary>A vehicle or a child of a node, with its distinct answers.</summary>
/// <param name="Member">The member it belongs to; -1 for a child.</param>
/// <param name="Vehicle">-1 for a child.</param>
/// <param name="First">First step of its loads.</param>
internal sealed record NodePart(int Member, int Vehicle, int First)
{
    /// <summary>Answers kept between solves.</summary>
    internal const int Kept = 16;

    internal List<PartAnswer> Answers { get; } = [];

    internal void Add(ReadOnlySpan<float> load, double own)
    {
        for (var a = Answers.Count - 1; a >= 0; a--) if (load.SequenceEqual(Answers[a].Load)) return;
        Answers.Add(new PartAnswer(load.ToArray(), own, null));
    }

    internal void Add(SiteAnswer child) => Answers.Add(new PartAnswer([], child.Cost, child));

    internal void Forget(int kept)
    {
        for (var a = 0; a < Answers.Count && Answers.Count > kept;)
        {
            if (Answers[a].Used) a++;
            else Answers.RemoveAt(a);
        }
    }
}

/// <param name="Load">Net kW of a vehicle over its stay; empty for a child.</param>
/// <param name="Own">Own cost.</param>
internal sealed record PartAnswer(float[] Load, double Own, SiteAnswer? Child)
{
    /// <summary>Whether the latest mixture contains it.</summary>
    internal bool Used { get; set; }
}
