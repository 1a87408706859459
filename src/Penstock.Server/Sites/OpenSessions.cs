using System.Collections.Concurrent;
using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.Sites;
using Penstock.Server.Fleet;
using Penstock.Server.Storage;

namespace Penstock.Server.Sites;

/// <summary>A session that has not ended.</summary>
/// <param name="Vehicle">Null while the token is unknown.</param>
public sealed record OpenSession(SessionId Id, string TransactionId, EvseId Evse, SiteId? Site, RegisteredVehicle? Vehicle, OwnerTerms Terms, Instant StartedAt);

/// <summary>The open sessions of all stations, found by transaction or by EVSE. Rebuilt from the database at start.</summary>
public sealed class OpenSessions
{
    private readonly ConcurrentDictionary<(StationId Station, string Transaction), OpenSession> byTransaction = new();
    private readonly ConcurrentDictionary<EvseId, OpenSession> byEvse = new();

    public OpenSessions(SqlStore store, FleetRegister fleet)
    {
        foreach (var row in store.Query<SessionRow>(SessionRow.Select + " WHERE status = 'open' ORDER BY started_at"))
        {
            Add(new OpenSession(new SessionId(row.SessionId), row.TransactionId, row.EvseId, row.Site, row.Vehicle is { } id ? fleet.Find(id) : null, row.OwnerTerms, row.Start));
        }
    }

    public IReadOnlyCollection<OpenSession> All => [.. byTransaction.Values];

    public OpenSession? Find(StationId station, string transaction) => byTransaction.GetValueOrDefault((station, transaction));

    public OpenSession? At(EvseId evse) => byEvse.GetValueOrDefault(evse);

    internal void Add(OpenSession session)
    {
        byTransaction[(session.Evse.Station, session.TransactionId)] = session;
        byEvse[session.Evse] = session;
    }

    internal void Remove(OpenSession session)
    {
        byTransaction.TryRemove((session.Evse.Station, session.TransactionId), out _);
        if (byEvse.TryGetValue(session.Evse, out var current) && current.Id == session.Id) byEvse.TryRemove(KeyValuePair.Create(session.Evse, current));
    }
}
