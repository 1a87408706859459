namespace Penstock.Solvers.Storage;

/// <summary>
/// The exact optimum of one battery against given prices: dynamic programming over a convex piecewise linear value function, kept as sorted slopes with lengths.
/// README.md has the proof idea. Allocates nothing; the caller owns the workspace.
/// </summary>
public static class StorageKernel
{
    /// <summary>What a step may do where charging and discharging at once would pay.</summary>
    private enum WherePumping
    {
        /// <summary>Both at once: no battery can, but no battery does better.</summary>
        Both, ChargeOnly, DischargeOnly,
    }

    /// <summary>Doubles of workspace for a stay of <paramref name="steps"/>: slopes and lengths of at most two segments a step and a kink.</summary>
    public static int Workspace(int steps) => 2 * ((3 * steps) + 4);

    /// <summary>
    /// Finds the schedule of least cost. <paramref name="chargeUpTo"/> and <paramref name="dischargeDownTo"/> are the policy: charge while the stored energy is
    /// below the first, discharge while it is above the second; it stays optimal from any stored energy.
    /// </summary>
    /// <param name="buy">Price paid per kWh charged, per step; its length is the number of steps.</param>
    /// <param name="sell">Price received per kWh discharged, per step.</param>
    /// <param name="power">Result: net kW per step, positive = charging; with leave probabilities: while the vehicle is there.</param>
    /// <returns>Expected cost: energy bought - sold + wear + shortfall - salvage.</returns>
    public static StorageCost Solve(
        in StorageProblem battery, ReadOnlySpan<double> buy, ReadOnlySpan<double> sell, double stepHours,
        Span<double> chargeUpTo, Span<double> dischargeDownTo, Span<double> power, Span<double> workspace, in StorageSteps steps = default)
    {
        var run = new Run(battery, buy, sell, stepHours, steps);
        if (IsConvex(battery, buy, sell))
        {
            run.Backward(WherePumping.Both, chargeUpTo, dischargeDownTo, workspace);
            var exact = run.Forward(WherePumping.Both, chargeUpTo, dischargeDownTo, power);
            return new StorageCost(exact, exact);
        }

        run.Backward(WherePumping.Both, chargeUpTo, dischargeDownTo, workspace);
        var bound = run.Forward(WherePumping.Both, chargeUpTo, dischargeDownTo, power);
        run.Backward(WherePumping.DischargeOnly, chargeUpTo, dischargeDownTo, workspace);
        var discharging = run.Forward(WherePumping.DischargeOnly, chargeUpTo, dischargeDownTo, power);
        run.Backward(WherePumping.ChargeOnly, chargeUpTo, dischargeDownTo, workspace);
        var cost = run.Forward(WherePumping.ChargeOnly, chargeUpTo, dischargeDownTo, power);
        if (discharging < cost)
        {
            run.Backward(WherePumping.DischargeOnly, chargeUpTo, dischargeDownTo, workspace);
            cost = run.Forward(WherePumping.DischargeOnly, chargeUpTo, dischargeDownTo, power);
        }

        return new StorageCost(cost, Math.Min(bound, cost));
    }

    /// <summary>True when in every step a kWh through the battery costs more than it earns: then one of the two runs decides and the optimum is exact.</summary>
    public static bool IsConvex(in StorageProblem battery, ReadOnlySpan<double> buy, ReadOnlySpan<double> sell)
    {
        if (battery.DischargeMax <= 0) return true;
        for (var t = 0; t < buy.Length; t++)
        {
            if (ChargeSlope(battery, buy[t]) > DischargeSlope(battery, sell[t])) return false;
        }

        return true;
    }

    // Slopes of the value function at which charging, or not discharging, begins to pay.
    private static double ChargeSlope(in StorageProblem battery, double buy) => -buy / battery.ChargeEfficiency;

    private static double DischargeSlope(in StorageProblem battery, double sell) => battery.Wear - (sell * battery.DischargeEfficiency);

