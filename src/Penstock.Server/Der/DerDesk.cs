using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Penstock.Core.Der;
using Penstock.Core.Sites;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.Rpc;
using Penstock.Ocpp.V21;
using Penstock.Server.Capability;
using Penstock.Server.Gateway;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;
using Penstock.Server.Stations;
using Penstock.Server.Storage;

namespace Penstock.Server.Der;

/// <summary>
/// The controls of stations. Those of operators: on disk first, then the winners to the station, then read back. One conversation per station at a time; what a lost link cut short goes on
/// when the station is back, and everything is read back then. Those that a station tells of and nobody gave here bind dispatch as well.
/// </summary>
internal sealed class DerDesk(StationBook book, StationCalls calls, StationRegistry registry, SiteDirectory sites, CapabilityDesk capability, TimeProvider time, ILogger<DerDesk> log) : IAsyncDisposable
{
    /// <summary>Controls of one station.</summary>
    internal const int ControlsMax = 100;

    /// <summary>Controls of one station that its own calls and reports added: a raw call does not ask, and a report is not believed without end.</summary>
    internal const int AdoptedMax = 200;

    /// <summary>How long a station may take for its report, wall time.</summary>
    internal static readonly TimeSpan ReportWait = TimeSpan.FromSeconds(30);

    /// <summary>A control that is over stays listed this long.</summary>
    internal static readonly Duration KeptAfterEnd = Duration.FromDays(7);

    private readonly ConcurrentDictionary<(StationId Station, int Request), Report> awaited = new();
    private readonly ConcurrentDictionary<StationId, Conversation> conversations = new(book.Stations(Topic.DerControl).Select(s => KeyValuePair.Create(s, new Conversation())));
    private readonly ConcurrentDictionary<StationId, DerTimeline> held = new();
    private readonly ConcurrentDictionary<StationId, bool> unknown = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private int lastRequest;

    /// <summary>Stations with controls, and some that had some.</summary>
    internal IEnumerable<StationId> Stations => conversations.Keys;

    /// <summary>Says to the sites what stations hold. Called once, before the first socket.</summary>
    internal void Resume()
    {
        foreach (var station in conversations.Keys) Tell(station);
    }

    /// <summary>In the order in which they were given.</summary>
    internal IReadOnlyList<DerStanding> Of(StationId station) => [.. book.Of(station, Topic.DerControl).Select(f => StorageJson.Read<DerStanding>(f.Body.GetRawText())).OrderBy(s => s.Order)];

    /// <summary>Lets the site of a station count with its controls, unless it does. A station may join its site after it was given some.</summary>
    internal void Tell(StationId station)
    {
        var line = held.GetOrAdd(station, s => DerSync.Held(Of(s)));
        if (sites.Of(station) is { } site && !ReferenceEquals(site.Snapshot.Station(station).Der, line)) site.Post(new DerControlsHeld(time.Now(), station, line));
    }

    /// <summary>Stores a control (in place of one with the same id) and lets the station have it. The caller has checked it.</summary>
    /// <returns>False when the station has <see cref="ControlsMax"/> already.</returns>
    internal bool Put(StationId station, DerControl control)
    {
        var now = time.Now();
        lock (gate)
        {
            var all = Of(station).Where(s => s.Control.Id != control.Id).ToList();
            var over = all.Where(s => s.Control.End + KeptAfterEnd < now).ToList();
            if (all.Except(over).Count(s => !s.Foreign) >= ControlsMax) return false;
            var wire = JsonSerializer.Serialize(DerTranslation.ToWire(control), SetDERControlRequest.TypeInfo);
            Write(station, [.. over.Select(s => StationBook.Remove(station, Topic.DerControl, s.Control.Id)), Row(station, new DerStanding(wire, now, all.Count == 0 ? 1 : all.Max(s => s.Order) + 1))]);
        }

        Converse(station, readBack: false);
        return true;
    }

    /// <summary>Takes a control back; what it superseded is the operator's wish again and is sent again where it still holds.</summary>
    internal bool Withdraw(StationId station, string id)
    {
        lock (gate)
        {
            var all = Of(station);
            if (all.FirstOrDefault(s => s.Control.Id == id && !s.Withdrawn) is not { } mine) return false;
            var rest = all.Where(s => s != mine).ToList();
            var (before, after) = (DerSync.Wanted(all, time.Now()), DerSync.Wanted(rest, time.Now()));
            var again = rest.Where(s => s.Answer == nameof(DERControlStatus.Accepted) && after.Contains(s.Control.Id) && (!before.Contains(s.Control.Id) || s.SupersededAt is not null));
            var mustClear = (mine.SentAt is not null || mine.Foreign) && mine.Answer is null or nameof(DERControlStatus.Accepted);
            Write(station,
            [
                mustClear ? Row(station, mine with { Withdrawn = true, Reason = null }) : StationBook.Remove(station, Topic.DerControl, id),
                .. again.Select(s => Row(station, Unsaid(s))),
            ]);
        }

        Converse(station, readBack: false);
        return true;
    }

