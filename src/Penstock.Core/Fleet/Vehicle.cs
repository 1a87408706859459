using NodaTime;
using Penstock.Core.Units;

namespace Penstock.Core.Fleet;

public readonly record struct VehicleId(string Value)
{
    public override string ToString() => Value;
}

public readonly record struct OwnerId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>A battery electric vehicle as the contract or the needs message describes it.</summary>
/// <param name="Capacity">Usable battery capacity.</param>
/// <param name="ChargeMax">Largest charging power at the grid side, >= 0.</param>
/// <param name="DischargeMax">Largest discharging power at the grid side as a magnitude, >= 0; 0 = cannot discharge.</param>
/// <param name="ChargeEfficiency">Grid to cell, in (0, 1].</param>
/// <param name="DischargeEfficiency">Cell to grid, in (0, 1].</param>
/// <param name="WearPerKilowattHour">Wear per kWh taken out of the cell, in the tariff's currency; information and planning only.</param>
public sealed record Vehicle(
    VehicleId Id,
    OwnerId Owner,
    string? Model,
    Energy Capacity,
    Power ChargeMax,
    Power DischargeMax,
    double ChargeEfficiency,
    double DischargeEfficiency,
    decimal WearPerKilowattHour);

/// <summary>
/// The owner's guarantee: never below <paramref name="Floor"/>, at <paramref name="Target"/> by <paramref name="Departure"/>. It outranks money.
/// </summary>
/// <param name="Departure">Null = unknown: the vehicle is charged to its target as the tariff allows and does not discharge.</param>
public sealed record OwnerTerms(StateOfCharge Floor, StateOfCharge Target, Instant? Departure, bool DischargeAllowed);

/// <summary>What the owner agreed to for every day; a session's <see cref="OwnerTerms"/> are drawn from it at plug-in.</summary>
/// <param name="ReadyBy">Local time of the site.</param>
public sealed record StandingTerms(StateOfCharge Floor, StateOfCharge Target, LocalTime? ReadyBy, bool DischargeAllowed)
{
    /// <summary>The terms of a session that begins at <paramref name="start"/>: ready at the next <see cref="ReadyBy"/> at least an hour away.</summary>
    public OwnerTerms At(Instant start, DateTimeZone zone)
    {
        if (ReadyBy is not { } readyBy) return new OwnerTerms(Floor, Target, null, DischargeAllowed);
        var earliest = start + Duration.FromHours(1);
        var day = earliest.InZone(zone).Date;
        var departure = (day + readyBy).InZoneLeniently(zone).ToInstant();
        if (departure < earliest) departure = (day.PlusDays(1) + readyBy).InZoneLeniently(zone).ToInstant();
        return new OwnerTerms(Floor, Target, departure, DischargeAllowed);
    }
}
