using System.Collections.Immutable;
using NodaTime;

namespace Penstock.Core.Der;

/// <summary>
/// A grid-code control, whatever protocol carries it. A default stands until it is replaced; a scheduled one holds from <see cref="Start"/> for <see cref="Duration"/>. Values are
/// in the units of the grid codes: discharge and injected reactive power positive.
/// </summary>
/// <param name="Id">At most 36 characters.</param>
/// <param name="Priority">0 is the highest.</param>
/// <param name="Start">Null exactly for a default.</param>
/// <param name="Duration">Null exactly for a default.</param>
public sealed record DerControl(string Id, DerControlType Type, bool IsDefault, int Priority, Instant? Start, Duration? Duration, DerSetting Setting)
{
    /// <summary>The end of a scheduled control; null for a default.</summary>
    public Instant? End => Start is { } start && Duration is { } length ? start + length : null;

    /// <summary>True where this one gives way to <paramref name="other"/>: a higher priority, or an equal one that came later (IEEE 2030.5: same primacy, newer creation time).</summary>
    internal bool GivesWayTo(DerControl other, bool otherIsNewer) => other.Priority < Priority || (other.Priority == Priority && otherIsNewer);
}

/// <summary>The values of a control, by shape.</summary>
public abstract record DerSetting;

public readonly record struct DerPoint(decimal X, decimal Y);

/// <summary>When a DER returns to normal after a grid event.</summary>
/// <param name="High">In the unit of the curve's y axis.</param>
/// <param name="DelaySeconds">Grid parameters stay within the band this long before.</param>
/// <param name="GradientPercentPerSecond">Ramp back.</param>
public sealed record DerHysteresis(decimal? High, decimal? Low, decimal? DelaySeconds, decimal? GradientPercentPerSecond);

/// <summary>Of voltage trip curves: the 10 min mean of EN 50549-1, 4.9.3.4, and which power goes on in a cessation.</summary>
public sealed record DerVoltage(decimal? TenMinuteMeanPercent, decimal? TenMinuteMeanTripSeconds, bool? ActivePowerInCessation);

/// <summary>Of volt-var curves: the reference voltage that points are relative to, % of nominal, and its own adjustment.</summary>
public sealed record DerVoltageReference(decimal? Percent, bool? Autonomous, decimal? TimeConstantSeconds);

/// <param name="Points">1 to 10, x ascending.</param>
/// <param name="ResponseSeconds">Open-loop response time to 90 %; 0 = no limit, null = the DER's own.</param>
public sealed record DerCurve(ImmutableArray<DerPoint> Points, DerUnit Unit, decimal? ResponseSeconds = null, DerHysteresis? Hysteresis = null, DerVoltage? Voltage = null, DerVoltageReference? Reference = null) : DerSetting
{
    public bool Equals(DerCurve? other) => other is not null && Points.SequenceEqual(other.Points)
        && (Unit, ResponseSeconds, Hysteresis, Voltage, Reference) == (other.Unit, other.ResponseSeconds, other.Hysteresis, other.Voltage, other.Reference);

    public override int GetHashCode() => HashCode.Combine(Points.Length, Unit, ResponseSeconds);
}

/// <summary>What the grid must be like before a DER enters service. Voltages in % of nominal, frequencies in Hz.</summary>
public sealed record DerEnterService(decimal HighVoltage, decimal LowVoltage, decimal HighFrequency, decimal LowFrequency, decimal? DelaySeconds, decimal? RandomDelaySeconds, decimal? RampSeconds) : DerSetting;

/// <param name="CosPhi">Above 0, at most 1.</param>
/// <param name="Absorbing">True = under-excited: absorbs reactive power.</param>
public sealed record DerFixedPowerFactor(decimal CosPhi, bool Absorbing) : DerSetting;

/// <param name="Percent">-100 to 100, injected positive.</param>
public sealed record DerFixedVar(decimal Percent, DerUnit Unit) : DerSetting;

/// <param name="OverDroop">Per unit of frequency for the whole rating, such as 0.05.</param>
public sealed record DerFreqDroop(decimal OverFrequency, decimal UnderFrequency, decimal OverDroop, decimal UnderDroop, decimal ResponseSeconds) : DerSetting;

/// <param name="RampSeconds">Default ramp; 0 = not applicable.</param>
/// <param name="SoftStartSeconds">Ramp after enter service; 0 = not applicable.</param>
public sealed record DerGradients(decimal RampSeconds, decimal SoftStartSeconds) : DerSetting;

/// <param name="Percent">0 to 100 % of the rated discharge power; null = only the monitoring curve.</param>
/// <param name="Monitoring">Trips when power stays above <paramref name="Percent"/>.</param>
public sealed record DerLimitMaxDischarge(decimal? Percent, DerCurve? Monitoring) : DerSetting;
