using System.Collections.Immutable;
using NodaTime;

namespace Penstock.Core.Der;

/// <summary>A control on a timeline.</summary>
/// <param name="SetAt">When it was set.</param>
/// <param name="SupersededAt">From when on it does not count; null = it counts. A superseded control never comes back, and stays listed until its end.</param>
/// <param name="SupersededBy">The control that it gave way to.</param>
public sealed record DerEntry(DerControl Control, Instant SetAt, Instant? SupersededAt = null, string? SupersededBy = null)
{
    public bool IsSuperseded => SupersededAt is not null;

    /// <summary>When it begins to hold: not before it was set.</summary>
    internal Instant From => Control.Start is { } start ? Instant.Max(start, SetAt) : SetAt;

    internal bool IsOver(Instant now) => Control.End <= now;

    public bool Runs(Instant now) => !IsSuperseded && From <= now && !IsOver(now);

    internal bool Meets(DerEntry other) => Instant.Max(From, other.From) < (Control.End is { } a && other.Control.End is { } b ? Instant.Min(a, b) : Control.End ?? other.Control.End ?? Instant.MaxValue);
}

/// <summary>
/// What a DER holds at any time, from defaults and scheduled controls (OCPP 2.1 block R, IEEE 2030.5). Per type, controls that overlap in time supersede each other: the lower
/// priority at once when it has not started, a running one only when the new one starts; defaults at once. Immutable; time moves by <see cref="At"/>, never back.
/// </summary>
public sealed record DerTimeline(ImmutableArray<DerEntry> Entries, Instant Now)
{
    public static DerTimeline Empty { get; } = new([], Instant.MinValue);

    /// <summary>The timeline that these controls make, set in this order.</summary>
    public static DerTimeline Of(IEnumerable<(DerControl Control, Instant SetAt)> set) => set.Aggregate(Empty, (line, one) => line.Set(one.Control, Instant.Max(one.SetAt, line.Now)).Line);

    /// <summary>The same timeline later: what started has superseded what it had to, and what is over is gone.</summary>
    public DerTimeline At(Instant now)
    {
        if (now <= Now) return this;
        var entries = Entries;
        foreach (var starting in Entries.Where(e => !e.IsSuperseded && e.From > Now && e.From <= now).OrderBy(e => e.From))
        {
            if (entries.First(e => e.Control.Id == starting.Control.Id).IsSuperseded) continue;
            entries = Started(entries, starting);
        }

        return new DerTimeline([.. entries.Where(e => !e.IsOver(now))], now);
    }

    /// <summary>Sets a control; one with the same id is replaced.</summary>
    /// <returns>The timeline and the ids that are superseded at once.</returns>
    public (DerTimeline Line, ImmutableArray<string> Superseded) Set(DerControl control, Instant now)
    {
        var line = At(now).Without(control.Id);
        var mine = new DerEntry(control, now);
        var rivals = line.Entries.Where(e => !e.IsSuperseded && e.Control.Type == control.Type && e.Control.IsDefault == control.IsDefault && e.Meets(mine)).ToList();
        var runs = mine.From <= now;
        foreach (var rival in rivals.Where(r => mine.Control.GivesWayTo(r.Control, otherIsNewer: false)))
        {
            if (runs && !rival.Runs(now)) continue; // it runs until the stronger one starts
            mine = mine with { SupersededAt = now, SupersededBy = rival.Control.Id };
            break;
        }

        var entries = line.Entries;
        var superseded = ImmutableArray.CreateBuilder<string>();
        foreach (var rival in rivals.Where(r => !mine.IsSuperseded && r.Control.GivesWayTo(control, otherIsNewer: true) && (runs || !r.Runs(now))))
        {
            entries = entries.Replace(rival, rival with { SupersededAt = now, SupersededBy = control.Id });
            superseded.Add(rival.Control.Id);
        }

        return (new DerTimeline(mine.IsOver(now) ? entries : entries.Add(mine), now), superseded.ToImmutable());
    }

    /// <summary>Takes a control away; what it superseded stays superseded.</summary>
    public DerTimeline Without(string id) => this with { Entries = [.. Entries.Where(e => e.Control.Id != id)] };

    /// <summary>The control of a type that holds now: the scheduled one that runs, else the default; null where there is neither.</summary>
    public DerControl? InForce(DerControlType type) => Entries.Where(e => e.Control.Type == type && e.Runs(Now)).OrderBy(e => e.Control.IsDefault).Select(e => e.Control).FirstOrDefault();

    /// <summary>All controls that hold now, at most one per type, in the order of the types: what is over or waits changes nothing in it.</summary>
    public IEnumerable<DerControl> InForceAll() => Entries.Select(e => e.Control.Type).Distinct().Order().Select(InForce).OfType<DerControl>();

    /// <summary>The next moment at which something starts or ends; null when nothing will.</summary>
    public Instant? NextChange() => Entries.Where(e => !e.IsSuperseded).SelectMany(e => new[] { e.From, e.Control.End }).OfType<Instant>().Where(t => t > Now).Select(t => (Instant?)t).Min();

    private static ImmutableArray<DerEntry> Started(ImmutableArray<DerEntry> entries, DerEntry starting) => [.. entries.Select(e =>
        e.Control.Type == starting.Control.Type && e.Control.IsDefault == starting.Control.IsDefault && e.Control.Id != starting.Control.Id && e.Runs(starting.From)
            ? e with { SupersededAt = starting.From, SupersededBy = starting.Control.Id }
            : e)];
}
