using NodaTime;
using Penstock.Ocpp.Rpc;
using Penstock.Simulator.Cities;
using Penstock.Simulator.Physics;
using Penstock.Simulator.Stations.Der;
using Penstock.Simulator.Stations.Device;
using Penstock.Simulator.Stations.Profiles;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations;

/// <summary>
/// A charging station on a real WebSocket. What it says waits in a bounded outbox and is repeated until the central system answers, through reconnects, in order.
/// </summary>
public sealed partial class SimulatedStation
{
    /// <summary>Longest wait between two tries to connect.</summary>
    public static readonly TimeSpan BackOffMax = TimeSpan.FromSeconds(60);

    private readonly TimeProvider time;
    private readonly StationWork work;
    private readonly StationFaults faults;
    private readonly Outbox outbox;
    private readonly Outlet[] outlets;
    private readonly TaskCompletionSource booted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim bootAsked = new(0, 1);
    private readonly DateTimeOffset began;
    private readonly Lock gate = new();
    private readonly Random chance;
    private IReadOnlyList<string>? measurands;
    private TimeSpan heartbeat = TimeSpan.FromMinutes(5);
    private DateTimeOffset lastSaid;
    private DateTimeZone zone = DateTimeZone.Utc;
    private DeviceState? device;
    private double meterSeconds;
    private int transactions;

    public SimulatedStation(CityStation model, Uri address, TimeProvider time, StationWork work, int meterSeconds, int seed, StationFaults? wrong = null)
    {
        (Model, Address, this.time, this.work, this.meterSeconds, faults) = (model, address, time, work, meterSeconds, wrong ?? StationFaults.None);
        outbox = new Outbox(work);
        chance = new Random(seed);
        outlets = [.. model.Evses.Select(e => new Outlet(e.Id.Number, e.ChargeMax.Kilowatts, e.DischargeMax.Kilowatts, faults, seed + e.Id.Number) { Station = this })];
        began = time.GetUtcNow();
        offlineSince = began;
    }

    public CityStation Model { get; }

    /// <summary>How it proves who it is and whom it trusts.</summary>
    public StationCredentials Credentials { get; init; } = StationCredentials.None;

    /// <summary>Where OCPP 1.6 connects with TLS once its SecurityProfile asks for it; null = where it does, with wss.</summary>
    public Uri? SecureAddress { get; init; }

    /// <summary>Path from the address to the station's id.</summary>
    public string Path { get; init; } = "ocpp/";

    /// <summary>Number before the first transaction: another for each run against the same central system, for ids that are new.</summary>
    public int TransactionsBefore { init => transactions = value; }

    /// <summary>The grid at its terminals by time; nominal unless set.</summary>
    public Func<DateTimeOffset, GridPoint>? Grid { get; set; }

    /// <summary>What the site's energy management says; null = there is none.</summary>
    public LocalControl? Local
    {
        get;
        set
        {
            lock (gate)
            {
                field = value;
                LocalBands();
            }
        }
    }

    /// <summary>Completes when the central system accepted the station for the first time.</summary>
    public Task Booted => booted.Task;

    /// <summary>Periodic messages that were given up because the outbox was full.</summary>
    public long Dropped => outbox.Dropped;

    /// <summary>Messages that still have to be said.</summary>
    public int Waiting => outbox.Count;

    /// <summary>Transactions that run.</summary>
    public int Running => outlets.Count(o => o.Session is not null);

    internal Uri Address { get; }

    internal StationFaults Faults => faults;

    internal IReadOnlyList<Outlet> Outlets => outlets;

    internal DateTimeOffset Now => time.GetUtcNow();

    internal TimeSpan Heartbeat => heartbeat;

    internal double MeterSeconds => meterSeconds;

    internal GridPoint GridNow { get; private set; } = GridPoint.Nominal;

    internal DeviceState Device => device ??= new DeviceState(this);

    internal V21.ConnectorStatus StatusOfStation => outlets.Select(StatusOf).Max();

