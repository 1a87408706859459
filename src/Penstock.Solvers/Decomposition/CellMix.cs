using Penstock.Solvers.Fleet;
using Penstock.Solvers.Mixing;

namespace Penstock.Solvers.Decomposition;

/// <summary>How a cell's vehicles are scheduled: answers to prices, or schedules, with weights that add up to 1.</summary>
internal sealed record CellMix(CellMix.Part[] Parts)
{
    /// <param name="Price">Price per kWh that the vehicles answered; null when <paramref name="Schedules"/> are given.</param>
    internal readonly record struct Part(double Weight, double[]? Price, float[]? Schedules);

    /// <summary>Writes the expected net kW of every vehicle of the cell, in the order of its cell.</summary>
    internal float[] Schedules(FleetCells cells, int cell, CellKernel kernel)
    {
        var (vehicles, offsets) = (cells.Vehicles(cell), cells.Offsets(cell));
        var answers = Array.ConvertAll(Parts, part => part.Schedules ?? Answered(part.Price!));
        if (answers.Length == 1) return answers[0];
        var result = new float[offsets[^1]];
        var (weights, together) = (Array.ConvertAll(Parts, p => p.Weight), new float[Parts.Length * cells.Problem.Steps]);
        for (var k = 0; k < vehicles.Length; k++)
        {
            var (first, length) = (offsets[k], offsets[k + 1] - offsets[k]);
            for (var a = 0; a < answers.Length; a++) answers[a].AsSpan(first, length).CopyTo(together.AsSpan(a * length));
            StayAccount.Mix(cells.Problem, vehicles[k], together.AsSpan(0, answers.Length * length), weights, StayAccount.Draw(k), result.AsSpan(first, length));
        }

        return result;

        float[] Answered(double[] price)
        {
            var schedules = new float[offsets[^1]];
            kernel.Each(cell, price, schedules, new double[vehicles.Length]);
            return schedules;
        }
    }
}

/// <summary>What a search found, taken apart: how each cell is scheduled and which PV is used.</summary>
internal sealed class PlanDraft(FleetProblem problem, int cells)
{
    internal CellMix[] Cells { get; } = new CellMix[cells];

    internal IReadOnlyList<IReadOnlyList<(double Weight, double[] PricePerKilowattHour)>> Mixtures { get; init; } = [];

    /// <summary>PV used by the whole, by the search; null without.</summary>
    internal double[]? PvOfWhole { get; set; }

    /// <summary>PV used at sites.</summary>
    internal Dictionary<int, double[]> PvOfSites { get; } = [];

    /// <summary>Takes a node's mixed answers apart into those of its members and children.</summary>
    internal void Collect(SiteNode node, IReadOnlyList<(SiteAnswer Answer, double Weight)> mixture)
    {
        for (var m = 0; m < node.Members.Length; m++) Cells[node.Members[m].Cell] = new CellMix([.. mixture.Select(x => new CellMix.Part(x.Weight, x.Answer.Prices?[m], x.Answer.Schedules?[m]))]);
        if (mixture[0].Answer.Free.Length > 0)
        {
            var free = new double[mixture[0].Answer.Free.Length];
            foreach (var (answer, weight) in mixture) Dense.Add(weight, answer.Free, free);
            Use(node.CouplingAt(new double[problem.Steps]), node.Nodes, free);
        }

        for (var c = 0; c < node.Children.Length; c++)
        {
            var below = new Dictionary<SiteAnswer, double>(ReferenceEqualityComparer.Instance);
            foreach (var (answer, weight) in mixture) foreach (var (child, part) in answer.Children[c]) below[child] = below.GetValueOrDefault(child) + (weight * part);
            Collect(node.Children[c], [.. below.Select(b => (b.Key, b.Value))]);
        }
    }

    internal void Use(Coupling coupling, Coupling.Node[] nodes, double[] free)
    {
        for (var f = 0; f < free.Length; f++)
        {
            if (coupling.Free[f].PvOf is not (var node, var step)) continue;
            var used = nodes[node].Site is not { } site ? PvOfWhole ??= new double[problem.Steps]
                : PvOfSites.TryGetValue(site, out var known) ? known : PvOfSites[site] = new double[problem.Steps];
            used[step] = Math.Clamp(free[f], 0, coupling.Free[f].Limit);
        }
    }
}
