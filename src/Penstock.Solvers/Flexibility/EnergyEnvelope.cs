using Penstock.Solvers.Decomposition;

namespace Penstock.Solvers.Flexibility;

/// <summary>
/// Bounds of what the whole fleet has taken in since the start: kWh in the batteries, summed over all vehicles that have come, at the end of each step; a vehicle that has left counts with what it took along.
/// Every plan that keeps floors and brings every vehicle to its target (or to what the reference reaches) lies inside. NECESSARY, NOT SUFFICIENT: a curve inside may ask one vehicle for what another has. Show it, and
/// never bid it; <see cref="FleetFlexibility"/>, <see cref="DischargeTrace"/> and <see cref="OfferCurve"/> give what can be bid.
/// </summary>
/// <param name="Earliest">Upper bound: everybody charges with full power from arrival until full.</param>
/// <param name="Latest">Lower bound: everybody discharges at once and charges as late as it can.</param>
/// <param name="Reference">The plan, inside.</param>
/// <param name="ImportMax">Sum of charging powers of those present in each step, kW.</param>
/// <param name="ExportMax">Sum of discharging powers, magnitude, kW.</param>
public sealed record EnergyEnvelope(double[] Earliest, double[] Latest, double[] Reference, double[] ImportMax, double[] ExportMax)
{
    /// <summary>Of two groups of vehicles over the same steps.</summary>
    public static EnergyEnvelope operator +(EnergyEnvelope a, EnergyEnvelope b)
    {
        static double[] Sum(double[] x, double[] y) => [.. x.Zip(y, (p, q) => p + q)];
        return new EnergyEnvelope(Sum(a.Earliest, b.Earliest), Sum(a.Latest, b.Latest), Sum(a.Reference, b.Reference), Sum(a.ImportMax, b.ImportMax), Sum(a.ExportMax, b.ExportMax));
    }

    public static EnergyEnvelope Of(ReferencePlan reference, ForEach? forEach = null)
    {
        var (fleet, steps) = (reference.Problem.Vehicles, reference.Problem.Steps);
        var sums = FleetPass.Sum(reference, 5, steps, forEach, () => (stay, sum) =>
        {
            var (arrival, before) = ((int)fleet.Arrival[stay.Vehicle], stay.Stored[0]);
            var (into, outOf) = (stay.StepHours * stay.ChargeMax * stay.ChargeEfficiency, stay.StepHours * stay.DischargeMax / stay.DischargeEfficiency);
            for (var t = arrival; t < steps; t++)
            {
                var n = Math.Min(t - arrival + 1, stay.Steps);
                sum[0][t] += Math.Min(stay.EnergyMax, before + (n * into)) - before;
                sum[1][t] += Math.Max(stay.Needed[n], before - (n * outOf)) - before;
                sum[2][t] += stay.Stored[n] - before;
                if (t >= arrival + stay.Steps) continue;
                sum[3][t] += stay.ChargeMax;
                sum[4][t] += stay.DischargeMax;
            }
        });
        return new EnergyEnvelope(sums[0], sums[1], sums[2], sums[3], sums[4]);
    }
}
