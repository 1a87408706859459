using System.Collections.Concurrent;
using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Gateway;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;
using V16 = Penstock.Ocpp.V16;
using V201 = Penstock.Ocpp.V201;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Capability;

/// <summary>A probe of an EVSE, running or done.</summary>
/// <param name="MeasuredW">The largest discharge that was measured, W; null = nothing was measured.</param>
public sealed record Probe(EvseId Evse, Power Asked, Instant StartedAt, ProbeVerdict Verdict, string? Said, double? MeasuredW);

/// <summary>Tries whether a station discharges: a small setpoint for a minute, verified by the meter. What it shows outranks everything that was said.</summary>
public sealed class ProbeDesk(SiteDirectory sites, StationRegistry registry, StationCommands commands, CapabilityDesk capability, TimeProvider time, ILogger<ProbeDesk> log)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<EvseId, Probe> probes = new();

    /// <summary>The latest probe of each EVSE of the station.</summary>
    public IReadOnlyList<Probe> Of(StationId station) => [.. probes.Values.Where(p => p.Evse.Station == station).OrderBy(p => p.Evse.Number)];

    /// <summary>Begins a probe and returns at once.</summary>
    /// <param name="watts">Negative; null = as the quirk profile says.</param>
    /// <returns>The running probe, or why there is none.</returns>
    public (Probe? Probe, ImmutableArray<ProbeRefusal> Refusals) Begin(EvseId id, double? watts)
    {
        var now = time.Now();
        if (sites.Of(id.Station) is not { } site || site.Snapshot.Evses.GetValueOrDefault(id) is not { } evse) return (null, [new ProbeRefusal("evse", $"There is no EVSE {id} at a site.")]);
        var power = Power.FromWatts(watts ?? capability.ProfileOf(id.Station).ProbeWatts);
        var refusals = ProbeRules.Refusals(site.Snapshot, evse, power, now);
        if (probes.GetValueOrDefault(id) is { } last && now - last.StartedAt < ProbeRules.AgainAfter) refusals = refusals.Add(new ProbeRefusal("again", $"It was tried at {last.StartedAt}; the next time is {ProbeRules.AgainAfter.TotalMinutes:0} minutes later."));
        if (probes.Values.Any(p => p.Verdict == ProbeVerdict.Running && sites.Of(p.Evse.Station)?.Id == site.Id)) refusals = refusals.Add(new ProbeRefusal("busy", "Another EVSE of the site is being tried."));
        if (!refusals.IsEmpty) return (null, refusals);
        var probe = new Probe(id, power, now, ProbeVerdict.Running, null, null);
        probes[id] = probe;
        _ = RunAsync(probe, evse.Session!.Id, site);
        return (probe, []);
    }

    private async Task RunAsync(Probe probe, SessionId session, ISite site)
    {
        try
        {
            var until = probe.StartedAt + Duration.FromSeconds(ProbeRules.LastsSeconds + 10);
            var outcome = await commands.SayOnceAsync(session, probe.Evse, probe.Asked, ProbeRules.LastsSeconds, until);
            if (outcome is not (CallStatus.Answered, "Accepted"))
            {
                End(probe with { Verdict = outcome is (CallStatus.Answered or CallStatus.Refused, _) ? ProbeVerdict.Refused : ProbeVerdict.NotMeasured, Said = outcome?.Said ?? outcome?.Status.ToString() ?? "gone" });
                return;
            }

            site.Post(new SetpointAccepted(time.Now(), probe.Evse, probe.Asked));
            End(await WatchAsync(probe with { Said = "Accepted" }, site, time.Now() + ProbeRules.Settles, until));
        }
        finally
        {
            commands.Release(probe.Evse);
            if (probes.TryGetValue(probe.Evse, out var left) && left is { Verdict: ProbeVerdict.Running } && left.StartedAt == probe.StartedAt) probes[probe.Evse] = left with { Verdict = ProbeVerdict.NotMeasured };
        }
    }

    private async Task<Probe> WatchAsync(Probe probe, ISite site, Instant from, Instant until)
    {
        var measured = new SortedDictionary<Instant, Power>();
        for (var n = 0; ; n++)
        {
            if (n % 15 == 5 && registry.Find(probe.Evse.Station) is { } connection) _ = AskToMeterAsync(connection, probe.Evse.Number);
            await Task.Delay(LookEvery, time);
            if (site.Snapshot.Evses.GetValueOrDefault(probe.Evse)?.Measurement is { ActivePower: { } power, At: var at } && at >= from) measured[at] = power;
            var verdict = ProbeRules.Judge(probe.Asked, measured.Values, time.Now() >= until);
            if (verdict != ProbeVerdict.Running) return probe with { Verdict = verdict, MeasuredW = measured.Count > 0 ? measured.Values.Min(p => p.Watts) : null };
        }
    }

    private void End(Probe probe)
    {
        probes[probe.Evse] = probe;
        ProbeLog.Ended(log, probe.Evse.ToString(), probe.Asked.Watts, probe.Verdict, probe.Said ?? "");
        if (probe.Verdict == ProbeVerdict.NotMeasured) return;
        var shown = probe.Verdict == ProbeVerdict.Verified;
        var method = shown ? capability.Of(probe.Evse.Station).Way : DischargeMethod.None;
        var detail = FormattableString.Invariant($"{probe.Verdict}: {probe.Asked.Watts:0} W asked, {probe.Said}, {(probe.MeasuredW is { } w ? $"{w:0} W" : "nothing")} measured");
        capability.Learn(probe.Evse.Station,
        [
            new CapabilityFact(FactNames.Discharge, probe.Evse.Number, method.ToString(), FactSource.Probe, time.Now(), detail),
            new CapabilityFact(FactNames.Bidirectional, probe.Evse.Number, shown ? "true" : "false", FactSource.Probe, time.Now(), detail),
        ]);
    }

    private static Task AskToMeterAsync(OcppConnection connection, int evse) => connection.Version switch
    {
        OcppVersion.V16 => connection.CallAsync<V16.TriggerMessageRequest, V16.TriggerMessageResponse>(
            new V16.TriggerMessageRequest { RequestedMessage = V16.TriggerMessageRequestedMessage.MeterValues, ConnectorId = evse }, CallPriority.Poll, "meter"),
        OcppVersion.V201 => connection.CallAsync<V201.TriggerMessageRequest, V201.TriggerMessageResponse>(
            new V201.TriggerMessageRequest { RequestedMessage = V201.MessageTrigger.MeterValues, Evse = new V201.EVSE { Id = evse } }, CallPriority.Poll, "meter"),
        _ => connection.CallAsync<V21.TriggerMessageRequest, V21.TriggerMessageResponse>(
            new V21.TriggerMessageRequest { RequestedMessage = V21.MessageTrigger.MeterValues, Evse = new V21.EVSE { Id = evse } }, CallPriority.Poll, "meter"),
    };
}

internal static partial class ProbeLog
{
    [LoggerMessage(1012, LogLevel.Information, "{Evse} was tried with {Watts} W: {Verdict} ({Said})")]
    internal static partial void Ended(ILogger logger, string evse, double watts, ProbeVerdict verdict, string said);
}
