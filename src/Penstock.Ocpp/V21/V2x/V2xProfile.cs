namespace Penstock.Ocpp.V21.V2x;

/// <summary>Where a profile applies, with the modes that may stand there.</summary>
/// <typeparam name="TMode">Base type of the allowed modes.</typeparam>
public sealed record V2xPurpose<TMode>
    where TMode : V2xMode
{
    internal V2xPurpose(ChargingProfilePurpose purpose, string? transactionId = null) => (Purpose, TransactionId) = (purpose, transactionId);

    internal ChargingProfilePurpose Purpose { get; }

    internal string? TransactionId { get; }
}

public static class V2xPurpose
{
    public static V2xPurpose<V2xMode> TxDefault { get; } = new(ChargingProfilePurpose.TxDefaultProfile);

    public static V2xPurpose<ChargingOnly> PriorityCharging { get; } = new(ChargingProfilePurpose.PriorityCharging);

    public static V2xPurpose<ChargingOnly> StationMax { get; } = new(ChargingProfilePurpose.ChargingStationMaxProfile);

    public static V2xPurpose<ExternalMode> ExternalConstraints { get; } = new(ChargingProfilePurpose.ChargingStationExternalConstraints);

    public static V2xPurpose<LocalGenerationMode> LocalGeneration { get; } = new(ChargingProfilePurpose.LocalGeneration);

    public static V2xPurpose<V2xMode> Tx(string transactionId) => new(ChargingProfilePurpose.TxProfile, transactionId);
}

/// <summary>What a profile may carry beside its purpose and schedule.</summary>
/// <param name="DurationSeconds">Of a Dynamic schedule: it lapses this long after the last update. Of the last period otherwise.</param>
/// <param name="MaxOfflineDurationSeconds">The profile is invalid after this long without the central system.</param>
/// <param name="InvalidAfterOfflineDuration">True: it stays invalid once the link is back.</param>
/// <param name="DynUpdateIntervalSeconds">The station asks for an update this often; Dynamic only (K01.FR.122).</param>
/// <param name="RandomizedDelaySeconds">A random delay up to this long before each change, against herding; Tx and TxDefault only (K01.FR.95).</param>
public sealed record V2xOptions(
    int StackLevel = 0,
    int? DurationSeconds = null,
    int? MaxOfflineDurationSeconds = null,
    bool? InvalidAfterOfflineDuration = null,
    int? DynUpdateIntervalSeconds = null,
    int? RandomizedDelaySeconds = null,
    LimitAtSoC? LimitAtSoC = null);

/// <summary>A period of a schedule.</summary>
/// <param name="StartSeconds">From the start of the schedule; the first is 0, then ascending.</param>
public sealed record V2xPeriod<TMode>(int StartSeconds, TMode Mode)
    where TMode : V2xMode;

/// <summary>
/// Charging profiles for OCPP 2.1 V2X (block Q). Powers are W, positive into the vehicle. What can be built is legal: <see cref="V2xProfileCheck"/> finds nothing in it.
/// </summary>
public static class V2xProfile
{
    /// <summary>Profile ids are fixed per EVSE: a new profile with the same id replaces the old one (K01.FR.05).</summary>
    public static int SetpointProfileId(int evse) => 1000 + evse;

    /// <summary>The EVSE of a profile id made by <see cref="SetpointProfileId"/>; null for another.</summary>
    public static int? EvseOf(int profileId) => profileId is > 1000 and < 2000 ? profileId - 1000 : null;

    public static int DefaultProfileId => 1;

    /// <summary>
    /// The safe floor beneath every V2X profile: when the setpoint profile lapses, the vehicle may charge up to <paramref name="limitW"/> and never
    /// discharges. Without it a station falls to unlimited charging (Q11).
    /// </summary>
    public static ChargingProfile ChargingOnlyDefault(decimal limitW) => Relative(V2xPurpose.TxDefault, DefaultProfileId, 1, [new V2xPeriod<ScheduledMode>(0, new ChargingOnly(limitW))], new V2xOptions());

    /// <summary>What a vehicle that just told its needs may do until its setpoint is there (Q02): charge up to <paramref name="limitW"/>. Replaced by <see cref="CentralSetpoint"/>, which has its id.</summary>
    public static ChargingProfile ChargingOnlyFirst(int evse, string transactionId, decimal limitW) =>
        Relative(V2xPurpose.Tx(transactionId), SetpointProfileId(evse), 2, [new V2xPeriod<ScheduledMode>(0, new ChargingOnly(limitW))], new V2xOptions(StackLevel: 1));

    /// <summary>
    /// A Dynamic TxProfile that holds <paramref name="setpointW"/> until the next update; it lapses <paramref name="deadManSeconds"/> after the last one,
    /// online or offline.
    /// </summary>
    public static ChargingProfile CentralSetpoint(int evse, string transactionId, decimal setpointW, int deadManSeconds) => Dynamic(
        V2xPurpose.Tx(transactionId), SetpointProfileId(evse), 2, new CentralSetpoint(setpointW),
        new V2xOptions(StackLevel: 1, DurationSeconds: deadManSeconds, MaxOfflineDurationSeconds: deadManSeconds, InvalidAfterOfflineDuration: true));

    /// <summary>Moves the setpoint of a Dynamic profile and restarts its dead-man time.</summary>
    public static UpdateDynamicScheduleRequest Update(int evse, decimal setpointW) => new()
    {
        ChargingProfileId = SetpointProfileId(evse),
        ScheduleUpdate = new ChargingScheduleUpdate { Setpoint = setpointW },
    };

