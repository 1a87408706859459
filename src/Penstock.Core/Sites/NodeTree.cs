using Penstock.Solvers.Allocation;

namespace Penstock.Core.Sites;

/// <summary>A limit on the sum of some participants beside the tree of the site.</summary>
/// <param name="Members">Numbers of participants.</param>
internal sealed record GroupLimit(LimitNode Limit, int[] Members);

/// <summary>The limit tree of a site over some participants: cuts powers so that every node keeps its limits. Powers in kW.</summary>
internal sealed class NodeTree
{
    private const double Tolerance = 1e-9;

    private readonly List<Node> bottomUp = [];

    /// <param name="nodeOf">The node that each participant hangs on.</param>
    /// <param name="groups">Held as leaves, before the tree.</param>
    internal NodeTree(SiteLayout site, IReadOnlyList<string> nodeOf, IEnumerable<GroupLimit>? groups = null)
    {
        foreach (var (limit, members) in groups ?? []) bottomUp.Add(new Node(limit, members, limit.ImportMax.Kilowatts, -limit.ExportMax.Kilowatts));
        var path = new NodePaths(site);
        for (var n = site.Nodes.Length - 1; n >= 0; n--) // parents come before children
        {
            var node = site.Nodes[n];
            var members = Enumerable.Range(0, nodeOf.Count).Where(i => path.IsUnder(nodeOf[i], node.NodeId)).ToArray();
            var load = node.ParentId is null ? site.BuildingLoad.Kilowatts : 0;
            bottomUp.Add(new Node(node, members, node.ImportMax.Kilowatts - load, -node.ExportMax.Kilowatts - load));
        }
    }

    /// <summary>Cuts <paramref name="power"/> in place; a node's limit outranks the participants' lower bounds. Charging and discharging are netted.</summary>
    /// <returns>For each participant the node that cut it last; null = none.</returns>
    internal LimitNode?[] Hold(double[] lower, double[] upper, double[] power)
    {
        var cut = new LimitNode?[power.Length];
        foreach (var node in bottomUp)
        {
            var sum = node.Members.Sum(i => power[i]);
            if (sum > node.Upper + Tolerance) Share(node, i => Math.Min(lower[i], Math.Min(0, power[i])), i => power[i], Math.Max(node.Upper, node.Lower), power, cut);
            else if (sum < node.Lower - Tolerance) Share(node, i => power[i], i => Math.Max(power[i], upper[i]), node.Lower, power, cut);
        }

        return cut;
    }

    /// <summary>
    /// As <see cref="Hold"/>, for setpoints: an export limit does not count on charging, because a vehicle may always take less than it is offered; and no
    /// vehicle discharges so that others can charge. Charging above the owners' needs is cut first.
    /// </summary>
    internal LimitNode?[] HoldSafely(double[] lower, double[] power)
    {
        var cut = new LimitNode?[power.Length];
        foreach (var node in bottomUp) // all of it before the charging: what a parent takes from the discharge is missing in its children
        {
            var givers = node.Members.Where(i => power[i] < 0).ToArray();
            if (givers.Sum(i => power[i]) < node.Lower - Tolerance) Share(node with { Members = givers }, i => power[i], _ => 0, node.Lower, power, cut);
        }

        foreach (var node in bottomUp)
        {
            var takers = node with { Members = [.. node.Members.Where(i => power[i] > 0)] };
            Lower(takers, i => Math.Min(power[i], Math.Max(0, lower[i])), node, power, cut);
            Lower(takers, _ => 0, node, power, cut);
        }

        return cut;
    }

    private static void Lower(Node takers, Func<int, double> least, Node node, double[] power, LimitNode?[] cut)
    {
        var others = node.Members.Sum(i => power[i]) - takers.Members.Sum(i => power[i]);
        if (takers.Members.Sum(i => power[i]) + others > node.Upper + Tolerance) Share(takers, least, i => power[i], node.Upper - others, power, cut);
    }

    private static void Share(Node node, Func<int, double> lower, Func<int, double> upper, double target, double[] power, LimitNode?[] cut)
    {
        var (low, high, key, result) = (node.Members.Select(lower).ToArray(), node.Members.Select(upper).ToArray(), new double[node.Members.Length], new double[node.Members.Length]);
        ExactSum.Share(low, high, key, target, result);
        for (var m = 0; m < node.Members.Length; m++)
        {
            power[node.Members[m]] = result[m];
            cut[node.Members[m]] = node.Limit;
        }
    }

    private sealed record Node(LimitNode Limit, int[] Members, double Upper, double Lower);
}

/// <summary>Which nodes lie above which.</summary>
internal sealed class NodePaths(SiteLayout site)
{
    private readonly Dictionary<string, string?> parents = site.Nodes.ToDictionary(n => n.NodeId, n => n.ParentId);

    internal bool IsUnder(string node, string ancestor)
    {
        for (string? at = node; at is not null; at = parents.GetValueOrDefault(at))
        {
            if (at == ancestor) return true;
        }

        return false;
    }
}
