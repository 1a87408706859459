using Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Device;

/// <summary>Messages on the station's display (block O).</summary>
internal sealed class DisplayMessages(DeviceState device)
{
    /// <summary>DisplayMessageCtrlr.DisplayMessages has this as its limit.</summary>
    internal const int Max = 20;

    private readonly Dictionary<int, MessageInfo> shown = [];

    internal int Count => shown.Count;

    internal SetDisplayMessageResponse Set(MessageInfo message)
    {
        SetDisplayMessageResponse Answer(DisplayMessageStatus status, string? code = null) => new() { Status = status, StatusInfo = code is null ? null : new StatusInfo { ReasonCode = code } };
        bool Supports(string list, string value) => device.Model.List("DisplayMessageCtrlr", list).Contains(value);
        if (!Supports("SupportedFormats", message.Message.Format.ToString())) return Answer(DisplayMessageStatus.NotSupportedMessageFormat);
        if (!Supports("SupportedPriorities", message.Priority.ToString())) return Answer(DisplayMessageStatus.NotSupportedPriority);
        if (message.State is { } state && !Supports("SupportedStates", state.ToString())) return Answer(DisplayMessageStatus.NotSupportedState);
        if (message.TransactionId is { } id && device.Station.FindSession(id) is null) return Answer(DisplayMessageStatus.UnknownTransaction);
        if (!shown.ContainsKey(message.Id) && shown.Count >= Max) return Answer(DisplayMessageStatus.Rejected, "TooManyElements");
        if (message.Priority == MessagePriority.AlwaysFront) foreach (var front in shown.Values.Where(m => m.Priority == MessagePriority.AlwaysFront).ToList()) shown.Remove(front.Id); // there is one front (O01)
        shown[message.Id] = message;
        return Answer(DisplayMessageStatus.Accepted);
    }

    internal GetDisplayMessagesResponse Get(GetDisplayMessagesRequest asked)
    {
        var found = shown.Values.Where(m => (asked.Id is null || asked.Id.Contains(m.Id)) && (asked.Priority is null || m.Priority == asked.Priority) && (asked.State is null || m.State == asked.State)).ToList();
        if (found.Count == 0) return new GetDisplayMessagesResponse { Status = GetDisplayMessagesStatus.Unknown };
        device.Say<NotifyDisplayMessagesRequest, NotifyDisplayMessagesResponse>(new NotifyDisplayMessagesRequest { RequestId = asked.RequestId, MessageInfo = found, Tbc = false });
        return new GetDisplayMessagesResponse { Status = GetDisplayMessagesStatus.Accepted };
    }

    internal ClearDisplayMessageResponse Clear(int id) => new() { Status = shown.Remove(id) ? ClearMessageStatus.Accepted : ClearMessageStatus.Unknown };

    internal void Tick(DateTimeOffset now)
    {
        foreach (var late in shown.Values.Where(m => m.EndDateTime <= now).ToList()) shown.Remove(late.Id);
    }

    internal void TransactionEnded(string transaction)
    {
        foreach (var gone in shown.Values.Where(m => m.TransactionId == transaction).ToList()) shown.Remove(gone.Id);
    }
}
