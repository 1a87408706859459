using Penstock.Ocpp.V21;
using Penstock.Server.Gateway;
using Penstock.Server.Stations;

namespace Penstock.Server.Der;

/// <summary>What stations say of their DER controls (block R): reports, alarms, starts and stops.</summary>
internal sealed class DerMessages(DerDesk desk) : IStationMessages
{
    public void Register(MessageTable table)
    {
        table.On2x<ReportDERControlRequest, ReportDERControlResponse>((from, m) =>
        {
            desk.Reported(from.Station, m);
            return new ReportDERControlResponse();
        });
        table.On2x<NotifyDERAlarmRequest, NotifyDERAlarmResponse>((from, m) => new Reply<NotifyDERAlarmResponse>(new NotifyDERAlarmResponse())
        {
            Key = from.ContentKey,
            Rows = [StationBook.PutMessage(from.Station, Topic.DerAlarm, $"{m.Timestamp:O}:{m.ControlType}:{m.GridEventFault}:{m.AlarmEnded}", from.Now, m), StationBook.Trim(from.Station, Topic.DerAlarm)],
        });
        table.On2x<NotifyDERStartStopRequest, NotifyDERStartStopResponse>((from, m) => new Reply<NotifyDERStartStopResponse>(new NotifyDERStartStopResponse())
        {
            Key = from.ContentKey,
            Rows = DerDesk.Told(from.Station, m, from.Now),
            After = [() => desk.Started(from.Station, m)],
        });
    }
}
