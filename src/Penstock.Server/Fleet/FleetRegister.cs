using System.Collections.Concurrent;
using Penstock.Core.Fleet;
using Penstock.Core.Settlement;
using Penstock.Server.Storage;

namespace Penstock.Server.Fleet;

/// <summary>A vehicle under contract.</summary>
/// <param name="Token">What its driver presents: OCPP idTag or idToken.</param>
public sealed record RegisteredVehicle(Vehicle Vehicle, string Token, StandingTerms Terms, ContractTerms Contract);

/// <summary>The vehicles under contract; a vehicle is on disk before it counts.</summary>
public sealed class FleetRegister
{
    private readonly SqlStore store;
    private readonly ConcurrentDictionary<VehicleId, RegisteredVehicle> vehicles;
    private readonly ConcurrentDictionary<string, VehicleId> tokens;

    public FleetRegister(SqlStore store)
    {
        this.store = store;
        var all = store.Query<string>("SELECT body FROM vehicle").ConvertAll(StorageJson.Read<RegisteredVehicle>);
        vehicles = new(all.Select(v => KeyValuePair.Create(v.Vehicle.Id, v)));
        tokens = new(all.Select(v => KeyValuePair.Create(v.Token, v.Vehicle.Id)), StringComparer.OrdinalIgnoreCase); // OCPP identifier strings ignore case
    }

    public IReadOnlyList<RegisteredVehicle> All => [.. vehicles.Values.OrderBy(v => v.Vehicle.Id.Value, StringComparer.Ordinal)];

    public RegisteredVehicle? Find(VehicleId id) => vehicles.GetValueOrDefault(id);

    public RegisteredVehicle? ByToken(string? token) => token is not null && tokens.TryGetValue(token, out var id) ? Find(id) : null;

    public void Put(params IReadOnlyList<RegisteredVehicle> changed)
    {
        store.Execute(
            "INSERT INTO vehicle (vehicle_id, token, body) VALUES (@Id, @Token, @Body) ON CONFLICT (vehicle_id) DO UPDATE SET token = @Token, body = @Body",
            changed.Select(v => new { Id = v.Vehicle.Id.Value, v.Token, Body = StorageJson.Write(v) }));
        foreach (var v in changed)
        {
            vehicles[v.Vehicle.Id] = v;
            tokens[v.Token] = v.Vehicle.Id;
        }
    }
}
