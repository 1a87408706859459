using System.CommandLine;
using Penstock.Ocpp.Rpc;
using Penstock.Simulator.Stations;

namespace Penstock.Cli.Station;

/// <summary>What was asked of penstock station. Powers in kW, times in seconds.</summary>
/// <param name="PlugIn">Share of EVSEs with a vehicle, 0 to 1.</param>
/// <param name="ForSeconds">0 = until stopped.</param>
internal sealed record StationRequest(
    Uri Url, int Count, OcppVersion Version, string IdPrefix, int Evses, double PowerKw, double DischargeKw, double PlugIn, int MeterSeconds, string? Password, string? Ca, string? Cert, string? Key, string? Fault, int Seed, int ForSeconds);

/// <summary>penstock station: SIMULATED stations against any central system.</summary>
internal static class StationCommand
{
    /// <summary>One process holds about as many sockets.</summary>
    internal const int CountMax = 20_000;

    private static readonly Dictionary<string, OcppVersion> Versions = new(StringComparer.Ordinal) { ["1.6"] = OcppVersion.V16, ["2.0.1"] = OcppVersion.V201, ["2.1"] = OcppVersion.V21 };

    internal static Command Create()
    {
        var url = new Option<string>("--url") { Description = "Central system, such as ws://127.0.0.1:8480/ocpp; the station's id is added", Required = true };
        url.Validators.Add(r => { if (!Uri.TryCreate(r.GetValue(url), UriKind.Absolute, out var u) || u.Scheme is not ("ws" or "wss")) r.AddError($"--url: \"{r.GetValue(url)}\" is no ws:// or wss:// address."); });
        var count = Whole("--count", "Stations", 1, 1, CountMax);
        var version = new Option<string>("--version") { Description = "OCPP: 1.6, 2.0.1 or 2.1", DefaultValueFactory = _ => "2.1" };
        version.Validators.Add(r => { if (!Versions.ContainsKey(r.GetValue(version)!)) r.AddError($"--version: there is no \"{r.GetValue(version)}\"; give 1.6, 2.0.1 or 2.1."); });
        var prefix = new Option<string>("--id-prefix") { Description = "Station ids are this and a number", DefaultValueFactory = _ => "SIM-" };
        prefix.Validators.Add(r => { if (r.GetValue(prefix) is not { Length: <= 40 } text || text.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))) r.AddError("--id-prefix is at most 40 letters, digits, - _ and ."); });
        var (evses, meter, seed, seconds) = (Whole("--evses", "EVSEs of each station", 1, 1, 50), Whole("--meter-seconds", "Seconds between meter values", 60, 1, 86_400), Whole("--seed", "Draws vehicles", 1, 0, int.MaxValue), Whole("--for", "Seconds to run; 0 = until stopped", 0, 0, 31_536_000));
        var (power, discharge, plugIn) = (Number("--power-kw", "Charging power of an EVSE", 22, 0.1, 10_000), Number("--discharge-kw", "Discharge power of an EVSE; 0 = a charger", 22, 0, 10_000), Number("--plug-in", "Share of EVSEs with a vehicle", 0, 0, 1));
        var (password, ca) = (new Option<string?>("--password") { Description = "Basic authentication, user = the station's id" }, new Option<string?>("--ca") { Description = "PEM file of the only root trusted for wss" });
        var (cert, key) = (new Option<string?>("--cert") { Description = "PEM file of the client certificate" }, new Option<string?>("--key") { Description = "PEM file of its key" });
        var fault = new Option<string?>("--fault") { Description = $"One of {string.Join(", ", StationFaults.Named.Keys)}" };
        fault.Validators.Add(r => { if (r.GetValue(fault) is { } name && !StationFaults.Named.ContainsKey(name)) r.AddError($"--fault: there is no \"{name}\"; give one of {string.Join(", ", StationFaults.Named.Keys)}."); });
        var command = new Command("station", "Runs SIMULATED stations against any central system") { url, count, version, prefix, evses, power, discharge, plugIn, meter, password, ca, cert, key, fault, seed, seconds };
        command.Validators.Add(r => { if (r.GetValue(cert) is null != r.GetValue(key) is null) r.AddError("--cert and --key go together."); });
        command.SetAction((parsed, cancel) => StationRun.RunAsync(
            new StationRequest(
                new Uri(parsed.GetValue(url)!), parsed.GetValue(count), Versions[parsed.GetValue(version)!], parsed.GetValue(prefix)!, parsed.GetValue(evses), parsed.GetValue(power), parsed.GetValue(discharge), parsed.GetValue(plugIn),
                parsed.GetValue(meter), parsed.GetValue(password), parsed.GetValue(ca), parsed.GetValue(cert), parsed.GetValue(key), parsed.GetValue(fault), parsed.GetValue(seed), parsed.GetValue(seconds)),
            Console.Out, cancel));
        return command;
    }

    private static Option<int> Whole(string name, string description, int usual, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(r => { if (r.GetValue(option) is var value && (value < least || value > most)) r.AddError($"{name} is {least} to {most}."); });
        return option;
    }

    private static Option<double> Number(string name, string description, double usual, double least, double most)
    {
        var option = new Option<double>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(r => { if (r.GetValue(option) is var value && !(value >= least && value <= most)) r.AddError(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name} is {least} to {most}.")); });
        return option;
    }
}