    /// <summary>Says what is to be said to the station, unless that is going on already; then once more afterwards.</summary>
    internal void Converse(StationId station, bool readBack)
    {
        var mine = conversations.GetOrAdd(station, _ => new Conversation());
        if (mine.Begins(readBack)) mine.Running = ConverseAsync(station, mine);
    }

    /// <summary>Conversations end before the storage goes.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(conversations.Values.Select(c => c.Running));
        stopping.Dispose();
    }

    /// <summary>A part of a report. What nobody gave here is adopted.</summary>
    internal void Reported(StationId station, ReportDERControlRequest part)
    {
        var rows = DerTranslation.Read(part).ToList();
        lock (gate)
        {
            var (known, now) = (Of(station), time.Now());
            foreach (var row in rows)
            {
                if (known.FirstOrDefault(s => s.Control.Id == row.Control.Id) is { } mine && !(mine.Foreign && (row.IsSuperseded || mine.Control != row.Control))) continue;
                if (!row.IsSuperseded) Adopt(station, row.Control, now, foreign: true);
                else if (known.Any(s => s.Control.Id == row.Control.Id)) Forget(station, row.Control.Id);
            }
        }

        if (awaited.TryGetValue((station, part.RequestId), out var report)) report.Add(rows, last: part.Tbc != true);
    }

    /// <summary>A control that started and is not known is asked for; one of the station's own is over when it stops or gives way.</summary>
    internal void Started(StationId station, NotifyDERStartStopRequest m)
    {
        var known = Of(station);
        foreach (var gone in known.Where(s => s.Foreign && (m.SupersededIds?.Contains(s.Control.Id) == true || (s.Control.Id == m.ControlId && !m.Started)))) Forget(station, gone.Control.Id);
        if (!m.Started || known.Any(s => s.Control.Id == m.ControlId)) return;
        unknown[station] = true;
        Converse(station, readBack: true);
    }

    /// <summary>An operator's raw call that the station accepted counts like a control that was given here, or withdrawn.</summary>
    internal void Called(AnsweredCall call)
    {
        if (!call.Accepted) return;
        if (call.Action == ClearDERControlRequest.ActionName && PayloadReader.Read<ClearDERControlRequest>(call.Request).Message is { } clear)
        {
            foreach (var gone in Of(call.Station).Where(s => clear.ControlId is { } id ? s.Control.Id == id : s.Control.IsDefault == clear.IsDefault && (clear.ControlType is not { } type || s.Control.Type == DerTranslation.Type(type)))) Forget(call.Station, gone.Control.Id);
        }

        if (call.Action != SetDERControlRequest.ActionName || PayloadReader.Read<SetDERControlRequest>(call.Request).Message is not { } set) return;
        if (DerTranslation.Read(set) is not { Control: { } control })
        {
            DerLog.NotBinding(log, call.Station.Value, set.ControlId, "it means nothing here");
            return;
        }

        lock (gate) Adopt(call.Station, control, call.Now, foreign: false);
        Converse(call.Station, readBack: false);
    }

    /// <summary>Takes over a control that the station has. Under the gate.</summary>
    private void Adopt(StationId station, DerControl control, Instant now, bool foreign)
    {
        var rest = Of(station).Where(s => s.Control.Id != control.Id).ToList();
        var reason = DerCheck.Of(control) is [{ } fault, ..] ? fault.Text : rest.Count >= ControlsMax + AdoptedMax ? $"there are {rest.Count} already" : null;
        if (reason is not null)
        {
            DerLog.NotBinding(log, station.Value, control.Id, reason);
            return;
        }

        conversations.TryAdd(station, new Conversation());
        var wire = JsonSerializer.Serialize(DerTranslation.ToWire(control), SetDERControlRequest.TypeInfo);
        var standing = new DerStanding(wire, now, rest.Count == 0 ? 1 : rest.Max(s => s.Order) + 1) { Answer = nameof(DERControlStatus.Accepted) };
        Write(station, [Row(station, foreign ? standing with { Foreign = true, Verified = true, VerifiedAt = now } : standing with { SentAt = now })]);
    }

    /// <summary>What a start or stop changes, one member at a time: a conversation may be changing the others. Controls that are not ours are not there.</summary>
    internal static IReadOnlyList<Projection> Told(StationId station, NotifyDERStartStopRequest m, Instant now)
    {
        var at = InstantPattern.ExtendedIso.Format(DeviceClock.Read(m.Timestamp, now).At);
        return
        [
            StationBook.Mark(station, Topic.DerControl, m.ControlId, now, m.Started ? "startedAt" : "endedAt", at),
            .. (m.SupersededIds ?? []).Select(id => StationBook.Mark(station, Topic.DerControl, id, now, "supersededAt", at)),
        ];
    }

    private async Task ConverseAsync(StationId station, Conversation mine)
    {
        do
        {
            try
            {
                if (mine.ReadsBack()) await ReadBackAsync(station);
                while (DerSync.Next(Of(station), time.Now()) is var (step, standing) && await SayAsync(station, step, standing))
                {
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                DerLog.Fault(log, station.Value, e);
            }
        }
        while (!mine.Ends());
    }

    /// <returns>False where the station cannot be talked to now.</returns>
    private async Task<bool> SayAsync(StationId station, DerStep step, DerStanding standing)
    {
        if (stopping.IsCancellationRequested || registry.Find(station) is not { Version: OcppVersion.V21 }) return false;
        switch (step)
        {
            case DerStep.Clear:
                var cleared = await calls.CallAsync<ClearDERControlRequest, ClearDERControlResponse>(station, new ClearDERControlRequest { IsDefault = standing.Control.IsDefault, ControlId = standing.Control.Id });
                if (Lost(cleared.Status)) return false;
                if (cleared.Response?.Status is DERControlStatus.Accepted or DERControlStatus.NotFound) Forget(station, standing.Control.Id);
                else Change(station, standing.Control.Id, s => s with { Reason = $"The station does not clear it: {Said(cleared, cleared.Response?.Status, cleared.Response?.StatusInfo)}" });
                return true;
            case DerStep.Set when DerModes.Refusal(station, capability.Of(station), standing.Control.Type) is { } unsupported: // it was given before the station said what it can
                Change(station, standing.Control.Id, s => s with { Answer = nameof(DERControlStatus.NotSupported), Reason = unsupported });
                return true;
            case DerStep.Set:
                Change(station, standing.Control.Id, s => s with { SentAt = time.Now() });
                var set = await calls.CallAsync<SetDERControlRequest, SetDERControlResponse>(station, standing.Request);
                if (Lost(set.Status)) return false;
                var answer = set.Response?.Status is { } status ? status.ToString() : set.ErrorCode == "NotSupported" || set.ErrorCode == "NotImplemented" ? nameof(DERControlStatus.NotSupported) : nameof(DERControlStatus.Rejected);
                Change(station, standing.Control.Id, s => s with { Answer = answer, Reason = answer == nameof(DERControlStatus.Accepted) ? null : Said(set, set.Response?.Status, set.Response?.StatusInfo) });
                foreach (var id in set.Response?.SupersededIds ?? []) Change(station, id, s => s with { SupersededAt = time.Now() });
                return true;
            default:
                var (known, report) = await AskAsync(station, new GetDERControlRequest { RequestId = Interlocked.Increment(ref lastRequest), ControlId = standing.Control.Id });
                if (known is null) return false;
                Change(station, standing.Control.Id, s => report is null
                    ? s with { Verified = false, VerifiedAt = time.Now(), Difference = $"no report: {known}" }
                    : DerSync.Compared(s, report.FirstOrDefault(r => r.Control.Id == standing.Control.Id), time.Now()));
                return true;
        }
    }

    /// <summary>Everything that the station should have, against everything that it says it has; what is missing or differs is set again.</summary>
    private async Task ReadBackAsync(StationId station)
    {
        var wanted = DerSync.Wanted(Of(station), time.Now());
        if (!unknown.TryRemove(station, out _) && !Of(station).Any(s => s.Stands && wanted.Contains(s.Control.Id))) return;
        var (_, report) = await AskAsync(station, new GetDERControlRequest { RequestId = Interlocked.Increment(ref lastRequest) });
        if (report is null) return;
        foreach (var gone in Of(station).Where(s => s.Foreign && !s.Withdrawn && report.All(r => r.Control.Id != s.Control.Id))) Forget(station, gone.Control.Id);
        foreach (var mine in Of(station).Where(s => s is { Stands: true, Foreign: false } && wanted.Contains(s.Control.Id)))
        {
            Change(station, mine.Control.Id, s => DerSync.Compared(s, report.FirstOrDefault(r => r.Control.Id == mine.Control.Id), time.Now()) is { Verified: true } same ? same : Unsaid(s));
        }
    }

    /// <returns>What the station answered, null without a link; and its report, null when none came.</returns>
    private async Task<(string? Known, IReadOnlyList<ReportedControl>? Report)> AskAsync(StationId station, GetDERControlRequest request)
    {
        var report = awaited[(station, request.RequestId)] = new Report();
        try
        {
            var asked = await calls.CallAsync<GetDERControlRequest, GetDERControlResponse>(station, request);
            if (Lost(asked.Status)) return (null, null);
            if (asked.Response?.Status == DERControlStatus.NotFound) return ("NotFound", []);
            if (asked.Response?.Status != DERControlStatus.Accepted) return (Said(asked, asked.Response?.Status, asked.Response?.StatusInfo), null);
            return ("none came in time", await report.Whole.WaitAsync(ReportWait, TimeProvider.System, stopping.Token));
        }
        catch (TimeoutException)
        {
            return ("none came in time", null);
        }
        catch (OperationCanceledException)
        {
            return (null, null);
        }
        finally
        {
            awaited.TryRemove((station, request.RequestId), out _);
        }
    }

    private void Change(StationId station, string id, Func<DerStanding, DerStanding> change)
    {
        lock (gate)
        {
            if (book.Find(station, Topic.DerControl, id) is { } row) Write(station, [Row(station, change(StorageJson.Read<DerStanding>(row.Body.GetRawText())))]);
        }
    }

    private void Forget(StationId station, string id)
    {
        lock (gate) Write(station, [StationBook.Remove(station, Topic.DerControl, id)]);
    }

    private void Write(StationId station, IReadOnlyList<Projection> rows)
    {
        book.Write(rows);
        held[station] = DerSync.Held(Of(station));
        Tell(station);
    }

    private static DerStanding Unsaid(DerStanding s) => s with { Answer = null, Verified = null, VerifiedAt = null, Difference = null, SupersededAt = null };

    private Projection Row(StationId station, DerStanding s) => StationBook.PutJson(station, Topic.DerControl, s.Request.ControlId, time.Now(), StorageJson.Write(s));

    private static bool Lost(CallStatus status) => status is CallStatus.Closed or CallStatus.TimedOut or CallStatus.QueueFull or CallStatus.Superseded;

    private static string Said<T>(CallOutcome<T> outcome, DERControlStatus? status, StatusInfo? info)
        where T : class => string.Create(CultureInfo.InvariantCulture, $"{status?.ToString() ?? outcome.ErrorCode}{(info is null ? "" : $" {info.ReasonCode} {info.AdditionalInfo}")}{(outcome.ErrorDescription is { Length: > 0 } text ? $" {text}" : "")}").Trim();

    /// <summary>A report that comes in parts.</summary>
    private sealed class Report
    {
        /// <summary>A longer report is no report of controls.</summary>
        private const int RowsMax = 1000;

        private readonly List<ReportedControl> rows = [];
        private readonly TaskCompletionSource<IReadOnlyList<ReportedControl>> whole = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<IReadOnlyList<ReportedControl>> Whole => whole.Task;

        internal void Add(IEnumerable<ReportedControl> more, bool last)
        {
            lock (rows)
            {
                rows.AddRange(more.Take(RowsMax - rows.Count));
                if (last) whole.TrySetResult([.. rows]);
            }
        }
    }

    /// <summary>At most one conversation with a station; what is asked meanwhile is done after it.</summary>
    private sealed class Conversation
    {
        private readonly Lock gate = new();
        private bool running;
        private bool again;
        private bool readBack;

        internal Task Running { get; set; } = Task.CompletedTask;

        internal bool Begins(bool reads)
        {
            lock (gate)
            {
                readBack |= reads;
                again |= running;
                return !running && (running = true);
            }
        }

        internal bool ReadsBack()
        {
            lock (gate) return readBack && !(readBack = false);
        }

        internal bool Ends()
        {
            lock (gate)
            {
                if (again) return again = false;
                running = false;
                return true;
            }
        }
    }
}

