using System.CommandLine;
using System.Globalization;
using Penstock.Cli.Plan;
using Penstock.Solvers.Flexibility;

namespace Penstock.Cli.Flexibility;

/// <summary>penstock flexibility: what a planned fleet can change, for how long, at what price, and how many vehicles its limits host.</summary>
internal static class FlexibilityCommand
{
    internal static Command Create()
    {
        var problem = new Argument<string>("problem.json") { Description = "The problem; it names its fleet (docs/reference/planning-files.md)" };
        var output = new Option<string?>("--out") { Description = "Write everything as JSON" };
        var json = new Option<bool>("--json") { Description = "Print the JSON in place of the table" };
        var offer = new Option<string?>("--offer") { Description = "Offer curve and guaranteed block for steps FIRST-LAST" };
        offer.Validators.Add(r => { if (r.GetValue(offer) is { } text && Window(text) is null) r.AddError("--offer is FIRST-LAST, two steps such as 24-31."); });
        var hosting = new Option<bool>("--hosting") { Description = "How many of the vehicles the limits host: uncontrolled, orderly, V2G" };
        var draws = new Option<int>("--draws") { Description = $"Draws of arrivals, departures and owners, {FleetFlexibility.DrawsMin} to {FleetFlexibility.DrawsMax}", DefaultValueFactory = _ => FleetFlexibility.DrawsUsual };
        draws.Validators.Add(r => { if (r.GetValue(draws) is < FleetFlexibility.DrawsMin or > FleetFlexibility.DrawsMax) r.AddError($"--draws is {FleetFlexibility.DrawsMin} to {FleetFlexibility.DrawsMax}."); });
        var gap = PlanCommand.Gap();
        var seed = new Option<int>("--seed") { Description = "Same problem and seed, same answer", DefaultValueFactory = _ => 1 };
        var threads = PlanCommand.Threads();
        var command = new Command("flexibility", "What a planned fleet can change, now and ahead, with P50 and P90") { problem, output, json, offer, hosting, draws, gap, seed, threads };
        command.SetAction(parsed => FlexibilityRun.Make(new FlexibilityRequest(
            parsed.GetValue(problem)!, parsed.GetValue(output), parsed.GetValue(json), parsed.GetValue(offer) is { } window ? Window(window) : null, parsed.GetValue(hosting),
            parsed.GetValue(draws), parsed.GetValue(gap), parsed.GetValue(seed), parsed.GetValue(threads))));
        return command;
    }

    private static (int First, int Last)? Window(string text) =>
        text.Split('-') is [var a, var b] && int.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out var first) && int.TryParse(b, NumberStyles.None, CultureInfo.InvariantCulture, out var last) && first <= last
            ? (first, last) : null;
}
