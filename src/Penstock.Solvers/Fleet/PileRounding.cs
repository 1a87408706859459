namespace Penstock.Solvers.Fleet;

/// <summary>
/// Rounds schedules to what piles take: multiples of a step (1 A, 0.1 kW), nothing below a minimum current. A vehicle follows its planned energy, so that what one step rounds off the next ones bring; where in a
/// step rounding turns up differs from vehicle to vehicle, so that sums keep. Bounds hold; the target is met where the plan meets it and a pile can.
/// </summary>
internal static class PileRounding
{
    internal static bool Applies(StorageFleet fleet, int vehicle) => fleet.PowerStep?[vehicle] > 0 || fleet.PowerMin?[vehicle] > 0;

    /// <param name="schedule">Expected net kW over the stay; rounded in place.</param>
    /// <param name="draw">In [0, 1), different from vehicle to vehicle.</param>
    internal static void Round(FleetProblem problem, int vehicle, Span<float> schedule, double draw)
    {
        var (fleet, h, battery) = (problem.Vehicles, problem.StepHours, problem.Vehicles.Battery(vehicle));
        var (step, least) = (Math.Max(1e-6, fleet.PowerStep?[vehicle] ?? 0), fleet.PowerMin?[vehicle] ?? 0);
        var chance = fleet.LeaveProbability?[vehicle] ?? 0;
        var (planned, stored, there) = (battery.EnergyArrival, battery.EnergyArrival, 1.0);
        for (var t = 0; t < schedule.Length; t++, there *= 1 - chance)
        {
            planned += Change(schedule[t] / there);
            var wish = Math.Clamp(Power(planned - stored), -battery.DischargeMax, battery.ChargeMax);
            var (below, above) = Levels(wish, step, least, battery.ChargeMax, battery.DischargeMax);
            var last = t == schedule.Length - 1;
            var up = above > below && (wish - below) / (above - below) > (draw + (t * 0.6180339887498949)) % 1;
            if (last && planned >= battery.EnergyTarget - 1e-3 && stored + Change(below) < battery.EnergyTarget - 1e-6) up = true;
            var chosen = up ? above : below;
            if (!Fits(chosen)) chosen = Fits(up ? below : above) ? (up ? below : above) : 0;
            stored += Change(chosen);
            schedule[t] = (float)(there * chosen);
        }

        double Change(double kw) => kw > 0 ? kw * h * battery.ChargeEfficiency : kw * h / battery.DischargeEfficiency;

        double Power(double energy) => energy > 0 ? energy / battery.ChargeEfficiency / h : energy * battery.DischargeEfficiency / h;

        bool Fits(double kw) => kw == 0 || (kw > 0 ? stored + Change(kw) <= Math.Max(battery.EnergyMax, stored) + 1e-6 && kw <= battery.ChargeMax + 1e-6
            : stored + Change(kw) >= battery.EnergyMin - 1e-6 && -kw <= battery.DischargeMax + 1e-6);
    }

    /// <summary>The nearest levels at and below, and above, a wish.</summary>
    private static (double Below, double Above) Levels(double wish, double step, double least, double chargeMax, double dischargeMax)
    {
        var first = Math.Ceiling((least / step) - 1e-9) * step; // the least level that is not 0
        double Level(double k)
        {
            var level = k * step;
            return Math.Abs(level) >= first - 1e-9 ? level : 0;
        }

        var (low, high) = (Math.Floor((wish / step) + 1e-9), Math.Ceiling((wish / step) - 1e-9));
        var (below, above) = (Level(low), Level(high));
        if (wish > 0 && wish < first) (below, above) = (0, first);
        if (wish < 0 && wish > -first) (below, above) = (-first, 0);
        return (below < -dischargeMax - 1e-6 ? above : below, above > chargeMax + 1e-6 ? below : above);
    }
}
