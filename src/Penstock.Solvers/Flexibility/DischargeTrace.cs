using Penstock.Solvers.Decomposition;

namespace Penstock.Solvers.Flexibility;

/// <summary>
/// Which discharge a fleet can deliver over a window in which nobody recharges: exactly. With power P_i and spare energy e_i its reference trace is R(t) = sum P_i [e_i / P_i >= t], what a request of infinite
/// power would get. A request is feasible if and only if for every level p the energy above p is no more in the request than in R; equally, because R falls: if the k highest steps of the request together need
/// at most the energy of R's first k steps, for every k (Evans, Tindemans and Angeli, arXiv 1710.06302 and 1805.09315; weak majorisation, Hardy, Littlewood and Polya). Sorting costs O(n log n) once, a query
/// O(T log T + T log n). Most time to go (e_i / P_i) first realises every feasible request.
/// </summary>
public sealed class DischargeTrace
{
    private const double Rounding = 1e-9;

    /// <summary>Times to go, rising, in hours.</summary>
    private readonly double[] hoursToGo;

    /// <summary>Energy of the first n, kWh; power of those after the first n, kW.</summary>
    private readonly double[] energyBefore, powerAfter;

    private DischargeTrace(double[] power, double[] energy, double hours)
    {
        Hours = hours;
        var which = Enumerable.Range(0, power.Length).Where(i => power[i] > 0 && energy[i] > 0).ToArray();
        hoursToGo = Array.ConvertAll(which, i => energy[i] / power[i]);
        Array.Sort(hoursToGo, which);
        (energyBefore, powerAfter) = (new double[which.Length + 1], new double[which.Length + 1]);
        for (var n = 0; n < which.Length; n++) energyBefore[n + 1] = energyBefore[n] + energy[which[n]];
        for (var n = which.Length - 1; n >= 0; n--) powerAfter[n] = powerAfter[n + 1] + power[which[n]];
    }

    /// <summary>The window's length; nothing is promised beyond it.</summary>
    public double Hours { get; }

    /// <param name="powerKilowatts">Of each vehicle, at the grid, >= 0.</param>
    /// <param name="energyKilowattHours">That each vehicle can spare, at the grid, >= 0.</param>
    /// <exception cref="ArgumentException">Arrays differ in length, or hold a number below 0.</exception>
    public static DischargeTrace Of(double[] powerKilowatts, double[] energyKilowattHours, double hours)
    {
        if (powerKilowatts.Length != energyKilowattHours.Length) throw new ArgumentException($"{powerKilowatts.Length} powers and {energyKilowattHours.Length} energies.", nameof(energyKilowattHours));
        if (powerKilowatts.Concat(energyKilowattHours).Any(x => !(x >= 0 && double.IsFinite(x)))) throw new ArgumentException("Powers and energies are at least 0.", nameof(powerKilowatts));
        if (!(hours > 0 && double.IsFinite(hours))) throw new ArgumentException($"A window of {hours} h; above 0 was expected.", nameof(hours));
        return new DischargeTrace(powerKilowatts, energyKilowattHours, hours);
    }

    /// <summary>
    /// For steps [first, first + steps), from what the reference has stored then. Conservative: only vehicles that stay through the whole window count, though one that leaves earlier could give before; and only
    /// energy that full power can bring back for floor, reserves and target after the window. Vehicles that must charge within it give nothing, and their charging goes on besides.
    /// </summary>
    /// <exception cref="ArgumentException">The window is not within the problem's steps.</exception>
    public static DischargeTrace Of(ReferencePlan reference, int first, int steps, ForEach? forEach = null)
    {
        var (problem, fleet) = (reference.Problem, reference.Problem.Vehicles);
        if (first < 0 || steps < 1 || first + steps > problem.Steps) throw new ArgumentException($"Steps {first} to {first + steps - 1} are not within the problem's {problem.Steps}.", nameof(steps));
        var (power, energy) = (new double[fleet.Count], new double[fleet.Count]);
        FleetPass.Visit(reference, forEach, _ => stay =>
        {
            var i = stay.Vehicle;
            if (stay.DischargeMax <= 0 || fleet.Arrival[i] > first || fleet.Departure[i] < first + steps) return;
            (power[i], energy[i]) = (stay.DischargeMax, stay.Spare(first - fleet.Arrival[i], steps));
        });
        return new DischargeTrace(power, energy, steps * problem.StepHours);
    }

