using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Penstock.Core.Fleet;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Simulator.Cities;
using Penstock.Simulator.Physics;
using Penstock.Simulator.Stations;

namespace Penstock.Cli.Station;

/// <summary>One run of penstock station: connects, plugs vehicles in, tells each second how it goes, ends with a summary.</summary>
internal sealed class StationRun
{
    /// <summary>Stations that connect at the same time.</summary>
    private const int ConnectingMax = 64;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly StationRequest request;
    private readonly TextWriter output;
    private readonly StationWork work = new();
    private readonly List<SimulatedStation> stations = [];
    private readonly DateTimeOffset began = TimeProvider.System.GetUtcNow();

    private StationRun(StationRequest request, TextWriter output)
    {
        (this.request, this.output) = (request, output);
        var faults = request.Fault is { } name ? StationFaults.Named[name] : StationFaults.None;
        var credentials = Credentials(request);
        var address = new Uri(request.Url.ToString().TrimEnd('/') + "/");
        var width = request.Count.ToString(CultureInfo.InvariantCulture).Length;
        var number = (int)(began.ToUnixTimeSeconds() % 1_000_000_000); // transactions of each run have ids of their own
        for (var n = 1; n <= request.Count; n++)
        {
            var id = new StationId(request.IdPrefix + n.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0'));
            var method = request.DischargeKw > 0 ? DischargeMethod.CentralSetpoint : DischargeMethod.None;
            var evses = Enumerable.Range(1, request.Evses).Select(e => new EvseLayout(new EvseId(id, e), "poc", Power.FromKilowatts(request.PowerKw), Power.FromKilowatts(request.DischargeKw), method)).ToImmutableArray();
            stations.Add(new SimulatedStation(new CityStation(id, request.Version, "Penstock", "Sim", evses), address, TimeProvider.System, work, request.MeterSeconds, unchecked((request.Seed * 100_003) + n), faults)
            {
                Path = "", Credentials = credentials, TransactionsBefore = number,
            });
        }
    }

    /// <returns>0; 1 when not every station was accepted; 3 when a certificate file is unusable.</returns>
    internal static async Task<int> RunAsync(StationRequest request, TextWriter output, CancellationToken cancel)
    {
        try
        {
            return await new StationRun(request, output).PlayAsync(cancel);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"A certificate file cannot be used: {e.Message} --ca, --cert and --key are PEM files.");
            return 3;
        }
    }

    private async Task<int> PlayAsync(CancellationToken cancel)
    {
        await output.WriteLineAsync($"SIMULATED: {request.Count} stations of OCPP {Penstock.Ocpp.Rpc.Subprotocol.Name(request.Version)[4..]}, {request.Evses} EVSEs each, at {request.Url}{(request.Fault is { } f ? $", fault {f}" : "")}");
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (request.ForSeconds > 0) over.CancelAfter(TimeSpan.FromSeconds(request.ForSeconds));
        using var stop = new CancellationTokenSource(); // the stations stay until they are counted
        var playing = ConnectAsync(stop.Token);
        var (before, peak) = (0L, 0);
        using var timer = new PeriodicTimer(Second);
        try
        {
            while (await timer.WaitForNextTickAsync(over.Token))
            {
                foreach (var station in stations) station.Advance();
                var messages = work.Messages;
                peak = Math.Max(peak, stations.Sum(s => s.Running));
                await output.WriteLineAsync(Line(messages - before));
                before = messages;
            }
        }
        catch (OperationCanceledException)
        {
            // the time is over, or the user stopped it
        }

        var (online, booted) = (stations.Count(s => s.Online), stations.Count(s => s.Booted.IsCompleted));
        var (import, export) = (stations.Sum(s => s.Registers().ImportWh - StartWh()), stations.Sum(s => s.Registers().ExportWh));
        await stop.CancelAsync();
        await playing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var seconds = (TimeProvider.System.GetUtcNow() - began).TotalSeconds;
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"SIMULATED, {seconds:0} s: {booted} of {request.Count} stations accepted, {online} online at the end, {peak} transactions at most, {import / 1000:0.0} kWh in, {export / 1000:0.0} kWh out, {work.Messages} messages, {Reconnects()} reconnects"));
        return booted == request.Count ? 0 : 1;
    }

    private string Line(long messages) =>
        $"connected {stations.Count(s => s.Online)}  booted {stations.Count(s => s.Booted.IsCompleted)}  transactions {stations.Sum(s => s.Running)}  messages/s {messages}  waiting {stations.Sum(s => s.Waiting)}  reconnects {Reconnects()}  faults {(request.Fault is null ? 0 : request.Count)}";

    private int Reconnects() => stations.Sum(s => Math.Max(0, s.Links - 1));

    /// <summary>The registers of a simulated meter begin at 1 kWh times the EVSE's number.</summary>
    private decimal StartWh() => Enumerable.Range(1, request.Evses).Sum(e => 1000m * e);

    private async Task ConnectAsync(CancellationToken stop)
    {
        using var door = new SemaphoreSlim(ConnectingMax);
        var running = new List<Task>();
        foreach (var (station, n) in stations.Select((s, n) => (s, n)))
        {
            await door.WaitAsync(stop);
            running.Add(station.RunAsync(stop));
            _ = PlugInWhenAcceptedAsync(station, n, door, stop);
        }

        await Task.WhenAll(running);
    }

    private async Task PlugInWhenAcceptedAsync(SimulatedStation station, int n, SemaphoreSlim door, CancellationToken stop)
    {
        await Task.WhenAny(station.Booted, Task.Delay(5 * Second, TimeProvider.System, stop)); // one that is not accepted does not hold up the others
        if (stop.IsCancellationRequested) return;
        door.Release();
        await station.Booted.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (stop.IsCancellationRequested) return;
        var chance = new Random(unchecked((request.Seed * 7919) + n));
        foreach (var evse in station.Model.Evses)
        {
            if (chance.NextDouble() >= request.PlugIn) continue;
            var fraction = 0.2 + (0.5 * chance.NextDouble());
            var vehicle = new Vehicle(new VehicleId($"V{n}"), new OwnerId("SIMULATED"), null, Energy.FromKilowattHours(60), evse.ChargeMax, evse.DischargeMax, 0.95, 0.95, 0);
            station.PlugIn(evse.Id.Number, $"SIM{n}E{evse.Id.Number}", new SimulatedBattery(vehicle, fraction), new VehicleNeeds(TimeProvider.System.GetUtcNow().AddHours(8), 60, fraction, 0.8, request.PowerKw, request.DischargeKw));
        }
    }

    private static StationCredentials Credentials(StationRequest request) => new(
        request.Password, request.Ca is { } ca ? X509CertificateLoader.LoadCertificateFromFile(ca) : null,
        request.Cert is { } cert ? X509CertificateLoader.LoadPkcs12(X509Certificate2.CreateFromPemFile(cert, request.Key).Export(X509ContentType.Pkcs12), null) : null);
}
