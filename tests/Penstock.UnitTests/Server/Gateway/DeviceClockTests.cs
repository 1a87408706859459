using System.Globalization;
using NodaTime;
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
        Assert.Equal(replaced, read.AtReceipt);
        Assert.Equal(replaced ? Now : Instant.FromDateTimeOffset(time), read.At);
    }
}
