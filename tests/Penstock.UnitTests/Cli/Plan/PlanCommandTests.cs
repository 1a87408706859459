using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CsCheck;
using Penstock.Solvers.Fleet;
using Penstock.UnitTests.Solvers.Fleet;

namespace Penstock.UnitTests.Cli.Plan;

public sealed class PlanCommandTests : IDisposable
{
    private readonly PlanFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_plan_passes_the_verifier() => Gen.Select(Gen.Int[1, 40], Gen.Int[2, 96], Gen.Int[0, 100_000], Gen.Int[0, 7]).Sample(
        (count, steps, seed, kind) =>
        {
            using var mine = new PlanFolder();
            mine.Of(Kind(count, steps, seed, kind));
            Assert.Equal(0, mine.Plan());
            var (code, output, error) = mine.Verify();
            Assert.True(code == 0, $"{error}{output}");
        },
        iter: 60);

    [Theory]
    [InlineData(38, 93, 29218, 7)] // a start below the floor where a discharge fee below 0 makes pumping pay
    public void A_plan_that_once_failed_passes_the_verifier(int count, int steps, int seed, int kind)
    {
        folder.Of(Kind(count, steps, seed, kind));
        Assert.Equal(0, folder.Plan());
        var (code, output, error) = folder.Verify();
        Assert.True(code == 0, $"{error}{output}");
    }

    [Fact]
    public void A_large_plan_passes_the_verifier_and_a_later_one_starts_from_it()
    {
        folder.Of(Penstock.Simulator.Instances.FleetInstance.WithSites(3000, 30, 0.5, 3));
        Assert.Equal(0, folder.Plan());
        var (code, output, error) = folder.Verify();
        Assert.True(code == 0, $"{error}{output}");
        var passes = folder.Result()["certificate"]!["passes"]!.GetValue<double>();
        File.Move(folder.File("plan.json"), folder.File("earlier.json"));
        Assert.Equal(0, folder.Plan("--start", folder.File("earlier.json")));
        Assert.Equal(0, folder.Verify().Code);
        Assert.True(folder.Result()["certificate"]!["passes"]!.GetValue<double>() < passes);
    }

    [Fact]
    public void What_the_bench_writes_can_be_planned_and_verified()
    {
        Assert.Equal(0, PlanFolder.Run("bench", "planning", "--vehicles", "120", "--per-site", "12", "--write", Path.GetDirectoryName(folder.Problem)!).Code);
        Assert.Equal(0, folder.Plan());
        Assert.Equal(0, folder.Verify().Code);
    }

    [Theory]
    [InlineData(0, "--vehicles", "20")]
    [InlineData(6, "--vehicles", "60", "--per-site", "10", "--tight", "0.5", "--gap", "1e-3")]
    public void The_bench_measures_two_runs_that_find_the_same_plan(int stations, params string[] options)
    {
        var lines = PlanFolder.Run(["bench", "planning", .. options]).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith($"{options[1]} SIMULATED vehicles, {stations} stations, 96 steps", lines[0], StringComparison.Ordinal);
        var runs = lines[1..].Select(l => Regex.Match(l, @"^(cold|warm)  (cost (.+)  lower bound (.+)  gap (.+) passes)  .+ CPU s  .+ s  .+ MB peak$")).ToList();
        Assert.Equal(["cold", "warm"], runs.Select(r => r.Groups[1].Value));
        Assert.Equal(runs[0].Groups[2].Value, runs[1].Groups[2].Value);
        Assert.True(double.Parse(runs[0].Groups[4].Value, CultureInfo.InvariantCulture) <= double.Parse(runs[0].Groups[3].Value, CultureInfo.InvariantCulture));
    }

