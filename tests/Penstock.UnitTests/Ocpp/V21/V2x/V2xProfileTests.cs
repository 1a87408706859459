using System.Text.Json;
using NJsonSchema;
using Penstock.Ocpp.V21;
using Penstock.Ocpp.V21.V2x;

namespace Penstock.UnitTests.Ocpp.V21.V2x;

/// <summary>What can be built is legal: for the schema, and for the rules of blocks K and Q.</summary>
public sealed class V2xProfileTests
{
    private static readonly V2XFreqWattPoint[] Hz = [new() { Frequency = 49.8m, Power = -7000 }, new() { Frequency = 50.2m, Power = 7000 }];

    private static readonly V2XSignalWattPoint[] Signals = [new() { Signal = -100, Power = -3000 }, new() { Signal = 100, Power = 3000 }];

    private static readonly PowerWindow Window = new(-7000m, 11000m);

    private static readonly V2xOptions Dead = new(StackLevel: 2, DurationSeconds: 300, MaxOfflineDurationSeconds: 300, InvalidAfterOfflineDuration: true, DynUpdateIntervalSeconds: 60);

    private static readonly V2xOptions Full = new(3, 3600, 600, false, null, 30, new LimitAtSoC { Soc = 90, Limit = 3000 });

    public static TheoryData<string> EveryMode => [.. Enum.GetNames<OperationMode>()];

    [Theory]
    [MemberData(nameof(EveryMode))]
    public async Task A_Dynamic_profile_of_every_mode_satisfies_the_official_schema_and_our_check(string name)
    {
        var mode = Mode(Enum.Parse<OperationMode>(name));
        var profile = V2xProfile.Dynamic(V2xPurpose.Tx("tx-1"), 1001, 2, mode, Dead);
        var period = Assert.Single(Assert.Single(profile.ChargingSchedule).ChargingSchedulePeriod);
        Assert.Equal((0, name), (period.StartPeriod, period.OperationMode.ToString()));
        await ValidAsync(profile);
    }

    [Theory]
    [MemberData(nameof(EveryMode))]
    public async Task A_schedule_of_every_mode_but_CentralFrequency_satisfies_them_too(string name)
    {
        if (Mode(Enum.Parse<OperationMode>(name)) is not ScheduledMode mode)
        {
            Assert.Equal(nameof(CentralFrequency), name);
            return;
        }

        await ValidAsync(V2xProfile.Absolute(V2xPurpose.TxDefault, 7, 1, new DateTimeOffset(2026, 7, 1, 18, 0, 0, TimeSpan.Zero), [new(0, mode), new(900, new ChargingOnly(7000))], Full));
        await ValidAsync(V2xProfile.Relative(V2xPurpose.Tx("tx-1"), 7, 1, [new(0, mode), new(900, new Idle(EvseSleep: true)), new(1800, mode)], Full));
    }

    [Fact]
    public async Task Each_purpose_takes_its_modes()
    {
        var start = new DateTimeOffset(2026, 7, 1, 0, 0, 0, TimeSpan.Zero);
        await ValidAsync(V2xProfile.Absolute(V2xPurpose.StationMax, 1, 1, start, [new(0, new ChargingOnly(22000))], new V2xOptions()));
        await ValidAsync(V2xProfile.Absolute(V2xPurpose.PriorityCharging, 2, 1, start, [new(0, new ChargingOnly(new Phases(3600, 3600, 3600)))], new V2xOptions()));
        await ValidAsync(V2xProfile.Dynamic(V2xPurpose.ExternalConstraints, 3, 1, new ExternalSetpoint(Window), new V2xOptions()));
        await ValidAsync(V2xProfile.Dynamic(V2xPurpose.LocalGeneration, 4, 1, new ExternalLimits(), new V2xOptions()));
        await ValidAsync(V2xProfile.CentralSetpoint(1, "tx-1", -3500, 300));
        await ValidAsync(V2xProfile.ChargingOnlyDefault(7000));
        await ValidAsync(V2xProfile.ChargingOnlyFirst(1, "tx-1", 7000));
    }

    [Fact]
    public async Task A_schedule_has_up_to_1024_periods_and_a_profile_up_to_three_schedules()
    {
        var periods = Enumerable.Range(0, 1024).Select(i => new V2xPeriod<ScheduledMode>(i * 60, new CentralSetpoint(i % 2 == 0 ? -1000 : 1000))).ToList();
        var start = new DateTimeOffset(2026, 7, 1, 0, 0, 0, TimeSpan.Zero);
        var one = V2xProfile.Absolute(V2xPurpose.Tx("tx-1"), 9, 1, start, periods, Full);
        var three = V2xProfile.Alternatives(one, V2xProfile.Absolute(V2xPurpose.Tx("tx-1"), 9, 2, start, periods, Full), V2xProfile.Absolute(V2xPurpose.Tx("tx-1"), 9, 3, start, periods, Full));
        Assert.Equal([1, 2, 3], three.ChargingSchedule.Select(s => s.Id));
        await ValidAsync(three);
        Assert.Throws<ArgumentOutOfRangeException>(() => V2xProfile.Alternatives(three, one));
        Assert.Throws<ArgumentOutOfRangeException>(() => V2xProfile.Alternatives(one, V2xProfile.Absolute(V2xPurpose.TxDefault, 9, 2, start, periods, Full)));
        Says("1024", () => V2xProfile.Absolute(V2xPurpose.TxDefault, 9, 1, start, [.. periods, new(99_999, new Idle())], Full));
    }

