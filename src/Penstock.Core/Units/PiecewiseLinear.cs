namespace Penstock.Core.Units;

/// <summary>A curve of points with ascending x: straight lines between them, level beyond the ends.</summary>
public static class PiecewiseLinear
{
    /// <returns>0 for a curve without points.</returns>
    public static double At(ReadOnlySpan<(double X, double Y)> curve, double x)
    {
        if (curve.IsEmpty) return 0;
        if (x <= curve[0].X) return curve[0].Y;
        for (var i = 1; i < curve.Length; i++)
        {
            if (x > curve[i].X) continue;
            var (from, to) = (curve[i - 1], curve[i]);
            return to.X <= from.X ? to.Y : from.Y + ((to.Y - from.Y) * (x - from.X) / (to.X - from.X));
        }

        return curve[^1].Y;
    }
}
