using NodaTime;
using Penstock.Core.Dispatching;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Core.V2x;
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

/// <param name="ChargeKw">What it allows now; null = not told, or not bounded.</param>
/// <param name="DischargeKw">0 or negative; null = not bounded.</param>
public sealed record ExternalLimitView(string Source, bool StationWide, bool GridCritical, double? ChargeKw, double? DischargeKw, DateTimeOffset? Until);

/// <param name="PowerKw">The vehicle's own wish now; null = it told none.</param>
public sealed record OwnPlanView(DateTimeOffset Start, IReadOnlyList<OwnPlanStepView> Steps, double? PowerKw);

public sealed record OwnPlanStepView(double OffsetSeconds, double? PowerKw);

/// <param name="RefusedDischarge">Each condition of discharge that does not hold: capability, contract, stateOfCharge, gridPermission, departure, chargeNow, dischargeBudget. Empty = it may discharge; null = no session.</param>
/// <param name="OperationMode">As the station tells it.</param>
/// <param name="ChargeNow">The owner's override is active.</param>
/// <param name="DischargedKwh">Given in this session, at the meter; null = no session.</param>
/// <param name="DischargeLeftKwh">What the vehicle still gives in this session by its own word, out of its battery; null = it told no bound.</param>
public sealed record EvseView(
    string EvseId, string StationId, string Status, string? VehicleId, string? SessionId, double? PowerKw, double? SetpointKw, double? SocPercent, double? AgeSeconds, bool Following, string? BindingSource,
    IReadOnlyList<string>? RefusedDischarge, string? OperationMode, bool ChargeNow, IReadOnlyList<ExternalLimitView> ExternalLimits, OwnPlanView? VehiclePlan, DeviationView? Deviation, double? DischargedKwh, double? DischargeLeftKwh)
{
    public static EvseView Of(SiteState site, EvseState evse, Instant now) => new(
        evse.Layout.Id.ToString(), evse.Layout.Id.Station.Value, (evse.Status ?? (evse.Session is null ? ConnectorStatus.Available : ConnectorStatus.Occupied)).ToString(),
        evse.Session?.Vehicle?.Id.Value, evse.Session?.Id.Value, evse.Measurement?.ActivePower is { } p ? Names.Kw(p) : null, evse.Setpoint is { } s ? Names.Kw(s.Power) : null,
        evse.Session?.StateOfCharge is { } soc ? Math.Round(soc.Percent, 1) : null, evse.Measurement is { } m ? Math.Max(0, (now - m.At).TotalSeconds) : null, evse.Following,
        evse.Setpoint is { } set ? Names.Of(set.Binding) : null,
        evse.Session is { } session ? [.. DischargePermission.Of(site.Layout, evse.Layout, session).Refusals.Select(r => Names.Camel(r.ToString()))] : null,
        evse.Session?.Mode?.ToString(), evse.Session?.ChargeNow ?? false, [.. evse.ExternalLimits.Concat(site.Station(evse.Layout.Id.Station).ExternalLimits).Select(l => Limit(l, now))], evse.Session?.OwnPlan is { } plan ? Plan(plan, now) : null,
        evse.Escalation is { } e ? DeviationView.Of(e) : null, evse.Session is { } given ? Math.Round(given.Discharged.KilowattHours, 3) : null, evse.Session is { } open && DischargePermission.BudgetLeft(open) is { } left ? Math.Round(left.KilowattHours, 3) : null);

    private static ExternalLimitView Limit(ExternalLimit limit, Instant now)
    {
        var step = limit.At(now);
        return new ExternalLimitView(limit.Source, limit.StationWide, limit.GridCritical, step?.Charge is { } c ? Names.Kw(c) : null, step?.Discharge is { } d ? Names.Kw(d) : null, limit.Until?.ToDateTimeOffset());
    }

    private static OwnPlanView Plan(VehiclePlan plan, Instant now) => new(
        plan.Start.ToDateTimeOffset(), [.. plan.Steps.Select(s => new OwnPlanStepView(s.Offset.TotalSeconds, s.Power is { } p ? Names.Kw(p) : null))], plan.At(now) is { } power ? Names.Kw(power) : null);
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
            [.. state.Evses.Values.OrderBy(e => e.Layout.Id.Station.Value, StringComparer.Ordinal).ThenBy(e => e.Layout.Id.Number).Select(e => EvseView.Of(state, e, now))],
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
