using Penstock.Ocpp;
using Penstock.Ocpp.Rpc;
using Penstock.Simulator.Cities;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations;

/// <summary>What a station meters at one moment; powers in kW, registers in Wh.</summary>
/// <param name="SeqNo">Number of the 2.x transaction event that carries it, given once: a repeat has the same.</param>
public sealed record StationSample(DateTimeOffset At, double PowerKw, decimal ImportWh, decimal ExportWh, double Fraction, int SeqNo)
{
    /// <summary>Why a 2.x transaction event is said.</summary>
    internal V21.TriggerReason Why { get; init; } = V21.TriggerReason.MeterValuePeriodic;

    /// <summary>The V2X mode where the event reports it (2.1).</summary>
    internal V21.OperationMode? Mode { get; init; }

    /// <summary>It happened while there was no link.</summary>
    internal bool Offline { get; init; }

    internal bool? Sleep { get; init; }

    internal string? TariffId { get; init; }

    /// <summary>The station holds the power back.</summary>
    internal bool Suspended { get; init; }

    /// <summary>The limits of the transaction where the event reports them (2.1).</summary>
    internal V21.TransactionLimit? Limit { get; init; }

    /// <summary>Null = not said.</summary>
    internal V21.ReadingContext? Context { get; init; }

    internal double? SetpointKw { get; init; }

    internal double KiloVars { get; init; }

    internal double Hz { get; init; } = 50;

    internal double VoltagePercent { get; init; } = 100;

    /// <summary>Names of measurands; null = the usual five.</summary>
    internal IReadOnlyList<string>? Measurands { get; init; }
}

/// <summary>A stay as the wire knows it.</summary>
public sealed class WireSession(int evse, string transactionId, string token)
{
    private int lastSeqNo = -1;

    public int Evse => evse;

    /// <summary>2.x: the station's own; 1.6: the central system's, known once it answered.</summary>
    public string TransactionId { get; internal set; } = transactionId;

    public string Token => token;

    /// <summary>The central system accepted the token: power may flow.</summary>
    public bool Authorized { get; internal set; }

    /// <summary>The central system does not accept the token: no power, and nothing more is said of the transaction.</summary>
    public bool Refused { get; internal set; }

    /// <summary>Energy transfer that the central system allows; null = it did not say (2.1).</summary>
    internal IReadOnlyList<V21.EnergyTransferMode>? Allowed { get; set; }

    internal bool AllowsDischarge => Allowed is null || Allowed.Any(m => m.ToString().Contains("BPT", StringComparison.Ordinal));

    internal int? ReservationId { get; init; }

    internal int? RemoteStartId { get; init; }

    internal DateTimeOffset Began { get; init; }

    /// <summary>Import register at the start, Wh.</summary>
    internal decimal StartWh { get; init; }

    /// <summary>The token was refused after the start.</summary>
    internal bool Deauthorized { get; set; }

    /// <summary>What the central system allows the transaction; null = no limit (2.1).</summary>
    internal V21.TransactionLimit? Limit { get; set; }

    /// <summary>Why the station lets no power flow though the token was accepted; null = it may flow.</summary>
    internal V21.TriggerReason? HeldBack { get; set; }

    /// <summary>To be told that the answer to a start or an event does not accept the token.</summary>
    internal Action? NotAccepted { get; init; }

    /// <summary>To be told what an answer says of limit and running cost.</summary>
    internal Action<V21.TransactionLimit?, decimal?>? Told { get; init; }

    internal bool Ended { get; set; }

    internal int NextSeqNo() => ++lastSeqNo;
}

/// <summary>Why a transaction ends.</summary>
internal sealed record StopCause(V21.Reason Reason, V21.TriggerReason Trigger);

/// <summary>How the central system answered a boot.</summary>
/// <param name="Interval">Heartbeat interval when accepted, else the time to the next try.</param>
internal sealed record BootAnswer(bool Accepted, TimeSpan Interval);

/// <summary>One OCPP version as a station speaks it. Methods say true when the central system answered; false means: say it again later.</summary>
internal abstract class StationDialect(OcppConnection connection)
{
    protected OcppConnection Connection => connection;

    /// <returns>Null = no answer.</returns>
    internal abstract Task<BootAnswer?> BootAsync(CityStation station, string firmware, V21.BootReason reason);

    internal abstract Task<bool> HeartbeatAsync();

    /// <param name="charging">1.6 tells a session from a vehicle that only stands there.</param>
    internal abstract Task<bool> StatusAsync(int evse, V21.ConnectorStatus status, bool charging, DateTimeOffset at);

    internal abstract Task<bool> AuthorizeAsync(WireSession session);

    internal abstract Task<bool> StartAsync(WireSession session, StationSample sample);

    internal abstract Task<bool> NeedsAsync(WireSession session, VehicleNeeds needs, Action<V21.NotifyEVChargingNeedsStatus> answered);

    internal abstract Task<bool> SampleAsync(WireSession session, StationSample sample);

    /// <summary>Values of an EVSE without a transaction.</summary>
    internal abstract Task<bool> MeterAsync(int evse, StationSample sample);

    internal abstract Task<bool> EndAsync(WireSession session, StationSample sample, StopCause cause);

    /// <summary>Any other message, in the words of 2.1; where the version has no such message nothing is said.</summary>
    internal abstract Task<bool> SayAsync<TRequest, TResponse>(TRequest message, Action<TResponse>? answered)
        where TRequest : class, IOcppRequest<TRequest, TResponse>
        where TResponse : class, IOcppMessage<TResponse>;

    /// <summary>An unanswered message of 2.1; nothing in other versions.</summary>
    internal async Task<bool> SendAsync<T>(T message)
        where T : class, IOcppSend<T>
    {
        if (connection.Version == OcppVersion.V21) await connection.SendAsync(message, CancellationToken.None);
        return true;
    }

    protected static bool Ended(CallStatus status) => status is CallStatus.Answered or CallStatus.Refused;
}

/// <summary>What the vehicle tells over ISO 15118; powers in kW, capacity in kWh.</summary>
public sealed record VehicleNeeds(DateTimeOffset Departure, double CapacityKwh, double Fraction, double Target, double ChargeKw, double DischargeKw)
{
    /// <summary>The vehicle plans for itself and takes one of the schedules offered (Scheduled control mode); else it follows the loop (Dynamic).</summary>
    public bool Scheduled { get; init; }

    /// <summary>State of charge between which the vehicle cycles: its V2X energies; null = it does not say, any.</summary>
    public (double Low, double High)? Window { get; init; }

    /// <summary>The vehicle discharges only while minV2X &lt;= 0 &lt;= maxV2X (ISO 15118-20).</summary>
    public bool MayDischarge(double fraction) => Window is not { } w || (w.Low <= fraction && fraction <= w.High);
}
