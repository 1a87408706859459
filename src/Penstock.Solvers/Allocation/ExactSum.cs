namespace Penstock.Solvers.Allocation;

/// <summary>Splits a target over participants with bounds so that the sum is exact: bins over a key, one marginal bin shared proportionally.</summary>
public static class ExactSum
{
    public const int Bins = 4096;

    /// <summary>
    /// Fills participants from their lower bound towards the upper one in ascending order of <paramref name="key"/> (0 to 1): bins below the marginal one are
    /// full, the marginal bin is proportional. O(n + bins), deterministic, monotone in the target.
    /// </summary>
    /// <param name="lowerW">Least power of each, negative = discharge.</param>
    /// <param name="upperW">Largest power of each, at least the lower one.</param>
    /// <param name="setpointW">Result; its sum is the target where that lies within the summed bounds, else the nearer summed bound.</param>
    /// <returns>Target minus sum: 0 inside the bounds.</returns>
    public static double Share(ReadOnlySpan<double> lowerW, ReadOnlySpan<double> upperW, ReadOnlySpan<double> key, double targetW, Span<double> setpointW)
    {
        Span<double> room = stackalloc double[Bins];
        room.Clear();
        var sum = 0.0;
        for (var i = 0; i < lowerW.Length; i++)
        {
            sum += lowerW[i];
            room[Bin(key[i])] += upperW[i] - lowerW[i];
        }

        var open = targetW - sum;
        var marginal = 0;
        while (marginal < Bins && room[marginal] <= open) open -= room[marginal++];
        var part = marginal < Bins && open > 0 ? open / room[marginal] : 0;
        var given = 0.0;
        for (var i = 0; i < lowerW.Length; i++)
        {
            var bin = Bin(key[i]);
            setpointW[i] = bin < marginal ? upperW[i] : bin == marginal ? lowerW[i] + (part * (upperW[i] - lowerW[i])) : lowerW[i];
            given += setpointW[i];
        }

        return Math.Abs(targetW - given) <= 1e-6 * Math.Max(1, Math.Abs(targetW)) ? 0 : targetW - given;
    }

    private static int Bin(double key) => Math.Clamp((int)(key * Bins), 0, Bins - 1);
}
