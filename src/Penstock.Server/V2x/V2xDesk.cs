using System.Globalization;
using System.Text.Json;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Core.V2x;
using Penstock.Ocpp;
using Penstock.Ocpp.Rpc;
using Penstock.Ocpp.V21;
using Penstock.Ocpp.V21.V2x;
using Penstock.Server.Fleet;
using Penstock.Server.Gateway;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;
using Penstock.Server.Stations;
using Penstock.Server.Storage;

namespace Penstock.Server.V2x;

/// <summary>How a station answered a wish; <see cref="Said"/> is its own word or the error.</summary>
internal sealed record Wish(bool Granted, string Said);

/// <summary>V2X of stations beyond the setpoint: which services are allowed, the first profile after the needs, the owner's override, aFRR signals. What stations told is in the book and is said to the sites again at start.</summary>
internal sealed class V2xDesk(StationBook book, StationCalls calls, StationCommands commands, StationRegistry registry, OpenSessions open, SiteDirectory sites, FleetRegister fleet, TimeProvider time)
{
    /// <summary>Services for a token at a station, before there is a transaction: bidirectional ones where one of its EVSEs may come to discharge; null where nothing is known.</summary>
    internal IReadOnlyList<EnergyTransferMode>? AllowedFor(StationId station, string token)
    {
        if (sites.Of(station)?.Snapshot is not { } site || fleet.ByToken(token) is not { } known) return null;
        var terms = known.Terms.At(time.Now(), DateTimeZoneProviders.Tzdb[site.Layout.TimeZone]);
        var all = site.Layout.Evses.Where(e => e.Id.Station == station).Select(e => AllowedTransfers.Under(DischargePermission.Of(site.Layout, e, known.Vehicle, terms))).ToList();
        return all.Count == 0 ? null : [.. all.MaxBy(a => a.Length).Select(V2xTranslation.Transfer)];
    }

    /// <summary>The latest setpoint of an EVSE for a profile that we made; null for another, or where there is none.</summary>
    internal ChargingScheduleUpdate? Latest(StationId station, int profileId) =>
        V2xProfile.EvseOf(profileId) is { } evse && sites.Of(station)?.Snapshot.Evses.GetValueOrDefault(new EvseId(station, evse)) is { Session: not null, Setpoint: { } setpoint }
            ? new ChargingScheduleUpdate { Setpoint = StationCommands.Rounded(setpoint.Power) }
            : null;

    /// <summary>The owner's override (Q06, K22): the station charges by its PriorityCharging profile, which is given to it where it has none.</summary>
    internal async Task<Wish> PrioritizeAsync(OpenSession session, bool activate)
    {
        var wish = await UseAsync();
        if (activate && wish.Said == nameof(PriorityChargingStatus.NoProfile) && sites.Of(session.Evse.Station)?.Snapshot.Evses.GetValueOrDefault(session.Evse) is { } evse)
        {
            var profile = V2xProfile.Absolute(V2xPurpose.PriorityCharging, PriorityProfileId(session.Evse.Number), 3, time.GetUtcNow(), [new(0, new ChargingOnly(StationCommands.Rounded(evse.Layout.ChargeMax)))], new V2xOptions(StackLevel: 1));
            var set = await calls.CallAsync<SetChargingProfileRequest, SetChargingProfileResponse>(session.Evse.Station, new SetChargingProfileRequest { EvseId = session.Evse.Number, ChargingProfile = profile });
            if (set.Response?.Status != ChargingProfileStatus.Accepted) return new Wish(false, $"The station takes no PriorityCharging profile: {set.Response?.Status.ToString() ?? set.ErrorCode ?? set.Status.ToString()}");
            wish = await UseAsync();
        }

        if (wish.Granted) Override(session, activate);
        return wish;

        async Task<Wish> UseAsync()
        {
            var answer = await calls.CallAsync<UsePriorityChargingRequest, UsePriorityChargingResponse>(session.Evse.Station, new UsePriorityChargingRequest { TransactionId = session.TransactionId, Activate = activate });
            return new Wish(answer.Response?.Status == PriorityChargingStatus.Accepted, answer.Response?.Status.ToString() ?? answer.ErrorCode ?? answer.Status.ToString());
        }
    }

    /// <summary>Sends an aFRR signal to every station of a site that has a profile with a signal curve.</summary>
    /// <returns>The stations and what they answered.</returns>
    internal async Task<IReadOnlyList<(StationId Station, Wish Wish)>> SignalAsync(ISite site, int signal, DateTimeOffset at)
    {
        var listeners = site.Snapshot.Layout.Evses.Select(e => e.Id.Station).Distinct().OrderBy(s => s.Value, StringComparer.Ordinal).Where(Listens).ToList();
        var answers = await Task.WhenAll(listeners.Select(s => calls.CallAsync<AFRRSignalRequest, AFRRSignalResponse>(s, new AFRRSignalRequest { Timestamp = at, Signal = signal }, CallPriority.Setpoint, "afrr")));
        return [.. listeners.Zip(answers, (s, a) => (s, new Wish(a.Response?.Status == GenericStatus.Accepted, a.Response?.Status.ToString() ?? a.ErrorCode ?? a.Status.ToString())))];
    }

    /// <summary>Tells a session's station which services it may use now; a renegotiation with the vehicle follows there.</summary>
    internal async Task<bool> RenegotiateAsync(EvseId evse, string transaction, IEnumerable<EnergyTransfer> allowed)
    {
        var answer = await calls.CallAsync<NotifyAllowedEnergyTransferRequest, NotifyAllowedEnergyTransferResponse>(
            evse.Station, new NotifyAllowedEnergyTransferRequest { TransactionId = transaction, AllowedEnergyTransfer = [.. allowed.Select(V2xTranslation.Transfer)] }, CallPriority.Setpoint, $"allowed:{transaction}");
        return answer.Status is CallStatus.Answered or CallStatus.Refused;
    }

