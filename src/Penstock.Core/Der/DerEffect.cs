using Penstock.Core.Units;

namespace Penstock.Core.Der;

/// <summary>What a DER measures.</summary>
/// <param name="VoltagePercent">Of nominal.</param>
/// <param name="FrequencyHz">Absolute.</param>
/// <param name="ActivePercent">Of the rating, discharge positive.</param>
/// <param name="Seconds">How long voltage, frequency and power have been like this.</param>
/// <param name="NominalHz">50 or 60.</param>
public readonly record struct DerConditions(double VoltagePercent, double FrequencyHz, double ActivePercent, double Seconds = 0, double NominalHz = 50);

/// <summary>What a control asks of a DER now; null = nothing in that respect.</summary>
/// <param name="DischargeMaxPercent">Most active power to the grid, % of the rating; negative = it must charge.</param>
/// <param name="ActivePercent">Active power to hold, % of the rating, discharge positive.</param>
/// <param name="ReactivePercent">Reactive power to hold, % of the rating, injected positive.</param>
/// <param name="MustTrip">It disconnects; for may-trip curves: it is free to.</param>
/// <param name="MustCease">It stops exchanging power and stays connected.</param>
/// <param name="MayEnter">Whether the grid is fit to enter service.</param>
public sealed record DerEffect(
    double? DischargeMaxPercent = null, double? ActivePercent = null, double? ReactivePercent = null, bool? MustTrip = null, bool? MustCease = null, bool? MayEnter = null)
{
    /// <summary>The least power of an EVSE under the limit, negative = discharge; null without a limit.</summary>
    /// <param name="chargeMax">Rating: a negative limit asks for that part of it.</param>
    /// <param name="dischargeMax">Rating as a magnitude.</param>
    public Power? Least(Power chargeMax, Power dischargeMax) => DischargeMaxPercent is { } percent ? (percent < 0 ? chargeMax : dischargeMax) * (-percent / 100) : null;

    public static DerEffect Of(DerControl control, DerConditions now) => (control.Type, control.Setting) switch
    {
        (DerControlType.FreqWatt, DerCurve c) => new(DischargeMaxPercent: At(c, now.FrequencyHz)),
        (DerControlType.VoltWatt, DerCurve c) => new(DischargeMaxPercent: At(c, now.VoltagePercent)),
        (DerControlType.VoltVar, DerCurve c) => new(ReactivePercent: At(c, now.VoltagePercent - (double)(c.Reference?.Percent ?? 100) + 100)),
        (DerControlType.WattVar, DerCurve c) => new(ReactivePercent: At(c, now.ActivePercent)),
        (DerControlType.WattPF, DerCurve c) => new(ReactivePercent: At(c, now.ActivePercent) is var pf ? Reactive(Math.Abs(pf), pf > 0, now.ActivePercent) : null),
        (DerControlType.FixedPFAbsorb, DerFixedPowerFactor f) => now.ActivePercent < 0 ? new(ReactivePercent: Reactive((double)f.CosPhi, f.Absorbing, now.ActivePercent)) : new(),
        (DerControlType.FixedPFInject, DerFixedPowerFactor f) => now.ActivePercent > 0 ? new(ReactivePercent: Reactive((double)f.CosPhi, f.Absorbing, now.ActivePercent)) : new(),
        (_, DerFixedVar f) => new(ReactivePercent: (double)f.Percent),
        (_, DerFreqDroop d) => Droop(d, now),
        (_, DerEnterService s) => new(MayEnter: now.VoltagePercent >= (double)s.LowVoltage && now.VoltagePercent <= (double)s.HighVoltage && now.FrequencyHz >= (double)s.LowFrequency && now.FrequencyHz <= (double)s.HighFrequency),
        (_, DerLimitMaxDischarge l) => new(
            DischargeMaxPercent: (double?)l.Percent,
            MustTrip: l.Monitoring is { } curve ? now.ActivePercent > (double)(l.Percent ?? 0) && Trips(curve, high: true, now.ActivePercent, now.Seconds) : null),
        (DerControlType.HVMomCess or DerControlType.LVMomCess, DerCurve c) => new(MustCease: Trips(c, DerKind.Of(control.Type).TripsHigh, now.VoltagePercent, now.Seconds)),
        (_, DerCurve c) => new(MustTrip: Trips(c, DerKind.Of(control.Type).TripsHigh, Measured(DerKind.Of(control.Type).Y, now), now.Seconds)),
        _ => new(),
    };

    /// <summary>All controls in force together: the least limit, any trip, the first target.</summary>
    public static DerEffect Of(IEnumerable<DerControl> inForce, DerConditions now) => inForce.Select(c => Of(c, now)).Aggregate(new DerEffect(), (a, b) => new DerEffect(
        a.DischargeMaxPercent is { } x && b.DischargeMaxPercent is { } y ? Math.Min(x, y) : a.DischargeMaxPercent ?? b.DischargeMaxPercent,
        a.ActivePercent ?? b.ActivePercent, a.ReactivePercent ?? b.ReactivePercent, Or(a.MustTrip, b.MustTrip), Or(a.MustCease, b.MustCease), a.MayEnter ?? b.MayEnter));

    internal static double At(DerCurve curve, double x) => PiecewiseLinear.At([.. curve.Points.Select(p => ((double)p.X, (double)p.Y))], x);

    /// <summary>Steps over time: the last point that is not later than <paramref name="seconds"/> is the threshold.</summary>
    private static bool Trips(DerCurve curve, bool high, double value, double seconds)
    {
        var reached = curve.Points.Where(p => (double)p.X <= seconds).Select(p => (double)p.Y).ToList();
        return reached.Count > 0 && (high ? value >= reached[^1] : value <= reached[^1]);
    }

    private static double Measured(DerQuantity? quantity, DerConditions now) => quantity switch
    {
        DerQuantity.Voltage => now.VoltagePercent,
        DerQuantity.Frequency => now.FrequencyHz,
        _ => now.ActivePercent,
    };

    /// <summary>Q = |P| tan(acos(cos phi)); absorbed is negative.</summary>
    private static double Reactive(double cosPhi, bool absorbing, double activePercent) => (absorbing ? -1 : 1) * Math.Abs(activePercent) * Math.Tan(Math.Acos(cosPhi));

    /// <summary>IEEE 1547-2018, frequency-droop: beyond the deadband power moves by the whole rating per droop of nominal frequency, from what it was.</summary>
    private static DerEffect Droop(DerFreqDroop droop, DerConditions now)
    {
        var over = now.FrequencyHz - (double)droop.OverFrequency;
        var under = (double)droop.UnderFrequency - now.FrequencyHz;
        if (over > 0) return new(ActivePercent: Math.Max(-100, now.ActivePercent - (over / (now.NominalHz * (double)droop.OverDroop) * 100)));
        if (under > 0) return new(ActivePercent: Math.Min(100, now.ActivePercent + (under / (now.NominalHz * (double)droop.UnderDroop) * 100)));
        return new();
    }

    private static bool? Or(bool? a, bool? b) => a is { } x && b is { } y ? x || y : a ?? b;
}
