using System.Net.WebSockets;
using Penstock.Ocpp;
using Penstock.Ocpp.Rpc;
using Penstock.Simulator.Cities;
using Penstock.Simulator.Physics;

namespace Penstock.Simulator.Stations;

/// <summary>
/// A charging station on a real WebSocket. What it says waits in a bounded outbox and is repeated until the central system answers, through reconnects, in order.
/// </summary>
public sealed class SimulatedStation(CityStation model, Uri address, TimeProvider time, StationWork work, int meterSeconds, int seed, StationFaults? wrong = null)
{
    /// <summary>Longest wait between two tries to connect.</summary>
    public static readonly TimeSpan BackOffMax = TimeSpan.FromSeconds(60);

    private readonly StationFaults faults = wrong ?? StationFaults.None;
    private readonly Outbox outbox = new(work);
    private readonly Outlet[] outlets = [.. model.Evses.Select(e => new Outlet(e.Id.Number, e.ChargeMax.Kilowatts, e.DischargeMax.Kilowatts, wrong ?? StationFaults.None, seed + e.Id.Number))];
    private readonly TaskCompletionSource booted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim bootAsked = new(0, 1);
    private readonly DateTimeOffset began = time.GetUtcNow();
    private readonly Lock gate = new();
    private StationDialect? dialect;
    private WebSocket? link;
    private TimeSpan heartbeat = TimeSpan.FromMinutes(5);
    private DateTimeOffset lastSaid;
    private int transactions;
    private int commands;
    private int messages;

    public CityStation Model => model;

    /// <summary>Completes when the central system accepted the station for the first time.</summary>
    public Task Booted => booted.Task;

    /// <summary>Periodic messages that were given up because the outbox was full.</summary>
    public long Dropped => outbox.Dropped;

    /// <summary>Messages that still have to be said.</summary>
    public int Waiting => outbox.Count;

