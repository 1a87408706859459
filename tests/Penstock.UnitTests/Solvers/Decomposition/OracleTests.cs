using CsCheck;
using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Fleet;
using Penstock.UnitTests.Solvers.Fleet;

namespace Penstock.UnitTests.Solvers.Decomposition;

/// <summary>The planner against a linear programme that shares nothing with it.</summary>
public sealed class OracleTests
{
    private static readonly Gen<(int Count, int Steps, int Seed, double Import)> Sizes = Gen.Select(Gen.Int[1, 40], Gen.Int[2, 48], Gen.Int[0, 1_000_000], Gen.Double[0.5, 8]);

    private static readonly PlanOptions Exact = new() { GapWanted = 1e-8, RoundsMax = 200 };

    [Fact]
    public void One_limit_import_and_export() => Sizes.Sample(s => Check(Fleets.Problem(Fleets.Random(s.Count, s.Steps, s.Seed), s.Steps, s.Seed, s.Import, s.Import / 3)), iter: 80);

    [Fact]
    public void Stations_with_limits_of_their_own_and_nested_ones() => Sizes.Sample(s => Check(Fleets.WithSites(Fleets.Problem(Fleets.Random(s.Count, s.Steps, s.Seed), s.Steps, s.Seed, s.Import, s.Import / 3), s.Seed)), iter: 60);

    [Fact]
    public void Stationary_batteries_and_sun_that_may_be_curtailed() => Sizes.Sample(s =>
    {
        var problem = Fleets.Problem(Fleets.Batteries(Fleets.Random(s.Count, s.Steps, s.Seed), s.Steps), s.Steps, s.Seed, s.Import, 0.5);
        var sun = Fleets.Prices(s.Steps, s.Seed + 9, 0, 6 * s.Count);
        Check(problem with { PvAvailable = sun });
        Check(Fleets.WithSites(problem, s.Seed, sun: true));
    },
    iter: 40);

    [Fact]
    public void Sun_under_nested_limits_without_a_vehicle() => Sizes.Sample(s =>
    {
        var problem = Fleets.Problem(Fleets.Random(0, s.Steps, s.Seed), s.Steps, s.Seed, s.Import * 10, s.Import);
        Check(Fleets.WithSites(problem with { PvAvailable = Fleets.Prices(s.Steps, s.Seed + 9, 0, 30) }, s.Seed, sun: true));
    },
    iter: 100);

    [Fact]
    public void A_search_that_is_stuck_is_finished_by_the_interior_point()
    {
        const int Steps = 31; // no whole number of vectors
        Check(Fleets.WithSites(Fleets.Problem(Fleets.Batteries(Fleets.Random(4, Steps, 464326), Steps), Steps, 464326, 7, 0.5), 464326, sun: true));
    }

    [Fact]
    public void A_demand_charge_and_ramp_limits() => Sizes.Sample(s =>
    {
        var fleet = Fleets.Random(s.Count, s.Steps, s.Seed, bothWays: 0.3); // a large penalty on changes can pay for pumping, which the programme allows: some only charge, the others lose nothing
        Array.Fill(fleet.ChargeEfficiency, 1);
        Array.Fill(fleet.DischargeEfficiency, 1);
        var problem = Fleets.Problem(fleet, s.Steps, s.Seed, s.Import, 1);
        problem = problem with { DemandCharge = new DemandCharge(3, s.Count), Ramps = [.. Enumerable.Range(1, (s.Steps - 1) / 3).Select(k => new RampLimit(3 * k, 0.3 * s.Count))] };
        Check(problem);
        Check(problem with { PvAvailable = Fleets.Prices(s.Steps, s.Seed + 9, 0, 2 * s.Count) });
    },
    iter: 40);

    [Fact]
    public void Vehicles_that_are_settled_by_themselves_and_limits_that_weigh_more_than_targets() => Sizes.Sample(s =>
    {
        var problem = Fleets.Problem(Fleets.Random(s.Count, s.Steps, s.Seed), s.Steps, s.Seed, s.Import, s.Import / 3) with { DischargeFee = Fleets.Prices(s.Steps, s.Seed + 3, 0, 0.5) };
        Check(problem);
        var (free, optimum) = (FleetPlanner.Plan(problem with { Events = [new SubsidyEvent(s.Steps / 3, s.Steps / 2, 0)] }, Exact).Certificate, LinearOracle.Optimum(problem)); // an event that pays nothing changes no optimum
        Assert.InRange(optimum, free.LowerBound - (1e-4 * (1 + s.Count)), free.Cost + (1e-4 * (1 + s.Count)));
        problem = Fleets.WithSites(problem, s.Seed);
        Check(problem with { Sites = [.. problem.Sites.Select((site, n) => n % 2 == 0 ? site with { OverloadPenalty = 40 } : site)] });
    },
    iter: 60);

