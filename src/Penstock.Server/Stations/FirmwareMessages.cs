using Penstock.Server.Gateway;
using V16 = Penstock.Ocpp.V16;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Stations;

/// <summary>How far firmware and logs have come (blocks L and N; security extension of 1.6). The unsigned messages of 1.6 carry no request id: they tell of the latest request.</summary>
internal sealed class FirmwareMessages : IStationMessages
{
    /// <summary>The key of what 1.6 tells without a request id.</summary>
    internal const string Latest = "latest";

    public void Register(MessageTable table)
    {
        table.On16<V16.FirmwareStatusNotificationRequest, V16.FirmwareStatusNotificationResponse>((from, m) => Told(from, new V16.FirmwareStatusNotificationResponse(), Topic.Firmware, null, m.Status));
        table.On16<V16.SignedFirmwareStatusNotificationRequest, V16.SignedFirmwareStatusNotificationResponse>((from, m) => Told(from, new V16.SignedFirmwareStatusNotificationResponse(), Topic.Firmware, m.RequestId, m.Status));
        table.On16<V16.DiagnosticsStatusNotificationRequest, V16.DiagnosticsStatusNotificationResponse>((from, m) => Told(from, new V16.DiagnosticsStatusNotificationResponse(), Topic.Log, null, m.Status));
        table.On16<V16.LogStatusNotificationRequest, V16.LogStatusNotificationResponse>((from, m) => Told(from, new V16.LogStatusNotificationResponse(), Topic.Log, m.RequestId, m.Status));
        table.On2x<V21.FirmwareStatusNotificationRequest, V21.FirmwareStatusNotificationResponse>((from, m) => Told(from, new V21.FirmwareStatusNotificationResponse(), Topic.Firmware, m.RequestId, m.Status));
        table.On2x<V21.LogStatusNotificationRequest, V21.LogStatusNotificationResponse>((from, m) => Told(from, new V21.LogStatusNotificationResponse(), Topic.Log, m.RequestId, m.Status));
        table.On2x<V21.PublishFirmwareStatusNotificationRequest, V21.PublishFirmwareStatusNotificationResponse>((from, m) =>
            Told(from, new V21.PublishFirmwareStatusNotificationResponse(), Topic.Firmware, m.RequestId, m.Status, m.Location));
    }

    /// <summary>The status joins what was asked for; a status of nothing that was asked stands for itself. Statuses come again for other requests: each message counts.</summary>
    private static Reply<T> Told<T>(StationMessage from, T response, Topic topic, int? request, Enum status, IReadOnlyList<string>? location = null)
    {
        var key = request is { } id ? DeviceModelMessages.Number(id) : Latest;
        return new Reply<T>(response)
        {
            Key = $"{from.ContentKey}:{from.Now}",
            Rows =
            [
                StationBook.PutStatus(from.Station, topic, key, from.Now, status.ToString()),
                .. location is null ? [] : new[] { StationBook.Mark(from.Station, topic, key, from.Now, "publishedAt", string.Join(' ', location)) },
            ],
        };
    }
}