    /// <summary>R(t): kW that are still there after everybody gave all for this long.</summary>
    public double Kilowatts(double hours) => powerAfter[Emptied(hours)];

    /// <summary>Energy of R until then, kWh: sum min(e_i, P_i t).</summary>
    public double KilowattHours(double hours)
    {
        var n = Emptied(hours);
        return energyBefore[n] + (hours * powerAfter[n]);
    }

    /// <param name="requestKilowatts">Discharge in each step from the window's start, kW, >= 0.</param>
    /// <exception cref="ArgumentException">The request is longer than the window or below 0.</exception>
    public bool IsFeasible(ReadOnlySpan<double> requestKilowatts, double stepHours)
    {
        if (!(stepHours > 0)) throw new ArgumentException($"Steps of {stepHours} h; above 0 was expected.", nameof(stepHours));
        if (requestKilowatts.Length * stepHours > Hours * (1 + Rounding)) throw new ArgumentException($"The request lasts {requestKilowatts.Length * stepHours} h, the window {Hours} h.", nameof(requestKilowatts));
        var falling = requestKilowatts.ToArray();
        Array.Sort(falling);
        Array.Reverse(falling);
        if (falling.Length > 0 && !(falling[^1] >= 0)) throw new ArgumentException("A request is a discharge: at least 0 kW.", nameof(requestKilowatts));
        var sum = 0.0;
        for (var k = 0; k < falling.Length; k++)
        {
            sum += falling[k] * stepHours;
            if (sum > (KilowattHours((k + 1) * stepHours) * (1 + Rounding)) + Rounding) return false;
        }

        return true;
    }

    /// <summary>The largest constant discharge that lasts so long, kW.</summary>
    /// <exception cref="ArgumentException">Not within the window.</exception>
    public double LargestBlock(double hours) =>
        hours > 0 && hours <= Hours * (1 + Rounding) ? KilowattHours(hours) / hours : throw new ArgumentException($"{hours} h; above 0 to {Hours} h was expected.", nameof(hours));

    /// <summary>The largest constant discharge throughout the window that the whole's export limit lets through beside its base load.</summary>
    /// <param name="first">First step of the window in the problem.</param>
    public double LargestBlock(ReferencePlan reference, int first)
    {
        var (problem, room) = (reference.Problem, double.PositiveInfinity);
        for (var t = first; t < first + (int)Math.Round(Hours / problem.StepHours); t++) room = Math.Min(room, problem.ExportMax[t] + reference.Besides[t]);
        return Math.Clamp(LargestBlock(Hours), 0, Math.Max(0, room));
    }

    /// <summary>How long a constant discharge lasts, hours; at most the window.</summary>
    public double LongestHours(double kilowatts)
    {
        if (double.IsNaN(kilowatts)) throw new ArgumentException("A block needs a power.", nameof(kilowatts));
        bool Lasts(double hours) => kilowatts * hours <= (KilowattHours(hours) * (1 + Rounding)) + Rounding;
        if (kilowatts <= 0 || Lasts(Hours)) return Hours;
        var (low, high) = (0, hoursToGo.Length); // mean power of R falls with time: the first ones last
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Lasts(hoursToGo[middle])) low = middle + 1;
            else high = middle;
        }

        return Math.Min(Hours, energyBefore[low] / (kilowatts - powerAfter[low]));
    }

    /// <summary>Vehicles that are empty by then.</summary>
    private int Emptied(double hours)
    {
        var (low, high) = (0, hoursToGo.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (hoursToGo[middle] < hours) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
