using CsCheck;
using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Flexibility;
using Penstock.UnitTests.Solvers.Fleet;

namespace Penstock.UnitTests.Solvers.Flexibility;

public sealed class OfferCurveTests
{
    private static readonly PlanOptions Exact = new() { GapWanted = 1e-7, RoundsMax = 200 };

    [Fact]
    public void A_vehicle_offers_all_it_has_above_what_a_cycle_costs_and_nothing_below()
    {
        var problem = FleetFlexibilityTests.Vehicle(16); // export earns 0.5, import costs 0.6
        problem.Vehicles.Wear[0] = 0.1f;
        var points = OfferCurve.Of(FleetPlanner.Plan(problem, Exact), 6, 9, [0.1, 0.19, 0.21, 1], Exact);
        Assert.Equal([0, 0, 10, 10], points.Select(p => p.MeanKilowatts), (a, b) => Math.Abs(a - b) < 1e-3);
        Assert.Equal([0, 0, 10, 10], points.Select(p => p.MinimumKilowatts), (a, b) => Math.Abs(a - b) < 1e-3);
        Assert.Equal([0, 0, 2, 2], points.Select(p => p.Cost), (a, b) => Math.Abs(a - b) < 1e-3); // 10 kWh at 0.2
        Assert.Equal(2 - 10, points[3].Certificate.Cost, 1e-3);
    }

    [Fact]
    public void A_negative_price_asks_for_import()
    {
        var problem = FleetFlexibilityTests.Vehicle(16);
        Assert.Equal(-10, OfferCurve.Of(FleetPlanner.Plan(problem, Exact), 6, 9, [-0.7], Exact)[0].MeanKilowatts, 1e-3); // a kWh is given away and 0.1 with it
    }

    [Fact]
    public void A_higher_price_never_gets_less_but_for_the_gaps() => Gen.Select(Gen.Int[1, 30], Gen.Int[4, 40], Gen.Int[0, 1_000_000]).Sample((count, steps, seed) =>
    {
        var problem = Fleets.Problem(Fleets.Random(count, steps, seed), steps, seed);
        var (first, last) = (steps / 3, steps / 2);
        var plan = FleetPlanner.Plan(problem);
        var points = OfferCurve.Of(plan, first, last, OfferCurve.Prices(3, 5));
        double Gap(FleetCertificate c) => c.Cost - c.LowerBound + (2e-7 * Math.Abs(c.Cost)); // and the rounding of the kernel
        var before = new OfferPoint(0, 0, 0, plan.Certificate.Cost, plan.Certificate);
        foreach (var point in points)
        {
            var slack = (Gap(before.Certificate) + Gap(point.Certificate)) / ((point.Price - before.Price) * (last - first + 1) * problem.StepHours);
            Assert.True(point.MeanKilowatts >= before.MeanKilowatts - slack - 1e-6, $"{before} {point}");
            Assert.True(point.MinimumKilowatts <= point.MeanKilowatts + 1e-9);
            Assert.True(point.Cost >= plan.Certificate.LowerBound - 1e-4, "nothing is cheaper than the base plan");
            before = point;
        }
    },
    iter: 60);

    [Fact]
    public void Each_point_is_a_schedule_whose_cost_a_cold_plan_confirms()
    {
        var problem = Penstock.Simulator.Instances.FleetInstance.Generate(500, 4);
        var points = OfferCurve.Of(FleetPlanner.Plan(problem), 20, 27, [0.2, 0.6]);
        foreach (var point in points)
        {
            double[] Added(double[] prices) => [.. prices.Select((p, t) => t is >= 20 and <= 27 ? p + point.Price : p)];
            var cold = FleetPlanner.Plan(problem with { Buy = Added(problem.Buy), Sell = Added(problem.Sell) }).Certificate;
            Assert.True(point.Certificate.Gap < 1e-3);
            Assert.True(point.Certificate.Cost >= cold.LowerBound && cold.Cost >= point.Certificate.LowerBound);
        }

        Assert.True(points[1].MeanKilowatts > points[0].MeanKilowatts && points[0].MeanKilowatts > 0);
    }

    [Fact]
    public void Usual_prices_are_ten_steps_to_twice_the_spread()
    {
        var problem = FleetFlexibilityTests.Vehicle(4);
        Assert.Equal(OfferCurve.PointsUsual, OfferCurve.Prices(problem).Length);
        Assert.Equal(0.2, OfferCurve.Prices(problem)[^1], 12);
        Assert.Equal([-1, -2], OfferCurve.Prices(-2, 2));
        Assert.Equal(1, OfferCurve.Prices(problem with { Buy = problem.Sell })[^1]);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        var plan = FleetPlanner.Plan(FleetFlexibilityTests.Vehicle(4));
        Assert.Throws<ArgumentException>(() => OfferCurve.Of(plan, 2, 4, [1]));
        Assert.Throws<ArgumentException>(() => OfferCurve.Of(plan, 2, 1, [1]));
        Assert.Throws<ArgumentException>(() => OfferCurve.Of(plan, 1, 2, [double.NaN]));
    }
}
