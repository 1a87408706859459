using NodaTime;
using Penstock.Core.Planning;
using Penstock.Core.Sites;
using Penstock.Core.Time;
using Penstock.Server.Hosting;
using Penstock.Server.Planning;
using Penstock.Server.Sites;
using Penstock.Server.Storage;

namespace Penstock.Server.Api;

public sealed record BindingView(string? SiteId, string NodeId, string Name, string Source, int Step, double ShadowPricePerKwh);

public sealed record RelaxationView(string? VehicleId, string? SiteId, string What, double By, string Unit);

public sealed record PlanCostView(double Energy, double Wear, double Shortfall, double Leftover, double Orders, double Limits, double Subsidies)
{
    public static PlanCostView Of(PlanCost c) => new(PlanView.Round(c.Energy), PlanView.Round(c.Wear), PlanView.Round(c.Shortfall), PlanView.Round(c.Leftover), PlanView.Round(c.Orders), PlanView.Round(c.Limits), PlanView.Round(c.Subsidies));
}

/// <param name="PlanId">Null for a sum of plans and for a what-if.</param>
/// <param name="SiteId">Null = the portfolio: the sites' plans together, whose costs and bounds add up.</param>
/// <param name="Aggregate">Net power of the vehicles, kW.</param>
/// <param name="Price">What one more kWh costs; null for a portfolio, where every site has its own.</param>
/// <param name="SolveSeconds">Wall time of the planner; null where it was not measured.</param>
/// <param name="Bands">Tariff over the plan; null in lists.</param>
public sealed record PlanView(
    string? PlanId, string? SiteId, DateTimeOffset MadeAt, string Trigger, int Vehicles, double Cost, double LowerBound, double Gap, int Iterations, string Currency,
    SeriesView Aggregate, IReadOnlyList<BindingView> Binding, IReadOnlyList<RelaxationView> Relaxed, SeriesView? Price = null, PlanCostView? Costs = null, double? SolveSeconds = null,
    IReadOnlyList<PriceBandView>? Bands = null)
{
    /// <summary>Binding limits and relaxed wishes of a portfolio at most.</summary>
    private const int ListMax = 500;

    public static PlanView Of(Plan plan, string currency, double? solveSeconds) => new(
        plan.Id.Value, plan.Site.Value, plan.MadeAt.ToDateTimeOffset(), plan.Trigger, plan.Sessions.Count, Round(plan.Certificate.Cost), Round(plan.Certificate.LowerBound),
        Math.Round(plan.Certificate.Gap, 8), plan.Certificate.Iterations, currency, Series(plan.Grid, "kW", plan.Aggregate.Select(p => p.Kilowatts)), [.. plan.Binding.Select(b => Of(plan, b))],
        [.. plan.Relaxed.Select(r => new RelaxationView(r.Vehicle?.Value, r.Site?.Value, r.What, Round(r.By), r.Unit))],
        Series(plan.Grid, $"{currency}/kWh", plan.PricePerKilowattHour), PlanCostView.Of(plan.Cost), solveSeconds);

    /// <summary>Plans of several sites as one, over the first one's slots.</summary>
    public static PlanView Of(IReadOnlyList<Plan> plans, string currency, TimeGrid grid, string trigger, Instant now)
    {
        var (cost, bound, parts) = (plans.Sum(p => p.Certificate.Cost), plans.Sum(p => p.Certificate.LowerBound), plans.Aggregate(new PlanCost(0, 0, 0, 0, 0, 0, 0), (sum, p) => sum + p.Cost));
        return new PlanView(
            null, null, (plans.Count == 0 ? now : plans.Max(p => p.MadeAt)).ToDateTimeOffset(), trigger, plans.Sum(p => p.Sessions.Count), Round(cost), Round(bound),
            Math.Round(new Certificate(cost, bound, 0).Gap, 8), plans.Sum(p => p.Certificate.Iterations), currency,
            Series(grid, "kW", Enumerable.Range(0, grid.Count).Select(t => plans.Sum(p => p.Grid.SlotAt(grid.StartOf(t)) is { } slot ? p.Aggregate[slot].Kilowatts : 0))),
            [.. plans.SelectMany(p => p.Binding.Select(b => Of(p, b with { Slot = (int)((p.Grid.StartOf(b.Slot) - grid.Start) / grid.Slot) }))).Where(b => b.Step >= 0).OrderByDescending(b => Math.Abs(b.ShadowPricePerKwh)).Take(ListMax)],
            [.. plans.SelectMany(p => p.Relaxed).OrderByDescending(r => r.By).Take(ListMax).Select(r => new RelaxationView(r.Vehicle?.Value, r.Site?.Value, r.What, Round(r.By), r.Unit))],
            null, PlanCostView.Of(parts), null);
    }

    internal static double Round(double value) => Math.Round(value, 4);

    private static BindingView Of(Plan plan, BindingLimit b) => new(plan.Site.Value, b.NodeId, b.Name, Names.Of(b.Source), b.Slot, Round(b.ShadowPricePerKilowattHour));

    private static SeriesView Series(TimeGrid grid, string unit, IEnumerable<double> values) => new(grid.Start.ToDateTimeOffset(), (int)grid.Slot.TotalSeconds, unit, [.. values.Select(v => (double?)Math.Round(v, 4))]);
}

