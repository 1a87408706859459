using System.Net.WebSockets;
using System.Threading.Channels;
using Penstock.Ocpp;
using Penstock.Ocpp.Rpc;
using Penstock.Simulator.Cities;
using Penstock.Simulator.Physics;

namespace Penstock.Simulator.Stations;

/// <summary>
/// A charging station on a real WebSocket. What it says waits in a bounded outbox and is repeated until the central system answers, through reconnects, in order.
/// </summary>
public sealed class SimulatedStation(CityStation model, Uri address, TimeProvider time, StationWork work, int meterSeconds, int seed)
{
    /// <summary>Messages that wait while the link is down; the oldest telemetry goes first above it, never a start or an end.</summary>
    public const int OutboxMax = 10_000;

    private readonly Channel<Func<StationDialect, Task<bool>>> outbox = Channel.CreateUnbounded<Func<StationDialect, Task<bool>>>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Outlet[] outlets = [.. model.Evses.Select(e => new Outlet(e.Id.Number, e.ChargeMax.Kilowatts, e.DischargeMax.Kilowatts, seed + e.Id.Number))];
    private readonly TaskCompletionSource booted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private int transactions;

    public CityStation Model => model;

    /// <summary>Completes when the central system accepted the station for the first time.</summary>
    public Task Booted => booted.Task;

    /// <summary>A fault to try: the station accepts setpoints and does not obey them.</summary>
    public bool Disobeys { get; set; }

