using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Fleet;

namespace Penstock.Solvers.Flexibility;

/// <summary>
/// What a fleet can change against its reference plan, now and from every later step. Each vehicle changes its own power by a constant and keeps floor, reserves, target at departure and powers; one that leaves
/// or arrives within the time does not count. So the sum is a promise that needs no vehicle to stand in for another: a lower bound of what the fleet can do.
/// The whole's import and export limits cap it; limits of single sites do not, and pile steps are not rounded to. README.md argues.
/// </summary>
public static class FleetFlexibility
{
    /// <summary>Draws that are enough for a 90 % quantile.</summary>
    public const int DrawsUsual = 40;

    public const int DrawsMin = 20;

    public const int DrawsMax = 200;

    /// <summary>If all come and leave as announced.</summary>
    /// <param name="durationHours">Null = <see cref="FlexibilityTable.UsualHours"/>.</param>
    /// <exception cref="ArgumentException">No durations, or too many, or one that is not positive.</exception>
    public static FlexibilityTable AsPlanned(ReferencePlan reference, IReadOnlyList<double>? durationHours = null, ForEach? forEach = null) =>
        Run(reference, null, 0, 0, durationHours, forEach, 0).AsPlanned;

    /// <summary>If arrivals, departures and owners differ from what is announced, in seeded draws.</summary>
    /// <param name="firstNumber">Number of the first vehicle among all groups that are drawn with this seed: days are common to them, vehicles are not.</param>
    /// <exception cref="ArgumentException">Draws, durations or rates are out of range.</exception>
    public static FlexibilityDraws Drawn(
        ReferencePlan reference, FlexibilityUncertainty uncertainty, int seed, int draws = DrawsUsual, IReadOnlyList<double>? durationHours = null, ForEach? forEach = null, int firstNumber = 0)
    {
        if (draws is < DrawsMin or > DrawsMax) throw new ArgumentException($"{draws} draws; {DrawsMin} to {DrawsMax} were expected.", nameof(draws));
        uncertainty.Check();
        return Run(reference, uncertainty, seed, draws, durationHours, forEach, firstNumber);
    }

    private static FlexibilityDraws Run(ReferencePlan reference, FlexibilityUncertainty? uncertainty, int seed, int draws, IReadOnlyList<double>? durationHours, ForEach? forEach, int firstNumber)
    {
        var problem = reference.Problem;
        var hours = durationHours ?? FlexibilityTable.UsualHours;
        if (hours.Count is 0 or > FlexibilityTable.DurationsMax || hours.Any(d => !(d > 0 && d <= 1e6))) throw new ArgumentException($"Durations are 1 to {FlexibilityTable.DurationsMax} numbers of hours above 0.", nameof(durationHours));
        var durations = hours.Select(d => FlexibilityTable.Steps(d, problem.StepHours)).ToArray();
        var days = Enumerable.Range(0, draws).Select(d => uncertainty!.Day(new Draw(seed, d, -1))).ToArray();
        var sums = FleetPass.Sum(reference, draws + 1, (1 + (3 * durations.Length)) * problem.Steps, forEach, () =>
        {
            var one = new OneVehicle(problem, durations);
            return (stay, sum) =>
            {
                one.Measure(stay);
                one.Add(sum[0], problem.Vehicles.Arrival[stay.Vehicle], stay.Steps, takesPart: true);
                for (var d = 0; d < draws; d++)
                {
                    var (at, steps, takesPart) = Stay(problem, stay.Vehicle, uncertainty!, days[d], new Draw(seed, d, firstNumber + stay.Vehicle));
                    one.Add(sum[d + 1], at, steps, takesPart);
                }
            };
        });
        var tables = sums.Select(s => Table(reference, hours, durations, s)).ToArray();
        return new FlexibilityDraws(tables[0], tables[1..]);
    }

    /// <summary>When a vehicle comes in a draw and how long it stays; a stay is moved as a whole, with its schedule.</summary>
    private static (int Arrival, int Steps, bool TakesPart) Stay(FleetProblem problem, int vehicle, FlexibilityUncertainty uncertainty, DayRates day, Draw draw)
    {
        var (fleet, announced) = (problem.Vehicles, (int)problem.Vehicles.Arrival[vehicle]);
        var steps = fleet.Steps(vehicle);
        if (vehicle >= uncertainty.CertainFrom) return (announced, steps, true);
        var (optsOut, comes, shift, stays) = (draw.Next() < day.OptOut, draw.Next() >= day.NoShow, draw.Next(), draw.Next());
        var usual = uncertainty.LeavePerStep > 0 ? day.LeavePerStep / uncertainty.LeavePerStep : 1;
        var leaves = fleet.LeaveProbability?[vehicle] is { } own ? Math.Min(0.99, own * (uncertainty.Days.Count > 0 ? 1 : usual)) : day.LeavePerStep;
        if (leaves > 0) steps = (int)Math.Min(steps, 1 + Math.Floor(Math.Log(1 - stays) / Math.Log(1 - leaves)));
        if (announced == 0) return (0, steps, !optsOut);
        if (!comes) return (0, 0, false);
        var moved = announced + (int)Math.Round(day.ShiftSteps) + (int)Math.Floor(shift * ((2 * uncertainty.ShiftStepsMax) + 1)) - uncertainty.ShiftStepsMax;
        return (Math.Clamp(moved, 1, problem.Steps), steps, !optsOut); // who is here now is known
    }

