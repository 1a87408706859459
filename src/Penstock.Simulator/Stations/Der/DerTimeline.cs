using Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Der;

/// <summary>One DER control as it was set, with the parts that order it.</summary>
/// <param name="Start">Null exactly when it is a default.</param>
/// <param name="Superseded">Stays listed, has no effect.</param>
internal sealed record DerControl(SetDERControlRequest Set, int Priority, DateTimeOffset? Start, double DurationSeconds, bool Superseded, bool Running)
{
    internal string Id => Set.ControlId;

    internal DERControl Type => Set.ControlType;

    internal DateTimeOffset End => Start is { } start ? start.AddSeconds(DurationSeconds) : DateTimeOffset.MaxValue;

    internal bool Covers(DateTimeOffset now) => Start is null || (Start <= now && now < End);
}

/// <summary>A control that began or ended.</summary>
internal sealed record DerTurn(string ControlId, bool Started, IReadOnlyList<string> SupersededIds);

/// <summary>
/// Which DER control acts when (OCPP 2.1 R): of one type the scheduled one that runs, else the default; priority 0 is the highest, of equals the newer. One that has not started is superseded at once by a
/// higher one that overlaps it, a running one when the new one starts. Pure: a list in, a list out.
/// </summary>
internal static class DerTimeline
{
    /// <returns>The list with the new control, and whom it superseded at once.</returns>
    internal static (IReadOnlyList<DerControl> Controls, IReadOnlyList<string> Superseded) Set(IReadOnlyList<DerControl> controls, DerControl added, DateTimeOffset now)
    {
        var rivals = controls.Where(c => c.Id != added.Id && c.Type == added.Type && !c.Superseded && (c.Start is null) == (added.Start is null) && Overlap(c, added)).ToList();
        var beaten = rivals.Where(c => added.Priority <= c.Priority && !(c.Start <= now)).Select(c => c.Id).ToList();
        var self = added with { Superseded = rivals.Exists(c => c.Priority < added.Priority) };
        return ([.. controls.Where(c => c.Id != added.Id).Select(c => beaten.Contains(c.Id) ? c with { Superseded = true } : c), self], beaten);
    }

    /// <summary>Moves on to <paramref name="now"/>: what began, what ended, whom a beginning one superseded. Controls that ended go.</summary>
    internal static (IReadOnlyList<DerControl> Controls, IReadOnlyList<DerTurn> Turns) At(IReadOnlyList<DerControl> controls, DateTimeOffset now)
    {
        var (list, turns) = (controls.ToList(), new List<DerTurn>());
        foreach (var one in controls.Where(c => c.Start is not null && !c.Superseded && !c.Running && c.Covers(now)).OrderByDescending(c => c.Priority))
        {
            var beaten = list.Where(c => c.Id != one.Id && c.Type == one.Type && c.Start is not null && c.Running && !c.Superseded && c.Priority >= one.Priority).Select(c => c.Id).ToList();
            list = [.. list.Select(c => c.Id == one.Id ? c with { Running = true } : beaten.Contains(c.Id) ? c with { Superseded = true, Running = false } : c)];
            turns.Add(new DerTurn(one.Id, true, beaten));
        }

        turns.AddRange(list.Where(c => c.Running && now >= c.End).Select(c => new DerTurn(c.Id, false, [])));
        list.RemoveAll(c => c.Start is not null && now >= c.End);
        return (list, turns);
    }

    /// <summary>The control of a type that acts; null = none.</summary>
    internal static SetDERControlRequest? Acting(IReadOnlyList<DerControl> controls, DERControl type, DateTimeOffset now)
    {
        DerControl? best = null;
        foreach (var one in controls)
        {
            if (one.Type != type || one.Superseded || !one.Covers(now)) continue;
            if (best is null || (best.Start is null, best.Priority).CompareTo((one.Start is null, one.Priority)) >= 0) best = one;
        }

        return best?.Set;
    }

    private static bool Overlap(DerControl one, DerControl other) => one.Start is null || (one.Start < other.End && other.Start < one.End);
}
