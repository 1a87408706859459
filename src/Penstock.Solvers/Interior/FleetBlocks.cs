using Penstock.Solvers.Fleet;
using Penstock.Solvers.Mixing;

namespace Penstock.Solvers.Interior;

/// <summary>
/// The vehicles of a problem as blocks of the interior-point system. Per step: charge c and discharge q (kW), stored energy e after it; at departure shortfall u and surplus w. Rows: e' = e + stored c - drawn q,
/// and e + u - w = target. With the diagonal weights of the variables the rows of a vehicle are tridiagonal; eliminating them leaves the response of its load to a price change, a matrix over its stay.
/// </summary>
internal sealed class FleetBlocks
{
    /// <summary>A floor that a start below it cannot reach at once lies this much lower, kWh: the method needs room on all sides.</summary>
    private const double Room = 1e-4;

    /// <summary>A pile without power has this little, kW.</summary>
    private const double Least = 1e-6;

    /// <summary>Rows of a vehicle's response that are made together.</summary>
    private const int Together = 4;

    private readonly FleetProblem problem;
    private readonly int[] first; // of each vehicle's variables: charge, stored energy, shortfall, surplus, and discharge where it can
    private readonly int[] row; // of its rows
    private readonly double[] pivot; // reciprocals of the factors' diagonal
    private readonly double[] lower;
    private readonly double[] cross; // dynamics row x node row
    private readonly double[] right;

    internal FleetBlocks(FleetProblem problem, int[] vehicles)
    {
        (this.problem, Vehicles) = (problem, vehicles);
        (first, row) = (new int[vehicles.Length + 1], new int[vehicles.Length + 1]);
        for (var k = 0; k < vehicles.Length; k++)
        {
            var steps = problem.Vehicles.Steps(vehicles[k]);
            (first[k + 1], row[k + 1]) = (first[k] + ((Discharges(k) ? 3 : 2) * steps) + 2, row[k] + steps + 1);
        }

        Variables = new BoundedVariables(first[^1]);
        (Dual, DualDirection) = (new double[row[^1]], new double[row[^1]]);
        (pivot, lower, cross, right) = (new double[row[^1]], new double[row[^1]], new double[row[^1]], new double[row[^1]]);
        var reserves = problem.Vehicles.Reserves.ToLookup(r => r.Vehicle);
        for (var k = 0; k < vehicles.Length; k++) Fill(k, reserves);
    }

    internal int[] Vehicles { get; }

    internal BoundedVariables Variables { get; }

    internal double[] Dual { get; }

    internal double[] DualDirection { get; }

    /// <summary>Stored energy after the n-th step.</summary>
    internal double Stored(int k, int n) => Variables.X[first[k] + Steps(k) + n];

    /// <summary>Least stored energy after the n-th step that is asked for and can be reached.</summary>
    internal double Lowest(int k, int n) => Variables.Lower[first[k] + Steps(k) + n] + Room;

    internal int Arrival(int k) => problem.Vehicles.Arrival[Vehicles[k]];

    internal int Steps(int k) => row[k + 1] - row[k] - 1;

    /// <summary>Energies begin on the straight way from arrival to target.</summary>
    internal void Start(double dual)
    {
        Variables.Start(dual);
        Array.Clear(Dual);
    }

    /// <summary>Factors the rows of a vehicle and adds the response of its load to <paramref name="response"/> (steps x steps, lower triangle).</summary>
    internal void Factor(int k, Span<double> response)
    {
        var weight = Of(k, Variables.Theta);
        var (n, r, (stored, drawn)) = (Steps(k), row[k], Rates(k));
        var pivots = pivot.AsSpan(r, n + 1);
        var lowers = lower.AsSpan(r, n);
        var crosses = cross.AsSpan(r, n);
        var (before, taken) = (0.0, 0.0); // what the row before adds to the diagonal and takes from it
        for (var t = 0; t < n; t++)
        {
            var energy = weight.Energy[t];
            var (up, down, beside) = (stored * weight.Charge[t], weight.Discharge.IsEmpty ? 0 : drawn * weight.Discharge[t], t < n - 1 ? -energy : energy);
            crosses[t] = up + down;
            pivots[t] = 1 / (before + energy + (stored * up) + (drawn * down) - taken);
            lowers[t] = beside * pivots[t];
            (before, taken) = (energy, lowers[t] * beside);
        }

        pivots[n] = 1 / (before + weight.End[0] + weight.End[1] - taken);
        Respond(k, weight, response);
    }

    /// <summary>A' dual of a vehicle's variables.</summary>
    /// <param name="price">Price per kW and step that the vehicle sees.</param>
    internal void Price(int k, ReadOnlySpan<double> price) => Spread(k, Dual.AsSpan(row[k], Steps(k) + 1), price);

