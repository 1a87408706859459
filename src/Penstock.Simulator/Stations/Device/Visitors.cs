using Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Device;

/// <summary>What a station keeps of customers (block N), and the batteries of a swap station (block S).</summary>
internal sealed class Visitors(DeviceState device)
{
    /// <summary>Characters of customer data in one message (2.1, NotifyCustomerInformation.data).</summary>
    private const int DataMax = 512;

    private int swaps;

    internal CustomerInformationResponse Inform(CustomerInformationRequest asked)
    {
        CustomerInformationResponse Answer(CustomerInformationStatus status, string? code = null) => new() { Status = status, StatusInfo = code is null ? null : new StatusInfo { ReasonCode = code } };
        if (new object?[] { asked.CustomerCertificate, asked.IdToken, asked.CustomerIdentifier }.Count(o => o is not null) != 1 && (asked.Report || asked.Clear)) return Answer(CustomerInformationStatus.Invalid, "MissingParam");
        if (!asked.Report && !asked.Clear) return Answer(CustomerInformationStatus.Rejected, "MissingParam");
        var token = asked.IdToken?.IdTokenValue ?? asked.CustomerIdentifier ?? "";
        var known = device.LocalList.Allows(token, device.Now);
        var sessions = device.Station.Outlets.Where(o => o.Session is { } s && string.Equals(s.Token, token, StringComparison.OrdinalIgnoreCase)).Select(o => o.Session!.TransactionId).ToList();
        var data = known is null && sessions.Count == 0 ? "" : $"idToken {token}; known locally {(known is { } k ? k ? "accepted" : "not accepted" : "no")}; transactions {(sessions.Count > 0 ? string.Join(", ", sessions) : "none")}";
        if (asked.Clear) device.LocalList.Forget(token);
        var parts = data.Length == 0 ? [""] : data.Chunk(DataMax).Select(c => new string(c)).ToArray();
        for (var n = 0; n < parts.Length; n++)
        {
            device.Say<NotifyCustomerInformationRequest, NotifyCustomerInformationResponse>(new NotifyCustomerInformationRequest { RequestId = asked.RequestId, Data = parts[n], SeqNo = n, Tbc = n + 1 < parts.Length, GeneratedAt = device.Clock });
        }

        return Answer(CustomerInformationStatus.Accepted);
    }

    /// <summary>The driver gives a battery in and takes a full one: the station says both.</summary>
    internal RequestBatterySwapResponse Swap(RequestBatterySwapRequest asked)
    {
        if (device.Station.Outlets.FirstOrDefault(o => o.Session is null) is not { } slot)
            return new RequestBatterySwapResponse { Status = GenericStatus.Rejected, StatusInfo = new StatusInfo { ReasonCode = "NoBatteryAvailable", AdditionalInfo = "every slot is in use" } };
        Say(BatterySwapEvent.BatteryIn, asked, slot.Evse, 18);
        Say(BatterySwapEvent.BatteryOut, asked, slot.Evse, 95);
        return new RequestBatterySwapResponse { Status = GenericStatus.Accepted };
    }

    private void Say(BatterySwapEvent what, RequestBatterySwapRequest asked, int slot, decimal soc) => device.Say<BatterySwapRequest, BatterySwapResponse>(new BatterySwapRequest
    {
        EventType = what, IdToken = asked.IdToken, RequestId = asked.RequestId,
        BatteryData = [new BatteryData { EvseId = slot, SerialNumber = $"{device.Station.Model.Id.Value}-B{++swaps}", SoC = soc, SoH = 97 }],
    });
}
