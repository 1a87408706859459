namespace Penstock.Solvers.Storage;

/// <summary>A convex piecewise linear function over [low, high] as ascending slopes with lengths, in the caller's memory.</summary>
internal ref struct SlopeList
{
    private readonly Span<double> slopes;
    private readonly Span<double> lengths;
    private readonly double width;
    private int count;

    internal SlopeList(Span<double> workspace, double low, double high)
    {
        var half = workspace.Length / 2;
        slopes = workspace[..half];
        lengths = workspace[half..];
        width = high - low;
        count = 0;
    }

    internal void Append(double slope, double length)
    {
        if (length <= 0) return;
        slopes[count] = slope;
        lengths[count++] = length;
    }

    /// <summary>Total length of the segments whose slope is below <paramref name="slope"/>.</summary>
    internal readonly double LengthBelow(double slope)
    {
        var length = 0.0;
        for (var i = 0; i < count && slopes[i] < slope; i++) length += lengths[i];
        return length;
    }

    /// <summary>Infimal convolution with one step's cost, then cut back to the domain: <paramref name="into"/> off the left, <paramref name="outOf"/> off the right.</summary>
    internal void Convolve(double chargeSlope, double into, double dischargeSlope, double outOf)
    {
        Insert(chargeSlope, into);
        Insert(dischargeSlope, outOf);
        CutLeft(into);
        CutRight();
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
        var first = 0;
        while (first < count && lengths[first] <= length) length -= lengths[first++];
        if (first < count) lengths[first] -= length;
        slopes[first..count].CopyTo(slopes);
        lengths[first..count].CopyTo(lengths);
        count -= first;
    }

    /// <summary>Cuts to the width of the domain, which keeps rounding from adding up.</summary>
    private void CutRight()
    {
        var left = width;
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