    /// <summary>Connects, and connects again after 1, 2, 4 ... 60 s, until <paramref name="stop"/>.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        for (var attempt = 0; !stop.IsCancellationRequested; attempt++)
        {
            try
            {
                await ConnectAsync(stop);
                attempt = 0;
            }
            catch (Exception e) when (e is WebSocketException or HttpRequestException or IOException or OperationCanceledException)
            {
                // the world: no link
            }

            // before its first boot the simulated clock may not run yet
            var wait = TimeSpan.FromSeconds(Math.Min(BackOffMax.TotalSeconds, 1 << Math.Min(attempt, 6)));
            await Task.Delay(wait, booted.Task.IsCompleted ? time : TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void PlugIn(Visit visit, SimulatedBattery battery)
    {
        lock (gate)
        {
            var (outlet, now) = (Find(visit.Evse.Number), time.GetUtcNow());
            var session = new WireSession(outlet.Evse, $"{model.Id.Value}-{++transactions}", visit.Vehicle.Token);
            (outlet.Battery, outlet.Session, outlet.LastSample, outlet.LastStep) = (battery, session, now, now);
            outlet.Profiles.Clear(null, ProfilePurpose.Tx, null);
            var vehicle = visit.Vehicle.Vehicle;
            var needs = new VehicleNeeds(visit.Declared.ToDateTimeOffset(), vehicle.Capacity.KilowattHours, battery.Fraction, visit.Vehicle.Terms.Target.Fraction, vehicle.ChargeMax.Kilowatts, vehicle.DischargeMax.Kilowatts);
            Say(d => d.StatusAsync(outlet.Evse, occupied: true, At(now)));
            Say(d => d.AuthorizeAsync(session));
            var first = outlet.Sample(At(now), session.NextSeqNo());
            Say(d => d.StartAsync(session, first));
            Say(d => d.NeedsAsync(session, needs));
            if (model.Version == OcppVersion.V16) Sample(outlet, session, now, periodic: false); // its start carries one register only
        }
    }

    public void Unplug(int evse)
    {
        lock (gate)
        {
            var (outlet, now) = (Find(evse), time.GetUtcNow());
            End(outlet, now, remote: false);
            outlet.Battery = null;
            Say(d => d.StatusAsync(evse, occupied: false, At(now)));
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
                if ((now - outlet.LastSample).TotalSeconds >= meterSeconds) Sample(outlet, session, now, periodic: true);
            }

            if (booted.Task.IsCompleted && now - lastSaid >= heartbeat) Say(d => d.HeartbeatAsync(), periodic: true);
        }
    }

    /// <summary>Registers of all EVSEs together, Wh.</summary>
    public (decimal ImportWh, decimal ExportWh) Registers()
    {
        lock (gate) return (outlets.Sum(o => o.ImportWh), outlets.Sum(o => o.ExportWh));
    }

    /// <param name="evse">0 = all of them.</param>
    internal bool Install(int evse, StationProfile profile)
    {
        Command();
        lock (gate)
        {
            var mine = outlets.Where(o => evse == 0 || o.Evse == evse).ToList();
            if (mine.Count == 0 || (evse == 0 && profile.Purpose == ProfilePurpose.Tx)) return false;
            if (profile.Purpose == ProfilePurpose.Tx && (mine[0].Session is not { } session || (profile.TransactionId is { } id && id != session.TransactionId))) return false;
            if (profile.Periods.Any(p => p.Watts < 0) && mine.Exists(o => o.DischargeKw <= 0)) return false;
            foreach (var outlet in mine) outlet.Profiles.Put(profile, time.GetUtcNow());
            return true;
        }
    }

    internal bool Update(int profileId, double watts)
    {
        Command();
        lock (gate) return outlets.Any(o => (watts >= 0 || o.DischargeKw > 0) && o.Profiles.Update(profileId, watts, time.GetUtcNow()));
    }

    internal int Clear(int? evse, int? id, ProfilePurpose? purpose, int? stackLevel)
    {
        lock (gate) return outlets.Where(o => evse is null or 0 || o.Evse == evse).Sum(o => o.Profiles.Clear(id, purpose, stackLevel));
    }

    /// <summary>Ends a transaction from afar; the vehicle stays plugged in.</summary>
    internal bool Stop(string transactionId)
    {
        lock (gate)
        {
            if (Array.Find(outlets, o => o.Session?.TransactionId == transactionId) is not { } outlet) return false;
            End(outlet, time.GetUtcNow(), remote: true);
            return true;
        }
    }

    internal void Report(int requestId) => SayNow(d => d.ReportAsync(requestId, At(time.GetUtcNow()), outlets));

    /// <returns>False when this station has no such message.</returns>
    internal bool Trigger(string message, int? evse)
    {
        var now = time.GetUtcNow();
        switch (message)
        {
            case "BootNotification":
                if (booted.Task.IsCompleted) SayNow(async d => await d.BootAsync(model) is not null);
                else if (bootAsked.CurrentCount == 0) bootAsked.Release();
                return true;
            case "Heartbeat":
                SayNow(d => d.HeartbeatAsync());
                return true;
            case "StatusNotification":
                foreach (var outlet in Meant(evse)) SayNow(d => d.StatusAsync(outlet.Evse, outlet.Session is not null, At(now)));
                return true;
            case "MeterValues" or "TransactionEvent":
                lock (gate)
                {
                    foreach (var outlet in Meant(evse)) if (outlet.Session is { } session) Sample(outlet, session, now, periodic: true);
                }

                return true;
            default:
                return false;
        }
    }

    private IEnumerable<Outlet> Meant(int? evse) => outlets.Where(o => evse is null or 0 || o.Evse == evse);

    private Outlet Find(int evse) => Array.Find(outlets, o => o.Evse == evse) ?? throw new ArgumentOutOfRangeException(nameof(evse), evse, $"Station {model.Id} has no such EVSE.");

    private DateTimeOffset At(DateTimeOffset now) => faults.ClockAt1970 ? DateTimeOffset.UnixEpoch + (now - began) : now;

    private void Sample(Outlet outlet, WireSession session, DateTimeOffset now, bool periodic)
    {
        outlet.LastSample = now;
        var sample = outlet.Sample(At(now), session.NextSeqNo());
        Say(d => d.SampleAsync(session, sample), periodic);
    }

    private void End(Outlet outlet, DateTimeOffset now, bool remote)
    {
        if (outlet.Session is not { } session) return;
        outlet.PowerKw = 0;
        if (model.Version == OcppVersion.V16) Sample(outlet, session, now, periodic: false);
        var last = outlet.Sample(At(now), session.NextSeqNo());
        outlet.Session = null;
        Say(d => d.EndAsync(session, last, remote));
    }

    private void Say(Func<StationDialect, Task<bool>> message, bool periodic = false)
    {
        lastSaid = time.GetUtcNow();
        outbox.Add(message, periodic);
    }

    /// <summary>Beside the outbox: what is asked of a station that is not accepted yet.</summary>
    private void SayNow(Func<StationDialect, Task<bool>> message)
    {
        if (dialect is not { } now) return;
        work.Begin();
        _ = message(now).ContinueWith(_ => work.End(), TaskScheduler.Default);
    }

    private async Task ConnectAsync(CancellationToken stop)
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(Subprotocol.Name(model.Version));
        await socket.ConnectAsync(new Uri(address, $"ocpp/{model.Id.Value}"), stop);
        link = socket;
        var connection = new OcppConnection(socket, model.Version, Answer, TimeProvider.System, new ConnectionOptions(), (_, _) => work.Frame());
        var speaker = dialect = model.Version == OcppVersion.V16 ? new Dialect16(connection) : new Dialect2x(connection);
        using var life = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var running = connection.RunAsync(life.Token);
        var speaking = SpeakAsync(speaker, life.Token);
        try
        {
            await Task.WhenAny(running, speaking); // whichever breaks: the link begins anew
        }
        finally
        {
            outbox.Online(false);
            await life.CancelAsync();
            await Task.WhenAll(running, speaking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            (dialect, link) = (null, null);
        }
    }

    private async Task SpeakAsync(StationDialect speaker, CancellationToken stop)
    {
        await BootAsync(speaker, stop);
        foreach (var outlet in outlets) await speaker.StatusAsync(outlet.Evse, outlet.Session is not null, At(time.GetUtcNow()));
        outbox.Online(true);
        booted.TrySetResult();
        while (!stop.IsCancellationRequested)
        {
            var message = await outbox.NextAsync(stop);
            if (!await message.SayAsync(speaker))
            {
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, stop);
                continue;
            }

            if (faults.Repeats && ++messages % 5 == 0) await message.SayAsync(speaker);
            outbox.Said(message);
        }
    }

    private async Task BootAsync(StationDialect speaker, CancellationToken stop)
    {
        while (true)
        {
            var answer = await speaker.BootAsync(model);
            if (answer is { Interval: var interval } && interval > TimeSpan.Zero) heartbeat = interval;
            if (answer is { Accepted: true }) return;
            stop.ThrowIfCancellationRequested();
            await bootAsked.WaitAsync(answer is null ? TimeSpan.FromSeconds(1) : answer.Interval > TimeSpan.Zero ? answer.Interval : TimeSpan.FromSeconds(10), stop);
        }
    }

    private ValueTask<OcppAnswer> Answer(IncomingCall call, CancellationToken cancel) => ValueTask.FromResult(
        (model.Version == OcppVersion.V16 ? Dialect16.Answer(call, this) : Dialect2x.Answer(call, this))
        ?? OcppAnswer.Error(OcppError.NotImplemented, $"{call.Action} is not implemented by this simulated station."));

    private void Command()
    {
        if (Interlocked.Increment(ref commands) == faults.LinkBreaksAtCommand) link?.Abort();
    }
}
