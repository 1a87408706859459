using Penstock.Core.Units;
using Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Der;

/// <summary>The grid at the station's terminals.</summary>
/// <param name="VoltagePercent">Percent of the nominal voltage.</param>
public readonly record struct GridPoint(double Hz, double VoltagePercent)
{
    public static GridPoint Nominal { get; } = new(50, 100);
}

/// <summary>What of the past a control depends on: seconds beyond a trip line, a trip, the way back.</summary>
/// <param name="Fault">What tripped; null = connected.</param>
/// <param name="GoodSeconds">How long the grid has been good since the trip.</param>
/// <param name="Soft">Back from a trip and still on the soft ramp.</param>
internal sealed record DerMemory(IReadOnlyDictionary<DERControl, double> Beyond, GridEventFault? Fault, DERControl? FaultOf, double GoodSeconds, bool Soft, double LastW)
{
    internal static DerMemory Fresh { get; } = new(new Dictionary<DERControl, double>(), null, null, 0, false, 0);
}

/// <summary>
/// What the active DER controls make of the power that is asked; W, positive = into the vehicle. Curves of volt and frequency with watts bound the export in percent of the rated discharge power: a negative y asks for
/// charging. A trip curve's points are x = seconds, y = percent of nominal voltage or Hz: beyond y for x seconds trips. Pure.
/// </summary>
internal static class DerResponse
{
    /// <summary>Without an EnterService control: back after the grid has been good for 300 s (IEEE 1547-2018, 4.10).</summary>
    internal const double EnterDelaySeconds = 300;

    private static readonly (DERControl Type, bool Over, bool Voltage, GridEventFault Fault)[] Trips =
    [
        (DERControl.HVMustTrip, true, true, GridEventFault.OverVoltage), (DERControl.LVMustTrip, false, true, GridEventFault.UnderVoltage),
        (DERControl.HFMustTrip, true, false, GridEventFault.OverFrequency), (DERControl.LFMustTrip, false, false, GridEventFault.UnderFrequency),
    ];

    /// <param name="acting">The control of a type that acts now.</param>
    /// <param name="seconds">Since the last call.</param>
    /// <returns>Power, reactive power in var (positive = absorbed) and what to remember.</returns>
    internal static (double Watts, double Vars, DerMemory Memory) Apply(Func<DERControl, SetDERControlRequest?> acting, GridPoint grid, double askedW, double chargeW, double dischargeW, DerMemory memory, double seconds)
    {
        memory = Watch(acting, grid, memory, dischargeW, seconds);
        if (memory.Fault is not null) return (0, 0, memory with { LastW = 0 });
        var watts = askedW;
        if (acting(DERControl.FreqDroop)?.FreqDroop is { } droop) watts += Droop(droop, grid.Hz) * (chargeW + dischargeW) / 2;
        var least = -dischargeW;
        if (acting(DERControl.FreqWatt)?.Curve is { } byHz) least = Math.Max(least, Export(byHz, grid.Hz, chargeW, dischargeW));
        if (acting(DERControl.VoltWatt)?.Curve is { } byVolts) least = Math.Max(least, Export(byVolts, grid.VoltagePercent, chargeW, dischargeW));
        if (acting(DERControl.LimitMaxDischarge)?.LimitMaxDischarge?.PctMaxDischargePower is { } percent) least = Math.Max(least, -dischargeW * (double)percent / 100);
        watts = Math.Min(chargeW, Math.Max(least, watts));
        if (Ceases(acting, grid)) watts = 0;
        var (ramped, soft) = Ramp(acting, watts, memory, Math.Max(chargeW, dischargeW), seconds);
        return (ramped, Vars(acting, grid, ramped, Math.Max(chargeW, dischargeW)), memory with { LastW = ramped, Soft = soft });
    }

    private static DerMemory Watch(Func<DERControl, SetDERControlRequest?> acting, GridPoint grid, DerMemory memory, double dischargeW, double seconds)
    {
        var beyond = new Dictionary<DERControl, double>();
        foreach (var (type, over, voltage, fault) in Trips)
        {
            if (acting(type)?.Curve is not { } curve) continue;
            var value = voltage ? grid.VoltagePercent : grid.Hz;
            if (!curve.CurveData.Any(p => Beyond(over, value, p.Y))) continue;
            var time = beyond[type] = memory.Beyond.GetValueOrDefault(type) + seconds;
            if (curve.CurveData.Any(p => Beyond(over, value, p.Y) && time >= (double)p.X)) memory = memory with { Fault = memory.Fault ?? fault, FaultOf = memory.FaultOf ?? type, GoodSeconds = 0 };
        }

        if (Monitored(acting) is { Curve: { } monitor, Percent: var most } && -memory.LastW > dischargeW * most / 100)
        {
            var time = beyond[DERControl.PowerMonitoringMustTrip] = memory.Beyond.GetValueOrDefault(DERControl.PowerMonitoringMustTrip) + seconds;
            if (time >= (double)monitor.CurveData.Max(p => p.X)) memory = memory with { Fault = GridEventFault.OverCurrent, FaultOf = DERControl.PowerMonitoringMustTrip, GoodSeconds = 0 };
        }

        memory = memory with { Beyond = beyond };
        if (memory.Fault is null) return memory;
        var enter = acting(DERControl.EnterService)?.EnterService;
        var good = enter is null ? beyond.Count == 0 : grid.VoltagePercent >= (double)enter.LowVoltage && grid.VoltagePercent <= (double)enter.HighVoltage && grid.Hz >= (double)enter.LowFreq && grid.Hz <= (double)enter.HighFreq;
        memory = memory with { GoodSeconds = good && beyond.Count == 0 ? memory.GoodSeconds + seconds : 0 };
        return memory.GoodSeconds > 0 && memory.GoodSeconds >= (enter is null ? EnterDelaySeconds : (double)(enter.Delay ?? 0)) ? DerMemory.Fresh with { Soft = true } : memory;
    }

