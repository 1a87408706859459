namespace Penstock.Solvers.Flexibility;

/// <summary>
/// What a fleet can change for a time, from every step. Arrays are [duration][start step], magnitudes in kW at the grid side; a start from which the duration ends after the last step has no entry.
/// Each figure is one call alone: after it the vehicles have moved.
/// </summary>
/// <param name="DurationHours">How long the change lasts; a whole number of steps, rounded up.</param>
/// <param name="Discharge">Less import or more export than the reference (upward regulation in the grid's words). V1G vehicles count with the charging they can put off.</param>
/// <param name="Charge">More import or less export than the reference (downward regulation).</param>
/// <param name="Block">Discharge that vehicles which stay through the duration guarantee, whatever the reference does in it: the constant block of <see cref="DischargeTrace"/>.</param>
public sealed record FlexibilityTable(IReadOnlyList<double> DurationHours, double[][] Discharge, double[][] Charge, double[][] Block)
{
    /// <summary>A quarter-hour, one, two and four hours.</summary>
    public static IReadOnlyList<double> UsualHours { get; } = [0.25, 1, 2, 4];

    /// <summary>Durations of one table at most.</summary>
    public const int DurationsMax = 16;

    /// <summary>Net kW of the vehicles in each step if nobody calls; what limits leave is measured against it.</summary>
    public double[] Net { get; init; } = [];

    /// <summary>Of two groups of vehicles over the same steps and durations.</summary>
    public static FlexibilityTable operator +(FlexibilityTable a, FlexibilityTable b) => new(a.DurationHours, Add(a.Discharge, b.Discharge), Add(a.Charge, b.Charge), Add(a.Block, b.Block)) { Net = Add([a.Net], [b.Net])[0] };

    /// <summary>What a limit that all of them hang on leaves, throughout each duration.</summary>
    /// <param name="besides">kW that flow through it beside the vehicles, per step.</param>
    /// <param name="exportMax">Magnitude.</param>
    public FlexibilityTable Within(ReadOnlySpan<double> besides, ReadOnlySpan<double> importMax, ReadOnlySpan<double> exportMax, double stepHours)
    {
        var (give, take, alone) = (new double[Net.Length], new double[Net.Length], new double[Net.Length]);
        for (var t = 0; t < Net.Length; t++) (give[t], take[t], alone[t]) = (exportMax[t] + besides[t] + Net[t], importMax[t] - besides[t] - Net[t], exportMax[t] + besides[t]);
        return new FlexibilityTable(DurationHours, Cut(Discharge, give), Cut(Charge, take), Cut(Block, alone)) { Net = Net };

        double[][] Cut(double[][] table, double[] room) => [.. table.Select((row, k) => row.Select((kw, t) => Math.Max(0, Math.Min(kw, Least(room, t, Steps(DurationHours[k], stepHours))))).ToArray())];
    }

    private static double Least(double[] values, int from, int count)
    {
        var least = double.PositiveInfinity;
        for (var t = from; t < from + count; t++) least = Math.Min(least, values[t]);
        return least;
    }

    /// <summary>Steps of a duration, rounded up.</summary>
    internal static int Steps(double hours, double stepHours) => Math.Max(1, (int)Math.Ceiling((hours / stepHours) - 1e-9));

    private static double[][] Add(double[][] a, double[][] b) => [.. a.Zip(b, (x, y) => x.Zip(y, (p, q) => p + q).ToArray())];
}
