using System.CommandLine;
using Penstock.Ocpp.Rpc;

namespace Penstock.Cli.Replay;

/// <summary>What was asked of penstock replay.</summary>
/// <param name="Url">Of the central system, without the station id.</param>
/// <param name="Subprotocol">Null = the newest that fits all calls of the recording.</param>
/// <param name="Speed">Recorded seconds per second; 0 = as fast as the answers come.</param>
internal sealed record ReplayRequest(string File, Uri Url, string Station, string? Subprotocol, double Speed);

/// <summary>penstock replay: the station's side of a recorded message log against any central system.</summary>
internal static class ReplayCommand
{
    /// <summary>Largest --speed.</summary>
    private const double SpeedMax = 100_000;

    internal static Command Create()
    {
        var file = new Argument<string>("file") { Description = "Exported message log, one JSON object per line: GET /api/v1/stations/{id}/messages/export?unmasked=true" };
        var url = new Option<string>("--url") { Description = "Address of the central system without the station id, such as ws://127.0.0.1:8480/ocpp", Required = true };
        url.Validators.Add(r => { if (Address(r.GetValue(url)) is null) r.AddError($"--url is a ws:// or wss:// address such as ws://127.0.0.1:8480/ocpp, not \"{r.GetValue(url)}\"."); });
        var id = new Option<string>("--id") { Description = "Station id to connect as", DefaultValueFactory = _ => "REPLAY" };
        id.Validators.Add(r => { if (r.GetValue(id) is { Length: 0 or > 48 }) r.AddError("--id has 1 to 48 characters."); });
        var subprotocol = new Option<string?>("--subprotocol") { Description = $"Of {string.Join(", ", Subprotocol.All)} (the newest that fits the recording)" };
        subprotocol.Validators.Add(r => { if (r.GetValue(subprotocol) is { } name && !Subprotocol.All.Contains(name)) r.AddError($"--subprotocol: there is no \"{name}\"; give one of {string.Join(", ", Subprotocol.All)}."); });
        var speed = new Option<double>("--speed") { Description = "Recorded seconds per second; 0 = as fast as answers come (0)" };
        speed.Validators.Add(r => { if (r.GetValue(speed) is not (>= 0 and <= SpeedMax)) r.AddError($"--speed is 0 to {SpeedMax:0}, not {r.GetValue(speed)}."); });
        var command = new Command("replay", "Plays a recorded station against a central system and compares the answers") { file, url, id, subprotocol, speed };
        command.SetAction((parsed, cancel) => ReplayRun.PlayAsync(
            new ReplayRequest(parsed.GetValue(file)!, Address(parsed.GetValue(url))!, parsed.GetValue(id)!, parsed.GetValue(subprotocol), parsed.GetValue(speed)), Console.Out, Console.Error, cancel));
        return command;
    }

    private static Uri? Address(string? text) => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "ws" or "wss" ? address : null;
}
