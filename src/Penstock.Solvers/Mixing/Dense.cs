using System.Numerics;
using System.Runtime.InteropServices;

namespace Penstock.Solvers.Mixing;

/// <summary>Sums over arrays in vector code.</summary>
internal static class Dense
{
    internal static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var x = MemoryMarshal.Cast<double, Vector<double>>(a);
        var y = MemoryMarshal.Cast<double, Vector<double>>(b[..a.Length]);
        var (even, odd) = (Vector<double>.Zero, Vector<double>.Zero);
        var i = 0;
        for (; i + 1 < x.Length; i += 2)
        {
            even += x[i] * y[i];
            odd += x[i + 1] * y[i + 1];
        }

        if (i < x.Length) even += x[i] * y[i];
        var sum = Vector.Sum(even + odd);
        for (i = x.Length * Vector<double>.Count; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    /// <summary>to += factor * a.</summary>
    internal static void Add(double factor, ReadOnlySpan<double> a, Span<double> to)
    {
        var x = MemoryMarshal.Cast<double, Vector<double>>(a);
        var y = MemoryMarshal.Cast<double, Vector<double>>(to[..a.Length]);
        var scale = new Vector<double>(factor);
        for (var i = 0; i < x.Length; i++) y[i] += scale * x[i];
        for (var i = x.Length * Vector<double>.Count; i < a.Length; i++) to[i] += factor * a[i];
    }

    /// <summary>Four rows, <paramref name="stride"/> apart, each += its factor * a.</summary>
    internal static void AddFour(ReadOnlySpan<double> factors, ReadOnlySpan<double> a, Span<double> rows, int stride)
    {
        var x = MemoryMarshal.Cast<double, Vector<double>>(a);
        var first = MemoryMarshal.Cast<double, Vector<double>>(rows[..a.Length]);
        var second = MemoryMarshal.Cast<double, Vector<double>>(rows.Slice(stride, a.Length));
        var third = MemoryMarshal.Cast<double, Vector<double>>(rows.Slice(2 * stride, a.Length));
        var fourth = MemoryMarshal.Cast<double, Vector<double>>(rows.Slice(3 * stride, a.Length));
        var (f, g, h, j) = (new Vector<double>(factors[0]), new Vector<double>(factors[1]), new Vector<double>(factors[2]), new Vector<double>(factors[3]));
        for (var i = 0; i < x.Length && i < first.Length && i < second.Length && i < third.Length && i < fourth.Length; i++)
        {
            first[i] += f * x[i];
            second[i] += g * x[i];
            third[i] += h * x[i];
            fourth[i] += j * x[i];
        }

        for (var n = 0; n < 4; n++) for (var i = x.Length * Vector<double>.Count; i < a.Length; i++) rows[(n * stride) + i] += factors[n] * a[i];
    }

    internal static void Scale(double factor, Span<double> a)
    {
        var x = MemoryMarshal.Cast<double, Vector<double>>(a);
        var scale = new Vector<double>(factor);
        for (var i = 0; i < x.Length; i++) x[i] *= scale;
        for (var i = x.Length * Vector<double>.Count; i < a.Length; i++) a[i] *= factor;
    }
}
