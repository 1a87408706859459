using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Penstock.Cli.Plan;
using Penstock.UnitTests.Solvers.Fleet;

namespace Penstock.UnitTests.Cli.Plan;

public sealed class ProblemFileTests : IDisposable
{
    private readonly PlanFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_problem_is_read_as_it_was_written() => Gen.Select(Gen.Int[0, 30], Gen.Int[1, 96], Gen.Int[0, 100_000]).Sample(
        (count, steps, seed) =>
        {
            using var mine = new PlanFolder();
            var problem = Fleets.WithSites(Fleets.Problem(Fleets.Random(count, steps, seed), steps, seed), seed, sun: true);
            var read = ProblemFile.Read(mine.Of(problem).Problem).Problem;
            Assert.Equal(problem.Buy, read.Buy);
            Assert.Equal(problem.ImportMax, read.ImportMax);
            Assert.Equal(problem.Sites.Select(s => s.Parent), read.Sites.Select(s => s.Parent));
            Assert.Equal(problem.Sites.Select(s => s.PvAvailable), read.Sites.Select(s => s.PvAvailable));
            Assert.Equal(problem.Vehicles.EnergyArrival, read.Vehicles.EnergyArrival);
            Assert.Equal(problem.Vehicles.Departure, read.Vehicles.Departure);
            Assert.Equal(problem.Vehicles.Salvage, read.Vehicles.Salvage);
            if (count > 0) Assert.Equal(problem.Vehicles.Site, read.Vehicles.Site);
        },
        iter: 30);

