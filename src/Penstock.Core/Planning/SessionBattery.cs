using NodaTime;
using Penstock.Core.Fleet;
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
        var chargeMax = Power.Min(subject.Evse.ChargeMax, vehicle.ChargeMax).Kilowatts;
        var dischargeMax = subject.MayDischarge ? Power.Min(subject.Evse.DischargeMax, vehicle.DischargeMax).Kilowatts : 0;
        var target = terms.Target.Stored(vehicle.Capacity).KilowattHours;
        var leave = terms.Departure is { } departure ? departure - Taper(subject, target, chargeMax) : grid.End;
        var present = Math.Clamp((int)Math.Floor(((terms.Departure ?? grid.End) - grid.StartOf(first)) / grid.Slot), 0, grid.Count - first);
        var steps = Math.Clamp((int)Math.Floor((leave - grid.StartOf(first)) / grid.Slot), Math.Min(1, present), grid.Count - first);
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

    /// <summary>The kernel charges at full power to the end, a battery does not: it is to be ready so much earlier.</summary>
    private static Duration Taper(PlanningSession subject, double target, double chargeMax)
    {
        var vehicle = subject.Session.Vehicle!;
        var (stored, capacity, cellKw) = (subject.Stored.KilowattHours, vehicle.Capacity.KilowattHours, chargeMax * vehicle.ChargeEfficiency);
        if (cellKw <= 0 || stored >= target) return Duration.Zero;
        var tapered = ChargingCurve.Hours(stored, target, capacity, cellKw, vehicle.ChargeMax.Kilowatts * vehicle.ChargeEfficiency);
        return Duration.FromHours(Math.Max(0, tapered - ((target - stored) / cellKw)));
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
