using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Fleet;

namespace Penstock.Solvers.Flexibility;

/// <summary>
/// What every vehicle does if nobody calls: flexibility is measured against it. It keeps no schedules but makes them part by part, so that it serves 46 vehicles and a million alike.
/// </summary>
public sealed class ReferencePlan
{
    /// <summary>Vehicles of one part where schedules are given one by one.</summary>
    private const int PartSize = 1024;

    private readonly Func<int, IEnumerable<(int Vehicle, float[] NetKilowatts)>> part;

    private ReferencePlan(FleetProblem problem, int parts, double[] besides, Func<int, IEnumerable<(int Vehicle, float[] NetKilowatts)>> part) =>
        (Problem, Parts, Besides, this.part) = (problem, parts, besides, part);

    public FleetProblem Problem { get; }

    /// <summary>Net kW of the whole in each step without its vehicles: base load - PV used.</summary>
    internal double[] Besides { get; }

    internal int Parts { get; }

    public static ReferencePlan Of(FleetPlan plan) => new(plan.Problem, plan.Cells, [.. plan.Problem.BaseLoad.Select((b, t) => b - plan.PvUsed[t])], plan.SchedulesOf);

    /// <param name="schedule">Net kW of a vehicle in each step of its stay, positive = charging; called once per pass, from several threads. PV counts as not used.</param>
    public static ReferencePlan Of(FleetProblem problem, Func<int, float[]> schedule) =>
        new(problem, (problem.Vehicles.Count + PartSize - 1) / PartSize, problem.BaseLoad,
            p => Enumerable.Range(p * PartSize, Math.Min(PartSize, problem.Vehicles.Count - (p * PartSize))).Select(i => (i, schedule(i))));

    /// <summary>Every vehicle charges with full power on arrival until it has its target.</summary>
    public static ReferencePlan Uncontrolled(FleetProblem problem) => Of(problem, i => UncontrolledSchedule(problem.Vehicles, i, problem.StepHours));

    /// <exception cref="ArgumentException">A schedule is not as long as its stay.</exception>
    internal IEnumerable<(int Vehicle, float[] NetKilowatts)> Part(int index)
    {
        foreach (var (vehicle, kilowatts) in part(index))
        {
            var steps = Problem.Vehicles.Steps(vehicle);
            yield return kilowatts.Length == steps ? (vehicle, kilowatts) : throw new ArgumentException($"The schedule of vehicle {vehicle} has {kilowatts.Length} values; its stay has {steps} steps.");
        }
    }

    internal static float[] UncontrolledSchedule(StorageFleet fleet, int i, double stepHours)
    {
        var result = new float[fleet.Steps(i)];
        var perKilowatt = fleet.ChargeEfficiency[i] * stepHours;
        var missing = Math.Min(Math.Max(fleet.EnergyTarget[i], fleet.EnergyMin[i]), Math.Max(fleet.EnergyMax[i], fleet.EnergyArrival[i])) - (double)fleet.EnergyArrival[i];
        for (var t = 0; t < result.Length && missing > 0; t++)
        {
            result[t] = (float)Math.Min(fleet.ChargeMax[i], missing / perKilowatt);
            missing -= result[t] * perKilowatt;
        }

        return result;
    }
}
