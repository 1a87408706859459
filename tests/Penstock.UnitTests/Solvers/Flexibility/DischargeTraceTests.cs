using CsCheck;
using Google.OrTools.LinearSolver;
using Penstock.Solvers.Flexibility;
using Penstock.UnitTests.Solvers.Fleet;

namespace Penstock.UnitTests.Solvers.Flexibility;

public sealed class DischargeTraceTests
{
    private const double StepHours = 0.25;

    private static readonly Gen<(int Vehicles, int Steps, int Seed)> Small = Gen.Select(Gen.Int[1, 7], Gen.Int[1, 8], Gen.Int[0, 1_000_000]);

    [Fact]
    public void Two_vehicles_by_hand()
    {
        // 10 kW for 2 h and 20 kW for 0.5 h: R = 30 kW until 0.5 h, 10 kW until 2 h
        var trace = DischargeTrace.Of([10, 20], [20, 10], 4);
        Assert.Equal([30, 30, 10, 10, 0], new[] { 0, 0.5, 0.6, 2, 2.1 }.Select(trace.Kilowatts));
        Assert.Equal([15, 20, 30, 30], new[] { 0.5, 1, 2, 4 }.Select(trace.KilowattHours));
        Assert.Equal([30, 20, 15, 7.5], new[] { 0.5, 1, 2, 4 }.Select(trace.LargestBlock));
        Assert.Equal([0, 0.5, 1, 2, 4, 4], new[] { 31, 30, 20, 15, 7.5, 0 }.Select(trace.LongestHours));
        Assert.True(trace.IsFeasible([10, 30, 10, 30], StepHours)); // the peaks need not come first
        Assert.False(trace.IsFeasible([30, 30, 30], StepHours));
        Assert.False(trace.IsFeasible([30.1], StepHours));
        Assert.True(trace.IsFeasible([], StepHours));
    }

    [Fact]
    public void The_largest_scale_of_a_request_is_that_of_a_linear_programme() => Small.Sample(s =>
    {
        var (power, energy, request) = Draw(s);
        var trace = DischargeTrace.Of(power, energy, s.Steps * StepHours);
        var most = LargestScale(power, energy, request);
        Assert.True(trace.IsFeasible(Scaled(request, most * (1 - 1e-6)), StepHours));
        Assert.False(trace.IsFeasible(Scaled(request, (most * (1 + 1e-6)) + 1e-6), StepHours));
        Assert.Equal(most, Scale(trace, request), 1e-5 * (1 + most));
    },
    iter: 300);

    [Fact]
    public void The_condition_holds_level_by_level() => Small.Sample(s =>
    {
        var (power, energy, request) = Draw(s);
        var trace = DischargeTrace.Of(power, energy, s.Steps * StepHours);
        foreach (var scale in new[] { 0.5, 0.9, 1.1, 2 })
        {
            var asked = Scaled(request, scale * Scale(trace, request));
            Assert.Equal(LevelByLevel(power, energy, asked), trace.IsFeasible(asked, StepHours));
        }
    },
    iter: 200);

    [Fact]
    public void Most_time_to_go_first_delivers_every_feasible_request() => Small.Sample(s =>
    {
        var (power, energy, request) = Draw(s);
        var trace = DischargeTrace.Of(power, energy, s.Steps * StepHours);
        var asked = Scaled(request, Scale(trace, request));
        Assert.Equal(0, Undelivered(power, energy, asked), 1e-6 * (1 + asked.Sum()));
        Assert.True(Undelivered(power, energy, Scaled(asked, 1.01)) > 0);
    },
    iter: 300);

    [Fact]
    public void Blocks_and_durations_are_each_others_inverse() => Small.Sample(s =>
    {
        var (power, energy, _) = Draw(s);
        var trace = DischargeTrace.Of(power, energy, s.Steps * StepHours);
        for (var k = 1; k <= s.Steps; k++)
        {
            var block = trace.LargestBlock(k * StepHours);
            if (block <= 0) continue;
            Assert.True(trace.IsFeasible([.. Enumerable.Repeat(block, k)], StepHours));
            Assert.False(trace.IsFeasible([.. Enumerable.Repeat((block * 1.0001) + 1e-6, k)], StepHours));
            Assert.True(trace.LongestHours(block) >= (k * StepHours) - 1e-6);
            Assert.True(trace.LongestHours((block * 1.0001) + 1e-6) < k * StepHours);
        }
    },
    iter: 200);

