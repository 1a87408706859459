using System.Globalization;
using Penstock.Ocpp.V21;
using Monitor = Penstock.Ocpp.V21.Monitor;

namespace Penstock.Simulator.Stations.Device;

/// <summary>Monitors of variables (block N): thresholds, deltas and periods that were set make events; the periodic event streams of 2.1 hang on them.</summary>
internal sealed class Monitors(DeviceState device)
{
    /// <summary>Monitors of one station.</summary>
    internal const int Max = 200;

    private readonly Dictionary<int, Watch> watches = [];
    private int lastId;
    private int lastEvent;

    internal int Severity { get; private set; } = 9;

    internal bool Any => watches.Count > 0;

    internal SetVariableMonitoringResponse Set(SetVariableMonitoringRequest asked) => new() { SetMonitoringResult = [.. asked.SetMonitoringData.Select(Set)] };

    internal ClearVariableMonitoringResponse Clear(IReadOnlyList<int> ids) => new()
    {
        ClearMonitoringResult = [.. ids.Select(id => new ClearMonitoringResult { Id = id, Status = Remove(id) ? ClearMonitoringStatus.Accepted : ClearMonitoringStatus.NotFound })],
    };

    internal SetMonitoringBaseResponse Base(MonitoringBase wanted)
    {
        if (wanted != MonitoringBase.All) foreach (var id in watches.Keys.ToList()) Remove(id); // there are no preconfigured or hard-wired ones to keep
        return new SetMonitoringBaseResponse { Status = GenericDeviceModelStatus.Accepted };
    }

    internal SetMonitoringLevelResponse Level(int severity)
    {
        if (severity is < 0 or > 9) return new SetMonitoringLevelResponse { Status = GenericStatus.Rejected, StatusInfo = new StatusInfo { ReasonCode = "ValueOutOfRange", AdditionalInfo = $"severity is {severity}, expected 0 to 9" } };
        Severity = severity;
        return new SetMonitoringLevelResponse { Status = GenericStatus.Accepted };
    }

    internal GetMonitoringReportResponse Report(GetMonitoringReportRequest asked)
    {
        bool Meant(Watch w) => (asked.ComponentVariable is null || asked.ComponentVariable.Any(c => Same(c.Component.Name, w.Row.Component) && (c.Variable is null || Same(c.Variable.Name, w.Row.Name))))
            && (asked.MonitoringCriteria is null || asked.MonitoringCriteria.Contains(Criterion(w.Type)));
        var found = watches.Values.Where(Meant).ToList();
        if (found.Count == 0) return new GetMonitoringReportResponse { Status = GenericDeviceModelStatus.EmptyResultSet };
        device.Say<NotifyMonitoringReportRequest, NotifyMonitoringReportResponse>(new NotifyMonitoringReportRequest
        {
            RequestId = asked.RequestId, SeqNo = 0, Tbc = false, GeneratedAt = device.Clock,
            Monitor = [.. found.GroupBy(w => w.Row).Select(g => new MonitoringData { Component = g.Key.Where, Variable = g.Key.Which, VariableMonitoring = [.. g.Select(w => w.Wire(device.Is21))] })],
        });
        return new GetMonitoringReportResponse { Status = GenericDeviceModelStatus.Accepted };
    }

    /// <summary>Looks at every monitored variable; called as the clock moves.</summary>
    internal void Tick(DateTimeOffset now)
    {
        foreach (var watch in watches.Values)
        {
            var text = device.Model.Value(watch.Row) ?? "";
            if (watch.Stream is { } stream) stream.Tick(now, text);
            else if (watch.Severity <= Severity && watch.Fires(now, text) is { } cleared) Say(watch, now, text, cleared);
            watch.Seen(text);
        }
    }

    /// <summary>An event that no monitor makes: something hard-wired happened.</summary>
    internal void Alert(string component, string variable, string value, int evse, string techInfo) => Say(
        new EventData
        {
            EventId = ++lastEvent, Timestamp = device.Clock, Trigger = EventTrigger.Alerting, ActualValue = value, TechInfo = techInfo, EventNotificationType = EventNotification.HardWiredNotification,
            Component = new Component { Name = component, Evse = evse == 0 ? null : new EVSE { Id = evse } }, Variable = new Variable { Name = variable },
        });

