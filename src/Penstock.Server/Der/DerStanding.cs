using System.Collections.Immutable;
using System.Text.Json;
using NodaTime;
using Penstock.Core.Der;
using Penstock.Ocpp.V21;

namespace Penstock.Server.Der;

/// <summary>A control of a station, and how far it has come. Kept in the station's book under its id.</summary>
/// <param name="Wire">SetDERControl as it goes out.</param>
/// <param name="Order">Controls count in this order.</param>
public sealed record DerStanding(string Wire, Instant SetAt, long Order)
{
    /// <summary>Nobody gave it here: the station told that it has it. It binds, is never set again, and goes when the station no longer tells of it.</summary>
    public bool Foreign { get; init; }

    /// <summary>The operator took it back; it is here until the station has cleared it.</summary>
    public bool Withdrawn { get; init; }

    public Instant? SentAt { get; init; }

    /// <summary>Accepted, Rejected, NotSupported; null = not asked, or no answer came.</summary>
    public string? Answer { get; init; }

    public string? Reason { get; init; }

    /// <summary>Whether the station reported it as it was set; null = not reported yet.</summary>
    public bool? Verified { get; init; }

    public string? Difference { get; init; }

    public Instant? VerifiedAt { get; init; }

    /// <summary>What the station told of its start and end.</summary>
    public Instant? StartedAt { get; init; }

    public Instant? EndedAt { get; init; }

    /// <summary>When the station said that it gave way.</summary>
    public Instant? SupersededAt { get; init; }

    internal SetDERControlRequest Request => JsonSerializer.Deserialize(Wire, SetDERControlRequest.TypeInfo) ?? throw new JsonException("The stored control is null.");

    internal DerControl Control => DerTranslation.Read(Request).Control ?? throw new JsonException($"The stored control is no control: {Wire}");

    internal bool Stands => Answer == nameof(DERControlStatus.Accepted) && !Withdrawn;
}

/// <summary>What has to be said to a station next.</summary>
public enum DerStep
{
    Set, Clear, Verify,
}

/// <summary>From what an operator wants and what a station has: which message is next. Pure.</summary>
public static class DerSync
{
    /// <summary>The timeline of the controls that are not withdrawn, as of <paramref name="now"/>.</summary>
    public static DerTimeline Line(IEnumerable<DerStanding> all, Instant now) =>
        DerTimeline.Of(all.Where(s => !s.Withdrawn).OrderBy(s => s.Order).Select(s => (s.Control, s.SetAt))).At(now);

    /// <summary>What the dispatcher counts with: all that the station has not refused, told yet or not, and a withdrawn one until the station has cleared it.</summary>
    public static DerTimeline Held(IEnumerable<DerStanding> all) =>
        DerTimeline.Of(all.Where(s => s.Answer is null or nameof(DERControlStatus.Accepted)).OrderBy(s => s.Order).Select(s => (s.Control, s.SetAt)));

    /// <summary>Withdrawn ones are cleared first, then the winners are set and verified. A control that gives way is not sent. Null = nothing to say.</summary>
    public static (DerStep Step, DerStanding Standing)? Next(IReadOnlyList<DerStanding> all, Instant now)
    {
        if (all.FirstOrDefault(s => s.Withdrawn && s.Reason is null) is { } gone) return (DerStep.Clear, gone);
        var wanted = Wanted(all, now);
        if (all.OrderBy(s => s.Order).FirstOrDefault(s => s is { Withdrawn: false, Answer: null } && wanted.Contains(s.Control.Id)) is { } unsaid) return (DerStep.Set, unsaid);
        if (all.FirstOrDefault(s => s.Stands && s.VerifiedAt is null && wanted.Contains(s.Control.Id)) is { } unseen) return (DerStep.Verify, unseen);
        return null;
    }

    /// <summary>Ids that hold or will hold.</summary>
    public static ImmutableHashSet<string> Wanted(IReadOnlyList<DerStanding> all, Instant now) => [.. Line(all, now).Entries.Where(e => !e.IsSuperseded).Select(e => e.Control.Id)];

    /// <summary>What a report says of a control: as it was set, or what differs. Starts are compared to the second: stations keep no more.</summary>
    public static DerStanding Compared(DerStanding mine, ReportedControl? reported, Instant now)
    {
        var difference = reported is null ? "the station does not have it" : Differences(mine.Control, reported.Control);
        return mine with
        {
            Verified = difference is null, Difference = difference, VerifiedAt = now,
            SupersededAt = reported is { IsSuperseded: true } ? mine.SupersededAt ?? now : mine.SupersededAt,
        };
    }

    private static string? Differences(DerControl mine, DerControl theirs)
    {
        var parts = new List<string>();
        if (mine.Type != theirs.Type) parts.Add($"controlType {theirs.Type}");
        if (mine.IsDefault != theirs.IsDefault) parts.Add($"isDefault {theirs.IsDefault}");
        if (mine.Priority != theirs.Priority) parts.Add($"priority {theirs.Priority}");
        if (mine.Start?.ToUnixTimeSeconds() != theirs.Start?.ToUnixTimeSeconds()) parts.Add($"startTime {theirs.Start}");
        if (mine.Duration != theirs.Duration) parts.Add($"duration {theirs.Duration?.TotalSeconds} s");
        if (mine.Setting != theirs.Setting) parts.Add("its values");
        return parts.Count == 0 ? null : "the station has other " + string.Join(", ", parts);
    }
}
