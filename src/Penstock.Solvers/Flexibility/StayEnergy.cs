using Penstock.Solvers.Fleet;

namespace Penstock.Solvers.Flexibility;

/// <summary>
/// The stored energy of one vehicle along its reference schedule, and the least from which every promise can still be kept. Index n = after n steps of the stay; kWh in the battery. One instance per thread.
/// </summary>
internal sealed class StayEnergy(FleetProblem problem)
{
    private readonly ILookup<int, Reserve> reserves = problem.Vehicles.Reserves.ToLookup(r => r.Vehicle);
    private readonly double[] floor = new double[problem.Steps];
    private readonly double[] stored = new double[problem.Steps + 1];
    private readonly double[] needed = new double[problem.Steps + 1];

    internal double StepHours { get; } = problem.StepHours;

    internal int Vehicle { get; private set; }

    internal int Steps { get; private set; }

    /// <summary>The reference schedule, net kW.</summary>
    internal float[] Net { get; private set; } = [];

    internal double ChargeMax { get; private set; }

    internal double DischargeMax { get; private set; }

    internal double ChargeEfficiency { get; private set; }

    internal double DischargeEfficiency { get; private set; }

    internal double EnergyMax { get; private set; }

    internal ReadOnlySpan<double> Stored => stored.AsSpan(0, Steps + 1);

    /// <summary>
    /// The least stored energy from which full power reaches every later floor and reserve and, at departure, the target, or what the reference has then if that is less. Never above the reference.
    /// </summary>
    internal ReadOnlySpan<double> Needed => needed.AsSpan(0, Steps + 1);

    internal void Follow(int vehicle, float[] net)
    {
        var fleet = problem.Vehicles;
        (Vehicle, Net, Steps) = (vehicle, net, net.Length);
        (ChargeMax, DischargeMax, ChargeEfficiency, DischargeEfficiency) = (fleet.ChargeMax[vehicle], fleet.DischargeMax[vehicle], fleet.ChargeEfficiency[vehicle], fleet.DischargeEfficiency[vehicle]);
        EnergyMax = Math.Max(fleet.EnergyMax[vehicle], fleet.EnergyArrival[vehicle]);
        StayKernel.Floors(fleet, reserves[vehicle], vehicle, floor.AsSpan(0, Steps));
        stored[0] = fleet.EnergyArrival[vehicle];
        for (var n = 0; n < Steps; n++) stored[n + 1] = stored[n] + (StepHours * Gain(net[n]));
        var into = StepHours * ChargeMax * ChargeEfficiency;
        needed[Steps] = Math.Min(stored[Steps], fleet.EnergyTarget[vehicle]);
        for (var n = Steps; n > 0; n--)
        {
            needed[n] = Math.Max(needed[n], Math.Min(stored[n], floor[n - 1]));
            needed[n - 1] = needed[n] - into;
        }
    }

    /// <summary>Battery kW at a net power at the grid side.</summary>
    internal double Gain(double net) => net > 0 ? net * ChargeEfficiency : net / DischargeEfficiency;

    /// <summary>kWh at the grid that the vehicle can give in steps [first, first + steps) of its stay without charging in between.</summary>
    internal double Spare(int first, int steps)
    {
        var most = 0.0;
        for (var n = first + 1; n <= first + steps; n++) most = Math.Max(most, needed[n]);
        return Math.Max(0, stored[first] - most) * DischargeEfficiency;
    }
}
