using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using NodaTime;
using Penstock.Core.Dispatching;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Ocpp.Rpc;
using Penstock.Ocpp.V21.V2x;
using Penstock.Server.Capability;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;
using Penstock.Server.Storage;
using V16 = Penstock.Ocpp.V16;
using V201 = Penstock.Ocpp.V201;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Gateway;

/// <summary>
/// Setpoints as charging profiles: 2.1 by CentralSetpoint on a Dynamic profile, 2.0.1 and 1.6 by limits, negative only where the layout allows it; all of them as the quirk
/// profile of the model wants them.
/// </summary>
public sealed class StationCommands(StationRegistry registry, CapabilityDesk capability, Journal journal, WorkInFlight work, TimeProvider time, ILogger<StationCommands> log) : IStationCommands
{
    /// <summary>Without news for this long a station falls back to charging only.</summary>
    public const int DeadManSeconds = 300;

    private readonly ConcurrentDictionary<EvseId, Installed> installed = new();
    private long told; // vendors' messages
    private readonly ConcurrentDictionary<EvseId, Instant> reserved = new();

    /// <summary>Finds the site of a station; set once by the host.</summary>
    public Func<StationId, ISite?> SiteOf { get; set; } = _ => null;

    public void Send(SessionId session, Setpoint setpoint)
    {
        if (IsReserved(setpoint.Evse) || Target(session, setpoint.Evse) is not { } target) return;
        if (installed.GetValueOrDefault(setpoint.Evse)?.Connection == target.Connection && target.Evse is { AcceptedSetpoint: { } held, AcceptedAt: { } at, Escalation: null } && time.Now() - at < SiteLoop.RepeatAfter && held.IsDischarge == setpoint.Power.IsDischarge
            && setpoint.Power != Power.Zero && (held - setpoint.Power).Magnitude.Watts < target.Quirk.MinimumSetpointChangeWatts) return;
        Begin(() => SendAsync(target, setpoint.Power));
    }

    /// <summary>The setpoint profile of an EVSE was replaced by another: the next setpoint is sent whole.</summary>
    internal void Forget(EvseId evse) => installed.TryRemove(evse, out _);

    public void Try(SessionId session, EvseId evse, Remedy remedy)
    {
        if (Target(session, evse) is not { } target) return;
        Begin(() => TryAsync(target, remedy));
    }

    /// <summary>Says a power once, whatever the dispatcher wants meanwhile; until <paramref name="until"/> nothing else is said to the EVSE. For a probe.</summary>
    /// <returns>How the station answered; null when it or the session is gone.</returns>
    internal async Task<(CallStatus Status, string? Said)?> SayOnceAsync(SessionId session, EvseId evse, Power power, int lastsSeconds, Instant until)
    {
        if (Target(session, evse) is not { } target) return null;
        reserved[evse] = until;
        work.Begin();
        try
        {
            return await SayAsync(target, power, lastsSeconds);
        }
        finally
        {
            work.End();
        }
    }

    /// <summary>Ends the reservation: the next tick says the dispatcher's setpoint.</summary>
    internal void Release(EvseId evse) => reserved.TryRemove(evse, out _);

    private bool IsReserved(EvseId evse) => reserved.TryGetValue(evse, out var until) && time.Now() < until;

    private Target? Target(SessionId session, EvseId id)
    {
        if (registry.Find(id.Station) is not { } connection || SiteOf(id.Station) is not { } site) return null;
        if (site.Snapshot.Evses.GetValueOrDefault(id) is not { Session: { } open } evse || open.Id != session) return null;
        var quirk = capability.ProfileOf(id.Station);
        connection.Discipline = quirk.Discipline;
        return new Target(connection, site, evse, open, quirk);
    }

    private void Begin(Func<Task> action)
    {
        work.Begin();
        _ = EndAsync(action);
    }

    private async Task EndAsync(Func<Task> action)
    {
        try
        {
            await action();
        }
        finally
        {
            work.End();
        }
    }

    private async Task SendAsync(Target target, Power power)
    {
        var (status, said) = await SayAsync(target, power, DeadManSeconds);
        if (status is CallStatus.Superseded or CallStatus.Closed) return; // a newer one is on its way, or the link is gone: it is said again when the station is back
        if (status == CallStatus.Answered && said == "Accepted") target.Site.Post(new SetpointAccepted(time.Now(), target.Id, power));
        else target.Site.Post(new SetpointRefused(time.Now(), target.Id, power, said ?? status.ToString()));
    }

