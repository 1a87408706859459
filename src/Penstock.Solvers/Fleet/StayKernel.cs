using Penstock.Solvers.Storage;

namespace Penstock.Solvers.Fleet;

/// <summary>The best response of one vehicle in double precision, with early leaves, reserves and events. One instance per thread.</summary>
internal sealed class StayKernel(FleetProblem problem)
{
    private readonly double[] chargeUpTo = new double[problem.Steps];
    private readonly double[] dischargeDownTo = new double[problem.Steps];
    private readonly double[] power = new double[problem.Steps];
    private readonly double[] price = new double[problem.Steps];
    private readonly double[] sell = new double[problem.Steps];
    private readonly double[] expected = new double[problem.Steps];
    private readonly double[] floor = new double[problem.Steps];
    private readonly double[] leave = new double[problem.Steps];
    private readonly double[] workspace = new double[StorageKernel.Workspace(problem.Steps)];
    private readonly ILookup<int, Reserve> reserves = problem.Vehicles.Reserves.ToLookup(r => r.Vehicle);
    private int steps;

    /// <summary>Net kW of the last response over the stay, times the chance that the vehicle is still there.</summary>
    internal ReadOnlySpan<double> Expected => expected.AsSpan(0, steps);

    /// <summary>The chance that a vehicle is still there in its n-th step.</summary>
    internal static double Survival(StorageFleet fleet, int vehicle, int n) => fleet.LeaveProbability?[vehicle] is > 0 and var chance ? Math.Pow(1 - chance, n) : 1;

    /// <summary>Fills the floor of each step of the stay.</summary>
    /// <returns>False where the vehicle's own floor holds throughout.</returns>
    internal static bool Floors(StorageFleet fleet, IEnumerable<Reserve> reserves, int vehicle, Span<double> floor)
    {
        var any = false;
        floor.Fill(fleet.EnergyMin[vehicle]);
        foreach (var one in reserves)
        {
            any = true;
            for (var t = Math.Max(one.First, fleet.Arrival[vehicle]); t <= one.Last && t < fleet.Departure[vehicle]; t++)
            {
                ref var here = ref floor[t - fleet.Arrival[vehicle]];
                here = Math.Max(here, Math.Min(one.EnergyMin, fleet.EnergyMax[vehicle]));
            }
        }

        return any;
    }

    internal CellCost Respond(int vehicle, ReadOnlySpan<double> prices)
    {
        var fleet = problem.Vehicles;
        var (first, battery) = (fleet.Arrival[vehicle], fleet.Battery(vehicle));
        steps = fleet.Steps(vehicle);
        var how = new StorageSteps
        {
            EnergyMin = Floors(fleet, reserves[vehicle], vehicle, floor.AsSpan(0, steps)) ? floor.AsSpan(0, steps) : default,
            LeaveProbability = fleet.LeaveProbability?[vehicle] > 0 ? leave.AsSpan(0, steps) : default,
        };
        leave.AsSpan(0, steps).Fill(fleet.LeaveProbability?[vehicle] ?? 0);
        var (least, bound, own) = (double.PositiveInfinity, double.PositiveInfinity, 0.0);
        var overlapping = battery.DischargeMax > 0 ? Overlapping(first) : 0;
        for (var choice = 0; choice < 1 << problem.Events.Length; choice++)
        {
            if ((choice & ~overlapping) != 0) continue;
            prices.Slice(first, steps).CopyTo(price);
            for (var e = 0; e < problem.Events.Length; e++) if ((choice & (1 << e)) != 0) Add(problem.Events[e], first);
            for (var t = 0; t < steps; t++) sell[t] = price[t] - (problem.DischargeFee?[first + t] ?? 0);
            var found = StorageKernel.Solve(battery, price.AsSpan(0, steps), sell.AsSpan(0, steps), problem.StepHours, chargeUpTo, dischargeDownTo, power, workspace, how);
            var (energy, claimed, paid) = Accounts(prices.Slice(first, steps), vehicle, first, choice);
            bound = Math.Min(bound, found.Bound);
            var all = found.Cost + claimed - paid;
            if (all >= least) continue;
            (least, own) = (all, all - energy);
            for (var t = 0; t < steps; t++) expected[t] = power[t] * Survival(fleet, vehicle, t);
        }

        return new CellCost(own, Math.Max(0, least - bound));
    }

    private int Overlapping(int first)
    {
        var result = 0;
        for (var e = 0; e < problem.Events.Length; e++) if (problem.Events[e].First < first + steps && problem.Events[e].Last >= first) result |= 1 << e;
        return result;
    }

    private void Add(SubsidyEvent one, int first)
    {
        for (var t = Math.Max(one.First, first); t <= one.Last && t < first + steps; t++) price[t - first] += one.SubsidyPerKilowattHour;
    }

    /// <returns>Energy at the true price; what the choice's run counted as subsidy; what the net rule pays.</returns>
    private (double Energy, double Claimed, double Paid) Accounts(ReadOnlySpan<double> truePrice, int vehicle, int first, int choice)
    {
        var (energy, claimed, paid) = (0.0, 0.0, 0.0);
        for (var t = 0; t < steps; t++) energy += truePrice[t] * power[t] * Survival(problem.Vehicles, vehicle, t) * problem.StepHours;
        for (var e = 0; e < problem.Events.Length; e++)
        {
            var net = 0.0;
            for (var t = Math.Max(problem.Events[e].First, first); t <= problem.Events[e].Last && t < first + steps; t++) net -= power[t - first] * Survival(problem.Vehicles, vehicle, t - first) * problem.StepHours;
            paid += problem.Events[e].SubsidyPerKilowattHour * Math.Max(0, net);
            if ((choice & (1 << e)) != 0) claimed += problem.Events[e].SubsidyPerKilowattHour * net;
        }

        return (energy, claimed, paid);
    }
}
