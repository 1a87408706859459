using Penstock.Cli.Plan;
using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Flexibility;

namespace Penstock.Cli.Flexibility;

/// <summary>What was asked of penstock flexibility.</summary>
/// <param name="Threads">0 = one per core.</param>
internal sealed record FlexibilityRequest(string Problem, string? Out, bool Json, (int First, int Last)? Offer, bool Hosting, int Draws, double Gap, int Seed, int Threads);

/// <summary>Everything that one run found.</summary>
internal sealed record FlexibilityAnswer(FlexibilityRequest Request, PlanningInput Input, FleetPlan Plan, FlexibilityDraws Flexibility, EnergyEnvelope Envelope)
{
    /// <summary>Null unless a window was asked for.</summary>
    internal IReadOnlyList<OfferPoint>? Offer { get; init; }

    /// <summary>The window's guaranteed discharge, kW; null unless one was asked for.</summary>
    internal double? Block { get; init; }

    /// <summary>Null unless asked for.</summary>
    internal IReadOnlyList<HostedVehicles>? Hosted { get; init; }

    internal required IReadOnlyList<(string Part, Effort Effort)> Efforts { get; init; }
}

/// <summary>One run of penstock flexibility: reads, plans, measures, prints or writes.</summary>
internal static class FlexibilityRun
{
    /// <returns>0; 3 when the input is refused.</returns>
    internal static int Make(FlexibilityRequest request) => PlanRun.Reading(() =>
    {
        var answer = Answer(request, PlanRun.Read(request.Problem));
        if (request.Out is { } file) PlanRun.Replace(file, path =>
        {
            using var stream = File.Create(path);
            FlexibilityFile.Write(stream, answer);
        });
        if (request.Json) FlexibilityFile.Print(Console.Out, answer);
        else FlexibilityTableText.Print(Console.Out, answer);
        return 0;
    });

    private static FlexibilityAnswer Answer(FlexibilityRequest request, PlanningInput input)
    {
        var problem = input.Problem;
        if (request.Offer is { } asked && asked.Last >= problem.Steps) throw new InputRefusedException([$"--offer: {asked.First}-{asked.Last}; steps 0 to {problem.Steps - 1} were expected"]);
        var (efforts, forEach) = (new List<(string, Effort)>(), PlanRun.InParallel(request.Threads));
        T Measured<T>(string part, Func<T> run)
        {
            var (result, effort) = Effort.Of(run);
            efforts.Add((part, effort));
            return result;
        }

        var options = new PlanOptions { GapWanted = request.Gap, Seed = request.Seed };
        var plan = Measured("plan", () => FleetPlanner.Plan(problem, options, forEach));
        var reference = ReferencePlan.Of(plan);
        var vehicles = input.VehicleIds.Length - input.Batteries;
        var uncertainty = FlexibilityUncertainty.Usual(problem.StepHours) with { CertainFrom = vehicles };
        var drawn = Measured("draws", () => FleetFlexibility.Drawn(reference, uncertainty, request.Seed, request.Draws, forEach: forEach));
        var envelope = Measured("envelope", () => EnergyEnvelope.Of(reference, forEach));
        var window = request.Offer;
        double? block = window is { } w ? Measured("block", () => DischargeTrace.Of(reference, w.First, w.Last - w.First + 1, forEach).LargestBlock(reference, w.First)) : null;
        var offer = window is { } o ? Measured("offer", () => OfferCurve.Of(plan, o.First, o.Last, OfferCurve.Prices(problem), options, forEach)) : null;
        var hosted = request.Hosting ? Measured("hosting", () => HostingCapacity.Of(problem, new HostingOptions { Seed = request.Seed, WithSites = problem.Sites.Length > 0, Vehicles = vehicles }, forEach)) : null;
        return new FlexibilityAnswer(request, input, plan, drawn, envelope) { Block = block, Offer = offer, Hosted = hosted, Efforts = efforts };
    }
}
