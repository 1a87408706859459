using Penstock.Core.Sites;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Sites;
using V16 = Penstock.Ocpp.V16;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Gateway;

/// <summary>Boot, heartbeat and status: who is there. A station of no site waits as Pending and is asked what it has.</summary>
internal sealed class BootMessages(SiteDirectory sites, StationRoll roll, StationInquiry inquiry, TimeProvider time) : IStationMessages
{
    /// <summary>Told at boot, seconds.</summary>
    internal const int HeartbeatIntervalSeconds = 300;

    /// <summary>Told to a station that waits to join: when to boot again, seconds.</summary>
    internal const int WaitingIntervalSeconds = 30;

    public void Register(MessageTable table)
    {
        table.On16<V16.BootNotificationRequest, V16.BootNotificationResponse>((from, m, cancel) => BootAsync(
            from, m.ChargePointVendor, m.ChargePointModel, m.FirmwareVersion, m.ChargePointSerialNumber ?? m.ChargeBoxSerialNumber,
            joined => new V16.BootNotificationResponse { Status = joined ? V16.BootNotificationStatus.Accepted : V16.BootNotificationStatus.Pending, CurrentTime = time.GetUtcNow(), Interval = Interval(joined) }, cancel));
        table.On2x<V21.BootNotificationRequest, V21.BootNotificationResponse>((from, m, cancel) => BootAsync(
            from, m.ChargingStation.VendorName, m.ChargingStation.Model, m.ChargingStation.FirmwareVersion, m.ChargingStation.SerialNumber,
            joined => new V21.BootNotificationResponse { Status = joined ? V21.RegistrationStatus.Accepted : V21.RegistrationStatus.Pending, CurrentTime = time.GetUtcNow(), Interval = Interval(joined) }, cancel));
        table.On16<V16.HeartbeatRequest, V16.HeartbeatResponse>((_, _) => new V16.HeartbeatResponse { CurrentTime = time.GetUtcNow() });
        table.On2x<V21.HeartbeatRequest, V21.HeartbeatResponse>((_, _) => new V21.HeartbeatResponse { CurrentTime = time.GetUtcNow() });
        table.On16<V16.StatusNotificationRequest, V16.StatusNotificationResponse>((from, m) =>
        {
            Status(from, m.ConnectorId, Status16(m.Status));
            return new V16.StatusNotificationResponse();
        });
        table.On2x<V21.StatusNotificationRequest, V21.StatusNotificationResponse>((from, m) =>
        {
            Status(from, m.EvseId, Enum.Parse<ConnectorStatus>(m.ConnectorStatus.ToString()));
            return new V21.StatusNotificationResponse();
        });
    }

    /// <param name="answer">Told true for a station of a site, false for one that waits to join.</param>
    private async ValueTask<Reply<T>> BootAsync<T>(StationMessage from, string vendor, string model, string? firmware, string? serial, Func<bool, T> answer, CancellationToken cancel)
    {
        var kept = roll.ChangeAsync(from.Station, Subprotocol.Name(from.Version), from.Now, s => s with { Vendor = vendor, Model = model, FirmwareVersion = firmware, SerialNumber = serial });
        if (!await kept.WaitAsync(cancel)) return new Reply<T>(answer(false)) { Unkept = true };
        var site = sites.Of(from.Station);
        site?.Post(new StationConnected(from.Now, from.Station));
        return new Reply<T>(answer(site is not null)) { Then = [() => inquiry.Begin(from.Station, joined: site is not null)] };
    }

    private void Status(StationMessage from, int evse, ConnectorStatus status)
    {
        if (evse is <= 0 or > StationRoll.EvseNumberMax) return; // connector 0 of OCPP 1.6 is the station itself
        roll.Change(from.Station, Subprotocol.Name(from.Version), from.Now, s => s with { Evses = s.Evses.SetItem(evse, status) });
        sites.Of(from.Station)?.Post(new StatusReported(from.Now, new EvseId(from.Station, evse), status));
    }

    private static int Interval(bool joined) => joined ? HeartbeatIntervalSeconds : WaitingIntervalSeconds;

    private static ConnectorStatus Status16(V16.StatusNotificationStatus status) => status switch
    {
        V16.StatusNotificationStatus.Available => ConnectorStatus.Available,
        V16.StatusNotificationStatus.Reserved => ConnectorStatus.Reserved,
        V16.StatusNotificationStatus.Unavailable => ConnectorStatus.Unavailable,
        V16.StatusNotificationStatus.Faulted => ConnectorStatus.Faulted,
        _ => ConnectorStatus.Occupied,
    };
}