    public void PlugIn(Visit visit, SimulatedBattery battery)
    {
        var vehicle = visit.Vehicle.Vehicle;
        PlugIn(visit.Evse.Number, visit.Vehicle.Token, battery, new VehicleNeeds(
            visit.Declared.ToDateTimeOffset(), vehicle.Capacity.KilowattHours, battery.Fraction, visit.Vehicle.Terms.Target.Fraction, vehicle.ChargeMax.Kilowatts, vehicle.DischargeMax.Kilowatts));
    }

    /// <summary>A vehicle comes and its driver shows <paramref name="token"/>; a start from afar that waits for it goes first.</summary>
    public void PlugIn(int evse, string token, SimulatedBattery battery, VehicleNeeds needs)
    {
        lock (gate)
        {
            var (outlet, now) = (Find(evse), Now);
            if (outlet.Inoperative || outlet.Faulted) return; // out of service: the driver goes away
            (outlet.Battery, outlet.Needs, outlet.Token) = (battery, needs, token);
            var awaited = outlet.Awaited is { } waits && waits.Until > now ? waits : null;
            outlet.Awaited = null;
            Begin(outlet, awaited?.Token ?? token, awaited?.RemoteStartId, awaited?.Profile);
        }
    }

    public void Unplug(int evse)
    {
        lock (gate)
        {
            var outlet = Find(evse);
            End(outlet, V21.Reason.EVDisconnected, V21.TriggerReason.EVDeparted);
            (outlet.Battery, outlet.Needs, outlet.Token) = (null, null, null);
            SayStatus(evse);
        }
    }

    /// <summary>Moves energy since the last call and meters when it is time.</summary>
    public void Advance()
    {
        var now = Now;
        lock (gate)
        {
            if (Grid is { } grid) GridNow = grid(now);
            Func<Outlet, double, double, double>? der = device?.Der.Any == true ? (outlet, watts, seconds) => device.Der.Apply(outlet, watts, GridNow, now, seconds) : null;
            foreach (var outlet in outlets)
            {
                if (outlet.Session is not { } session) continue;
                var composed = outlet.Step(MomentOf(outlet), der);
                if (session.Authorized && (composed.Mode != outlet.Mode || composed.Sleep != outlet.Sleeps)) ChangeMode(outlet, session, composed, now);
                if ((now - outlet.LastSample).TotalSeconds >= meterSeconds) Sample(outlet, session, now, periodic: true);
                if (outlet.Profiles.ToPull(now) is { } held) Pull(outlet, held);
                if (session.Deauthorized || session.Limit is not null) HoldBack(outlet, session, now);
            }

            SayAligned(now);

            device?.Tick(now);
            if (booted.Task.IsCompleted && now - lastSaid >= heartbeat) Say(d => d.HeartbeatAsync(), periodic: true);
        }
    }

    /// <summary>Registers of all EVSEs together, Wh.</summary>
    public (decimal ImportWh, decimal ExportWh) Registers()
    {
        lock (gate) return (outlets.Sum(o => o.ImportWh), outlets.Sum(o => o.ExportWh));
    }

    /// <summary>Power at an EVSE as it flows, kW.</summary>
    public double PowerKw(int evse)
    {
        lock (gate) return Find(evse).PowerKw;
    }

    internal Moment MomentOf(Outlet outlet) => new(Now, outlet.Session?.Began, outlet.Battery?.Fraction ?? 0, offlineSince, outlet.Priority, GridNow.Hz, outlet.Signal, outlet.Local, zone);

    internal V21.ConnectorStatus StatusOf(Outlet outlet) => outlet.Faulted ? V21.ConnectorStatus.Faulted
        : outlet.Inoperative ? V21.ConnectorStatus.Unavailable
        : outlet.Battery is not null ? V21.ConnectorStatus.Occupied
        : device?.Reservations.Holds(outlet.Evse) == true ? V21.ConnectorStatus.Reserved : V21.ConnectorStatus.Available;

    internal void SayStatus(int evse)
    {
        var (outlet, now) = (Find(evse), Now);
        var (status, charging) = (StatusOf(outlet), outlet.Session is not null);
        Say(d => d.StatusAsync(evse, status, charging, At(now)));
    }