    /// <summary>The right side of a vehicle's rows, its load, and what that does of itself.</summary>
    /// <param name="load">Its net kW is added.</param>
    /// <param name="free">The part of its load's direction that does not depend on price changes is added, in the sign of a row: charging is negative.</param>
    internal void Prepare(int k, Span<double> load, Span<double> free)
    {
        var (n, r, (stored, drawn)) = (Steps(k), row[k], Rates(k));
        var x = Of(k, Variables.X);
        var weight = Of(k, Variables.Theta);
        var rest = Of(k, Variables.Rest);
        var mine = load.Slice(Arrival(k), n);
        var own = free.Slice(Arrival(k), n);
        var side = right.AsSpan(r, n + 1);
        var (before, pullBefore) = ((double)problem.Vehicles.EnergyArrival[Vehicles[k]], 0.0);
        for (var t = 0; t < n; t++)
        {
            var (energy, pull, charge) = (x.Energy[t], weight.Energy[t] * rest.Energy[t], weight.Charge[t] * rest.Charge[t]);
            side[t] = before - energy + pull - pullBefore + (stored * (x.Charge[t] - charge));
            mine[t] += x.Charge[t];
            own[t] += charge;
            (before, pullBefore) = (energy, pull);
        }

        for (var t = 0; t < x.Discharge.Length; t++)
        {
            var discharge = weight.Discharge[t] * rest.Discharge[t];
            side[t] -= drawn * (x.Discharge[t] - discharge);
            mine[t] -= x.Discharge[t];
            own[t] -= discharge;
        }

        side[n] = problem.Vehicles.EnergyTarget[Vehicles[k]] - before - x.End[0] + x.End[1] + pullBefore + (weight.End[0] * rest.End[0]) - (weight.End[1] * rest.End[1]);
        var direction = DualDirection.AsSpan(r, n + 1);
        var crosses = cross.AsSpan(r, n);
        side.CopyTo(direction);
        SolveRows(k, direction);
        for (var t = 0; t < n; t++) own[t] += crosses[t] * direction[t];
    }

    /// <summary>Dual directions of a vehicle, and A' of them, once the price change is known.</summary>
    internal void Direct(int k, ReadOnlySpan<double> priceChange)
    {
        var (n, r) = (Steps(k), row[k]);
        var mine = priceChange.Slice(Arrival(k), n);
        var direction = DualDirection.AsSpan(r, n + 1);
        var side = right.AsSpan(r, n + 1);
        var crosses = cross.AsSpan(r, n);
        for (var t = 0; t < n; t++) direction[t] = side[t] - (crosses[t] * mine[t]);
        direction[n] = side[n];
        SolveRows(k, direction);
        Spread(k, direction, priceChange);
    }

    private void Spread(int k, ReadOnlySpan<double> dual, ReadOnlySpan<double> price)
    {
        var (n, (stored, drawn)) = (Steps(k), Rates(k));
        var priced = Of(k, Variables.Priced);
        var seen = price.Slice(Arrival(k), n);
        for (var t = 0; t < n; t++)
        {
            priced.Charge[t] = (-stored * dual[t]) - seen[t];
            priced.Energy[t] = dual[t] - dual[t + 1];
        }

        priced.Energy[n - 1] = dual[n - 1] + dual[n];
        (priced.End[0], priced.End[1]) = (dual[n], -dual[n]);
        for (var t = 0; t < priced.Discharge.Length; t++) priced.Discharge[t] = (drawn * dual[t]) + seen[t];
    }

    /// <summary>A vehicle's part of an array that has a value for each variable.</summary>
    private Stay Of(int k, double[] values) => new(values.AsSpan(first[k]..first[k + 1]), Steps(k));

    /// <summary>Values per step of charge and stored energy, of shortfall and surplus, and of discharge: empty where the vehicle cannot.</summary>
    private readonly ref struct Stay(Span<double> all, int n)
    {
        internal readonly Span<double> Charge = all[..n];

        internal readonly Span<double> Energy = all.Slice(n, n);

        internal readonly Span<double> End = all.Slice(2 * n, 2);

        internal readonly Span<double> Discharge = all[((2 * n) + 2)..];
    }

    private bool Discharges(int k) => problem.Vehicles.DischargeMax[Vehicles[k]] > 0;

    /// <summary>kWh stored per kW charged and kWh drawn per kW discharged, over a step.</summary>
    private (double Stored, double Drawn) Rates(int k) =>
        (problem.Vehicles.ChargeEfficiency[Vehicles[k]] * problem.StepHours, problem.StepHours / problem.Vehicles.DischargeEfficiency[Vehicles[k]]);

