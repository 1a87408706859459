using System.Collections.Concurrent;
using Penstock.Core.Metering;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Server.GridEvents;
using Penstock.Server.Storage;

namespace Penstock.Server.Sites;

/// <summary>The sites of this process, each with its loop. A layout is on disk before it counts; states are rebuilt at start from open sessions and readings.</summary>
public sealed class SiteDirectory(SqlStore store, OpenSessions open, CalledEnergies called, Func<SiteState, SiteLoop> start) : ISiteDirectory
{
    private readonly ConcurrentDictionary<SiteId, SiteLoop> sites = new();
    private readonly ConcurrentDictionary<StationId, SiteLoop> byStation = new();

    public IReadOnlyCollection<ISite> All => [.. sites.Values.OrderBy(s => s.Id.Value, StringComparer.Ordinal)];

    internal IEnumerable<SiteLoop> Loops => sites.Values;

    public ISite? Find(SiteId site) => sites.GetValueOrDefault(site);

    public ISite? Of(StationId station) => byStation.GetValueOrDefault(station);

    /// <summary>Starts the loops of all stored sites. Called once, before the first socket.</summary>
    public void Load()
    {
        foreach (var body in store.Query<string>("SELECT body FROM site")) Host(StorageJson.Read<SiteLayout>(body));
    }

    public void Put(SiteLayout layout)
    {
        store.Execute("INSERT INTO site (site_id, body) VALUES (@Id, @Body) ON CONFLICT (site_id) DO UPDATE SET body = @Body", new { Id = layout.Id.Value, Body = StorageJson.Write(layout) });
        if (sites.TryGetValue(layout.Id, out var known))
        {
            known.Post(new LayoutChanged(known.Snapshot.AsOf, layout));
            Index(layout, known);
        }
        else
        {
            Host(layout);
        }
    }

    private void Host(SiteLayout layout)
    {
        var loop = start(Recovered(layout));
        sites[layout.Id] = loop;
        Index(layout, loop);
    }

    private void Index(SiteLayout layout, SiteLoop loop)
    {
        foreach (var evse in layout.Evses) byStation[evse.Id.Station] = loop;
    }

    private SiteState Recovered(SiteLayout layout)
    {
        var state = SiteState.Of(layout);
        foreach (var session in open.All.Where(s => s.Site == layout.Id))
        {
            state = SiteReducer.Apply(state, new SessionStarted(session.StartedAt, SessionDesk.InSite(session, called, layout.TimeZone)));
            var readings = store.Query<ReadingRow>(ReadingRow.Select + " WHERE session_id = @Id ORDER BY at", new { Id = session.Id.Value });
            foreach (var row in readings)
            {
                state = SiteReducer.Apply(state, new Measured(row.Time, new EvseMeasurement(
                    session.Evse, row.Time, session.Id, row.PowerW is { } w ? Power.FromWatts(w) : null, row.Import, row.Export, row.Soc is { } soc ? StateOfCharge.FromFraction(soc) : null)));
            }
        }

        return state;
    }
}
