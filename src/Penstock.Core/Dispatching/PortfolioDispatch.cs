using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.GridEvents;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Solvers.Allocation;

namespace Penstock.Core.Dispatching;

/// <summary>An order of the portfolio, split.</summary>
/// <param name="Targets">What each site is asked for; they sum to the order.</param>
/// <param name="Share">Part of the room below rest that the portfolio is asked for, 0 to 1: with it sites order their vehicles as the split did.</param>
public sealed record PortfolioSplit(ImmutableDictionary<SiteId, Power> Targets, double Share);

/// <summary>Splits an order over sites by the summed room of their vehicles; each site then fills its own share with <see cref="Dispatcher"/>.</summary>
public static class PortfolioDispatch
{
    /// <summary>
    /// All vehicles stand in one order: those that can go on to the end carry the same share wherever they are, the others are spared first; what the limit tree of a site leaves is kept. What nobody can carry
    /// now is added in proportion to what is built, so the targets always sum to the order.
    /// </summary>
    public static PortfolioSplit Split(IReadOnlyList<SiteState> sites, GridInstruction order, Instant now)
    {
        if (sites.Count == 0) return new PortfolioSplit(ImmutableDictionary<SiteId, Power>.Empty, 0);
        var parts = sites.Select(s => Dispatcher.Participants(s, instructed: true, now)).ToList();
        var (charging, share) = new Participants([], [.. parts.SelectMany(p => p.Lower)], [.. parts.SelectMany(p => p.Upper)]).Asked(order.Target.Kilowatts);
        var target = (long)Math.Round(order.Target.Watts);
        var shares = parts.Any(p => p.Ranges.Count > 0) ? Carried(sites, parts, r => DispatchOrder.Of(r.Site, r.Range, charging, share, Lasts(order, now), now).Key.Value, target, now) : new long[sites.Count];
        var left = order.Target.Watts - shares.Sum();
        var built = sites.Select(s => Built(s, target)).ToArray();
        if (built.Sum() <= 0) Array.Fill(built, 1);
        return new PortfolioSplit(sites.Select((s, n) => (s.Layout.Id, Power.FromWatts(shares[n] + (left * built[n] / built.Sum())))).ToImmutableDictionary(x => x.Id, x => x.Item2), share);
    }

    /// <summary>An order that has not begun lasts as long as its window.</summary>
    private static Duration Lasts(GridInstruction order, Instant now) => Duration.Min(order.Window.End - now, order.Window.Duration);

    private static long[] Carried(IReadOnlyList<SiteState> sites, List<Participants> parts, Func<(SiteState Site, EvseRange Range), ushort> keyOf, long targetW, Instant now)
    {
        var (stations, regions) = (new List<int> { 0 }, new List<int> { 0 });
        foreach (var part in parts)
        {
            foreach (var count in part.Ranges.GroupBy(r => r.Evse.Layout.Id.Station).Select(g => g.Count())) stations.Add(stations[^1] + count);
            regions.Add(stations.Count - 1);
        }

        var fleet = new FleetDispatch(new FleetLayout([.. stations], [.. regions]) { RegionLimits = [.. sites.Select((site, n) => Within(site, parts[n], now))] });
        for (int s = 0, i = 0; s < sites.Count; s++)
        {
            for (var k = 0; k < parts[s].Ranges.Count; k++, i++)
            {
                var key = keyOf((sites[s], parts[s].Ranges[k]));
                fleet.Load(i, new ParticipantRoom((int)Math.Ceiling(parts[s].Lower[k] * 1000), (int)Math.Max(Math.Ceiling(parts[s].Lower[k] * 1000), Math.Floor(parts[s].Upper[k] * 1000)), key, key));
            }
        }

        fleet.Sum();
        return fleet.RegionTargets(fleet.City.Find(targetW));
    }

    /// <summary>The most that a site's limit tree lets its vehicles take and give together.</summary>
    private static PowerLimit Within(SiteState site, Participants all, Instant now)
    {
        var (tree, give, take) = (Dispatcher.Tree(site, all.Ranges, now), all.Lower.ToArray(), all.Upper.ToArray());
        tree.HoldSafely(all.Lower, give);
        tree.HoldSafely(all.Lower, take);
        return new PowerLimit((long)Math.Max(0, take.Sum() * 1000), (long)Math.Max(0, -give.Sum() * 1000));
    }

    private static double Built(SiteState site, long targetW) => site.Layout.Evses.Sum(e => targetW > 0 ? e.ChargeMax.Watts : e.Discharge == DischargeMethod.None ? 0 : e.DischargeMax.Watts);
}