    internal AdjustPeriodicEventStreamResponse Adjust(AdjustPeriodicEventStreamRequest asked)
    {
        if (watches.Values.FirstOrDefault(w => w.Stream?.Id == asked.Id)?.Stream is not { } stream) return new AdjustPeriodicEventStreamResponse { Status = GenericStatus.Rejected, StatusInfo = new StatusInfo { ReasonCode = "NotFound" } };
        stream.Params = asked.Params;
        return new AdjustPeriodicEventStreamResponse { Status = GenericStatus.Accepted };
    }

    internal GetPeriodicEventStreamResponse Streams()
    {
        var open = watches.Values.Where(w => w.Stream is { Open: true }).Select(w => w.Stream!.Wire(w.Id)).ToList();
        return new GetPeriodicEventStreamResponse { ConstantStreamData = open.Count > 0 ? open : null };
    }

    private SetMonitoringResult Set(SetMonitoringData asked)
    {
        SetMonitoringResult Result(SetMonitoringStatus status, int? id = null, string? code = null, string? text = null) => new()
        {
            Status = status, Id = id, Type = asked.Type, Component = asked.Component, Variable = asked.Variable, Severity = asked.Severity, StatusInfo = code is null ? null : new StatusInfo { ReasonCode = code, AdditionalInfo = text },
        };
        if (device.Model.Find(asked.Component, asked.Variable) is not { } row) return Result(device.Model.Knows(asked.Component) ? SetMonitoringStatus.UnknownVariable : SetMonitoringStatus.UnknownComponent);
        var numeric = row.Type is Data.Integer or Data.Decimal;
        if (asked.Type is Monitor.UpperThreshold or Monitor.LowerThreshold or Monitor.TargetDelta or Monitor.TargetDeltaRelative && !numeric) return Result(SetMonitoringStatus.UnsupportedMonitorType);
        if (asked.Type is Monitor.Delta or Monitor.Periodic or Monitor.PeriodicClockAligned && asked.Value <= 0) return Result(SetMonitoringStatus.Rejected, null, "ValuePositiveOnly", $"value is {asked.Value}");
        if (asked.Id is { } old && !watches.ContainsKey(old)) return Result(SetMonitoringStatus.Rejected, null, "NotFound", $"there is no monitor {old}");
        if (watches.Values.Any(w => w.Id != asked.Id && w.Row == row && w.Type == asked.Type && w.Severity == asked.Severity)) return Result(SetMonitoringStatus.Duplicate);
        if (asked.Id is null && watches.Count >= Max) return Result(SetMonitoringStatus.Rejected, null, "TooManyElements", $"at most {Max} monitors");
        var id = asked.Id ?? ++lastId;
        if (asked.Id is { } replaced) Remove(replaced);
        var watch = watches[id] = new Watch(id, row, asked.Type, (double)asked.Value, asked.Severity, asked.Transaction ?? false, device.Now);
        watch.Seen(device.Model.Value(row) ?? "");
        if (asked.PeriodicEventStream is { } stream && device.Is21) (watch.Stream = new EventStream(device, id, stream)).OpenFor(id);
        return Result(SetMonitoringStatus.Accepted, id);
    }

    private bool Remove(int id)
    {
        if (!watches.Remove(id, out var gone)) return false;
        gone.Stream?.Close();
        return true;
    }

    private void Say(Watch watch, DateTimeOffset now, string value, bool cleared) => Say(new EventData
    {
        EventId = ++lastEvent, Timestamp = device.Clock, ActualValue = value, VariableMonitoringId = watch.Id, EventNotificationType = EventNotification.CustomMonitor, Component = watch.Row.Where, Variable = watch.Row.Which,
        Cleared = cleared ? true : null, Severity = device.Is21 ? watch.Severity : null,
        Trigger = watch.Type switch { Monitor.UpperThreshold or Monitor.LowerThreshold => EventTrigger.Alerting, Monitor.Periodic or Monitor.PeriodicClockAligned => EventTrigger.Periodic, _ => EventTrigger.Delta },
    });

    private void Say(EventData one) => device.Say<NotifyEventRequest, NotifyEventResponse>(new NotifyEventRequest { GeneratedAt = device.Clock, SeqNo = 0, Tbc = false, EventData = [one] });

