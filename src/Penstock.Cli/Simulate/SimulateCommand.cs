using System.CommandLine;
using NodaTime;
using NodaTime.Text;
using Penstock.Simulator.Virtual;

namespace Penstock.Cli.Simulate;

/// <summary>What was asked of penstock simulate.</summary>
/// <param name="Quarantine">File for the rows that were not used; null = only counted.</param>
internal sealed record SimulateRequest(
    IReadOnlyList<string> Sessions, string Prices, string Site, IReadOnlyList<VirtualPolicy> Policies, bool Json, string? Area, string? Location,
    LocalDate? From, LocalDate? To, int ShiftWeeks, IReadOnlyDictionary<string, string> Columns, string? Quarantine);

/// <summary>penstock simulate: recorded charging sessions under several policies, in virtual time.</summary>
internal static class SimulateCommand
{
    internal static Command Create()
    {
        var sessions = new Option<string[]>("--sessions") { Description = "Recorded sessions, .csv or .csv.gz: ACN, Norwegian, or columns arrival, departure, energy_kwh", Required = true, AllowMultipleArgumentsPerToken = true };
        var prices = new Option<string>("--prices") { Description = "Prices: SMARD, UrbanEV, or columns time, buy_per_kwh, sell_per_kwh", Required = true };
        var site = new Option<string>("--site") { Description = "Limits, piles, prices and assumptions (samples/simulate)", Required = true };
        var policy = new Option<string>("--policy") { Description = "Of uncontrolled, orderly, v2g, with commas between", DefaultValueFactory = _ => "uncontrolled,orderly,v2g" };
        policy.Validators.Add(r => Each(r.GetValue(policy)!, name => { if (Policy(name) is null) r.AddError($"--policy: there is no \"{name}\"; give some of uncontrolled, orderly, v2g."); }));
        var json = new Option<bool>("--json") { Description = "Print one JSON object on standard output" };
        var area = new Option<string?>("--area") { Description = "Price area (SMARD: DE_LU ...) or city zone (UrbanEV)" };
        var location = new Option<string?>("--location") { Description = "Only sessions of this location" };
        var (from, to) = (Day("--from", "First local day of arrival"), Day("--to", "Day after the last one"));
        var shift = new Option<int>("--shift-weeks") { Description = "Moves the sessions by whole weeks into the time of the prices" };
        shift.Validators.Add(r => { if (r.GetValue(shift) is < -2600 or > 2600) r.AddError("--shift-weeks is -2600 to 2600."); });
        var columns = new Option<string>("--columns") { Description = "Your names: arrival=start,departure=end,energy_kwh=kwh", DefaultValueFactory = _ => "" };
        columns.Validators.Add(r => Each(r.GetValue(columns)!, pair => { if (pair.Split('=') is not [{ Length: > 0 }, { Length: > 0 }]) r.AddError($"--columns: \"{pair}\" is not known=yours, such as arrival=start_local."); }));
        var quarantine = new Option<string?>("--quarantine") { Description = "Write the rows that were not used to this file: file, line, reason" };
        var command = new Command("simulate", "Plays recorded charging sessions under several policies") { sessions, prices, site, policy, json, area, location, from, to, shift, columns, quarantine };
        command.SetAction(parsed => SimulateRun.Play(new SimulateRequest(
            parsed.GetValue(sessions)!, parsed.GetValue(prices)!, parsed.GetValue(site)!, [.. Split(parsed.GetValue(policy)!).Select(p => Policy(p)!.Value)], parsed.GetValue(json),
            parsed.GetValue(area), parsed.GetValue(location), Parsed(parsed.GetValue(from)), Parsed(parsed.GetValue(to)), parsed.GetValue(shift),
            Split(parsed.GetValue(columns)!).Select(p => p.Split('=')).ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal), parsed.GetValue(quarantine))));
        return command;
    }

    private static Option<string?> Day(string name, string description)
    {
        var day = new Option<string?>(name) { Description = description + ", such as 2019-10-01" };
        day.Validators.Add(r => { if (r.GetValue(day) is { } text && !LocalDatePattern.Iso.Parse(text).Success) r.AddError($"{name} is a day such as 2019-10-01, not \"{text}\"."); });
        return day;
    }

    private static LocalDate? Parsed(string? day) => day is null ? null : LocalDatePattern.Iso.Parse(day).Value;

    private static VirtualPolicy? Policy(string name) => Enum.TryParse<VirtualPolicy>(name, ignoreCase: true, out var policy) && !char.IsDigit(name[0]) ? policy : null;

    private static string[] Split(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static void Each(string list, Action<string> check)
    {
        foreach (var one in Split(list)) check(one);
    }
}