    private readonly ref struct Run(StorageProblem battery, ReadOnlySpan<double> buy, ReadOnlySpan<double> sell, double stepHours, StorageSteps steps)
    {
        private readonly StorageProblem battery = battery;
        private readonly ReadOnlySpan<double> buy = buy;
        private readonly ReadOnlySpan<double> sell = sell;
        private readonly StorageSteps steps = steps;
        private readonly double into = battery.ChargeMax * stepHours * battery.ChargeEfficiency;
        private readonly double outOf = battery.DischargeMax * stepHours / battery.DischargeEfficiency;
        private readonly double high = Math.Max(battery.EnergyMax, battery.EnergyArrival);

        internal void Backward(WherePumping where, Span<double> chargeUpTo, Span<double> dischargeDownTo, Span<double> workspace)
        {
            var last = buy.Length - 1;
            if (last < 0) return;
            var value = new SlopeList(workspace, Floor(last), high);
            var target = Math.Clamp(battery.EnergyTarget, value.Low, value.High);
            value.Append(-battery.ShortfallPenalty, target - value.Low);
            value.Append(-battery.Salvage, value.High - target);
            for (var t = last; t >= 0; t--)
            {
                if (t < last && Leaves(t) is > 0 and var chance) value.Mix(chance, battery.EnergyTarget, -battery.ShortfallPenalty, -battery.Salvage);
                var (x1, x2) = (ChargeSlope(battery, buy[t]), DischargeSlope(battery, sell[t]));
                chargeUpTo[t] = Into(t, where) < into ? value.Low : value.Where(x1); // only up to the floor where it may not charge to earn
                dischargeDownTo[t] = value.Where(x2);
                value.Convolve(x1, Into(t, where), x2, OutOf(t, where));
                if (t > 0) value.Trim(Floor(t - 1), high);
            }
        }

        internal double Forward(WherePumping where, ReadOnlySpan<double> chargeUpTo, ReadOnlySpan<double> dischargeDownTo, Span<double> power)
        {
            var (energy, cost, there) = (battery.EnergyArrival, 0.0, 1.0);
            for (var t = 0; t < buy.Length; t++)
            {
                var (charged, drawn) = Moved(where, t, energy, chargeUpTo[t], dischargeDownTo[t]);
                energy += charged - drawn;
                var (bought, sold) = (charged / battery.ChargeEfficiency, drawn * battery.DischargeEfficiency);
                power[t] = (bought - sold) / stepHours;
                cost += there * ((buy[t] * bought) - (sell[t] * sold) + (battery.Wear * drawn));
                var chance = t == buy.Length - 1 ? 1 : Leaves(t);
                cost += there * chance * battery.AtDeparture(energy);
                there *= 1 - chance;
            }

            return buy.Length == 0 ? battery.AtDeparture(energy) : cost;
        }

        private (double Charged, double Drawn) Moved(WherePumping where, int t, double energy, double chargeUpTo, double dischargeDownTo)
        {
            var outOf = OutOf(t, where);
            if (where == WherePumping.Both && Pumps(t))
            {
                var charging = Math.Clamp(chargeUpTo - (energy - outOf), 0, into); // from full discharge: first charge, then discharge less
                return (charging, outOf - Math.Clamp(dischargeDownTo - (energy - outOf + charging), 0, outOf));
            }

            var charged = Math.Clamp(chargeUpTo - energy, 0, into);
            return (charged, charged > 0 ? 0 : Math.Clamp(energy - dischargeDownTo, 0, outOf));
        }

        private bool Pumps(int t) => battery.DischargeMax > 0 && ChargeSlope(battery, buy[t]) > DischargeSlope(battery, sell[t]);

        private double Into(int t, WherePumping where) => where == WherePumping.DischargeOnly && Pumps(t) ? 0 : into;

        private double OutOf(int t, WherePumping where) => where == WherePumping.ChargeOnly && Pumps(t) ? 0 : outOf;

        private double Floor(int t) => Math.Min(high, steps.EnergyMin.IsEmpty ? battery.EnergyMin : steps.EnergyMin[t]);

        private double Leaves(int t) => steps.LeaveProbability.IsEmpty ? 0 : steps.LeaveProbability[t];
    }
}
