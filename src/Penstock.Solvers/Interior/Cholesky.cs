using Penstock.Solvers.Mixing;

namespace Penstock.Solvers.Interior;

/// <summary>Dense symmetric positive definite matrices, row after row, both triangles.</summary>
internal static class Cholesky
{
    /// <summary>Replaces the lower triangle by the factor; pivots that rounding made too small are raised.</summary>
    internal static void Factor(Span<double> matrix, int n)
    {
        for (var i = 0; i < n; i++)
        {
            var row = matrix.Slice(i * n, n);
            for (var j = 0; j < i; j++)
            {
                var other = matrix.Slice(j * n, n);
                row[j] = (row[j] - Dense.Dot(row[..j], other[..j])) / other[j];
            }

            row[i] = Math.Sqrt(Math.Max(1e-14 * Math.Max(1e-300, row[i]), row[i] - Dense.Dot(row[..i], row[..i])));
        }
    }

    /// <summary>Solves in place with a factor.</summary>
    internal static void Solve(ReadOnlySpan<double> factor, int n, Span<double> x)
    {
        for (var i = 0; i < n; i++) x[i] = (x[i] - Dense.Dot(factor.Slice(i * n, i), x[..i])) / factor[(i * n) + i];
        for (var i = n - 1; i >= 0; i--)
        {
            x[i] /= factor[(i * n) + i];
            Dense.Add(-x[i], factor.Slice(i * n, i), x[..i]);
        }
    }
}
