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

    private readonly FleetProblem problem;
    private readonly int[] first; // of each vehicle's variables
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
            (first[k + 1], row[k + 1]) = (first[k] + (3 * steps) + 2, row[k] + steps + 1);
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
    internal double Net(int k, int n) => Variables.X[first[k] + n] - Variables.X[first[k] + Steps(k) + n];

    /// <summary>Stored energy after the n-th step.</summary>
    internal double Stored(int k, int n) => Variables.X[first[k] + (2 * Steps(k)) + n];

    /// <summary>Least stored energy after the n-th step that is asked for and can be reached.</summary>
    internal double Lowest(int k, int n) => Variables.Lower[first[k] + (2 * Steps(k)) + n] + Room;

    internal int Arrival(int k) => problem.Vehicles.Arrival[Vehicles[k]];

    internal int Steps(int k) => row[k + 1] - row[k] - 1;

    /// <summary>Energies begin on the straight way from arrival to target.</summary>
    internal void Start(double dual)
    {
        Variables.Start(dual);
        Array.Clear(Dual);
    }

    /// <summary>Factors the rows of a vehicle and adds the response of its load to <paramref name="response"/> (steps x steps).</summary>
    internal void Factor(int k, Span<double> response)
    {
        var (n, v, r, theta) = (Steps(k), first[k], row[k], Variables.Theta);
        var (stored, drawn) = Rates(k);
        for (var t = 0; t < n; t++)
        {
            var (c, q) = (theta[v + t], theta[v + n + t]);
            cross[r + t] = (stored * c) + (drawn * q);
            diagonal[r + t] = (t > 0 ? theta[v + (2 * n) + t - 1] : 0) + theta[v + (2 * n) + t] + (stored * stored * c) + (drawn * drawn * q);
        }

        var end = theta[v + (3 * n) - 1];
        diagonal[r + n] = end + theta[v + (3 * n)] + theta[v + (3 * n) + 1];
        for (var t = 0; t < n; t++)
        {
            lower[r + t] = (t < n - 1 ? -theta[v + (2 * n) + t] : end) / diagonal[r + t];
            diagonal[r + t + 1] -= lower[r + t] * lower[r + t] * diagonal[r + t];
        }

        Respond(k, response);
    }

    /// <summary>The right side of a vehicle's rows, and what its load does of itself.</summary>
    /// <param name="price">Price per kW and step that the vehicle sees.</param>
    /// <param name="load">Its part that does not depend on price changes is added, in the sign of a row: charging is negative.</param>
    internal void Prepare(int k, ReadOnlySpan<double> price, double center, Span<double> load)
    {
        var (n, v, r, x) = (Steps(k), first[k], row[k], Variables);
        var ((stored, drawn), battery, arrival) = (Rates(k), Vehicles[k], Arrival(k));
        for (var t = 0; t < n; t++)
        {
            x.Prepare(v + t, (-stored * Dual[r + t]) - price[arrival + t], center);
            x.Prepare(v + n + t, (drawn * Dual[r + t]) + price[arrival + t], center);
            x.Prepare(v + (2 * n) + t, Dual[r + t] + (t < n - 1 ? -Dual[r + t + 1] : Dual[r + n]), center);
        }

        x.Prepare(v + (3 * n), Dual[r + n], center);
        x.Prepare(v + (3 * n) + 1, -Dual[r + n], center);
        for (var t = 0; t < n; t++)
        {
            var before = t > 0 ? x.X[v + (2 * n) + t - 1] : problem.Vehicles.EnergyArrival[battery];
            right[r + t] = before - x.X[v + (2 * n) + t] + (stored * x.X[v + t]) - (drawn * x.X[v + n + t])
                + Weighted(v + (2 * n) + t) - (t > 0 ? Weighted(v + (2 * n) + t - 1) : 0) - (stored * Weighted(v + t)) + (drawn * Weighted(v + n + t));
        }

        right[r + n] = problem.Vehicles.EnergyTarget[battery] - x.X[v + (3 * n) - 1] - x.X[v + (3 * n)] + x.X[v + (3 * n) + 1] + Weighted(v + (3 * n) - 1) + Weighted(v + (3 * n)) - Weighted(v + (3 * n) + 1);
        Array.Copy(right, r, DualDirection, r, n + 1);
        SolveRows(k);
        for (var t = 0; t < n; t++) load[arrival + t] += (cross[r + t] * DualDirection[r + t]) + Weighted(v + t) - Weighted(v + n + t);
    }

    /// <summary>Directions of a vehicle once the price change is known.</summary>
    internal void Direct(int k, ReadOnlySpan<double> priceChange)
    {
        var (n, v, r, x) = (Steps(k), first[k], row[k], Variables);
        var ((stored, drawn), arrival) = (Rates(k), Arrival(k));
        for (var t = 0; t < n; t++) DualDirection[r + t] = right[r + t] - (cross[r + t] * priceChange[arrival + t]);
        DualDirection[r + n] = right[r + n];
        SolveRows(k);
        for (var t = 0; t < n; t++)
        {
            Direct(v + t, (-stored * DualDirection[r + t]) - priceChange[arrival + t]);
            Direct(v + n + t, (drawn * DualDirection[r + t]) + priceChange[arrival + t]);
            Direct(v + (2 * n) + t, DualDirection[r + t] + (t < n - 1 ? -DualDirection[r + t + 1] : DualDirection[r + n]));
        }

        Direct(v + (3 * n), DualDirection[r + n]);
        Direct(v + (3 * n) + 1, -DualDirection[r + n]);

        void Direct(int variable, double priced) => x.Direction[variable] = x.Theta[variable] == 0 ? 0 : x.Theta[variable] * (priced - x.Rest[variable]);
    }

    private double Weighted(int variable) => Variables.Theta[variable] == 0 ? 0 : Variables.Theta[variable] * Variables.Rest[variable];

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
        var corner = 1 / diagonal[r + n];
        for (var j = n - 1; j >= 0; j--)
        {
            corner = (1 / diagonal[r + j]) + (lower[r + j] * lower[r + j] * corner); // the inverse's entry (j, j)
            var (entry, column) = (corner * cross[r + j], arrival + j);
            response[(column * steps) + column] += theta[v + j] + theta[v + n + j] - (cross[r + j] * entry);
            for (var i = j - 1; i >= 0; i--)
            {
                entry *= -lower[r + i];
                response[(column * steps) + arrival + i] -= cross[r + i] * entry; // the lower triangle
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
        for (var t = 0; t < n; t++)
        {
            x.Upper[v + t] = battery.ChargeMax;
            x.Upper[v + n + t] = battery.DischargeMax;
            x.Cost[v + n + t] = problem.StepHours * battery.Wear / battery.DischargeEfficiency;
            var reachable = Math.Min(Math.Min(floor[t], battery.EnergyArrival + ((t + 1) * into)), high);
            (x.Lower[v + (2 * n) + t], x.Upper[v + (2 * n) + t]) = (reachable - Room, high + Room);
        }

        (x.Upper[v + (3 * n)], x.Cost[v + (3 * n)]) = (double.PositiveInfinity, battery.ShortfallPenalty);
        (x.Upper[v + (3 * n) + 1], x.Cost[v + (3 * n) + 1]) = (double.PositiveInfinity, -battery.Salvage);
    }
}