    internal WireSession? FindSession(string transaction) => Array.Find(outlets, o => o.Session?.TransactionId == transaction)?.Session;

    /// <summary>A transaction event at once, for a reason of its own.</summary>
    internal void SayUpdate(string transaction, V21.TriggerReason why)
    {
        if (Array.Find(outlets, o => o.Session?.TransactionId == transaction) is { Session: { } session } outlet) Sample(outlet, session, Now, periodic: false, why);
    }

    /// <summary>Takes over what was set in the device model.</summary>
    internal void Configured()
    {
        heartbeat = TimeSpan.FromSeconds(Device.Model.Number("OCPPCommCtrlr", "HeartbeatInterval"));
        meterSeconds = Device.Model.Number("SampledDataCtrlr", "TxUpdatedInterval");
        measurands = Device.Model.List("SampledDataCtrlr", "TxUpdatedMeasurands").Concat(Device.Model.List("V2XChargingCtrlr", "TxUpdatedMeasurands", outlets[0].Evse)).Distinct(StringComparer.Ordinal).ToList();
        zone = DateTimeZoneProviders.Tzdb[Device.Model.Text("ClockCtrlr", "TimeZone")];
        AlignmentConfigured();
        LocalBands();
    }

    /// <summary>Ends a transaction that runs; the vehicle stays plugged in.</summary>
    internal void End(Outlet outlet, V21.Reason reason, V21.TriggerReason trigger)
    {
        if (outlet.Session is not { } session) return;
        var now = Now;
        outlet.PowerKw = 0;
        if (Model.Version == OcppVersion.V16) Sample(outlet, session, now, periodic: false);
        var last = SampleOf(outlet, session, now);
        session.Ended = true;
        (outlet.Session, outlet.Priority, outlet.Signal, outlet.Mode, outlet.Sleeps) = (null, false, null, default, false);
        outlet.Profiles.Clear(p => p.ChargingProfilePurpose == V21.ChargingProfilePurpose.TxProfile);
        Say(d => d.EndAsync(session, last, new StopCause(reason, trigger)));
        device?.TransactionEnded(session.TransactionId);
    }

    internal DateTimeOffset At(DateTimeOffset now) => faults.ClockAt1970 ? DateTimeOffset.UnixEpoch + (now - began) : now + faults.ClockOff;

    /// <summary>Seconds of a randomizedDelay.</summary>
    internal int Draw(int most) => chance.Next(most + 1);

    private Outlet Find(int evse) => Array.Find(outlets, o => o.Evse == evse) ?? throw new ArgumentOutOfRangeException(nameof(evse), evse, $"Station {Model.Id} has no such EVSE.");

    private IEnumerable<Outlet> Meant(int? evse) => outlets.Where(o => evse is null or 0 || o.Evse == evse);

    private WireSession Begin(Outlet outlet, string token, int? remoteStartId, V21.ChargingProfile? profile)
    {
        var now = Now;
        WireSession session = null!;
        session = new WireSession(outlet.Evse, $"{Model.Id.Value}-{++transactions}", token)
        {
            Began = now, StartWh = outlet.ImportWh, RemoteStartId = remoteStartId, ReservationId = device?.Reservations.Use(outlet.Evse, token),
            NotAccepted = () => NotAccepted(outlet, session), Told = (limit, cost) => Told(outlet, session, limit, cost),
        };
        (outlet.Session, outlet.LastSample, outlet.LastStep, outlet.Mode) = (session, now, now, V21.OperationMode.ChargingOnly);
        outlet.Profiles.Clear(p => p.ChargingProfilePurpose == V21.ChargingProfilePurpose.TxProfile);
        if (profile is not null) Device.Profiles.Install(outlet.Evse, profile with { TransactionId = session.TransactionId }, outlet);
        SayStatus(outlet.Evse);
        if (KnowsOffline(token)) session.Authorized = true;
        else Say(d => d.AuthorizeAsync(session));
        var first = SampleOf(outlet, session, now);
        Say(d => d.StartAsync(session, first));
        SayNeeds(outlet, session);
        if (Model.Version == OcppVersion.V16) Sample(outlet, session, now, periodic: false); // its start carries one register only
        return session;
    }

