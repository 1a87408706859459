using System.Globalization;
using NodaTime;
using Penstock.Core.Tariffs;
using Penstock.Server.Storage;
using Penstock.Simulator.Cities;
using Penstock.Simulator.Virtual;

namespace Penstock.Cli.Demo;

/// <summary>Fills the hours before the demo begins from a run of the same city in virtual time, so that no chart is empty.</summary>
internal static class DemoHistory
{
    /// <summary>Plays the hours before <paramref name="begin"/> on a thread of its own while the server is being built.</summary>
    internal static Task<VirtualOutcome> Play(CityModel model, Instant midnight, Instant begin) =>
        Task.Run(() => VirtualRun.Play(model.Sites, model.Visits, BuiltInTariffs.Shenzhen, VirtualPolicy.V2g, midnight, begin));

    /// <returns>The city from <paramref name="begin"/> on: who is there stays, with the battery that the past left.</returns>
    internal static CityModel Write(IServiceProvider services, CityModel model, VirtualOutcome outcome, Instant begin)
    {
        var store = services.GetRequiredService<SqlStore>();
        store.Execute("INSERT INTO site_minute (site_id, at, power_w, planned_w) VALUES (@Site, @At, @Power, @Planned) ON CONFLICT DO NOTHING",
            outcome.SiteMinutes.Select(m => new { Site = m.Site.Value, At = m.At.ToUnixTimeMilliseconds(), Power = m.PowerKw * 1000, Planned = m.PlannedKw * 1000 }));
        var siteOf = model.Sites.SelectMany(s => s.Evses.Select(e => (e.Id, Site: s))).ToDictionary(p => p.Id, p => p.Site);
        var over = outcome.Stays.Where(s => s.AtEnd is not null).Select((s, n) => (Stay: s, Id: $"{s.Visit.Evse.Station}:history-{n + 1}")).ToList();
        store.Execute(
            "INSERT INTO session (session_id, transaction_id, station_id, evse, site_id, vehicle_id, terms, started_at, ended_at, status) VALUES (@Id, @Id, @Station, @Evse, @Site, @Vehicle, @Terms, @Start, @End, 'closed')",
            over.Select(o => new
            {
                o.Id, Station = o.Stay.Visit.Evse.Station.Value, Evse = o.Stay.Visit.Evse.Number, Site = siteOf[o.Stay.Visit.Evse].Id.Value, Vehicle = o.Stay.Visit.Vehicle.Vehicle.Id.Value,
                Terms = StorageJson.Write(o.Stay.Visit.Vehicle.Terms.At(o.Stay.Visit.Arrive, DateTimeZoneProviders.Tzdb[siteOf[o.Stay.Visit.Evse].TimeZone])),
                Start = o.Stay.Readings[0].At.ToUnixTimeMilliseconds(), End = o.Stay.Readings[^1].At.ToUnixTimeMilliseconds(),
            }));
        store.Execute("INSERT INTO reading (session_id, at, import_wh, export_wh, power_w, soc) VALUES (@Id, @At, @Import, @Export, @Power, @Soc) ON CONFLICT DO NOTHING",
            over.SelectMany(o => o.Stay.Readings.Select(r => new
            {
                o.Id, At = r.At.ToUnixTimeMilliseconds(), Import = Wh(r.ImportWh), Export = Wh(r.ExportWh), Power = r.PowerKw * 1000, Soc = Math.Clamp(r.Fraction, 0, 1),
            })));
        var here = outcome.Stays.Where(s => s.AtEnd is null).ToDictionary(s => s.Visit, s => s.Readings.Count > 0 ? s.Readings[^1].Fraction : s.Visit.FractionAtArrival);
        return model with { Visits = [.. model.Visits.Where(v => v.Leave > begin).Select(v => here.TryGetValue(v, out var fraction) ? v with { FractionAtArrival = fraction } : v)] };
    }

    private static string Wh(double value) => Math.Floor(value).ToString(CultureInfo.InvariantCulture);
}
