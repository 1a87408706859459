using CsCheck;
using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Fleet;
using Penstock.Solvers.Flexibility;
using Penstock.UnitTests.Solvers.Fleet;

namespace Penstock.UnitTests.Solvers.Flexibility;

public sealed class FleetFlexibilityTests
{
    private static readonly Gen<(int Count, int Steps, int Seed)> Sizes = Gen.Select(Gen.Int[1, 12], Gen.Int[4, 40], Gen.Int[0, 1_000_000]);

    [Fact]
    public void One_idle_vehicle_gives_what_it_can_charge_back_by_its_departure()
    {
        // 8 quarter-hours, 40 of 60 kWh, floor 20, target 40, 10 kW without losses: a discharge of 1 h is back in 1 h, one of 2 h never; charging is bounded by power, then by 20 kWh of room
        var table = FleetFlexibility.AsPlanned(Idle(Vehicle(8)));
        Assert.Equal([0.25, 1, 2, 4], table.DurationHours);
        Assert.Equal([10, 10, 10, 10, 10, 10, 10, 0], table.Discharge[0], Near);
        Assert.Equal([10, 7.5, 5, 2.5, 0], table.Discharge[1], Near);
        Assert.Equal([0], table.Discharge[2]);
        Assert.Empty(table.Discharge[3]);
        Assert.All(table.Charge[0].Concat(table.Charge[1]).Concat(table.Charge[2]), x => Assert.Equal(10, x, 5));
        for (var k = 0; k < 4; k++) Assert.Equal(table.Discharge[k], table.Block[k], Near);
    }

    [Fact]
    public void Losses_count_on_the_way_out_and_back()
    {
        var problem = Vehicle(8);
        (problem.Vehicles.ChargeEfficiency[0], problem.Vehicles.DischargeEfficiency[0]) = (0.9f, 0.8f);
        // 1 h at x takes x / 0.8 kWh out; 1 h at 10 kW brings 9 kWh back: x = 7.2
        Assert.Equal(7.2, FleetFlexibility.AsPlanned(Idle(problem)).Discharge[1][0], 5);
    }

    [Fact]
    public void Charging_that_can_wait_is_discharge_and_a_vehicle_that_only_charges_has_no_block()
    {
        var problem = Vehicle(8);
        (problem.Vehicles.DischargeMax[0], problem.Vehicles.EnergyTarget[0]) = (0, 50);
        var table = FleetFlexibility.AsPlanned(ReferencePlan.Uncontrolled(problem));
        Assert.Equal([10, 0, 0, 0, 0], table.Discharge[1], Near); // it charges in steps 0 to 3, and the last hour can take all of it; a later hour holds a step in which there is nothing to put off
        Assert.Equal([0, 0, 0, 0, 10], table.Charge[1], Near); // it charges with full power first
        Assert.All(table.Block.SelectMany(b => b), x => Assert.Equal(0, x));
    }

    [Fact]
    public void A_change_ends_at_the_floor_and_at_a_reserve()
    {
        var problem = Vehicle(80);
        problem.Vehicles.EnergyMin[0] = 37;
        Assert.Equal(3, FleetFlexibility.AsPlanned(Idle(problem)).Discharge[1][0], 5);
        problem.Vehicles.Reserves = [new Reserve(0, 5, 5, 39)]; // after the hour 2 quarter-hours can bring back 5 kWh, so that it does not bind yet
        Assert.Equal(3, FleetFlexibility.AsPlanned(Idle(problem)).Discharge[1][0], 5);
        Assert.Equal(1, FleetFlexibility.AsPlanned(Idle(problem)).Discharge[1][2], 5);
    }

    [Fact]
    public void The_limits_of_the_whole_cap_the_sum()
    {
        var problem = Vehicle(8) with { ImportMax = [.. Enumerable.Repeat(9.0, 8)], ExportMax = [.. Enumerable.Repeat(2.0, 8)], BaseLoad = [4, 4, 3, 4, 4, 4, 4, 4] };
        var table = FleetFlexibility.AsPlanned(Idle(problem));
        Assert.Equal([6, 6, 5, 6, 6, 6, 6, 0], table.Discharge[0], Near);
        Assert.Equal(5, table.Charge[2][0], 5);
        Assert.Equal(5, table.Discharge[1][1], 5);
    }

