using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Penstock.Core.Sites;
using Penstock.Server.Gateway;
using Penstock.Server.GridEvents;
using Penstock.Server.Hosting;
using Penstock.Server.Security;
using Penstock.Server.Sites;
using Penstock.Server.Storage;

namespace Penstock.Server.Api;

public sealed record InfoView(string Name, string Version, bool Simulated, string? Scenario, int? Seed, DateTimeOffset Now, double ClockSpeed, string TimeZone, string Currency, string OcppUrl);

public sealed record FlexibilityView(double DownKw, double UpKw, double DownFor1hKw);

public sealed record CountView(int Online, int Total);

public sealed record GuaranteesView(int Kept, int AtRisk, int Broken);

public sealed record TodayView(double EnergyImportedKwh, double EnergyExportedKwh, MoneyView OwnersNet, int Statements);

public sealed record NoticeView(string Severity, string Code, IReadOnlyDictionary<string, string> Params, string Link);

public sealed record ShareView(string Source, double Share);

public sealed record OverviewView(
    DateTimeOffset AsOf, double PowerToGridKw, double PowerFromGridKw, double PowerNetKw, FlexibilityView Flexibility, CountView Stations, int VehiclesConnected,
    GuaranteesView Guarantees, TodayView Today, IReadOnlyList<NoticeView> NeedsYou, IReadOnlyList<ShareView> BindingLimits);

public sealed record OverviewLoadView(DateTimeOffset Now, SeriesView WithV2g, SeriesView WithoutV2g, SeriesView Planned, IReadOnlyList<PriceBandView> PriceBands, double? PeakCutKw);

/// <summary>The portfolio in figures; the same figures for REST and the stream.</summary>
public sealed class OverviewReader(SiteDirectory sites, FlexibilityReader flexibility, WaitingStations waiting, Journal journal, SqlStore store, History history, PlatformCertificates certificates, ServerOptions options, TimeProvider time)
{
    public OverviewView Read()
    {
        var now = time.Now();
        var states = sites.All.Select(s => s.Snapshot).ToList();
        var evses = states.SelectMany(s => s.Evses.Values).ToList();
        var powers = evses.Where(e => e.Session is not null).Select(e => e.Measurement?.ActivePower?.Kilowatts ?? 0).ToList();
        var summaries = states.ConvertAll(SiteSummaryView.Of);
        var dispatched = sites.Loops.Select(l => l.LastDispatch).Where(d => d is not null).ToList();
        var (given, taken) = (0 - powers.Where(p => p < 0).Sum(), powers.Where(p => p > 0).Sum());
        return new OverviewView(
            now.ToDateTimeOffset(), Round(given), Round(taken), Round(taken - given),
            new FlexibilityView(Round(Math.Max(0, powers.Sum() - dispatched.Sum(d => d!.Lower.Kilowatts))), Round(Math.Max(0, dispatched.Sum(d => d!.Upper.Kilowatts) - powers.Sum())), flexibility.Read(null).Now.FirstOrDefault(n => n.Hours == 1)?.BlockP90 ?? 0),
            new CountView(summaries.Sum(s => s.StationsOnline), summaries.Sum(s => s.StationsTotal)), evses.Count(e => e.Session is not null),
            Guarantees(now, states), TodayOf(now), [.. Notices(evses)],
            [.. evses.Where(e => e.Session is not null && e.Setpoint is not null).GroupBy(e => e.Setpoint!.Binding).OrderByDescending(g => g.Count())
                .Select(g => new ShareView(Names.Of(g.Key), Math.Round((double)g.Count() / evses.Count(e => e.Session is not null && e.Setpoint is not null), 4)))]);
    }

    public OverviewLoadView Load()
    {
        var now = time.Now();
        var grid = history.Today(now);
        var with = history.Power(grid, sites.All.Select(s => s.Id.Value));
        var without = history.Uncontrolled(grid, now);
        double? cut = with.Values.Any(v => v is not null) && without.Values.Any(v => v is not null) ? Round((without.Values.Max() ?? 0) - (with.Values.Max() ?? 0)) : null;
        return new OverviewLoadView(now.ToDateTimeOffset(), with, without, history.Planned(grid, sites.All, now), history.Bands(grid), cut);
    }