    [Fact]
    public void A_CentralSetpoint_carries_the_setpoint_alone()
    {
        var period = V2xProfile.Dynamic(V2xPurpose.Tx("tx-1"), 1, 1, new CentralSetpoint(-5000, Window), Dead).ChargingSchedule[0].ChargingSchedulePeriod[0];
        Assert.Equal((-5000m, null, null), (period.Setpoint, period.Limit, period.DischargeLimit));
    }

    [Fact]
    public void A_frequency_setpoint_lapses_by_its_own_duration() =>
        Assert.Equal(30, V2xProfile.Dynamic(V2xPurpose.Tx("tx-1"), 1, 1, new CentralFrequency(2000, 30, Window), Dead).ChargingSchedule[0].Duration);

    [Fact]
    public void What_is_out_of_bounds_cannot_be_built_and_the_error_names_the_rule()
    {
        Says("V2X.05", () => new CentralSetpoint(-7000.1m, Window));
        Says("V2X.05", () => new CentralSetpoint(11001, Window));
        Says("V2X.05", () => new CentralSetpoint(new Phases(4000, 4000, 4000), Window)); // 12 kW together
        Says("V2X.05", () => new CentralSetpoint(new Phases(3000, -3000, 3000), new PowerWindow(new Phases(-2000, -2000, -2000), null)));
        Says("V2X.05", () => new CentralFrequency(12000, 30, Window));
        Says("Q07", () => new CentralFrequency(1000, 0));
        Says("ChargingOnly", () => new ChargingOnly(-1));
        Says("ChargingOnly", () => new ChargingOnly(new Phases(1, 2, -3)));
        Says("dischargeLimit", () => new PowerWindow(1, null));
        Says("limit", () => new PowerWindow(null, -1));
        Says("2 to 20", () => new LocalFrequency(0, [Hz[0]]));
        Says("2 to 20", () => new LocalFrequency(0, [.. Enumerable.Range(0, 21).Select(i => new V2XFreqWattPoint { Frequency = 49 + (i * 0.1m), Power = i })]));
        Says("ascend", () => new LocalFrequency(0, [Hz[1], Hz[0]]));
        Says("ascend", () => new LocalFrequency(0, [Hz[0], Hz[0]]));
        Says("1 to 20", () => new LocalFrequency(0, Hz, []));
        Says("ascend", () => new LocalFrequency(0, Hz, [Signals[1], Signals[0]]));
        Says("K01.FR.31", () => V2xProfile.Relative(V2xPurpose.TxDefault, 1, 1, [new(1, new Idle())], Full));
        Says("K01.FR.35", () => V2xProfile.Relative(V2xPurpose.TxDefault, 1, 1, [new(0, new Idle()), new(60, new Idle()), new(60, new Idle())], Full));
        Says("K01.FR.122", () => V2xProfile.Relative(V2xPurpose.TxDefault, 1, 1, [new(0, new Idle())], Dead));
        Says("K01.FR.95", () => V2xProfile.Dynamic(V2xPurpose.StationMax, 1, 1, new ChargingOnly(1), Full));
        Says("K01.FR.70", () => V2xProfile.Dynamic(V2xPurpose.PriorityCharging, 1, 1, new ChargingOnly(1), new V2xOptions(DurationSeconds: 60)));
    }

    [Fact]
    public void The_profile_id_of_an_EVSE_is_found_again() =>
        Assert.All(Enumerable.Range(1, 99), evse => Assert.Equal(evse, V2xProfile.EvseOf(V2xProfile.SetpointProfileId(evse))));

    internal static V2xMode Mode(OperationMode mode) => mode switch
    {
        OperationMode.ChargingOnly => new ChargingOnly(new Phases(3700, 3700, 3700)),
        OperationMode.CentralSetpoint => new CentralSetpoint(-5000, Window, 500),
        OperationMode.CentralFrequency => new CentralFrequency(-1000, 60, Window),
        OperationMode.LocalFrequency => new LocalFrequency(1000, Hz, Signals),
        OperationMode.ExternalSetpoint => new ExternalSetpoint(Window),
        OperationMode.ExternalLimits => new ExternalLimits(),
        OperationMode.LocalLoadBalancing => new LocalLoadBalancing(),
        _ => new Idle(EvseSleep: false, Preconditioning: true),
    };

    private static void Says(string rule, Func<object> build) => Assert.Contains(rule, Assert.Throws<ArgumentOutOfRangeException>(build).Message, StringComparison.Ordinal);

    private static async Task ValidAsync(ChargingProfile profile)
    {
        Assert.Empty(V2xProfileCheck.Of(profile));
        var request = new SetChargingProfileRequest { EvseId = 1, ChargingProfile = profile };
        Assert.Null(request.Check());
        var schema = await JsonSchema.FromFileAsync(Path.Combine(Schemas.Root(), "2.1", "SetChargingProfileRequest.json"), TestContext.Current.CancellationToken);
        var faults = schema.Validate(JsonSerializer.Serialize(request, SetChargingProfileRequest.TypeInfo));
        Assert.True(faults.Count == 0, string.Join("; ", faults));
    }
}