    private async Task TryAsync(Target target, Remedy remedy)
    {
        var deviation = target.Evse.Escalation?.Deviation ?? Deviation.None;
        RemedyLog.Begun(log, target.Id.ToString(), remedy, deviation, target.Evse.Measurement?.ActivePower?.ToString() ?? "unknown", target.Evse.AcceptedSetpoint?.ToString() ?? "none");
        var (status, said) = remedy switch
        {
            Remedy.StationMaximum => await SayMaximumAsync(target, StationAsks(target), lasts: false),
            Remedy.RemoteStop => await StopAsync(target),
            _ => await ResendAsync(target),
        };
        RemedyLog.Ended(log, target.Id.ToString(), remedy, said ?? status.ToString());
        var entry = new { evse = target.Id.ToString(), session = target.Session.Id.Value, remedy = remedy.ToString(), deviation = deviation.ToString(), outcome = said ?? status.ToString() };
        await journal.AppendAsync(new JournalEntry(target.Id.Station.Value, $"remedy:{target.Id}:{time.GetUtcNow():O}:{remedy}", "Remedy", time.GetUtcNow(), JsonSerializer.SerializeToUtf8Bytes(entry), null), CancellationToken.None);
    }

    /// <summary>The setpoint of now, whole; under both purposes once that remedy was tried.</summary>
    private async Task<(CallStatus Status, string? Said)> ResendAsync(Target target)
    {
        if (target.Evse.Setpoint is not { } setpoint || IsReserved(target.Id)) return (CallStatus.Superseded, null);
        installed.TryRemove(target.Id, out _);
        var outcome = await SayAsync(target, setpoint.Power, DeadManSeconds);
        if (outcome is (CallStatus.Answered, "Accepted")) target.Site.Post(new SetpointAccepted(time.Now(), target.Id, setpoint.Power));
        return outcome;
    }

    /// <summary>What the EVSEs of the station together are asked to charge, W.</summary>
    private static decimal StationAsks(Target target) => Rounded(target.Site.Snapshot.Evses.Values.Where(e => e.Layout.Id.Station == target.Id.Station && e.Session is not null)
        .Aggregate(Power.Zero, (sum, e) => sum + Power.Max(Power.Zero, e.Setpoint?.Power ?? e.Layout.ChargeMax)));

    private async Task<(CallStatus Status, string? Said)> SayMaximumAsync(Target target, decimal watts, bool lasts) => target.Connection.Version == OcppVersion.V16
        ? Of(await target.Connection.CallAsync<V16.SetChargingProfileRequest, V16.SetChargingProfileResponse>(LimitProfiles.Maximum16(watts, lasts, target.Quirk, time.Now()), CallPriority.Safety, "maximum"), r => r.Status.ToString())
        : await SetProfileAsync(target.Connection, LimitProfiles.Maximum21(watts, lasts, target.Quirk, time.Now()), CallPriority.Safety, "maximum");

    private static async Task<(CallStatus Status, string? Said)> StopAsync(Target target) => target.Connection.Version switch
    {
        OcppVersion.V16 => Of(await target.Connection.CallAsync<V16.RemoteStopTransactionRequest, V16.RemoteStopTransactionResponse>(
            new V16.RemoteStopTransactionRequest { TransactionId = int.Parse(target.Session.TransactionId, CultureInfo.InvariantCulture) }, CallPriority.Safety), r => r.Status.ToString()),
        OcppVersion.V201 => Of(await target.Connection.CallAsync<V201.RequestStopTransactionRequest, V201.RequestStopTransactionResponse>(
            new V201.RequestStopTransactionRequest { TransactionId = target.Session.TransactionId }, CallPriority.Safety), r => r.Status.ToString()),
        _ => Of(await target.Connection.CallAsync<V21.RequestStopTransactionRequest, V21.RequestStopTransactionResponse>(
            new V21.RequestStopTransactionRequest { TransactionId = target.Session.TransactionId }, CallPriority.Safety), r => r.Status.ToString()),
    };

