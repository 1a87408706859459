namespace Penstock.Cli.PlanVerify;

/// <summary>The lower bound that a plan's prices prove, computed afresh: every vehicle's least cost at the price it sees, plus what the limits, PV, demand charge and ramps can take at those prices.</summary>
internal sealed class Bound(GivenProblem problem, ClaimedPlan plan)
{
    private readonly double[][] siteMost = Reach(problem, v => v.ChargeMax, pv: false);
    private readonly double[][] siteLeast = Reach(problem, v => v.DischargeMax, pv: true);

    /// <returns>The bound and the sum of the magnitudes it was added up from.</returns>
    internal (double Value, double Size) Value()
    {
        var (whole, h) = (WholePrice(), problem.Hours);
        var sites = new double[problem.Sites.Length][];
        var (sum, size) = (Whole(), 0.0);
        for (var s = 0; s < sites.Length; s++)
        {
            var site = problem.Sites[s];
            var own = plan.Sites.GetValueOrDefault(site.Id) ?? new double[problem.Steps];
            sites[s] = [.. (site.Parent >= 0 ? sites[site.Parent] : whole).Zip(own, (a, b) => a + b)];
            for (var t = 0; t < problem.Steps; t++)
            {
                sum += Least(own[t] * h, site.Base[t], siteLeast[s][t], siteMost[s][t], site.Export[t], site.Import[t], 0, 0, site.Penalty) + (own[t] * h * site.Base[t]);
                sum += Math.Min(0, -sites[s][t] * h * (site.Pv?[t] ?? 0));
            }
        }

        for (var t = 0; t < problem.Steps; t++) sum += Math.Min(0, -whole[t] * h * (problem.Pv?[t] ?? 0));
        size += Math.Abs(sum);
        var parts = new (double Sum, double Size)[Math.Min(256, Math.Max(1, problem.Vehicles.Length))]; // fixed parts, so the sum is the same on any machine
        Parallel.For(0, parts.Length, p =>
        {
            var kernel = new LeastCost(problem);
            for (var i = p; i < problem.Vehicles.Length; i += parts.Length)
            {
                var v = problem.Vehicles[i];
                var least = kernel.Of(v, v.Site >= 0 ? sites[v.Site] : whole);
                parts[p] = (parts[p].Sum + least, parts[p].Size + Math.Abs(least));
            }
        });
        return (sum + parts.Sum(p => p.Sum), size + parts.Sum(p => p.Size));
    }

    /// <summary>What a kWh costs a vehicle directly under the whole.</summary>
    private double[] WholePrice()
    {
        var price = (double[])plan.Net.Clone();
        for (var t = 0; t < plan.Demand.Length; t++) price[t] += plan.Demand[t] / problem.Hours;
        for (var r = 0; r < plan.Ramps.Length; r++)
        {
            price[problem.Ramps[r].Step] += plan.Ramps[r] / problem.Hours;
            price[problem.Ramps[r].Step - 1] -= plan.Ramps[r] / problem.Hours;
        }

        return price;
    }

    private double Whole()
    {
        var (h, sum, most, least) = (problem.Hours, 0.0, new double[problem.Steps], new double[problem.Steps]);
        foreach (var v in problem.Vehicles)
        {
            for (var t = v.First; t < v.End; t++) (most[t], least[t]) = (most[t] + v.ChargeMax, least[t] + v.DischargeMax);
        }

        for (var t = 0; t < problem.Steps; t++)
        {
            var pv = (problem.Pv?[t] ?? 0) + problem.Sites.Sum(s => s.Pv?[t] ?? 0);
            sum += Least(plan.Net[t] * h, problem.Base[t], least[t] + pv, most[t], problem.Export[t], problem.Import[t], problem.Buy[t], problem.Sell[t], problem.Penalty) + (plan.Net[t] * h * problem.Base[t]);
        }

        if (plan.Demand.Any(d => d < -1e-9) || plan.Demand.Sum() > (problem.Demand?.PerKw ?? 0) + 1e-6) return double.NegativeInfinity; // such prices prove nothing
        for (var t = 0; t < plan.Demand.Length; t++) sum += plan.Demand[t] * (problem.Base[t] - problem.Demand!.Value.Peak);
        for (var r = 0; r < plan.Ramps.Length; r++)
        {
            var (step, change) = problem.Ramps[r];
            if (Math.Abs(plan.Ramps[r]) > (problem.Penalty * h) + 1e-9) return double.NegativeInfinity;
            sum += (plan.Ramps[r] * (problem.Base[step] - problem.Base[step - 1])) - (Math.Abs(plan.Ramps[r]) * change);
        }

        return sum;
    }

    /// <summary>min over net power within reach of its cost - price x net: at one of the kinks.</summary>
    private double Least(double price, double baseLoad, double give, double draw, double export, double import, double buy, double sell, double penalty)
    {
        var (low, high, least) = (baseLoad - give - 1, baseLoad + draw + 1, double.PositiveInfinity);
        foreach (var net in (ReadOnlySpan<double>)[low, high, -export, 0, import])
        {
            if (net < low || net > high) continue;
            var cost = problem.Hours * ((buy * Math.Max(0, net)) - (sell * Math.Max(0, -net)) + (penalty * (Math.Max(0, net - import) + Math.Max(0, -export - net))));
            least = Math.Min(least, cost - (price * net));
        }

        return least;
    }

    /// <summary>Largest power of the vehicles (and PV) at and below each site.</summary>
    private static double[][] Reach(GivenProblem problem, Func<GivenVehicle, double> power, bool pv)
    {
        var result = problem.Sites.Select(s => pv && s.Pv is { } sun ? (double[])sun.Clone() : new double[problem.Steps]).ToArray();
        foreach (var v in problem.Vehicles.Where(v => v.Site >= 0)) for (var t = v.First; t < v.End; t++) result[v.Site][t] += power(v);
        for (var s = result.Length - 1; s >= 0; s--) if (problem.Sites[s].Parent is >= 0 and var parent) for (var t = 0; t < problem.Steps; t++) result[parent][t] += result[s][t];
        return result;
    }
}
