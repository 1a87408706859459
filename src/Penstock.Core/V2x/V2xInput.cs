using NodaTime;
using Penstock.Core.Sites;
using Penstock.Core.Units;

namespace Penstock.Core.V2x;

/// <summary>Mode of operation that a station says it is in (OCPP 2.1 OperationModeEnumType).</summary>
public enum OperationMode
{
    Idle, ChargingOnly, CentralSetpoint, ExternalSetpoint, ExternalLimits, CentralFrequency, LocalFrequency, LocalLoadBalancing,
}

public static class OperationModes
{
    /// <summary>True where frequency, a site meter or an outside controller sets the power, not the platform's setpoint.</summary>
    public static bool IsAutonomous(OperationMode mode) => mode is not (OperationMode.Idle or OperationMode.ChargingOnly or OperationMode.CentralSetpoint);
}

/// <summary>What a station tells of one EVSE beyond metering.</summary>
public abstract record V2xInput(Instant At, EvseId Evse) : SiteInput(At)
{
    internal abstract EvseState Apply(EvseState evse);

    private protected static EvseState OfSession(EvseState evse, string? transaction, Func<ChargingSession, ChargingSession> change) =>
        evse.Session is { } session && (transaction is null || session.TransactionId == transaction) ? evse with { Session = change(session) } : evse;
}

/// <summary>The vehicle told its needs.</summary>
public sealed record NeedsStated(Instant At, EvseId Evse, VehicleNeeds Needs) : V2xInput(At, Evse)
{
    /// <summary>Said again after a restart, they come behind the readings of the session: then the budget counts from the session's start, which gives away nothing.</summary>
    internal override EvseState Apply(EvseState evse) => OfSession(evse, null, s => s with
    {
        Needs = Needs with { StateOfCharge = Needs.StateOfCharge ?? s.StateOfCharge, DischargedBefore = evse.Measurement?.At > At ? Energy.Zero : s.Discharged },
    });
}

/// <summary>The owner asked to charge now, or took it back; the station follows its PriorityCharging profile meanwhile.</summary>
public sealed record PriorityChanged(Instant At, EvseId Evse, string TransactionId, bool Active) : V2xInput(At, Evse)
{
    internal override EvseState Apply(EvseState evse) => OfSession(evse, TransactionId, s => s with { ChargeNow = Active });
}

public sealed record OperationModeTold(Instant At, EvseId Evse, string TransactionId, OperationMode Mode) : V2xInput(At, Evse)
{
    internal override EvseState Apply(EvseState evse) => OfSession(evse, TransactionId, s => s with { Mode = Mode });
}

public sealed record VehiclePlanTold(Instant At, EvseId Evse, VehiclePlan Plan) : V2xInput(At, Evse)
{
    internal override EvseState Apply(EvseState evse) => OfSession(evse, null, s => s with { OwnPlan = Plan });
}

/// <summary>An external limit, in place of the one before of the same source.</summary>
public sealed record ExternalLimitSet(Instant At, EvseId Evse, ExternalLimit Limit) : V2xInput(At, Evse)
{
    internal override EvseState Apply(EvseState evse) => evse with { ExternalLimits = [.. evse.ExternalLimits.Where(l => l.Source != Limit.Source), Limit] };
}

public sealed record ExternalLimitCleared(Instant At, EvseId Evse, string Source) : V2xInput(At, Evse)
{
    internal override EvseState Apply(EvseState evse) => evse with { ExternalLimits = [.. evse.ExternalLimits.Where(l => l.Source != Source)] };
}

/// <summary>An external limit on the whole station, in place of the one before of the same source.</summary>
public sealed record StationLimitSet(Instant At, StationId Station, ExternalLimit Limit) : StationInput(At, Station)
{
    internal override StationState Apply(StationState station) => station with { ExternalLimits = [.. station.ExternalLimits.Where(l => l.Source != Limit.Source), Limit] };
}

public sealed record StationLimitCleared(Instant At, StationId Station, string Source) : StationInput(At, Station)
{
    internal override StationState Apply(StationState station) => station with { ExternalLimits = [.. station.ExternalLimits.Where(l => l.Source != Source)] };
}
