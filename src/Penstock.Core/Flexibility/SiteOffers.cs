using System.Collections.Immutable;
using Penstock.Core.Planning;
using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Flexibility;

namespace Penstock.Core.Flexibility;

/// <summary>What some sites offer together at one price: real schedules of all of them with one certificate.</summary>
/// <param name="PricePerKilowattHour">Paid per kWh less import or more export in the window, against the plan without it.</param>
/// <param name="MeanKilowatts">Change over the window, positive = less import or more export.</param>
/// <param name="GuaranteedKilowatts">Sum of the least changes of each site in any slot: at least this much in every slot.</param>
/// <param name="ExtraCost">What the change costs the owners, before it is paid for.</param>
/// <param name="Gap">Of the plans with the price, together.</param>
public readonly record struct SiteOffer(double PricePerKilowattHour, double MeanKilowatts, double GuaranteedKilowatts, double ExtraCost, double Gap);

/// <summary>The offer curve of sites: each site answers every price by itself, so answers and certificates add up.</summary>
public static class SiteOffers
{
    public const int PointsUsual = 8;

    /// <summary>A price is at most this many times the spread of the tariff.</summary>
    private const double SpreadsMax = 3;

    /// <summary>A tariff with less spread than this is tried as if it had it, per kWh.</summary>
    private const double SpreadLeast = 0.1;

    /// <param name="sites">All over the same slots and tariff.</param>
    /// <param name="first">First slot of the window in the problems' grids.</param>
    /// <param name="end">The slot after its last one.</param>
    /// <param name="forEach">Runs sites in parallel; null = one after the other. The offers are the same.</param>
    public static ImmutableArray<SiteOffer> Of(IReadOnlyList<PlanningProblem> sites, int first, int end, int points = PointsUsual, ForEach? forEach = null)
    {
        if (sites.Count == 0) return [];
        var prices = OfferCurve.Prices(SpreadsMax * Math.Max(SpreadLeast, sites[0].BuyPerKilowattHour.Max() - sites[0].SellPerKilowattHour.Min()), points);
        var curves = new (double Base, IReadOnlyList<OfferPoint> Points)[sites.Count];
        (forEach ?? InTurn.OneByOne)(sites.Count, s =>
        {
            var plan = FleetPlanner.Plan(new SiteFleet(sites[s]).Problem());
            curves[s] = (plan.Certificate.Cost, OfferCurve.Of(plan, first, end - 1, prices));
        });
        return [.. Enumerable.Range(0, prices.Length).Select(k => new SiteOffer(
            prices[k], curves.Sum(c => c.Points[k].MeanKilowatts), curves.Sum(c => c.Points[k].MinimumKilowatts), curves.Sum(c => c.Points[k].Cost - c.Base),
            new FleetCertificate(curves.Sum(c => c.Points[k].Certificate.Cost), curves.Sum(c => c.Points[k].Certificate.LowerBound), 0).Gap))];
    }
}
