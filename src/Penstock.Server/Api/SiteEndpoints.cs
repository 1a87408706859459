using Penstock.Core.Sites;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Capability;
using Penstock.Server.Gateway;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;
using Penstock.Server.V2x;
using Penstock.Server.Storage;
using Penstock.Server.Wire;

namespace Penstock.Server.Api;

public sealed record DischargeView(bool Supported, string By, string? Reason);

public sealed record StationView(
    string StationId, string? SiteId, string? Protocol, bool Online, string? Vendor, string? Model, string? FirmwareVersion, string? SerialNumber, DateTimeOffset? LastSeen,
    double? ClockSkewSeconds, IReadOnlyList<EvseView> Evses, DischargeView Discharge);

public sealed record ReportedEvseView(int Evse, int Connectors, string? Status);

public sealed record WaitingStationView(
    string StationId, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, string Protocol, string? Vendor, string? Model, string? FirmwareVersion, string? SerialNumber,
    IReadOnlyList<ReportedEvseView> EvsesReported, int Messages, string? RemoteAddress);

internal static class SiteEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/sites", (SiteDirectory sites) => new PageView<SiteSummaryView>([.. sites.All.Select(s => SiteSummaryView.Of(s.Snapshot))], null));
        api.MapGet("/sites/{id}", (string id, SiteDirectory sites, TimeProvider time) =>
            sites.Find(new SiteId(id)) is { } site ? Results.Ok(SiteView.Of(site.Snapshot, time.Now())) : Problems.NotFound("site", id));
        api.MapGet("/sites/{id}/series", (string id, SiteDirectory sites, History history, TimeProvider time) => sites.Find(new SiteId(id)) is { } site
            ? Results.Ok(Series(site, history, time))
            : Problems.NotFound("site", id));
        api.MapGet("/stations", (StationRoll roll, StationReader reader) => new PageView<StationView>([.. roll.All.Select(reader.View)], null));
        api.MapGet("/stations/{id}", (string id, StationRoll roll, StationReader reader) => roll.Find(new StationId(id)) is { } found ? Results.Ok(reader.View(found)) : Problems.NotFound("station", id));
        api.MapGet("/waiting-stations", (WaitingStations waiting, MessageLog messages) => new PageView<WaitingStationView>([.. waiting.All.Select(s => Waiting(s, messages))], null));
        api.MapPost("/waiting-stations/{id}/accept", (string id, Admission body, WaitingStations waiting, V2xDesk limits, SiteDirectory sites, TimeProvider time) =>
        {
            if (waiting.Admit(new StationId(id), body) is not { } layout) return Problems.NotFound("waiting station", id);
            limits.Joined(new StationId(id));
            return Results.Ok(SiteView.Of(sites.Find(layout.Id)!.Snapshot, time.Now()));
        });
    }

    private static SiteSeriesView Series(ISite site, History history, TimeProvider time)
    {
        var grid = history.Today(time.Now());
        var root = site.Snapshot.Layout.Nodes[0];
        return new SiteSeriesView(history.Power(grid, [site.Id.Value]), history.Planned(grid, [site], time.Now()), Names.Kw(root.ImportMax), Names.Kw(root.ExportMax));
    }

    private static WaitingStationView Waiting(StationRecord s, MessageLog messages) => new(
        s.Id.Value, s.FirstSeen.ToDateTimeOffset(), s.LastSeen.ToDateTimeOffset(), s.Protocol.Replace("ocpp", "", StringComparison.Ordinal), s.Vendor, s.Model, s.FirmwareVersion, s.SerialNumber,
        [.. s.Evses.Keys.Union(s.Reported?.Keys ?? []).Order().Select(n => new ReportedEvseView(n, s.Reported?.GetValueOrDefault(n)?.Connectors ?? 1, s.Evses.GetValueOrDefault(n)?.ToString()))], messages.Reader.Count(s.Id), s.RemoteAddress);
}

/// <summary>Stations as a person reads them.</summary>
public sealed class StationReader(SiteDirectory sites, StationRegistry registry, CapabilityDesk capability, DeviceClocks clocks, TimeProvider time)
{
    public StationView View(StationRecord station)
    {
        var site = sites.Of(station.Id);
        var online = registry.Find(station.Id);
        var evses = site?.Snapshot.Evses.Values.Where(e => e.Layout.Id.Station == station.Id).OrderBy(e => e.Layout.Id.Number).Select(e => EvseView.Of(site.Snapshot, e, time.Now())).ToList() ?? [];
        var known = capability.Of(station).Discharge(site?.Snapshot.Evses.Keys.Where(e => e.Station == station.Id).Min(e => e.Number) ?? 1);
        var method = known?.Method ?? DischargeMethod.None;
        return new StationView(
            station.Id.Value, site?.Id.Value, (online is null ? station.Protocol : Subprotocol.Name(online.Version)).Replace("ocpp", "", StringComparison.Ordinal), online is not null,
            station.Vendor, station.Model, station.FirmwareVersion, station.SerialNumber, station.LastSeen.ToDateTimeOffset(), clocks.Of(station.Id).Estimate is { } skew ? Math.Round(skew.TotalSeconds, 1) : null, evses,
            new DischargeView(method != DischargeMethod.None, Names.Camel(method.ToString()), method != DischargeMethod.None ? null : known is { } no ? Names.Camel(no.Fact.Source.ToString()) : "notOnAllowList"));
    }
}

internal static class RecordEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/statements", (SqlStore store, ServerOptions options, string? vehicleId, string? ownerId) => new PageView<StatementView>(
            store.Query<string>("SELECT body FROM statement WHERE (@vehicleId IS NULL OR vehicle_id = @vehicleId) AND (@ownerId IS NULL OR owner_id = @ownerId) ORDER BY issued_at DESC, statement_id LIMIT 500", new { vehicleId, ownerId })
                .ConvertAll(b => StorageJson.Read<StatementView>(b) with { Simulated = options.Scenario is not null }), null));
        api.MapGet("/statements/{id}", (string id, SqlStore store, ServerOptions options) => store.First<string>("SELECT body FROM statement WHERE statement_id = @id", new { id }) is { } body
            ? Results.Ok(StorageJson.Read<StatementView>(body) with { Simulated = options.Scenario is not null })
            : Problems.NotFound("statement", id));
    }
}
