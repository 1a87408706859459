using CsCheck;
using Penstock.Simulator.Instances;
using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Fleet;
using Penstock.UnitTests.Solvers.Fleet;

namespace Penstock.UnitTests.Solvers.Decomposition;

public sealed class FleetPlannerTests
{
    private static readonly PlanOptions Close = new() { GapWanted = 1e-6, RoundsMax = 100 };

    /// <summary>Small ones are mixed vehicle by vehicle, larger ones in blocks.</summary>
    private static readonly Gen<(int Count, int Steps, int Seed, double Import)> Sizes =
        Gen.OneOf(Gen.Select(Gen.Int[1, 30], Gen.Int[2, 48], Gen.Int[0, 1_000_000], Gen.Double[0.5, 8]), Gen.Select(Gen.Int[401, 700], Gen.Int[8, 32], Gen.Int[0, 1_000_000], Gen.Double[1, 6]));

    [Fact]
    public void One_vehicle_buys_in_the_cheap_step_and_sells_in_the_dear_one()
    {
        var fleet = One(arrival: 10, target: 10);
        var plan = FleetPlanner.Plan(Flat(fleet, [0.3, 1.3], [0.3, 1.3], 1e6), Close);
        Assert.Equal([10, -8.1], plan.Schedule(0).Select(kw => Math.Round(kw, 4))); // 10 kW in, 0.9 x 0.9 of it out
        Assert.Equal((0.3 * 10) - (1.3 * 8.1) + (0.1 * 9), plan.Certificate.Cost, 4);
        Assert.Equal(plan.Certificate.Cost, plan.Certificate.LowerBound, 4);
    }

    [Fact]
    public void Charging_only_takes_the_cheapest_steps()
    {
        var fleet = One(arrival: 10, target: 37);
        fleet.DischargeMax[0] = 0;
        fleet.Departure[0] = 6;
        var plan = FleetPlanner.Plan(Flat(fleet, [0.5, 0.2, 0.9, 0.3, 0.4, 1.0], [0, 0, 0, 0, 0, 0], 1e6), Close);
        Assert.Equal([0, 10, 0, 10, 10, 0], plan.Schedule(0).Select(kw => Math.Round(kw, 4)));
    }

    [Fact]
    public void A_valley_is_filled_to_one_level_when_the_limit_allows_no_more()
    {
        const int count = 50;
        var fleet = new StorageFleet(count);
        for (var i = 0; i < count; i++) Fill(fleet, i, 0, 8, arrival: 10, target: 10 + (0.9 * 16), discharge: 0); // 16 kWh from the grid each, 2 kW over 8 steps
        double[] baseLoad = [400, 300, 100, 50, 50, 100, 300, 400];
        var problem = Flat(fleet, [1, 1, 1, 1, 1, 1, 1, 1], new double[8], 0) with { BaseLoad = baseLoad, ImportMax = [.. baseLoad.Select(b => Math.Max(b, 275))] }; // 800 kWh fill the four lowest steps to 275 kW
        var plan = FleetPlanner.Plan(problem, Close);
        for (var t = 2; t < 6; t++) Assert.Equal(275, baseLoad[t] + plan.Aggregate[t], 2);
        Assert.All(plan.Shortfall, s => Assert.InRange(s, 0, 1e-3));
    }

    [Fact]
    public void A_target_that_cannot_be_met_is_missed_by_exactly_what_is_missing()
    {
        var fleet = One(arrival: 10, target: 60);
        var plan = FleetPlanner.Plan(Flat(fleet, [0.3, 0.3], [0, 0], 1e6), Close);
        Assert.Equal(60 - 10 - 18, plan.Shortfall[0], 4);
        Assert.Equal((0.3 * 20) + (10 * 32), plan.Certificate.Cost, 3);
    }

    [Fact]
    public void Load_that_no_vehicle_can_help_is_paid_for_and_reported()
    {
        var problem = Flat(One(arrival: 10, target: 10), [1, 1], [0, 0], 100) with { BaseLoad = [150, 90] };
        var plan = FleetPlanner.Plan(problem, Close);
        var over = Assert.Single(plan.Overloads);
        Assert.Null(over.Site);
        Assert.InRange(over.ImportKilowattHours, 41.8, 42); // the vehicle gives the 9 kWh it has above its floor
        Assert.InRange(plan.Certificate.Gap, 0, 1e-5);
    }

