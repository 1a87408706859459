using CsCheck;
using Penstock.Core.Dispatching;

namespace Penstock.UnitTests.Core.Dispatching;

public sealed class DispatchKeyTests
{
    private static readonly Gen<double> Hours = Gen.Double[-2, 20];
    private static readonly Gen<double> Share = Gen.Double[0, 1];
    private static readonly Gen<double> Deviation = Gen.Double[-0.6, 0.6];

    [Fact]
    public void Less_time_comes_first_then_more_called_then_further_behind_the_plan()
    {
        Assert.True(Key(0.2, 0, 0.4) < Key(0.3, 1, -0.4)); // a class of time outweighs all else
        Assert.True(Key(0.2, 0.9, 0.4) < Key(0.2, 0.1, -0.4)); // called more: charges first, discharges last
        Assert.True(Key(0.2, 0.5, -0.3) < Key(0.2, 0.5, 0.3));
        Assert.Equal(Key(0.01, 0.5, 0.02), Key(0.24, 0.5, -0.02)); // equals share
    }

    [Fact]
    public void The_fields_lie_where_the_page_says()
    {
        Assert.Equal((5 << 6) | (2 << 3) | 4, Key(1.3, 0.7, 0));
        Assert.Equal(0, Key(-5, 1, -9));
        Assert.Equal(4095, Key(double.PositiveInfinity, 0, 9));
        Assert.Equal(4095, DispatchKey.Unhurried.Value);
        Assert.Equal((8 << 6) | (4 << 3) | 4, DispatchKey.Of(2.1, null, null).Value); // what is unknown is in the middle
    }

    [Fact]
    public void A_key_rises_with_time_and_deviation_and_falls_with_what_was_called() => Gen.Select(Hours, Hours, Share, Share, Deviation, Deviation).Sample((h, i, s, t, d, e) =>
    {
        Assert.True(Key(Math.Min(h, i), Math.Max(s, t), Math.Min(d, e)) <= Key(Math.Max(h, i), Math.Min(s, t), Math.Max(d, e)));
        Assert.InRange(Key(h, s, d), 0, 4095);
    });

    [Fact]
    public void Noise_around_an_edge_changes_no_class_and_a_real_change_does() => Gen.Select(Gen.Int[1, 60], Gen.Double[-0.05, 0.05].Array[20]).Sample((edge, noise) =>
    {
        var key = DispatchKey.Of((edge * DispatchKey.ClassHours) + noise[0], 0.5, null);
        foreach (var n in noise) Assert.Equal(key, DispatchKey.Of((edge * DispatchKey.ClassHours) + n, 0.5, null, key));
        Assert.NotEqual(key, DispatchKey.Of((edge * DispatchKey.ClassHours) + 0.6, 0.5, null, key));
    });

    [Fact]
    public void What_is_no_number_is_refused_with_its_name()
    {
        Assert.Equal("hours", Assert.Throws<ArgumentOutOfRangeException>(() => DispatchKey.Of(double.NaN, null, null)).ParamName);
        Assert.Equal("calledShare", Assert.Throws<ArgumentOutOfRangeException>(() => DispatchKey.Of(1, double.NaN, null)).ParamName);
        Assert.Equal("planDeviation", Assert.Throws<ArgumentOutOfRangeException>(() => DispatchKey.Of(1, null, double.NaN)).ParamName);
    }

    private static int Key(double hours, double called, double deviation) => DispatchKey.Of(hours, called, deviation).Value;
}
