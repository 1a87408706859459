using NodaTime;
using Penstock.Core.Flexibility;
using Penstock.Core.Planning;
using Penstock.Core.Sites;
using Penstock.Core.Time;
using Penstock.Server.Hosting;
using Penstock.Server.Planning;
using Penstock.Server.Sites;

namespace Penstock.Server.Api;

/// <summary>kW that can be called for some hours from now; null where the duration ends after the plans.</summary>
/// <param name="Block">Discharge that is guaranteed whatever the plan does in the time: as planned, and in 90 % of the draws.</param>
public sealed record CapabilityView(double Hours, double? Discharge, double? DischargeP50, double? DischargeP90, double? Charge, double? ChargeP50, double? ChargeP90, double? Block, double? BlockP90);

/// <param name="DischargeP50">From every slot on; shorter than the grid, as the duration must end within it.</param>
public sealed record CapabilityAheadView(double Hours, SeriesView DischargeP50, SeriesView DischargeP90, SeriesView ChargeP50, SeriesView ChargeP90);

/// <summary>kWh taken in since the start, of those present: bounds and plan. Necessary, not sufficient: not to be bid.</summary>
public sealed record EnergyEnvelopeView(SeriesView Earliest, SeriesView Latest, SeriesView Planned);

/// <param name="SiteId">Null = the portfolio.</param>
/// <param name="Vehicles">Plugged in and planned; no arrival is expected.</param>
public sealed record SiteFlexibilityView(string? SiteId, DateTimeOffset AsOf, int Vehicles, int Draws, IReadOnlyList<CapabilityView> Now, IReadOnlyList<CapabilityAheadView> Ahead, EnergyEnvelopeView? Envelope)
{
    internal static SiteFlexibilityView Of(string? siteId, Instant now, SiteFlexibility? f)
    {
        if (f is null) return new SiteFlexibilityView(siteId, now.ToDateTimeOffset(), 0, 0, [], [], null);
        var (planned, p50, p90) = (f.Draws.AsPlanned, f.Draws.Exceeded(SiteFlexibility.P50), f.Draws.Exceeded(SiteFlexibility.P90));
        var durations = Enumerable.Range(0, planned.DurationHours.Count).ToList();
        return new SiteFlexibilityView(
            siteId, now.ToDateTimeOffset(), f.Vehicles, f.Draws.Draws.Count,
            [.. durations.Select(k => new CapabilityView(
                planned.DurationHours[k], First(planned.Discharge[k]), First(p50.Discharge[k]), First(p90.Discharge[k]), First(planned.Charge[k]), First(p50.Charge[k]), First(p90.Charge[k]), First(planned.Block[k]), First(p90.Block[k])))],
            [.. durations.Select(k => new CapabilityAheadView(
                planned.DurationHours[k], Series(f.Grid, "kW", p50.Discharge[k]), Series(f.Grid, "kW", p90.Discharge[k]), Series(f.Grid, "kW", p50.Charge[k]), Series(f.Grid, "kW", p90.Charge[k])))],
            new EnergyEnvelopeView(Series(f.Grid, "kWh", f.Envelope.Earliest), Series(f.Grid, "kWh", f.Envelope.Latest), Series(f.Grid, "kWh", f.Envelope.Reference)));
    }

    private static double? First(double[] values) => values.Length > 0 ? Math.Round(values[0], 2) : null;

    private static SeriesView Series(TimeGrid grid, string unit, double[] values) => new(grid.Start.ToDateTimeOffset(), (int)grid.Slot.TotalSeconds, unit, [.. values.Select(v => (double?)Math.Round(v, 2))]);
}

/// <param name="Points">Prices that are tried, 1 to 20.</param>
public sealed record OfferRequest(string? SiteId, DateTimeOffset? Start, DateTimeOffset? End, int? Points);

public sealed record OfferPointView(double PricePerKwh, double MeanKw, double GuaranteedKw, double ExtraCost, double Gap);

public sealed record OfferView(string? SiteId, DateTimeOffset Start, DateTimeOffset End, string Currency, IReadOnlyList<OfferPointView> Points);

