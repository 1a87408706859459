using System.CommandLine;
using System.Globalization;
using Penstock.Cli.Plan;
using Penstock.Simulator.Instances;
using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Fleet;

namespace Penstock.Cli.Bench;

/// <summary>penstock bench: measures this machine on drawn instances.</summary>
internal static class BenchCommand
{
    private const int VehiclesMax = 2_000_000;

    internal static Command Create() => new("bench", "Measures planning, dispatch and the gateway on SIMULATED instances") { Planning(), Dispatch(), OcppBench.Create(), OcppBench.Echo(), OcppFuzz.Create() };

    private static Option<int> Vehicles(int usual)
    {
        var vehicles = new Option<int>("--vehicles") { Description = $"1 to {VehiclesMax}", DefaultValueFactory = _ => usual };
        vehicles.Validators.Add(r => { if (r.GetValue(vehicles) is < 1 or > VehiclesMax) r.AddError($"--vehicles is 1 to {VehiclesMax}."); });
        return vehicles;
    }

    private static Option<double> Tight(double usual)
    {
        var tight = new Option<double>("--tight") { Description = "Share of stations whose limit is tight", DefaultValueFactory = _ => usual };
        tight.Validators.Add(r => { if (r.GetValue(tight) is not (>= 0 and <= 1)) r.AddError("--tight is 0 to 1."); });
        return tight;
    }

    private static Command Dispatch()
    {
        var (vehicles, tight) = (Vehicles(1_000_000), Tight(0));
        var seed = new Option<int>("--seed") { Description = "Draws the fleet", DefaultValueFactory = _ => 1 };
        var stations = new Option<int>("--stations") { Description = "Stations, each with limits; 0 = one for every 50 vehicles" };
        stations.Validators.Add(r => { if (r.GetValue(stations) is < 0 or > VehiclesMax) r.AddError($"--stations is 0 to {VehiclesMax}."); });
        var command = new Command("dispatch", "Dispatches a drawn fleet and prints times, CPU, the error of the sum and memory") { vehicles, seed, stations, tight };
        command.SetAction(parsed =>
        {
            var count = parsed.GetValue(vehicles);
            var places = parsed.GetValue(stations) is > 0 and var wanted ? Math.Min(wanted, count) : Math.Max(1, count / 50);
            DispatchBench.Run(count, places, parsed.GetValue(tight), parsed.GetValue(seed));
            return 0;
        });
        return command;
    }

    private static Command Planning()
    {
        var (vehicles, tight) = (Vehicles(10_000), Tight(0.15));
        var seed = new Option<int>("--seed") { Description = "Draws the instance and orders the search", DefaultValueFactory = _ => 1 };
        var perSite = new Option<int>("--per-site") { Description = "Vehicles at each station with a limit of its own; 0 = one shared limit alone" };
        perSite.Validators.Add(r => { if (r.GetValue(perSite) is < 0 or > VehiclesMax) r.AddError($"--per-site is 0 to {VehiclesMax}."); });
        var gap = PlanCommand.Gap();
        var changed = new Option<double>("--changed") { Description = "Share of vehicles that are drawn anew for a third plan, which starts from the second; 0 = no third plan" };
        changed.Validators.Add(r => { if (r.GetValue(changed) is not (>= 0 and <= 1)) r.AddError("--changed is 0 to 1."); });
        var write = new Option<string?>("--write") { Description = "Only write the instance as problem.json and fleet.csv into this folder" };
        var command = new Command("planning", "Plans a drawn fleet twice and prints certificate, CPU and wall seconds and memory") { vehicles, seed, perSite, tight, gap, changed, write };
        command.SetAction(parsed =>
        {
            var (count, draw, each) = (parsed.GetValue(vehicles), parsed.GetValue(seed), parsed.GetValue(perSite));
            FleetProblem Drawn() => each > 0 ? FleetInstance.WithSites(count, each, parsed.GetValue(tight), draw) : FleetInstance.Generate(count, draw);
            var problem = Drawn();
            if (parsed.GetValue(write) is { } folder)
            {
                return PlanRun.Writing(() =>
                {
                    ProblemWriter.Write(folder, problem, "2026-04-01T12:00:00+08:00");
                    Console.WriteLine($"{count} SIMULATED vehicles written to {folder}");
                    return 0;
                });
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} SIMULATED vehicles, {problem.Sites.Length} stations, {problem.Steps} steps, seed {draw}, {Environment.ProcessorCount} cores"));
            Run("cold", problem, null);
            var plan = Run("warm", problem, null);
            if (parsed.GetValue(changed) is > 0 and var share)
            {
                var later = Drawn();
                FleetInstance.Redraw(later, share, draw + 1);
                Run("re-plan", later, plan.AsStart());
            }

            FleetPlan Run(string name, FleetProblem what, PlanStart? start)
            {
                var (made, effort) = Effort.Of(() => FleetPlanner.Plan(what, new PlanOptions { GapWanted = parsed.GetValue(gap), Seed = draw, Start = start }, PlanRun.InParallel(0)));
                var c = made.Certificate;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}  cost {c.Cost:0.00}  lower bound {c.LowerBound:0.00}  gap {c.Gap:0.0e+0}  {c.Passes:0.0} passes  {effort.CpuSeconds:0.000} CPU s  {effort.WallSeconds:0.000} s  {effort.PeakMemoryMb:0} MB peak"));
                return made;
            }

            return 0;
        });
        return command;
    }
}
