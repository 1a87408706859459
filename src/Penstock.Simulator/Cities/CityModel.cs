using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Ocpp.Rpc;

namespace Penstock.Simulator.Cities;

public sealed record CityStation(StationId Id, OcppVersion Version, string Vendor, string Model, ImmutableArray<EvseLayout> Evses);

/// <param name="Token">OCPP idTag or idToken, at most 20 characters.</param>
public sealed record CityVehicle(Vehicle Vehicle, string Token, StandingTerms Terms);

/// <summary>One stay of a vehicle at an EVSE.</summary>
public sealed record Visit(CityVehicle Vehicle, EvseId Evse, Instant Arrive, Instant Leave, double FractionAtArrival)
{
    /// <summary>When the owner says that the vehicle leaves; people are often wrong. The guarantee is for this moment.</summary>
    public Instant Declared { get; init; } = Leave;
}

/// <summary>The order that the scenario's grid gives.</summary>
/// <param name="Site">Null = the whole portfolio.</param>
public sealed record CityEvent(string Name, SiteId? Site, Power Target, Instant Start, Instant End, decimal SubsidyPerKwh, Instant Notice);

/// <summary>An input of a scenario and where it comes from.</summary>
public sealed record ScenarioInput(string Name, string Value, string Source, bool Published);

/// <summary>A city drawn from a scenario and a seed: the same seed gives the same city.</summary>
public sealed record CityModel(
    string Scenario, int Seed, LocalDate Day, ImmutableArray<SiteLayout> Sites, ImmutableArray<CityStation> Stations, ImmutableArray<CityVehicle> Vehicles,
    ImmutableArray<Visit> Visits, CityEvent Event, ImmutableArray<ScenarioInput> Inputs, int MeterSeconds);