    /// <summary>Without a link the local list and the cache decide, when the device model lets them.</summary>
    private bool KnowsOffline(string token) => device is { } d && (offlineSince is not null ? d.Model.Flag("AuthCtrlr", "LocalAuthorizeOffline") : d.Model.Flag("AuthCtrlr", "LocalPreAuthorize")) && d.LocalList.Allows(token, Now) == true;

    /// <summary>ISO 15118 ScheduleExchange: also when the service is renegotiated.</summary>
    private void SayNeeds(Outlet outlet, WireSession session)
    {
        if (outlet.Needs is not { } needs || outlet.Battery is not { } battery) return;
        var now = needs with { Fraction = battery.Fraction };
        Say(d => d.NeedsAsync(session, now, status =>
        {
            if (Model.Version != OcppVersion.V21 || status != V21.NotifyEVChargingNeedsStatus.Rejected) return;
            lock (gate) if (outlet.Session == session) End(outlet, V21.Reason.ReqEnergyTransferRejected, V21.TriggerReason.AbnormalCondition);
        }));
    }

    private void ChangeMode(Outlet outlet, WireSession session, in Composed composed, DateTimeOffset now)
    {
        (outlet.Mode, outlet.Sleeps) = (composed.Mode, composed.Sleep);
        if (Model.Version == OcppVersion.V21) Sample(outlet, session, now, periodic: false, V21.TriggerReason.OperationModeChanged);
    }

    private void Pull(Outlet outlet, HeldProfile held) => Tell<V21.PullDynamicScheduleUpdateRequest, V21.PullDynamicScheduleUpdateResponse>(new V21.PullDynamicScheduleUpdateRequest { ChargingProfileId = held.Profile.Id }, answer =>
    {
        if (answer is not { Status: V21.ChargingProfileStatus.Accepted, ScheduleUpdate: { } update }) return;
        lock (gate) outlet.Profiles.Update(held.Profile.Id, update, MomentOf(outlet));
    });

    private void Sample(Outlet outlet, WireSession session, DateTimeOffset now, bool periodic, V21.TriggerReason why = V21.TriggerReason.MeterValuePeriodic)
    {
        if (periodic) outlet.LastSample = now;
        var sample = SampleOf(outlet, session, now, why);
        Say(d => d.SampleAsync(session, sample), periodic);
    }

    private StationSample SampleOf(Outlet outlet, WireSession session, DateTimeOffset now, V21.TriggerReason why = V21.TriggerReason.MeterValuePeriodic)
    {
        var changed = why == V21.TriggerReason.OperationModeChanged;
        return outlet.Sample(At(now), session.NextSeqNo()) with
        {
            Why = why, Mode = changed ? outlet.Mode : null, Sleep = changed && outlet.Sleeps ? true : null, Offline = offlineSince is not null && booted.Task.IsCompleted, Measurands = measurands,
            Suspended = session.HeldBack is not null, Limit = why == V21.TriggerReason.LimitSet ? session.Limit : null,
            TariffId = why == V21.TriggerReason.TariffChanged ? device?.Tariffs.Of(session.TransactionId, outlet.Evse) : null,
            SetpointKw = outlet.SetpointKw, KiloVars = outlet.Vars / 1000, Hz = GridNow.Hz, VoltagePercent = GridNow.VoltagePercent,
        };
    }

    private void LocalBands()
    {
        foreach (var outlet in outlets)
        {
            double Set(string what) => Device.Model.Number("V2XChargingCtrlr", "LocalLoadBalancing", outlet.Evse, what);
            outlet.Local = Local is null ? null : Local with { UpperW = Set("UpperThreshold") + Set("UpperOffset"), LowerW = Set("LowerThreshold") + Set("LowerOffset") };
        }
    }
}
