using NodaTime;
using Penstock.Core.Der;
using Penstock.Core.Dispatching;
using Penstock.Core.Fleet;
using Penstock.Core.GridEvents;
using Penstock.Core.Metering;
using Penstock.Core.Planning;
using Penstock.Core.Units;

namespace Penstock.Core.Sites;

/// <summary>Everything that can change a site. One writer per site applies them in order.</summary>
public abstract record SiteInput(Instant At);

public sealed record StationConnected(Instant At, StationId Station) : SiteInput(At);

public sealed record StationDisconnected(Instant At, StationId Station) : SiteInput(At);

public sealed record StatusReported(Instant At, EvseId Evse, ConnectorStatus Status) : SiteInput(At);

/// <summary>What changes for a station as a whole.</summary>
public abstract record StationInput(Instant At, StationId Station) : SiteInput(At)
{
    internal abstract StationState Apply(StationState station);
}

/// <summary>The DER controls of a station, in place of those before.</summary>
public sealed record DerControlsHeld(Instant At, StationId Station, DerTimeline Line) : StationInput(At, Station)
{
    internal override StationState Apply(StationState station) => station with { Der = Line };
}

/// <summary>A transaction began (or is told late). The vehicle and terms were looked up by the gateway.</summary>
public sealed record SessionStarted(Instant At, ChargingSession Session) : SiteInput(At);

/// <summary>The vehicle told its needs, or the owner changed the terms.</summary>
public sealed record TermsChanged(Instant At, SessionId Session, OwnerTerms Terms, Vehicle? Vehicle, StateOfCharge? StateOfCharge) : SiteInput(At);

public sealed record Measured(Instant At, EvseMeasurement Measurement) : SiteInput(At);

/// <summary>Measurements of one moment, one per EVSE: the same as each alone, in one pass.</summary>
public sealed record MeasuredTogether(Instant At, IReadOnlyList<EvseMeasurement> Measurements) : SiteInput(At);

public sealed record SessionEnded(Instant At, SessionId Session, EvseId Evse) : SiteInput(At);

public sealed record InstructionReceived(Instant At, GridInstruction Instruction) : SiteInput(At);

public sealed record InstructionAborted(Instant At, GridEventId Event) : SiteInput(At);

public sealed record PlanAdopted(Instant At, Plan Plan) : SiteInput(At);

public sealed record SetpointsMade(Instant At, IReadOnlyList<Setpoint> Setpoints) : SiteInput(At);

public sealed record SetpointAccepted(Instant At, EvseId Evse, Power Power) : SiteInput(At);

public sealed record SetpointRefused(Instant At, EvseId Evse, Power Power, string Reason) : SiteInput(At);

/// <summary>A remedy against a deviation was begun.</summary>
public sealed record RemedyTaken(Instant At, EvseId Evse, Remedy Remedy) : SiteInput(At);

public sealed record LayoutChanged(Instant At, SiteLayout Layout) : SiteInput(At);
