using System.Globalization;
using System.Text;
using Penstock.Ocpp;
using Penstock.Ocpp.Rpc;
using Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Device;

/// <summary>
/// What a station keeps, in the words of OCPP 2.1 whatever version it speaks. It outlives links and resets. Made when the first command comes: an idle station has none. All of it is touched under the station's lock.
/// </summary>
internal sealed class DeviceState
{
    internal const string ConnectorType = "cCCS2";

    /// <summary>Lines of the log that a station keeps; the oldest go.</summary>
    private const int JournalMax = 500;

    private readonly Queue<(DateTimeOffset At, bool Security, string Text)> journal = new();
    private int lastId;

    internal DeviceState(SimulatedStation station)
    {
        Station = station;
        Model = new DeviceModel(station.Outlets.Count, Live);
        Certificates = new Certificates(this);
        Reservations = new Reservations(this);
        Messages = new DisplayMessages(this);
        Tariffs = new Tariffs(this);
        Monitors = new Monitors(this);
        Files = new Files(this);
        Visitors = new Visitors(this);
        Der = new DerControls(this);
        Profiles = new ProfileDesk(this);
        Power = new PowerState(this);
        Networks = new Networks(this);
    }

    internal SimulatedStation Station { get; }

    internal DeviceModel Model { get; }

    internal Certificates Certificates { get; }

    internal LocalList LocalList { get; } = new();

    internal Reservations Reservations { get; }

    internal DisplayMessages Messages { get; }

    internal Tariffs Tariffs { get; }

    internal Monitors Monitors { get; }

    internal Files Files { get; }

    internal Visitors Visitors { get; }

    internal DerControls Der { get; }

    internal ProfileDesk Profiles { get; }

    internal PowerState Power { get; }

    internal Networks Networks { get; }

    internal bool Is21 => Station.Model.Version == OcppVersion.V21;

    internal bool Is16 => Station.Model.Version == OcppVersion.V16;

    internal DateTimeOffset Now => Station.Now;

    /// <summary>The time as the station believes it.</summary>
    internal DateTimeOffset Clock => Station.At(Station.Now);

    internal int NextId() => ++lastId;

    /// <summary>Says a message after the answer to the command that caused it.</summary>
    internal void Say<TRequest, TResponse>(TRequest message, Action<TResponse>? then = null)
        where TRequest : class, IOcppRequest<TRequest, TResponse>
        where TResponse : class, IOcppMessage<TResponse> => Station.Tell(message, then);

    internal void Send<T>(T message)
        where T : class, IOcppSend<T> => Station.Send(message);

    internal void Secure(string type, string info)
    {
        Note(info.Length > 0 ? $"{type}: {info}" : type, security: true);
        Say<SecurityEventNotificationRequest, SecurityEventNotificationResponse>(new SecurityEventNotificationRequest { Type = type, Timestamp = Clock, TechInfo = info.Length > 255 ? info[..255] : info });
    }

    internal void Run(Func<Task> work) => Station.Begin(work);

    internal Task DelayAsync(TimeSpan wait, CancellationToken cancel) => Station.DelayAsync(wait, cancel);

    internal void Note(string text, bool security = false)
    {
        lock (journal)
        {
            if (journal.Count >= JournalMax) journal.Dequeue();
            journal.Enqueue((Clock, security, text));
        }
    }

    internal string Journal(Log kind, DateTimeOffset? from, DateTimeOffset? to)
    {
        var text = new StringBuilder($"# SIMULATED station {Station.Model.Id.Value}, {kind}\n");
        lock (journal) foreach (var (at, security, line) in journal.ToArray()) if (security == (kind == Log.SecurityLog) && !(at < from) && !(at > to)) text.Append(CultureInfo.InvariantCulture, $"{at:O} {line}\n");
        return text.ToString();
    }

