using Penstock.Solvers.Fleet;

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

    private readonly FleetProblem problem;
    private readonly int[] first; // of each vehicle's variables: charge, stored energy, shortfall, surplus, and discharge where it can
    private readonly int[] row; // of its rows
    private readonly double[] diagonal; // of the factors
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
        (diagonal, lower, cross, right) = (new double[row[^1]], new double[row[^1]], new double[row[^1]], new double[row[^1]]);
        var reserves = problem.Vehicles.Reserves.ToLookup(r => r.Vehicle);
        for (var k = 0; k < vehicles.Length; k++) Fill(k, reserves);
    }

    internal int[] Vehicles { get; }

    internal BoundedVariables Variables { get; }

    internal double[] Dual { get; }

    internal double[] DualDirection { get; }

    /// <summary>Net kW of a vehicle in the n-th step of its stay.</summary>
    internal double Net(int k, int n) => Variables.X[first[k] + n] - (Discharges(k) ? Variables.X[first[k] + (2 * Steps(k)) + 2 + n] : 0);

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
        var (n, r, theta) = (Steps(k), row[k], Variables.Theta);
        var c = theta.AsSpan(first[k]);
        var e = theta.AsSpan(first[k] + n);
        var end = theta.AsSpan(first[k] + (2 * n));
        var q = Discharges(k) ? end[2..] : default;
        var (stored, drawn) = Rates(k);
        for (var t = 0; t < n; t++)
        {
            var (up, down) = (stored * c[t], q.IsEmpty ? 0 : drawn * q[t]);
            cross[r + t] = up + down;
            diagonal[r + t] = (t > 0 ? e[t - 1] : 0) + e[t] + (stored * up) + (drawn * down);
        }

        diagonal[r + n] = e[n - 1] + end[0] + end[1];
        for (var t = 0; t < n; t++)
        {
            lower[r + t] = (t < n - 1 ? -e[t] : e[t]) / diagonal[r + t];
            diagonal[r + t + 1] -= lower[r + t] * lower[r + t] * diagonal[r + t];
        }

        Respond(k, response);
    }

    /// <summary>A' dual of a vehicle's variables.</summary>
    /// <param name="price">Price per kW and step that the vehicle sees.</param>
    internal void Price(int k, ReadOnlySpan<double> price) => Spread(k, Dual, price);

    /// <summary>The right side of a vehicle's rows, and what its load does of itself.</summary>
    /// <param name="load">Its part that does not depend on price changes is added, in the sign of a row: charging is negative.</param>
    internal void Prepare(int k, Span<double> load)
    {
        var (n, v, r, x) = (Steps(k), first[k], row[k], Variables);
        var ((stored, drawn), vehicle, discharges) = (Rates(k), Vehicles[k], Discharges(k));
        var (before, weightBefore) = ((double)problem.Vehicles.EnergyArrival[vehicle], 0.0);
        var mine = load.Slice(Arrival(k), n);
        for (var t = 0; t < n; t++)
        {
            var (energy, weight) = (x.X[v + n + t], x.Weighted(v + n + t));
            var side = before - energy + weight - weightBefore + (stored * (x.X[v + t] - x.Weighted(v + t)));
            mine[t] += x.Weighted(v + t);
            if (discharges)
            {
                var q = v + (2 * n) + 2 + t;
                side -= drawn * (x.X[q] - x.Weighted(q));
                mine[t] -= x.Weighted(q);
            }

            (right[r + t], before, weightBefore) = (side, energy, weight);
        }

        var (u, w) = (v + (2 * n), v + (2 * n) + 1);
        right[r + n] = problem.Vehicles.EnergyTarget[vehicle] - before - x.X[u] + x.X[w] + weightBefore + x.Weighted(u) - x.Weighted(w);
        Array.Copy(right, r, DualDirection, r, n + 1);
        SolveRows(k);
        for (var t = 0; t < n; t++) mine[t] += cross[r + t] * DualDirection[r + t];
    }

    /// <summary>Dual directions of a vehicle, and A' of them, once the price change is known.</summary>
    internal void Direct(int k, ReadOnlySpan<double> priceChange)
    {
        var (n, r) = (Steps(k), row[k]);
        var mine = priceChange.Slice(Arrival(k), n);
        for (var t = 0; t < n; t++) DualDirection[r + t] = right[r + t] - (cross[r + t] * mine[t]);
        DualDirection[r + n] = right[r + n];
        SolveRows(k);
        Spread(k, DualDirection, priceChange);
    }

    private void Spread(int k, double[] dual, ReadOnlySpan<double> price)
    {
        var (n, r, priced) = (Steps(k), row[k], Variables.Priced);
        var c = priced.AsSpan(first[k]);
        var e = priced.AsSpan(first[k] + n);
        var end = priced.AsSpan(first[k] + (2 * n));
        var (stored, drawn) = Rates(k);
        var seen = price.Slice(Arrival(k), n);
        for (var t = 0; t < n; t++)
        {
            c[t] = (-stored * dual[r + t]) - seen[t];
            e[t] = dual[r + t] + (t < n - 1 ? -dual[r + t + 1] : dual[r + n]);
        }

        (end[0], end[1]) = (dual[r + n], -dual[r + n]);
        if (Discharges(k)) for (var t = 0; t < n; t++) end[2 + t] = (drawn * dual[r + t]) + seen[t];
    }

    private bool Discharges(int k) => problem.Vehicles.DischargeMax[Vehicles[k]] > 0;

    /// <summary>kWh stored per kW charged and kWh drawn per kW discharged, over a step.</summary>
    private (double Stored, double Drawn) Rates(int k) =>
        (problem.Vehicles.ChargeEfficiency[Vehicles[k]] * problem.StepHours, problem.StepHours / problem.Vehicles.DischargeEfficiency[Vehicles[k]]);

    private void SolveRows(int k)
    {
        var (n, r) = (Steps(k), row[k]);
        for (var t = 0; t < n; t++) DualDirection[r + t + 1] -= lower[r + t] * DualDirection[r + t];
        for (var t = 0; t <= n; t++) DualDirection[r + t] /= diagonal[r + t];
        for (var t = n - 1; t >= 0; t--) DualDirection[r + t] -= lower[r + t] * DualDirection[r + t + 1];
    }

    /// <summary>weights of c and q on the diagonal - cross M^-1 cross; the inverse of a tridiagonal matrix column by column from its end.</summary>
    private void Respond(int k, Span<double> response)
    {
        var (n, v, r, theta, steps, arrival) = (Steps(k), first[k], row[k], Variables.Theta, problem.Steps, Arrival(k));
        var (corner, discharges) = (1 / diagonal[r + n], Discharges(k));
        var crosses = cross.AsSpan(r, n);
        var lowers = lower.AsSpan(r, n);
        for (var j = n - 1; j >= 0; j--)
        {
            corner = (1 / diagonal[r + j]) + (lowers[j] * lowers[j] * corner); // the inverse's entry (j, j)
            var entry = corner * crosses[j];
            var column = response.Slice(((arrival + j) * steps) + arrival, j + 1);
            column[j] += theta[v + j] + (discharges ? theta[v + (2 * n) + 2 + j] : 0) - (crosses[j] * entry);
            for (var i = j - 1; i >= 0; i--)
            {
                entry *= -lowers[i];
                column[i] -= crosses[i] * entry;
            }
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

        (x.Upper[u], x.Cost[u]) = (BoundedVariables.NoUpper, battery.ShortfallPenalty);
        (x.Upper[w], x.Cost[w]) = (BoundedVariables.NoUpper, -battery.Salvage);
    }
}
