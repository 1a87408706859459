using NodaTime;
using Penstock.Core.Dispatching;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Server.Sites;

namespace Penstock.Server.Api;

public sealed record SiteSummaryView(
    string SiteId, string Name, double? Latitude, double? Longitude, int StationsOnline, int StationsTotal, int EvsesTotal, int VehiclesConnected,
    double PowerKw, double ImportMaxKw, double ExportMaxKw, DateTimeOffset AsOf)
{
    public static SiteSummaryView Of(SiteState state)
    {
        var (layout, root) = (state.Layout, state.Layout.Nodes[0]);
        var stations = state.Evses.GroupBy(e => e.Key.Station).ToList();
        return new SiteSummaryView(
            layout.Id.Value, layout.Name, layout.Latitude, layout.Longitude, stations.Count(g => g.Any(e => e.Value.Online)), stations.Count, layout.Evses.Length,
            state.Evses.Values.Count(e => e.Session is not null), Names.Kw(SitePower.Of(state)), Names.Kw(root.ImportMax), Names.Kw(root.ExportMax), state.AsOf.ToDateTimeOffset());
    }
}

public sealed record LimitNodeView(string NodeId, string? ParentId, string Source, string Name, double ImportMaxKw, double ExportMaxKw, double? PowerKw, bool Binding);

public sealed record RemedyView(string Remedy, DateTimeOffset At);

/// <summary>A deviation that lasts: since when, which, and what was tried.</summary>
public sealed record DeviationView(string Deviation, DateTimeOffset Since, IReadOnlyList<RemedyView> Tried)
{
    internal static DeviationView Of(Escalation e) => new(Names.Camel(e.Deviation.ToString()), e.Since.ToDateTimeOffset(), [.. e.Tried.Select(t => new RemedyView(Names.Camel(t.Remedy.ToString()), t.At.ToDateTimeOffset()))]);
}

public sealed record EvseView(
    string EvseId, string StationId, string Status, string? VehicleId, string? SessionId, double? PowerKw, double? SetpointKw, double? SocPercent, double? AgeSeconds, bool Following, string? BindingSource,
    DeviationView? Deviation)
{
    public static EvseView Of(EvseState evse, Instant now) => new(
        evse.Layout.Id.ToString(), evse.Layout.Id.Station.Value, (evse.Status ?? (evse.Session is null ? ConnectorStatus.Available : ConnectorStatus.Occupied)).ToString(),
        evse.Session?.Vehicle?.Id.Value, evse.Session?.Id.Value, evse.Measurement?.ActivePower is { } p ? Names.Kw(p) : null, evse.Setpoint is { } s ? Names.Kw(s.Power) : null,
        evse.Session?.StateOfCharge is { } soc ? Math.Round(soc.Percent, 1) : null, evse.Measurement is { } m ? Math.Max(0, (now - m.At).TotalSeconds) : null, evse.Following,
        evse.Setpoint is { } set ? Names.Of(set.Binding) : null, evse.Escalation is { } e ? DeviationView.Of(e) : null);
}

public sealed record SiteView(
    string SiteId, string Name, double? Latitude, double? Longitude, int StationsOnline, int StationsTotal, int EvsesTotal, int VehiclesConnected,
    double PowerKw, double ImportMaxKw, double ExportMaxKw, DateTimeOffset AsOf,
    string TimeZone, double? BuildingLoadKw, IReadOnlyList<LimitNodeView> Limits, IReadOnlyList<EvseView> Evses, string? ActiveEventId, string? PlanId)
{
    public static SiteView Of(SiteState state, Instant now)
    {
        var s = SiteSummaryView.Of(state);
        return new SiteView(
            s.SiteId, s.Name, s.Latitude, s.Longitude, s.StationsOnline, s.StationsTotal, s.EvsesTotal, s.VehiclesConnected, s.PowerKw, s.ImportMaxKw, s.ExportMaxKw, s.AsOf,
            state.Layout.TimeZone, Names.Kw(state.Layout.BuildingLoad), [.. state.Layout.Nodes.Select(n => Node(state, n))],
            [.. state.Evses.Values.OrderBy(e => e.Layout.Id.Station.Value, StringComparer.Ordinal).ThenBy(e => e.Layout.Id.Number).Select(e => EvseView.Of(e, now))],
            state.Instructions.FirstOrDefault(i => i.IsActiveAt(now))?.Id.Value, state.Plan?.Id.Value);
    }

    private static LimitNodeView Node(SiteState state, LimitNode node)
    {
        var parents = state.Layout.Nodes.ToDictionary(n => n.NodeId, n => n.ParentId);
        var members = state.Evses.Values.Where(e => Under(e.Layout.NodeId)).ToList();
        var power = members.Aggregate(Power.Zero, (sum, e) => sum + (e.Session is null ? Power.Zero : e.Measurement?.ActivePower ?? Power.Zero)) + (node.ParentId is null ? state.Layout.BuildingLoad : Power.Zero);
        var binding = members.Any(e => e.Setpoint is { } s && s.Limits.Any(l => l.Binding && l.Source == node.Source && l.Name == node.Name));
        return new LimitNodeView(node.NodeId, node.ParentId, Names.Of(node.Source), node.Name, Names.Kw(node.ImportMax), Names.Kw(node.ExportMax), Names.Kw(power), binding);

        bool Under(string id)
        {
            for (string? at = id; at is not null; at = parents.GetValueOrDefault(at))
            {
                if (at == node.NodeId) return true;
            }

            return false;
        }
    }
}

public sealed record LimitEntryView(string Source, double ImportMaxKw, double ExportMaxKw, bool Binding, string Name)
{
    public static LimitEntryView Of(LimitBar bar) => new(Names.Of(bar.Source), Names.Kw(bar.Upper), -Names.Kw(bar.Lower), bar.Binding, bar.Name);
}

public sealed record SiteSeriesView(SeriesView Power, SeriesView Planned, double ImportMaxKw, double ExportMaxKw);
