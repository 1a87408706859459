using System.Globalization;
using Penstock.Solvers.Decomposition;

namespace Penstock.Cli.Plan;

/// <summary>What was asked of penstock plan.</summary>
/// <param name="Threads">0 = one per core.</param>
internal sealed record PlanRequest(string Problem, string Out, string? Schedule, double Gap, int Seed, int Threads, string? Start);

/// <summary>One run of penstock plan: reads, plans, writes, prints the certificate.</summary>
internal static class PlanRun
{
    /// <returns>0; 3 when the input is refused.</returns>
    internal static int Make(PlanRequest request) => Reading(() =>
    {
        var input = Read(request.Problem);
        var start = request.Start is { } earlier ? PlanFile.ReadStart(earlier, input) : null;
        var (plan, effort) = Effort.Of(() => FleetPlanner.Plan(input.Problem, new PlanOptions { GapWanted = request.Gap, Seed = request.Seed, Start = start }, InParallel(request.Threads)));
        Replace(request.Out, path => PlanFile.Write(path, input, plan, effort));
        if (request.Schedule is { } schedule) Replace(schedule, path => ScheduleFile.Write(path, input, plan));
        Print(Console.Out, input, plan, effort);
        return 0;
    });

    /// <summary>Reads a problem and tells its warnings.</summary>
    /// <exception cref="InputRefusedException">With every fault found.</exception>
    internal static PlanningInput Read(string problem)
    {
        var input = ProblemFile.Read(problem);
        foreach (var warning in input.Warnings) Console.Error.WriteLine($"warning: {warning}");
        return input;
    }

    /// <returns>What the run returns; 3 when its input is refused or a file cannot be written.</returns>
    internal static int Reading(Func<int> run) => Writing(() =>
    {
        try
        {
            return run();
        }
        catch (InputRefusedException e)
        {
            Console.Error.WriteLine(e.Message);
            Console.Error.WriteLine("nothing was planned and nothing was written");
            return 3;
        }
    });

    /// <returns>What the run returns; 3 when a file cannot be written.</returns>
    internal static int Writing(Func<int> run)
    {
        try
        {
            return run();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{e.Message} Give a folder that can be written.");
            return 3;
        }
    }

    internal static ForEach InParallel(int threads) => (count, body) => Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount }, body);

    /// <summary>A file is there whole or not at all.</summary>
    internal static void Replace(string path, Action<string> write)
    {
        var draft = path + ".part";
        try
        {
            write(draft);
            File.Move(draft, path, overwrite: true);
        }
        finally
        {
            File.Delete(draft);
        }
    }

    private static void Print(TextWriter to, PlanningInput input, FleetPlan plan, Effort effort)
    {
        var (c, culture) = (plan.Certificate, CultureInfo.InvariantCulture);
        to.WriteLine(string.Create(culture, $"vehicles     {input.VehicleIds.Length - input.Batteries}{(input.Batteries > 0 ? $" and {input.Batteries} batteries" : "")}, {input.Problem.Steps} steps of {input.StepMinutes} min, {input.SiteIds.Length} sites, {input.EventIds.Length} events"));
        to.WriteLine(string.Create(culture, $"cost         {c.Cost:0.00} {input.Currency}"));
        to.WriteLine(string.Create(culture, $"lower bound  {c.LowerBound:0.00} {input.Currency}"));
        to.WriteLine(string.Create(culture, $"gap          {c.Gap:0.0e+0} proven, {c.Passes:0.0} passes over the fleet"));
        to.WriteLine(string.Create(culture, $"effort       {effort.CpuSeconds:0.00} s CPU, {effort.WallSeconds:0.00} s wall, {effort.PeakMemoryMb:0} MB peak"));
        var relaxed = RelaxedWish.Of(input, plan).GroupBy(r => r.What, StringComparer.Ordinal).Select(g => string.Create(culture, $"{g.Key} {g.Count()} x, {g.Sum(r => r.By):0.0} {g.First().Unit}")).ToList();
        to.WriteLine($"relaxed      {(relaxed.Count == 0 ? "nothing" : string.Join("; ", relaxed))}");
        if (plan.RoundingLoss is { } loss) to.WriteLine(string.Create(culture, $"rounding     to the piles' steps costs {loss:0.00} {input.Currency}"));
    }
}
