using System.Text.Json;
using Penstock.Core.Sites;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Gateway;
using Penstock.Server.Sites;
using Penstock.Server.Stations;

namespace Penstock.Server.Api;

/// <param name="FirstStations">Stations of the first stage; the rest waits for POST /commands/{bulkId}/continue. Null = all at once.</param>
/// <param name="FirstPercent">The same in percent of the stations, rounded up.</param>
/// <param name="FailuresMax">With one failure more no further station is asked; null = however many.</param>
public sealed record BulkBody(IReadOnlyList<string>? StationIds, string? SiteId, string? Action, JsonElement? Payload, int? FirstStations, double? FirstPercent, int? FailuresMax);

/// <param name="State">running, waiting (the first stage is over), stopped, done.</param>
/// <param name="Left">Stations not asked yet; while it runs, those that were not when it began or was continued.</param>
/// <param name="StopReason">failures, operator, restarted; null = it did not stop.</param>
public sealed record BulkView(string BulkId, DateTimeOffset BeganAt, string Action, int Stations, int? FirstStations, int? FailuresMax, string State, int Left, string? StopReason)
{
    internal static BulkView Of(Bulk b) => new(
        b.Id, b.BeganAt.ToDateTimeOffset(), b.Plan.Action, b.Plan.Stations.Count, b.Plan.First, b.Plan.FailuresMax, Names.Camel(b.State.ToString()), b.Left.Count, b.Stop is { } why ? Names.Camel(why.ToString()) : null);
}

/// <summary>The same command to many stations, in stages.</summary>
internal static class BulkEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/commands", Begin);
        api.MapGet("/bulks", (BulkCalls bulks) => new PageView<BulkView>([.. bulks.All.Select(BulkView.Of)], null));
        api.MapGet("/bulks/{bulkId}", (string bulkId, BulkCalls bulks) => bulks.Find(bulkId) is { } found ? Results.Ok(BulkView.Of(found)) : Problems.NotFound("bulk", bulkId));
        api.MapPost("/commands/{bulkId}/retry", (string bulkId, BulkCalls bulks) => bulks.Retry(bulkId) is { } again ? Accepted(again) : Problems.NotFound("failed command of bulk", bulkId));
        api.MapPost("/commands/{bulkId}/continue", (string bulkId, BulkCalls bulks) => bulks.Continue(bulkId) is { } going ? Accepted(going) : Refused(bulks, bulkId, "one that waits or was stopped can be continued"));
        api.MapPost("/commands/{bulkId}/stop", (string bulkId, BulkCalls bulks) => bulks.Stop(bulkId) ? Results.Accepted($"/api/v1/bulks/{bulkId}") : Refused(bulks, bulkId, "one that runs or waits can be stopped"));
    }

    private static IResult Refused(BulkCalls bulks, string id, string only) => bulks.Find(id) is { } found
        ? Problems.Conflict("bulkState", $"Bulk {id} is {Names.Camel(found.State.ToString())}; only {only}.")
        : Problems.NotFound("bulk", id);

    private static IResult Accepted(Bulk bulk) => Results.Accepted($"/api/v1/commands?bulkId={bulk.Id}", BulkView.Of(bulk));

    /// <summary>Every station is asked; one of another version that does not take the call ends as failed and says so.</summary>
    private static IResult Begin(BulkBody body, BulkCalls bulks, SiteDirectory sites, StationRoll roll)
    {
        if (body.Action is not { Length: > 0 } action) return Problems.Invalid([new Fault("/action", "required", "action is the name of an OCPP action, such as Reset.")]);
        var site = body.SiteId is { } siteId ? sites.Find(new SiteId(siteId)) : null;
        if (body.SiteId is not null && site is null) return Problems.NotFound("site", body.SiteId);
        var stations = (body.StationIds?.Select(s => new StationId(s)) ?? site?.Snapshot.Layout.Evses.Select(e => e.Id.Station) ?? []).Distinct().ToList();
        if (stations.Count is 0 or > BulkCalls.StationsMax) return Problems.Invalid([new Fault("/stationIds", "range", $"Give stationIds or a siteId with 1 to {BulkCalls.StationsMax} stations.")]);
        if (Staging(body).ToList() is { Count: > 0 } wrong) return Problems.Invalid(wrong);
        if (stations.Find(s => roll.Find(s) is null) is { Value: not null } unknown) return Problems.NotFound("station", unknown.Value);
        var payload = body.Payload ?? JsonSerializer.SerializeToElement(new { });
        var faults = Enum.GetValues<OcppVersion>().Select(v => StationCalls.Fault(v, action, payload)).ToList();
        if (faults.TrueForAll(f => f is not null)) return Problems.Invalid([.. faults.Select(f => new Fault(f!.Pointer ?? "", f.Code, f.Text)).Distinct()]);
        var first = body.FirstPercent is { } percent ? (int)Math.Ceiling(stations.Count * percent / 100) : body.FirstStations;
        return Accepted(bulks.Begin(new BulkPlan(stations, action, payload, first, body.FailuresMax)));
    }

    private static IEnumerable<Fault> Staging(BulkBody body)
    {
        if (body.FirstStations is < 1 or > BulkCalls.StationsMax) yield return new Fault("/firstStations", "range", $"firstStations is {body.FirstStations}; give 1 to {BulkCalls.StationsMax}, or leave it out to ask all at once.");
        if (body.FirstPercent is not (null or (> 0 and <= 100))) yield return new Fault("/firstPercent", "range", $"firstPercent is {body.FirstPercent}; give more than 0 and at most 100, or leave it out to ask all at once.");
        if (body is { FirstStations: not null, FirstPercent: not null }) yield return new Fault("/firstPercent", "twice", "Give firstStations or firstPercent, not both.");
        if (body.FailuresMax is < 0 or > BulkCalls.StationsMax) yield return new Fault("/failuresMax", "range", $"failuresMax is {body.FailuresMax}; give 0 to {BulkCalls.StationsMax}, or leave it out to go on however many fail.");
    }
}
