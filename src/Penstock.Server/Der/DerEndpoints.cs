using System.Text.Json;
using NodaTime;
using Penstock.Core.Der;
using Penstock.Core.Sites;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.V21;
using Penstock.Server.Api;
using Penstock.Server.Capability;
using Penstock.Server.Gateway;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;
using Penstock.Server.Stations;

namespace Penstock.Server.Der;

/// <param name="State">queued, accepted, rejected, notSupported, superseded (gives way), withdrawn, ended.</param>
/// <param name="Foreign">Nobody gave it here: the station tells that it has it.</param>
/// <param name="InForce">It holds now, by the platform's timeline.</param>
/// <param name="Verified">Read back from the station as it was set; null = not yet.</param>
public sealed record DerControlView(
    string ControlId, string ControlType, bool IsDefault, int Priority, DateTimeOffset? StartTime, double? DurationSeconds, string State, string? Reason, bool InForce, string? SupersededBy, bool? Verified, string? Difference,
    DateTimeOffset? VerifiedAt, DateTimeOffset SetAt, DateTimeOffset? SentAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, DateTimeOffset? SupersededAt, bool Foreign, JsonElement Control);

public sealed record DerAlarmView(DateTimeOffset At, string ControlType, string? Fault, bool Ended, string? Info);

public sealed record DerStationView(string StationId, IReadOnlyList<DerControlView> Items, DateTimeOffset? NextChange, IReadOnlyList<DerAlarmView> Alarms);

/// <param name="Reason">Why the station did not get it; null = it did.</param>
public sealed record DerAppliedView(string StationId, string? Reason);

/// <summary>/api/v1/stations/{id}/der and /api/v1/sites/{id}/der. A control is written as OCPP 2.1 SetDERControl.</summary>
internal static class DerEndpoints
{
    private const int AlarmsShown = 200;

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/stations/{id}/der", (string id, StationRoll roll, DerDesk desk, StationBook book, TimeProvider time) =>
            roll.Find(new StationId(id)) is null ? Problems.NotFound("station", id) : Results.Ok(View(new StationId(id), desk, book, time.Now())));
        api.MapPost("/stations/{id}/der", (string id, JsonElement body, StationRoll roll, CapabilityDesk capability, DerDesk desk, StationBook book, TimeProvider time) =>
        {
            if (roll.Find(new StationId(id)) is not { } station) return Problems.NotFound("station", id);
            var (control, faults) = Read(body);
            if (control is null) return Problems.Invalid(faults);
            if (Unfit(station) is { } reason) return Problems.Invalid([new Fault("", "version", reason)]);
            if (DerModes.Refusal(station.Id, capability.Of(station), control.Type) is { } unsupported) return Problems.Invalid([new Fault("/controlType", "unsupported", unsupported)]);
            if (!desk.Put(station.Id, control)) return Problems.Invalid([Full(station.Id)]);
            var view = View(station.Id, desk, book, time.Now()).Items.Single(v => v.ControlId == control.Id);
            return Results.Created($"/api/v1/stations/{id}/der", view);
        });
        api.MapDelete("/stations/{id}/der/{controlId}", (string id, string controlId, DerDesk desk) =>
            desk.Withdraw(new StationId(id), controlId) ? Results.NoContent() : Problems.NotFound("DER control", controlId));
        api.MapPost("/sites/{id}/der", (string id, JsonElement body, SiteDirectory sites, StationRoll roll, CapabilityDesk capability, DerDesk desk) =>
        {
            if (sites.Find(new SiteId(id)) is not { } site) return Problems.NotFound("site", id);
            var (control, faults) = Read(body);
            if (control is null) return Problems.Invalid(faults);
            var stations = site.Snapshot.Layout.Evses.Select(e => e.Id.Station).Distinct().OrderBy(s => s.Value, StringComparer.Ordinal);
            return Results.Ok(new PageView<DerAppliedView>([.. stations.Select(s => new DerAppliedView(s.Value, roll.Find(s) is not { } known ? "never connected" : Unfit(known) ?? DerModes.Refusal(s, capability.Of(known), control.Type) ?? (desk.Put(s, control) ? null : Full(s).Message)))], null));
        });
    }

    private static string? Unfit(StationRecord station) => station.Protocol == "ocpp2.1" ? null : $"Station {station.Id} speaks {station.Protocol}; DER controls need ocpp2.1.";

    private static Fault Full(StationId station) => new("", "full", $"Station {station} has {DerDesk.ControlsMax} controls; withdraw some first.");

    private static (DerControl? Control, IReadOnlyList<Fault> Faults) Read(JsonElement body)
    {
        var (request, violation) = PayloadReader.Read<SetDERControlRequest>(body);
        if (request is null) return (null, [new Fault(violation!.Pointer, violation.Code, violation.Text)]);
        var (control, faults) = DerTranslation.Read(request);
        return (control, [.. faults.Select(f => new Fault("/" + f.Field, f.Rule, f.Text))]);
    }

    private static DerStationView View(StationId station, DerDesk desk, StationBook book, Instant now)
    {
        var all = desk.Of(station);
        var line = DerSync.Line(all, now);
        var inForce = line.InForceAll().Select(c => c.Id).ToHashSet();
        return new DerStationView(
            station.Value, [.. all.Select(s => One(s, line.Entries.FirstOrDefault(e => e.Control.Id == s.Control.Id), inForce, now))], line.NextChange()?.ToDateTimeOffset(),
            [.. book.Of(station, Topic.DerAlarm, AlarmsShown).Select(f => f.Body.Deserialize(NotifyDERAlarmRequest.TypeInfo)!).Select(a => new DerAlarmView(a.Timestamp, a.ControlType.ToString(), a.GridEventFault?.ToString(), a.AlarmEnded ?? false, a.ExtraInfo))]);
    }

    private static DerControlView One(DerStanding s, DerEntry? entry, HashSet<string> inForce, Instant now)
    {
        var c = s.Control;
        var state = s.Withdrawn ? "withdrawn" : c.End <= now ? "ended" : entry is { IsSuperseded: true } ? "superseded" : s.Answer is { } answer ? Names.Camel(answer) : "queued";
        return new DerControlView(
            c.Id, c.Type.ToString(), c.IsDefault, c.Priority, c.Start?.ToDateTimeOffset(), c.Duration?.TotalSeconds, state, s.Reason, !s.Withdrawn && inForce.Contains(c.Id), entry?.SupersededBy, s.Verified, s.Difference,
            s.VerifiedAt?.ToDateTimeOffset(), s.SetAt.ToDateTimeOffset(), s.SentAt?.ToDateTimeOffset(), s.StartedAt?.ToDateTimeOffset(), s.EndedAt?.ToDateTimeOffset(), s.SupersededAt?.ToDateTimeOffset(), s.Foreign, JsonDocument.Parse(s.Wire).RootElement);
    }
}
