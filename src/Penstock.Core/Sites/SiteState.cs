using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Der;
using Penstock.Core.Dispatching;
using Penstock.Core.Fleet;
using Penstock.Core.GridEvents;
using Penstock.Core.Metering;
using Penstock.Core.Planning;
using Penstock.Core.Units;
using Penstock.Core.V2x;

namespace Penstock.Core.Sites;

/// <summary>Connector status in the words of OCPP 2.x; 1.6 statuses are mapped to it.</summary>
public enum ConnectorStatus
{
    Available, Occupied, Reserved, Unavailable, Faulted,
}

/// <summary>A vehicle at an EVSE, from plug-in to unplug.</summary>
/// <param name="Vehicle">Null while the identity is unknown: charge only, no plan.</param>
public sealed record ChargingSession(
    SessionId Id,
    string TransactionId,
    EvseId Evse,
    Vehicle? Vehicle,
    OwnerTerms Terms,
    Instant StartedAt,
    StateOfCharge? StateOfChargeAtStart)
{
    /// <summary>Latest believed state of charge: measured, or carried forward by registers; null = unknown.</summary>
    public StateOfCharge? StateOfCharge { get; init; } = StateOfChargeAtStart;

    /// <summary>When it was last told and believed.</summary>
    public Instant? StateOfChargeAt { get; init; }

    /// <summary>True once the platform found the target unreachable and told the owner: the guarantee is relaxed, not broken.</summary>
    public bool Relaxed { get; init; }

    /// <summary>The vehicle's account of this month when the session started. It decides the order of dispatch, so that nobody changes places while an order runs.</summary>
    public CalledEnergy CalledBefore { get; init; }

    /// <summary>Called and offered in this session.</summary>
    public CalledEnergy Called { get; init; }

    /// <summary>Set once <see cref="Remedy.OtherPurpose"/> was tried: setpoints go out under both purposes until the session ends.</summary>
    public bool BothPurposes { get; init; }

    /// <summary>Set by the reducer while the state of charge is within the hysteresis above the floor after touching it.</summary>
    public bool AtFloor { get; init; }

    /// <summary>Energy that the vehicle gave in this session, at the meter.</summary>
    public Energy Discharged { get; init; }

    /// <summary>What the vehicle itself told; null = nothing.</summary>
    public VehicleNeeds? Needs { get; init; }

    /// <summary>The vehicle's own schedule; null = not told.</summary>
    public VehiclePlan? OwnPlan { get; init; }

    /// <summary>True while the owner wants to charge at once whatever the plan or an order says.</summary>
    public bool ChargeNow { get; init; }

    /// <summary>What the station says it does; null = not told.</summary>
    public OperationMode? Mode { get; init; }
}

/// <summary>One EVSE as the site loop sees it.</summary>
public sealed record EvseState(EvseLayout Layout)
{
    public bool Online { get; init; }

    public ConnectorStatus? Status { get; init; }

    public ChargingSession? Session { get; init; }

    public EvseMeasurement? Measurement { get; init; }

    /// <summary>What the dispatcher asked for last.</summary>
    public Setpoint? Setpoint { get; init; }

    public Instant? SetpointAt { get; init; }

    /// <summary>What the station accepted last, and when.</summary>
    public Power? AcceptedSetpoint { get; init; }

    public Instant? AcceptedAt { get; init; }

    /// <summary>False after the metered power left the setpoint for too long: its share is given to others.</summary>
    public bool Following { get; init; } = true;

    /// <summary>Limits that others set at this EVSE, one per source.</summary>
    public ImmutableArray<ExternalLimit> ExternalLimits { get; init; } = [];

    /// <summary>A deviation that lasts, and what was tried; null while it does what it is asked.</summary>
    public Escalation? Escalation { get; init; }

    /// <summary>What its meter said lately.</summary>
    public MeterWatch Watch { get; init; } = new();

    /// <summary>Metered values refused for control, by reason, since the platform started.</summary>
    public ImmutableSortedDictionary<Implausible, int> Refused { get; init; } = ImmutableSortedDictionary<Implausible, int>.Empty;
}

/// <summary>What holds for a station as a whole.</summary>
public sealed record StationState
{
    internal static readonly StationState Nothing = new();

    /// <summary>Limits that others set at the station as a whole, one per source.</summary>
    public ImmutableArray<ExternalLimit> ExternalLimits { get; init; } = [];

    /// <summary>The DER controls that the station holds, or will hold once it is told.</summary>
    public DerTimeline Der { get; init; } = DerTimeline.Empty;
}

/// <summary>A site at one moment; immutable, made only by <see cref="SiteReducer"/>.</summary>
public sealed record SiteState(SiteLayout Layout, ImmutableDictionary<EvseId, EvseState> Evses)
{
    /// <summary>Stations for which something holds; see <see cref="Station"/>.</summary>
    public ImmutableDictionary<StationId, StationState> Stations { get; init; } = ImmutableDictionary<StationId, StationState>.Empty;

    public Plan? Plan { get; init; }

    /// <summary>Instructions that touch this site and are not over, with this site's share of a portfolio target.</summary>
    public ImmutableArray<GridInstruction> Instructions { get; init; } = [];

    public Instant AsOf { get; init; }

    public StationState Station(StationId id) => Stations.GetValueOrDefault(id, StationState.Nothing);

    public static SiteState Of(SiteLayout layout) =>
        new(layout, layout.Evses.ToImmutableDictionary(evse => evse.Id, evse => new EvseState(evse)));
}
