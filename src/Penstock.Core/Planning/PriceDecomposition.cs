using Penstock.Solvers.Storage;

namespace Penstock.Core.Planning;

/// <summary>
/// Holds shared limits by prices: the volume algorithm (Barahona and Anbil 2000) over the exact storage kernel. Every iterate gives a lower bound; the running
/// average of the schedules tends to a feasible optimum. Deterministic.
/// </summary>
internal sealed class PriceDecomposition(PlanningProblem problem, IReadOnlyList<SessionBattery> sessions, SharedLimits limits, double priceMax, Func<double[][], double> feasibleCost)
{
    internal const int IterationsMax = 160;

    /// <summary>Stops when the bound has not moved by this share for <see cref="Patience"/> iterations.</summary>
    private const double Progress = 1e-5;

    private const int Patience = 50;

    /// <summary>A feasible cost is computed this often: the step length needs the distance to it, and the best one becomes the plan.</summary>
    private const int FeasibleEvery = 10;

    private const double GapWanted = 1e-3;

    private readonly double hours = problem.Grid.SlotHours;
    private readonly int slots = problem.Grid.Count;
    private readonly double[] buy = [.. problem.BuyPerKilowattHour];
    private readonly double[] sell = [.. problem.SellPerKilowattHour];

    /// <summary>Stored energy after each slot (kWh) of the averaged schedules.</summary>
    internal double[][] Stored { get; private set; } = [];

    internal double LowerBound { get; private set; } = double.NegativeInfinity;

    internal int Iterations { get; private set; }

    /// <summary>Price per row and slot at the best bound: positive where the upper limit binds, negative where the lower one does.</summary>
    internal double[][] Prices { get; private set; } = [];

    internal void Run()
    {
        var prices = Empty(limits.Rows.Count);
        var best = Empty(limits.Rows.Count);
        var (average, stored) = (Empty(sessions.Count), Empty(sessions.Count));
        var (power, energy) = (Empty(sessions.Count), Empty(sessions.Count));
        var (step, lastProgress, upper) = (1.0, 0, double.PositiveInfinity);
        for (var k = 0; k < IterationsMax; k++)
        {
            Iterations = k + 1;
            var bound = Solve(prices, power, energy);
            Mix(average, power, k == 0 ? 1 : Math.Max(0.04, 1.0 / (k + 1)));
            Mix(stored, energy, k == 0 ? 1 : Math.Max(0.04, 1.0 / (k + 1)));
            if (bound > LowerBound + (Progress * Math.Max(1, Math.Abs(LowerBound))) || k == 0) lastProgress = k;
            if (bound > LowerBound)
            {
                LowerBound = bound;
                (best, prices) = (prices, Empty(limits.Rows.Count));
                step = Math.Min(1.5, step * 1.1);
            }
            else
            {
                step = Math.Max(0.01, step * 0.95);
            }

            if (k % FeasibleEvery == 0)
            {
                var wished = stored.Select(e => e.ToArray()).ToArray();
                var cost = feasibleCost(wished);
                if (cost < upper) (upper, Stored) = (cost, wished);
                if (upper - LowerBound <= GapWanted * Math.Max(1, Math.Abs(upper))) break;
            }

            if (Move(best, average, prices, step * Math.Max(upper - LowerBound, 1e-3)) < 1e-3 || k - lastProgress > Patience) break;
        }

        if (feasibleCost(stored) < upper) Stored = stored;
        Prices = best;
    }

