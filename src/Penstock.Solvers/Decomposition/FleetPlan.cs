using System.Collections.Concurrent;
using Penstock.Solvers.Fleet;

namespace Penstock.Solvers.Decomposition;

/// <summary>The proof beside a plan.</summary>
/// <param name="Cost">What the schedules cost, evaluated afresh on all of them.</param>
/// <param name="LowerBound">What no schedules can cost less than.</param>
/// <param name="Passes">How often every vehicle was asked, on average.</param>
public readonly record struct FleetCertificate(double Cost, double LowerBound, double Passes)
{
    /// <summary>(cost - lower bound) / max(1, |cost|).</summary>
    public double Gap => (Cost - LowerBound) / Math.Max(1, Math.Abs(Cost));
}

/// <summary>Energy beyond the limits of a site, kWh.</summary>
/// <param name="Site">Index of the site; null for the whole.</param>
public readonly record struct Overload(int? Site, double ImportKilowattHours, double ExportKilowattHours);

/// <summary>
/// A plan: price vectors and weights from which every schedule follows. The schedule of a vehicle is derived when it is asked for; it keeps powers and energies to 1e-3 kW and 1e-3 kWh, and the
/// schedules add up to <see cref="Aggregate"/>.
/// </summary>
public sealed class FleetPlan
{
    private readonly FleetProblem problem;
    private readonly FleetCells cells;
    private readonly CellMix[] mixes;
    private readonly Lazy<int[]> cellOf;
    private readonly ConcurrentBag<CellKernel> kernels = [];

    internal FleetPlan(FleetProblem problem, FleetCells cells, CellMix[] mixes)
    {
        (this.problem, this.cells, this.mixes) = (problem, cells, mixes);
        cellOf = new Lazy<int[]>(() =>
        {
            var result = new int[problem.Vehicles.Count];
            for (var c = 0; c < cells.Count; c++) foreach (var i in cells.Vehicles(c)) result[i] = c;
            return result;
        });
    }

    public FleetProblem Problem => problem;

    public FleetCertificate Certificate { get; internal init; }

    /// <summary>The bound as it was found. The certificate's is at most the cost; this one may be above it by what single precision loses, and by more only if the proof is wrong.</summary>
    public double BoundFound { get; internal init; }

    /// <summary>Expected net kW of all vehicles in each step; base load and PV are not in it.</summary>
    public double[] Aggregate { get; internal init; } = [];

    /// <summary>PV used in each step, of the whole and its sites, kW.</summary>
    public double[] PvUsed { get; internal init; } = [];

    /// <summary>PV used at the sites that have any, kW per step.</summary>
    public IReadOnlyDictionary<int, double[]> PvUsedBySite { get; internal init; } = new Dictionary<int, double[]>();

    public FleetPrices Prices { get; internal init; } = FleetPrices.None;

    /// <summary>Beyond limits, the whole and those sites that are.</summary>
    public IReadOnlyList<Overload> Overloads { get; internal init; } = [];

    /// <summary>Energy missing at departure, kWh, of each vehicle.</summary>
    public float[] Shortfall { get; internal init; } = [];

    /// <summary>What rounding to the piles' steps costs more than the plan before it; null when every pile takes any power.</summary>
    public double? RoundingLoss { get; internal init; }

    /// <summary>Parts of the cost in currency.</summary>
    public PlanCosts Costs { get; internal init; } = new(0, 0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>For each block of a large whole its mixture: weights and the price vectors (per kWh) that its vehicles and sites answer. Empty for small problems.</summary>
    public IReadOnlyList<IReadOnlyList<(double Weight, double[] PricePerKilowattHour)>> Mixtures { get; internal init; } = [];

    /// <summary>What a later plan of a similar problem can start from.</summary>
    public PlanStart AsStart() => new(Prices, [.. Mixtures.Select(m => (IReadOnlyList<double[]>)[.. m.Select(x => x.PricePerKilowattHour)])]);

    /// <summary>Net kW of a vehicle in each step of its stay, while it is there.</summary>
    public float[] Schedule(int vehicle)
    {
        var cell = cellOf.Value[vehicle];
        var (place, offsets) = (Array.IndexOf(cells.Vehicles(cell), vehicle), cells.Offsets(cell));
        var schedules = Schedules(cell);
        return Present(vehicle, schedules[offsets[place]..offsets[place + 1]]);
    }

    /// <summary>All schedules, vehicle by vehicle, in an order that is the same every time.</summary>
    public IEnumerable<(int Vehicle, float[] NetKilowatts)> Schedules() => Enumerable.Range(0, Cells).SelectMany(SchedulesOf);

    /// <summary>Parts of the fleet whose schedules can be made independently, in parallel.</summary>
    internal int Cells => cells.Count;

    internal IEnumerable<(int Vehicle, float[] NetKilowatts)> SchedulesOf(int cell)
    {
        var (vehicles, offsets, schedules) = (cells.Vehicles(cell), cells.Offsets(cell), Schedules(cell));
        for (var k = 0; k < vehicles.Length; k++) yield return (vehicles[k], Present(vehicles[k], schedules[offsets[k]..offsets[k + 1]]));
    }

    internal float[] Schedules(int cell, bool rounded = true)
    {
        if (!kernels.TryTake(out var kernel)) kernel = new CellKernel(cells);
        var schedules = mixes[cell].Schedules(cells, cell, kernel);
        kernels.Add(kernel);
        if (!rounded || (problem.Vehicles.PowerStep is null && problem.Vehicles.PowerMin is null)) return schedules;
        if (mixes[cell].Parts is [{ Schedules: not null }]) schedules = (float[])schedules.Clone(); // those are the plan itself
        var (vehicles, offsets) = (cells.Vehicles(cell), cells.Offsets(cell));
        for (var k = 0; k < vehicles.Length; k++) if (PileRounding.Applies(problem.Vehicles, vehicles[k])) PileRounding.Round(problem, vehicles[k], schedules.AsSpan(offsets[k]..offsets[k + 1]), StayAccount.Draw(k));
        return schedules;
    }

    private float[] Present(int vehicle, float[] expected)
    {
        if (problem.Vehicles.LeaveProbability?[vehicle] > 0) for (var t = 0; t < expected.Length; t++) expected[t] /= (float)StayKernel.Survival(problem.Vehicles, vehicle, t);
        return expected;
    }
}

/// <summary>Where the cost of a plan comes from, in the currency of the prices; they add up to the cost.</summary>
public sealed record PlanCosts(double Energy, double Wear, double Shortfall, double Salvage, double Overload, double Subsidies, double Demand, double Ramps, double Fees)
{
    public double Sum => Energy + Wear + Shortfall - Salvage + Overload - Subsidies + Demand + Ramps + Fees;
}
