using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.GridEvents;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Solvers.Allocation;

namespace Penstock.Core.Dispatching;

/// <summary>Splits an order over sites by the summed room of their vehicles; each site then fills its own share with <see cref="Dispatcher"/>.</summary>
public static class PortfolioDispatch
{
    /// <summary>
    /// What each site is asked for, so that all vehicles stand in one order: those that can go on to the end carry the same share wherever they are, the others are spared first; points of connection hold. What
    /// nobody can carry now is added in proportion to what is built, so the shares always sum to the target.
    /// </summary>
    public static ImmutableDictionary<SiteId, Power> Shares(IReadOnlyList<SiteState> sites, GridInstruction order, Instant now)
    {
        if (sites.Count == 0) return ImmutableDictionary<SiteId, Power>.Empty;
        var parts = sites.Select(s => Dispatcher.Participants(s, instructed: true, now)).ToList();
        var target = (long)Math.Round(order.Target.Watts);
        var shares = parts.Any(p => p.Ranges.Count > 0) ? Carried(sites, parts, order, target, now) : new long[sites.Count];
        var left = order.Target.Watts - shares.Sum();
        var built = sites.Select(s => Built(s, target)).ToArray();
        if (built.Sum() <= 0) Array.Fill(built, 1);
        return sites.Select((s, n) => (s.Layout.Id, Power.FromWatts(shares[n] + (left * built[n] / built.Sum())))).ToImmutableDictionary(x => x.Id, x => x.Item2);
    }

    private static long[] Carried(IReadOnlyList<SiteState> sites, List<Participants> parts, GridInstruction order, long targetW, Instant now)
    {
        var (rest, lower) = (parts.Sum(p => p.Rest.Sum()), parts.Sum(p => p.Lower.Sum()));
        var charging = order.Target.Kilowatts >= rest;
        var share = rest > lower ? Math.Clamp((rest - order.Target.Kilowatts) / (rest - lower), 0, 1) : 0;
        var lasts = Duration.Min(order.Window.End - now, order.Window.Duration); // an order that has not begun lasts as long as its window
        var (stations, regions) = (new List<int> { 0 }, new List<int> { 0 });
        foreach (var part in parts)
        {
            foreach (var count in part.Ranges.GroupBy(r => r.Evse.Layout.Id.Station).Select(g => g.Count())) stations.Add(stations[^1] + count);
            regions.Add(stations.Count - 1);
        }

        var fleet = new FleetDispatch(new FleetLayout([.. stations], [.. regions]) { RegionLimits = [.. sites.Select(Connection)] });
        for (int s = 0, i = 0; s < sites.Count; s++)
        {
            for (var k = 0; k < parts[s].Ranges.Count; k++, i++)
            {
                var key = DispatchOrder.Of(sites[s], parts[s].Ranges[k], charging, share, lasts, now).Key.Value;
                fleet.Load(i, new ParticipantRoom((int)Math.Ceiling(parts[s].Lower[k] * 1000), (int)Math.Max(Math.Ceiling(parts[s].Lower[k] * 1000), Math.Floor(parts[s].Upper[k] * 1000)), key, key));
            }
        }

        fleet.Sum();
        return fleet.RegionTargets(fleet.City.Find(targetW));
    }

    /// <summary>What the point of connection leaves to the vehicles beside the building.</summary>
    private static PowerLimit Connection(SiteState site)
    {
        var (root, load) = (site.Layout.Nodes[0], site.Layout.BuildingLoad);
        return new PowerLimit((long)Math.Max(0, (root.ImportMax - load).Watts), (long)Math.Max(0, (root.ExportMax + load).Watts));
    }

    private static double Built(SiteState site, long targetW) => site.Layout.Evses.Sum(e => targetW > 0 ? e.ChargeMax.Watts : e.Discharge == DischargeMethod.None ? 0 : e.DischargeMax.Watts);
}