    /// <summary>All sessions against the prices; returns the Lagrangian bound.</summary>
    private double Solve(double[][] prices, double[][] power, double[][] energy)
    {
        var bound = 0.0;
        for (var r = 0; r < limits.Rows.Count; r++)
        {
            var row = limits.Rows[r];
            for (var t = row.First; t < row.End; t++) bound -= prices[r][t] * (prices[r][t] > 0 ? row.Upper : prices[r][t] < 0 ? row.Lower : 0) * hours;
        }

        var workspace = new double[StorageKernel.Workspace(slots)];
        var (upTo, downTo, net) = (new double[slots], new double[slots], new double[slots]);
        var (mine, yours) = (new double[slots], new double[slots]);
        var rowsOf = RowsOf();
        for (var i = 0; i < sessions.Count; i++)
        {
            var one = sessions[i];
            Array.Copy(buy, mine, slots);
            Array.Copy(sell, yours, slots);
            foreach (var r in rowsOf[i])
            {
                for (var t = limits.Rows[r].First; t < limits.Rows[r].End; t++)
                {
                    mine[t] += prices[r][t];
                    yours[t] += prices[r][t];
                }
            }

            bound -= Convexify(one, mine, yours);
            var (from, n) = (one.First, one.Steps);
            bound += StorageKernel.Solve(one.Problem, mine.AsSpan(from, n), yours.AsSpan(from, n), hours, upTo, downTo, net.AsSpan(0, n), workspace).Bound;
            Array.Clear(power[i]);
            Array.Copy(net, 0, power[i], from, n);
            Trace(one, power[i], energy[i]);
        }

        return bound;
    }

    /// <summary>
    /// Raises the buying price where a cycle within one slot would pay. Any schedule costs at most the raise times the largest purchase more, so the bound
    /// minus that stays a bound.
    /// </summary>
    private double Convexify(SessionBattery one, double[] mine, double[] yours)
    {
        var (battery, allowance) = (one.Problem, 0.0);
        if (battery.DischargeMax <= 0) return 0;
        for (var t = one.First; t < one.First + one.Steps; t++)
        {
            var least = ((yours[t] * battery.DischargeEfficiency) - battery.Wear) * battery.ChargeEfficiency;
            if (mine[t] >= least) continue;
            allowance += (least - mine[t]) * battery.ChargeMax * hours;
            mine[t] = least;
        }

        return allowance;
    }

    private void Trace(SessionBattery one, double[] power, double[] energy)
    {
        var stored = one.Problem.EnergyArrival;
        for (var t = 0; t < slots; t++)
        {
            stored += power[t] > 0 ? power[t] * hours * one.Problem.ChargeEfficiency : power[t] * hours / one.Problem.DischargeEfficiency;
            energy[t] = stored;
        }
    }

    /// <summary>New prices = best prices + a Polyak step along the averaged violation; returns the largest violation in kW.</summary>
    private double Move(double[][] best, double[][] average, double[][] prices, double distance)
    {
        var (norm, worst) = (0.0, 0.0);
        var violation = Empty(limits.Rows.Count);
        for (var r = 0; r < limits.Rows.Count; r++)
        {
            var row = limits.Rows[r];
            for (var t = row.First; t < row.End; t++)
            {
                var sum = row.Sum(average, t);
                var over = sum - row.Upper;
                var under = sum - row.Lower;
                worst = Math.Max(worst, Math.Max(over, -under));
                // a price of a slack limit falls towards zero, never beyond
                violation[r][t] = over > 0 || best[r][t] > 0 ? over : under < 0 || best[r][t] < 0 ? under : 0;
                norm += violation[r][t] * violation[r][t] * hours * hours;
            }
        }

        if (norm < 1e-12) return 0;
        var length = distance / norm;
        for (var r = 0; r < limits.Rows.Count; r++)
        {
            var (row, cap) = (limits.Rows[r], limits.Rows[r].Event is null ? 1.2 * SessionBattery.ShortfallPenalty(priceMax) : SessionBattery.EventPenalty(priceMax));
            for (var t = row.First; t < row.End; t++)
            {
                var next = best[r][t] + (length * violation[r][t] * hours);
                prices[r][t] = best[r][t] > 0 || violation[r][t] > 0 ? Math.Clamp(next, 0, cap) : Math.Clamp(next, -cap, 0);
            }
        }

        return worst;
    }

    private List<int>[] RowsOf()
    {
        var result = sessions.Select(_ => new List<int>()).ToArray();
        for (var r = 0; r < limits.Rows.Count; r++)
        {
            foreach (var i in limits.Rows[r].Members) result[i].Add(r);
        }

        return result;
    }

    private static void Mix(double[][] average, double[][] latest, double weight)
    {
        for (var i = 0; i < average.Length; i++)
        {
            for (var t = 0; t < average[i].Length; t++) average[i][t] += weight * (latest[i][t] - average[i][t]);
        }
    }

    private double[][] Empty(int count) => [.. Enumerable.Range(0, count).Select(_ => new double[slots])];
}
