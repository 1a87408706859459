namespace Penstock.Solvers.Fleet;

/// <summary>What a schedule of one vehicle costs besides energy, and where it ends.</summary>
/// <param name="EnergyEnd">Stored at departure, kWh.</param>
internal readonly record struct StayAccount(double Wear, double Shortfall, double Salvage, double Subsidies, double Fees, double EnergyEnd)
{
    /// <summary>Wear + shortfall - salvage - subsidies + discharge fees, expected.</summary>
    internal double Own => Wear + Shortfall - Salvage - Subsidies + Fees;

    /// <param name="schedule">Expected net kW over the stay.</param>
    internal static StayAccount Of(FleetProblem problem, int vehicle, ReadOnlySpan<float> schedule)
    {
        var (fleet, battery) = (problem.Vehicles, problem.Vehicles.Battery(vehicle));
        var chance = fleet.LeaveProbability?[vehicle] ?? 0;
        var (energy, there, wear, shortfall, salvage, subsidies, fees) = (battery.EnergyArrival, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for (var t = 0; t < schedule.Length; t++)
        {
            var change = Change(battery.ChargeEfficiency, battery.DischargeEfficiency, schedule[t] / there * problem.StepHours);
            energy += change;
            wear += there * battery.Wear * Math.Max(0, -change);
            if (problem.DischargeFee is { } fee) fees += fee[fleet.Arrival[vehicle] + t] * Math.Max(0, -schedule[t]) * problem.StepHours;
            var leaving = there * (t == schedule.Length - 1 ? 1 : chance);
            shortfall += leaving * battery.ShortfallPenalty * Math.Max(0, battery.EnergyTarget - energy);
            salvage += leaving * battery.Salvage * Math.Max(0, energy - battery.EnergyTarget);
            there -= leaving;
        }

        foreach (var one in problem.Events) subsidies += one.SubsidyPerKilowattHour * Math.Max(0, Given(problem, vehicle, schedule, one));
        return new StayAccount(wear, shortfall, salvage, subsidies, fees, energy);
    }

    /// <summary>
    /// The schedule that follows the weighted mean of stored energies: feasible because the bounds are convex, and it draws no more than the mean of the powers, because what one schedule charges
    /// and another discharges in the same step cancels without loss. Where the schedules differ in taking part in an event, whose subsidy a mean would lose, one of them is taken.
    /// </summary>
    /// <param name="schedules">Expected net kW over the stay, one after the other.</param>
    /// <param name="draw">In [0, 1): which one is taken; spread evenly over the vehicles of a cell it keeps the sum.</param>
    internal static void Mix(FleetProblem problem, int vehicle, ReadOnlySpan<float> schedules, ReadOnlySpan<double> weights, double draw, Span<float> mixed)
    {
        if (problem.Events.Length > 0 && Differ(problem, vehicle, schedules, weights.Length))
        {
            var k = 0;
            while (k < weights.Length - 1 && draw >= weights[k]) draw -= weights[k++];
            schedules.Slice(k * mixed.Length, mixed.Length).CopyTo(mixed);
            return;
        }

        Mean(problem, vehicle, schedules, weights, mixed);
    }

    /// <summary>Evenly spread draws for the vehicles of a cell: the golden section's multiples.</summary>
    internal static double Draw(int place) => (0.5 + (place * 0.6180339887498949)) % 1;

    private static void Mean(FleetProblem problem, int vehicle, ReadOnlySpan<float> schedules, ReadOnlySpan<double> weights, Span<float> mixed)
    {
        var fleet = problem.Vehicles;
        var (stored, given, there) = ((double)fleet.ChargeEfficiency[vehicle], (double)fleet.DischargeEfficiency[vehicle], 1.0);
        var chance = fleet.LeaveProbability?[vehicle] ?? 0;
        for (var t = 0; t < mixed.Length; t++)
        {
            var change = 0.0;
            for (var k = 0; k < weights.Length; k++) change += weights[k] * Change(stored, given, schedules[(k * mixed.Length) + t] / there);
            mixed[t] = (float)(there * (change > 0 ? change / stored : change * given));
            there *= 1 - chance;
        }
    }

    private static bool Differ(FleetProblem problem, int vehicle, ReadOnlySpan<float> schedules, int count)
    {
        var length = schedules.Length / count;
        foreach (var one in problem.Events)
        {
            var first = Given(problem, vehicle, schedules[..length], one) > 0;
            for (var k = 1; k < count; k++) if (Given(problem, vehicle, schedules.Slice(k * length, length), one) > 0 != first) return true;
        }

        return false;
    }

    /// <summary>Net kWh given to the grid in an event's window.</summary>
    internal static double Given(FleetProblem problem, int vehicle, ReadOnlySpan<float> schedule, SubsidyEvent one)
    {
        var (given, arrival) = (0.0, problem.Vehicles.Arrival[vehicle]);
        for (var t = Math.Max(one.First, arrival); t <= one.Last && t < arrival + schedule.Length; t++) given -= schedule[t - arrival];
        return given * problem.StepHours;
    }

    private static double Change(double chargeEfficiency, double dischargeEfficiency, double moved) => moved > 0 ? moved * chargeEfficiency : moved / dischargeEfficiency;
}
