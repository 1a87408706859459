using NodaTime;
using Penstock.Core.Planning;
using Penstock.Core.Tariffs;
using Penstock.Core.Time;
using Penstock.Core.Units;
using Penstock.Server.Fleet;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;
using Penstock.Server.Storage;

namespace Penstock.Server.Api;

/// <summary>Series over the local day from the recorded minutes, the plans in force, and the same cars charged uncontrolled.</summary>
public sealed class History(SqlStore store, SiteDirectory sites, FleetRegister fleet, Tariff tariff, ServerOptions options)
{
    public TimeGrid Today(Instant now)
    {
        var zone = DateTimeZoneProviders.Tzdb[options.TimeZone];
        var day = now.InZone(zone).Date;
        var (start, end) = (day.AtStartOfDayInZone(zone).ToInstant(), day.PlusDays(1).AtStartOfDayInZone(zone).ToInstant());
        return new TimeGrid(start, TimeGrid.QuarterHour, (int)Math.Round((end - start) / TimeGrid.QuarterHour));
    }

    /// <summary>Mean kW per quarter-hour of the given sites; null where no minute was recorded.</summary>
    public SeriesView Power(TimeGrid grid, IEnumerable<string> scope)
    {
        var rows = store.Query<(long Slot, double Watts)>(
            "SELECT (at - @start) / 900000 AS slot, SUM(power_w) / COUNT(DISTINCT at) FROM site_minute WHERE at >= @start AND at < @end AND site_id IN @scope GROUP BY slot",
            new { start = grid.Start.ToUnixTimeMilliseconds(), end = grid.End.ToUnixTimeMilliseconds(), scope }).ToDictionary(r => (int)r.Slot, r => r.Watts);
        return Series(grid, t => rows.TryGetValue(t, out var watts) ? watts / 1000 : null);
    }

    /// <summary>What was planned for the past quarter-hours and what is planned for the rest.</summary>
    public SeriesView Planned(TimeGrid grid, IReadOnlyCollection<ISite> scope, Instant now)
    {
        var past = store.Query<(long Slot, double Watts)>(
            "SELECT (at - @start) / 900000 AS slot, SUM(planned_w) / COUNT(DISTINCT at) FROM site_minute WHERE at >= @start AND at < @end AND planned_w IS NOT NULL AND site_id IN @scope GROUP BY slot",
            new { start = grid.Start.ToUnixTimeMilliseconds(), end = now.ToUnixTimeMilliseconds(), scope = scope.Select(s => s.Id.Value) }).ToDictionary(r => (int)r.Slot, r => r.Watts);
        var plans = scope.Select(s => s.Snapshot.Plan).OfType<Plan>().ToList();
        return Series(grid, t => grid.StartOf(t) < now && past.TryGetValue(t, out var watts) ? watts / 1000 : Ahead(t));

        double? Ahead(int t) => plans.Count == 0 || grid.StartOf(t + 1) <= now ? null : plans.Sum(p => p.Grid.SlotAt(grid.StartOf(t)) is { } slot ? p.Aggregate[slot].Kilowatts : 0);
    }

    /// <summary>The same sessions, each charged at full power from plug-in until its target.</summary>
    public SeriesView Uncontrolled(TimeGrid grid, Instant now)
    {
        var total = new double[grid.Count];
        var rows = store.Query<SessionRow>(SessionRow.Select + " WHERE started_at < @end AND (ended_at IS NULL OR ended_at > @start)",
            new { start = grid.Start.ToUnixTimeMilliseconds(), end = grid.End.ToUnixTimeMilliseconds() });
        var first = store.Query<(string Session, double Soc)>(
            "SELECT session_id, soc FROM (SELECT session_id, soc, ROW_NUMBER() OVER (PARTITION BY session_id ORDER BY at) AS n FROM reading WHERE soc IS NOT NULL AND session_id IN (SELECT session_id FROM session WHERE started_at < @end AND (ended_at IS NULL OR ended_at > @start))) WHERE n = 1",
            new { start = grid.Start.ToUnixTimeMilliseconds(), end = grid.End.ToUnixTimeMilliseconds() }).ToDictionary(r => r.Session, r => r.Soc);
        foreach (var row in rows)
        {
            if (row.Vehicle is not { } id || fleet.Find(id) is not { } vehicle || !first.TryGetValue(row.SessionId, out var soc)) continue;
            var end = row.End ?? row.OwnerTerms.Departure ?? grid.End;
            if (end <= row.Start) continue;
            var evse = row.Site is { } site ? sites.Find(site)?.Snapshot.Evses.GetValueOrDefault(row.EvseId)?.Layout : null;
            var power = UncontrolledCharge.Over(grid, new Interval(row.Start, end), vehicle.Vehicle, evse, StateOfCharge.FromFraction(soc), row.OwnerTerms.Target);
            for (var t = 0; t < grid.Count; t++) total[t] += power[t];
        }

        return Series(grid, t => grid.StartOf(t) <= now ? total[t] : null);
    }

    public IReadOnlyList<PriceBandView> Bands(TimeGrid grid)
    {
        var result = new List<PriceBandView>();
        for (var t = 0; t < grid.Count; t++)
        {
            var price = tariff.PriceAt(grid.StartOf(t));
            var next = new PriceBandView(grid.StartOf(t).ToDateTimeOffset(), grid.StartOf(t + 1).ToDateTimeOffset(), price.Band is { } band ? Names.Of(band) : "market", Text(price.Buy.PerKilowattHour), Text(price.Sell.PerKilowattHour), tariff.Currency.Code);
            if (result.Count > 0 && result[^1].Band == next.Band && result[^1] == next with { Start = result[^1].Start, End = result[^1].End }) result[^1] = result[^1] with { End = next.End };
            else result.Add(next);
        }

        return result;
    }

    /// <summary>Energy of the day from the recorded minutes, kWh.</summary>
    public (double Imported, double Exported) EnergyToday(Instant now) => store.First<(double, double)>(
        "SELECT COALESCE(SUM(MAX(power_w, 0)), 0) / 60000, COALESCE(SUM(MAX(-power_w, 0)), 0) / 60000 FROM site_minute WHERE at >= @start",
        new { start = Today(now).Start.ToUnixTimeMilliseconds() });

    private static SeriesView Series(TimeGrid grid, Func<int, double?> value) => new(
        grid.Start.ToDateTimeOffset(), (int)grid.Slot.TotalSeconds, "kW", [.. Enumerable.Range(0, grid.Count).Select(t => value(t) is { } v ? (double?)Math.Round(v, 3) : null)]);

    private static string Text(decimal value) => value.ToString("0.00####", System.Globalization.CultureInfo.InvariantCulture);
}

public sealed record PriceBandView(DateTimeOffset Start, DateTimeOffset End, string Band, string BuyPerKwh, string SellPerKwh, string Currency);