    private static (DERCurve? Curve, double Percent) Monitored(Func<DERControl, SetDERControlRequest?> acting)
    {
        var limit = acting(DERControl.LimitMaxDischarge)?.LimitMaxDischarge;
        return acting(DERControl.PowerMonitoringMustTrip) is { } own
            ? (own.Curve, own.Curve is { } curve ? (double)curve.CurveData.Min(p => p.Y) : 100)
            : (limit?.PowerMonitoringMustTrip, (double)(limit?.PctMaxDischargePower ?? 100));
    }

    /// <summary>Momentary cessation: no power while the voltage is beyond the line.</summary>
    private static bool Ceases(Func<DERControl, SetDERControlRequest?> acting, GridPoint grid) =>
        acting(DERControl.HVMomCess)?.Curve?.CurveData.Any(p => Beyond(true, grid.VoltagePercent, p.Y)) == true || acting(DERControl.LVMomCess)?.Curve?.CurveData.Any(p => Beyond(false, grid.VoltagePercent, p.Y)) == true;

    /// <summary>Seconds from nothing to rated power: EnterService.rampRate or softGradient on the way back from a trip, else gradient; 0 or absent = at once.</summary>
    private static (double Watts, bool Soft) Ramp(Func<DERControl, SetDERControlRequest?> acting, double watts, DerMemory memory, double ratedW, double seconds)
    {
        var gradient = acting(DERControl.Gradients)?.Gradient;
        var full = (double)((memory.Soft ? acting(DERControl.EnterService)?.EnterService?.RampRate ?? gradient?.SoftGradient : gradient?.GradientValue) ?? 0);
        if (full <= 0) return (watts, false);
        var step = ratedW * seconds / full;
        var ramped = Math.Clamp(watts, memory.LastW - step, memory.LastW + step);
        return (ramped, memory.Soft && ramped != watts);
    }

    /// <summary>Change of the import in parts of rated power: more import above the over-frequency, less below the under-frequency; droop in parts of the nominal frequency.</summary>
    private static double Droop(FreqDroop droop, double hz)
    {
        var nominal = GridPoint.Nominal.Hz;
        if (hz > (double)droop.OverFreq && droop.OverDroop > 0) return (hz - (double)droop.OverFreq) / nominal / (double)droop.OverDroop;
        return hz < (double)droop.UnderFreq && droop.UnderDroop > 0 ? (hz - (double)droop.UnderFreq) / nominal / (double)droop.UnderDroop : 0;
    }

    private static double Export(DERCurve curve, double x, double chargeW, double dischargeW)
    {
        var percent = On(curve, x);
        return percent >= 0 ? -dischargeW * percent / 100 : chargeW * -percent / 100;
    }

    private static double Vars(Func<DERControl, SetDERControlRequest?> acting, GridPoint grid, double watts, double ratedW)
    {
        var percentW = -watts / ratedW * 100; // curves over watts count export as positive
        if (acting(DERControl.VoltVar)?.Curve is { } byVolts) return -ratedW * On(byVolts, grid.VoltagePercent) / 100;
        if (acting(DERControl.WattVar)?.Curve is { } byWatts) return -ratedW * On(byWatts, percentW) / 100;
        if (acting(DERControl.WattPF)?.Curve is { } factors) return Reactive(watts, On(factors, percentW));
        if (acting(DERControl.FixedVar)?.FixedVar is { } fixedVar) return -ratedW * (double)fixedVar.Setpoint / 100;
        var fixedFactor = watts >= 0 ? acting(DERControl.FixedPFAbsorb)?.FixedPFAbsorb : acting(DERControl.FixedPFInject)?.FixedPFInject;
        return fixedFactor is { } f ? Reactive(watts, (double)f.Displacement) * (f.Excitation ? -1 : 1) : 0;
    }

    /// <param name="factor">Power factor; positive = absorbs reactive power.</param>
    private static double Reactive(double watts, double factor) => factor == 0 ? 0 : Math.Sign(factor) * Math.Abs(watts) * Math.Tan(Math.Acos(Math.Min(1, Math.Abs(factor))));

    private static double On(DERCurve curve, double x) => PiecewiseLinear.At([.. curve.CurveData.Select(p => ((double)p.X, (double)p.Y)).OrderBy(p => p.Item1)], x);

    private static bool Beyond(bool over, double value, decimal line) => over ? value > (double)line : value < (double)line;
}