    [Fact]
    public void Every_schedule_is_feasible_they_add_up_and_the_bound_is_below_the_cost() => Sizes.Sample(
        s =>
        {
            var problem = Fleets.WithSites(Fleets.Problem(Fleets.Random(s.Count, s.Steps, s.Seed), s.Steps, s.Seed, s.Import, s.Import / 2), s.Seed);
            var plan = FleetPlanner.Plan(problem);
            Assert.True(plan.Certificate.LowerBound <= plan.Certificate.Cost + 1e-9);
            Assert.Equal(plan.Certificate.Cost, plan.Costs.Sum, 6);
            var left = (double[])plan.Aggregate.Clone();
            foreach (var (i, schedule) in plan.Schedules())
            {
                Schedules.Check(problem.Vehicles, i, schedule, problem.StepHours);
                for (var t = 0; t < schedule.Length; t++) left[problem.Vehicles.Arrival[i] + t] -= schedule[t];
            }

            Assert.All(left, kw => Assert.InRange(kw, -1, 1));
            var one = s.Seed % s.Count;
            Assert.Equal(plan.Schedules().First(p => p.Vehicle == one).NetKilowatts, plan.Schedule(one));
        },
        iter: 40);

    [Fact]
    public void The_plan_is_the_same_whatever_the_number_of_threads() => Sizes.Sample(
        s =>
        {
            var problem = Fleets.WithSites(Fleets.Problem(Fleets.Random(s.Count, s.Steps, s.Seed), s.Steps, s.Seed, s.Import, 1), s.Seed);
            var (alone, together) = (FleetPlanner.Plan(problem), FleetPlanner.Plan(problem, forEach: (n, body) => Parallel.For(0, n, body)));
            Assert.Equal(alone.Certificate, together.Certificate);
            Assert.Equal(alone.Aggregate, together.Aggregate);
        },
        iter: 12);

    [Fact]
    public void Prices_and_powers_in_other_units_give_the_same_plan_in_those_units() => Gen.Select(Sizes, Gen.Double[0.01, 100]).Sample(
        (s, k) =>
        {
            var fleet = Fleets.Random(s.Count, s.Steps, s.Seed);
            var problem = Fleets.Problem(fleet, s.Steps, s.Seed, s.Import, 1);
            var cost = FleetPlanner.Plan(problem, Close).Certificate.Cost;
            var dearer = FleetPlanner.Plan(Dearer(problem, k), Close).Certificate.Cost;
            var larger = FleetPlanner.Plan(Larger(problem, k), Close).Certificate.Cost;
            var tolerance = (1e-4 * Math.Abs(cost)) + (1e-3 * s.Count);
            Assert.InRange((dearer / k) - cost, -tolerance, tolerance);
            Assert.InRange((larger / k) - cost, -tolerance, tolerance);
        },
        iter: 20);

    [Fact]
    public void The_order_of_the_vehicles_does_not_matter() => Sizes.Sample(
        s =>
        {
            var fleet = Fleets.Random(s.Count, s.Steps, s.Seed);
            var order = Enumerable.Range(0, s.Count).ToArray();
            new Random(s.Seed).Shuffle(order);
            var (first, second) = (Fleets.Problem(fleet, s.Steps, s.Seed, s.Import, 1), Fleets.Problem(Fleets.Pick(fleet, order), s.Steps, s.Seed, s.Import, 1));
            var (a, b) = (FleetPlanner.Plan(first, Close).Certificate, FleetPlanner.Plan(second, Close).Certificate);
            Assert.True(a.LowerBound <= b.Cost + Slack(b, s.Count) && b.LowerBound <= a.Cost + Slack(a, s.Count));
        },
        iter: 20);

    [Fact]
    public void More_room_never_costs_more_and_a_tighter_limit_never_less() => Sizes.Sample(
        s =>
        {
            var problem = Fleets.Problem(Fleets.Random(s.Count, s.Steps, s.Seed), s.Steps, s.Seed, s.Import, 1);
            var plan = FleetPlanner.Plan(problem, Close).Certificate;
            var tighter = FleetPlanner.Plan(problem with { ImportMax = [.. problem.ImportMax.Select(x => 0.8 * x)] }, Close).Certificate;
            Assert.True(tighter.Cost >= plan.LowerBound - Slack(plan, s.Count));
            var roomy = Fleets.Random(s.Count, s.Steps, s.Seed);
            for (var i = 0; i < s.Count; i++) roomy.EnergyMax[i] *= 1.3f;
            var room = FleetPlanner.Plan(problem with { Vehicles = roomy }, Close).Certificate;
            Assert.True(room.LowerBound <= plan.Cost + Slack(plan, s.Count));
        },
        iter: 20);

