namespace Penstock.Ocpp.V21.V2x;

/// <summary>
/// One period of a V2X schedule: one record per operation mode with the fields that the mode has, and no other way to make one. The chain of base types is the
/// table of modes by purpose (Q, "operation modes by charging profile purpose"): <see cref="ChargingOnly"/> is allowed everywhere, LocalGeneration adds
/// <see cref="ExternalLimits"/>, external constraints add <see cref="ExternalSetpoint"/>, Tx and TxDefault take all, <see cref="CentralFrequency"/> only as a Dynamic profile.
/// </summary>
public abstract record V2xMode
{
    private protected V2xMode() { }

    internal abstract ChargingSchedulePeriod Period { get; }

    /// <summary>Seconds that the mode itself demands of a Dynamic schedule; null = as the profile says.</summary>
    internal virtual int? DurationSeconds => null;

    private protected static T Checked<T>(bool holds, T value, string rule, string text) => holds ? value : throw new ArgumentOutOfRangeException(nameof(value), $"{rule}: {text}");
}

/// <summary>May stand in a schedule of several periods as well as in a Dynamic one.</summary>
public abstract record ScheduledMode : V2xMode
{
    private protected ScheduledMode() { }
}

/// <summary>Also allowed in a ChargingStationExternalConstraints profile.</summary>
public abstract record ExternalMode : ScheduledMode
{
    private protected ExternalMode() { }
}

/// <summary>Also allowed in a LocalGeneration profile.</summary>
public abstract record LocalGenerationMode : ExternalMode
{
    private protected LocalGenerationMode() { }
}

/// <summary>Charging up to a limit, W >= 0; the mode of every station and the safe one.</summary>
public sealed record ChargingOnly : LocalGenerationMode
{
    /// <exception cref="ArgumentOutOfRangeException">The limit is negative: that is an extension of older versions, 2.1 has CentralSetpoint.</exception>
    public ChargingOnly(Phases limit) => Limit = Checked(limit is { L1: >= 0, L2: null or >= 0, L3: null or >= 0 }, limit, "ChargingOnly", $"the limit is 0 or positive; it is {limit}. Discharge is CentralSetpoint.");

    public Phases Limit { get; }

    internal override ChargingSchedulePeriod Period => new() { StartPeriod = 0, OperationMode = OperationMode.ChargingOnly, Limit = Limit.L1, Limit_L2 = Limit.L2, Limit_L3 = Limit.L3 };
}

/// <summary>The central system sets the power, signed. The caps stay in profiles of their own: the table allows them here, Q03.FR.02 forbids them.</summary>
public sealed record CentralSetpoint : ScheduledMode
{
    /// <param name="within">Where the setpoint must lie; it is checked here (V2X.05) and not sent.</param>
    /// <exception cref="ArgumentOutOfRangeException">The setpoint lies outside.</exception>
    public CentralSetpoint(Phases setpoint, PowerWindow? within = null, Phases? setpointReactive = null) =>
        (Setpoint, SetpointReactive) = (V2xBound.Within(setpoint, within), setpointReactive);

    public Phases Setpoint { get; }

    /// <summary>var.</summary>
    public Phases? SetpointReactive { get; }

    internal override ChargingSchedulePeriod Period => new()
    {
        StartPeriod = 0, OperationMode = OperationMode.CentralSetpoint, Setpoint = Setpoint.L1, Setpoint_L2 = Setpoint.L2, Setpoint_L3 = Setpoint.L3,
        SetpointReactive = SetpointReactive?.L1, SetpointReactive_L2 = SetpointReactive?.L2, SetpointReactive_L3 = SetpointReactive?.L3,
    };
}

/// <summary>The central system follows the frequency and sets the power, signed; only as a Dynamic profile that lapses by itself (Q07).</summary>
public sealed record CentralFrequency : V2xMode
{
    private readonly int duration;