    [Fact]
    public void Every_vehicle_sustains_its_change_and_no_more() => Sizes.Sample(s =>
    {
        var fleet = Fleets.Random(1, s.Steps, s.Seed);
        if (s.Seed % 3 == 0) fleet.Reserves = [new Reserve(0, s.Steps / 3, s.Steps / 2, fleet.EnergyMax[0] * 0.7)];
        var problem = Wide(Fleets.Problem(fleet, s.Steps, s.Seed));
        var schedule = FleetPlanner.Plan(problem).Schedule(0);
        var table = FleetFlexibility.AsPlanned(ReferencePlan.Of(problem, _ => schedule), [0.25, 0.75, 1.5]);
        for (var k = 0; k < 3; k++)
        {
            var steps = new[] { 1, 3, 6 }[k];
            for (var t = 0; t < table.Discharge[k].Length; t++)
            {
                var stays = t >= fleet.Arrival[0] && t + steps <= fleet.Departure[0];
                Assert.Equal(stays ? Largest(problem, schedule, t - fleet.Arrival[0], steps, -1) : 0, table.Discharge[k][t], 2e-3);
                Assert.Equal(stays ? Largest(problem, schedule, t - fleet.Arrival[0], steps, 1) : 0, table.Charge[k][t], 2e-3);
            }
        }
    },
    iter: 300);

    [Fact]
    public void A_fleet_is_the_sum_of_its_vehicles_and_longer_is_never_more() => Sizes.Sample(s =>
    {
        var problem = Wide(Fleets.Problem(Fleets.Random(s.Count, s.Steps, s.Seed), s.Steps, s.Seed));
        var plan = FleetPlanner.Plan(problem);
        var table = FleetFlexibility.AsPlanned(ReferencePlan.Of(plan));
        var each = Enumerable.Range(0, s.Count).Select(i => FleetFlexibility.AsPlanned(
            ReferencePlan.Of(problem with { Vehicles = Fleets.Pick(problem.Vehicles, [i]) }, _ => plan.Schedule(i)))).ToList();
        for (var k = 0; k < 4; k++)
        {
            for (var t = 0; t < table.Charge[k].Length; t++)
            {
                Assert.Equal(each.Sum(e => e.Discharge[k][t]), table.Discharge[k][t], 1e-3);
                Assert.Equal(each.Sum(e => e.Charge[k][t]), table.Charge[k][t], 1e-3);
                Assert.Equal(each.Sum(e => e.Block[k][t]), table.Block[k][t], 1e-3);
                if (k == 0) continue;
                Assert.True(table.Discharge[k][t] <= table.Discharge[k - 1][t] + 1e-6);
                Assert.True(table.Charge[k][t] <= table.Charge[k - 1][t] + 1e-6);
            }
        }
    },
    iter: 60);

    [Fact]
    public void A_block_is_the_traces_largest_block() => Sizes.Sample(s =>
    {
        var problem = Wide(Fleets.Problem(Fleets.Random(s.Count, s.Steps, s.Seed), s.Steps, s.Seed));
        var reference = ReferencePlan.Of(FleetPlanner.Plan(problem));
        var block = FleetFlexibility.AsPlanned(reference, [1]).Block[0];
        for (var t = 0; t < block.Length; t++) Assert.Equal(DischargeTrace.Of(reference, t, 4).LargestBlock(1), block[t], 1e-3);
    },
    iter: 40);

    [Fact]
    public void Draws_on_many_threads_are_those_of_one()
    {
        var problem = Penstock.Simulator.Instances.FleetInstance.Generate(2000, 5);
        var reference = ReferencePlan.Of(FleetPlanner.Plan(problem, new PlanOptions { GapWanted = 1e-3 }));
        var (one, two) = (FleetFlexibility.Drawn(reference, new(), 7, 20), FleetFlexibility.Drawn(reference, new(), 7, 20, forEach: (n, body) => Parallel.For(0, n, body)));
        for (var d = 0; d < 20; d++) Assert.Equal(one.Draws[d].Discharge, two.Draws[d].Discharge);
        Assert.NotEqual(one.Draws[0].Charge[1], one.Draws[1].Charge[1]);
        Assert.NotEqual(one.Draws[0].Charge[1], FleetFlexibility.Drawn(reference, new(), 8, 20).Draws[0].Charge[1]);
        Assert.Equal(one.AsPlanned.Discharge, FleetFlexibility.AsPlanned(reference).Discharge);
    }