    [Fact]
    public void The_bench_plans_again_after_a_change_from_the_plan_before()
    {
        var lines = PlanFolder.Run("bench", "planning", "--vehicles", "3000", "--gap", "1e-3", "--changed", "0.01").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        double Passes(string line) => double.Parse(Regex.Match(line, @"([\d.]+) passes").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.StartsWith("re-plan", lines[^1], StringComparison.Ordinal);
        Assert.NotEqual(Regex.Match(lines[^2], "cost [0-9.]+").Value, Regex.Match(lines[^1], "cost [0-9.]+").Value);
        Assert.True(Passes(lines[^1]) < Passes(lines[^2]), $"{lines[^1]} after {lines[^2]}");
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_named()
    {
        File.WriteAllText(folder.File("taken"), "a file");
        var (code, _, error) = PlanFolder.Run("bench", "planning", "--vehicles", "5", "--write", folder.File("taken"));
        Assert.Equal(3, code);
        Assert.Contains("taken", error, StringComparison.Ordinal);
        Assert.Contains("can be written", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--vehicles", "0")]
    [InlineData("--vehicles", "2000001")]
    [InlineData("--per-site", "-1")]
    [InlineData("--tight", "1.5")]
    [InlineData("--changed", "2")]
    [InlineData("--gap", "0")]
    public void The_bench_names_the_option_that_is_out_of_range(string option, string value)
    {
        var (code, output, error) = PlanFolder.Run("bench", "planning", option, value);
        Assert.Equal(1, code);
        Assert.Contains($"{option} is ", error + output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("certificate.lowerBound", 1.001)]
    [InlineData("certificate.cost", 0.999)]
    [InlineData("certificate.gap", 3)]
    [InlineData("aggregateKw.40", 2)]
    [InlineData("prices.netPerKwh.40", 4)]
    public void A_plan_that_claims_more_than_its_schedules_prove_fails_with_8(string field, double factor)
    {
        folder.Of(Kind(30, 48, 5, 0));
        folder.Plan("--gap", "1e-3");
        var plan = folder.Result();
        var path = field.Split('.');
        var parent = path.Length == 2 ? plan[path[0]]! : plan[path[0]]![path[1]]!;
        if (int.TryParse(path[^1], out var index)) parent[index] = (parent[index]!.GetValue<double>() * factor) + 1.5;
        else parent[path[^1]] = parent[path[^1]]!.GetValue<double>() * factor;
        File.WriteAllText(folder.File("plan.json"), plan.ToJsonString());
        var (code, output, error) = folder.Verify();
        Assert.True(code == 8, output + error);
        Assert.Contains("does not hold", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("B,2,500,0", "500 kW is outside")]
    [InlineData("A,9,5,0", "A is not there in step 9")]
    [InlineData("Z,0,5,0", "no vehicle \"Z\"")]
    [InlineData("B,1,5,5", "one of both")]
    [InlineData("A,0,-5,0", "not negative")]
    public void A_schedule_that_a_vehicle_cannot_do_fails_with_8(string row, string expected)
    {
        folder.Small();
        folder.Plan();
        File.AppendAllText(folder.File("schedule.csv"), row + "\n");
        var (code, _, error) = folder.Verify();
        Assert.Equal(8, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_no_plan_are_told_with_3()
    {
        folder.Small();
        folder.Plan();
        File.WriteAllText(folder.File("plan.json"), "{}");
        Assert.Equal(3, folder.Verify().Code);
        File.Delete(folder.File("schedule.csv"));
        Assert.Equal(3, folder.Verify().Code);
    }

    [Fact]
    public void What_cannot_be_met_is_listed_with_amount_and_unit()
    {
        folder.Small(
            json => json["limits"]!["baseLoadKw"] = new JsonArray(10, 50, 10, 10),
            csv => csv.Replace("B,S1,1,3,30,10,60,30", "B,S1,1,3,5,10,60,70", StringComparison.Ordinal));
        Assert.Equal(0, folder.Plan());
        var relaxed = folder.Result()["relaxed"]!.AsArray().Select(r => r!.ToJsonString()).ToList();
        Assert.Contains("""{"vehicleId":"B","what":"energyMin","by":5,"unit":"kWh"}""", relaxed);
        Assert.Contains(relaxed, r => r.StartsWith("""{"vehicleId":"B","what":"energyTarget","by":54.55""", StringComparison.Ordinal)); // 70 - 5 - 2 x 5.225
        Assert.Contains(relaxed, r => r.StartsWith("""{"siteId":null,"what":"importMax","by":""", StringComparison.Ordinal));
        Assert.Equal(0, folder.Verify().Code);
    }

    [Fact]
    public void A_carbon_price_moves_energy_and_the_emissions_are_told()
    {
        static string Charging(string csv) => csv.Replace(",11,11,", ",11,0,", StringComparison.Ordinal);
        static void Dear(JsonObject json) => json["prices"]!["buyPerKwh"] = new JsonArray(1, 0.4, 0.42, 1.2);
        folder.Small(Dear, Charging);
        folder.Plan();
        Assert.Null(folder.Result()["emissionsKg"]);
        folder.Small(json =>
        {
            Dear(json);
            json["carbon"] = JsonNode.Parse("""{"pricePerTonne":500,"kgPerKwh":[0.2,0.9,0.1,0.9]}""");
        }, Charging);
        Assert.Equal(0, folder.Plan());
        var cheap = folder.Result()["emissionsKg"]!.GetValue<double>();
        folder.Small(json =>
        {
            Dear(json);
            json["carbon"] = JsonNode.Parse("""{"pricePerTonne":0,"kgPerKwh":[0.2,0.9,0.1,0.9]}""");
        }, Charging);
        folder.Plan();
        Assert.True(cheap < folder.Result()["emissionsKg"]!.GetValue<double>(), folder.Result()["aggregateKw"]!.ToJsonString() + cheap + " " + folder.Result()["emissionsKg"]);
        Assert.Equal(0, folder.Verify().Code);
    }

    [Fact]
    public void Nested_sites_too_large_to_be_planned_at_once_pass_the_verifier()
    {
        var problem = Penstock.Simulator.Instances.FleetInstance.WithSites(1500, 50, 1, 3);
        var feeder = problem.Sites[0] with { ImportMax = [.. problem.BaseLoad.Select(_ => 500.0)], ExportMax = [.. problem.BaseLoad.Select(_ => 300.0)] };
        foreach (ref var site in problem.Vehicles.Site.AsSpan()) site += 3;
        folder.Of(problem with { Sites = [feeder, feeder with { Parent = 0 }, feeder with { Parent = 0 }, .. problem.Sites.Select((s, n) => s with { Parent = n % 3 })] });
        Assert.Equal(0, folder.Plan("--gap", "1e-3"));
        var (code, output, error) = folder.Verify();
        Assert.True(code == 0, $"{error}{output}");
        Assert.InRange(folder.Result()["certificate"]!["gap"]!.GetValue<double>(), 0, 1e-3);
    }

    [Fact]
    public void The_same_problem_and_seed_give_the_same_files()
    {
        folder.Of(Penstock.Simulator.Instances.FleetInstance.Generate(900, 3));
        folder.Plan("--threads", "1");
        var (schedule, plan) = (File.ReadAllBytes(folder.File("schedule.csv")), folder.Result());
        folder.Plan("--threads", "2");
        Assert.Equal(schedule, File.ReadAllBytes(folder.File("schedule.csv")));
        foreach (var field in new[] { "aggregateKw", "relaxed", "prices", "priceVectors", "binding" }) Assert.Equal(plan[field]!.ToJsonString(), folder.Result()[field]!.ToJsonString());
    }

    [Fact]
    public void The_verifier_shares_no_code_with_the_planner()
    {
        foreach (var file in Directory.GetFiles(Path.Combine(Penstock.UnitTests.Ocpp.Schemas.Checkout(), "src", "Penstock.Cli", "PlanVerify"), "*.cs"))
        {
            Assert.DoesNotContain(File.ReadAllLines(file), l => l.StartsWith("using Penstock", StringComparison.Ordinal) || l.Contains("Penstock.Solvers", StringComparison.Ordinal) || l.Contains("Penstock.Core", StringComparison.Ordinal) || l.Contains("Cli.Plan.", StringComparison.Ordinal));
        }
    }

    private static FleetProblem Kind(int count, int steps, int seed, int kind)
    {
        var fleet = Fleets.Random(count, steps, seed);
        var plain = Fleets.Problem(fleet, steps, seed, 3, 1);
        switch (kind)
        {
            case 1:
                return Fleets.WithSites(plain, seed, sun: true);
            case 2:
                return plain with { Events = [new SubsidyEvent(steps / 3, steps / 2, 2), new SubsidyEvent(steps / 2, steps - 1, 0.5)] };
            case 3:
                fleet.LeaveProbability = [.. Enumerable.Range(0, count).Select(i => i % 2 == 0 ? 0.03f : 0)];
                fleet.Reserves = [new Reserve(0, steps / 2, steps - 1, 0.8 * fleet.EnergyMax[0])];
                return plain;
            case 4:
                return plain with { DemandCharge = new DemandCharge(3, count), PvAvailable = Fleets.Prices(steps, seed, 0, count), Ramps = [.. Enumerable.Range(1, (steps - 1) / 2).Select(k => new RampLimit(2 * k, 0.5 * count))] };
            case 5:
                fleet.PowerStep = [.. Enumerable.Repeat(0.1f, count)];
                fleet.PowerMin = [.. Enumerable.Range(0, count).Select(i => i % 2 * 1.4f)];
                return plain;
            case 6:
                return plain with { Buy = Fleets.Prices(steps, seed, -1, 1), Sell = Fleets.Prices(steps, seed + 1, -1, 1) };
            case 7:
                var sited = Fleets.WithSites(plain, seed);
                return sited with { DischargeFee = Fleets.Prices(steps, seed, -0.2, 0.6), Sites = [.. sited.Sites.Select((s, n) => n < 3 ? s with { OverloadPenalty = 30 } : s)] };
            default:
                return plain;
        }
    }
}
