using NodaTime;
using Penstock.Core.Units;

namespace Penstock.Core.Der;

/// <summary>The least power that the controls in force at a station leave an EVSE, positive = into the vehicle, and the control that sets it.</summary>
public readonly record struct DerBound(Power Least, DerControl By)
{
    /// <summary>At nominal voltage and frequency: what the grid is like there, the platform does not know. Null without a limit.</summary>
    /// <param name="dischargeMax">Rating as a magnitude.</param>
    public static DerBound? Of(DerTimeline line, Power chargeMax, Power dischargeMax, Instant now)
    {
        DerBound? bound = null;
        foreach (var control in DerFreedom.InForce(line, now))
        {
            if (DerEffect.Of(control, Nominal(control)).Least(chargeMax, dischargeMax) is { } least && !(bound?.Least >= least)) bound = new DerBound(least, control);
        }

        return bound;
    }

    /// <summary>A curve over frequency tells by its points which nominal frequency it was written for.</summary>
    private static DerConditions Nominal(DerControl control) =>
        control.Setting is DerCurve curve && control.Type == DerControlType.FreqWatt && curve.Points.Average(p => p.X) > 55 ? new(100, 60, 0, 0, 60) : new(100, 50, 0);
}

/// <summary>
/// How far a station may rightly leave what it is asked, because its DER controls answer to a voltage and a frequency that only it sees. Judged wide: every voltage and frequency.
/// </summary>
/// <param name="Lag">How long its ramp may take.</param>
public sealed record DerFreedom(IReadOnlyList<DerControl> Controls, Duration Lag)
{
    /// <summary>A longer ramp is waited for no longer than this.</summary>
    public static readonly Duration LagMax = Duration.FromMinutes(15);

    public static DerFreedom None { get; } = new([], Duration.Zero);

    public static DerFreedom Of(DerTimeline line, Instant now)
    {
        if (line.Entries.IsEmpty) return None;
        var controls = InForce(line, now).ToList();
        var ramp = controls.Select(c => c.Setting).OfType<DerGradients>().Select(g => Duration.FromSeconds((double)Math.Min(g.RampSeconds, (decimal)LagMax.TotalSeconds))).FirstOrDefault();
        return new DerFreedom(controls, ramp);
    }

    /// <summary>Least and largest power that are in order where <paramref name="asked"/> is asked; positive = into the vehicle.</summary>
    /// <param name="dischargeMax">Rating as a magnitude.</param>
    public (Power Least, Power Most) Around(Power asked, Power chargeMax, Power dischargeMax)
    {
        var (least, most) = (asked, asked);
        foreach (var control in Controls)
        {
            switch (control.Setting)
            {
                case DerFreqDroop:
                    (least, most) = (Power.Min(least, -dischargeMax), Power.Max(most, chargeMax));
                    break;
                case DerCurve curve when control.Type is DerControlType.FreqWatt or DerControlType.VoltWatt:
                    most = Power.Max(most, new DerEffect(DischargeMaxPercent: (double)curve.Points.Min(p => p.Y)).Least(chargeMax, dischargeMax)!.Value);
                    break;
                case DerLimitMaxDischarge { Percent: { } percent, Monitoring: null }:
                    most = Power.Max(most, new DerEffect(DischargeMaxPercent: (double)percent).Least(chargeMax, dischargeMax)!.Value);
                    break;
                case DerLimitMaxDischarge or DerEnterService:
                case DerCurve when DerKind.Of(control.Type).IsTrip:
                    most = Power.Max(most, Power.Zero); // disconnected, or not yet back
                    break;
            }
        }

        return (least, most);
    }

    internal static IEnumerable<DerControl> InForce(DerTimeline line, Instant now) => line.Entries.IsEmpty ? [] : line.At(now).InForceAll();
}
