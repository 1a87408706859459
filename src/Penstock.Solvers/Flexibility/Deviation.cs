namespace Penstock.Solvers.Flexibility;

/// <summary>
/// The largest constant change of power, kW, against its reference that one vehicle sustains. Stored energy is a concave, piecewise linear function of the change (losses turn sign with the power), so that
/// Newton's method finds the limit of every step at once, from one side, in a few rounds.
/// </summary>
internal static class Deviation
{
    /// <summary>Kinks are as many as steps, and Newton passes at least one a round; in practice it takes one or two.</summary>
    private const int RoundsMax = 64;

    private const double Exact = 1e-9;

    /// <summary>Less import or more export over steps [first, first + steps) of the stay, so that floors and target are still kept.</summary>
    /// <param name="most">An upper bound that is known: what a shorter time allows.</param>
    internal static double Discharge(StayEnergy stay, int first, int steps, double most)
    {
        var (h, net, x) = (stay.StepHours, stay.Net, most);
        var needed = stay.Needed;
        for (var n = first; n < first + steps; n++) x = Math.Min(x, net[n] + stay.DischargeMax);
        for (var round = 0; round < RoundsMax && x > 0; round++)
        {
            var (energy, slope, next) = (stay.Stored[first], 0.0, x);
            for (var n = first; n < first + steps; n++)
            {
                var power = net[n] - x;
                energy += h * stay.Gain(power);
                slope += h * (power > 0 ? stay.ChargeEfficiency : 1 / stay.DischargeEfficiency);
                if (energy < needed[n + 1]) next = Math.Min(next, x - ((needed[n + 1] - energy) / slope));
            }

            if (next > x - Exact) break;
            x = next;
        }

        return Math.Max(0, x);
    }

    /// <summary>More import or less export over steps [first, first + steps) of the stay, so that the battery is never more than full.</summary>
    /// <param name="most">An upper bound that is known: what a shorter time allows.</param>
    internal static double Charge(StayEnergy stay, int first, int steps, double most)
    {
        var (h, net, x) = (stay.StepHours, stay.Net, 0.0);
        for (var n = first; n < first + steps; n++) most = Math.Min(most, stay.ChargeMax - net[n]);
        for (var round = 0; round < RoundsMax && x < most; round++)
        {
            var (energy, slope, next) = (stay.Stored[first], 0.0, most);
            for (var n = first; n < first + steps; n++)
            {
                var power = net[n] + x;
                energy += h * stay.Gain(power);
                slope += h * (power >= 0 ? stay.ChargeEfficiency : 1 / stay.DischargeEfficiency);
                next = Math.Min(next, x + ((stay.EnergyMax - energy) / slope));
            }

            if (next < x + Exact) break;
            x = next;
        }

        return Math.Max(0, x);
    }
}