    private void SolveRows(int k, Span<double> x)
    {
        var n = Steps(k);
        var pivots = pivot.AsSpan(row[k], n + 1);
        var lowers = lower.AsSpan(row[k], n);
        var last = x[0];
        for (var t = 0; t < n; t++) x[t + 1] = last = x[t + 1] - (lowers[t] * last);
        x[n] = last *= pivots[n];
        for (var t = n - 1; t >= 0; t--) x[t] = last = (x[t] * pivots[t]) - (lowers[t] * last);
    }

    /// <summary>
    /// weights of c and q on the diagonal - cross M^-1 cross. Left of its diagonal a row of the inverse of a tridiagonal matrix is the row before times a number: several rows at a time are multiples of the same values.
    /// </summary>
    private void Respond(int k, Stay weight, Span<double> response)
    {
        var (n, r, steps, arrival) = (Steps(k), row[k], problem.Steps, Arrival(k));
        var crosses = cross.AsSpan(r, n);
        var lowers = lower.AsSpan(r, n);
        var corner = right.AsSpan(r, n); // the inverse's diagonal; like the next free until the right side is made
        var along = DualDirection.AsSpan(r, n); // cross times the inverse's last complete row, without that row's diagonal entry
        var entry = pivot[r + n];
        for (var j = n - 1; j >= 0; j--) corner[j] = entry = pivot[r + j] + (lowers[j] * lowers[j] * entry);
        Span<double> times = stackalloc double[Together];
        for (var from = 0; from < n; from += Together)
        {
            var count = Math.Min(Together, n - from);
            var rows = response[(((arrival + from) * steps) + arrival)..];
            for (var j = 0; j < count; j++)
            {
                var to = rows.Slice((j * steps) + from, count);
                entry = corner[from + j] * crosses[from + j];
                to[j] += weight.Charge[from + j] + (weight.Discharge.IsEmpty ? 0 : weight.Discharge[from + j]) - (crosses[from + j] * entry);
                for (var i = j - 1; i >= 0; i--)
                {
                    entry *= -lowers[from + i];
                    to[i] -= crosses[from + i] * entry;
                }

                times[j] = from > 0 ? entry * lowers[from - 1] : 0;
            }

            if (count == Together) Dense.AddFour(times, along[..from], rows, steps);
            else for (var j = 0; j < count; j++) Dense.Add(times[j], along[..from], rows.Slice(j * steps, from));
            var on = 1.0;
            for (var j = from + count - 1; j >= from; j--)
            {
                along[j] = crosses[j] * on;
                if (j > 0) on *= -lowers[j - 1];
            }

            Dense.Scale(on, along[..from]);
        }
    }

    private void Fill(int k, ILookup<int, Reserve> reserves)
    {
        var (i, n, v, x) = (Vehicles[k], Steps(k), first[k], Variables);
        var battery = problem.Vehicles.Battery(i);
        var (into, high) = (battery.ChargeMax * problem.StepHours * battery.ChargeEfficiency, Math.Max(battery.EnergyMax, battery.EnergyArrival));
        var floor = new double[n];
        StayKernel.Floors(problem.Vehicles, reserves[i], i, floor);
        for (var t = n - 2; t >= 0; t--) floor[t] = Math.Max(floor[t], floor[t + 1] - into);
        var (u, w, discharges) = (v + (2 * n), v + (2 * n) + 1, Discharges(k));
        for (var t = 0; t < n; t++)
        {
            x.Upper[v + t] = Math.Max(Least, battery.ChargeMax);
            if (discharges) (x.Upper[w + 1 + t], x.Cost[w + 1 + t]) = (battery.DischargeMax, problem.StepHours * ((battery.Wear / battery.DischargeEfficiency) + (problem.DischargeFee?[problem.Vehicles.Arrival[i] + t] ?? 0)));
            var reachable = Math.Min(Math.Min(floor[t], battery.EnergyArrival + ((t + 1) * into)), high);
            (x.Lower[v + n + t], x.Upper[v + n + t]) = (reachable - Room, high + Room);
        }

        for (var e = 0; problem.TakesPart is { } takes && e < problem.Events.Length; e++) if (takes[i, e]) Pay(k, problem.Events[e]);
        (x.Upper[u], x.Cost[u]) = (BoundedVariables.NoUpper, battery.ShortfallPenalty);
        (x.Upper[w], x.Cost[w]) = (BoundedVariables.NoUpper, -battery.Salvage);
    }

    /// <summary>The subsidy of a participant, both ways.</summary>
    private void Pay(int k, SubsidyEvent one)
    {
        var (n, v, paid) = (Steps(k), first[k], one.SubsidyPerKilowattHour * problem.StepHours);
        for (var t = Math.Max(one.First, Arrival(k)) - Arrival(k); t < n && Arrival(k) + t <= one.Last; t++)
        {
            Variables.Cost[v + t] += paid;
            if (Discharges(k)) Variables.Cost[v + (2 * n) + 2 + t] -= paid;
        }
    }
}