    /// <summary>What time brings; called as the clock moves, under the lock.</summary>
    internal void Tick(DateTimeOffset now)
    {
        if (Reservations.Count > 0) Reservations.Tick(now);
        if (Messages.Count > 0) Messages.Tick(now);
        if (Monitors.Any) Monitors.Tick(now);
        if (Der.Any) Der.Tick(now);
        Power.Tick();
    }

    internal void TransactionEnded(string transaction)
    {
        Messages.TransactionEnded(transaction);
        Tariffs.TransactionEnded(transaction);
        Power.Tick();
    }

    internal SetVariablesResponse Set(SetVariablesRequest asked)
    {
        var results = asked.SetVariableData.Select(v => Model.Set(v, Refusal)).ToList();
        if (results.Exists(r => r.AttributeStatus == SetVariableStatus.Accepted)) Station.Configured();
        if (results.Exists(r => r.AttributeStatus == SetVariableStatus.RebootRequired && r.Variable.Name == "BasicAuthPassword")) Networks.NewPassword();
        if (results.Exists(r => r.AttributeStatus is SetVariableStatus.Accepted or SetVariableStatus.RebootRequired && r.Component.Name == "SecurityCtrlr")) Secure("ReconfigurationOfSecurityParameters", "");
        LocalList.Enabled = Model.Flag("LocalAuthListCtrlr", "Enabled");
        return new SetVariablesResponse { SetVariableResult = results };
    }

    /// <summary>Why the station does not take a value that its row allows; null = it does.</summary>
    private string? Refusal(ModelVariable row, string value) => row.Name switch
    {
        "NetworkConfigurationPriority" => Networks.PriorityFault(value),
        "TimeZone" => NodaTime.DateTimeZoneProviders.Tzdb.GetZoneOrNull(value) is null ? $"\"{value}\" is no zone of the IANA time zone database" : null,
        _ => null,
    };

    internal GetBaseReportResponse Report(int request, ReportBase what)
    {
        Report(request, Model.Rows.Where(r => what != ReportBase.ConfigurationInventory || r.Mutability != Mutability.ReadOnly).Where(r => what != ReportBase.SummaryInventory || r.Name.StartsWith("Avail", StringComparison.Ordinal)));
        return new GetBaseReportResponse { Status = GenericDeviceModelStatus.Accepted };
    }

    internal GetReportResponse Report(GetReportRequest asked)
    {
        bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
        bool Meets(ModelVariable r) => asked.ComponentCriteria is not { } criteria || criteria.Any(c => c switch
        {
            ComponentCriterion.Problem => Model.Rows.Any(p => p.Component == r.Component && p.Name == "Problem" && Model.Value(p) == "true"),
            ComponentCriterion.Active => false, // no component of this station reports Active
            var named => Model.Rows.FirstOrDefault(p => p.Component == r.Component && p.Evse == r.Evse && p.Name == named.ToString()) is not { } row || Model.Value(row) == "true",
        });
        var rows = Model.Rows.Where(r => asked.ComponentVariable is not { Count: > 0 } named
            || named.Any(n => Same(n.Component.Name, r.Component) && (n.Component.Evse is null || n.Component.Evse.Id == r.Evse) && (n.Variable is null || Same(n.Variable.Name, r.Name)))).Where(Meets).ToList();
        if (!Report(asked.RequestId, rows)) return new GetReportResponse { Status = GenericDeviceModelStatus.EmptyResultSet };
        return new GetReportResponse { Status = GenericDeviceModelStatus.Accepted };
    }

    private bool Report(int request, IEnumerable<ModelVariable> rows)
    {
        const int rowsInOne = 60; // about 20 kB, far below the 64 kB of BytesPerMessage
        var parts = rows.Where(r => Is21 || !ModelRows.IsOf21(r)).Chunk(rowsInOne).ToList();
        for (var n = 0; n < parts.Count; n++)
        {
            Say<NotifyReportRequest, NotifyReportResponse>(new NotifyReportRequest { RequestId = request, GeneratedAt = Clock, SeqNo = n, Tbc = n + 1 < parts.Count, ReportData = [.. parts[n].Select(Model.Report)] });
        }

        return parts.Count > 0;
    }

