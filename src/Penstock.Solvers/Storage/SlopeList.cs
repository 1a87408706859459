namespace Penstock.Solvers.Storage;

/// <summary>A convex piecewise linear function over [Low, High] as ascending slopes with lengths, in the caller's memory.</summary>
internal ref struct SlopeList
{
    private readonly Span<double> slopes;
    private readonly Span<double> lengths;
    private int count;

    internal SlopeList(Span<double> workspace, double low, double high)
    {
        var half = workspace.Length / 2;
        slopes = workspace[..half];
        lengths = workspace[half..];
        (Low, High) = (low, high);
        count = 0;
    }

    internal double Low { get; private set; }

    internal double High { get; private set; }

    internal void Append(double slope, double length)
    {
        if (length <= 0) return;
        slopes[count] = slope;
        lengths[count++] = length;
    }

    /// <summary>The argument up to which the slope is below <paramref name="slope"/>.</summary>
    internal readonly double Where(double slope)
    {
        var at = Low;
        for (var i = 0; i < count && slopes[i] < slope; i++) at += lengths[i];
        return at;
    }

    /// <summary>Infimal convolution with one step's cost: the domain grows by what a step can charge below and by what it can draw above.</summary>
    internal void Convolve(double chargeSlope, double into, double dischargeSlope, double outOf)
    {
        Insert(chargeSlope, into);
        Insert(dischargeSlope, outOf);
        (Low, High) = (Low - into, High + outOf);
    }

    /// <summary>Cuts the domain to what of it lies within [<paramref name="low"/>, <paramref name="high"/>]; the lengths then fill it exactly, so rounding does not add up.</summary>
    internal void Trim(double low, double high)
    {
        CutLeft(low - Low);
        (Low, High) = (Math.Max(low, Low), Math.Min(high, High));
        CutRight();
    }

    /// <summary>The mean of this function, weighted 1 - <paramref name="chance"/>, and of one with a kink at <paramref name="kink"/>, weighted <paramref name="chance"/>.</summary>
    internal void Mix(double chance, double kink, double slopeBelow, double slopeAbove)
    {
        var at = Low;
        for (var i = 0; i < count; i++)
        {
            var end = at + lengths[i];
            if (at < kink && kink < end)
            {
                slopes[i..count].CopyTo(slopes[(i + 1)..]);
                lengths[i..count].CopyTo(lengths[(i + 1)..]);
                count++;
                (lengths[i], lengths[i + 1], end) = (kink - at, end - kink, kink);
            }

            slopes[i] = ((1 - chance) * slopes[i]) + (chance * (end <= kink ? slopeBelow : slopeAbove));
            at = end;
        }
    }

    private void Insert(double slope, double length)
    {
        if (length <= 0) return;
        var at = count;
        while (at > 0 && slopes[at - 1] > slope) at--;
        slopes[at..count].CopyTo(slopes[(at + 1)..]);
        lengths[at..count].CopyTo(lengths[(at + 1)..]);
        slopes[at] = slope;
        lengths[at] = length;
        count++;
    }

    private void CutLeft(double length)
    {
        if (length <= 0) return;
        var first = 0;
        while (first < count && lengths[first] <= length) length -= lengths[first++];
        if (first < count) lengths[first] -= length;
        slopes[first..count].CopyTo(slopes);
        lengths[first..count].CopyTo(lengths);
        count -= first;
    }

    private void CutRight()
    {
        var left = High - Low;
        for (var i = 0; i < count; i++)
        {
            if (lengths[i] >= left)
            {
                lengths[i] = left;
                count = left > 0 ? i + 1 : i;
                return;
            }

            left -= lengths[i];
        }
    }
}