    [Theory]
    [InlineData("A,S1,0,4,20", "A,S1,0,4,NaN", "fleet.csv:2:5: energyArrivalKwh is \"NaN\"; a number from 0 to 1000000 was expected")]
    [InlineData("A,S1,0,4,20", "A,S1,0,4,Infinity", "fleet.csv:2:5: energyArrivalKwh is \"Infinity\"")]
    [InlineData("A,S1,0,4,20", "A,S1,0,4,-20", "fleet.csv:2:5: energyArrivalKwh is \"-20\"")]
    [InlineData("A,S1,0,4,20", "A,S1,0,4,twenty", "fleet.csv:2:5: energyArrivalKwh is \"twenty\"")]
    [InlineData("A,S1,0,4,20", "A,S1,0,4,", "fleet.csv:2:5: energyArrivalKwh is \"\"")]
    [InlineData("B,S1,1,3", "B,S1,3,1", "fleet.csv:3:4: departureStep is \"1\"; a step after arrivalStep (3) was expected")]
    [InlineData("B,S1,1,3", "B,S1,1,1", "fleet.csv:3:4: departureStep is \"1\"; a step after arrivalStep (1)")]
    [InlineData("B,S1,1,3", "B,S1,1,5", "fleet.csv:3:4: departureStep is \"5\"; a whole number from 1 to 4")]
    [InlineData("B,S1,1,3", "B,S1,1.5,3", "fleet.csv:3:3: arrivalStep is \"1.5\"; a whole number from 0 to 3")]
    [InlineData("B,S1", "A,S1", "fleet.csv:3:1: vehicleId is \"A\"; an id of its own; line 2 has the same")]
    [InlineData("B,S1", ",S1", "fleet.csv:3:1: vehicleId is \"\"; a text of 1 to 200 characters")]
    [InlineData("0.95,0.95,0.1,10,0.2\nB", "0,0.95,0.1,10,0.2\nB", "fleet.csv:2:11: chargeEfficiency is \"0\"; a number above 0 and at most 1")]
    [InlineData("0.95,0.95,0.1,10,0.2\nB", "0.95,1.2,0.1,10,0.2\nB", "fleet.csv:2:12: dischargeEfficiency is \"1.2\"")]
    [InlineData("20,10,60,22", "20,70,60,22", "fleet.csv:2:6: energyMinKwh is \"70\"; at most energyMaxKwh (60)")]
    [InlineData("0.1,10,0.2\nB", "0.1,0.1,0.2\nB", "fleet.csv:2:15: salvagePerKwh is \"0.2\"; at most shortfallPenaltyPerKwh (0.1)")]
    [InlineData("0.1,10,0.2\nB", "0.1,10\nB", "fleet.csv:2:1: 14 fields; 15 were expected")]
    [InlineData("wearPerKwh", "wear", "fleet.csv:1:13: unknown column \"wear\"")]
    [InlineData("wearPerKwh,", "", "fleet.csv:1:1: column wearPerKwh is missing")]
    public void A_line_that_cannot_be_planned_is_refused_with_its_place_value_and_expectation(string text, string instead, string expected)
    {
        var faults = folder.Small(fleet: csv => csv.Replace(text, instead, StringComparison.Ordinal)).Faults();
        Assert.Contains(faults, f => f.StartsWith(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("schema", "\"penstock.plan/1\"", "problem.json:2:13: schema: \"penstock.plan/1\"; \"penstock.planning-problem/1\" was expected")]
    [InlineData("vehicles", "\"none.csv\"", "there is no such file")]
    [InlineData("limits.importMaxKw", "[40,40,40]", "limits.importMaxKw: 3 numbers; 4, one per step was expected")]
    [InlineData("limits.importMaxKw", "[40,-40,40,40]", "limits.importMaxKw[1]: -40; a number from 0 to 1000000000 was expected")]
    [InlineData("limits.importMaxKw", "[40,\"x\",40,40]", "limits.importMaxKw: \"x\"; only numbers in this array was expected")]
    [InlineData("limits.importMaxKw", "40", "limits.importMaxKw: 40; 4 numbers, one per step was expected")]
    [InlineData("limits.overloadPenaltyPerKwh", "0", "limits.overloadPenaltyPerKwh: 0; a number from")]
    [InlineData("limits.importMaxKW", "[1,1,1,1]", "limits.importMaxKW: an unknown field; baseLoadKw")]
    [InlineData("grid.steps", "0", "grid.steps: 0; a number from 1 to 1344 was expected")]
    [InlineData("grid.steps", "3.5", "grid.steps: 3.5; a whole number was expected")]
    [InlineData("grid.start", "\"tomorrow\"", "grid.start: \"tomorrow\"; a time such as")]
    [InlineData("prices.currency", "\"yuan\"", "prices.currency: \"yuan\"; an ISO 4217 code")]
    [InlineData("events", "[{\"eventId\":\"E\",\"firstStep\":3,\"lastStep\":1,\"subsidyPerKwh\":4}]", "events[0].lastStep: 1; a number from 3 to 3 was expected")]
    [InlineData("events", "[{\"eventId\":\"E\",\"firstStep\":0,\"lastStep\":1,\"subsidyPerKwh\":-4}]", "events[0].subsidyPerKwh: -4")]
    [InlineData("sites", "[]", "sites: an empty array")]
    [InlineData("sites", "[{\"siteId\":\"S2\",\"baseLoadKw\":[0,0,0,0],\"importMaxKw\":[1,1,1,1],\"exportMaxKw\":[1,1,1,1]}]", "fleet.csv:2:2: siteId is \"S1\"; the siteId of one of the problem's sites was expected")]
    [InlineData("sites", "[{\"siteId\":\"S1\",\"parentSiteId\":\"S9\",\"baseLoadKw\":[0,0,0,0],\"importMaxKw\":[1,1,1,1],\"exportMaxKw\":[1,1,1,1]}]", "sites[0].parentSiteId: \"S9\"; the siteId of a site further up")]
    [InlineData("batteries", "[{\"batteryId\":\"A\",\"energyStartKwh\":1,\"energyMinKwh\":0,\"energyMaxKwh\":2,\"chargeMaxKw\":1,\"dischargeMaxKw\":1,\"chargeEfficiency\":1,\"dischargeEfficiency\":1}]", "batteries[0].batteryId: \"A\"; an id that no vehicle")]
    [InlineData("reserves", "[{\"vehicleId\":\"Z\",\"firstStep\":0,\"lastStep\":1,\"energyMinKwh\":4}]", "reserves[0].vehicleId: \"Z\"; the id of a vehicle or battery was expected")]
    public void A_field_that_cannot_be_planned_is_refused_with_its_place_value_and_expectation(string field, string value, string expected)
    {
        var faults = folder.Small(json =>
        {
            var path = field.Split('.');
            (path.Length == 1 ? json : json[path[0]]!.AsObject())[path[^1]] = JsonNode.Parse(value);
        }).Faults();
        Assert.Contains(faults, f => f.Contains(expected, StringComparison.Ordinal));
        Assert.All(faults, f => Assert.True(f.Contains("no such file", StringComparison.Ordinal) || System.Text.RegularExpressions.Regex.IsMatch(f, @"^\w+\.(json|csv):\d+:\d+: "), f));
    }

    [Theory]
    [InlineData("{ \"schema\": NaN }", "problem.json:1:13: no JSON")]
    [InlineData("", "the file is empty")]
    [InlineData("[1]", "an object was expected")]
    [InlineData("{} {}", "problem.json:1:4: no JSON")]
    [InlineData("{ \"schema\": \"penstock.planning-problem/1\",\n \"grid\": { ", "problem.json:2:12: no JSON")]
    public void A_file_that_is_no_JSON_is_refused_with_its_place(string text, string expected)
    {
        File.WriteAllText(folder.Small().Problem, text);
        Assert.Contains(folder.Faults(), f => f.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Fifty_faults_are_told_twenty_at_a_time_and_nothing_is_written()
    {
        folder.Small(fleet: csv => csv + string.Concat(Enumerable.Range(0, 50).Select(n => $"\nX{n},S1,0,4,-1,10,60,22,11,11,0.95,0.95,0.1,10,0.2")));
        var (code, _, error) = PlanFolder.Run("plan", folder.Problem, "--out", folder.File("plan.json"), "--schedule", folder.File("schedule.csv"));
        Assert.Equal(3, code);
        Assert.Equal(20, error.Split('\n').Count(l => l.StartsWith("fleet.csv:", StringComparison.Ordinal)));
        Assert.Contains("nothing was written", error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("plan.json")) || File.Exists(folder.File("schedule.csv")) || File.Exists(folder.File("plan.json.part")));
    }

    [Fact]
    public void A_missing_problem_is_a_refusal_and_a_missing_argument_a_usage_error()
    {
        Assert.Equal(3, PlanFolder.Run("plan", folder.File("none.json")).Code);
        Assert.Equal(1, PlanFolder.Run("plan").Code);
        Assert.Equal(1, PlanFolder.Run("plan", folder.Small().Problem, "--gap", "0").Code);
    }

    [Fact]
    public void A_million_lines_with_one_broken_are_refused_for_that_one()
    {
        folder.Small(fleet: csv =>
        {
            var text = new StringBuilder(csv.Split('\n')[0]);
            for (var n = 0; n < 1_000_000; n++) text.Append('\n').Append(n == 777_000 ? $"V{n},S1,0,4,20,10,60,22,11,11,0.95,0.95,0.1,10,oops" : $"V{n},S1,0,4,20,10,60,22,11,11,0.95,0.95,0.1,10,0.2");
            return text.ToString();
        });
        Assert.Equal(["fleet.csv:777002:15: salvagePerKwh is \"oops\"; a number from 0 to 1000000 was expected"], folder.Faults());
    }

    [Fact]
    public void No_text_makes_the_readers_throw_anything_but_a_refusal() => Gen.Select(Gen.Int[0, 3], Gen.Int[0, 10_000], Gen.Char[' ', '~'].Array[1, 12]).Sample(
        (kind, at, noise) =>
        {
            using var mine = new PlanFolder();
            mine.Small();
            var file = mine.File(kind % 2 == 0 ? "problem.json" : "fleet.csv");
            var text = File.ReadAllText(file);
            var place = at % text.Length;
            File.WriteAllText(file, kind < 2 ? text.Insert(place, new string(noise)) : text.Remove(place, Math.Min(noise.Length, text.Length - place)));
            foreach (var fault in mine.Faults()) Assert.NotEmpty(fault);
        },
        iter: 400);
}
