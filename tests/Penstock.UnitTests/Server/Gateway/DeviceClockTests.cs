using System.Globalization;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Server.Capability;
using Penstock.Server.Gateway;

namespace Penstock.UnitTests.Server.Gateway;

public sealed class DeviceClockTests
{
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 24, 12, 0);

    [Theory]
    [InlineData("2026-11-24T12:00:00Z", false)]
    [InlineData("2026-11-24T12:05:00Z", false)]
    [InlineData("2026-11-24T12:05:01Z", true)]
    [InlineData("2026-03-01T00:00:00+08:00", false)]
    [InlineData("2019-12-31T23:59:59Z", true)]
    [InlineData("1970-01-01T00:00:00Z", true)]
    [InlineData("0001-01-01T00:00:00Z", true)]
    [InlineData("9999-12-31T23:59:59Z", true)]
    public void A_time_that_no_set_clock_tells_is_replaced_and_marked(string told, bool replaced)
    {
        var time = DateTimeOffset.Parse(told, CultureInfo.InvariantCulture);
        var read = DeviceClock.Read(time, Now);
        Assert.Equal(replaced ? "receipt" : null, read.Mark);
        Assert.Equal(replaced ? Now : Instant.FromDateTimeOffset(time), read.At);
    }

    [Theory]
    [InlineData(8 * 3600)] // local time of Shanghai sent as UTC
    [InlineData(-5 * 3600)]
    [InlineData(90)]
    public void A_skew_that_is_known_is_taken_off_late_messages_too(int seconds)
    {
        var (clocks, station) = (new DeviceClocks(), new StationId("CS-1"));
        var skew = Duration.FromSeconds(seconds);
        ReadingContext context = default;
        for (var n = 0; n < 12; n++) context = clocks.Read(station, Now + Duration.FromMinutes(n), (Now + Duration.FromMinutes(n) + skew).ToDateTimeOffset(), live: true, QuirkProfile.None);
        var late = DeviceClock.Read((Now - Duration.FromHours(3) + skew).ToDateTimeOffset(), context);
        Assert.Equal((Now - Duration.FromHours(3), $"skew:{seconds}"), (late.At, late.Mark));
    }

    [Fact]
    public void A_live_time_away_from_ours_is_flagged_while_the_skew_is_not_known()
    {
        var context = new DeviceClocks().Read(new StationId("CS-1"), Now, (Now - Duration.FromHours(1)).ToDateTimeOffset(), live: true, QuirkProfile.None);
        Assert.Equal(new DeviceTime(Now - Duration.FromHours(1), "unsure"), DeviceClock.Read((Now - Duration.FromHours(1)).ToDateTimeOffset(), context));
        Assert.Null(DeviceClock.Read((Now - Duration.FromHours(1)).ToDateTimeOffset(), context with { IsLive = false }).Mark);
        Assert.Null(DeviceClock.Read((Now - Duration.FromSeconds(20)).ToDateTimeOffset(), context).Mark);
    }

    [Fact]
    public void A_clock_that_is_years_off_is_not_corrected()
    {
        var clocks = new DeviceClocks();
        ReadingContext context = default;
        for (var n = 0; n < 12; n++) context = clocks.Read(new StationId("CS-1"), Now + Duration.FromMinutes(n), Now.ToDateTimeOffset().AddYears(10).AddMinutes(n), live: true, QuirkProfile.None);
        Assert.Equal(new DeviceTime(context.Now, "receipt"), DeviceClock.Read(Now.ToDateTimeOffset().AddYears(10), context));
    }

    [Fact]
    public void Messages_that_were_held_back_teach_nothing()
    {
        var clocks = new DeviceClocks();
        for (var n = 0; n < 20; n++) clocks.Read(new StationId("CS-1"), Now + Duration.FromMinutes(n), (Now - Duration.FromHours(5)).ToDateTimeOffset(), live: false, QuirkProfile.None);
        Assert.Null(clocks.Of(new StationId("CS-1")).Estimate);
    }
}
