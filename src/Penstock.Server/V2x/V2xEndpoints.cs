using Penstock.Core.Sites;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Api;
using Penstock.Server.Gateway;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;

namespace Penstock.Server.V2x;

/// <param name="Signal">As in the signal curves of the profiles.</param>
public sealed record AfrrBody(int? Signal, DateTimeOffset? Timestamp);

/// <param name="Said">The station's own word, or the error.</param>
public sealed record AfrrView(string StationId, bool Accepted, string Said);

public sealed record PriorityBody(bool? Activate);

public sealed record GridPermissionBody(bool? ExportPermitted);

/// <summary>aFRR signals, the owner's override, the grid's permission.</summary>
internal static class V2xEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/sites/{id}/afrr", async (string id, AfrrBody body, SiteDirectory sites, V2xDesk desk, TimeProvider time) =>
        {
            if (sites.Find(new SiteId(id)) is not { } site) return Problems.NotFound("site", id);
            if (body.Signal is not { } signal) return Problems.Invalid([new Fault("/signal", "required", "signal is an integer of the signal curves.")]);
            var answers = await desk.SignalAsync(site, signal, body.Timestamp ?? time.GetUtcNow());
            return Results.Ok(new PageView<AfrrView>([.. answers.Select(a => new AfrrView(a.Station.Value, a.Wish.Granted, a.Wish.Said))], null));
        });
        api.MapPost("/sessions/{id}/priority", async (string id, PriorityBody body, OpenSessions open, StationRegistry registry, V2xDesk desk) =>
        {
            if (open.All.FirstOrDefault(s => s.Id.Value == id) is not { } session) return Problems.NotFound("open session", id);
            if (body.Activate is not { } activate) return Problems.Invalid([new Fault("/activate", "required", "activate is true or false.")]);
            if (registry.Find(session.Evse.Station) is not { Version: OcppVersion.V21 }) return Problems.Invalid([new Fault("", "version", $"Station {session.Evse.Station} is not connected with ocpp2.1, which UsePriorityCharging needs.")]);
            var wish = await desk.PrioritizeAsync(session, activate);
            return wish.Granted ? Results.Ok(new { sessionId = id, chargeNow = activate }) : Problems.Invalid([new Fault("", "refused", $"The station said {wish.Said}.")]);
        });
        api.MapPut("/sites/{id}/grid-permission", (string id, GridPermissionBody body, SiteDirectory sites, TimeProvider time) =>
        {
            if (sites.Find(new SiteId(id)) is not { } site) return Problems.NotFound("site", id);
            if (body.ExportPermitted is not { } permitted) return Problems.Invalid([new Fault("/exportPermitted", "required", "exportPermitted is true or false.")]);
            sites.Put(site.Snapshot.Layout with { GridPermitsExport = permitted });
            return Results.Ok(new { siteId = id, exportPermitted = permitted, at = time.Now().ToDateTimeOffset() });
        });
    }
}
