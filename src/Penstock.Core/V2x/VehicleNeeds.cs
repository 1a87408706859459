using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Units;

namespace Penstock.Core.V2x;

/// <summary>Who follows the plan in time: the vehicle a schedule, or the station a setpoint (ISO 15118-20 control mode).</summary>
public enum PowerControl
{
    Scheduled, Dynamic,
}

/// <summary>The vehicle's own price and power offer (EVEnergyOffer): what it would like to do, W, positive into the vehicle.</summary>
public sealed record VehicleOffer(Instant Start, ImmutableArray<VehicleStep> Steps);

/// <summary>A stretch of the vehicle's own schedule; power null = not told.</summary>
/// <param name="Offset">From the start of the schedule.</param>
public sealed record VehicleStep(Duration Offset, Power? Power);

/// <summary>The plan that the vehicle made for itself (NotifyEVChargingSchedule); shown, not followed.</summary>
public sealed record VehiclePlan(Instant Start, ImmutableArray<VehicleStep> Steps)
{
    /// <summary>What it means to do at <paramref name="now"/>; null before, or where it tells nothing.</summary>
    public Power? At(Instant now) => Steps.LastOrDefault(s => Start + s.Offset <= now)?.Power;
}

/// <summary>
/// What a vehicle told of its needs (NotifyEVChargingNeeds, ISO 15118-20 ScheduleExchange), read whole; null = not told. Energies are requests that were open when
/// it told them: positive = still wanted, negative = more is in than that.
/// </summary>
/// <param name="ToldAt">Device time.</param>
public sealed record VehicleNeeds(Instant ToldAt, EnergyTransfer Requested)
{
    /// <summary>Services the vehicle could use as well; empty = not told.</summary>
    public ImmutableArray<EnergyTransfer> Available { get; init; } = [];

    public PowerControl? Control { get; init; }

    /// <summary>True where the station side may move departure and targets too (EVCC_SECC); null = not told.</summary>
    public bool? NeedsMayBeMoved { get; init; }

    public Instant? Departure { get; init; }

    public Energy? Capacity { get; init; }

    /// <summary>Told with the needs, or known to the platform at that moment.</summary>
    public StateOfCharge? StateOfCharge { get; init; }

    public StateOfCharge? Target { get; init; }

    public Power? ChargeMin { get; init; }

    public Power? ChargeMax { get; init; }

    /// <summary>A magnitude.</summary>
    public Power? DischargeMin { get; init; }

    /// <summary>A magnitude.</summary>
    public Power? DischargeMax { get; init; }

    public Energy? TargetRequest { get; init; }

    /// <summary>Above 0 the vehicle wants to charge at once: no discharge before.</summary>
    public Energy? MinRequest { get; init; }

    public Energy? MaxRequest { get; init; }

    /// <summary>Above 0 the battery is below the window that the vehicle cycles in.</summary>
    public Energy? MinV2xRequest { get; init; }

    /// <summary>Below 0 the battery is above that window.</summary>
    public Energy? MaxV2xRequest { get; init; }

    /// <summary>What the vehicle still gives in this session, out of the battery (evSessionTotalDischargeEnergyAvailable, which counts down).</summary>
    public Energy? DischargeBudget { get; init; }

    /// <summary>What it had given in the session when it told them, at the meter.</summary>
    public Energy DischargedBefore { get; init; }

    public VehicleOffer? Offer { get; init; }

    /// <summary>Most periods that it takes in a schedule.</summary>
    public int? PeriodsMax { get; init; }

    /// <summary>DER controls that its inverter executes, by their OCPP names; empty = not told.</summary>
    public ImmutableArray<string> DerControls { get; init; } = [];

    /// <summary>Whether it may discharge after <paramref name="charged"/> went in since it told: minV2X &lt;= 0 &lt;= maxV2X, and nothing that it wants at once (ISO 15118-20). What it did not tell does not bind.</summary>
    public bool MayCycle(Energy charged) =>
        !(MinV2xRequest is { } least && least - charged > Energy.Zero) && !(MaxV2xRequest is { } most && most - charged < Energy.Zero) && !(MinRequest is { } wanted && wanted - charged > Energy.Zero);
}
