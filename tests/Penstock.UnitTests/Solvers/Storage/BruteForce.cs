using Penstock.Solvers.Storage;

namespace Penstock.UnitTests.Solvers.Storage;

/// <summary>Every schedule that moves whole kWh of stored energy. With whole bounds, targets and limits some optimum is among them, so the least cost is exact.</summary>
internal static class BruteForce
{
    /// <param name="floor">Floor at the end of each step; below it only what charges most is allowed.</param>
    /// <param name="leave">Probability of leaving at the end of each step.</param>
    internal static double Cost(in StorageProblem battery, double[] buy, double[] sell, double[]? floor = null, double[]? leave = null) =>
        From(battery, buy, sell, floor ?? [], floor is null, leave ?? new double[buy.Length], 0, battery.EnergyArrival);

    private static double From(in StorageProblem battery, double[] buy, double[] sell, double[] floor, bool constant, double[] leave, int step, double energy)
    {
        if (step == buy.Length) return battery.AtDeparture(energy);
        var best = double.PositiveInfinity;
        var (into, outOf) = ((int)Math.Round(battery.ChargeMax * battery.ChargeEfficiency), (int)Math.Round(battery.DischargeMax / battery.DischargeEfficiency));
        var needed = constant ? battery.EnergyMin : Reachable(floor, step, into);
        for (var change = -outOf; change <= into; change++)
        {
            var after = energy + change;
            if (after > Math.Max(battery.EnergyMax, battery.EnergyArrival) || (after < needed && change < into)) continue;
            var now = change > 0 ? buy[step] * change / battery.ChargeEfficiency : -change * (battery.Wear - (sell[step] * battery.DischargeEfficiency));
            var chance = step == buy.Length - 1 ? 1 : leave[step];
            var later = chance == 1 ? battery.AtDeparture(after) : ((1 - chance) * From(battery, buy, sell, floor, constant, leave, step + 1, after)) + (chance * battery.AtDeparture(after));
            best = Math.Min(best, now + later);
        }

        return best;
    }

    /// <summary>What must be stored after this step so that every later floor can still be reached.</summary>
    private static double Reachable(double[] floor, int step, int into) => Enumerable.Range(step, floor.Length - step).Max(t => floor[t] - (into * (t - step)));
}