/// <summary>Flexibility of a site or the portfolio. A site's is made anew when its plan or the quarter-hour changes, a sum when one of its sites' is: many pages cost as much as one.</summary>
public sealed class FlexibilityReader(SiteDirectory sites, PlanningWorker planning, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<SiteId, (PlanId Plan, Instant Slot, SiteFlexibility? Made)> bySite = [];
    private readonly Dictionary<string, (IReadOnlyList<SiteFlexibility> Of, SiteFlexibilityView View)> views = new(StringComparer.Ordinal); // one per site, and the portfolio

    public SiteFlexibilityView Read(string? siteId)
    {
        lock (gate)
        {
            var now = time.Now();
            List<SiteFlexibility> parts = [.. sites.All.Where(s => siteId is null || s.Id.Value == siteId).Select(s => Of(s.Snapshot, now)).OfType<SiteFlexibility>()];
            if (views.TryGetValue(siteId ?? "", out var known) && known.Of.SequenceEqual(parts, ReferenceEqualityComparer.Instance)) return known.View;
            var view = SiteFlexibilityView.Of(siteId, now, parts.Count == 0 ? null : parts.Aggregate((a, b) => a + b));
            views[siteId ?? ""] = (parts, view);
            return view;
        }
    }

    private SiteFlexibility? Of(SiteState state, Instant now)
    {
        if (state.Plan is not { } plan) return null;
        var slot = PlanningWorker.GridAt(now).Start;
        if (bySite.TryGetValue(state.Layout.Id, out var known) && known.Plan == plan.Id && known.Slot == slot) return known.Made;
        var made = SiteFlexibility.Of(planning.ProblemOf(state, now), plan, now);
        bySite[state.Layout.Id] = (plan.Id, slot, made);
        return made;
    }
}

internal static class FlexibilityEndpoints
{
    private const int PointsMax = 20;

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/flexibility", Read);
        api.MapPost("/flexibility/offer", Offer);
    }

    private static IResult Read(string? siteId, SiteDirectory sites, FlexibilityReader reader)
    {
        if (siteId is not null && sites.Find(new SiteId(siteId)) is null) return Problems.NotFound("site", siteId);
        return Results.Ok(reader.Read(siteId));
    }

    private static async Task<IResult> Offer(OfferRequest body, SiteDirectory sites, PlanningWorker planning, TimeProvider time, CancellationToken cancel)
    {
        var (now, points) = (time.Now(), body.Points ?? SiteOffers.PointsUsual);
        var grid = PlanningWorker.GridAt(now);
        var faults = new List<Fault>();
        var (from, to) = (body.Start is { } start ? Instant.FromDateTimeOffset(start) : Instant.MinValue, body.End is { } stop ? Instant.FromDateTimeOffset(stop) : Instant.MinValue);
        if (points is < 1 or > PointsMax) faults.Add(new Fault("/points", "range", $"points is {points}; 1 to {PointsMax} was expected."));
        if (from < grid.Start || from >= grid.End) faults.Add(new Fault("/start", "range", $"start is {body.Start:O}; a time from {grid.Start} to before {grid.End} was expected."));
        if (to > grid.End || to <= from) faults.Add(new Fault("/end", "range", $"end is {body.End:O}; a time after start and until {grid.End} was expected."));
        var (first, end) = faults.Count > 0 ? (0, 0) : (grid.SlotFrom(from), (int)((to - grid.Start) / grid.Slot)); // whole slots within the window
        if (faults.Count == 0 && end <= first) faults.Add(new Fault("/end", "range", "There is no whole quarter-hour between start and end."));
        if (faults.Count > 0) return Problems.Invalid(faults);
        if (PlanEndpoints.Scope(body.SiteId, sites, out var scope) is { } refused) return refused;
        var problems = scope.ConvertAll(s => planning.ProblemOf(s.Snapshot, now)).FindAll(p => p.Sessions.Length > 0);
        var offers = await planning.AskAsync(run => SiteOffers.Of(problems, first, end, points, run).ToArray(), cancel);
        return offers is null ? Problems.Busy() : Results.Ok(new OfferView(
            body.SiteId, grid.StartOf(first).ToDateTimeOffset(), grid.StartOf(end).ToDateTimeOffset(), planning.Currency,
            [.. offers.Select(o => new OfferPointView(Math.Round(o.PricePerKilowattHour, 4), Math.Round(o.MeanKilowatts, 2), Math.Round(o.GuaranteedKilowatts, 2), Math.Round(o.ExtraCost, 2), Math.Round(o.Gap, 8)))]));
    }
}
