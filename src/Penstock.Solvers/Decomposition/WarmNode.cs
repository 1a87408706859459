using Penstock.Solvers.Fleet;
using Penstock.Solvers.Mixing;

namespace Penstock.Solvers.Decomposition;

/// <summary>A node and those below it during their first incremental steps.</summary>
internal sealed class WarmNode
{
    private readonly double scale;
    private readonly double[] mean;
    private PriceSteps? steps;
    private int kept;
    private bool keep;

    internal WarmNode(SiteNode node, FleetProblem problem, double priceScale)
    {
        (Node, scale, Y, mean) = (node, priceScale * problem.StepHours, (double[])node.Prices.Clone(), new double[node.Prices.Length]);
        Children = Array.ConvertAll(node.Children, child => new WarmNode(child, problem, priceScale));
    }

    internal SiteNode Node { get; }

    internal WarmNode[] Children { get; }

    /// <summary>Row prices of the step.</summary>
    internal double[] Y { get; }

    /// <summary>Whether the last step changed a price here or below.</summary>
    internal bool Moves { get; private set; }

    /// <param name="keep">Whether prices count for the mean; before the first that does, answers are forgotten.</param>
    internal void Begin(bool keep)
    {
        Moves = false;
        if (keep && !this.keep) foreach (var part in Node.Parts) part.Answers.Clear();
        this.keep = keep;
        if (keep)
        {
            kept++;
            Dense.Add(1, Y, mean);
        }

        foreach (var child in Children) child.Begin(keep);
    }

    internal void Step(Coupling coupling, ReadOnlySpan<double> entries, double rate)
    {
        steps ??= new PriceSteps(coupling, scale);
        Moves |= steps.Step(coupling, Y, entries, rate);
        foreach (var child in Children) Moves |= child.Moves;
    }

    internal void End()
    {
        Node.IsWarm = true;
        if (kept > 0)
        {
            Dense.Scale(1.0 / kept, mean);
            Node.Prices = mean;
        }

        foreach (var child in Children) child.End();
    }
}
