using System.Numerics;
using System.Runtime.InteropServices;
using Penstock.Solvers.Mixing;

namespace Penstock.Solvers.Interior;

/// <summary>Dense symmetric positive definite matrices, row after row, both triangles.</summary>
internal static class Cholesky
{
    /// <summary>Columns that are made together: what lies before them is read once for all.</summary>
    private const int Panel = 4;

    /// <summary>Replaces the lower triangle by the factor; pivots that rounding made too small are raised. The zeros before a row's first entry stay and cost nothing.</summary>
    internal static void Factor(Span<double> matrix, int n)
    {
        var start = new int[n]; // first entry of each row that is not zero
        for (var i = 0; i < n; i++) while (start[i] < i && matrix[(i * n) + start[i]] == 0) start[i]++;
        for (var j = 0; j < n; j += Panel)
        {
            var end = Math.Min(n, j + Panel);
            for (var i = j; i < end; i++) Complete(matrix, n, i, Math.Max(j, start[i]), start[i]);
            for (var i = end; i < n; i++) if (start[i] < end) Extend(matrix, n, i, j, Math.Min(j, start[i]));
        }
    }

    /// <summary>Entries of a row from column <paramref name="j"/> to its diagonal, one after the other.</summary>
    private static void Complete(Span<double> matrix, int n, int i, int j, int start)
    {
        var row = matrix.Slice(i * n, n);
        for (; j < i; j++)
        {
            var other = matrix.Slice(j * n, n);
            row[j] = (row[j] - Dense.Dot(row[start..j], other[start..j])) / other[j];
        }

        row[i] = Math.Sqrt(Math.Max(1e-14 * Math.Max(1e-300, row[i]), row[i] - Dense.Dot(row[start..i], row[start..i])));
    }

    /// <summary>Entries of a row in the panel at <paramref name="j"/>, whose own rows are complete.</summary>
    private static void Extend(Span<double> matrix, int n, int i, int j, int start)
    {
        var row = matrix.Slice(i * n, j + Panel);
        var first = matrix.Slice(j * n, j + Panel);
        var second = matrix.Slice((j + 1) * n, j + Panel);
        var third = matrix.Slice((j + 2) * n, j + Panel);
        var fourth = matrix.Slice((j + 3) * n, j + Panel);
        var x = MemoryMarshal.Cast<double, Vector<double>>(row[start..j]);
        var a = MemoryMarshal.Cast<double, Vector<double>>(first[start..j]);
        var b = MemoryMarshal.Cast<double, Vector<double>>(second[start..j]);
        var c = MemoryMarshal.Cast<double, Vector<double>>(third[start..j]);
        var d = MemoryMarshal.Cast<double, Vector<double>>(fourth[start..j]);
        var (sumA, sumB, sumC, sumD) = (Vector<double>.Zero, Vector<double>.Zero, Vector<double>.Zero, Vector<double>.Zero);
        for (var k = 0; k < x.Length && k < a.Length && k < b.Length && k < c.Length && k < d.Length; k++)
        {
            sumA += x[k] * a[k];
            sumB += x[k] * b[k];
            sumC += x[k] * c[k];
            sumD += x[k] * d[k];
        }

        var (w, p, q, r) = (row[j] - Vector.Sum(sumA), row[j + 1] - Vector.Sum(sumB), row[j + 2] - Vector.Sum(sumC), row[j + 3] - Vector.Sum(sumD));
        for (var k = start + (x.Length * Vector<double>.Count); k < j; k++) (w, p, q, r) = (w - (row[k] * first[k]), p - (row[k] * second[k]), q - (row[k] * third[k]), r - (row[k] * fourth[k]));
        w /= first[j];
        p = (p - (w * second[j])) / second[j + 1];
        q = (q - (w * third[j]) - (p * third[j + 1])) / third[j + 2];
        r = (r - (w * fourth[j]) - (p * fourth[j + 1]) - (q * fourth[j + 2])) / fourth[j + 3];
        (row[j], row[j + 1], row[j + 2], row[j + 3]) = (w, p, q, r);
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
