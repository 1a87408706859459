using NodaTime;
using NodaTime.Text;
using Penstock.Core.Dispatching;
using Penstock.Core.Fleet;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Server.Storage;

namespace Penstock.Server.GridEvents;

/// <summary>What vehicles were called for and offered in a month, kept beyond sessions and restarts. A crash loses at most the minute that was not written.</summary>
public sealed class CalledEnergies(SqlStore store)
{
    private static readonly LocalDatePattern Month = LocalDatePattern.CreateWithInvariantCulture("uuuu-MM");

    /// <summary>The account that a session which starts now goes on from.</summary>
    public CalledEnergy Of(VehicleId vehicle, Instant start, string timeZone)
    {
        var row = store.First<(double Called, double Offered)>("SELECT called_wh, offered_wh FROM called_energy WHERE vehicle_id = @Id AND month = @Month", new { Id = vehicle.Value, Month = MonthOf(start, timeZone) });
        return new CalledEnergy(Energy.FromWattHours(row.Called), Energy.FromWattHours(row.Offered));
    }

    /// <summary>Writes the accounts of the sessions at sites with orders; accounts only grow.</summary>
    public void Record(IEnumerable<SiteState> sites)
    {
        var rows = from site in sites
                   where site.Instructions.Length > 0
                   from evse in site.Evses.Values
                   let session = evse.Session
                   where session?.Vehicle is not null && session!.Called.Offered > Energy.Zero
                   let account = session!.CalledBefore + session.Called
                   select new { Id = session!.Vehicle!.Id.Value, Month = MonthOf(session.StartedAt, site.Layout.TimeZone), Called = account.Called.WattHours, Offered = account.Offered.WattHours };
        var list = rows.ToList();
        if (list.Count == 0) return;
        store.Execute(
            """
            INSERT INTO called_energy (vehicle_id, month, called_wh, offered_wh) VALUES (@Id, @Month, @Called, @Offered)
            ON CONFLICT DO UPDATE SET called_wh = MAX(called_wh, excluded.called_wh), offered_wh = MAX(offered_wh, excluded.offered_wh)
            """,
            list);
    }

    private static string MonthOf(Instant at, string timeZone) => Month.Format(at.InZone(DateTimeZoneProviders.Tzdb[timeZone]).Date);
}
