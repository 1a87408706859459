namespace Penstock.Cli.PlanVerify;

/// <summary>
/// What a vehicle cannot cost less than against a price per kWh, as the value of its first energy: V(low) and the ascending slopes of V are carried back from the departure. Charging and discharging at once is
/// allowed here, which only lowers the bound. One instance per thread.
/// </summary>
internal sealed class LeastCost(GivenProblem problem)
{
    private readonly List<(double Slope, double Length)> pieces = [];
    private readonly List<(double Slope, double Length)> merged = [];
    private readonly double[] price = new double[problem.Steps];
    private double low;
    private double atLow;

    /// <summary>The least over all choices of taking part in events.</summary>
    internal double Of(GivenVehicle v, ReadOnlySpan<double> prices)
    {
        var least = double.PositiveInfinity;
        var events = v.DischargeMax > 0 ? problem.Events.Length : 0;
        for (var choice = 0; choice < 1 << events; choice++)
        {
            prices.CopyTo(price);
            for (var e = 0; e < events; e++)
            {
                if ((choice >> e & 1) == 0) continue;
                for (var t = problem.Events[e].First; t <= problem.Events[e].Last; t++) price[t] += problem.Events[e].Subsidy;
            }

            least = Math.Min(least, AgainstPrice(v));
        }

        return least;
    }

    private double AgainstPrice(GivenVehicle v)
    {
        var (into, outOf, high) = (v.ChargeMax * problem.Hours * v.In, v.DischargeMax * problem.Hours / v.Out, Math.Max(v.High, v.Start));
        var n = v.End - v.First;
        double Floor(int t) => Math.Min(high, Math.Min(v.Floor[t], v.Start + ((t + 1) * into))); // what can be reached
        Begin(v, Floor(n - 1), high);
        for (var t = n - 1; t >= 0; t--)
        {
            if (t < n - 1 && v.Leave > 0) Blend(v);
            var p = price[v.First + t];
            Merge((-p / v.In, into), (v.Wear - ((p - problem.Fee[v.First + t]) * v.Out), outOf));
            atLow += p * into / v.In; // from `into` below the lowest energy only full charging leads on
            low -= into;
            if (t > 0) Cut(Floor(t - 1), high);
        }

        return At(v.Start);
    }

    private void Begin(GivenVehicle v, double least, double most)
    {
        pieces.Clear();
        (low, atLow) = (least, v.After(least));
        var target = Math.Clamp(v.Target, least, most);
        if (target > least) pieces.Add((-v.Penalty, target - least));
        if (most > target) pieces.Add((-v.Salvage, most - target));
    }

    /// <summary>With the chance to leave after this step the value is a mean of going on and of the value at departure.</summary>
    private void Blend(GivenVehicle v)
    {
        merged.Clear();
        var at = low;
        foreach (var (slope, length) in pieces)
        {
            var below = Math.Clamp(v.Target - at, 0, length);
            if (below > 0) merged.Add((((1 - v.Leave) * slope) - (v.Leave * v.Penalty), below));
            if (length > below) merged.Add((((1 - v.Leave) * slope) - (v.Leave * v.Salvage), length - below));
            at += length;
        }

        atLow = ((1 - v.Leave) * atLow) + (v.Leave * v.After(low));
        Take();
    }

    private void Merge((double Slope, double Length) one, (double Slope, double Length) other)
    {
        if (one.Slope > other.Slope) (one, other) = (other, one);
        merged.Clear();
        var (first, second) = (one.Length > 0, other.Length > 0);
        foreach (var piece in pieces)
        {
            if (first && one.Slope <= piece.Slope) (first, _) = (false, Put(one));
            if (second && other.Slope <= piece.Slope) (second, _) = (false, Put(other));
            merged.Add(piece);
        }

        if (first) Put(one);
        if (second) Put(other);
        Take();

        bool Put((double Slope, double Length) piece)
        {
            merged.Add(piece);
            return true;
        }
    }

    private void Cut(double least, double most)
    {
        merged.Clear();
        var at = low;
        var from = Math.Max(least, low);
        foreach (var (slope, length) in pieces)
        {
            var (begin, end) = (Math.Max(at, from), Math.Min(at + length, most));
            if (at < from) atLow += slope * (Math.Min(at + length, from) - at);
            if (end > begin) merged.Add((slope, end - begin));
            at += length;
        }

        low = from;
        Take();
    }

    private double At(double energy)
    {
        var (value, at) = (atLow, low);
        foreach (var (slope, length) in pieces)
        {
            var part = Math.Clamp(energy - at, 0, length);
            value += slope * part;
            at += length;
        }

        return value;
    }

    private void Take()
    {
        pieces.Clear();
        pieces.AddRange(merged);
    }
}