    [Fact]
    public void An_event_pays_net_energy_and_is_taken_up() => Gen.Select(Sizes, Gen.Double[0.2, 4]).Sample(
        (s, subsidy) =>
        {
            var problem = Fleets.Problem(Fleets.Random(s.Count, s.Steps, s.Seed), s.Steps, s.Seed, 5, 5);
            var with = problem with { Events = [new SubsidyEvent(s.Steps / 3, s.Steps / 2, subsidy)] };
            var (plain, paid) = (FleetPlanner.Plan(problem, Close), FleetPlanner.Plan(with, Close));
            Assert.True(paid.Certificate.LowerBound <= plain.Certificate.Cost + Slack(plain.Certificate, s.Count));
            var net = paid.Schedules().Sum(v => subsidy * Math.Max(0, StayAccount.Given(with, v.Vehicle, v.NetKilowatts, with.Events[0])));
            Assert.Equal(net, paid.Costs.Subsidies, 2);
            foreach (var (i, schedule) in paid.Schedules()) Schedules.Check(problem.Vehicles, i, schedule, problem.StepHours);
        },
        iter: 20);

    [Fact]
    public void An_empty_fleet_and_a_day_without_steps_have_plans()
    {
        Assert.Equal(2 * 0.25 * 100, FleetPlanner.Plan(Flat(new StorageFleet(0), [1, 1], [0, 0], 1000) with { StepHours = 0.25, BaseLoad = [100, 100] }).Certificate.Cost, 6);
        Assert.Equal(0, FleetPlanner.Plan(Flat(new StorageFleet(0), [], [], 0)).Certificate.Cost);
    }

    [Fact]
    public void Selling_above_buying_is_bounded_by_the_limits_and_the_gap_says_what_the_hull_leaves_open()
    {
        var fleet = Fleets.Random(20, 24, 3);
        var buy = Fleets.Prices(24, 4, 0.3, 0.5);
        var problem = Fleets.Problem(fleet, 24, 3, 4, 4) with { Buy = buy, Sell = [.. buy.Select(b => b + 0.2)] };
        var plan = FleetPlanner.Plan(problem, Close);
        Assert.True(plan.Certificate.LowerBound <= plan.Certificate.Cost);
        Assert.InRange(plan.Certificate.Gap, 0, 1);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(5000)]
    public void A_thousand_vehicles_and_more_are_planned_to_a_gap_of_1e_4(int vehicles)
    {
        var plan = FleetPlanner.Plan(FleetInstance.Generate(vehicles, 2), forEach: (n, body) => Parallel.For(0, n, body));
        Assert.InRange(plan.Certificate.Gap, 0, 1e-4);
        Assert.InRange(plan.Certificate.Passes, 1, 40);
    }

    [Fact]
    public void A_plan_after_a_small_change_starts_from_the_earlier_prices_and_needs_fewer_passes()
    {
        var problem = FleetInstance.Generate(4000, 2);
        var first = FleetPlanner.Plan(problem);
        for (var i = 0; i < 40; i++) problem.Vehicles.EnergyArrival[i * 97] *= 0.9f;
        var (again, cold) = (FleetPlanner.Plan(problem, new PlanOptions { Start = first.AsStart(), GapWanted = 1e-3 }), FleetPlanner.Plan(problem, new PlanOptions { GapWanted = 1e-3 }));
        Assert.InRange(again.Certificate.Gap, 0, 1e-3);
        Assert.True(again.Certificate.Passes < 5 && cold.Certificate.Passes > 8, $"{again.Certificate.Passes} passes again, {cold.Certificate.Passes} cold");
    }

