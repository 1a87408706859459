using Penstock.Ocpp.V21;
using Penstock.Ocpp.V21.V2x;
using Penstock.Simulator.Stations.Profiles;

namespace Penstock.UnitTests.Simulator.Stations.Profiles;

/// <summary>Profiles that a station takes, and those it refuses with a reason.</summary>
public sealed class ProfileCheckTests
{
    private static readonly ProfileCapability Able = new(Enum.GetValues<OperationMode>().ToHashSet(), new HashSet<ChargingRateUnit> { ChargingRateUnit.W, ChargingRateUnit.A }, 9, Discharges: true, IsDc: true);

    private static readonly V2XFreqWattPoint[] Curve = [new() { Frequency = 49.8m, Power = -5000 }, new() { Frequency = 50.2m, Power = 5000 }];

    [Fact]
    public void What_the_platform_sends_is_taken()
    {
        Assert.Null(ProfileCheck.Fault(V2xProfile.ChargingOnlyDefault(7000), Able));
        Assert.Null(ProfileCheck.Fault(V2xProfile.CentralSetpoint(1, "T", -5000, 300), Able));
    }

    public static TheoryData<OperationMode, decimal?, decimal?, decimal?, bool, string?> Mixes => new()
    {
        { OperationMode.ChargingOnly, 7000, null, null, false, null },
        { OperationMode.ChargingOnly, null, null, null, false, "MissingParam" },
        { OperationMode.ChargingOnly, 7000, -1000, null, false, "InvalidSchedule" },
        { OperationMode.ChargingOnly, 7000, null, 1000, false, "InvalidSchedule" },
        { OperationMode.CentralSetpoint, null, null, -5000, false, null },
        { OperationMode.CentralSetpoint, null, null, null, false, "MissingParam" },
        { OperationMode.CentralSetpoint, 5000, -5000, 5001, false, "InvalidSchedule" },
        { OperationMode.CentralSetpoint, 5000, -5000, -5001, false, "InvalidSchedule" },
        { OperationMode.CentralFrequency, null, null, 100, false, null },
        { OperationMode.CentralFrequency, null, null, null, false, "MissingParam" },
        { OperationMode.LocalFrequency, null, null, null, true, null },
        { OperationMode.LocalFrequency, null, null, null, false, "NoFreqWattCurve" },
        { OperationMode.LocalFrequency, 5000, null, null, true, "InvalidSchedule" },
        { OperationMode.ExternalSetpoint, 5000, -5000, null, false, null },
        { OperationMode.ExternalSetpoint, null, null, 100, false, "InvalidSchedule" },
        { OperationMode.ExternalLimits, 5000, 1, null, false, "InvalidSchedule" },
        { OperationMode.LocalLoadBalancing, null, null, null, false, null },
        { OperationMode.Idle, null, null, null, false, null },
        { OperationMode.Idle, 0, null, null, false, "InvalidSchedule" },
    };

    [Theory]
    [MemberData(nameof(Mixes))]
    public void A_mix_of_fields_is_judged_by_its_mode(OperationMode mode, decimal? limit, decimal? dischargeLimit, decimal? setpoint, bool curve, string? reason) => Assert.Equal(
        reason, ProfileCheck.Fault(Of(new ChargingSchedulePeriod { StartPeriod = 0, OperationMode = mode, Limit = limit, DischargeLimit = dischargeLimit, Setpoint = setpoint, V2xFreqWattCurve = curve ? Curve : null }), Able)?.ReasonCode);

    [Theory]
    [InlineData(ChargingProfilePurpose.PriorityCharging)]
    [InlineData(ChargingProfilePurpose.ChargingStationMaxProfile)]
    [InlineData(ChargingProfilePurpose.LocalGeneration)]
    [InlineData(ChargingProfilePurpose.ChargingStationExternalConstraints)]
    public void Setpoints_belong_to_transactions(ChargingProfilePurpose purpose) =>
        Assert.Equal("InvalidProfile", ProfileCheck.Fault(Of(new ChargingSchedulePeriod { StartPeriod = 0, OperationMode = OperationMode.CentralSetpoint, Setpoint = 1 }) with { ChargingProfilePurpose = purpose }, Able)!.ReasonCode);

    [Fact]
    public void A_station_refuses_what_it_cannot_do()
    {
        var setpoint = Of(new ChargingSchedulePeriod { StartPeriod = 0, OperationMode = OperationMode.CentralSetpoint, Setpoint = -1 });
        Assert.Equal("InvalidSchedule", ProfileCheck.Fault(setpoint, Able with { Discharges = false })!.ReasonCode);
        Assert.Equal("InvalidSchedule", ProfileCheck.Fault(setpoint, Able with { Modes = new HashSet<OperationMode> { OperationMode.ChargingOnly } })!.ReasonCode);
        Assert.Equal("UnsupportedRateUnit", ProfileCheck.Fault(setpoint, Able with { Units = new HashSet<ChargingRateUnit> { ChargingRateUnit.A } })!.ReasonCode);
        Assert.Equal("InvalidStackLevel", ProfileCheck.Fault(setpoint with { StackLevel = 10 }, Able)!.ReasonCode);
        Assert.Equal("NoPhaseForDC", ProfileCheck.Fault(Of(new ChargingSchedulePeriod { StartPeriod = 0, Limit = 1, PhaseToUse = 1 }), Able)!.ReasonCode);
    }

    [Fact]
    public void A_Dynamic_profile_has_one_period_and_periods_are_in_order()
    {
        var (first, second) = (new ChargingSchedulePeriod { StartPeriod = 0, Limit = 1 }, new ChargingSchedulePeriod { StartPeriod = 60, Limit = 1 });
        Assert.Null(ProfileCheck.Fault(Of(first, second), Able));
        Assert.Equal("InvalidSchedule", ProfileCheck.Fault(Of(first, second) with { ChargingProfileKind = ChargingProfileKind.Dynamic }, Able)!.ReasonCode);
        Assert.Equal("InvalidSchedule", ProfileCheck.Fault(Of(second, first), Able)!.ReasonCode);
        Assert.Equal("InvalidSchedule", ProfileCheck.Fault(Of(first, second, second), Able)!.ReasonCode);
        Assert.Equal("InvalidProfile", ProfileCheck.Fault(Of(first) with { ChargingProfileKind = ChargingProfileKind.Recurring }, Able)!.ReasonCode);
        Assert.Equal("TooManyElements", ProfileCheck.Fault(Of([.. Enumerable.Range(0, 1025).Select(n => new ChargingSchedulePeriod { StartPeriod = n, Limit = 1 })]), Able)!.ReasonCode);
    }

    private static ChargingProfile Of(params ChargingSchedulePeriod[] periods) => new()
    {
        Id = 1, StackLevel = 0, ChargingProfilePurpose = ChargingProfilePurpose.TxProfile, ChargingProfileKind = ChargingProfileKind.Relative,
        ChargingSchedule = [new ChargingSchedule { Id = 1, ChargingRateUnit = ChargingRateUnit.W, ChargingSchedulePeriod = periods }],
    };
}
