namespace Penstock.Core.Dispatching;

/// <summary>
/// Where a vehicle stands in the order of dispatch, 12 bits. Power rises from low keys to high ones: a low key charges first and stops discharging first, a high key discharges first and charges last.
/// <code>
///  11       6 5      3 2      0
/// | time     | called | plan   |
/// </code>
/// time: for charging the laxity, for discharging how long it can go on, in quarter-hours up to 16 h, least first. called: kWh already called of those offered this month, most first, in eighths.
/// plan: stored energy against the plan, furthest behind first, in tenths of the capacity, 0 in the middle of the fifth. A higher field decides before a lower one.
/// </summary>
/// <remarks>
/// Laxity: time to the departure minus time to charge to the target. Most time to go first is feasibility-maximal for discharge windows (Evans, Tindemans, Angeli, arXiv 1710.06302); least laxity first has
/// no such optimality under a cap. Eighths and tenths are coarse on purpose: equals share in proportion.
/// </remarks>
public readonly record struct DispatchKey
{
    private const int TimeClasses = 64;
    private const int FineClasses = 8;

    /// <summary>Hours of a class of time: laxity of idle vehicles falls, so a vehicle changes class, and perhaps full against empty, no more than once in it.</summary>
    public const double ClassHours = 0.25;

    /// <summary>Part of the capacity that a class of plan deviation spans.</summary>
    public const double DeviationStep = 0.1;

    /// <summary>A vehicle leaves its class only when it is this part of a class beyond the edge: noise of a state of charge changes no order.</summary>
    public const double Hysteresis = 0.25;

    /// <summary>Nothing is scarce for it: it can wait, or go on, to the end of what is asked. All such vehicles are equal and share in proportion.</summary>
    public static DispatchKey Unhurried => new((TimeClasses * FineClasses * FineClasses) - 1);

    /// <summary>Nobody knows how long it can wait: it charges after those that are known to be pressed and before those that are known to have time.</summary>
    public static DispatchKey Unknown => new(TimeClasses / 2 * FineClasses * FineClasses);

    private DispatchKey(int value) => Value = (ushort)value;

    /// <summary>0 to 4,095.</summary>
    public ushort Value { get; }

    /// <param name="hours">Laxity or time to go; infinite when there is no departure.</param>
    /// <param name="calledShare">kWh called / offered this month, 0 to 1; null = unknown, the middle.</param>
    /// <param name="planDeviation">(Stored - planned) / capacity; null = no plan, the middle.</param>
    /// <param name="before">The key of the tick before, for the hysteresis; null = none.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is not a number.</exception>
    public static DispatchKey Of(double hours, double? calledShare, double? planDeviation, DispatchKey? before = null)
    {
        var time = Class(hours / ClassHours, TimeClasses, before?.Value >> 6, nameof(hours));
        var called = Class(calledShare is { } share ? (1 - share) * FineClasses : FineClasses / 2, FineClasses, (before?.Value >> 3) & (FineClasses - 1), nameof(calledShare));
        var plan = Class(((planDeviation ?? 0) / DeviationStep) + (FineClasses / 2) + 0.5, FineClasses, before?.Value & (FineClasses - 1), nameof(planDeviation));
        return new DispatchKey((time << 6) | (called << 3) | plan);
    }

    private static int Class(double at, int classes, int? before, string name)
    {
        if (double.IsNaN(at)) throw new ArgumentOutOfRangeException(name, at, "A key needs numbers; unknown is null.");
        if (before is { } last && at >= last - Hysteresis && at < last + 1 + Hysteresis) return last;
        return (int)Math.Clamp(Math.Floor(at), 0, classes - 1);
    }
}