    /// <param name="durationSeconds">The dead man: the profile lapses this long after the last update, > 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The setpoint lies outside <paramref name="within"/>, or there is no duration.</exception>
    public CentralFrequency(Phases setpoint, int durationSeconds, PowerWindow? within = null)
    {
        Setpoint = V2xBound.Within(setpoint, within);
        duration = Checked(durationSeconds > 0, durationSeconds, "Q07", $"a frequency setpoint lapses after a duration above 0 s; it is {durationSeconds} s.");
    }

    public Phases Setpoint { get; }

    internal override int? DurationSeconds => duration;

    internal override ChargingSchedulePeriod Period => new() { StartPeriod = 0, OperationMode = OperationMode.CentralFrequency, Setpoint = Setpoint.L1, Setpoint_L2 = Setpoint.L2, Setpoint_L3 = Setpoint.L3 };
}

/// <summary>The station follows the frequency by a curve around a baseline, and aFRR signals by a second one (Q08, Q09).</summary>
public sealed record LocalFrequency : ScheduledMode
{
    /// <param name="baseline">W, signed: where the vehicle stands at nominal frequency.</param>
    /// <param name="frequencyWatt">2 to 20 points of Hz (ascending) and W.</param>
    /// <param name="signalWatt">1 to 20 points of aFRR signal and W; null = deaf to signals.</param>
    /// <exception cref="ArgumentOutOfRangeException">A curve has too few or too many points, or frequencies that do not ascend.</exception>
    public LocalFrequency(decimal baseline, IReadOnlyList<V2XFreqWattPoint> frequencyWatt, IReadOnlyList<V2XSignalWattPoint>? signalWatt = null)
    {
        if (V2xBound.CurveFault(frequencyWatt, signalWatt) is { } fault) throw new ArgumentOutOfRangeException(nameof(frequencyWatt), fault);
        (Baseline, FrequencyWatt, SignalWatt) = (baseline, [.. frequencyWatt], signalWatt is null ? null : [.. signalWatt]);
    }

    public decimal Baseline { get; }

    public IReadOnlyList<V2XFreqWattPoint> FrequencyWatt { get; }

    public IReadOnlyList<V2XSignalWattPoint>? SignalWatt { get; }

    internal override ChargingSchedulePeriod Period => new()
    {
        StartPeriod = 0, OperationMode = OperationMode.LocalFrequency, V2xBaseline = Baseline, V2xFreqWattCurve = FrequencyWatt, V2xSignalWattCurve = SignalWatt,
    };
}

/// <summary>A local energy manager sets the power within the window, if one is given.</summary>
public sealed record ExternalSetpoint(PowerWindow? Window = null) : ExternalMode
{
    internal override ChargingSchedulePeriod Period => new()
    {
        StartPeriod = 0, OperationMode = OperationMode.ExternalSetpoint,
        Limit = Window?.Limit?.L1, Limit_L2 = Window?.Limit?.L2, Limit_L3 = Window?.Limit?.L3,
        DischargeLimit = Window?.DischargeLimit?.L1, DischargeLimit_L2 = Window?.DischargeLimit?.L2, DischargeLimit_L3 = Window?.DischargeLimit?.L3,
    };
}

/// <summary>A local energy manager sets limits; the profile carries none.</summary>
public sealed record ExternalLimits : LocalGenerationMode
{
    internal override ChargingSchedulePeriod Period => new() { StartPeriod = 0, OperationMode = OperationMode.ExternalLimits };
}

/// <summary>The station balances against its site meter by V2XChargingCtrlr thresholds; one station at a site only.</summary>
public sealed record LocalLoadBalancing : ScheduledMode
{
    internal override ChargingSchedulePeriod Period => new() { StartPeriod = 0, OperationMode = OperationMode.LocalLoadBalancing };
}

/// <summary>No power; the electronics may sleep, or the vehicle warm its battery.</summary>
public sealed record Idle(bool? EvseSleep = null, bool? Preconditioning = null) : ScheduledMode
{
    internal override ChargingSchedulePeriod Period => new() { StartPeriod = 0, OperationMode = OperationMode.Idle, EvseSleep = EvseSleep, PreconditioningRequest = Preconditioning };
}
