using Penstock.Server.Gateway;
using V16 = Penstock.Ocpp.V16;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Stations;

/// <summary>Reservations, messages on displays, profiles, payments, battery swap and the vendors' own messages (blocks H, I, K, O, P, S).</summary>
internal sealed class BusinessMessages : IStationMessages
{
    public void Register(MessageTable table)
    {
        table.On2x<V21.ReservationStatusUpdateRequest, V21.ReservationStatusUpdateResponse>((from, m) => new Reply<V21.ReservationStatusUpdateResponse>(new V21.ReservationStatusUpdateResponse())
        {
            Key = from.ContentKey, Rows = [StationBook.Mark(from.Station, Topic.Reservation, DeviceModelMessages.Number(m.ReservationId), from.Now, "status", m.ReservationUpdateStatus.ToString())],
        });
        table.On2x<V21.NotifyDisplayMessagesRequest, V21.NotifyDisplayMessagesResponse>((from, m) => new Reply<V21.NotifyDisplayMessagesResponse>(new V21.NotifyDisplayMessagesResponse())
        {
            Key = $"{from.ContentKey}:{from.Now}",
            Rows = [.. (m.MessageInfo ?? []).Select(info => StationBook.PutRecord(from.Station, Topic.DisplayMessage, DeviceModelMessages.Number(info.Id), from.Now, info, V21.V21Json.Default.MessageInfo))],
        });
        table.On2x<V21.ReportChargingProfilesRequest, V21.ReportChargingProfilesResponse>((from, m) => new Reply<V21.ReportChargingProfilesResponse>(new V21.ReportChargingProfilesResponse())
        {
            Key = $"{from.ContentKey}:{from.Now}",
            Rows =
            [
                .. m.ChargingProfile.Select(p => StationBook.Put(from.Station, Topic.ChargingProfile, $"{m.EvseId}:{p.Id}", from.Now, new { evseId = m.EvseId, source = m.ChargingLimitSource, profile = p })),
            ],
        });
        table.On2x<V21.NotifySettlementRequest, V21.NotifySettlementResponse>((from, m) => new Reply<V21.NotifySettlementResponse>(new V21.NotifySettlementResponse { ReceiptId = m.ReceiptId })
        {
            Key = from.ContentKey, Rows = [StationBook.PutMessage(from.Station, Topic.Settlement, $"{m.PspRef}:{m.Status}", from.Now, m)],
        });
        table.On2x<V21.BatterySwapRequest, V21.BatterySwapResponse>((from, m) => new Reply<V21.BatterySwapResponse>(new V21.BatterySwapResponse())
        {
            Key = from.ContentKey, Rows = [StationBook.PutMessage(from.Station, Topic.BatterySwap, $"{m.RequestId}:{m.EventType}", from.Now, m)],
        });
        table.On2x<V21.VatNumberValidationRequest, V21.VatNumberValidationResponse>((_, m) => new V21.VatNumberValidationResponse
        {
            Status = V21.GenericStatus.Rejected, VatNumber = m.VatNumber, EvseId = m.EvseId,
            StatusInfo = new V21.StatusInfo { ReasonCode = "NotSupported", AdditionalInfo = "This central system asks no register of VAT numbers; it issues no invoices at the station." },
        });
        table.On16<V16.DataTransferRequest, V16.DataTransferResponse>((from, m) => Vendor(from, new V16.DataTransferResponse { Status = V16.DataTransferStatus.UnknownVendorId }, m.VendorId, m.MessageId));
        table.On2x<V21.DataTransferRequest, V21.DataTransferResponse>((from, m) => Vendor(from, new V21.DataTransferResponse { Status = V21.DataTransferStatus.UnknownVendorId }, m.VendorId, m.MessageId));
    }

    /// <summary>Nobody here speaks a vendor's own language: what was said is kept for the operator, and the station hears so.</summary>
    private static Reply<T> Vendor<T>(StationMessage from, T response, string vendor, string? message) => new(response)
    {
        Key = $"{from.ContentKey}:{from.Now}",
        Rows = [StationBook.PutJson(from.Station, Topic.DataTransfer, $"{vendor}:{message}", from.Now, from.Payload.GetRawText()), StationBook.Trim(from.Station, Topic.DataTransfer)],
    };
}
