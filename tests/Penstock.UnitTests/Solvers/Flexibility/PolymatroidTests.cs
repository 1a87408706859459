using CsCheck;
using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Fleet;
using Penstock.UnitTests.Solvers.Fleet;

namespace Penstock.UnitTests.Solvers.Flexibility;

/// <summary>A second oracle of the planner, without a linear programme: lossless fleets are generalised polymatroids, whose linear optimum is a greedy one.</summary>
public sealed class PolymatroidTests
{
    private static readonly PlanOptions Exact = new() { GapWanted = 1e-9, RoundsMax = 200 };

    [Fact]
    public void Four_vehicles_and_two_steps_by_hand()
    {
        // kW, kWh of room: 4 and 7, 5 and 5 over both steps; 5 and 5 in the first, 3 and 3 in the second alone
        var fleet = new StorageFleet(4);
        Charging(fleet, 0, 0, 2, 4, 7);
        Charging(fleet, 1, 0, 2, 5, 5);
        Charging(fleet, 2, 0, 1, 5, 5);
        Charging(fleet, 3, 1, 2, 3, 3);
        var problem = Lossless(fleet, [-1, -2], 1);
        var all = new Polymatroid(problem);
        Assert.Equal([0, 14, 12, 20], Enumerable.Range(0, 4).Select(a => all.Most(a)));
        Assert.Equal([0, 0, 0, 0], Enumerable.Range(0, 4).Select(a => all.Least(a)));
        Assert.Equal(-32, all.LeastCost()); // 12 in the second step, the other 8 in the first
        Assert.Equal(-32, FleetPlanner.Plan(problem, Exact).Certificate.Cost, 1e-6);
    }

    [Fact]
    public void A_vehicle_both_ways_by_hand()
    {
        // 5 of 10 kWh, 4 kW both ways, floor 2, target 6, steps of an hour
        var fleet = new StorageFleet(1);
        Charging(fleet, 0, 0, 3, 4, 5);
        (fleet.EnergyArrival[0], fleet.EnergyMax[0], fleet.EnergyMin[0], fleet.EnergyTarget[0], fleet.DischargeMax[0]) = (5, 10, 2, 6, 4);
        var problem = Lossless(fleet, [1, 3, 2], 1);
        var all = new Polymatroid(problem);
        Assert.Equal([4, 4, 5], new[] { 1, 2, 3 }.Select(all.Most)); // 4 in one step, 5 kWh of room in both
        Assert.Equal([-3, -4, -3], new[] { 1, 2, 3 }.Select(all.Least)); // 3 kWh above the floor; after 4 more, 4 in the second
        Assert.Equal(1, all.Least(7)); // the target
        Assert.Equal((4 * 1) + (-4 * 3) + (1 * 2), all.LeastCost());
        Assert.Equal(all.LeastCost(), FleetPlanner.Plan(problem, Exact).Certificate.Cost, 1e-6);
    }

    [Fact]
    public void Charging_only_is_the_closed_form_of_the_smaller_of_power_and_room() => Gen.Select(Gen.Int[1, 6], Gen.Int[1, 6], Gen.Int[0, 1_000_000]).Sample((count, steps, seed) =>
    {
        var problem = Random(count, steps, seed, bothWays: 0);
        var (all, fleet) = (new Polymatroid(problem), problem.Vehicles);
        for (var set = 0; set < 1 << steps; set++)
        {
            double Sum(Func<int, int, int, double> of) => Enumerable.Range(0, count).Sum(i =>
            {
                var stay = Enumerable.Range(fleet.Arrival[i], fleet.Steps(i)).ToList();
                return of(i, stay.Count(t => (set & (1 << t)) != 0), stay.Count(t => (set & (1 << t)) == 0));
            });
            double Step(int i) => fleet.ChargeMax[i] * problem.StepHours;
            Assert.Equal(Sum((i, within, _) => Math.Min(within * Step(i), fleet.EnergyMax[i] - fleet.EnergyArrival[i])), all.Most(set), 1e-9);
            Assert.Equal(Sum((i, _, outside) => Math.Max(0, fleet.EnergyTarget[i] - fleet.EnergyArrival[i] - (outside * Step(i)))), all.Least(set), 1e-9);
        }
    },
    iter: 100);

    [Theory]
    [InlineData(0)]
    [InlineData(0.7)]
    [InlineData(1)]
    public void The_planner_finds_the_greedy_optimum(double bothWays) => Gen.Select(Gen.Int[1, 12], Gen.Int[1, 7], Gen.Int[0, 1_000_000]).Sample((count, steps, seed) =>
    {
        var problem = Random(count, steps, seed, bothWays);
        var (optimum, plan) = (new Polymatroid(problem).LeastCost(), FleetPlanner.Plan(problem, Exact).Certificate);
        var tolerance = 1e-6 * (1 + (60 * count));
        Assert.InRange(plan.Cost - optimum, -tolerance, tolerance);
        Assert.InRange(plan.LowerBound - optimum, -tolerance, tolerance);
    },
    iter: 150);

