using Penstock.Solvers.Fleet;
using Penstock.Solvers.Mixing;

namespace Penstock.Solvers.Decomposition;

/// <summary>The cheapest mixture of what a node's parts answered: a weight for each answer of each vehicle and child. Lives for one price above the node.</summary>
internal sealed class LocalMix
{
    private const int PivotsMax = 20_000;

    private readonly FleetProblem problem;
    private readonly FleetCells cells;
    private readonly SiteNode node;
    private readonly Coupling coupling;
    private readonly double[] outside;
    private readonly MixProgram program;
    private readonly double[] entries;
    private readonly double[] load;
    private bool started;

    /// <param name="outside">Price per kWh above the node.</param>
    internal LocalMix(FleetProblem problem, FleetCells cells, SiteNode node, Coupling coupling, double[] outside)
    {
        (this.problem, this.cells, this.node, this.coupling, this.outside) = (problem, cells, node, coupling, outside);
        program = new MixProgram(node.Parts.Length, coupling.Costs, coupling.Offset);
        foreach (var one in coupling.Free)
        {
            var column = program.AddFree(one.Entries, one.Cost, one.Limit);
            if (one.PvOf is null) program.StartAtLimit(column); // the peak, so that no demand row is broken at first
        }

        (entries, load) = (new double[coupling.Rows.Length], new double[problem.Steps]);
    }

    internal ReadOnlySpan<double> Prices => program.Prices;

    /// <summary>Takes in the answers that were added to the parts since the last call and mixes again.</summary>
    /// <returns>The mixed answer and its cost with energy at the outside price.</returns>
    internal (SiteAnswer Answer, double Cost) Solve(double tolerance)
    {
        for (var p = 0; p < node.Parts.Length; p++)
        {
            var part = node.Parts[p];
            for (var a = program.ColumnsOf(p).Count; a < part.Answers.Count; a++) AddColumn(p, part, part.Answers[a]);
        }

        if (!started) Start();
        program.Solve(tolerance / (20 * Math.Max(1, node.Parts.Length)), PivotsMax);
        return Mixed();
    }

    /// <summary>Completes an answer with its load towards above and its costs.</summary>
    /// <param name="entries">Row sums of the parts.</param>
    /// <param name="load">Sum of the parts, before PV.</param>
    /// <param name="answer">Has its free columns.</param>
    internal static (SiteAnswer Answer, double Cost) Close(FleetProblem problem, Coupling coupling, double[] outside, double[] entries, double[] load, double own, SiteAnswer answer)
    {
        var (cost, worth, net) = (own + coupling.Cost(entries, answer.Free), 0.0, (double[])load.Clone()); // PV is counted in it at the outside price
        for (var f = 0; f < answer.Free.Length; f++)
        {
            if (coupling.Free[f].PvOf is not (_, var step)) continue;
            net[step] -= answer.Free[f];
            worth += answer.Free[f] * outside[step] * problem.StepHours;
        }

        return (answer with { Load = net, Cost = cost + worth }, cost + (Dense.Dot(load, outside) * problem.StepHours));
    }

    private void AddColumn(int p, NodePart part, PartAnswer answer)
    {
        Array.Clear(load);
        Array.Clear(entries);
        Expand(part, answer, load);
        coupling.AddEntries(load, node.Path(part), entries);
        program.AddColumn(p, entries, answer.Own + (Dense.Dot(load, outside) * problem.StepHours));
    }

    private static void Expand(NodePart part, PartAnswer answer, double[] load)
    {
        if (answer.Child is { } child) child.Load.CopyTo(load, 0);
        else for (var t = 0; t < answer.Load.Length; t++) load[part.First + t] = answer.Load[t];
    }

    private void Start()
    {
        started = true;
        for (var p = 0; p < node.Parts.Length; p++)
        {
            var (answers, columns) = (node.Parts[p].Answers, program.ColumnsOf(p));
            var used = answers.FindLastIndex(a => a.Used); // a part of the last mixture, so the limits are about kept
            program.StartWith(columns[used < 0 ? ^1 : used]);
        }

        program.Start();
    }

    private (SiteAnswer Answer, double Cost) Mixed()
    {
        var schedules = Array.ConvertAll(node.Members, m => new float[cells.Offsets(m.Cell)[^1]]);
        var (own, sum, rows) = (0.0, new double[problem.Steps], new double[coupling.Rows.Length]);
        var children = new List<(SiteAnswer, double)[]>();
        for (int p = 0, place = 0, member = 0; p < node.Parts.Length; p++, place++)
        {
            var (part, used) = (node.Parts[p], Used(p));
            if (part.Member != member) (member, place) = (part.Member, 0);
            Array.Clear(load);
            if (part.Member < 0)
            {
                children.Add([.. used.Select(u => (u.Answer.Child!, u.Weight))]);
                foreach (var (answer, weight) in used)
                {
                    own += weight * answer.Own;
                    Dense.Add(weight, answer.Child!.Load, load);
                }
            }
            else
            {
                var offsets = cells.Offsets(node.Members[member].Cell);
                var mine = schedules[member].AsSpan(offsets[place]..offsets[place + 1]);
                if (used.Count == 1) used[0].Answer.Load.CopyTo(mine);
                else StayAccount.Mix(problem, part.Vehicle, [.. used.SelectMany(u => u.Answer.Load)], [.. used.Select(u => u.Weight)], StayAccount.Draw(p), mine);
                own += used.Count == 1 ? used[0].Answer.Own : StayAccount.Of(problem, part.Vehicle, mine).Own;
                for (var t = 0; t < mine.Length; t++) load[part.First + t] = mine[t];
            }

            Dense.Add(1, load, sum);
            coupling.AddEntries(load, node.Path(part), rows);
        }

        var free = new double[coupling.Free.Length];
        for (var f = 0; f < free.Length; f++) free[f] = program.Weight(f);
        return Close(problem, coupling, outside, rows, sum, own, new SiteAnswer([], 0, null, schedules, free, [.. children]));
    }

    private List<(PartAnswer Answer, double Weight)> Used(int p)
    {
        var (answers, columns, used, all) = (node.Parts[p].Answers, program.ColumnsOf(p), new List<(PartAnswer Answer, double Weight)>(2), 0.0);
        for (var a = 0; a < answers.Count; a++)
        {
            var weight = program.Weight(columns[a]);
            answers[a].Used = weight > 1e-9;
            if (weight <= 1e-9) continue;
            used.Add((answers[a], weight));
            all += weight;
        }

        for (var u = 0; u < used.Count; u++) used[u] = (used[u].Answer, used[u].Weight / all);
        return used;
    }
}