    /// <summary>Values that the station has now; a number's upper limit where that is live.</summary>
    private string? Live(ModelVariable row)
    {
        var outlet = row.Evse > 0 ? Station.Outlets.First(o => o.Evse == row.Evse) : null;
        string Number(double value) => Math.Round(value, 1).ToString(CultureInfo.InvariantCulture);
        return (row.Component, row.Name) switch
        {
            (_, "AvailabilityState") => (outlet is null ? Station.StatusOfStation : Station.StatusOf(outlet)).ToString(),
            ("ChargingStation", "Model") or ("DCDERCtrlr", "InverterModel") => Station.Model.Model,
            ("ChargingStation", "VendorName") or ("DCDERCtrlr", "InverterManufacturer") => Station.Model.Vendor,
            (_, "FirmwareVersion" or "InverterSwVersion") => Files.FirmwareVersion,
            ("ClockCtrlr", "DateTime") => Clock.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ("DisplayMessageCtrlr", _) => Messages.Count.ToString(CultureInfo.InvariantCulture),
            ("LocalAuthListCtrlr", _) => LocalList.Count.ToString(CultureInfo.InvariantCulture),
            ("OCPPCommCtrlr", "HeartbeatInterval") => Number(Station.Heartbeat.TotalSeconds),
            ("SampledDataCtrlr", "TxUpdatedInterval") => Number(Station.MeterSeconds),
            ("NetworkConfiguration", _) => Networks.Next.Address.ToString(),
            ("SecurityCtrlr", "CertificateEntries") => Certificates.Count.ToString(CultureInfo.InvariantCulture),
            ("SecurityCtrlr", "Identity") => Station.Model.Id.Value,
            ("SecurityCtrlr", "SecurityProfile") => Networks.Next.SecurityProfile.ToString(CultureInfo.InvariantCulture),
            ("SmartChargingCtrlr", "Entries") => Station.Outlets.Sum(o => o.Profiles.Held.Count).ToString(CultureInfo.InvariantCulture),
            ("SmartChargingCtrlr", "ProfileStackLevel") => Station.Faults.StackLevelZeroOnly ? "0" : ProfileDesk.StackLevelMax.ToString(CultureInfo.InvariantCulture),
            ("SmartChargingCtrlr", "RateUnit") => Station.Faults.RefusesWatts ? "A" : "A,W",
            ("Connector", "ConnectorType") => ConnectorType,
            ("EVSE", "Power.Max") => Number(outlet!.ChargeKw * 1000),
            ("EVSE", "DischargePower.Max") => Number(outlet!.DischargeKw * 1000),
            ("EVSE", "Power") => Number(Math.Max(0, outlet!.PowerKw) * 1000),
            ("EVSE", "DischargePower") => Number(Math.Max(0, -outlet!.PowerKw) * 1000),
            ("EVSE", "DCVoltage") => Number(4 * Station.GridNow.VoltagePercent),
            ("DCDERCtrlr", "MaxW") => Number(outlet!.DischargeKw * 1000),
            ("DCDERCtrlr", "MaxVA" or "MaxVar" or "MaxVarNeg" or "MaxChargeRateW") => Number(outlet!.ChargeKw * 1000),
            ("V2XChargingCtrlr", "Enabled") => outlet!.DischargeKw > 0 ? "true" : "false",
            ("V2XChargingCtrlr", "SupportedEnergyTransferModes") => outlet!.DischargeKw > 0 ? "DC,DC_BPT" : "DC",
            ("V2XChargingCtrlr", "SupportedOperationModes") => outlet!.DischargeKw > 0 ? row.Limits : "ChargingOnly",
            _ => null,
        };
    }
}