    private async Task<(CallStatus Status, string? Said)> SayAsync(Target target, Power power, int lastsSeconds)
    {
        var here = new Installed(target.Connection, target.Session.TransactionId, target.Session.BothPurposes);
        var before = installed.GetValueOrDefault(target.Id);
        if (target.Quirk.SeparateChargeCap && before?.Connection != target.Connection) await SayMaximumAsync(target, StationRating(target), lasts: true);
        if (target.Connection.Version == OcppVersion.V21 && TakesSetpoints(target.Id)) return await Say21Async(target, power, lastsSeconds, before, here);
        var ask = new LimitAsk(target.Id.Number, target.Session.TransactionId, Rounded(power), lastsSeconds);
        (CallStatus, string?)? ended = null;
        if (target.Connection.Version != OcppVersion.V21 && target.Quirk.DataTransfer is { } template)
        {
            if (ask.LimitW < 0) return await SayByDataAsync(target, template, ask, here);
            if (before is not { ByData: false } || before.Connection != target.Connection) ended = await SayByDataAsync(target, template, ask with { LimitW = 0 }, here); // what was said on an older link is not known
        }

        var outcome = target.Connection.Version == OcppVersion.V16
            ? await EachAsync(LimitProfiles.For16(ask, target.Quirk, target.Session.BothPurposes, time.Now()), async m => Of(
                await target.Connection.CallAsync<V16.SetChargingProfileRequest, V16.SetChargingProfileResponse>(m, CallPriority.Setpoint, $"setpoint:{m.ConnectorId}:{m.CsChargingProfiles.ChargingProfilePurpose}"), r => r.Status.ToString()))
            : await EachAsync(LimitProfiles.For201(ask, target.Quirk, target.Session.BothPurposes, time.Now()), m => SetProfileAsync(target.Connection, As21(m), CallPriority.Setpoint, $"setpoint:{m.EvseId}:{m.ChargingProfile.ChargingProfilePurpose}"));
        if (ended is { } end and not (CallStatus.Answered, "Accepted")) return end;
        if ((target.Quirk.DataTransfer is null || target.Connection.Version == OcppVersion.V21) && outcome is (CallStatus.Answered, "Accepted")) installed[target.Id] = here; // else what the vendor's message said last: a discharge may have gone out meanwhile
        return outcome;
    }

    /// <summary>A discharge, or with 0 W its end, in the vendor's message.</summary>
    private async Task<(CallStatus Status, string? Said)> SayByDataAsync(Target target, SetpointTemplate template, LimitAsk ask, Installed here)
    {
        var mayRun = here with { ByData = true, Number = Interlocked.Increment(ref told) };
        installed[target.Id] = mayRun; // without an answer nobody knows, and a discharge may go out while its end is on the way
        var (data, key) = (template.Filled(ask, target.Quirk), $"setpoint:{ask.Evse}:data");
        var outcome = target.Connection.Version == OcppVersion.V16
            ? Of(await target.Connection.CallAsync<V16.DataTransferRequest, V16.DataTransferResponse>(
                new V16.DataTransferRequest { VendorId = template.VendorId, MessageId = template.MessageId, Data = data }, CallPriority.Setpoint, key), r => r.Status.ToString())
            : Of(await target.Connection.CallAsync<V201.DataTransferRequest, V201.DataTransferResponse>(
                new V201.DataTransferRequest { VendorId = template.VendorId, MessageId = template.MessageId, Data = template.IsJson ? JsonElement.Parse(data) : JsonElement.Parse($"\"{JsonEncodedText.Encode(data)}\"") }, CallPriority.Setpoint, key), r => r.Status.ToString());
        if (ask.LimitW == 0 && outcome is (CallStatus.Answered, "Accepted")) installed.TryUpdate(target.Id, here, mayRun);
        return outcome;
    }

    private async Task<(CallStatus Status, string? Said)> Say21Async(Target target, Power power, int lastsSeconds, Installed? before, Installed here)
    {
        var (connection, evse, watts) = (target.Connection, target.Id.Number, LimitProfiles.InUnit(LimitProfiles.Asked(Rounded(power), target.Quirk), target.Quirk));
        var carriers = LimitProfiles.Carriers(target.Quirk, target.Session.BothPurposes).ToList();
        if (before == here && lastsSeconds == DeadManSeconds)
        {
            var update = await EachAsync(carriers.Select(tx => V2xProfile.Update(evse, watts) with { ChargingProfileId = Id(tx) }), async m => Of(
                await connection.CallAsync<V21.UpdateDynamicScheduleRequest, V21.UpdateDynamicScheduleResponse>(m, CallPriority.Setpoint, $"setpoint:{m.ChargingProfileId}"), r => r.Status.ToString()));
            if (update.Status != CallStatus.Answered || update.Said == "Accepted") return update;
        }

        installed.TryRemove(target.Id, out _); // the profile is gone there, or another is wanted: send it whole
        if (before?.Connection != connection)
        {
            await SetProfileAsync(connection, new V21.SetChargingProfileRequest { EvseId = evse, ChargingProfile = V2xProfile.ChargingOnlyDefault(Rounded(target.Evse.Layout.ChargeMax)) }, CallPriority.Safety, $"default:{evse}");
        }

        var whole = V2xProfile.CentralSetpoint(evse, target.Session.TransactionId, watts, lastsSeconds);
        var outcome = await EachAsync(carriers, tx => SetProfileAsync(connection, new V21.SetChargingProfileRequest { EvseId = evse, ChargingProfile = Carried(whole, tx) }, CallPriority.Setpoint, $"profile:{Id(tx)}"));
        if (outcome is (CallStatus.Answered, "Accepted") && lastsSeconds == DeadManSeconds) installed[target.Id] = here;
        return outcome;

        int Id(bool tx) => tx ? V2xProfile.SetpointProfileId(evse) : LimitProfiles.DefaultIds + evse;

        V21.ChargingProfile Carried(V21.ChargingProfile profile, bool tx) => profile with
        {
            Id = Id(tx),
            StackLevel = Math.Max(tx ? 0 : 1, target.Quirk.StackLevel), // the charging-only default lies at 0
            ChargingProfilePurpose = tx ? V21.ChargingProfilePurpose.TxProfile : V21.ChargingProfilePurpose.TxDefaultProfile,
            TransactionId = tx && !target.Quirk.OmitTransactionId ? profile.TransactionId : null,
            ChargingSchedule = [.. profile.ChargingSchedule.Select(s => s with { ChargingRateUnit = target.Quirk.RateUnit == RateUnit.A ? V21.ChargingRateUnit.A : V21.ChargingRateUnit.W })],
        };
    }

