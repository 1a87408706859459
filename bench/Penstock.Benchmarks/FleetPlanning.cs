using System.CommandLine;
using System.Globalization;
using Penstock.Cli.Plan;
using Penstock.Simulator.Instances;
using Penstock.Solvers.Decomposition;
using Penstock.UnitTests.Solvers.Decomposition;

namespace Penstock.Benchmarks;

/// <summary>The fleet planner on drawn instances: beside a general solver, and again and again until the compiled code has settled. SIMULATED vehicles; one thread.</summary>
internal static class FleetPlanning
{
    /// <summary>HiGHS takes about 2 GB at this size.</summary>
    private const int LinearVehiclesMax = 10_000;

    private const int VehiclesMax = 2_000_000;

    private const int RunsMax = 10_000;

    internal static Command Highs()
    {
        var (vehicles, seed, gap) = (Count("--vehicles", LinearVehiclesMax, 1000), Seed(), PlanCommand.Gap());
        var command = new Command("highs", "Plans a fleet with the planner, then as one linear programme with HiGHS") { vehicles, seed, gap };
        command.SetAction(parsed =>
        {
            var problem = FleetInstance.Generate(parsed.GetValue(vehicles), parsed.GetValue(seed));
            var options = new PlanOptions { GapWanted = parsed.GetValue(gap), Seed = parsed.GetValue(seed) };
            var efforts = new List<Effort>();
            foreach (var run in (ReadOnlySpan<string>)["planner, cold", "planner, warm"]) // first: the peak of memory only grows
            {
                var (plan, effort) = Effort.Of(() => FleetPlanner.Plan(problem, options));
                Line(run, effort, string.Create(CultureInfo.InvariantCulture, $"cost {plan.Certificate.Cost:0.000}, at least {plan.Certificate.LowerBound:0.000}, gap {plan.Certificate.Gap:0.0e+0}"));
                efforts.Add(effort);
            }

            var (optimum, highs) = Effort.Of(() => LinearOracle.Solve(problem, "HIGHS_LINEAR_PROGRAMMING"));
            Line("HiGHS", highs, string.Create(CultureInfo.InvariantCulture, $"cost {optimum.Cost:0.000}, {optimum.Columns} columns, {optimum.Rows} rows"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"CPU of HiGHS / planner: {highs.CpuSeconds / efforts[0].CpuSeconds:0.0} cold, {highs.CpuSeconds / efforts[1].CpuSeconds:0.0} warm"));
            return 0;
        });
        return command;
    }

    internal static Command Steady()
    {
        var (vehicles, runs, seed, gap) = (Count("--vehicles", VehiclesMax, 46), Count("--runs", RunsMax, 300), Seed(), PlanCommand.Gap());
        var command = new Command("steady", "Plans the same fleet again and again: what a long-running process needs") { vehicles, runs, seed, gap };
        command.SetAction(parsed =>
        {
            var problem = FleetInstance.Generate(parsed.GetValue(vehicles), parsed.GetValue(seed));
            var options = new PlanOptions { GapWanted = parsed.GetValue(gap), Seed = parsed.GetValue(seed) };
            var (cpu, wall, last, allocated) = (new double[parsed.GetValue(runs)], new double[parsed.GetValue(runs)], default(FleetCertificate), 0L);
            for (var n = 0; n < cpu.Length; n++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                var (plan, effort) = Effort.Of(() => FleetPlanner.Plan(problem, options));
                (cpu[n], wall[n], last, allocated) = (effort.CpuSeconds, effort.WallSeconds, plan.Certificate, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            string Times(double[] seconds) => string.Create(CultureInfo.InvariantCulture, $"first {1000 * seconds[0]:0.0}, best {1000 * seconds.Min():0.00}, median {1000 * seconds.Order().ElementAt(seconds.Length / 2):0.00} ms");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{problem.Vehicles.Count} SIMULATED vehicles, {cpu.Length} runs, gap {last.Gap:0.0e+0}, {allocated / 1024} KB allocated per run"));
            Console.WriteLine($"CPU   {Times(cpu)}");
            Console.WriteLine($"wall  {Times(wall)}");
            return 0;
        });
        return command;
    }

    private static Option<int> Count(string name, int most, int usual)
    {
        var option = new Option<int>(name) { Description = $"1 to {most}", DefaultValueFactory = _ => usual };
        option.Validators.Add(r => { if (r.GetValue(option) is var n && (n < 1 || n > most)) r.AddError($"{name} is 1 to {most}; {n} is not."); });
        return option;
    }

    private static Option<int> Seed() => new("--seed") { Description = "Draws the instance and orders the search", DefaultValueFactory = _ => 1 };

    private static void Line(string who, Effort effort, string what) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{who,-14}{effort.CpuSeconds,8:0.000} CPU s {effort.WallSeconds,8:0.000} s {effort.PeakMemoryMb,6:0} MB peak  {what}"));
}
