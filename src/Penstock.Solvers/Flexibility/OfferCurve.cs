using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Fleet;

namespace Penstock.Solvers.Flexibility;

/// <summary>What the fleet offers at one price: a real schedule with its certificate.</summary>
/// <param name="Price">Per kWh that the window's net import is lower than in the base plan; negative: that it is higher.</param>
/// <param name="MeanKilowatts">Change against the base plan over the window: positive = less import or more export.</param>
/// <param name="MinimumKilowatts">The least change of any of its steps: what a constant product can be sold on.</param>
/// <param name="Cost">What the schedules cost without the price; less the base plan's cost it is what the change costs.</param>
/// <param name="Certificate">Of the problem with the price in it: cost, lower bound, gap.</param>
public readonly record struct OfferPoint(double Price, double MeanKilowatts, double MinimumKilowatts, double Cost, FleetCertificate Certificate);

/// <summary>
/// How much the fleet changes its net power in a window for how much money: the price is added to buying and selling there and the fleet is planned anew, from the plan before. A higher price never gets less energy,
/// but for the gaps: the mean response of two points with prices p and q and absolute gaps g and h falls by at most (g + h) / ((q - p) x window hours).
/// </summary>
public static class OfferCurve
{
    public const int PointsUsual = 10;

    /// <summary>One plan of the fleet for each.</summary>
    public const int PointsMax = 100;

    /// <summary>The usual prices end at this many times the spread between the dearest kWh and the cheapest.</summary>
    private const double SpreadsUsual = 2;

    /// <summary>Evenly spaced prices up to twice the spread of the problem's prices.</summary>
    public static double[] Prices(FleetProblem problem, int points = PointsUsual) =>
        Prices(problem.Steps > 0 && problem.Buy.Max() > problem.Sell.Min() ? SpreadsUsual * (problem.Buy.Max() - problem.Sell.Min()) : 1, points);

    /// <summary>Evenly spaced prices up to a cap; a negative one asks for more import.</summary>
    public static double[] Prices(double cap, int points) => [.. Enumerable.Range(1, points).Select(n => cap * n / points)];

    /// <param name="first">First step of the window.</param>
    /// <param name="last">Its last step.</param>
    /// <param name="prices">In any order; each starts from the one before.</param>
    /// <param name="options">Gap, seed and rounds of each plan; its start is set here.</param>
    /// <exception cref="ArgumentException">The window is not within the steps, or there are too many prices, or one is no number.</exception>
    public static IReadOnlyList<OfferPoint> Of(FleetPlan basePlan, int first, int last, IReadOnlyList<double> prices, PlanOptions? options = null, ForEach? forEach = null)
    {
        var problem = basePlan.Problem;
        if (first < 0 || last < first || last >= problem.Steps) throw new ArgumentException($"Steps {first} to {last} are not within the problem's {problem.Steps}.", nameof(last));
        if (prices.Count > PointsMax || !prices.All(double.IsFinite)) throw new ArgumentException($"At most {PointsMax} prices, each a number.", nameof(prices));
        var (points, plan) = (new OfferPoint[prices.Count], basePlan);
        for (var n = 0; n < points.Length; n++)
        {
            var priced = problem with { Buy = Added(problem.Buy, first, last, prices[n]), Sell = Added(problem.Sell, first, last, prices[n]) };
            plan = FleetPlanner.Plan(priced, (options ?? new PlanOptions()) with { Start = plan.AsStart() }, forEach);
            points[n] = Point(basePlan, plan, first, last, prices[n]);
        }

        return points;
    }

    private static OfferPoint Point(FleetPlan basePlan, FleetPlan plan, int first, int last, double price)
    {
        double Net(FleetPlan of, int t) => of.Problem.BaseLoad[t] + of.Aggregate[t] - of.PvUsed[t];
        var window = Enumerable.Range(first, last - first + 1).ToList();
        var changes = window.ConvertAll(t => Net(basePlan, t) - Net(plan, t));
        var paid = price * plan.Problem.StepHours * window.Sum(t => Net(plan, t));
        return new OfferPoint(price, changes.Average(), changes.Min(), plan.Certificate.Cost - paid, plan.Certificate);
    }

    private static double[] Added(double[] prices, int first, int last, double price)
    {
        var result = (double[])prices.Clone();
        for (var t = first; t <= last; t++) result[t] += price;
        return result;
    }
}
