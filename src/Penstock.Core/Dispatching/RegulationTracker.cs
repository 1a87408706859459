using NodaTime;
using Penstock.Core.Units;

namespace Penstock.Core.Dispatching;

/// <summary>A regulation (AGC) contract. The signal moves the power of a fleet around its plan by at most <paramref name="Capacity"/> each way.</summary>
public sealed record RegulationContract(Power Capacity)
{
    /// <summary>A signal comes every 2 to 4 s; up to this age it counts as new.</summary>
    public static readonly Duration FreshFor = Duration.FromSeconds(10);

    /// <summary>Up to this age the last signal is held; after it the plan alone holds.</summary>
    public static readonly Duration HoldFor = Duration.FromSeconds(60);

    /// <summary>Energy is re-centred once in each of these.</summary>
    public static readonly Duration Period = Duration.FromMinutes(15);

    /// <summary>A correction is at most this part of the capacity: the rest of the signal's room stays.</summary>
    public const double CorrectionMax = 0.25;

    /// <summary>Energy may be this many hours of the capacity from the plan; then the signal is cut in that direction.</summary>
    public const double DriftHours = 0.5;

    /// <summary>Ticks come at least this often. A later one is counted whole, and may pass the drift by the time it is late.</summary>
    public static readonly Duration TickMax = Duration.FromSeconds(10);

    public Energy DriftMax => Energy.FromWattHours(Capacity.Watts * DriftHours);
}

/// <summary>One value of the signal. Exactly one of the two is given.</summary>
/// <param name="Share">-1 to 1 of the capacity around the plan; positive = more into the vehicles (the translator flips what the grid calls up).</param>
/// <param name="Absolute">The power itself, plan included.</param>
public readonly record struct RegulationSignal(Instant At, double? Share, Power? Absolute);

/// <summary>Why a signal was not taken.</summary>
public enum SignalRefusal
{
    NotANumber, OutOfRange, Ambiguous, Late, FromTheFuture,
}

/// <summary>What the setpoint follows.</summary>
public enum RegulationMode
{
    Following, Holding, Plan,
}

/// <param name="Mode">Fresh signal, held signal or plan alone.</param>
/// <param name="Limited">True when the drift bound cut the signal.</param>
public readonly record struct RegulationSetpoint(Power Power, RegulationMode Mode, bool Limited);

/// <summary>The tracker between two ticks; <c>default</c> is its beginning.</summary>
/// <param name="Deviation">Energy beyond the plan so far; positive = more was taken.</param>
/// <param name="Correction">Power that re-centres it in this period.</param>
/// <param name="Period">Number of the period since the epoch that the correction is for.</param>
/// <param name="Offset">Power beyond the plan that was asked for at the last tick.</param>
public readonly record struct RegulationState(RegulationSignal? Signal, Energy Deviation, Power Correction, long? Period, Instant? TickedAt, Power Offset);

/// <summary>AGC tracking as a pure state machine: signals in, a setpoint each tick, energy re-centred every quarter-hour and never further from the plan than the contract allows.</summary>
public static class RegulationTracker
{
    /// <summary>Takes a signal, or says why not; a refused one changes nothing.</summary>
    public static (RegulationState State, SignalRefusal? Refusal) Receive(RegulationState state, RegulationSignal signal, Instant now)
    {
        SignalRefusal? refusal = signal switch
        {
            { Share: null, Absolute: null } or { Share: not null, Absolute: not null } => SignalRefusal.Ambiguous,
            { Share: double.NaN } => SignalRefusal.NotANumber,
            { Share: < -1 or > 1 } => SignalRefusal.OutOfRange,
            _ when signal.At > now + RegulationContract.FreshFor => SignalRefusal.FromTheFuture,
            _ when signal.At < state.Signal?.At || now - signal.At > RegulationContract.HoldFor => SignalRefusal.Late,
            _ => null,
        };
        return refusal is null ? (state with { Signal = signal }, null) : (state, refusal);
    }

    /// <summary>The power for now. Time since the last tick is counted at the measured power, or at what was asked where nothing was measured.</summary>
    /// <param name="plan">The base plan's power now.</param>
    /// <param name="measured">Mean power since the last tick; null = unknown.</param>
    public static (RegulationState State, RegulationSetpoint Setpoint) Tick(RegulationState state, RegulationContract contract, Power plan, Power? measured, Instant now)
    {
        var elapsed = state.TickedAt is { } last ? Duration.Max(now - last, Duration.Zero) : Duration.Zero;
        var deviation = state.Deviation + ((measured is { } power ? power - plan : state.Offset).Over(elapsed));
        var period = (long)Math.Floor((now - NodaConstants.UnixEpoch) / RegulationContract.Period);
        var correction = period == state.Period ? state.Correction : Correction(contract, deviation);
        var (wish, mode) = Wish(state.Signal, contract, plan, now);
        var centred = (wish + correction).Within(-contract.Capacity, contract.Capacity);
        var offset = WithinDrift(contract, deviation, centred);
        var next = new RegulationState(state.Signal, deviation, correction, period, now, offset);
        return (next, new RegulationSetpoint(plan + offset, mode, (offset - centred).Magnitude > Power.FromWatts(1)));
    }

    /// <summary>What brings the deviation to 0 in one period, cut to its part of the capacity.</summary>
    private static Power Correction(RegulationContract contract, Energy deviation)
    {
        var most = contract.Capacity * RegulationContract.CorrectionMax;
        return Power.FromWatts(-deviation.WattHours / RegulationContract.Period.TotalHours).Within(-most, most);
    }

    private static (Power Wish, RegulationMode Mode) Wish(RegulationSignal? signal, RegulationContract contract, Power plan, Instant now)
    {
        if (signal is not { } one || now - one.At > RegulationContract.HoldFor) return (Power.Zero, RegulationMode.Plan);
        var wish = one.Absolute is { } power ? (power - plan).Within(-contract.Capacity, contract.Capacity) : contract.Capacity * one.Share!.Value;
        return (wish, now - one.At > RegulationContract.FreshFor ? RegulationMode.Holding : RegulationMode.Following);
    }

    /// <summary>No offset that could pass the drift bound before the next tick; beyond it only the way back.</summary>
    private static Power WithinDrift(RegulationContract contract, Energy deviation, Power wish)
    {
        var hours = RegulationContract.TickMax.TotalHours;
        var lower = Math.Min(0, (-contract.DriftMax.WattHours - deviation.WattHours) / hours);
        var upper = Math.Max(0, (contract.DriftMax.WattHours - deviation.WattHours) / hours);
        return wish.Within(Power.FromWatts(lower), Power.FromWatts(upper));
    }
}