    private static MonitoringCriterion Criterion(Monitor type) => type switch
    {
        Monitor.UpperThreshold or Monitor.LowerThreshold => MonitoringCriterion.ThresholdMonitoring,
        Monitor.Periodic or Monitor.PeriodicClockAligned => MonitoringCriterion.PeriodicMonitoring,
        _ => MonitoringCriterion.DeltaMonitoring,
    };

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    /// <summary>One monitor and what it saw last.</summary>
    private sealed class Watch(int id, ModelVariable row, Monitor type, double value, int severity, bool transaction, DateTimeOffset since)
    {
        private DateTimeOffset last = since;
        private string reported = "";
        private bool alerted;

        internal int Id => id;

        internal ModelVariable Row => row;

        internal Monitor Type => type;

        internal int Severity => severity;

        internal EventStream? Stream { get; set; }

        internal VariableMonitoring Wire(bool is21) => new() { Id = id, Transaction = transaction, Value = (decimal)value, Type = type, Severity = severity, EventNotificationType = is21 ? EventNotification.CustomMonitor : default };

        /// <returns>Null = nothing to say; true = the alert is over.</returns>
        internal bool? Fires(DateTimeOffset now, string text)
        {
            if (type is Monitor.Periodic or Monitor.PeriodicClockAligned)
            {
                var due = type == Monitor.Periodic ? (now - last).TotalSeconds >= value : (long)(now.ToUnixTimeSeconds() / value) > (long)(last.ToUnixTimeSeconds() / value);
                if (due) last = now;
                return due ? false : null;
            }

            var number = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var n) ? n : (double?)null;
            if (type is Monitor.UpperThreshold or Monitor.LowerThreshold)
            {
                var beyond = type == Monitor.UpperThreshold ? number > value : number < value;
                if (beyond == alerted) return null;
                alerted = beyond;
                return !beyond;
            }

            var before = double.TryParse(reported, NumberStyles.Float, CultureInfo.InvariantCulture, out var b) ? b : (double?)null;
            var moved = number is { } x && before is { } y ? Math.Abs(x - y) >= (type == Monitor.TargetDeltaRelative ? value * Math.Abs(y) : value) : text != reported;
            if (moved) reported = text;
            return moved ? false : null;
        }

        internal void Seen(string text)
        {
            if (reported.Length == 0) reported = text;
        }
    }
}

/// <summary>A periodic event stream (2.1, N11 and after): values of one variable in packets, as SENDs that nobody answers.</summary>
internal sealed class EventStream(DeviceState device, int id, PeriodicEventStreamParams wanted)
{
    /// <summary>Values that wait when neither interval nor count is given.</summary>
    private const int ValuesMax = 100;

    private readonly List<(DateTimeOffset At, string Value)> waiting = [];
    private DateTimeOffset sent = device.Now;

    internal int Id => id;

    internal bool Open { get; private set; }

    internal PeriodicEventStreamParams Params { get; set; } = wanted;

    internal ConstantStreamData Wire(int monitor) => new() { Id = id, Params = Params, VariableMonitoringId = monitor };

    internal void OpenFor(int monitor) => device.Say<OpenPeriodicEventStreamRequest, OpenPeriodicEventStreamResponse>(
        new OpenPeriodicEventStreamRequest { ConstantStreamData = Wire(monitor) }, answer => Open = answer.Status == GenericStatus.Accepted);

    internal void Close()
    {
        Open = false;
        device.Say<ClosePeriodicEventStreamRequest, ClosePeriodicEventStreamResponse>(new ClosePeriodicEventStreamRequest { Id = id });
    }

    internal void Tick(DateTimeOffset now, string value)
    {
        if (!Open) return;
        waiting.Add((now, value));
        var full = waiting.Count >= (Params.Values ?? ValuesMax);
        if (!full && !((now - sent).TotalSeconds >= Params.Interval)) return;
        var began = waiting[0].At;
        device.Send(new NotifyPeriodicEventStream { Id = id, Pending = 0, Basetime = began, Data = [.. waiting.Select(w => new StreamDataElement { T = (decimal)(w.At - began).TotalSeconds, V = w.Value })] });
        (sent, _) = (now, 0);
        waiting.Clear();
    }
}
