using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Units;

namespace Penstock.Core.Sites;

/// <summary>What is tried with a station that does not do what it accepted.</summary>
public enum Remedy
{
    /// <summary>The setpoint once more.</summary>
    Resend,

    /// <summary>The setpoint as the transaction's profile and as the default, for the rest of the session: stations ignore the one or the other.</summary>
    OtherPurpose,

    /// <summary>A limit on the whole station (ChargingStationMaxProfile, ChargePointMaxProfile) at what its EVSEs are asked to charge; it lapses by itself.</summary>
    StationMaximum,

    /// <summary>The transaction is ended: only where staying in it does harm.</summary>
    RemoteStop,
}

public sealed record RemedyTried(Remedy Remedy, Instant At);

/// <summary>A deviation that lasts and what was tried against it. One measurement that obeys ends it.</summary>
/// <param name="Since">Time of the first measurement that showed it.</param>
public sealed record Escalation(Deviation Deviation, Instant Since, ImmutableArray<RemedyTried> Tried)
{
    /// <summary>Between two remedies against what only costs the platform.</summary>
    public static readonly Duration Patience = Duration.FromSeconds(60);

    /// <summary>Between two remedies against what costs the owner or endangers a limit.</summary>
    public static readonly Duration HarmPatience = Duration.FromSeconds(30);

    /// <summary>The last remedy of a ladder again after this; a station maximum lapses in twice the time.</summary>
    public static readonly Duration RepeatAfter = Duration.FromMinutes(5);

    /// <summary>Remedies tried in one escalation; then a person is needed.</summary>
    public const int TriedMax = 12;

    private static readonly Remedy[] Lasting = [Remedy.StationMaximum, Remedy.RemoteStop];

    /// <summary>True while staying in the transaction does harm. Mere under-delivery never does.</summary>
    public static bool Harms(Deviation deviation) => deviation >= Deviation.DischargesAgainstOrder;

    /// <summary>What may be tried, in this order.</summary>
    public static ImmutableArray<Remedy> Ladder(Deviation deviation) => deviation switch
    {
        Deviation.Refuses => [Remedy.OtherPurpose], // a refused setpoint is said again at every tick anyway
        Deviation.UnderDelivers => [Remedy.Resend, Remedy.OtherPurpose],
        Deviation.ChargesTooMuch => [Remedy.Resend, Remedy.OtherPurpose, Remedy.StationMaximum],
        Deviation.DischargesAgainstOrder or Deviation.BelowFloor => [Remedy.Resend, Remedy.OtherPurpose, Remedy.RemoteStop],
        Deviation.BeyondLimit => [Remedy.Resend, Remedy.OtherPurpose, Remedy.StationMaximum, Remedy.RemoteStop],
        _ => [],
    };

    /// <summary>The escalation after a measurement; what was tried stays tried when a deviation becomes another.</summary>
    public static Escalation? After(Escalation? before, Deviation seen, Instant at, Duration lag = default) => (before, seen) switch
    {
        (_, Deviation.None) => null,
        (null, _) => new Escalation(seen, at, []) { Lag = lag },
        _ => before with { Deviation = seen },
    };

    /// <summary>What the station's own ramp (DER gradients) may take beyond all patience.</summary>
    public Duration Lag { get; init; }

    internal Escalation With(Remedy remedy, Instant at) => Tried.Length < TriedMax ? this with { Tried = Tried.Add(new RemedyTried(remedy, at)) } : this;

    /// <summary>The remedy to try now; null = wait, or nothing is left.</summary>
    /// <param name="counted">The deviation to count on: the own one, or worse where a node above is over its limit.</param>
    internal Remedy? Due(Deviation counted, Instant now)
    {
        if (Tried.Length >= TriedMax) return null;
        var lag = counted is Deviation.BelowFloor or Deviation.BeyondLimit ? Duration.Zero : Lag; // no ramp outranks the owner's floor
        var (ladder, last) = (Ladder(counted), Tried.IsEmpty ? Since + lag : Tried[^1].At);
        var next = ladder.Select(r => (Remedy?)r).FirstOrDefault(r => Tried.All(t => t.Remedy != r));
        if (next is not null) return now - last >= (Harms(counted) ? HarmPatience : Patience) ? next : null;
        return ladder is [.., var final] && Lasting.Contains(final) && now - last >= RepeatAfter ? final : null;
    }
}

/// <summary>Which remedies are due at a site.</summary>
public static class Remedies
{
    public static ImmutableArray<(EvseId Evse, SessionId Session, Remedy Remedy)> Due(SiteState state, Instant now)
    {
        var due = ImmutableArray.CreateBuilder<(EvseId, SessionId, Remedy)>();
        NodePaths? paths = null;
        foreach (var evse in state.Evses.Values.Where(e => e is { Escalation: not null, Session: not null, Online: true }).OrderBy(e => e.Layout.Id.Station.Value, StringComparer.Ordinal).ThenBy(e => e.Layout.Id.Number))
        {
            var counted = evse.Escalation!.Deviation;
            if (counted == Deviation.ChargesTooMuch && (IsUnderBrokenNode(state, evse, paths ??= new NodePaths(state.Layout)) || IsOfBrokenStation(state, evse.Layout.Id.Station, now))) counted = Deviation.BeyondLimit;
            if (evse.Escalation.Due(counted, now) is { } remedy) due.Add((evse.Layout.Id, evse.Session!.Id, remedy));
        }

        return due.ToImmutable();
    }

    /// <summary>True when the metered powers under a node above the EVSE exceed the node's import limit.</summary>
    private static bool IsUnderBrokenNode(SiteState state, EvseState evse, NodePaths paths) => state.Layout.Nodes.Any(node =>
        paths.IsUnder(evse.Layout.NodeId, node.NodeId)
        && Exceeds(state.Evses.Values.Where(e => paths.IsUnder(e.Layout.NodeId, node.NodeId)), node.ParentId is null ? state.Layout.BuildingLoad : Power.Zero, node.ImportMax));

    /// <summary>True when the metered powers of the station exceed a charging limit that somebody else set on its sum.</summary>
    private static bool IsOfBrokenStation(SiteState state, StationId station, Instant now) => state.Station(station).ExternalLimits.Any(limit =>
        limit.At(now)?.Charge is { } most && Exceeds(state.Evses.Values.Where(e => e.Layout.Id.Station == station), Power.Zero, Power.Max(most, Power.Zero)));

    private static bool Exceeds(IEnumerable<EvseState> evses, Power load, Power most) =>
        evses.Aggregate(load, (sum, e) => sum + (e.Measurement?.ActivePower ?? Power.Zero)) > most + Power.Max(Compliance.Tolerance, most * Compliance.ToleranceRatio);
}
