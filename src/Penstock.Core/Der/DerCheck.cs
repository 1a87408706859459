using System.Collections.Immutable;
using NodaTime;

namespace Penstock.Core.Der;

/// <summary>A rule that a control breaks.</summary>
/// <param name="Field">Such as curve/points/3/x.</param>
/// <param name="Rule">A stable word.</param>
public sealed record DerFault(string Field, string Rule, string Text);

/// <summary>Whether a control means something: type and shape, times, units, bounds. Every fault is told.</summary>
public static class DerCheck
{
    public const int PointsMax = 10;

    public const int IdLengthMax = 36;

    /// <summary>A longer control is a default.</summary>
    public static readonly Duration DurationMax = Duration.FromDays(3660);

    public static ImmutableArray<DerFault> Of(DerControl control)
    {
        var (faults, kind) = (ImmutableArray.CreateBuilder<DerFault>(), DerKind.Of(control.Type));
        Must(control.Id.Length is >= 1 and <= IdLengthMax, "controlId", "length", $"a control id has 1 to {IdLengthMax} characters; it has {control.Id.Length}.");
        Must(control.Priority >= 0, "priority", "range", $"a priority is 0 (highest) or more; it is {control.Priority}.");
        if (control.IsDefault)
        {
            Must(control.Start is null, "startTime", "defaultHasNoTime", "a default has no start.");
            Must(control.Duration is null, "duration", "defaultHasNoTime", "a default has no duration.");
        }
        else if (!kind.CanBeScheduled)
        {
            Must(false, "isDefault", "onlyDefault", $"{control.Type} carries no time: it is a default.");
        }
        else
        {
            Must(control.Start is not null, "startTime", "scheduledHasTime", "a scheduled control has a start.");
            Must(control.Duration is { } length && length > Duration.Zero && length <= DurationMax, "duration", "scheduledHasTime", $"a scheduled control has a duration above 0 s and up to {DurationMax.TotalDays} days.");
        }

        if (control.Setting.GetType() != kind.Setting) Must(false, "controlType", "shape", $"{control.Type} is given as {kind.Setting.Name}; it came as {control.Setting.GetType().Name}.");
        else Values(control.Setting);
        return faults.ToImmutable();

        void Must(bool holds, string field, string rule, string text)
        {
            if (!holds) faults.Add(new DerFault(field, rule, text));
        }

        void NotNegative(decimal? seconds, string field) => Must(seconds is null or >= 0, field, "range", FormattableString.Invariant($"{field} is 0 or more; it is {seconds}."));

        void Within(decimal? value, decimal least, decimal most, string field, string unit) =>
            Must(value is null || (value >= least && value <= most), field, "range", FormattableString.Invariant($"{field} is {least} to {most} {unit}; it is {value}."));

        void Values(DerSetting setting)
        {
            switch (setting)
            {
                case DerCurve curve:
                    Curve(curve, kind, "curve");
                    break;
                case DerEnterService s:
                    Within(s.HighVoltage, 1, 200, "enterService/highVoltage", "% of nominal");
                    Within(s.LowVoltage, 0, 200, "enterService/lowVoltage", "% of nominal");
                    Must(s.HighVoltage > s.LowVoltage, "enterService/highVoltage", "order", "highVoltage lies above lowVoltage.");
                    Within(s.HighFrequency, 40, 70, "enterService/highFreq", "Hz");
                    Within(s.LowFrequency, 40, 70, "enterService/lowFreq", "Hz");
                    Must(s.HighFrequency > s.LowFrequency, "enterService/highFreq", "order", "highFreq lies above lowFreq.");
                    NotNegative(s.DelaySeconds, "enterService/delay");
                    NotNegative(s.RandomDelaySeconds, "enterService/randomDelay");
                    NotNegative(s.RampSeconds, "enterService/rampRate");
                    break;
                case DerFixedPowerFactor s:
                    Must(s.CosPhi is > 0 and <= 1, "displacement", "range", FormattableString.Invariant($"a power factor is above 0 and at most 1; it is {s.CosPhi}."));
                    break;
                case DerFixedVar s:
                    Within(s.Percent, -100, 100, "fixedVar/setpoint", "%");
                    Unit(s.Unit, kind, "fixedVar/unit");
                    break;
                case DerFreqDroop s:
                    Within(s.OverFrequency, 40, 70, "freqDroop/overFreq", "Hz");
                    Within(s.UnderFrequency, 40, 70, "freqDroop/underFreq", "Hz");
                    Must(s.OverFrequency > s.UnderFrequency, "freqDroop/overFreq", "order", "overFreq lies above underFreq.");
                    Must(s.OverDroop is > 0 and <= 1, "freqDroop/overDroop", "range", FormattableString.Invariant($"a droop is per unit, above 0 and at most 1, such as 0.05; it is {s.OverDroop}."));
                    Must(s.UnderDroop is > 0 and <= 1, "freqDroop/underDroop", "range", FormattableString.Invariant($"a droop is per unit, above 0 and at most 1, such as 0.05; it is {s.UnderDroop}."));
                    NotNegative(s.ResponseSeconds, "freqDroop/responseTime");
                    break;
                case DerGradients s:
                    NotNegative(s.RampSeconds, "gradient/gradient");
                    NotNegative(s.SoftStartSeconds, "gradient/softGradient");
                    break;
                case DerLimitMaxDischarge s:
                    Must(s.Percent is not null || s.Monitoring is not null, "limitMaxDischarge", "empty", "a limit of discharge has pctMaxDischargePower, powerMonitoringMustTrip or both.");
                    Within(s.Percent, 0, 100, "limitMaxDischarge/pctMaxDischargePower", "%");
                    if (s.Monitoring is { } monitoring) Curve(monitoring, DerKind.Of(DerControlType.PowerMonitoringMustTrip), "limitMaxDischarge/powerMonitoringMustTrip");
                    break;
            }
        }

        void Unit(DerUnit unit, DerKind of, string field) => Must(of.Units.Contains(unit), field, "unit", $"{of.Type} is in {string.Join(" or ", of.Units)}; it came in {unit}.");

        void Curve(DerCurve curve, DerKind of, string at)
        {
            Unit(curve.Unit, of, at + "/yUnit");
            Must(curve.Points.Length is >= 1 and <= PointsMax, at + "/curveData", "points", $"a curve has 1 to {PointsMax} points; it has {curve.Points.Length}.");
            for (var i = 0; i < curve.Points.Length; i++)
            {
                var (field, (x, y)) = ($"{at}/curveData/{i}", curve.Points[i]);
                Axis(of.X!.Value, x, field + "/x");
                Axis(of.Y!.Value, y, field + "/y", of.IsTrip);
                if (i == 0) continue;
                var before = curve.Points[i - 1].X;
                Must(of.IsTrip ? x >= before : x > before, field + "/x", "ascending", FormattableString.Invariant($"x ascends{(of.IsTrip ? " or stays" : "")}; point {i} is at {x} after {before}."));
            }

            NotNegative(curve.ResponseSeconds, at + "/responseTime");
            NotNegative(curve.Hysteresis?.High, at + "/hysteresis/hysteresisHigh");
            NotNegative(curve.Hysteresis?.Low, at + "/hysteresis/hysteresisLow");
            NotNegative(curve.Hysteresis?.DelaySeconds, at + "/hysteresis/hysteresisDelay");
            NotNegative(curve.Hysteresis?.GradientPercentPerSecond, at + "/hysteresis/hysteresisGradient");
            Must(curve.Voltage is null || of is { IsTrip: true, Y: DerQuantity.Voltage }, at + "/voltageParams", "onlyVoltage", $"voltageParams belong to voltage trip and cessation curves, not to {of.Type}.");
            Must((curve.Voltage?.TenMinuteMeanPercent is null) == (curve.Voltage?.TenMinuteMeanTripSeconds is null), at + "/voltageParams/hv10MinMeanValue", "together", "hv10MinMeanValue and hv10MinMeanTripDelay come together.");
            Within(curve.Voltage?.TenMinuteMeanPercent, 0, 200, at + "/voltageParams/hv10MinMeanValue", "% of nominal");
            NotNegative(curve.Voltage?.TenMinuteMeanTripSeconds, at + "/voltageParams/hv10MinMeanTripDelay");
            Must(curve.Reference is null || of.Type == DerControlType.VoltVar, at + "/reactivePowerParams", "onlyVoltVar", $"reactivePowerParams belong to VoltVar, not to {of.Type}.");
            Within(curve.Reference?.Percent, 50, 150, at + "/reactivePowerParams/vRef", "% of nominal");
            NotNegative(curve.Reference?.TimeConstantSeconds, at + "/reactivePowerParams/autonomousVRefTimeConstant");
        }

        void Axis(DerQuantity quantity, decimal value, string field, bool threshold = false)
        {
            switch (quantity)
            {
                case DerQuantity.Time: Within(value, 0, 86_400, field, "s"); break;
                case DerQuantity.Frequency: Within(value, 40, 70, field, "Hz"); break;
                case DerQuantity.Voltage: Within(value, 0, 200, field, "% of nominal"); break;
                case DerQuantity.PowerFactor: Must(value is >= -1 and <= 1 and not 0, field, "range", FormattableString.Invariant($"a power factor is -1 to 1 and not 0; it is {value}.")); break;
                default: Within(value, threshold ? 0 : -100, threshold ? 200 : 100, field, "%"); break; // a threshold may lie above the rating
            }
        }
    }
}
