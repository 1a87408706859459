using System.Collections.Immutable;
using NodaTime;

namespace Penstock.Core.Metering;

/// <summary>
/// How far a device's clock is ahead of ours (negative = behind), from times that live messages carry. A median over a bounded window: messages told late and single wrong
/// times do not move it. One observation per <see cref="Spacing"/> counts, so that a queue emptied at once after a lost link is one voice, and a run that agrees with itself
/// and not with the rest is a clock that was set.
/// </summary>
/// <param name="Window">Differences device minus receipt, oldest first, at most <see cref="WindowMax"/>.</param>
public sealed record ClockSkew(ImmutableList<Duration> Window, Instant? LastAt)
{
    public const int WindowMax = 31;

    /// <summary>Observations before anything is corrected.</summary>
    public const int KnownFrom = 5;

    /// <summary>That many observations in a row which agree with each other are believed against all older ones.</summary>
    public const int StepRun = 3;

    public static readonly Duration Spacing = Duration.FromSeconds(30);

    /// <summary>Observations agree within this.</summary>
    public static readonly Duration Agreement = Duration.FromSeconds(10);

    /// <summary>A smaller skew is the link's delay; it is not corrected. The applied skew moves in steps above it, so that a message told twice has one time.</summary>
    public static readonly Duration CorrectedFrom = Duration.FromSeconds(5);

    /// <summary>Larger skews are no wrong time zone or drift but a clock that was never set; they are not corrected.</summary>
    public static readonly Duration CorrectedTo = Duration.FromHours(26);

    public static ClockSkew Unknown { get; } = new([], null);

    /// <summary>A skew that was stable before: as good as <see cref="KnownFrom"/> observations of it, so a clock that was set since then is believed after <see cref="StepRun"/>.</summary>
    public static ClockSkew Resumed(Duration ahead)
    {
        var known = new ClockSkew([.. Enumerable.Repeat(ahead, KnownFrom)], null);
        return known with { Applied = known.Correction() };
    }

    /// <summary>The median difference; null before the first observation.</summary>
    public Duration? Estimate => Window.IsEmpty ? null : MedianOf(Window);

    /// <summary>True when enough observations agree with their median.</summary>
    public bool IsStable => Window.Count >= KnownFrom && MedianOf([.. Window.Select(d => Abs(d - MedianOf(Window)))]) <= Agreement;

    /// <summary>What to subtract from a device time: zero while the skew is unknown, unstable or small.</summary>
    public Duration Applied { get; private init; } = Duration.Zero;

    /// <param name="device">The time that a message told as its own.</param>
    public ClockSkew Observe(Instant device, Instant received)
    {
        if (LastAt is { } last && received - last < Spacing) return this;
        var window = Window.Add(device - received);
        if (window.Count > WindowMax) window = window.RemoveAt(0);
        var run = window.Count > StepRun ? window.GetRange(window.Count - StepRun, StepRun) : [];
        if (run.Count > 0 && run.All(d => Abs(d - run[0]) <= Agreement) && Abs(MedianOf(run) - MedianOf(window)) > Agreement * 3) window = run;
        var next = this with { Window = window, LastAt = received };
        return next with { Applied = next.Correction() };
    }

    private Duration Correction()
    {
        if (!IsStable) return Window.Count < KnownFrom ? Duration.Zero : Applied;
        var estimate = MedianOf(Window);
        if (Abs(estimate) < CorrectedFrom || Abs(estimate) > CorrectedTo) return Duration.Zero;
        return Abs(estimate - Applied) <= CorrectedFrom ? Applied : Duration.FromSeconds((long)Math.Round(estimate.TotalSeconds));
    }

    private static Duration MedianOf(ImmutableList<Duration> all) => all.Order().ElementAt(all.Count / 2);

    private static Duration Abs(Duration d) => d < Duration.Zero ? -d : d;
}
