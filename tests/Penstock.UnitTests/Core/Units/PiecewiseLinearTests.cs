using Penstock.Core.Units;

namespace Penstock.UnitTests.Core.Units;

public sealed class PiecewiseLinearTests
{
    [Theory]
    [InlineData(49, 10)]
    [InlineData(50, 10)]
    [InlineData(51, 0)]
    [InlineData(52, -10)]
    [InlineData(53, -10)]
    [InlineData(60, -10)]
    public void A_curve_is_straight_between_its_points_and_level_beyond_them(double x, double y) => Assert.Equal(y, PiecewiseLinear.At([(50, 10), (52, -10), (53, -10)], x), 1e-12);

    [Fact]
    public void A_step_has_the_later_value_and_no_points_are_zero()
    {
        Assert.Equal(7, PiecewiseLinear.At([(1, 3), (1, 7)], 1.5));
        Assert.Equal(3, PiecewiseLinear.At([(1, 3), (1, 7)], 1));
        Assert.Equal(0, PiecewiseLinear.At([], 5));
    }
}
