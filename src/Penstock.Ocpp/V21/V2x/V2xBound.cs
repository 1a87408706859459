namespace Penstock.Ocpp.V21.V2x;

/// <summary>Bounds that constructors and <see cref="V2xProfileCheck"/> share.</summary>
public static class V2xBound
{
    internal const int FrequencyPointsMin = 2;

    internal const int CurvePointsMax = 20;

    /// <summary>Periods of a schedule (2.1, ChargingScheduleType).</summary>
    public const int PeriodsMax = 1024;

    internal const int SchedulesMax = 3;

    /// <summary>V2X.05.</summary>
    internal static string? SetpointFault(Phases setpoint, Phases? dischargeLimit, Phases? limit) =>
        dischargeLimit is { } least && !setpoint.Against(least, (s, l) => s >= l) ? $"the setpoint {setpoint} lies below the dischargeLimit {least}."
        : limit is { } most && !setpoint.Against(most, (s, l) => s <= l) ? $"the setpoint {setpoint} lies above the limit {most}."
        : null;

    /// <exception cref="ArgumentOutOfRangeException">The setpoint lies outside the window.</exception>
    internal static Phases Within(Phases setpoint, PowerWindow? window) =>
        SetpointFault(setpoint, window?.DischargeLimit, window?.Limit) is { } fault ? throw new ArgumentOutOfRangeException(nameof(setpoint), "V2X.05: " + fault) : setpoint;

    /// <summary>Q08.FR.02 and the schema.</summary>
    internal static string? CurveFault(IReadOnlyList<V2XFreqWattPoint>? frequency, IReadOnlyList<V2XSignalWattPoint>? signal)
    {
        if (frequency is null || frequency.Count is < FrequencyPointsMin or > CurvePointsMax) return $"a LocalFrequency curve has {FrequencyPointsMin} to {CurvePointsMax} points of v2xFreqWattCurve; it has {frequency?.Count ?? 0}.";
        for (var i = 1; i < frequency.Count; i++)
        {
            if (frequency[i].Frequency <= frequency[i - 1].Frequency) return FormattableString.Invariant($"frequencies ascend; point {i} is at {frequency[i].Frequency} Hz after {frequency[i - 1].Frequency} Hz.");
        }

        if (signal is null) return null;
        if (signal.Count is < 1 or > CurvePointsMax) return $"an aFRR curve has 1 to {CurvePointsMax} points of v2xSignalWattCurve; it has {signal.Count}.";
        for (var i = 1; i < signal.Count; i++)
        {
            if (signal[i].Signal <= signal[i - 1].Signal) return FormattableString.Invariant($"signals ascend; point {i} is {signal[i].Signal} after {signal[i - 1].Signal}.");
        }

        return null;
    }
}