    /// <summary>What a message changes at the site, now and again after a restart.</summary>
    internal static SiteInput Input(StationId station, NotifyChargingLimitRequest m, Instant now) => V2xTranslation.Read(m, now) is var limit && m.EvseId is > 0 and var evse
        ? new ExternalLimitSet(now, new EvseId(station, evse), limit)
        : new StationLimitSet(now, station, limit);

    internal static SiteInput Input(StationId station, ClearedChargingLimitRequest m, Instant now) => m.EvseId is > 0 and var evse
        ? new ExternalLimitCleared(now, new EvseId(station, evse), m.ChargingLimitSource)
        : new StationLimitCleared(now, station, m.ChargingLimitSource);

    internal static SiteInput Input(StationId station, NotifyEVChargingScheduleRequest m, Instant now) => new VehiclePlanTold(now, new EvseId(station, m.EvseId), V2xTranslation.Read(m));

    internal static SiteInput Input(StationId station, NotifyEVChargingNeedsRequest m, Instant now) => new NeedsStated(now, new EvseId(station, m.EvseId), V2xTranslation.Read(m, now));

    /// <summary>The owner's override as a station tells it, or as it accepted it.</summary>
    internal void Override(OpenSession session, bool active)
    {
        book.Write([OverrideRow(session, active, time.Now())]);
        sites.Of(session.Evse.Station)?.Post(new PriorityChanged(time.Now(), session.Evse, session.TransactionId, active));
    }

    internal static Projection OverrideRow(OpenSession session, bool active, Instant now) => StationBook.PutMessage(
        session.Evse.Station, Topic.PriorityCharging, Number(session.Evse.Number), now, new NotifyPriorityChargingRequest { TransactionId = session.TransactionId, Activated = active });

    internal static string Number(int evse) => evse.ToString(CultureInfo.InvariantCulture);

    /// <summary>Says to the sites again what stations told before this start. Called once, before the first socket.</summary>
    internal void Resume()
    {
        foreach (var station in book.Stations(Topic.ChargingLimit)) Joined(station);
        foreach (var (station, fact) in book.All(Topic.VehicleSchedule).Where(f => OfOpenSession(f.Station, f.Fact))) Post(station, [Input(station, Message<NotifyEVChargingScheduleRequest>(fact), fact.At)]);
        foreach (var (station, fact) in book.All(Topic.VehicleNeeds).Where(f => OfOpenSession(f.Station, f.Fact))) Post(station, [Input(station, Message<NotifyEVChargingNeedsRequest>(fact), fact.At)]);
        foreach (var (station, fact) in book.All(Topic.PriorityCharging))
        {
            var told = Message<NotifyPriorityChargingRequest>(fact);
            if (open.Find(station, told.TransactionId) is { } session) Post(station, [new PriorityChanged(fact.At, session.Evse, told.TransactionId, told.Activated)]);
        }
    }

    /// <summary>The limits that a station told while it waited bind in the site that it joins.</summary>
    internal void Joined(StationId station) => Post(station, book.Of(station, Topic.ChargingLimit).Select(fact => Input(station, Message<NotifyChargingLimitRequest>(fact), fact.At)));

    /// <summary>Rows of the book by EVSE live as long as the session that they were told in.</summary>
    private bool OfOpenSession(StationId station, Fact fact) => int.TryParse(fact.Key, NumberStyles.None, CultureInfo.InvariantCulture, out var evse) && open.At(new EvseId(station, evse)) is { } session && fact.At >= session.StartedAt;

    private void Post(StationId station, IEnumerable<SiteInput> inputs)
    {
        if (sites.Of(station) is not { } site) return;
        foreach (var input in inputs) site.Post(input);
    }

    /// <summary>The profile that follows the answer to the needs.</summary>
    internal async Task SendFirstAsync(EvseId evse, FirstProfile first)
    {
        if (registry.Find(evse.Station) is not { Version: OcppVersion.V21 }) return;
        if (!commands.TakesSetpoints(evse)) first = first with { Setpoint = null };
        if (first.Setpoint is null) commands.Forget(evse); // the setpoint profile is replaced: the next setpoint sends it whole
        var profile = first.Setpoint is { } setpoint
            ? V2xProfile.CentralSetpoint(evse.Number, first.TransactionId, StationCommands.Rounded(setpoint), StationCommands.DeadManSeconds)
            : V2xProfile.ChargingOnlyFirst(evse.Number, first.TransactionId, StationCommands.Rounded(first.ChargeMax));
        await calls.CallAsync<SetChargingProfileRequest, SetChargingProfileResponse>(evse.Station, new SetChargingProfileRequest { EvseId = evse.Number, ChargingProfile = profile }, CallPriority.Setpoint, $"first:{evse.Number}");
    }

    private bool Listens(StationId station) => book.Of(station, Topic.ChargingProfile).Any(f => f.Body.TryGetProperty("profile", out var json) && json.Deserialize(V21Json.Default.ChargingProfile) is { } profile
        && (profile.TransactionId is not { } transaction || open.Find(station, transaction) is not null)
        && profile.ChargingSchedule.Any(s => s.ChargingSchedulePeriod.Any(p => p is { OperationMode: Penstock.Ocpp.V21.OperationMode.LocalFrequency, V2xSignalWattCurve: not null })));

    private static int PriorityProfileId(int evse) => 2000 + evse;

    private static T Message<T>(Fact fact)
        where T : class, IOcppMessage<T> => fact.Body.Deserialize(T.TypeInfo) ?? throw new JsonException($"The stored {typeof(T).Name} is null.");
}