    private static FlexibilityTable Table(ReferencePlan reference, IReadOnlyList<double> hours, int[] durations, double[] sum)
    {
        var (problem, steps) = (reference.Problem, reference.Problem.Steps);
        double[][] All(int offset) => [.. durations.Select((d, k) => sum.AsSpan((1 + (3 * k) + offset) * steps, Math.Max(0, steps - d + 1)).ToArray())];
        return new FlexibilityTable(hours, All(0), All(1), All(2)) { Net = sum[..steps] }.Within(reference.Besides, problem.ImportMax, problem.ExportMax, problem.StepHours);
    }

    /// <summary>Reference power, and for each duration discharge, charge and block, of one vehicle from each step of its stay.</summary>
    private sealed class OneVehicle(FleetProblem problem, int[] durations)
    {
        private readonly float[] values = new float[(1 + (3 * durations.Length)) * problem.Steps];
        private readonly int[] shortestFirst = [.. Enumerable.Range(0, durations.Length).OrderBy(k => durations[k])];
        private int length;

        internal void Measure(StayEnergy stay)
        {
            length = stay.Steps;
            stay.Net.CopyTo(values, 0);
            for (var n = 0; n < length; n++)
            {
                var (discharge, charge) = (double.PositiveInfinity, double.PositiveInfinity);
                foreach (var k in shortestFirst)
                {
                    var steps = durations[k];
                    if (n + steps > length) break;
                    discharge = discharge > 0 ? Deviation.Discharge(stay, n, steps, discharge) : 0;
                    charge = charge > 0 ? Deviation.Charge(stay, n, steps, charge) : 0;
                    Values(k, 0)[n] = (float)discharge;
                    Values(k, 1)[n] = (float)charge;
                    Values(k, 2)[n] = (float)(stay.DischargeMax > 0 ? Math.Min(stay.DischargeMax, stay.Spare(n, steps) / (steps * problem.StepHours)) : 0);
                }
            }
        }

        /// <param name="present">Steps that it stays, at most the announced ones.</param>
        internal void Add(double[] sum, int at, int present, bool takesPart)
        {
            var last = Math.Min(present, problem.Steps - at);
            for (var n = 0; n < last; n++) sum[at + n] += values[n];
            if (!takesPart) return;
            for (var k = 0; k < durations.Length; k++)
            {
                var starts = last - durations[k] + 1;
                for (var q = 0; q < 3; q++)
                {
                    var from = Values(k, q);
                    var to = sum.AsSpan(((1 + (3 * k) + q) * problem.Steps) + at);
                    for (var n = 0; n < starts; n++) to[n] += from[n];
                }
            }
        }

        private Span<float> Values(int duration, int quantity) => values.AsSpan((1 + (3 * duration) + quantity) * length, length);
    }
}

/// <summary>Flexibility in seeded draws of arrivals, departures and owners.</summary>
/// <param name="AsPlanned">If all come and leave as announced.</param>
/// <param name="Draws">One table per draw.</param>
public sealed record FlexibilityDraws(FlexibilityTable AsPlanned, IReadOnlyList<FlexibilityTable> Draws)
{
    /// <summary>What is reached or exceeded in at least this share of the draws: 0.5 = P50, 0.9 = P90; a bid takes 0.95, the 5 % quantile. Each figure for itself.</summary>
    /// <exception cref="ArgumentException">The share is not in (0, 1].</exception>
    public FlexibilityTable Exceeded(double share)
    {
        if (share is not (> 0 and <= 1)) throw new ArgumentException($"The share is {share}; above 0 to 1 was expected.", nameof(share));
        var rank = Math.Max(0, Draws.Count - (int)Math.Ceiling((share * Draws.Count) - 1e-9));
        double[][] Of(Func<FlexibilityTable, double[][]> quantity) =>
            [.. quantity(AsPlanned).Select((planned, k) => planned.Select((_, t) => Draws.Select(d => quantity(d)[k][t]).Order().ElementAt(rank)).ToArray())];
        return new FlexibilityTable(AsPlanned.DurationHours, Of(t => t.Discharge), Of(t => t.Charge), Of(t => t.Block)) { Net = AsPlanned.Net };
    }

    /// <summary>Of two groups, draw by draw.</summary>
    public static FlexibilityDraws operator +(FlexibilityDraws a, FlexibilityDraws b) => new(a.AsPlanned + b.AsPlanned, [.. a.Draws.Zip(b.Draws, (x, y) => x + y)]);

    /// <inheritdoc cref="FlexibilityTable.Within"/>
    public FlexibilityDraws Within(double[] besides, double[] importMax, double[] exportMax, double stepHours) =>
        new(AsPlanned.Within(besides, importMax, exportMax, stepHours), [.. Draws.Select(d => d.Within(besides, importMax, exportMax, stepHours))]);
}