    [Fact]
    public void Only_vehicles_that_stay_through_the_window_count_and_only_what_their_target_spares()
    {
        // A and B stay 16 steps, B is needed full; C leaves after 8, D comes at 2
        var fleet = Fleets.Pick(FleetFlexibilityTests.Vehicle(16).Vehicles, [0, 0, 0, 0]);
        fleet.EnergyTarget[1] = 60;
        (fleet.Departure[2], fleet.Arrival[3]) = (8, 2);
        var problem = FleetFlexibilityTests.Vehicle(16) with { Vehicles = fleet };
        var idle = ReferencePlan.Of(problem, i => i == 1 ? [.. Enumerable.Repeat(0f, 8), .. Enumerable.Repeat(10f, 8)] : new float[fleet.Steps(i)]);
        var trace = DischargeTrace.Of(idle, 0, 8);
        Assert.Equal(10, trace.Kilowatts(0.1)); // A alone: B must begin to charge at the end of the window, C is gone by then though its target would spare nothing, D is not there
        Assert.Equal(10, trace.LargestBlock(2), 5); // 20 kWh, which the 8 steps after it bring back
        Assert.Equal(30, DischargeTrace.Of(idle, 0, 4).Kilowatts(0.1)); // for one hour B and C can give and be back in time
        Assert.Equal(20, DischargeTrace.Of(idle, 2, 8).Kilowatts(0.1)); // A and D
        Assert.Throws<ArgumentException>(() => DischargeTrace.Of(idle, 10, 7));
    }

    [Fact]
    public void What_the_window_spares_can_be_given_and_brought_back() => Gen.Select(Gen.Int[1, 8], Gen.Int[4, 30], Gen.Int[0, 1_000_000]).Sample((count, steps, seed) =>
    {
        var problem = Fleets.Problem(Fleets.Random(count, steps, seed), steps, seed);
        var fleet = problem.Vehicles;
        var reference = ReferencePlan.Uncontrolled(problem);
        var (first, length) = (seed % steps, 1 + (seed % (steps - (seed % steps))));
        var expected = 0.0;
        for (var i = 0; i < count; i++)
        {
            if (fleet.DischargeMax[i] <= 0 || fleet.Arrival[i] > first || fleet.Departure[i] < first + length) continue;
            var (battery, schedule, energy) = (fleet.Battery(i), ReferencePlan.UncontrolledSchedule(fleet, i, StepHours), (double)fleet.EnergyArrival[i]);
            for (var t = fleet.Arrival[i]; t < first; t++) energy += StepHours * battery.ChargeEfficiency * schedule[t - fleet.Arrival[i]];
            var end = energy;
            for (var t = first; t < fleet.Departure[i]; t++) end += StepHours * battery.ChargeEfficiency * schedule[t - fleet.Arrival[i]];
            var goal = Math.Max(Math.Min(battery.EnergyTarget, end), Math.Min(battery.EnergyMin, end));
            var needed = goal - ((fleet.Departure[i] - first - length) * StepHours * battery.ChargeMax * battery.ChargeEfficiency);
            expected += Math.Min(battery.DischargeMax * length * StepHours, Math.Max(0, energy - Math.Max(needed, Math.Min(battery.EnergyMin, energy))) * battery.DischargeEfficiency);
        }

        Assert.Equal(expected, DischargeTrace.Of(reference, first, length).KilowattHours(length * StepHours), 1e-3);
    },
    iter: 200);

    [Fact]
    public void What_cannot_be_is_refused()
    {
        var trace = DischargeTrace.Of([10], [10], 1);
        Assert.Throws<ArgumentException>(() => trace.IsFeasible([1, 1, 1, 1, 1], StepHours));
        Assert.Throws<ArgumentException>(() => trace.IsFeasible([-1], StepHours));
        Assert.Throws<ArgumentException>(() => trace.LargestBlock(1.1));
        Assert.Throws<ArgumentException>(() => DischargeTrace.Of([10], [10, 10], 1));
        Assert.Throws<ArgumentException>(() => DischargeTrace.Of([-10], [10], 1));
    }