/// <param name="SubsidyPerKwh">By the net rule between SubsidyStart and SubsidyEnd.</param>
public sealed record WhatIfBody(double? SubsidyPerKwh, DateTimeOffset? SubsidyStart, DateTimeOffset? SubsidyEnd, double? PriceSpread, double? Participation, double? ConnectionLimit)
{
    internal WhatIf Asked => new(
        SubsidyPerKwh ?? 0, SubsidyStart is { } start && SubsidyEnd is { } end && end > start ? new Interval(Instant.FromDateTimeOffset(start), Instant.FromDateTimeOffset(end)) : null,
        PriceSpread ?? 1, Participation ?? 1, ConnectionLimit ?? 1);
}

/// <param name="A">Null = as things are.</param>
public sealed record WhatIfRequest(string? SiteId, WhatIfBody? A, WhatIfBody? B);

public sealed record WhatIfView(PlanView A, PlanView B);

internal static class PlanEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/plans", (SqlStore store, string? siteId) => new PageView<PlanView>(
            store.Query<string>("SELECT body FROM plan WHERE @siteId IS NULL OR site_id = @siteId ORDER BY made_at DESC, plan_id DESC LIMIT 200", new { siteId }).ConvertAll(StorageJson.Read<PlanView>), null));
        api.MapGet("/plans/current", (string? siteId, SiteDirectory sites, PlanningWorker planning, History history, SqlStore store, TimeProvider time) => Current(siteId, sites, planning, history, store, time.Now()));
        api.MapPost("/plans/what-if", Ask);
        api.MapGet("/plans/{id}", (string id, SqlStore store) => Stored(id, store) is { } view ? Results.Ok(view) : Problems.NotFound("plan", id));
    }

    private static PlanView? Stored(string id, SqlStore store) => store.First<string>("SELECT body FROM plan WHERE plan_id = @id", new { id }) is { } body ? StorageJson.Read<PlanView>(body) : null;

    private static IResult Current(string? siteId, SiteDirectory sites, PlanningWorker planning, History history, SqlStore store, Instant now)
    {
        if (siteId is null) return Results.Ok(PlanView.Of([.. sites.All.Select(s => s.Snapshot.Plan).OfType<Plan>()], planning.Currency, PlanningWorker.GridAt(now), "portfolio", now) with { Bands = history.Bands(PlanningWorker.GridAt(now)) });
        if (sites.Find(new SiteId(siteId)) is not { } site) return Problems.NotFound("site", siteId);
        if (site.Snapshot.Plan is not { } plan) return Problems.NotFound("plan for site", siteId);
        var view = Stored(plan.Id.Value, store) ?? PlanView.Of(plan, planning.Currency, null); // a plan holds a moment before it is stored
        return Results.Ok(view with { Bands = history.Bands(plan.Grid) });
    }

    private static async Task<IResult> Ask(WhatIfRequest body, SiteDirectory sites, PlanningWorker planning, TimeProvider time, CancellationToken cancel)
    {
        var (a, b) = (body.A?.Asked ?? WhatIf.Nothing, body.B?.Asked ?? WhatIf.Nothing);
        var now = time.Now();
        var grid = PlanningWorker.GridAt(now);
        var faults = Faults("a", a).Concat(Faults("b", b)).ToList();
        if (faults.Count > 0) return Problems.Invalid(faults);
        if (Scope(body.SiteId, sites, out var scope) is { } refused) return refused;
        var problems = scope.ConvertAll(s => planning.ProblemOf(s.Snapshot, now)); // both plans are of this moment
        var plans = await planning.AskAsync(
            run =>
            {
                var made = new Plan[2 * scope.Count];
                run(made.Length, n => made[n] = Planner.Plan((n < scope.Count ? a : b).Of(problems[n % scope.Count]), new PlanId("what-if"), now, "whatIf"));
                return made;
            },
            cancel);
        return plans is null ? Problems.Busy() : Results.Ok(new WhatIfView(View(plans[..scope.Count]), View(plans[scope.Count..])));

        IEnumerable<Fault> Faults(string side, WhatIf asked) =>
            from f in asked.Faults(grid)
            let field = f.Field == nameof(WhatIf.SubsidyWindow) ? "subsidyStart" : Names.Camel(f.Field).Replace("KilowattHour", "Kwh", StringComparison.Ordinal)
            select new Fault($"/{side}/{field}", "range", FormattableString.Invariant($"{field} is {f.Value ?? "missing, or not before subsidyEnd"}; {f.Expected} was expected."));

        PlanView View(IReadOnlyList<Plan> plans) => plans.Count == 1
            ? PlanView.Of(plans[0], planning.Currency, null) with { PlanId = null }
            : PlanView.Of(plans, planning.Currency, grid, "whatIf", now);
    }

    /// <summary>The sites that a question is about.</summary>
    /// <returns>Why it cannot be asked; null when it can.</returns>
    internal static IResult? Scope(string? siteId, SiteDirectory sites, out List<ISite> scope)
    {
        scope = [.. sites.All.Where(s => siteId is null || s.Id.Value == siteId)];
        if (siteId is not null && scope.Count == 0) return Problems.NotFound("site", siteId);
        return scope.Count <= PlanningWorker.AskedSitesMax ? null
            : Problems.Invalid([new Fault("/siteId", "tooMany", $"The portfolio has {scope.Count} sites; at most {PlanningWorker.AskedSitesMax} are planned for one question. Name a site.")]);
    }
}
