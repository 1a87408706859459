using NodaTime;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Server.GridEvents;
using Penstock.Server.Hosting;
using Penstock.Server.Planning;
using Penstock.Server.Storage;

namespace Penstock.Server.Sites;

/// <summary>Ticks every site, asks for plans every five minutes, and writes down each minute's site power.</summary>
public sealed class ControlClock(SiteDirectory sites, PlanningWorker planning, GridEventDesk events, CalledEnergies called, SqlStore store, ServerOptions options, TimeProvider time, ILogger<ControlClock> log) : BackgroundService
{
    /// <summary>A new plan of every site this often, and whenever something happens there.</summary>
    private static readonly Duration PlanEvery = Duration.FromMinutes(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.ControlSeconds), time);
        var (minute, planned) = (0L, 0L);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var now = time.Now();
                var seconds = now.ToUnixTimeSeconds();
                if (seconds / 60 != minute)
                {
                    minute = seconds / 60;
                    events.EachMinute(now);
                    Record(now, minute * 60_000);
                    called.Record(sites.All.Select(s => s.Snapshot));
                }

                if (seconds / (long)PlanEvery.TotalSeconds != planned)
                {
                    planned = seconds / (long)PlanEvery.TotalSeconds;
                    foreach (var site in sites.All) planning.Request(site.Id, "clock");
                }

                foreach (var site in sites.All) site.Post(new ControlTick(now));
            }
            catch (Microsoft.Data.Sqlite.SqliteException e)
            {
                SitesLog.NotRecorded(log, e);
            }
        }
    }

    private void Record(Instant now, long at) => store.Execute(
        "INSERT INTO site_minute (site_id, at, power_w, planned_w) VALUES (@Site, @At, @Power, @Planned) ON CONFLICT DO NOTHING",
        sites.All.Select(s => new { Site = s.Id.Value, At = at, Power = SitePower.Of(s.Snapshot).Watts, Planned = SitePower.Planned(s.Snapshot, now)?.Watts }));
}

/// <summary>Power of a site's EVSEs together.</summary>
public static class SitePower
{
    public static Power Of(SiteState state) => state.Evses.Values.Aggregate(Power.Zero, (sum, evse) => sum + (evse.Session is null ? Power.Zero : evse.Measurement?.ActivePower ?? Power.Zero));

    public static Power? Planned(SiteState state, Instant now) => state.Plan is { } plan && plan.Grid.SlotAt(now) is { } slot ? plan.Aggregate[slot] : null;
}

internal static partial class SitesLog
{
    [LoggerMessage(1101, LogLevel.Error, "The minute's site power could not be written")]
    internal static partial void NotRecorded(ILogger logger, Exception cause);

    [LoggerMessage(1102, LogLevel.Error, "Site {Site} met a fault and goes on")]
    internal static partial void Fault(ILogger logger, string site, Exception cause);
}
