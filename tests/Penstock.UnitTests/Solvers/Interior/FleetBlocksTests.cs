using CsCheck;
using Penstock.Solvers.Interior;
using Penstock.UnitTests.Solvers.Fleet;

namespace Penstock.UnitTests.Solvers.Interior;

public sealed class FleetBlocksTests
{
    [Fact]
    public void The_response_of_a_load_is_what_dense_elimination_gives() =>
        Gen.Select(Gen.Int[1, 30], Gen.Int[0, 1_000_000]).Sample(s =>
        {
            var (steps, seed) = s;
            var problem = Fleets.Problem(Fleets.Random(3, steps, seed), steps, seed, 5, 1);
            var blocks = new FleetBlocks(problem, [0, 1, 2]);
            blocks.Start(0.5);
            blocks.Variables.Weigh();
            for (int k = 0, first = 0; k < 3; k++)
            {
                var response = new double[steps * steps];
                blocks.Factor(k, response);
                var (n, arrival, both) = (blocks.Steps(k), blocks.Arrival(k), problem.Vehicles.DischargeMax[k] > 0);
                var theta = blocks.Variables.Theta.AsSpan(first, ((both ? 3 : 2) * n) + 2).ToArray();
                var expected = Dense(theta, n, both, problem.Vehicles.ChargeEfficiency[k] * problem.StepHours, problem.StepHours / problem.Vehicles.DischargeEfficiency[k]);
                for (var i = 0; i < n; i++) for (var j = 0; j <= i; j++) Assert.Equal(expected[i, j], response[((arrival + i) * steps) + arrival + j], 1e-8 * (1 + Math.Abs(expected[i, i])));
                first += theta.Length;
            }
        },
        iter: 200);

    /// <summary>L W L' - L W A' (A W A')^-1 A W L': W the weights, A a vehicle's rows, L its load per step.</summary>
    private static double[,] Dense(double[] weight, int n, bool both, double stored, double drawn)
    {
        var (rows, load) = (new double[n + 1, weight.Length], new double[n, weight.Length]);
        for (var t = 0; t < n; t++)
        {
            (rows[t, t], rows[t, n + t], load[t, t]) = (-stored, 1, 1);
            if (t > 0) rows[t, n + t - 1] = -1;
            if (both) (rows[t, (2 * n) + 2 + t], load[t, (2 * n) + 2 + t]) = (drawn, -1);
        }

        (rows[n, (2 * n) - 1], rows[n, 2 * n], rows[n, (2 * n) + 1]) = (1, 1, -1);
        var (system, sides) = (Weighted(rows, rows, weight), Weighted(rows, load, weight));
        for (var c = 0; c <= n; c++) // Gauss and Jordan; the matrix is positive definite
        {
            for (var i = 0; i <= n; i++)
            {
                if (i == c) continue;
                var factor = system[i, c] / system[c, c];
                for (var j = 0; j <= n; j++) system[i, j] -= factor * system[c, j];
                for (var j = 0; j < n; j++) sides[i, j] -= factor * sides[c, j];
            }
        }

        var (own, across) = (Weighted(load, load, weight), Weighted(load, rows, weight));
        for (var i = 0; i < n; i++) for (var j = 0; j < n; j++) for (var r = 0; r <= n; r++) own[i, j] -= across[i, r] * sides[r, j] / system[r, r];
        return own;
    }

    private static double[,] Weighted(double[,] a, double[,] b, double[] weight)
    {
        var result = new double[a.GetLength(0), b.GetLength(0)];
        for (var i = 0; i < a.GetLength(0); i++) for (var j = 0; j < b.GetLength(0); j++) for (var v = 0; v < weight.Length; v++) result[i, j] += a[i, v] * weight[v] * b[j, v];
        return result;
    }
}