    /// <summary>A profile whose values are moved by UpdateDynamicSchedule or pulled by the station: one schedule, one period, start 0.</summary>
    public static ChargingProfile Dynamic<TMode>(V2xPurpose<TMode> purpose, int id, int scheduleId, TMode mode, V2xOptions options)
        where TMode : V2xMode =>
        Profile(purpose, id, ChargingProfileKind.Dynamic, [Schedule(scheduleId, null, [mode.Period], mode.DurationSeconds ?? options.DurationSeconds, options)], options);

    /// <summary>A schedule from a moment on, for Tx and TxDefault.</summary>
    public static ChargingProfile Absolute(V2xPurpose<V2xMode> purpose, int id, int scheduleId, DateTimeOffset start, IReadOnlyList<V2xPeriod<ScheduledMode>> periods, V2xOptions options) =>
        Scheduled(purpose, id, ChargingProfileKind.Absolute, scheduleId, start, periods, options);

    /// <summary>A schedule from a moment on, for the other purposes.</summary>
    public static ChargingProfile Absolute<TMode>(V2xPurpose<TMode> purpose, int id, int scheduleId, DateTimeOffset start, IReadOnlyList<V2xPeriod<TMode>> periods, V2xOptions options)
        where TMode : ExternalMode => Scheduled(purpose, id, ChargingProfileKind.Absolute, scheduleId, start, periods, options);

    /// <summary>A schedule from the start of the transaction on; not for the station's maximum (K01.FR.38).</summary>
    public static ChargingProfile Relative(V2xPurpose<V2xMode> purpose, int id, int scheduleId, IReadOnlyList<V2xPeriod<ScheduledMode>> periods, V2xOptions options) =>
        Scheduled(purpose, id, ChargingProfileKind.Relative, scheduleId, null, periods, options);

    /// <summary>The alternatives of an ISO 15118 vehicle: up to three schedules of one profile, of which it takes one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are no profiles, more than three, or ones that differ in more than their schedule.</exception>
    public static ChargingProfile Alternatives(params IReadOnlyList<ChargingProfile> profiles)
    {
        var schedules = profiles.SelectMany(p => p.ChargingSchedule).ToList();
        if (schedules.Count is < 1 or > V2xBound.SchedulesMax) throw new ArgumentOutOfRangeException(nameof(profiles), $"A profile has 1 to {V2xBound.SchedulesMax} schedules; these are {schedules.Count}.");
        if (profiles.Any(p => p with { ChargingSchedule = profiles[0].ChargingSchedule } != profiles[0] || p.ChargingProfileKind == ChargingProfileKind.Dynamic)) throw new ArgumentOutOfRangeException(nameof(profiles), "Alternatives differ only in their schedule, and none is Dynamic.");
        return profiles[0] with { ChargingSchedule = schedules };
    }

    /// <exception cref="ArgumentOutOfRangeException">No periods, more than 1,024, a first one that does not start at 0, or starts that do not ascend.</exception>
    private static ChargingProfile Scheduled<TPurpose, TMode>(V2xPurpose<TPurpose> purpose, int id, ChargingProfileKind kind, int scheduleId, DateTimeOffset? start, IReadOnlyList<V2xPeriod<TMode>> periods, V2xOptions options)
        where TPurpose : V2xMode
        where TMode : V2xMode
    {
        if (V2xProfileCheck.PeriodFault([.. periods.Select(p => p.StartSeconds)]) is { } fault) throw new ArgumentOutOfRangeException(nameof(periods), fault);
        if (options.DynUpdateIntervalSeconds is not null) throw new ArgumentOutOfRangeException(nameof(options), "K01.FR.122: only a Dynamic profile has a dynUpdateInterval.");
        return Profile(purpose, id, kind, [Schedule(scheduleId, start, [.. periods.Select(p => p.Mode.Period with { StartPeriod = p.StartSeconds })], options.DurationSeconds, options)], options);
    }

    private static ChargingProfile Profile<TMode>(V2xPurpose<TMode> purpose, int id, ChargingProfileKind kind, IReadOnlyList<ChargingSchedule> schedules, V2xOptions options)
        where TMode : V2xMode
    {
        var made = new ChargingProfile
        {
            Id = id,
            StackLevel = options.StackLevel,
            ChargingProfilePurpose = purpose.Purpose,
            ChargingProfileKind = kind,
            TransactionId = purpose.TransactionId,
            MaxOfflineDuration = options.MaxOfflineDurationSeconds,
            InvalidAfterOfflineDuration = options.InvalidAfterOfflineDuration,
            DynUpdateInterval = options.DynUpdateIntervalSeconds,
            ChargingSchedule = schedules,
        };
        return V2xProfileCheck.Of(made) is [{ } fault, ..] ? throw new ArgumentOutOfRangeException(nameof(options), fault.ToString()) : made;
    }

    private static ChargingSchedule Schedule(int id, DateTimeOffset? start, IReadOnlyList<ChargingSchedulePeriod> periods, int? durationSeconds, V2xOptions options) => new()
    {
        Id = id,
        StartSchedule = start,
        Duration = durationSeconds,
        ChargingRateUnit = ChargingRateUnit.W,
        RandomizedDelay = options.RandomizedDelaySeconds,
        LimitAtSoC = options.LimitAtSoC,
        ChargingSchedulePeriod = periods,
    };
}
