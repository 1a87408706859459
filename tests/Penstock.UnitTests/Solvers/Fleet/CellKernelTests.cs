using CsCheck;
using Penstock.Solvers.Fleet;

namespace Penstock.UnitTests.Solvers.Fleet;

public sealed class CellKernelTests
{
    private static readonly Gen<(int Count, int Steps, int Seed)> Sizes = Gen.Select(Gen.Int[1, 40], Gen.Int[1, 96], Gen.Int[0, 100_000]);

    [Fact]
    public void The_vector_kernel_costs_what_the_exact_one_does() => Sizes.Sample(
        s =>
        {
            var problem = Fleets.Problem(Fleets.Random(s.Count, s.Steps, s.Seed), s.Steps, s.Seed);
            var price = Fleets.Prices(s.Steps, s.Seed + 2, 0.1, 1.5);
            var load = new double[s.Steps];
            var cost = new CellKernel(Cells(problem)).Sum(0, price, load);
            var exact = Enumerable.Range(0, s.Count).Sum(i => new StayKernel(problem).Respond(i, price) is var alone ? Total(problem, i, alone.Own, price) : 0);
            Assert.Equal(0, cost.Slack);
            Assert.InRange((cost.Own + Energy(problem, load, price)) - exact, -Rounding(s.Count, exact), Rounding(s.Count, exact));
        },
        iter: 200);

    [Fact]
    public void Each_vehicles_schedule_is_within_its_bounds_and_they_add_up_to_the_sum() => Sizes.Sample(
        s =>
        {
            var problem = Fleets.Problem(Fleets.Random(s.Count, s.Steps, s.Seed), s.Steps, s.Seed);
            var price = Fleets.Prices(s.Steps, s.Seed + 2, -3, 1.5); // some vehicles would pump and are answered alone
            var (cells, load) = (Cells(problem), new double[s.Steps]);
            var kernel = new CellKernel(cells);
            var sum = kernel.Sum(0, price, load);
            var (schedules, own) = (new float[cells.Offsets(0)[^1]], new double[s.Count]);
            var slack = kernel.Each(0, price, schedules, own);
            Assert.Equal(sum.Own, own.Sum(), 2);
            Assert.Equal(sum.Slack, slack, 6);
            for (var k = 0; k < s.Count; k++)
            {
                var i = cells.Vehicles(0)[k];
                var mine = schedules.AsSpan(cells.Offsets(0)[k]..cells.Offsets(0)[k + 1]);
                Schedules.Check(problem.Vehicles, i, mine, problem.StepHours);
                Assert.Equal(StayAccount.Of(problem, i, mine).Own, own[k], 2e-3);
                for (var t = 0; t < mine.Length; t++) load[problem.Vehicles.Arrival[i] + t] -= mine[t];
            }

            Assert.All(load, left => Assert.InRange(left, -1e-2, 1e-2));
        },
        iter: 200);

    [Fact]
    public void A_vehicles_answer_does_not_depend_on_its_neighbours() => Sizes.Sample(
        s =>
        {
            var fleet = Fleets.Random(s.Count, s.Steps, s.Seed);
            var problem = Fleets.Problem(fleet, s.Steps, s.Seed);
            var price = Fleets.Prices(s.Steps, s.Seed + 2, 0.1, 1.5);
            var together = All(Cells(problem), price);
            var apart = All(new FleetCells(problem, [.. Enumerable.Range(0, s.Count).Select(i => new[] { i })]), price);
            foreach (var (vehicle, schedule) in together) Assert.Equal(schedule, apart[vehicle]);
        },
        iter: 100);

    [Fact]
    public void A_subsidy_is_paid_on_net_energy_and_the_better_choice_is_taken() => Gen.Select(Sizes, Gen.Double[0.1, 5], Gen.Int[0, 90], Gen.Int[0, 90]).Sample(
        (s, subsidy, a, b) =>
        {
            var fleet = Fleets.Random(s.Count, s.Steps, s.Seed);
            var window = new SubsidyEvent(Math.Min(a, b) % s.Steps, Math.Min(s.Steps - 1, Math.Max(a, b)), subsidy);
            var problem = Fleets.Problem(fleet, s.Steps, s.Seed) with { Events = [window, new SubsidyEvent(0, s.Steps / 2, 0.3)] };
            var price = Fleets.Prices(s.Steps, s.Seed + 2, 0.3, 1.5);
            var load = new double[s.Steps];
            var cost = new CellKernel(Cells(problem)).Sum(0, price, load);
            var exact = Enumerable.Range(0, s.Count).Sum(i => Total(problem, i, new StayKernel(problem).Respond(i, price).Own, price));
            Assert.InRange(cost.Own + Energy(problem, load, price) - exact, -Rounding(s.Count, exact), Rounding(s.Count, exact));
            var without = Fleets.Problem(fleet, s.Steps, s.Seed);
            Assert.True(exact <= Enumerable.Range(0, s.Count).Sum(i => Total(without, i, new StayKernel(without).Respond(i, price).Own, price)) + 1e-9);
        },
        iter: 150);

    [Fact]
    public void A_vehicle_with_a_reserve_or_a_chance_to_leave_is_answered_alone_and_exactly()
    {
        var fleet = Fleets.Random(24, 48, 5);
        fleet.LeaveProbability = [.. Enumerable.Range(0, 24).Select(i => i % 3 == 0 ? 0.02f : 0)];
        fleet.Reserves = [new Reserve(4, 10, 20, 40)];
        var problem = Fleets.Problem(fleet, 48, 5);
        var cells = Cells(problem);
        Assert.Equal(9, cells.Special(0).Length);
        var (price, load) = (Fleets.Prices(48, 7, 0.2, 1.2), new double[48]);
        var cost = new CellKernel(cells).Sum(0, price, load);
        var exact = Enumerable.Range(0, 24).Sum(i => Total(problem, i, new StayKernel(problem).Respond(i, price).Own, price));
        Assert.Equal(exact, cost.Own + Energy(problem, load, price), 2);
    }

    /// <summary>A battery of 100 kWh is known to 4e-6 kWh in single precision, and a missing kWh costs 10.</summary>
    private static double Rounding(int count, double size) => (5e-5 * count) + (1e-5 * Math.Abs(size));

    private static FleetCells Cells(FleetProblem problem) => new(problem, [[.. Enumerable.Range(0, problem.Vehicles.Count)]]);

    private static Dictionary<int, float[]> All(FleetCells cells, double[] price)
    {
        var kernel = new CellKernel(cells);
        var result = new Dictionary<int, float[]>();
        for (var c = 0; c < cells.Count; c++)
        {
            var offsets = cells.Offsets(c);
            var schedules = new float[offsets[^1]];
            kernel.Each(c, price, schedules, new double[cells.Vehicles(c).Length]);
            for (var k = 0; k < cells.Vehicles(c).Length; k++) result.Add(cells.Vehicles(c)[k], schedules[offsets[k]..offsets[k + 1]]);
        }

        return result;
    }

    private static double Energy(FleetProblem problem, double[] load, double[] price) => load.Zip(price, (l, p) => l * p).Sum() * problem.StepHours;

    /// <summary>Own cost and energy of one vehicle answered alone.</summary>
    private static double Total(FleetProblem problem, int vehicle, double own, double[] price)
    {
        var kernel = new StayKernel(problem);
        own = kernel.Respond(vehicle, price).Own;
        for (var t = 0; t < kernel.Expected.Length; t++) own += kernel.Expected[t] * price[problem.Vehicles.Arrival[vehicle] + t] * problem.StepHours;
        return own;
    }
}