    [Fact]
    public void Whatever_the_prices_no_plan_is_cheaper_than_their_bound() => Sizes.Sample(s =>
    {
        var problem = Fleets.WithSites(Fleets.Problem(Fleets.Random(s.Count, s.Steps, s.Seed), s.Steps, s.Seed, s.Import, s.Import / 3), s.Seed);
        var (tree, optimum) = (LimitTree.Of(problem), LinearOracle.Optimum(problem));
        for (var draw = 0; draw < 3; draw++)
        {
            var sites = Enumerable.Range(0, problem.Sites.Length).Where(tree.Counts).ToDictionary(n => n, n => Fleets.Prices(s.Steps, s.Seed + draw + n, -5, 5));
            var bound = PriceBound.Of(problem, tree, new FleetPrices(Fleets.Prices(s.Steps, s.Seed + draw, -4, 6), [], [], sites), InTurn.OneByOne);
            Assert.True(bound <= optimum + (1e-4 * Math.Max(1, Math.Abs(optimum))), $"{bound} > {optimum}");
        }
    },
    iter: 60);

    [Fact]
    public void Who_takes_part_in_an_event_is_chosen_well_and_no_choice_is_cheaper_than_the_bound()
    {
        var (worst, sum) = (0.0, 0.0);
        for (var seed = 0; seed < 25; seed++)
        {
            var (count, steps) = (2 + (seed % 5), 8 + (seed % 9));
            var problem = Fleets.Problem(Fleets.Random(count, steps, seed), steps, seed, 6, 4) with { Events = [new SubsidyEvent(steps / 3, (2 * steps) / 3, 0.6)] };
            if (seed % 2 == 0) for (var t = steps / 3; t < steps / 2; t++) (problem.ImportMax[t], problem.ExportMax[t]) = (-2.0 * count, 2.0 * count); // an order: exactly so much
            var least = Enumerable.Range(0, 1 << count).Min(choice =>
            {
                var takes = new bool[count, 1];
                for (var i = 0; i < count; i++) takes[i, 0] = (choice >> i & 1) != 0;
                return LinearOracle.Optimum(problem with { TakesPart = takes });
            });
            var plan = FleetPlanner.Plan(problem, Exact);
            var size = Math.Max(1, Math.Abs(plan.Costs.Energy) + plan.Costs.Wear + plan.Costs.Shortfall + plan.Costs.Salvage + plan.Costs.Overload + plan.Costs.Subsidies);
            Assert.InRange(least, plan.BoundFound - (1e-4 * size), plan.Certificate.Cost + (1e-4 * size));
            var over = (plan.Certificate.Cost - least) / size;
            (worst, sum) = (Math.Max(worst, over), sum + over);
        }

        Assert.True(worst < 0.05 && sum / 25 < 0.005, $"worst {worst}, mean {sum / 25}");
    }

    [Theory]
    [InlineData(300, "GLOP")]
    [InlineData(300, "HIGHS_LINEAR_PROGRAMMING")]
    public void Three_hundred_vehicles_over_a_day(int vehicles, string solver)
    {
        var problem = Penstock.Simulator.Instances.FleetInstance.Generate(vehicles, 3);
        var optimum = LinearOracle.Optimum(problem, solver);
        var plan = FleetPlanner.Plan(problem, new PlanOptions { GapWanted = 1e-7, RoundsMax = 200 });
        Assert.InRange(plan.Certificate.Cost / optimum - 1, -1e-6, 1e-6);
        Assert.InRange(plan.Certificate.LowerBound / optimum - 1, -1e-5, 1e-6);
    }

    private static void Check(FleetProblem problem)
    {
        var optimum = LinearOracle.Optimum(problem);
        var plan = FleetPlanner.Plan(problem, Exact);
        var parts = plan.Costs;
        var size = Math.Abs(parts.Energy) + parts.Wear + parts.Shortfall + parts.Salvage + parts.Overload + parts.Demand + parts.Fees;
        var tolerance = (1e-6 * Math.Max(1, size)) + (5e-5 * problem.Vehicles.Count); // a battery of 100 kWh is known to 4e-6 kWh in single precision; a missing kWh costs 10
        Assert.InRange(plan.Certificate.Cost - optimum, -tolerance, tolerance);
        Assert.InRange(plan.Certificate.LowerBound - optimum, -3 * tolerance, tolerance);
    }
}
