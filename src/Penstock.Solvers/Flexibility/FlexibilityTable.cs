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
}
