using CsCheck;
using Penstock.Solvers.Allocation;

namespace Penstock.UnitTests.Solvers.Allocation;

public sealed class ExactSumTests
{
    private static readonly Gen<(double[] Lower, double[] Upper, double[] Key, double Target)> Fleet =
        from n in Gen.Int[1, 40]
        from lower in Gen.Double[-60_000, 0].Array[n]
        from upper in Gen.Double[0, 60_000].Array[n]
        from key in Gen.Double[0, 1].Array[n]
        from target in Gen.Double[-2_000_000, 2_000_000]
        select (lower, upper, key, target);

    [Fact]
    public void The_sum_is_the_target_inside_the_bounds_and_the_rest_is_reported_outside() => Fleet.Sample(f =>
    {
        var (setpoints, rest) = Share(f);
        var expected = Math.Clamp(f.Target, f.Lower.Sum(), f.Upper.Sum());
        Assert.InRange(setpoints.Sum() - expected, -1e-3, 1e-3); // a mW: Assert.Equal with digits would round at a boundary
        Assert.InRange(rest - (f.Target - expected), -1e-3, 1e-3);
        for (var i = 0; i < setpoints.Length; i++) Assert.InRange(setpoints[i], f.Lower[i] - 1e-6, f.Upper[i] + 1e-6);
    });

    [Fact]
    public void A_larger_target_lowers_no_setpoint() => Fleet.Sample(f =>
    {
        var (less, _) = Share(f);
        var (more, _) = Share(f with { Target = f.Target + 10_000 });
        for (var i = 0; i < less.Length; i++) Assert.True(more[i] >= less[i] - 1e-6);
    });

    private static (double[] Setpoints, double Left) Share((double[] Lower, double[] Upper, double[] Key, double Target) f)
    {
        var setpoints = new double[f.Lower.Length];
        return (setpoints, ExactSum.Share(f.Lower, f.Upper, f.Key, f.Target, setpoints));
    }
}