    private static (double[] Power, double[] Energy, double[] Request) Draw((int Vehicles, int Steps, int Seed) s)
    {
        var chance = new Random(s.Seed);
        double[] power = [.. Enumerable.Range(0, s.Vehicles).Select(_ => chance.Next(5) == 0 ? 0 : Fleets.Between(chance, 1, 20))];
        double[] energy = [.. Enumerable.Range(0, s.Vehicles).Select(_ => chance.Next(6) == 0 ? 0 : Fleets.Between(chance, 0, 30))];
        if (s.Vehicles > 2 && chance.Next(3) == 0) (power[1], energy[1]) = (power[0] * 2, energy[0] * 2); // the same time to go
        (power[0], energy[0]) = (5, 4); // something can be given
        return (power, energy, [1, .. Enumerable.Range(1, s.Steps - 1).Select(_ => chance.Next(4) == 0 ? 0 : Fleets.Between(chance, 0.1, 10))]);
    }

    private static double[] Scaled(double[] request, double scale) => Array.ConvertAll(request, r => r * scale);

    /// <summary>The largest feasible multiple by bisection over the trace's answer.</summary>
    private static double Scale(DischargeTrace trace, double[] request)
    {
        var (low, high) = (0.0, 1e4);
        for (var n = 0; n < 100; n++) (low, high) = trace.IsFeasible(Scaled(request, (low + high) / 2), StepHours) ? ((low + high) / 2, high) : (low, (low + high) / 2);
        return low;
    }

    private static double LargestScale(double[] power, double[] energy, double[] request)
    {
        using var lp = Solver.CreateSolver("GLOP");
        var scale = lp.MakeNumVar(0, 1e4, "");
        var steps = request.Select(_ => lp.MakeConstraint(0, 0)).ToArray();
        for (var t = 0; t < request.Length; t++) steps[t].SetCoefficient(scale, -request[t]);
        for (var i = 0; i < power.Length; i++)
        {
            var all = lp.MakeConstraint(double.NegativeInfinity, energy[i]);
            foreach (var step in steps)
            {
                var given = lp.MakeNumVar(0, power[i], "");
                step.SetCoefficient(given, 1);
                all.SetCoefficient(given, StepHours);
            }
        }

        lp.Maximize(scale);
        Assert.Equal(Solver.ResultStatus.OPTIMAL, lp.Solve());
        return scale.SolutionValue();
    }

    /// <summary>The condition as it is written: energy above every level, which is piecewise linear in the level, at all its kinks.</summary>
    private static bool LevelByLevel(double[] power, double[] energy, double[] request)
    {
        var which = Enumerable.Range(0, power.Length).Where(i => power[i] > 0 && energy[i] > 0).OrderBy(i => energy[i] / power[i]).ToArray();
        var (pieces, before) = (new List<(double Hours, double Kilowatts)>(), 0.0);
        for (var n = 0; n < which.Length; n++)
        {
            var until = energy[which[n]] / power[which[n]];
            pieces.Add((until - before, which[n..].Sum(i => power[i])));
            before = until;
        }

        return pieces.Select(p => p.Kilowatts).Concat(request).Append(0).All(level =>
            request.Sum(r => StepHours * Math.Max(0, r - level)) <= pieces.Sum(p => p.Hours * Math.Max(0, p.Kilowatts - level)) + 1e-7);
    }

    /// <summary>Each step levels the longest times to go down to one height, which is what switching between vehicles without end would do; kWh that are not delivered.</summary>
    private static double Undelivered(double[] power, double[] energy, double[] request)
    {
        var (toGo, missed) = (power.Select((p, i) => p > 0 ? energy[i] / p : 0).ToArray(), 0.0);
        foreach (var kilowatts in request)
        {
            double After(int i, double level) => Math.Clamp(level, Math.Max(0, toGo[i] - StepHours), toGo[i]);
            double Given(double level) => Enumerable.Range(0, power.Length).Sum(i => power[i] * (toGo[i] - After(i, level)));
            var (low, high) = (0.0, toGo.Max());
            for (var n = 0; n < 100; n++) (low, high) = Given((low + high) / 2) >= kilowatts * StepHours ? ((low + high) / 2, high) : (low, (low + high) / 2);
            missed += Math.Max(0, (kilowatts * StepHours) - Given(low));
            toGo = [.. toGo.Select((_, i) => After(i, low))];
        }

        return missed;
    }
}