    private static FleetProblem Random(int count, int steps, int seed, double bothWays)
    {
        var (fleet, chance) = (new StorageFleet(count), new Random(seed));
        for (var i = 0; i < count; i++)
        {
            var arrival = chance.Next(steps);
            Charging(fleet, i, arrival, arrival + 1 + chance.Next(steps - arrival), chance.Next(1, 40) / 2f, 0);
            fleet.EnergyMin[i] = chance.Next(0, 20) / 2f;
            fleet.EnergyArrival[i] = fleet.EnergyMin[i] + (chance.Next(0, 40) / 4f);
            fleet.EnergyMax[i] = fleet.EnergyArrival[i] + (chance.Next(0, 60) / 4f);
            var reached = Math.Min(fleet.EnergyMax[i] - fleet.EnergyArrival[i], fleet.Steps(i) * fleet.ChargeMax[i] / 4);
            fleet.EnergyTarget[i] = fleet.EnergyArrival[i] + (reached * chance.Next(-2, 5) / 4);
            if (chance.NextDouble() < bothWays) fleet.DischargeMax[i] = chance.Next(1, 40) / 2f;
        }

        return Lossless(fleet, Fleets.Prices(steps, seed + 1, -0.4, 1.2), 0.25);
    }

    private static void Charging(StorageFleet fleet, int i, int arrival, int departure, float power, float room)
    {
        (fleet.Arrival[i], fleet.Departure[i], fleet.ChargeMax[i], fleet.EnergyMax[i]) = ((short)arrival, (short)departure, power, room);
        (fleet.ChargeEfficiency[i], fleet.DischargeEfficiency[i], fleet.ShortfallPenalty[i]) = (1, 1, 100);
    }

    private static FleetProblem Lossless(StorageFleet fleet, double[] prices, double stepHours)
    {
        double[] All(double value) => [.. prices.Select(_ => value)];
        return new FleetProblem(stepHours, prices, prices, All(0), All(1e5), All(1e5), 5, fleet);
    }

    /// <summary>
    /// The largest and the least energy that a lossless fleet takes in any set of steps (a bit mask), kWh: sums of those of its vehicles, by the recursion over prefixes of Mukhi, Loho and Abate (arXiv 2503.23458,
    /// theorem 2), written down from its statement. The data of the published two-step example were not found; the examples here are of our own.
    /// </summary>
    private sealed class Polymatroid(FleetProblem problem)
    {
        private readonly StorageFleet fleet = problem.Vehicles;

        internal double Most(int set) => Enumerable.Range(0, fleet.Count).Sum(i => Most(i, problem.Steps, set));

        internal double Least(int set) => Enumerable.Range(0, fleet.Count).Sum(i => Least(i, problem.Steps, set));

        /// <summary>Cheapest steps first; those below 0 take the most, and then, as energy that nobody needs costs 0, the others the least.</summary>
        internal double LeastCost()
        {
            var (cost, taken, everything) = (0.0, 0, (1 << problem.Steps) - 1);
            foreach (var t in Enumerable.Range(0, problem.Steps).OrderBy(t => problem.Buy[t]))
            {
                var next = taken | (1 << t);
                cost += problem.Buy[t] * (problem.Buy[t] < 0 ? Most(next) - Most(taken) : Least(everything & ~taken) - Least(everything & ~next));
                taken = next;
            }

            return cost;
        }

        private double Most(int i, int steps, int set)
        {
            if (steps == 0) return 0;
            var (within, without) = (Before(steps, set), Before(steps, ~set));
            return Math.Min(
                Most(i, steps - 1, within) + Power(i, steps, set, charge: true),
                Room(i, steps) - Least(i, steps - 1, without) - Power(i, steps, ~set, charge: false));
        }

        private double Least(int i, int steps, int set)
        {
            if (steps == 0) return 0;
            var (within, without) = (Before(steps, set), Before(steps, ~set));
            return Math.Max(
                Least(i, steps - 1, within) + Power(i, steps, set, charge: false),
                Need(i, steps) - Most(i, steps - 1, without) - Power(i, steps, ~set, charge: true));
        }

        private static int Before(int steps, int set) => set & ((1 << (steps - 1)) - 1);

        private double Power(int i, int steps, int set, bool charge) =>
            (set & (1 << (steps - 1))) == 0 || steps - 1 < fleet.Arrival[i] || steps - 1 >= fleet.Departure[i] ? 0 : problem.StepHours * (charge ? fleet.ChargeMax[i] : -fleet.DischargeMax[i]);

        private double Room(int i, int steps) => steps <= fleet.Arrival[i] ? 0 : fleet.EnergyMax[i] - (double)fleet.EnergyArrival[i];

        private double Need(int i, int steps) => steps <= fleet.Arrival[i] ? 0 : (steps >= fleet.Departure[i] ? Math.Max(fleet.EnergyMin[i], fleet.EnergyTarget[i]) : fleet.EnergyMin[i]) - (double)fleet.EnergyArrival[i];
    }
}