/// <summary>Sites are told what is held, and a station that came back is read back: it may have lost its controls, or kept ones that were withdrawn meanwhile.</summary>
internal sealed class DerWatch(DerDesk desk, StationRegistry registry, ServerOptions options, TimeProvider time, ILogger<DerWatch> log) : BackgroundService
{
    private readonly Dictionary<StationId, OcppConnection> seen = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.ControlSeconds), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                foreach (var station in desk.Stations)
                {
                    desk.Tell(station);
                    if (registry.Find(station) is not { Version: OcppVersion.V21 } link || seen.GetValueOrDefault(station) == link) continue;
                    seen[station] = link;
                    desk.Converse(station, readBack: true);
                }
            }
            catch (Microsoft.Data.Sqlite.SqliteException e)
            {
                DerLog.Fault(log, "(all)", e);
            }
        }
    }
}

internal static partial class DerLog
{
    [LoggerMessage(1042, LogLevel.Warning, "{Station} has the DER control {Control}, which does not bind dispatch: {Reason}")]
    internal static partial void NotBinding(ILogger logger, string station, string control, string reason);

    [LoggerMessage(1041, LogLevel.Error, "The DER controls of {Station} could not be brought to it; they are tried again when it connects")]
    internal static partial void Fault(ILogger logger, string station, Exception cause);
}
