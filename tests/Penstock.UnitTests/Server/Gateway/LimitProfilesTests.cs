using CsCheck;
using NodaTime;
using Penstock.Server.Capability;
using Penstock.Server.Gateway;
using V16 = Penstock.Ocpp.V16;
using V201 = Penstock.Ocpp.V201;

namespace Penstock.UnitTests.Server.Gateway;

/// <summary>A setpoint as the model wants it.</summary>
public sealed class LimitProfilesTests
{
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 24, 12, 0);

    [Fact]
    public void Without_quirks_a_limit_is_a_relative_transaction_profile_in_watts_and_only_a_discharge_has_an_end()
    {
        var profile = One(5000, QuirkProfile.None);
        Assert.Equal((1001, 7, 1, V16.ChargingProfilePurpose.TxProfile, V16.ChargingProfileKind.Relative), (profile.ChargingProfileId, profile.TransactionId, profile.StackLevel, profile.ChargingProfilePurpose, profile.ChargingProfileKind));
        Assert.Equal((V16.ChargingRateUnit.W, 5000m, null, null), (profile.ChargingSchedule.ChargingRateUnit, profile.ChargingSchedule.ChargingSchedulePeriod[0].Limit, profile.ChargingSchedule.Duration, profile.ChargingSchedule.StartSchedule));
        Assert.Equal(300, One(-5000, QuirkProfile.None).ChargingSchedule.Duration);
    }

    [Fact]
    public void Amperes_are_per_phase_and_towards_zero()
    {
        var schedule = One(-7000, QuirkProfile.None with { RateUnit = RateUnit.A, Phases = 3, VoltageV = 230 }).ChargingSchedule;
        Assert.Equal((V16.ChargingRateUnit.A, -10.1m, 3), (schedule.ChargingRateUnit, schedule.ChargingSchedulePeriod[0].Limit, schedule.ChargingSchedulePeriod[0].NumberPhases));
    }

    [Fact]
    public void An_absolute_schedule_that_began_in_the_past_lasts_from_now_as_long_as_any_other()
    {
        var schedule = One(-5000, QuirkProfile.None with { ProfileKind = ScheduleKind.Absolute, StartScheduleSecondsAgo = 60, StackLevel = 0 });
        Assert.Equal((V16.ChargingProfileKind.Absolute, 0), (schedule.ChargingProfileKind, schedule.StackLevel));
        Assert.Equal((Now.ToDateTimeOffset().AddSeconds(-60), 360), (schedule.ChargingSchedule.StartSchedule, schedule.ChargingSchedule.Duration));
    }

    [Fact]
    public void A_station_that_ignores_the_duration_gets_a_period_of_zero_in_its_place()
    {
        var schedule = One(-5000, QuirkProfile.None with { IgnoresDuration = true }).ChargingSchedule;
        Assert.Null(schedule.Duration);
        Assert.Equal([(0, -5000m), (300, 0m)], schedule.ChargingSchedulePeriod.Select(p => (p.StartPeriod, p.Limit)));
        Assert.Single(One(5000, QuirkProfile.None with { IgnoresDuration = true }).ChargingSchedule.ChargingSchedulePeriod);
    }

    [Theory]
    [InlineData(ProfileCarrier.Tx, false, "TxProfile")]
    [InlineData(ProfileCarrier.TxDefault, false, "TxDefaultProfile")]
    [InlineData(ProfileCarrier.Both, false, "TxDefaultProfile,TxProfile")]
    [InlineData(ProfileCarrier.Tx, true, "TxDefaultProfile,TxProfile")]
    public void The_purpose_is_that_of_the_model_and_both_once_that_was_the_remedy(ProfileCarrier carrier, bool both, string purposes)
    {
        var quirk = QuirkProfile.None with { Purposes = carrier };
        Assert.Equal(purposes, string.Join(',', LimitProfiles.For16(Ask(-5000), quirk, both, Now).Select(m => m.CsChargingProfiles.ChargingProfilePurpose)));
        var in201 = LimitProfiles.For201(Ask(-5000), quirk, both, Now).ToList();
        Assert.Equal(purposes, string.Join(',', in201.Select(m => m.ChargingProfile.ChargingProfilePurpose)));
        Assert.All(in201, m => Assert.Equal(m.ChargingProfile.ChargingProfilePurpose == V201.ChargingProfilePurpose.TxProfile ? "7" : null, m.ChargingProfile.TransactionId));
    }

    [Fact]
    public void A_model_that_wants_no_transaction_id_gets_none() => Assert.Null(One(5000, QuirkProfile.None with { OmitTransactionId = true }).TransactionId);

    [Fact]
    public void Gain_and_offset_keep_zero_and_the_sign() =>
        Gen.Select(Gen.Int[-100_000, 100_000], Gen.Double[0.5, 2], Gen.Double[-5000, 5000]).Sample((watts, gain, offset) =>
        {
            var asked = LimitProfiles.Asked(watts, QuirkProfile.None with { SetpointGain = gain, SetpointOffsetWatts = offset });
            return watts == 0 ? asked == 0 : asked == 0 || Math.Sign(asked) == Math.Sign(watts);
        });

    [Fact]
    public void A_setpoint_is_corrected_by_gain_and_offset() =>
        Assert.Equal(-4730m, One(-5000, QuirkProfile.None with { SetpointGain = 0.97, SetpointOffsetWatts = 120 }).ChargingSchedule.ChargingSchedulePeriod[0].Limit);

    [Fact]
    public void A_maximum_is_absolute_never_negative_and_lapses()
    {
        var of16 = LimitProfiles.Maximum16(-3000, lasts: false, QuirkProfile.None, Now);
        Assert.Equal((0, 0m, 600, V16.ChargingProfileKind.Absolute), (of16.ConnectorId, of16.CsChargingProfiles.ChargingSchedule.ChargingSchedulePeriod[0].Limit, of16.CsChargingProfiles.ChargingSchedule.Duration, of16.CsChargingProfiles.ChargingProfileKind));
        Assert.Null(LimitProfiles.Maximum21(22_000, lasts: true, QuirkProfile.None, Now).ChargingProfile.ChargingSchedule[0].Duration);
    }

    private static V16.CsChargingProfiles One(decimal watts, QuirkProfile quirk) => Assert.Single(LimitProfiles.For16(Ask(watts), quirk, both: false, Now)).CsChargingProfiles;

    private static LimitAsk Ask(decimal watts) => new(1, "7", watts, 300);
}
