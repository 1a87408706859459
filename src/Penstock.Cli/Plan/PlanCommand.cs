using System.CommandLine;

namespace Penstock.Cli.Plan;

/// <summary>penstock plan: plans a fleet given in files, with a proven gap; penstock plan verify re-checks a plan.</summary>
internal static class PlanCommand
{
    internal static Command Create()
    {
        var problem = new Argument<string?>("problem.json") { Description = "The problem; it names its fleet (docs/reference/planning-files.md)", Arity = ArgumentArity.ZeroOrOne };
        var output = new Option<string>("--out") { Description = "The plan: certificate, aggregate, prices, what was relaxed", DefaultValueFactory = _ => "plan.json" };
        var schedule = new Option<string?>("--schedule") { Description = "Also write every vehicle's schedule: vehicleId,step,chargeKw,dischargeKw" };
        var gap = Gap();
        var seed = new Option<int>("--seed") { Description = "Same problem and seed, same plan", DefaultValueFactory = _ => 1 };
        var threads = Threads();
        var start = new Option<string?>("--start") { Description = "An earlier plan of a similar problem to start from" };
        var command = new Command("plan", "Plans a fleet as one power plant, with a proven gap") { problem, output, schedule, gap, seed, threads, start, Verify() };
        command.Validators.Add(r => { if (r.GetValue(problem) is null) r.AddError("penstock plan needs a problem: penstock plan problem.json --out plan.json"); });
        command.SetAction(parsed => PlanRun.Make(new PlanRequest(
            parsed.GetValue(problem)!, parsed.GetValue(output)!, parsed.GetValue(schedule), parsed.GetValue(gap), parsed.GetValue(seed), parsed.GetValue(threads), parsed.GetValue(start))));
        return command;
    }

    internal static Option<double> Gap()
    {
        var gap = new Option<double>("--gap") { Description = "(cost - lower bound) / cost that is good enough", DefaultValueFactory = _ => 1e-4 };
        gap.Validators.Add(r => { if (r.GetValue(gap) is not (>= 1e-9 and <= 1)) r.AddError("--gap is 1e-9 to 1."); });
        return gap;
    }

    internal static Option<int> Threads()
    {
        var threads = new Option<int>("--threads") { Description = "0 = one per core; the plan does not depend on it" };
        threads.Validators.Add(r => { if (r.GetValue(threads) is < 0 or > 256) r.AddError("--threads is 0 to 256."); });
        return threads;
    }

    private static Command Verify()
    {
        var (problem, plan, schedule) = (new Argument<string>("problem.json"), new Argument<string>("plan.json"), new Argument<string>("schedule.csv"));
        var command = new Command("verify", "Re-checks feasibility, cost and bound of a plan with code that shares nothing with the planner; exit code 8 when it fails") { problem, plan, schedule };
        command.SetAction(parsed => PlanVerify.VerifyRun.Check(parsed.GetValue(problem)!, parsed.GetValue(plan)!, parsed.GetValue(schedule)!, Console.Out, Console.Error));
        return command;
    }
}
