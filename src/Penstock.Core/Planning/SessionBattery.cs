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

    /// <summary>Per kWh by which an order is missed, either way.</summary>
    internal static double OrderPenalty(double priceMax) => 10 * Math.Max(1, priceMax);

    /// <summary>Per kWh beyond a limit of the site: what a limit cannot carry is no guarantee's to ask.</summary>
    internal static double LimitPenalty(double priceMax) => 1000 * Math.Max(1, priceMax);

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

    /// <summary>kWh stored by a net power in kW over some hours; negative when drawn.</summary>
    internal double Change(double power, double hours) => power > 0 ? power * hours * Problem.ChargeEfficiency : power * hours / Problem.DischargeEfficiency;

    /// <summary>Adds up what a schedule costs its session.</summary>
    internal PlanCost Cost(ReadOnlySpan<double> power, ReadOnlySpan<double> buy, ReadOnlySpan<double> sell, double hours)
    {
        var (energy, money, wear) = (Problem.EnergyArrival, 0.0, 0.0);
        for (var t = First; t < First + Steps; t++)
        {
            var change = Change(power[t], hours);
            energy += change;
            money += (power[t] > 0 ? buy[t] : sell[t]) * power[t] * hours;
            wear += Problem.Wear * Math.Max(0, -change);
        }

        return new PlanCost(money, wear, Problem.ShortfallPenalty * Math.Max(0, Problem.EnergyTarget - energy), Problem.Salvage * Math.Max(0, energy - Problem.EnergyTarget), 0, 0, 0);
    }
}
