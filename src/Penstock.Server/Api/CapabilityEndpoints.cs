using Penstock.Core.Sites;
using Penstock.Server.Capability;
using Penstock.Server.Gateway;
using Penstock.Server.Hosting;

namespace Penstock.Server.Api;

public sealed record CapabilityFactView(string Name, int? Evse, string Value, string Source, DateTimeOffset At, string? Detail, bool Counts);

public sealed record ProbeView(string EvseId, double AskedW, DateTimeOffset StartedAt, string Verdict, string? Said, double? MeasuredW)
{
    internal static ProbeView Of(Probe probe) => new(probe.Evse.ToString(), probe.Asked.Watts, probe.StartedAt.ToDateTimeOffset(), Names.Camel(probe.Verdict.ToString()), probe.Said, probe.MeasuredW);
}

/// <param name="Refused">Metered values that were refused for control, by EVSE and reason.</param>
public sealed record StationCapabilityView(
    string StationId, string? Quirk, IReadOnlyList<CapabilityFactView> Facts, IReadOnlyList<ProbeView> Probes, IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> Refused, double? ClockSkewSeconds, bool ClockSkewKnown,
    double ClockCorrectedSeconds);

public sealed record ProbeRequest(int? Evse, double? Watts);

/// <summary>An operator's word on an EVSE (1 unless told), with the reason for the record.</summary>
public sealed record DischargeWord(int? Evse, bool? Discharges, string? Reason);

public sealed record QuirkView(string Name, bool Shipped, bool Example, bool InForce, string? Source, string? Vendor, string? Model, string? Firmware, IReadOnlyList<string> Protocols, IReadOnlyList<string> Faults)
{
    internal static QuirkView Of(ShelvedQuirk quirk) => new(
        quirk.Name, quirk.Shipped, quirk.Profile?.Example ?? false, quirk.Profile is not null, quirk.Profile?.Source, quirk.Profile?.Match.Vendor, quirk.Profile?.Match.Model, quirk.Profile?.Match.Firmware,
        quirk.Profile is { } profile ? [.. profile.Match.Protocols] : [], quirk.Faults);
}

/// <summary>What stations can do, and the quirk files.</summary>
internal static class CapabilityEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/stations/{id}/capability", (string id, StationRoll roll, CapabilityDesk capability, ProbeDesk probes, DeviceClocks clocks, Sites.SiteDirectory sites) => roll.Find(new StationId(id)) is { } station
            ? Results.Ok(View(station, capability.Of(station), probes, clocks, sites))
            : Problems.NotFound("station", id));
        api.MapPost("/stations/{id}/probe", (string id, ProbeRequest body, ProbeDesk probes, Sites.SiteDirectory sites) => sites.Of(new StationId(id)) is null
            ? Problems.NotFound("station of a site", id)
            : probes.Begin(new EvseId(new StationId(id), body.Evse ?? 1), body.Watts) is var (probe, refusals) && probe is not null
                ? Results.Accepted($"/api/v1/stations/{id}/capability", ProbeView.Of(probe))
                : Problems.Invalid([.. refusals.Select(r => new Fault(r.Code == "watts" ? "/watts" : r.Code == "evse" ? "/evse" : "", r.Code, r.Text))]));
        api.MapPut("/stations/{id}/discharge", PutDischarge);
        api.MapGet("/quirks", (QuirkShelf shelf) => new PageView<QuirkView>([.. shelf.All.Select(QuirkView.Of)], null));
        api.MapPost("/quirks/reload", (QuirkShelf shelf) => new PageView<QuirkView>([.. shelf.Reload().Select(QuirkView.Of)], null));
    }

    private static IResult PutDischarge(string id, DischargeWord body, StationRoll roll, CapabilityDesk capability, ProbeDesk probes, DeviceClocks clocks, Sites.SiteDirectory sites, TimeProvider time)
    {
        if (roll.Find(new StationId(id)) is not { } station) return Problems.NotFound("station", id);
        var (evse, faults) = (body.Evse ?? 1, new List<Fault>());
        if (sites.Of(station.Id)?.Snapshot.Evses.ContainsKey(new EvseId(station.Id, evse)) != true) faults.Add(new Fault("/evse", "evse", $"There is no EVSE {id}/{evse} at a site."));
        if (body.Discharges is null) faults.Add(new Fault("/discharges", "required", "discharges is true or false."));
        if (body.Reason is not { Length: >= 1 and <= 200 }) faults.Add(new Fault("/reason", "required", "reason is a text of 1 to 200 characters: who says so, and why."));
        if (faults.Count > 0) return Problems.Invalid(faults);
        var method = body.Discharges == true ? capability.Of(station).Way : DischargeMethod.None;
        capability.Learn(station.Id, [new CapabilityFact(FactNames.Discharge, evse, method.ToString(), FactSource.Operator, time.Now(), body.Reason)]);
        return Results.Ok(View(station, capability.Of(station), probes, clocks, sites));
    }

    private static StationCapabilityView View(StationRecord station, CapabilityRecord record, ProbeDesk probes, DeviceClocks clocks, Sites.SiteDirectory sites)
    {
        var skew = clocks.Of(station.Id);
        var refused = sites.Of(station.Id)?.Snapshot.Evses.Values.Where(e => e.Layout.Id.Station == station.Id && !e.Refused.IsEmpty)
            .ToDictionary(e => e.Layout.Id.ToString(), e => (IReadOnlyDictionary<string, int>)e.Refused.ToDictionary(r => Names.Camel(r.Key.ToString()), r => r.Value)) ?? [];
        return new StationCapabilityView(
            station.Id.Value, record.Profile.Name.Length > 0 ? record.Profile.Name : null,
            [.. record.Facts.Select(f => new CapabilityFactView(f.Name, f.Evse == 0 ? null : f.Evse, f.Value, Names.Camel(f.Source.ToString()), f.At.ToDateTimeOffset(), f.Detail, Counts: record.Best(f.Name, f.Evse) == f))],
            [.. probes.Of(station.Id).Select(ProbeView.Of)], refused, skew.Estimate?.TotalSeconds, skew.IsStable, skew.Applied.TotalSeconds);
    }
}