    [Fact]
    public void Without_uncertainty_every_draw_is_as_planned()
    {
        var problem = Penstock.Simulator.Instances.FleetInstance.Generate(50, 5);
        var certain = new FlexibilityUncertainty { LeavePerStep = 0, NoShow = 0, OptOut = 0, ShiftStepsMax = 0 };
        var drawn = FleetFlexibility.Drawn(ReferencePlan.Uncontrolled(problem), certain, 3);
        Assert.Equal(FleetFlexibility.DrawsUsual, drawn.Draws.Count);
        Assert.All(drawn.Draws, d => Assert.Equal(drawn.AsPlanned.Discharge, d.Discharge));
        var batteries = FleetFlexibility.Drawn(ReferencePlan.Uncontrolled(problem), new FlexibilityUncertainty { CertainFrom = 0 }, 3);
        Assert.All(batteries.Draws, d => Assert.Equal(drawn.AsPlanned.Charge, d.Charge));
    }

    [Fact]
    public void Rates_are_met_on_average()
    {
        const int N = 4000;
        var here = Many(N, arrival: 0);
        var coming = Many(N, arrival: 2);
        double Mean(FleetProblem problem, FlexibilityUncertainty how, int t) => FleetFlexibility.Drawn(Idle(problem), how, 1, 200, [0.25]).Draws.Average(d => d.Charge[0][t]) / (10.0 * N);
        var none = new FlexibilityUncertainty { LeavePerStep = 0, NoShow = 0, OptOut = 0, ShiftStepsMax = 0, DaySpread = 0 };
        Assert.Equal(0.8, Mean(here, none with { OptOut = 0.2 }, 5), 0.01);
        Assert.Equal(Math.Pow(0.9, 5), Mean(here, none with { LeavePerStep = 0.1 }, 5), 0.01);
        Assert.Equal(1, Mean(here, none with { NoShow = 0.3 }, 5), 1e-6); // they are there already
        Assert.Equal(0.7, Mean(coming, none with { NoShow = 0.3 }, 5), 0.01);
        Assert.Equal(0.6, Mean(coming, none with { ShiftStepsMax = 2 }, 2), 0.01); // early, in time: 3 of 5
        Assert.Equal(1, Mean(coming, none with { ShiftStepsMax = 2 }, 4), 1e-6);
        Assert.Equal(0.6, Mean(here, none with { Days = [new DayRates(0, 0, 0.2, 0), new DayRates(0, 0, 0.6, 0)] }, 5), 0.04);
        var own = Many(N, arrival: 0);
        own.Vehicles.LeaveProbability = [.. Enumerable.Repeat(0.2f, N)];
        Assert.Equal(Math.Pow(0.8, 3), Mean(own, none, 3), 0.01);
    }

    [Fact]
    public void What_is_exceeded_is_a_count_of_draws()
    {
        FlexibilityTable Of(double x) => new([1], [[x]], [[-x]], [[0]]);
        var draws = new FlexibilityDraws(Of(0), [.. Enumerable.Range(1, 40).Select(n => Of(n * 7 % 41))]); // 1 to 40 in some order
        Assert.Equal(21, draws.Exceeded(0.5).Discharge[0][0]); // 20 draws are at least 21
        Assert.Equal(5, draws.Exceeded(0.9).Discharge[0][0]); // 36 draws are at least 5
        Assert.Equal(3, draws.Exceeded(0.95).Discharge[0][0]);
        Assert.Equal(1, draws.Exceeded(1).Discharge[0][0]);
        Assert.Equal(-36, draws.Exceeded(0.9).Charge[0][0]);
    }

    [Fact]
    public void A_quantile_falls_as_the_share_rises_and_P90_is_below_the_plan_where_all_may_opt_out()
    {
        var problem = Penstock.Simulator.Instances.FleetInstance.Generate(300, 2);
        var drawn = FleetFlexibility.Drawn(ReferencePlan.Uncontrolled(problem), new(), 3);
        var (p50, p90) = (drawn.Exceeded(0.5), drawn.Exceeded(0.9));
        for (var t = 0; t < p50.Discharge[1].Length; t++) Assert.True(p90.Discharge[1][t] <= p50.Discharge[1][t]);
        Assert.True(p90.Discharge[1].Sum() < drawn.AsPlanned.Discharge[1].Sum());
        Assert.True(p90.Discharge[1].Sum() > 0);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        var reference = Idle(Vehicle(8));
        Assert.Throws<ArgumentException>(() => FleetFlexibility.AsPlanned(reference, []));
        Assert.Throws<ArgumentException>(() => FleetFlexibility.AsPlanned(reference, [0]));
        Assert.Throws<ArgumentException>(() => FleetFlexibility.Drawn(reference, new(), 1, 19));
        Assert.Throws<ArgumentException>(() => FleetFlexibility.Drawn(reference, new() { OptOut = 1 }, 1));
        Assert.Throws<ArgumentException>(() => FleetFlexibility.Drawn(reference, new() { DaySpread = 2 }, 1));
        Assert.Throws<ArgumentException>(() => FleetFlexibility.Drawn(reference, new(), 1).Exceeded(0));
        Assert.Throws<ArgumentException>(() => FleetFlexibility.AsPlanned(ReferencePlan.Of(Vehicle(8), _ => new float[7])));
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) < 1e-5;

