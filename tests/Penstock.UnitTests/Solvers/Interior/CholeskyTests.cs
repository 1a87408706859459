using CsCheck;
using Penstock.Solvers.Interior;

namespace Penstock.UnitTests.Solvers.Interior;

public sealed class CholeskyTests
{
    [Fact]
    public void The_factor_times_itself_is_the_matrix_and_zeros_before_a_row_stay() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[0, 1_000_000]).Sample(s =>
        {
            var (n, chance, lower) = (s.Item1, new Random(s.Item2), new double[s.Item1 * s.Item1]);
            var start = new int[n];
            for (var i = 0; i < n; i++)
            {
                start[i] = chance.Next(3) == 0 ? 0 : chance.Next(i + 1);
                for (var j = start[i]; j < i; j++) lower[(i * n) + j] = chance.NextDouble() - 0.5;
                lower[(i * n) + i] = 1 + chance.NextDouble();
            }

            var factor = Product(lower, n);
            for (var i = 0; i < n; i++) for (var j = i + 1; j < n; j++) factor[(i * n) + j] = double.NaN; // the upper triangle is not read
            Cholesky.Factor(factor, n);
            for (var i = 0; i < n; i++)
            {
                for (var j = 0; j < start[i]; j++) Assert.Equal(0, factor[(i * n) + j]);
                for (var j = 0; j <= i; j++) Assert.Equal(lower[(i * n) + j], factor[(i * n) + j], 1e-9);
            }
        });

    [Fact]
    public void A_solution_answers_its_right_side() =>
        Gen.Select(Gen.Int[1, 30], Gen.Int[0, 1_000_000]).Sample(s =>
        {
            var (n, chance) = (s.Item1, new Random(s.Item2));
            var lower = new double[n * n];
            for (var i = 0; i < n; i++) for (var j = 0; j <= i; j++) lower[(i * n) + j] = i == j ? 2 : (chance.NextDouble() - 0.5) / n;
            var (matrix, factor) = (Product(lower, n), Product(lower, n));
            var wanted = Enumerable.Range(0, n).Select(_ => chance.NextDouble() - 0.5).ToArray();
            var x = Enumerable.Range(0, n).Select(i => Enumerable.Range(0, n).Sum(j => matrix[(i * n) + j] * wanted[j])).ToArray();
            Cholesky.Factor(factor, n);
            Cholesky.Solve(factor, n, x);
            for (var i = 0; i < n; i++) Assert.Equal(wanted[i], x[i], 1e-9);
        });

    [Fact]
    public void A_pivot_that_vanishes_is_raised()
    {
        double[] matrix = [1, 0, 1, 1];
        Cholesky.Factor(matrix, 2);
        Assert.Equal(1e-7, matrix[3], 1e-12);
    }

    private static double[] Product(double[] lower, int n)
    {
        var result = new double[n * n];
        for (var i = 0; i < n; i++) for (var j = 0; j < n; j++) for (var k = 0; k <= Math.Min(i, j); k++) result[(i * n) + j] += lower[(i * n) + k] * lower[(j * n) + k];
        return result;
    }
}
