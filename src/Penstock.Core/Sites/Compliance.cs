using Penstock.Core.Der;
using Penstock.Core.Units;
using Penstock.Core.V2x;

namespace Penstock.Core.Sites;

/// <summary>How the metered power stands to what was asked and allowed; worse ones come later.</summary>
public enum Deviation
{
    None,

    /// <summary>The station refuses the setpoint.</summary>
    Refuses,

    /// <summary>It gives less than ordered. Charging less than asked is the vehicle's right and no deviation.</summary>
    UnderDelivers,

    ChargesTooMuch,

    /// <summary>It discharges without an order, or more than ordered.</summary>
    DischargesAgainstOrder,

    /// <summary>It discharges below the owner's floor.</summary>
    BelowFloor,

    /// <summary>Beyond the rating of the EVSE, or too much while a node above it, or its station under a limit of others, is over the limit.</summary>
    BeyondLimit,
}

/// <summary>Accepted is not obeyed: compares the metered power with the accepted setpoint, the owner's floor and the rating.</summary>
public static class Compliance
{
    /// <summary>A setpoint counts as followed within max(this, 5 %) of the metered power.</summary>
    public static readonly Power Tolerance = Power.FromKilowatts(1.5);

    public const double ToleranceRatio = 0.05;

    /// <summary>Less discharge than this is a meter's error or a converter at rest, never a breach.</summary>
    public static readonly Power DischargeNoise = Power.FromWatts(500);

    /// <param name="freedom">What the DER controls in force let the station do by itself.</param>
    /// <returns>Null when this measurement can say nothing: no power, or nothing was accepted before it was taken.</returns>
    internal static Deviation? Of(EvseState evse, DerFreedom freedom)
    {
        if (evse.Measurement is not { ActivePower: { } actual, At: var at }) return null;
        var discharges = actual < -DischargeNoise;
        if (discharges && evse.Session is { StateOfCharge: { } soc, Terms.Floor: var floor } && soc < floor) return Deviation.BelowFloor;
        if (actual > evse.Layout.ChargeMax + Around(evse.Layout.ChargeMax) || actual < -evse.Layout.DischargeMax - Around(evse.Layout.DischargeMax)) return Deviation.BeyondLimit;
        if (evse.Session?.Mode is { } mode && OperationModes.IsAutonomous(mode)) return Deviation.None; // it follows something else than the setpoint, by order of an operator
        if (evse.AcceptedSetpoint is not { } asked || at <= evse.AcceptedAt) return null;
        var (least, most) = freedom.Around(asked, evse.Layout.ChargeMax, evse.Layout.DischargeMax);
        if (discharges && (!least.IsDischarge || actual < least - Around(least))) return Deviation.DischargesAgainstOrder;
        if (actual > Power.Max(most, Power.Zero) + Around(most)) return Deviation.ChargesTooMuch;
        return asked.IsDischarge && actual > most + Around(most) ? Deviation.UnderDelivers : Deviation.None;
    }

    private static Power Around(Power asked) => Power.Max(Tolerance, asked.Magnitude * ToleranceRatio);
}
