using CsCheck;
using Penstock.Ocpp.V21;
using Penstock.Ocpp.V21.V2x;

namespace Penstock.UnitTests.Ocpp.V21.V2x;

public sealed class V2xProfileCheckTests
{
    private static readonly ChargingProfile Good = V2xProfile.CentralSetpoint(1, "tx-1", -3500, 300);

    [Fact]
    public void A_mode_stands_only_where_its_purpose_allows_it()
    {
        var allowed = (from purpose in Enum.GetValues<ChargingProfilePurpose>() from mode in Enum.GetValues<OperationMode>() where Breaks("Q modes by purpose", "K01.FR.71", purpose, mode) is false select (purpose, mode)).ToList();
        Assert.Equal(8, allowed.Count(a => a.purpose == ChargingProfilePurpose.TxProfile));
        Assert.Equal(8, allowed.Count(a => a.purpose == ChargingProfilePurpose.TxDefaultProfile));
        Assert.Equal([OperationMode.ChargingOnly], Of(ChargingProfilePurpose.PriorityCharging));
        Assert.Equal([OperationMode.ChargingOnly], Of(ChargingProfilePurpose.ChargingStationMaxProfile));
        Assert.Equal([OperationMode.ChargingOnly, OperationMode.ExternalSetpoint, OperationMode.ExternalLimits], Of(ChargingProfilePurpose.ChargingStationExternalConstraints));
        Assert.Equal([OperationMode.ChargingOnly, OperationMode.ExternalLimits], Of(ChargingProfilePurpose.LocalGeneration));

        IEnumerable<OperationMode> Of(ChargingProfilePurpose purpose) => allowed.Where(a => a.purpose == purpose).Select(a => a.mode);

        bool Breaks(string rule, string other, ChargingProfilePurpose purpose, OperationMode mode) =>
            V2xProfileCheck.Of(With(V2xProfileTests.Mode(mode).Period) with { ChargingProfilePurpose = purpose }).Any(f => f.Rule == rule || f.Rule == other);
    }

