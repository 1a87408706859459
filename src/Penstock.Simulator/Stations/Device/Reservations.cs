using Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Device;

/// <summary>Reservations (block H): of an EVSE or of any, until they expire, are cancelled or used.</summary>
internal sealed class Reservations(DeviceState device)
{
    private readonly Dictionary<int, ReserveNowRequest> held = [];

    internal int Count => held.Count;

    internal ReserveNowResponse Reserve(ReserveNowRequest asked)
    {
        ReserveNowResponse Answer(ReserveNowStatus status, string? code = null) => new() { Status = status, StatusInfo = code is null ? null : new StatusInfo { ReasonCode = code } };
        var station = device.Station;
        if (!device.Model.Flag("ReservationCtrlr", "Enabled")) return Answer(ReserveNowStatus.Rejected, "NotEnabled");
        if (asked.ExpiryDateTime <= device.Now) return Answer(ReserveNowStatus.Rejected, "InvalidValue");
        if (asked.EvseId is { } id && station.Outlets.All(o => o.Evse != id)) return Answer(ReserveNowStatus.Rejected, "UnknownEvse");
        if (asked.ConnectorType is { } type && type != DeviceState.ConnectorType) return Answer(ReserveNowStatus.Rejected, "UnknownConnectorType");
        held.Remove(asked.Id); // the same id replaces
        var free = station.Outlets.Where(o => asked.EvseId is null || o.Evse == asked.EvseId).Select(o => station.StatusOf(o)).ToList();
        if (free.All(s => s != ConnectorStatus.Available))
            return Answer(free.Contains(ConnectorStatus.Occupied) || free.Contains(ConnectorStatus.Reserved) ? ReserveNowStatus.Occupied : free.Contains(ConnectorStatus.Faulted) ? ReserveNowStatus.Faulted : ReserveNowStatus.Unavailable);
        if (asked.EvseId is null && held.Values.Count(r => r.EvseId is null) >= free.Count(s => s == ConnectorStatus.Available)) return Answer(ReserveNowStatus.Occupied);
        held[asked.Id] = asked;
        Tell(asked);
        return Answer(ReserveNowStatus.Accepted);
    }

    internal CancelReservationResponse Cancel(int id)
    {
        if (!held.Remove(id, out var gone)) return new CancelReservationResponse { Status = CancelReservationStatus.Rejected, StatusInfo = new StatusInfo { ReasonCode = "NotFound" } };
        Tell(gone);
        return new CancelReservationResponse { Status = CancelReservationStatus.Accepted };
    }

    internal bool Holds(int evse) => held.Values.Any(r => r.EvseId == evse);

    /// <summary>The driver for whom it was reserved came: the reservation is used up.</summary>
    /// <returns>Its id; null = nothing is reserved for this token here.</returns>
    internal int? Use(int evse, string token)
    {
        var mine = held.Values.FirstOrDefault(r => (r.EvseId is null || r.EvseId == evse) && string.Equals(r.IdToken.IdTokenValue, token, StringComparison.OrdinalIgnoreCase));
        if (mine is not null) held.Remove(mine.Id);
        return mine?.Id;
    }

    internal void Tick(DateTimeOffset now)
    {
        foreach (var late in held.Values.Where(r => r.ExpiryDateTime <= now).ToList()) End(late, ReservationUpdateStatus.Expired);
    }

    /// <summary>The EVSE goes out of service: its reservation cannot be honoured.</summary>
    internal void Remove(int evse)
    {
        foreach (var lost in held.Values.Where(r => r.EvseId == evse).ToList()) End(lost, ReservationUpdateStatus.Removed);
    }

    private void End(ReserveNowRequest one, ReservationUpdateStatus why)
    {
        held.Remove(one.Id);
        device.Say<ReservationStatusUpdateRequest, ReservationStatusUpdateResponse>(new ReservationStatusUpdateRequest { ReservationId = one.Id, ReservationUpdateStatus = why });
        Tell(one);
    }

    private void Tell(ReserveNowRequest one)
    {
        if (one.EvseId is { } evse) device.Station.SayStatus(evse);
    }
}
