using Penstock.Core.Sites;
using Penstock.Core.V2x;
using Penstock.Ocpp.Rpc;
using Penstock.Ocpp.V21;
using Penstock.Server.Capability;
using Penstock.Server.Gateway;
using Penstock.Server.Sites;
using Penstock.Server.Stations;

namespace Penstock.Server.V2x;

/// <summary>What vehicles and stations say of needs, limits, plans and priorities (blocks K and Q).</summary>
internal sealed class V2xMessages(V2xDesk desk, CapabilityDesk capability, SessionDesk sessions, OpenSessions open, SiteDirectory sites) : IStationMessages
{
    public void Register(MessageTable table)
    {
        table.On2x<NotifyEVChargingNeedsRequest, NotifyEVChargingNeedsResponse>(Needs);
        table.On2x<PullDynamicScheduleUpdateRequest, PullDynamicScheduleUpdateResponse>((from, m) => desk.Latest(from.Station, m.ChargingProfileId) is { } update
            ? new PullDynamicScheduleUpdateResponse { Status = ChargingProfileStatus.Accepted, ScheduleUpdate = update }
            : new PullDynamicScheduleUpdateResponse { Status = ChargingProfileStatus.Rejected, StatusInfo = new StatusInfo { ReasonCode = "UnknownProfile", AdditionalInfo = $"Profile {m.ChargingProfileId} has no setpoint here now." } });
        table.On2x<NotifyPriorityChargingRequest, NotifyPriorityChargingResponse>((from, m) =>
        {
            var session = open.Find(from.Station, m.TransactionId);
            return new Reply<NotifyPriorityChargingResponse>(new NotifyPriorityChargingResponse())
            {
                Key = $"{from.ContentKey}:{from.Now}",
                Rows = session is null ? [] : [V2xDesk.OverrideRow(session, m.Activated, from.Now)],
                After = session is null ? [] : Post(from, [new PriorityChanged(from.Now, session.Evse, m.TransactionId, m.Activated)]),
            };
        });
        table.On2x<NotifyChargingLimitRequest, NotifyChargingLimitResponse>((from, m) => new Reply<NotifyChargingLimitResponse>(new NotifyChargingLimitResponse())
        {
            Key = $"{from.ContentKey}:{from.Now}",
            Rows = [StationBook.PutMessage(from.Station, Topic.ChargingLimit, $"{m.EvseId ?? 0}:{m.ChargingLimit.ChargingLimitSource}", from.Now, m)],
            After = Post(from, [V2xDesk.Input(from.Station, m, from.Now)]),
        });
        table.On2x<ClearedChargingLimitRequest, ClearedChargingLimitResponse>((from, m) => new Reply<ClearedChargingLimitResponse>(new ClearedChargingLimitResponse())
        {
            Key = $"{from.ContentKey}:{from.Now}",
            Rows = [StationBook.Remove(from.Station, Topic.ChargingLimit, $"{m.EvseId ?? 0}:{m.ChargingLimitSource}")],
            After = Post(from, [V2xDesk.Input(from.Station, m, from.Now)]),
        });
        table.On2x<NotifyEVChargingScheduleRequest, NotifyEVChargingScheduleResponse>((from, m) => new Reply<NotifyEVChargingScheduleResponse>(new NotifyEVChargingScheduleResponse { Status = GenericStatus.Accepted })
        {
            Key = from.ContentKey,
            Rows = [StationBook.PutMessage(from.Station, Topic.VehicleSchedule, V2xDesk.Number(m.EvseId), from.Now, m)],
            After = Post(from, [V2xDesk.Input(from.Station, m, from.Now)]),
        });
    }

    /// <summary>Answered from the state alone, in well under a second; the profile follows the answer. 2.0.1 has neither NoChargingProfile nor V2X: its setpoint comes with the next tick.</summary>
    private Reply<NotifyEVChargingNeedsResponse> Needs(StationMessage from, NotifyEVChargingNeedsRequest m)
    {
        var evse = new EvseId(from.Station, m.EvseId);
        var answer = NeedsAnswer.Of(sites.Of(from.Station)?.Snapshot, evse, V2xTranslation.Read(m, from.Now));
        var effects = sessions.Prepare(from.Station, [Translation21.Read(m, from.Now)]);
        var status = from.Version == OcppVersion.V21 || answer.Status == NeedsStatus.Rejected ? answer.Status : NeedsStatus.Processing;
        return new Reply<NotifyEVChargingNeedsResponse>(new NotifyEVChargingNeedsResponse
        {
            Status = Enum.Parse<NotifyEVChargingNeedsStatus>(status.ToString()),
            StatusInfo = status is NeedsStatus.Accepted || from.Version != OcppVersion.V21 ? null : new StatusInfo { ReasonCode = ReasonCode(answer), AdditionalInfo = answer.Reason },
        })
        {
            Key = from.ContentKey,
            Rows = [.. effects.Projections, StationBook.PutMessage(from.Station, Topic.VehicleNeeds, V2xDesk.Number(m.EvseId), from.Now, m)],
            After =
            [
                .. effects.AfterCommit, .. Post(from, [V2xDesk.Input(from.Station, m, from.Now)]), () => capability.Learn(from.Station, NeedsFacts.Of(m, from.Now)),
            ],
            Then = from.Version == OcppVersion.V21 && answer.First is { } first ? [() => _ = desk.SendFirstAsync(evse, first)] : [],
        };
    }

    /// <summary>At most 20 characters on the wire.</summary>
    private static string ReasonCode(NeedsAnswer answer) => answer.Status == NeedsStatus.Rejected ? "NotAllowed" : answer.Reason;

    private Action[] Post(StationMessage from, IEnumerable<SiteInput> inputs) => sites.Of(from.Station) is { } site ? [.. inputs.Select(input => new Action(() => site.Post(input)))] : [];
}
