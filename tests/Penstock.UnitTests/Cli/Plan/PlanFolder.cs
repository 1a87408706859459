using System.Text.Json.Nodes;
using Penstock.Cli;
using Penstock.Cli.Plan;
using Penstock.Solvers.Fleet;

namespace Penstock.UnitTests.Cli.Plan;

/// <summary>A folder with a problem, and the program's own commands on it.</summary>
internal sealed class PlanFolder : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("penstock-plan-").FullName;

    internal string File(string name) => Path.Combine(folder, name);

    internal string Problem => File("problem.json");

    internal PlanFolder Of(FleetProblem problem)
    {
        ProblemWriter.Write(folder, problem, "2026-04-02T00:00:00+08:00");
        return this;
    }

    /// <summary>Two vehicles over four steps, changed as a test wishes.</summary>
    internal PlanFolder Small(Action<JsonObject>? change = null, Func<string, string>? fleet = null)
    {
        var json = JsonNode.Parse("""
            {
              "schema": "penstock.planning-problem/1",
              "grid": { "start": "2026-04-02T00:00:00+08:00", "stepMinutes": 15, "steps": 4 },
              "prices": { "currency": "CNY", "buyPerKwh": [1, 0.4, 0.4, 1.2], "sellPerKwh": [0.9, 0.3, 0.3, 1.1] },
              "limits": { "baseLoadKw": [10, 10, 10, 10], "importMaxKw": [40, 40, 40, 40], "exportMaxKw": [0, 0, 0, 0], "overloadPenaltyPerKwh": 5 },
              "vehicles": "fleet.csv"
            }
            """)!.AsObject();
        change?.Invoke(json);
        System.IO.File.WriteAllText(Problem, json.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true }));
        const string two = """
            vehicleId,siteId,arrivalStep,departureStep,energyArrivalKwh,energyMinKwh,energyMaxKwh,energyTargetKwh,chargeMaxKw,dischargeMaxKw,chargeEfficiency,dischargeEfficiency,wearPerKwh,shortfallPenaltyPerKwh,salvagePerKwh
            A,S1,0,4,20,10,60,22,11,11,0.95,0.95,0.1,10,0.2
            B,S1,1,3,30,10,60,30,22,0,0.95,0.95,0.1,10,0.2
            """;
        System.IO.File.WriteAllText(File("fleet.csv"), (fleet is null ? two : fleet(two)) + "\n");
        return this;
    }

    internal int Plan(params string[] more) => Run(["plan", Problem, "--out", File("plan.json"), "--schedule", File("schedule.csv"), .. more]).Code;

    internal (int Code, string Output, string Error) Verify() => Run("plan", "verify", Problem, File("plan.json"), File("schedule.csv"));

    internal JsonObject Result() => JsonNode.Parse(System.IO.File.ReadAllText(File("plan.json")))!.AsObject();

    /// <summary>The faults with which the problem is refused; empty when it is not.</summary>
    internal IReadOnlyList<string> Faults()
    {
        try
        {
            ProblemFile.Read(Problem);
            return [];
        }
        catch (InputRefusedException e)
        {
            return e.Faults;
        }
    }

    private static readonly Lock Console1 = new();

    internal static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        lock (Console1)
        {
            var (output, error) = (new StringWriter(), new StringWriter());
            var (before, errorBefore) = (Console.Out, Console.Error);
            try
            {
                Console.SetOut(output);
                Console.SetError(error);
                return (PenstockCommand.Root().Parse(arguments).Invoke(), output.ToString(), error.ToString());
            }
            finally
            {
                Console.SetOut(before);
                Console.SetError(errorBefore);
            }
        }
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