    [Fact]
    public void Piles_with_steps_and_a_minimum_current_get_what_they_take_and_the_loss_is_told() => Gen.Select(Gen.Int[1, 40], Gen.Int[8, 48], Gen.Int[0, 100_000]).Sample(
        (count, steps, seed) =>
        {
            var fleet = Fleets.Random(count, steps, seed);
            fleet.PowerStep = [.. Enumerable.Range(0, count).Select(i => i % 2 == 0 ? 0.23f : 0)];
            fleet.PowerMin = [.. Enumerable.Range(0, count).Select(i => i % 2 == 0 ? 1.38f : 0)];
            var problem = Fleets.Problem(fleet, steps, seed, 3, 2);
            var plan = FleetPlanner.Plan(problem);
            Assert.NotNull(plan.RoundingLoss);
            foreach (var (i, schedule) in plan.Schedules())
            {
                Schedules.Check(fleet, i, schedule, problem.StepHours, forced: i % 2 != 0);
                if (i % 2 == 0) Assert.All(schedule, kw => Assert.True(kw == 0 || (Math.Abs(kw) >= 1.38 - 1e-4 && Math.Abs((kw / 0.23) - Math.Round(kw / 0.23)) < 1e-3), $"{kw} kW"));
            }
        },
        iter: 40);

    [Fact]
    public void Rounding_keeps_the_sum_of_many_piles()
    {
        var problem = FleetInstance.Generate(2000, 4);
        var exact = FleetPlanner.Plan(problem);
        problem.Vehicles.PowerStep = [.. Enumerable.Repeat(0.1f, 2000)];
        var rounded = FleetPlanner.Plan(problem);
        for (var t = 0; t < 96; t++) Assert.InRange(rounded.Aggregate[t] - exact.Aggregate[t], -30, 30); // 2,000 roundings of 0.03 kW rms, in one direction they would be 100 kW
        Assert.InRange(rounded.RoundingLoss!.Value / rounded.Certificate.Cost, -1e-4, 2e-3);
    }

    private static double Slack(FleetCertificate certificate, int count) => (1e-6 * Math.Abs(certificate.Cost)) + (1e-4 * count);

    private static StorageFleet One(double arrival, double target)
    {
        var fleet = new StorageFleet(1);
        Fill(fleet, 0, 0, 2, arrival, target, 10);
        return fleet;
    }

    private static void Fill(StorageFleet fleet, int i, int first, int end, double arrival, double target, float discharge)
    {
        (fleet.Arrival[i], fleet.Departure[i], fleet.EnergyArrival[i], fleet.EnergyTarget[i]) = ((short)first, (short)end, (float)arrival, (float)target);
        (fleet.EnergyMin[i], fleet.EnergyMax[i], fleet.ChargeMax[i], fleet.DischargeMax[i]) = (0, 100, 10, discharge);
        (fleet.ChargeEfficiency[i], fleet.DischargeEfficiency[i], fleet.Wear[i], fleet.ShortfallPenalty[i]) = (0.9f, 0.9f, 0.1f, 10);
    }

    private static FleetProblem Flat(StorageFleet fleet, double[] buy, double[] sell, double limit) =>
        new(1, buy, sell, new double[buy.Length], [.. buy.Select(_ => limit)], [.. buy.Select(_ => limit)], 5, fleet);

    private static FleetProblem Dearer(FleetProblem problem, double k)
    {
        var fleet = Fleets.Pick(problem.Vehicles, [.. Enumerable.Range(0, problem.Vehicles.Count)]);
        for (var i = 0; i < fleet.Count; i++) (fleet.Wear[i], fleet.ShortfallPenalty[i], fleet.Salvage[i]) = ((float)(fleet.Wear[i] * k), (float)(fleet.ShortfallPenalty[i] * k), (float)(fleet.Salvage[i] * k));
        return problem with { Vehicles = fleet, Buy = [.. problem.Buy.Select(b => b * k)], Sell = [.. problem.Sell.Select(b => b * k)], OverloadPenalty = problem.OverloadPenalty * k };
    }

    private static FleetProblem Larger(FleetProblem problem, double k)
    {
        var fleet = Fleets.Pick(problem.Vehicles, [.. Enumerable.Range(0, problem.Vehicles.Count)]);
        foreach (var column in new[] { fleet.EnergyArrival, fleet.EnergyMin, fleet.EnergyMax, fleet.EnergyTarget, fleet.ChargeMax, fleet.DischargeMax }) for (var i = 0; i < column.Length; i++) column[i] = (float)(column[i] * k);
        double[] Times(double[] all) => [.. all.Select(x => x * k)];
        return problem with { Vehicles = fleet, BaseLoad = Times(problem.BaseLoad), ImportMax = Times(problem.ImportMax), ExportMax = Times(problem.ExportMax) };
    }
}
