namespace Penstock.Solvers.Decomposition;

/// <summary>A limit that binds in a step, and what one more kWh through it would be worth.</summary>
/// <param name="Site">Index of the site; null for the whole.</param>
/// <param name="Import">False for the export limit.</param>
/// <param name="ShadowPrice">Per kWh, above 0.</param>
public readonly record struct BindingLimit(int? Site, int Step, bool Import, double ShadowPrice)
{
    /// <summary>Prices below this are rounding.</summary>
    private const double Least = 1e-6;

    /// <summary>Binding limits of a plan, dearest first. A price of the whole above the buying price comes from its import limit, one below the selling price from its export limit.</summary>
    public static IEnumerable<BindingLimit> Of(FleetPlan plan)
    {
        var (problem, all) = (plan.Problem, new List<BindingLimit>());
        for (var t = 0; t < plan.Prices.Net.Length; t++)
        {
            var price = plan.Prices.Net[t];
            if (price > problem.Buy[t] + Least) all.Add(new BindingLimit(null, t, true, price - problem.Buy[t]));
            if (price < problem.Sell[t] - Least) all.Add(new BindingLimit(null, t, false, problem.Sell[t] - price));
        }

        foreach (var (site, prices) in plan.Prices.Sites)
        {
            for (var t = 0; t < prices.Length; t++) if (Math.Abs(prices[t]) > Least) all.Add(new BindingLimit(site, t, prices[t] > 0, Math.Abs(prices[t])));
        }

        return all.OrderByDescending(b => b.ShadowPrice).ThenBy(b => b.Site ?? -1).ThenBy(b => b.Step);
    }
}
