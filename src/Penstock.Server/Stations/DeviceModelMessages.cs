using Penstock.Ocpp.V21;
using Penstock.Server.Gateway;
using Penstock.Server.Storage;
using V201 = Penstock.Ocpp.V201;

namespace Penstock.Server.Stations;

/// <summary>What a station reports of itself: inventory, monitors, events, streams of values, what it knows of a customer (blocks B, M, N).</summary>
internal sealed class DeviceModelMessages(StationInquiry inquiry) : IStationMessages
{
    public void Register(MessageTable table)
    {
        table.On2x<NotifyReportRequest, NotifyReportResponse>((from, m) => new Reply<NotifyReportResponse>(new NotifyReportResponse())
        {
            Key = from.ContentKey,
            Rows = [.. (m.ReportData ?? []).Select(row => StationBook.PutRecord(from.Station, Topic.Variable, VariableKey.Of(row.Component, row.Variable), from.Now, row, V21Json.Default.ReportData))],
            After = [() => inquiry.Reported(from.Station, from.Version, m.ReportData ?? [])],
        });
        table.On21<NotifyMonitoringReportRequest, NotifyMonitoringReportResponse>((from, _) => new Reply<NotifyMonitoringReportResponse>(new NotifyMonitoringReportResponse()) { Key = from.ContentKey, Rows = Monitors(from) });
        table.On201<V201.NotifyMonitoringReportRequest, V201.NotifyMonitoringReportResponse>((from, _) =>
            new Reply<V201.NotifyMonitoringReportResponse>(new V201.NotifyMonitoringReportResponse()) { Key = from.ContentKey, Rows = Monitors(from) });
        table.On2x<NotifyEventRequest, NotifyEventResponse>((from, m) => new Reply<NotifyEventResponse>(new NotifyEventResponse())
        {
            Key = from.ContentKey,
            Rows =
            [
                .. m.EventData.Select(e => StationBook.PutRecord(from.Station, Topic.Event, $"{m.GeneratedAt:O}:{m.SeqNo}:{e.EventId}", from.Now, e, V21Json.Default.EventData)),
                StationBook.Trim(from.Station, Topic.Event),
            ],
        });
        table.On2x<OpenPeriodicEventStreamRequest, OpenPeriodicEventStreamResponse>((from, m) => Stream(
            from, new OpenPeriodicEventStreamResponse { Status = GenericStatus.Accepted }, m.ConstantStreamData.Id, new { stream = m.ConstantStreamData, state = "open" }));
        table.On2x<ClosePeriodicEventStreamRequest, ClosePeriodicEventStreamResponse>((from, m) => new Reply<ClosePeriodicEventStreamResponse>(new ClosePeriodicEventStreamResponse())
        {
            Key = $"{from.ContentKey}:{from.Now}", Rows = [StationBook.Mark(from.Station, Topic.EventStream, Number(m.Id), from.Now, "state", "closed")],
        });
        table.OnSend<NotifyPeriodicEventStream>((from, m) => new Reply<object?>(null)
        {
            Key = from.ContentKey,
            Rows =
            [
                StationBook.Put(from.Station, Topic.EventStream, $"{m.Id}:{m.Basetime:O}", from.Now, new { id = m.Id, m.Basetime, m.Pending, values = m.Data.Select(d => new { at = m.Basetime.AddSeconds((double)d.T), value = d.V }) }),
                StationBook.Trim(from.Station, Topic.EventStream),
            ],
        });
        table.On2x<NotifyCustomerInformationRequest, NotifyCustomerInformationResponse>((from, m) => new Reply<NotifyCustomerInformationResponse>(new NotifyCustomerInformationResponse())
        {
            Key = from.ContentKey, Rows = [StationBook.PutMessage(from.Station, Topic.CustomerInformation, $"{m.RequestId}:{m.SeqNo}", from.Now, m)],
        });
    }

    /// <summary>A monitor of 2.0.1 does not say what kind it is, so it is no valid one of 2.1; as JSON they are alike.</summary>
    private static IReadOnlyList<Projection> Monitors(StationMessage from) => from.Payload.TryGetProperty("monitor", out var reported)
        ?
        [
            .. reported.EnumerateArray().SelectMany(of => of.GetProperty("variableMonitoring").EnumerateArray().Select(one => StationBook.Put(
                from.Station, Topic.Monitor, VariableKey.Text(one, "id") ?? "", from.Now, new { component = of.GetProperty("component"), variable = of.GetProperty("variable"), monitor = one }))),
        ]
        : [];

    private static Reply<T> Stream<T>(StationMessage from, T response, int id, object body) => new(response)
    {
        Key = $"{from.ContentKey}:{from.Now}", Rows = [StationBook.Put(from.Station, Topic.EventStream, Number(id), from.Now, body)], // the same stream may be opened again later
    };

    internal static string Number(int id) => id.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
