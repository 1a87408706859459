using System.CommandLine;
using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Penstock.Simulator.Cities;

namespace Penstock.Cli.Demo;

/// <summary>What was asked of penstock demo.</summary>
/// <param name="Until">Local time of day at which the headless run ends.</param>
/// <param name="Data">Folder of the database; null = a new one that is deleted at the end.</param>
internal sealed record DemoRequest(string Scenario, int Seed, double? Speed, int Port, int? Vehicles, bool Headless, LocalTime Until, bool Json, string? Data);

/// <summary>penstock demo: server, simulator and console in one process on loopback.</summary>
internal static class DemoCommand
{
    internal static Command Create()
    {
        var scenario = new Option<string>("--scenario") { Description = string.Join(" | ", ScenarioFile.Names), DefaultValueFactory = _ => "lianhua" };
        scenario.AcceptOnlyFromAmong([.. ScenarioFile.Names]);
        var seed = new Option<int>("--seed") { Description = "Same seed, same city", DefaultValueFactory = _ => 7 };
        var speed = new Option<double?>("--speed") { Description = "Simulated seconds per second, 1 to 3600 (60; headless 3600)" };
        speed.Validators.Add(r => { if (r.GetValue(speed) is < 1 or > 3600) r.AddError("--speed is 1 to 3600."); });
        var port = new Option<int>("--port") { Description = "TCP port on loopback; 0 = a free one", DefaultValueFactory = _ => 8480 };
        var vehicles = new Option<int?>("--vehicles") { Description = "Instead of the scenario's number" };
        vehicles.Validators.Add(r => { if (r.GetValue(vehicles) is < 1 or > 5000) r.AddError("--vehicles is 1 to 5000."); });
        var headless = new Option<bool>("--headless") { Description = "No console: play from midnight and end" };
        var until = new Option<string>("--until") { Description = "Local time at which the headless run ends", DefaultValueFactory = _ => "21:00" };
        until.Validators.Add(r => { if (!Time.Parse(r.GetValue(until)!).Success) r.AddError($"--until is a time of day such as 21:00, not \"{r.GetValue(until)}\"."); });
        var json = new Option<bool>("--json") { Description = "Print one JSON object on standard output" };
        var data = new Option<string?>("--data") { Description = "Keep the database in this folder" };
        var command = new Command("demo", "Plays a city on real OCPP sockets") { scenario, seed, speed, port, vehicles, headless, until, json, data };
        command.SetAction((parsed, cancel) => DemoRun.RunAsync(
            new DemoRequest(
                parsed.GetValue(scenario)!, parsed.GetValue(seed), parsed.GetValue(speed), parsed.GetValue(port), parsed.GetValue(vehicles), parsed.GetValue(headless),
                Time.Parse(parsed.GetValue(until)!).Value, parsed.GetValue(json), parsed.GetValue(data)), cancel));
        return command;
    }

    private static LocalTimePattern Time => LocalTimePattern.Create("HH:mm", CultureInfo.InvariantCulture);
}
