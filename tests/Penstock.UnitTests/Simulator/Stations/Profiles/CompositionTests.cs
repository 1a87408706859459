using CsCheck;
using Penstock.Ocpp.V21;
using Penstock.Simulator.Stations.Profiles;

namespace Penstock.UnitTests.Simulator.Stations.Profiles;

/// <summary>What profiles come to, mode by mode and purpose by purpose.</summary>
public sealed class CompositionTests
{
    private static readonly DateTimeOffset Now = new(2026, 4, 15, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Nothing_said_is_unlimited_charging() => Assert.Null(Composition.At([], new Moment(Now)).AskedW);

    [Theory]
    [InlineData(OperationMode.ChargingOnly, 7000.0)]
    [InlineData(OperationMode.CentralSetpoint, -4000.0)]
    [InlineData(OperationMode.CentralFrequency, -4000.0)]
    [InlineData(OperationMode.LocalFrequency, 1000.0 - 2500 + 600)]
    [InlineData(OperationMode.ExternalSetpoint, -1500.0)]
    [InlineData(OperationMode.ExternalLimits, 2200.0)]
    [InlineData(OperationMode.LocalLoadBalancing, -2000.0)]
    [InlineData(OperationMode.Idle, 0.0)]
    public void Every_operation_mode_asks_its_power(OperationMode mode, double expected)
    {
        var period = mode switch
        {
            OperationMode.ChargingOnly => new ChargingSchedulePeriod { StartPeriod = 0, Limit = 7000 },
            OperationMode.CentralSetpoint or OperationMode.CentralFrequency => new ChargingSchedulePeriod { StartPeriod = 0, Setpoint = -4000 },
            OperationMode.LocalFrequency => new ChargingSchedulePeriod
            {
                StartPeriod = 0, V2xBaseline = 1000, V2xFreqWattCurve = [new V2XFreqWattPoint { Frequency = 49.8m, Power = -5000 }, new V2XFreqWattPoint { Frequency = 50m, Power = 0 }],
                V2xSignalWattCurve = [new V2XSignalWattPoint { Signal = 0, Power = 0 }, new V2XSignalWattPoint { Signal = 100, Power = 2000 }],
            },
            _ => new ChargingSchedulePeriod { StartPeriod = 0 },
        };
        var moment = new Moment(Now, Hz: 49.9, Signal: 30, Local: new LocalControl(SetpointW: -1500, LimitW: 2200, SiteW: 12_000, UpperW: 10_000));
        var composed = Composition.At([Held(1, ChargingProfilePurpose.TxProfile, 0, period with { OperationMode = mode })], moment);
        Assert.Equal((mode, expected), (composed.Mode, Math.Round(composed.AskedW!.Value, 6)));
    }

    [Fact]
    public void Load_balancing_fills_up_to_the_lower_line_and_rests_between_both()
    {
        var held = new[] { Held(1, ChargingProfilePurpose.TxProfile, 0, new ChargingSchedulePeriod { StartPeriod = 0, OperationMode = OperationMode.LocalLoadBalancing }) };
        double Asked(double site) => Composition.At(held, new Moment(Now, Local: new LocalControl(SiteW: site, UpperW: 10_000, LowerW: -1000))).AskedW!.Value;
        Assert.Equal((0, 4000, -3000), (Asked(5000), Asked(-5000), Asked(13_000)));
    }

    [Fact]
    public void Priority_charging_goes_first_while_it_is_on_and_the_station_s_maximum_caps_it()
    {
        HeldProfile[] held =
        [
            Limit(1, ChargingProfilePurpose.TxDefaultProfile, 0, 3000), Limit(2, ChargingProfilePurpose.TxProfile, 0, 5000), Limit(3, ChargingProfilePurpose.PriorityCharging, 0, 20_000), Limit(4, ChargingProfilePurpose.ChargingStationMaxProfile, 0, 15_000),
        ];
        Assert.Equal((5000, 15_000), (Composition.At(held, new Moment(Now)).AskedW!.Value, Composition.At(held, new Moment(Now, Priority: true)).AskedW!.Value));
    }

    [Fact]
    public void Local_generation_is_added_to_the_external_constraint_and_not_to_the_station_s_maximum()
    {
        HeldProfile[] held = [Limit(1, ChargingProfilePurpose.TxProfile, 0, 20_000), Limit(2, ChargingProfilePurpose.ChargingStationExternalConstraints, 0, 6000), Limit(3, ChargingProfilePurpose.LocalGeneration, 0, 3000)];
        Assert.Equal(9000, Composition.At(held, new Moment(Now)).AskedW);
        Assert.Equal(8000, Composition.At([.. held, Limit(4, ChargingProfilePurpose.ChargingStationMaxProfile, 0, 8000)], new Moment(Now)).AskedW);
    }

    [Fact]
    public void A_setpoint_stays_within_its_limits_and_a_full_battery_has_its_own()
    {
        var period = new ChargingSchedulePeriod { StartPeriod = 0, OperationMode = OperationMode.ExternalSetpoint, Limit = 3000, DischargeLimit = -2000 };
        double Asked(double setpoint) => Composition.At([Held(1, ChargingProfilePurpose.TxProfile, 0, period)], new Moment(Now, Local: new LocalControl(SetpointW: setpoint))).AskedW!.Value;
        Assert.Equal((3000, -2000), (Asked(9000), Asked(-9000)));
        var full = Profile(2, ChargingProfilePurpose.TxProfile, 0, ChargingProfileKind.Relative, new ChargingSchedule
        {
            Id = 1, ChargingRateUnit = ChargingRateUnit.W, LimitAtSoC = new LimitAtSoC { Soc = 80, Limit = 4000 }, ChargingSchedulePeriod = [new ChargingSchedulePeriod { StartPeriod = 0, Limit = 11_000 }],
        });
        Assert.Equal((11_000, 4000), (Composition.At([new HeldProfile(full, Now)], new Moment(Now, Fraction: 0.79)).AskedW!.Value, Composition.At([new HeldProfile(full, Now)], new Moment(Now, Fraction: 0.8)).AskedW!.Value));
    }

    [Fact]
    public void Amperes_become_watts_over_the_phases()
    {
        var schedule = new ChargingSchedule { Id = 1, ChargingRateUnit = ChargingRateUnit.A, ChargingSchedulePeriod = [new ChargingSchedulePeriod { StartPeriod = 0, Limit = 10, NumberPhases = 1 }] };
        Assert.Equal(2300, Composition.At([new HeldProfile(Profile(1, ChargingProfilePurpose.TxProfile, 0, ChargingProfileKind.Relative, schedule), Now)], new Moment(Now)).AskedW);
    }

    [Fact]
    public void Kinds_count_their_seconds_from_different_starts()
    {
        ChargingSchedule Of(DateTimeOffset? start) => new()
        {
            Id = 1, StartSchedule = start, Duration = 7200, ChargingRateUnit = ChargingRateUnit.W, ChargingSchedulePeriod = [new ChargingSchedulePeriod { StartPeriod = 0, Limit = 1000 }, new ChargingSchedulePeriod { StartPeriod = 3600, Limit = 2000 }],
        };
        double? Asked(ChargingProfileKind kind, DateTimeOffset? start, DateTimeOffset since, DateTimeOffset? transaction, RecurrencyKind? every = null) => Composition.At(
            [new HeldProfile(Profile(1, ChargingProfilePurpose.TxDefaultProfile, 0, kind, Of(start)) with { RecurrencyKind = every }, since)], new Moment(Now, transaction)).AskedW;
        Assert.Equal(2000, Asked(ChargingProfileKind.Absolute, Now.AddMinutes(-90), Now.AddDays(-1), null));
        Assert.Null(Asked(ChargingProfileKind.Absolute, Now.AddMinutes(1), Now, null));
        Assert.Equal(1000, Asked(ChargingProfileKind.Relative, null, Now.AddDays(-1), Now.AddMinutes(-10)));
        Assert.Equal(2000, Asked(ChargingProfileKind.Recurring, Now.AddDays(-3).AddMinutes(-70), Now.AddDays(-3), null, RecurrencyKind.Daily));
        Assert.Null(Asked(ChargingProfileKind.Recurring, Now.AddDays(-3).AddMinutes(-70), Now.AddDays(-3), null, RecurrencyKind.Weekly));
    }

    [Fact]
    public void A_profile_lapses_by_its_time_and_by_the_time_offline()
    {
        var profile = Profile(1, ChargingProfilePurpose.TxProfile, 0, ChargingProfileKind.Relative, new ChargingSchedule { Id = 1, ChargingRateUnit = ChargingRateUnit.W, ChargingSchedulePeriod = [new ChargingSchedulePeriod { StartPeriod = 0, Limit = 5000 }] })
            with { ValidFrom = Now, ValidTo = Now.AddHours(1), MaxOfflineDuration = 60 };
        HeldProfile[] held = [new(profile, Now), Limit(2, ChargingProfilePurpose.TxDefaultProfile, 0, 3000)];
        double? At(double seconds, double? offline = null) => Composition.At(held, new Moment(Now.AddSeconds(seconds), OfflineSince: offline is { } o ? Now.AddSeconds(seconds - o) : null)).AskedW;
        Assert.Equal((5000, 3000, 5000, 3000), (At(0)!.Value, At(3600)!.Value, At(10, 60)!.Value, At(10, 61)!.Value));
        Assert.Null(At(-1));
    }

    [Fact]
    public void A_randomized_delay_moves_every_period()
    {
        var schedule = new ChargingSchedule { Id = 1, ChargingRateUnit = ChargingRateUnit.W, RandomizedDelay = 60, ChargingSchedulePeriod = [new ChargingSchedulePeriod { StartPeriod = 0, Limit = 1000 }, new ChargingSchedulePeriod { StartPeriod = 100, Limit = 2000 }] };
        HeldProfile[] held = [new(Profile(1, ChargingProfilePurpose.TxProfile, 0, ChargingProfileKind.Relative, schedule), Now, DelaySeconds: 30)];
        double? At(double seconds) => Composition.At(held, new Moment(Now.AddSeconds(seconds))).AskedW;
        Assert.Equal((null, 1000, 1000, 2000), (At(29), At(30)!.Value, At(129)!.Value, At(130)!.Value));
    }

    [Fact]
    public void No_profile_lifts_the_power_above_the_station_s_maximum() => Gen.Select(Gen.Double[-20_000, 20_000], Gen.Double[0, 20_000], Gen.Int[0, 5], Gen.Int[0, 5]).Sample((setpoint, most, one, other) =>
    {
        HeldProfile[] held =
        [
            Held(1, ChargingProfilePurpose.TxProfile, one, new ChargingSchedulePeriod { StartPeriod = 0, OperationMode = OperationMode.CentralSetpoint, Setpoint = (decimal)setpoint }), Limit(2, ChargingProfilePurpose.TxDefaultProfile, other, 9000),
            Limit(3, ChargingProfilePurpose.ChargingStationMaxProfile, 0, (decimal)most),
        ];
        Assert.True(Composition.At(held, new Moment(Now)).AskedW <= most + 1e-6);
    });

    private static HeldProfile Limit(int id, ChargingProfilePurpose purpose, int level, decimal watts) => Held(id, purpose, level, new ChargingSchedulePeriod { StartPeriod = 0, Limit = watts });

    private static HeldProfile Held(int id, ChargingProfilePurpose purpose, int level, ChargingSchedulePeriod period) =>
        new(Profile(id, purpose, level, ChargingProfileKind.Relative, new ChargingSchedule { Id = 1, ChargingRateUnit = ChargingRateUnit.W, ChargingSchedulePeriod = [period] }), Now);

    private static ChargingProfile Profile(int id, ChargingProfilePurpose purpose, int level, ChargingProfileKind kind, ChargingSchedule schedule) =>
        new() { Id = id, StackLevel = level, ChargingProfilePurpose = purpose, ChargingProfileKind = kind, ChargingSchedule = [schedule] };
}
