using Penstock.Core.GridEvents;
using Penstock.Core.Sites;

namespace Penstock.Core.Planning;

/// <summary>
/// The limits that sessions share, as rows: the sum of the members' power in a slot stays within [Lower, Upper] kW. Prices on the rows steer the sessions.
/// </summary>
internal sealed class SharedLimits
{
    internal SharedLimits(PlanningProblem problem, IReadOnlyList<SessionBattery> sessions)
    {
        var path = new NodePaths(problem.Site);
        var rows = new List<Row>();
        foreach (var node in problem.Site.Nodes)
        {
            var members = Enumerable.Range(0, sessions.Count).Where(i => path.IsUnder(sessions[i].Session.Evse.NodeId, node.NodeId)).ToArray();
            var load = node.ParentId is null ? problem.Site.BuildingLoad.Kilowatts : 0;
            var (upper, lower) = (node.ImportMax.Kilowatts - load, -node.ExportMax.Kilowatts - load);
            var (most, least) = (members.Sum(i => sessions[i].Problem.ChargeMax), -members.Sum(i => sessions[i].Problem.DischargeMax));
            if (most > upper || least < lower) rows.Add(new Row(node, null, members, upper, lower, 0, problem.Grid.Count));
        }

        foreach (var one in problem.Instructions.Where(i => i.AbortedAt is null && i.Window.Start < problem.Grid.End && i.Window.End > problem.Grid.Start))
        {
            var first = problem.Grid.SlotAt(one.Window.Start) ?? 0;
            var end = problem.Grid.SlotFrom(one.Window.End);
            rows.Add(new Row(null, one, [.. Enumerable.Range(0, sessions.Count)], one.Target.Kilowatts, double.NegativeInfinity, first, end));
        }

        Rows = rows;
    }

    internal IReadOnlyList<Row> Rows { get; }

    /// <param name="Node">The limit node; null for a grid event, whose upper bound is its target.</param>
    internal sealed record Row(LimitNode? Node, GridInstruction? Event, int[] Members, double Upper, double Lower, int First, int End)
    {
        internal double Sum(IReadOnlyList<double[]> power, int slot)
        {
            var sum = 0.0;
            foreach (var i in Members) sum += power[i][slot];
            return sum;
        }
    }
}