    /// <summary>Each in turn. Accepted once counts: what is said under two purposes needs to be taken under one.</summary>
    private static async Task<(CallStatus Status, string? Said)> EachAsync<T>(IEnumerable<T> messages, Func<T, Task<(CallStatus Status, string? Said)>> say)
    {
        (CallStatus Status, string? Said) outcome = (CallStatus.Superseded, null);
        foreach (var message in messages)
        {
            var one = await say(message);
            if (outcome is not (CallStatus.Answered, "Accepted")) outcome = one;
        }

        return outcome;
    }

    /// <summary>False where the EVSE says its operation modes and CentralSetpoint is none of them (K01.FR.115): it gets limits.</summary>
    internal bool TakesSetpoints(EvseId evse) => capability.Of(evse.Station).OperationModes(evse.Number)?.Contains(V21.OperationMode.CentralSetpoint) ?? true;

    /// <summary>What is said in 2.0.1 is said in 2.1 likewise.</summary>
    private static V21.SetChargingProfileRequest As21(V201.SetChargingProfileRequest message) => JsonSerializer.SerializeToElement(message, V201.SetChargingProfileRequest.TypeInfo).Deserialize(V21.SetChargingProfileRequest.TypeInfo)!;

    /// <summary>A profile of 2.1 that uses nothing newer is one of 2.0.1.</summary>
    private static async Task<(CallStatus Status, string? Said)> SetProfileAsync(OcppConnection connection, V21.SetChargingProfileRequest message, CallPriority priority, string key)
    {
        if (connection.Version == OcppVersion.V21) return Of(await connection.CallAsync<V21.SetChargingProfileRequest, V21.SetChargingProfileResponse>(message, priority, key), r => r.Status.ToString());
        var old = JsonSerializer.SerializeToElement(message, V21.SetChargingProfileRequest.TypeInfo).Deserialize(V201.SetChargingProfileRequest.TypeInfo)!;
        return Of(await connection.CallAsync<V201.SetChargingProfileRequest, V201.SetChargingProfileResponse>(old, priority, key), r => r.Status.ToString());
    }

    private static (CallStatus Status, string? Said) Of<T>(CallOutcome<T> outcome, Func<T, string> status)
        where T : class => (outcome.Status, outcome.Response is { } response ? status(response) : outcome.ErrorCode);

    private static decimal StationRating(Target target) => Rounded(target.Site.Snapshot.Layout.Evses.Where(e => e.Id.Station == target.Id.Station).Aggregate(Power.Zero, (sum, e) => sum + e.ChargeMax));

    /// <summary>0.1 W steps: schedules carry one decimal.</summary>
    internal static decimal Rounded(Power power) => Math.Round((decimal)power.Watts, 1, MidpointRounding.ToZero);

    /// <param name="ByData">A discharge by DataTransfer may run.</param>
    /// <param name="Number">Of the message that said so: each is one of its own.</param>
    private sealed record Installed(OcppConnection Connection, string Transaction, bool Both, bool ByData = false, long Number = 0);
}

/// <summary>An EVSE with a session, and the way to its station.</summary>
internal sealed record Target(OcppConnection Connection, ISite Site, EvseState Evse, ChargingSession Session, QuirkProfile Quirk)
{
    internal EvseId Id => Evse.Layout.Id;
}

internal static partial class RemedyLog
{
    [LoggerMessage(1007, LogLevel.Warning, "{Evse} does not follow ({Deviation}: {Power} measured, {Setpoint} accepted); tried now: {Remedy}")]
    internal static partial void Begun(ILogger logger, string evse, Remedy remedy, Deviation deviation, string power, string setpoint);

    [LoggerMessage(1008, LogLevel.Warning, "{Evse}: {Remedy} was answered with {Outcome}")]
    internal static partial void Ended(ILogger logger, string evse, Remedy remedy, string outcome);
}
