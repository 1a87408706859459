using NodaTime;
using Penstock.Core.Time;
using Penstock.Core.Units;
using Penstock.Solvers.Storage;

namespace Penstock.Core.Planning;

/// <summary>One session of a planning problem in the solver's numbers (kWh, kW), over its steps [First, First + Steps) of the grid.</summary>
internal sealed record SessionBattery(PlanningSession Session, StorageProblem Problem, int First, int Steps)
{
    /// <summary>Per kWh of missed target: far above any price, so that the guarantee outranks money and events.</summary>
    internal static double ShortfallPenalty(double priceMax) => 200 * Math.Max(1, priceMax);

    /// <summary>Per kWh missing from a grid event.</summary>
    internal static double EventPenalty(double priceMax) => 10 * Math.Max(1, priceMax);

    internal static SessionBattery Of(PlanningSession subject, TimeGrid grid, double priceMax, double priceMin)
    {
        var (vehicle, terms) = (subject.Session.Vehicle!, subject.Session.Terms);
        var first = Math.Max(0, grid.SlotAt(subject.From) ?? 0);
        var leave = terms.Departure ?? grid.End;
        var steps = Math.Clamp((int)Math.Floor((leave - grid.StartOf(first)) / grid.Slot), 0, grid.Count - first);
        var chargeMax = Power.Min(subject.Evse.ChargeMax, vehicle.ChargeMax).Kilowatts;
        var dischargeMax = subject.MayDischarge ? Power.Min(subject.Evse.DischargeMax, vehicle.DischargeMax).Kilowatts : 0;
        var target = terms.Target.Stored(vehicle.Capacity).KilowattHours;
        var later = Duration.Max(Duration.Zero, leave - grid.End).TotalHours * chargeMax * vehicle.ChargeEfficiency;
        var problem = new StorageProblem(
            Math.Min(subject.Stored.KilowattHours, vehicle.Capacity.KilowattHours),
            terms.Floor.Stored(vehicle.Capacity).KilowattHours,
            vehicle.Capacity.KilowattHours,
            Math.Max(terms.Floor.Stored(vehicle.Capacity).KilowattHours, target - later),
            chargeMax, dischargeMax, vehicle.ChargeEfficiency, vehicle.DischargeEfficiency,
            (double)vehicle.WearPerKilowattHour, ShortfallPenalty(priceMax), Math.Max(0, 0.8 * priceMin));
        return new SessionBattery(subject, problem, first, steps);
    }

    internal double Cost(ReadOnlySpan<double> power, ReadOnlySpan<double> buy, ReadOnlySpan<double> sell, double hours)
    {
        var (energy, cost) = (Problem.EnergyArrival, 0.0);
        for (var t = 0; t < Steps; t++)
        {
            var p = power[First + t];
            var drawn = Math.Max(0, -p) * hours / Problem.DischargeEfficiency;
            energy += (Math.Max(0, p) * hours * Problem.ChargeEfficiency) - drawn;
            cost += (p > 0 ? buy[First + t] * p * hours : sell[First + t] * p * hours) + (Problem.Wear * drawn);
        }

        return cost + (Problem.ShortfallPenalty * Math.Max(0, Problem.EnergyTarget - energy)) - (Problem.Salvage * Math.Max(0, energy - Problem.EnergyTarget));
    }
}