    internal static ReferencePlan Idle(FleetProblem problem) => ReferencePlan.Of(problem, i => new float[problem.Vehicles.Steps(i)]);

    /// <summary>The largest constant change by bisection: charge or discharge in the window, then charge all that is possible, and look whether every promise is kept.</summary>
    private static double Largest(FleetProblem problem, float[] schedule, int first, int steps, int sign)
    {
        var (battery, h) = (problem.Vehicles.Battery(0), problem.StepHours);
        var high = Math.Max(battery.EnergyMax, battery.EnergyArrival);
        double Change(double net) => h * (net > 0 ? net * battery.ChargeEfficiency : net / battery.DischargeEfficiency);
        var (reference, promised) = (new double[schedule.Length], new double[schedule.Length]);
        var energy = battery.EnergyArrival;
        for (var n = 0; n < schedule.Length; n++)
        {
            reference[n] = energy += Change(schedule[n]);
            promised[n] = battery.EnergyMin;
            foreach (var one in problem.Vehicles.Reserves) if (one.First <= n + problem.Vehicles.Arrival[0] && n + problem.Vehicles.Arrival[0] <= one.Last) promised[n] = Math.Max(promised[n], one.EnergyMin);
            if (n == schedule.Length - 1) promised[n] = Math.Max(promised[n], battery.EnergyTarget);
            promised[n] = Math.Min(Math.Min(promised[n], high), reference[n]);
        }

        bool Keeps(double x)
        {
            var stored = first == 0 ? battery.EnergyArrival : reference[first - 1];
            for (var n = first; n < schedule.Length; n++)
            {
                var inside = n < first + steps;
                var power = inside ? schedule[n] + (sign * x) : battery.ChargeMax;
                if (inside && (power > battery.ChargeMax + 1e-6 || power < -battery.DischargeMax - 1e-6)) return false;
                stored += Change(power);
                if (inside && sign > 0 && stored > high + 1e-6) return false;
                stored = Math.Min(stored, high);
                if (stored < promised[n] - 1e-6) return false;
            }

            return true;
        }

        var (low, most) = (0.0, battery.ChargeMax + battery.DischargeMax + 1.0);
        while (most - low > 1e-7) (low, most) = Keeps((low + most) / 2) ? ((low + most) / 2, most) : (low, (low + most) / 2);
        return low;
    }

    /// <summary>Limits that never bind.</summary>
    internal static FleetProblem Wide(FleetProblem problem) => problem with { ImportMax = [.. problem.Buy.Select(_ => 1e6)], ExportMax = [.. problem.Buy.Select(_ => 1e6)] };

    private static FleetProblem Many(int count, int arrival)
    {
        var problem = Vehicle(80);
        var fleet = Fleets.Pick(problem.Vehicles, [.. new int[count]]);
        for (var i = 0; i < count; i++) (fleet.Arrival[i], fleet.Departure[i]) = ((short)arrival, 70);
        return problem with { Vehicles = fleet };
    }

    /// <summary>40 of 60 kWh, floor 20, target 40, 10 kW both ways, no losses, there in every step.</summary>
    internal static FleetProblem Vehicle(int steps)
    {
        var fleet = new StorageFleet(1);
        (fleet.Arrival[0], fleet.Departure[0]) = (0, (short)steps);
        (fleet.EnergyArrival[0], fleet.EnergyMin[0], fleet.EnergyMax[0], fleet.EnergyTarget[0]) = (40, 20, 60, 40);
        (fleet.ChargeMax[0], fleet.DischargeMax[0], fleet.ChargeEfficiency[0], fleet.DischargeEfficiency[0]) = (10, 10, 1, 1);
        (fleet.ShortfallPenalty[0], fleet.Wear[0]) = (10, 0);
        double[] All(double value) => [.. Enumerable.Repeat(value, steps)];
        return new FleetProblem(0.25, All(0.6), All(0.5), All(0), All(1e6), All(1e6), 5, fleet);
    }
}
