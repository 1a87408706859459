using System.Text.Json.Nodes;
using Penstock.UnitTests.Cli.Plan;

namespace Penstock.UnitTests.Cli.Flexibility;

public sealed class FlexibilityCommandTests : IDisposable
{
    private readonly PlanFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_table_tells_capability_outlook_offer_and_hosting()
    {
        folder.Of(Penstock.Simulator.Instances.FleetInstance.Generate(60, 3));
        var (code, output, error) = Run("--offer", "20-27", "--hosting", "--draws", "20");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("60, 96 steps of 15 min", output, StringComparison.Ordinal);
        Assert.Contains("P90 of 20 draws", output, StringComparison.Ordinal);
        Assert.Contains("Steps 20-27 (05:00-07:00)", output, StringComparison.Ordinal);
        foreach (var word in new[] { "discharge: less import or more export", "charge: more import or less export", "guaranteed block", "never bid them", "Uncontrolled", "Orderly", "V2G" }) Assert.Contains(word, output, StringComparison.Ordinal);
        Assert.Equal(24, output.Split('\n').Count(l => l.Length > 6 && l[2] == ':' && l[5] == ' ')); // a row an hour
    }

    [Fact]
    public void The_file_and_the_printed_JSON_say_the_same_and_every_series_has_its_length()
    {
        folder.Of(Penstock.Simulator.Instances.FleetInstance.WithSites(120, 12, 0.5, 3));
        var (code, output, _) = Run("--offer", "20-27", "--hosting", "--json", "--out", folder.File("flex.json"));
        Assert.Equal(0, code);
        var (printed, json) = (JsonNode.Parse(output)!.AsObject(), JsonNode.Parse(File.ReadAllText(folder.File("flex.json")))!.AsObject());
        Assert.Equal(printed.ToJsonString(), json.ToJsonString());
        Assert.Equal("penstock.flexibility/1", (string?)json["schema"]);
        Assert.Equal(96, json["plan"]!["aggregateKw"]!.AsArray().Count);
        foreach (var kind in new[] { "dischargeKw", "chargeKw", "guaranteedBlockKw" })
        {
            foreach (var table in new[] { "asPlanned", "p50", "p90", "p95" }) Assert.Equal([96, 93, 89, 81], json["capability"]![kind]![table]!.AsArray().Select(d => d!.AsArray().Count));
        }

        Assert.All(new[] { "earliestKwh", "latestKwh", "planKwh", "importMaxKw", "exportMaxKw" }, name => Assert.Equal(96, json["envelope"]![name]!.AsArray().Count));
        for (var t = 0; t < 96; t++) Assert.InRange((double)json["envelope"]!["planKwh"]![t]!, (double)json["envelope"]!["latestKwh"]![t]! - 1e-3, (double)json["envelope"]!["earliestKwh"]![t]! + 1);
        Assert.Equal(10, json["offer"]!["points"]!.AsArray().Count);
        Assert.Equal(["uncontrolled", "orderly", "v2g"], json["hosting"]!.AsArray().Select(h => (string?)h!["regime"]));
        Assert.False(File.Exists(folder.File("flex.json.part")));
    }

    [Fact]
    public void The_same_seed_gives_the_same_answer_on_any_number_of_threads()
    {
        folder.Of(Penstock.Simulator.Instances.FleetInstance.Generate(60, 3));
        string Capability(params string[] options) => JsonNode.Parse(Run(["--json", .. options]).Output)!["capability"]!.ToJsonString();
        Assert.Equal(Capability("--threads", "1"), Capability("--threads", "3"));
        Assert.NotEqual(Capability(), Capability("--seed", "2"));
    }

    [Fact]
    public void Batteries_are_certain_in_every_draw()
    {
        folder.Small(
            json => json["batteries"] = JsonNode.Parse("""[{ "batteryId": "B1", "energyStartKwh": 50, "energyMinKwh": 10, "energyMaxKwh": 100, "energyEndKwh": 20, "chargeMaxKw": 30, "dischargeMaxKw": 30, "chargeEfficiency": 1, "dischargeEfficiency": 1, "wearPerKwh": 0.5, "shortfallPenaltyPerKwh": 5, "salvagePerKwh": 0.9 }]"""),
            fleet => string.Join('\n', fleet.Split('\n')[..1]));
        var json = JsonNode.Parse(Run("--json").Output)!;
        Assert.Equal((0, 1), ((int)json["vehicles"]!, (int)json["batteries"]!));
        Assert.Equal(json["capability"]!["guaranteedBlockKw"]!["asPlanned"]!.ToJsonString(), json["capability"]!["guaranteedBlockKw"]!["p95"]!.ToJsonString());
        Assert.True((double)json["capability"]!["guaranteedBlockKw"]!["p95"]![0]![0]! > 0);
    }

    [Fact]
    public void Bad_input_is_refused_as_by_plan()
    {
        folder.Small(json => json["grid"]!["steps"] = 5);
        var (plan, mine) = (PlanFolder.Run("plan", folder.Problem, "--out", folder.File("plan.json")), Run("--out", folder.File("flex.json")));
        Assert.Equal((3, plan.Error), (mine.Code, mine.Error));
        Assert.Contains("problem.json:", mine.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("flex.json")));
        Assert.Equal(3, PlanFolder.Run("flexibility", folder.File("none.json")).Code);
    }

    [Fact]
    public void A_window_outside_the_steps_and_a_folder_that_cannot_be_written_are_told()
    {
        folder.Small();
        var (code, _, error) = Run("--offer", "2-4");
        Assert.Equal(3, code);
        Assert.Contains("--offer: 2-4; steps 0 to 3 were expected", error, StringComparison.Ordinal);
        (code, _, error) = Run("--out", folder.File("no/such/flex.json"));
        Assert.Equal(3, code);
        Assert.Contains("Give a folder that can be written.", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--offer", "3")]
    [InlineData("--offer", "3-2")]
    [InlineData("--offer", "a-b")]
    [InlineData("--draws", "19")]
    [InlineData("--draws", "201")]
    [InlineData("--gap", "0")]
    [InlineData("--threads", "-1")]
    public void Wrong_options_are_refused(params string[] options)
    {
        folder.Small();
        Assert.Equal(1, Run(options).Code);
    }

    private (int Code, string Output, string Error) Run(params string[] options) => PlanFolder.Run(["flexibility", folder.Problem, .. options]);
}