    public async Task RunAsync(CancellationToken stop)
    {
        for (var attempt = 0; !stop.IsCancellationRequested; attempt++)
        {
            try
            {
                await ConnectAsync(stop);
                attempt = 0;
            }
            catch (Exception e) when (e is WebSocketException or HttpRequestException or IOException)
            {
                // the world: no link
            }

            await Task.Delay(TimeSpan.FromSeconds(Math.Min(60, 1 << Math.Min(attempt, 6))), time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void PlugIn(Visit visit, SimulatedBattery battery)
    {
        lock (gate)
        {
            var outlet = Find(visit.Evse.Number);
            var session = new WireSession(outlet.Evse, $"{model.Id.Value}-{++transactions}", visit.Vehicle.Token);
            (outlet.Battery, outlet.Session, outlet.OrderW, outlet.OrderUntil, outlet.LastSample, outlet.LastStep) = (battery, session, null, null, time.GetUtcNow(), time.GetUtcNow());
            var (sample, needs) = (outlet.Sample(time.GetUtcNow()), new VehicleNeeds(
                visit.Leave.ToDateTimeOffset(), visit.Vehicle.Vehicle.Capacity.KilowattHours, battery.Fraction, visit.Vehicle.Terms.Target.Fraction, visit.Vehicle.Vehicle.ChargeMax.Kilowatts, visit.Vehicle.Vehicle.DischargeMax.Kilowatts));
            Say(d => d.StatusAsync(outlet.Evse, occupied: true, sample.At));
            Say(d => d.AuthorizeAsync(session.Token));
            Say(d => d.StartAsync(session, sample));
            Say(d => d.NeedsAsync(session, needs));
        }
    }

    public void Unplug(int evse)
    {
        lock (gate)
        {
            var outlet = Find(evse);
            if (outlet.Session is not { } session) return;
            outlet.PowerKw = 0;
            var sample = outlet.Sample(time.GetUtcNow());
            (outlet.Session, outlet.Battery) = (null, null);
            Say(d => d.EndAsync(session, sample));
            Say(d => d.StatusAsync(evse, occupied: false, sample.At));
        }
    }

    /// <summary>Moves energy since the last call and meters when it is time.</summary>
    public void Advance()
    {
        var now = time.GetUtcNow();
        lock (gate)
        {
            foreach (var outlet in outlets)
            {
                if (outlet.Session is not { } session) continue;
                outlet.Step(now);
                if ((now - outlet.LastSample).TotalSeconds < meterSeconds) continue;
                outlet.LastSample = now;
                var sample = outlet.Sample(now);
                Say(d => d.SampleAsync(session, sample));
            }
        }
    }

    /// <summary>Registers of all EVSEs together, Wh.</summary>
    public (decimal ImportWh, decimal ExportWh) Registers()
    {
        lock (gate) return (outlets.Sum(o => o.ImportWh), outlets.Sum(o => o.ExportWh));
    }

    private Outlet Find(int evse) => Array.Find(outlets, o => o.Evse == evse) ?? throw new ArgumentOutOfRangeException(nameof(evse), evse, $"Station {model.Id} has no such EVSE.");

    private void Say(Func<StationDialect, Task<bool>> message)
    {
        work.Begin();
        outbox.Writer.TryWrite(message);
    }

    private async Task ConnectAsync(CancellationToken stop)
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(Subprotocol.Name(model.Version));
        await socket.ConnectAsync(new Uri(address, $"ocpp/{model.Id.Value}"), stop);
        var connection = new OcppConnection(socket, model.Version, Answer, time, new ConnectionOptions(), (_, _) => work.Frame());
        StationDialect dialect = model.Version == OcppVersion.V16 ? new Dialect16(connection) : new Dialect2x(connection);
        using var life = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var running = connection.RunAsync(life.Token);
        var speaking = SpeakAsync(dialect, life.Token);
        await running;
        await life.CancelAsync();
        await speaking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task SpeakAsync(StationDialect dialect, CancellationToken stop)
    {
        while (await dialect.BootAsync(model.Vendor, model.Model, model.Id.Value) != true) await Task.Delay(TimeSpan.FromSeconds(10), time, stop);
        foreach (var outlet in outlets) await dialect.StatusAsync(outlet.Evse, outlet.Session is not null, time.GetUtcNow());
        booted.TrySetResult();
        while (await outbox.Reader.WaitToReadAsync(stop))
        {
            while (outbox.Reader.TryPeek(out var message))
            {
                if (!await message(dialect)) await Task.Delay(TimeSpan.FromSeconds(1), time, stop);
                else if (outbox.Reader.TryRead(out _)) work.End();
            }
        }
    }

    private ValueTask<OcppAnswer> Answer(IncomingCall call, CancellationToken cancel) => ValueTask.FromResult(
        (model.Version == OcppVersion.V16 ? Dialect16.Answer(call, Obey, () => { }, outlets.Length) : Dialect2x.Answer(call, Obey, () => { }, model.Version))
        ?? OcppAnswer.Error(OcppError.NotImplemented, $"{call.Action} is not implemented by this simulated station."));

    private bool Obey(StationOrder order)
    {
        lock (gate)
        {
            var outlet = Array.Find(outlets, o => o.Evse == order.Evse);
            if (outlet?.Session is null || (order.Update && outlet.OrderW is null)) return false;
            if (order.Watts < 0 && outlet.DischargeKw <= 0) return false;
            if (!Disobeys) outlet.OrderW = order.Watts;
            var lasts = order.Update ? outlet.Lasts : order.Lasts;
            (outlet.Lasts, outlet.OrderUntil) = (lasts, lasts is { } span ? time.GetUtcNow() + span : null);
            return true;
        }
    }

    /// <summary>One EVSE with its meter.</summary>
    private sealed class Outlet(int evse, double chargeKw, double dischargeKw, int seed)
    {
        /// <summary>Largest relative error of a power reading: a class 1 meter.</summary>
        private const double MeterError = 0.01;

        private readonly Random chance = new(seed);
        private double importWh = 1000 * evse;
        private double exportWh;

        internal int Evse => evse;

        internal double DischargeKw => dischargeKw;

        internal SimulatedBattery? Battery { get; set; }

        internal WireSession? Session { get; set; }

        internal double? OrderW { get; set; }

        internal TimeSpan? Lasts { get; set; }

        internal DateTimeOffset? OrderUntil { get; set; }

        internal DateTimeOffset LastSample { get; set; }

        internal DateTimeOffset LastStep { get; set; }

        internal double PowerKw { get; set; }

        internal decimal ImportWh => Math.Floor((decimal)importWh);

        internal decimal ExportWh => Math.Floor((decimal)exportWh);

        internal void Step(DateTimeOffset now)
        {
            if (OrderUntil <= now) (OrderW, OrderUntil) = (null, null); // the dead-man time ran out: charging only
            var hours = (now - LastStep).TotalHours;
            LastStep = now;
            PowerKw = Battery!.Step(OrderW is { } watts ? Math.Clamp(watts / 1000, -dischargeKw, chargeKw) : chargeKw, hours);
            importWh += Math.Max(0, PowerKw) * hours * 1000;
            exportWh += Math.Max(0, -PowerKw) * hours * 1000;
        }

        /// <summary>The power reading carries the meter's error; the registers are the truth.</summary>
        internal StationSample Sample(DateTimeOffset at) => new(at, PowerKw * (1 + (MeterError * ((2 * chance.NextDouble()) - 1))), ImportWh, ExportWh, Battery?.Fraction ?? 0);
    }
}
