using CsCheck;
using Penstock.Solvers.Mixing;

namespace Penstock.UnitTests.Solvers.Mixing;

public sealed class DenseTests
{
    private static readonly Gen<double[]> Values = Gen.Int[0, 21].SelectMany(n => Gen.Double[-9, 9].Array[n]);

    [Fact]
    public void Scaling_reaches_every_value() => Values.Sample(a =>
    {
        var scaled = (double[])a.Clone();
        Dense.Scale(-2.5, scaled);
        Assert.Equal(a.Select(x => x * -2.5), scaled);
    });

    [Fact]
    public void Four_rows_take_their_multiples_and_nothing_beyond_them_changes() => Values.Sample(a =>
    {
        var (stride, factors) = (a.Length + 3, new double[] { 1, -2, 0.5, 3 });
        var rows = Enumerable.Range(0, 4 * stride).Select(i => (double)i).ToArray();
        Dense.AddFour(factors, a, rows, stride);
        for (var i = 0; i < rows.Length; i++) Assert.Equal(i % stride < a.Length ? i + (factors[i / stride] * a[i % stride]) : i, rows[i], 1e-12);
    });
}