    private GuaranteesView Guarantees(NodaTime.Instant now, List<SiteState> states)
    {
        var counts = store.Query<(string? Kept, long N)>("SELECT guarantee, COUNT(*) FROM session WHERE ended_at >= @start GROUP BY guarantee", new { start = history.Today(now).Start.ToUnixTimeMilliseconds() });
        var risk = states.Sum(s => s.Plan?.Relaxed.Count(r => r.What is "targetEnergy" or "floor") ?? 0);
        return new GuaranteesView((int)counts.Where(c => c.Kept is "kept" or "relaxed").Sum(c => c.N), risk, (int)counts.Where(c => c.Kept == "broken").Sum(c => c.N));
    }

    private TodayView TodayOf(NodaTime.Instant now)
    {
        var (imported, exported) = history.EnergyToday(now);
        var totals = store.Query<string>("SELECT total FROM statement WHERE issued_at >= @start", new { start = history.Today(now).Start.ToUnixTimeMilliseconds() });
        var net = totals.Sum(t => decimal.Parse(t, CultureInfo.InvariantCulture));
        return new TodayView(Round(imported), Round(exported), new MoneyView(net.ToString("0.00", CultureInfo.InvariantCulture), "CNY"), totals.Count);
    }

    private IEnumerable<NoticeView> Notices(List<EvseState> evses)
    {
        if (journal.Fault is { } fault) yield return Notice("alarm", "journalFault", "/", ("reason", fault));
        var wall = TimeProvider.System.Now(); // a simulated day ends no certificate
        if (certificates.Ending(wall) is [var ending, ..])
        {
            var severity = ending.Warning(wall) == ExpiryWarning.Soon ? "warning" : "alarm";
            yield return Notice(severity, ending.Warning(wall) == ExpiryWarning.Expired ? "certificateExpired" : "certificateEnds", "/", ("subject", ending.Subject), ("days", Text(ending.DaysLeft(wall))));
        }

        if (waiting.All.Count is > 0 and var n) yield return Notice("info", "waitingStations", "/waiting", ("count", Text(n)));
        var offline = evses.Where(e => !e.Online).Select(e => e.Layout.Id.Station).Distinct().Count();
        if (offline > 0) yield return Notice("warning", "stationOffline", "/sites", ("count", Text(offline)));
        var stray = evses.Count(e => !e.Following);
        if (stray > 0) yield return Notice("warning", "notFollowing", "/sites", ("count", Text(stray)));
        var missing = store.First<int>("SELECT COUNT(*) FROM session WHERE status = 'waitingForMeter'");
        if (missing > 0) yield return Notice("warning", "meterMissing", "/statements", ("count", Text(missing)));
    }

    private static NoticeView Notice(string severity, string code, string link, params (string Key, string Value)[] values) => new(severity, code, values.ToDictionary(v => v.Key, v => v.Value), link);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static double Round(double value) => Math.Round(value, 2);

    internal InfoView Info(string ocppUrl) => new("Penstock", typeof(OverviewReader).Assembly.GetName().Version?.ToString(3) ?? "0", options.Scenario is not null, options.Scenario, options.Seed,
        time.GetUtcNow(), options.ClockSpeed, options.TimeZone, "CNY", ocppUrl);
}

internal static class OverviewEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/info", (OverviewReader reader, HttpRequest request) => reader.Info($"{(request.IsHttps ? "wss" : "ws")}://{request.Host}/ocpp/"));
        api.MapGet("/overview", (OverviewReader reader) => reader.Read());
        api.MapGet("/overview/load", (OverviewReader reader) => reader.Load());
        api.MapGet("/stream", (OverviewReader reader, SiteDirectory sites, EventTable events, EventReader eventReader, WaitingStations waiting, TimeProvider time, ServerOptions options, CancellationToken cancel) =>
            TypedResults.ServerSentEvents(StreamAsync(reader, sites, events, eventReader, waiting, time, options, cancel)));
    }

    private static async IAsyncEnumerable<SseItem<object>> StreamAsync(
        OverviewReader reader, SiteDirectory sites, EventTable events, EventReader eventReader, WaitingStations waiting, TimeProvider time, ServerOptions options, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            yield return new SseItem<object>(new { now = time.GetUtcNow(), clockSpeed = options.ClockSpeed }, "clock");
            yield return new SseItem<object>(reader.Read(), "overview");
            yield return new SseItem<object>(new { count = waiting.All.Count }, "waiting");
            foreach (var site in sites.All) yield return new SseItem<object>(SiteSummaryView.Of(site.Snapshot), "site");
            foreach (var one in events.All.Where(e => e.State is EventStates.Armed or EventStates.Running)) yield return new SseItem<object>(eventReader.Summary(one), "event");
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancel); // the viewer's clock, not the platform's
            }
            catch (OperationCanceledException)
            {
                yield break;
            }
        }
    }
}