    [Fact]
    public void A_setpoint_outside_its_limits_is_V2X_05()
    {
        var period = new ChargingSchedulePeriod { StartPeriod = 0, OperationMode = OperationMode.CentralSetpoint, Setpoint = -5000, DischargeLimit = -7000, Limit = 7000 };
        Assert.Empty(V2xProfileCheck.Of(With(period)));
        Rules("V2X.05", With(period with { Setpoint = -7001 }));
        Rules("V2X.05", With(period with { Setpoint = 7001 }));
        Rules("V2X.05", With(period with { Setpoint_L2 = -1000, Setpoint_L3 = -1001 }));
        Assert.Contains("-7001 W lies below the dischargeLimit -7000 W", V2xProfileCheck.Of(With(period with { Setpoint = -7001 }))[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mode_that_the_EVSE_does_not_know_is_K01_FR_115()
    {
        Assert.Empty(V2xProfileCheck.Of(Good, new HashSet<OperationMode> { OperationMode.ChargingOnly, OperationMode.CentralSetpoint }));
        Assert.Equal("K01.FR.115", Assert.Single(V2xProfileCheck.Of(Good, new HashSet<OperationMode> { OperationMode.ChargingOnly })).Rule);
    }

    [Fact]
    public void The_profile_of_a_start_is_of_the_transaction_without_its_id_and_obeys_all_other_rules()
    {
        Assert.Contains(V2xProfileCheck.Of(Good with { TransactionId = null }), f => f.Rule == "K01.FR.03");
        Assert.Empty(V2xProfileCheck.OfStart(Good with { TransactionId = null }));
        Assert.Equal(["/transactionId"], V2xProfileCheck.OfStart(Good).Select(f => f.Pointer));
        Assert.Equal(["/chargingProfilePurpose"], V2xProfileCheck.OfStart(V2xProfile.ChargingOnlyDefault(7000)).Select(f => f.Pointer));
        Assert.Equal(["K01.FR.115"], V2xProfileCheck.OfStart(Good with { TransactionId = null }, new HashSet<OperationMode> { OperationMode.ChargingOnly }).Select(f => f.Rule));
        var outside = With(new ChargingSchedulePeriod { StartPeriod = 0, OperationMode = OperationMode.CentralSetpoint, Setpoint = -7001, DischargeLimit = -7000, Limit = 7000 }) with { TransactionId = null };
        Assert.Equal(["V2X.05"], V2xProfileCheck.OfStart(outside).Select(f => f.Rule));
    }

    [Fact]
    public void A_Dynamic_profile_has_one_schedule_of_one_period_from_0()
    {
        var schedule = Good.ChargingSchedule[0];
        var period = schedule.ChargingSchedulePeriod[0];
        Rules("K28 Dynamic", Good with { ChargingSchedule = [schedule, schedule] });
        Rules("K28 Dynamic", Good with { ChargingSchedule = [schedule with { ChargingSchedulePeriod = [period, period with { StartPeriod = 60 }] }] });
        Rules("K01.FR.31", With(period with { StartPeriod = 5 }));
        Rules("K01.FR.122", Good with { ChargingProfileKind = ChargingProfileKind.Relative, DynUpdateInterval = 60 });
    }

    [Fact]
    public void Each_of_the_other_rules_is_named()
    {
        var schedule = Good.ChargingSchedule[0];
        var setpoint = schedule.ChargingSchedulePeriod[0];
        Rules("K01.FR.03", Good with { TransactionId = null });
        Rules("K01.FR.35", Good with { ChargingProfileKind = ChargingProfileKind.Relative, ChargingSchedule = [schedule with { ChargingSchedulePeriod = [setpoint, setpoint with { StartPeriod = 60 }, setpoint with { StartPeriod = 30 }] }] });
        Rules("K01.FR.40", Good with { ChargingProfileKind = ChargingProfileKind.Absolute });
        Rules("K01.FR.38", V2xProfile.ChargingOnlyDefault(1) with { ChargingProfilePurpose = ChargingProfilePurpose.ChargingStationMaxProfile });
        Rules("Q fields by mode", With(setpoint with { Setpoint = null }));
        Rules("Q fields by mode", With(setpoint with { OperationMode = OperationMode.Idle }));
        Rules("Q fields by mode", With(setpoint with { OperationMode = null, Limit = 7000 })); // ChargingOnly when no mode is told
        Rules("Q07.FR.03", With(setpoint with { OperationMode = OperationMode.CentralFrequency, Limit = 7000 }));
        Rules("Q07 duration", Good with { ChargingSchedule = [schedule with { Duration = null, ChargingSchedulePeriod = [setpoint with { OperationMode = OperationMode.CentralFrequency }] }] });
        Rules("Q07", Good with { ChargingProfileKind = ChargingProfileKind.Relative, ChargingSchedule = [schedule with { ChargingSchedulePeriod = [setpoint with { OperationMode = OperationMode.CentralFrequency }] }] });
        Rules("Q08.FR.02", With(new ChargingSchedulePeriod { StartPeriod = 0, OperationMode = OperationMode.LocalFrequency, V2xFreqWattCurve = [new() { Frequency = 50, Power = 0 }] }));
        Rules("Q08.FR.05", Good with { ChargingSchedule = [schedule with { ChargingRateUnit = ChargingRateUnit.A, ChargingSchedulePeriod = [V2xProfileTests.Mode(OperationMode.LocalFrequency).Period] }] });
        Rules("Q ChargingOnly", With(new ChargingSchedulePeriod { StartPeriod = 0, Limit = -7000 }));
        Rules("K01", Good with { MaxOfflineDuration = -1 });
        Rules("K01", Good with { ChargingSchedule = [schedule with { Duration = 0 }] });
    }

    [Fact]
    public void Any_setpoint_within_any_window_is_legal_and_any_outside_is_not() => Gen.Select(Gen.Int[-20000, 0], Gen.Int[0, 20000], Gen.Int[-30000, 30000]).Sample((least, most, setpoint) =>
    {
        var faults = V2xProfileCheck.Of(With(new ChargingSchedulePeriod { StartPeriod = 0, OperationMode = OperationMode.CentralSetpoint, Setpoint = setpoint, DischargeLimit = least, Limit = most }));
        Assert.Equal(setpoint >= least && setpoint <= most, faults.Count == 0);
        Assert.All(faults, f => Assert.Equal("V2X.05", f.Rule));
    });

    private static ChargingProfile With(ChargingSchedulePeriod period) => Good with { ChargingSchedule = [Good.ChargingSchedule[0] with { ChargingSchedulePeriod = [period] }] };

    private static void Rules(string rule, ChargingProfile profile) => Assert.Contains(V2xProfileCheck.Of(profile), f => f.Rule == rule);
}
