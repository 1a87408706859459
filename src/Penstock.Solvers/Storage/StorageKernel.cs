namespace Penstock.Solvers.Storage;

/// <summary>
/// The exact optimum of one battery against given prices: dynamic programming over a convex piecewise linear value function, kept as sorted slopes
/// with lengths. See README.md for the proof idea. Allocates nothing; the caller owns the workspace.
/// </summary>
public static class StorageKernel
{
    /// <summary>Doubles of workspace for a stay of <paramref name="steps"/>: two arrays of at most 2 + 2 steps segments.</summary>
    public static int Workspace(int steps) => 2 * ((2 * steps) + 4);

    /// <summary>
    /// Finds the schedule of least cost. <paramref name="chargeUpTo"/> and <paramref name="dischargeDownTo"/> are the policy: charge while the stored energy is
    /// below the first, discharge while it is above the second.
    /// </summary>
    /// <param name="buy">Price paid per kWh charged, per step; its length is the number of steps.</param>
    /// <param name="sell">Price received per kWh discharged, per step.</param>
    /// <param name="power">Result: net kW per step, positive = charging.</param>
    /// <returns>Cost: energy bought - sold + wear + shortfall - salvage.</returns>
    public static double Solve(
        in StorageProblem battery, ReadOnlySpan<double> buy, ReadOnlySpan<double> sell, double stepHours,
        Span<double> chargeUpTo, Span<double> dischargeDownTo, Span<double> power, Span<double> workspace)
    {
        if (IsConvex(battery, buy, sell))
        {
            Backward(battery, buy, sell, stepHours, charge: true, discharge: true, chargeUpTo, dischargeDownTo, workspace);
            return Forward(battery, buy, sell, stepHours, chargeUpTo, dischargeDownTo, power);
        }

        // Selling a kWh for more than buying it back costs: charging and discharging would pay at once. The better of the two single modes is physical.
        var chargeOnly = Single(battery, buy, sell, stepHours, charge: true, chargeUpTo, dischargeDownTo, power, workspace);
        var dischargeOnly = Single(battery, buy, sell, stepHours, charge: false, chargeUpTo, dischargeDownTo, power, workspace);
        return dischargeOnly < chargeOnly ? dischargeOnly : Single(battery, buy, sell, stepHours, charge: true, chargeUpTo, dischargeDownTo, power, workspace);
    }

    /// <summary>True when in every step a kWh through the battery costs more than it earns: then the value function stays convex.</summary>
    public static bool IsConvex(in StorageProblem battery, ReadOnlySpan<double> buy, ReadOnlySpan<double> sell)
    {
        if (battery.DischargeMax <= 0) return true;
        for (var t = 0; t < buy.Length; t++)
        {
            if (ChargeSlope(battery, buy[t]) > DischargeSlope(battery, sell[t])) return false;
        }

        return true;
    }

    private static double Single(
        in StorageProblem battery, ReadOnlySpan<double> buy, ReadOnlySpan<double> sell, double stepHours, bool charge,
        Span<double> chargeUpTo, Span<double> dischargeDownTo, Span<double> power, Span<double> workspace)
    {
        Backward(battery, buy, sell, stepHours, charge, !charge, chargeUpTo, dischargeDownTo, workspace);
        return Forward(battery, buy, sell, stepHours, chargeUpTo, dischargeDownTo, power);
    }

    // Slopes of the value function at which charging, or not discharging, begins to pay.
    private static double ChargeSlope(in StorageProblem battery, double buy) => -buy / battery.ChargeEfficiency;

    private static double DischargeSlope(in StorageProblem battery, double sell) => -((sell * battery.DischargeEfficiency) - battery.Wear);

    private static void Backward(
        in StorageProblem battery, ReadOnlySpan<double> buy, ReadOnlySpan<double> sell, double stepHours, bool charge, bool discharge,
        Span<double> chargeUpTo, Span<double> dischargeDownTo, Span<double> workspace)
    {
        var low = Math.Min(battery.EnergyMin, battery.EnergyArrival);
        var high = Math.Max(battery.EnergyMax, battery.EnergyArrival);
        var into = charge ? battery.ChargeMax * stepHours * battery.ChargeEfficiency : 0;
        var outOf = discharge ? battery.DischargeMax * stepHours / battery.DischargeEfficiency : 0;
        var value = new SlopeList(workspace, low, high);
        var target = Math.Clamp(battery.EnergyTarget, low, high);
        value.Append(-battery.ShortfallPenalty, target - low);
        value.Append(-battery.Salvage, high - target);
        for (var t = buy.Length - 1; t >= 0; t--)
        {
            var x1 = ChargeSlope(battery, buy[t]);
            var x2 = DischargeSlope(battery, sell[t]);
            chargeUpTo[t] = charge ? Math.Max(low + value.LengthBelow(x1), Math.Min(battery.EnergyMin, high)) : low;
            dischargeDownTo[t] = discharge ? Math.Max(low + value.LengthBelow(x2), battery.EnergyMin) : high;
            value.Convolve(x1, into, x2, outOf);
        }
    }

    private static double Forward(
        in StorageProblem battery, ReadOnlySpan<double> buy, ReadOnlySpan<double> sell, double stepHours,
        ReadOnlySpan<double> chargeUpTo, ReadOnlySpan<double> dischargeDownTo, Span<double> power)
    {
        var into = battery.ChargeMax * stepHours * battery.ChargeEfficiency;
        var outOf = battery.DischargeMax * stepHours / battery.DischargeEfficiency;
        var energy = battery.EnergyArrival;
        var cost = 0.0;
        for (var t = 0; t < buy.Length; t++)
        {
            var charged = Math.Clamp(chargeUpTo[t] - energy, 0, into);
            var drawn = charged > 0 ? 0 : Math.Clamp(energy - dischargeDownTo[t], 0, outOf);
            energy += charged - drawn;
            var bought = charged / battery.ChargeEfficiency;
            var sold = drawn * battery.DischargeEfficiency;
            power[t] = (bought - sold) / stepHours;
            cost += (buy[t] * bought) - (sell[t] * sold) + (battery.Wear * drawn);
        }

        return cost + (battery.ShortfallPenalty * Math.Max(0, battery.EnergyTarget - energy)) - (battery.Salvage * Math.Max(0, energy - battery.EnergyTarget));
    }
}
