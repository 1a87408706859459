using NodaTime;
using Penstock.Ocpp.V21;
using Penstock.Simulator.Stations.Profiles;

namespace Penstock.UnitTests.Simulator.Stations.Profiles;

/// <summary>useLocalTime: the same profile in summer and winter time.</summary>
public sealed class LocalTimeTests
{
    private static readonly DateTimeZone Berlin = DateTimeZoneProviders.Tzdb["Europe/Berlin"];

    [Theory]
    [InlineData(true, "2026-03-28T21:59:00Z", false)] // 22:59 in winter
    [InlineData(true, "2026-03-28T22:00:00Z", true)] // 23:00
    [InlineData(true, "2026-03-29T20:59:00Z", false)] // 22:59 in summer, 22 h 59 min later
    [InlineData(true, "2026-03-29T21:00:00Z", true)] // 23:00
    [InlineData(true, "2026-10-25T21:59:00Z", false)] // 22:59 in winter again
    [InlineData(true, "2026-10-25T22:00:00Z", true)]
    [InlineData(false, "2026-03-29T21:00:00Z", false)] // by its offset it is always 22:00 UTC
    [InlineData(false, "2026-03-29T22:00:00Z", true)]
    public void A_daily_profile_of_23_o_clock_begins_at_23_o_clock_on_the_wall(bool local, string now, bool inEffect)
    {
        var schedule = new ChargingSchedule
        {
            Id = 1, StartSchedule = DateTimeOffset.Parse("2026-01-10T23:00:00+01:00", System.Globalization.CultureInfo.InvariantCulture), UseLocalTime = local, Duration = 3600, ChargingRateUnit = ChargingRateUnit.W,
            ChargingSchedulePeriod = [new ChargingSchedulePeriod { StartPeriod = 0, Limit = 1000 }],
        };
        var profile = new ChargingProfile { Id = 1, StackLevel = 0, ChargingProfilePurpose = ChargingProfilePurpose.TxDefaultProfile, ChargingProfileKind = ChargingProfileKind.Recurring, RecurrencyKind = RecurrencyKind.Daily, ChargingSchedule = [schedule] };
        var at = DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(inEffect, new HeldProfile(profile, at.AddDays(-1)).At(new Moment(at, Zone: Berlin)) is not null);
    }
}
