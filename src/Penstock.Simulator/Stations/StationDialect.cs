using Penstock.Ocpp.Rpc;
using Penstock.Simulator.Cities;

namespace Penstock.Simulator.Stations;

/// <summary>What a station meters at one moment; powers in kW, registers in Wh.</summary>
/// <param name="SeqNo">Number of the 2.x transaction event that carries it, given once: a repeat has the same.</param>
public sealed record StationSample(DateTimeOffset At, double PowerKw, decimal ImportWh, decimal ExportWh, double Fraction, int SeqNo);

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

    internal int NextSeqNo() => ++lastSeqNo;
}

/// <summary>How the central system answered a boot.</summary>
/// <param name="Interval">Heartbeat interval when accepted, else the time to the next try.</param>
internal sealed record BootAnswer(bool Accepted, TimeSpan Interval);

/// <summary>One OCPP version as a station speaks it. Methods say true when the central system answered; false means: say it again later.</summary>
internal abstract class StationDialect(OcppConnection connection)
{
    protected OcppConnection Connection => connection;

    /// <returns>Null = no answer.</returns>
    internal abstract Task<BootAnswer?> BootAsync(CityStation station);

    internal abstract Task<bool> HeartbeatAsync();

    internal abstract Task<bool> StatusAsync(int evse, bool occupied, DateTimeOffset at);

    internal abstract Task<bool> AuthorizeAsync(WireSession session);

    internal abstract Task<bool> StartAsync(WireSession session, StationSample sample);

    internal abstract Task<bool> NeedsAsync(WireSession session, VehicleNeeds needs);

    internal abstract Task<bool> SampleAsync(WireSession session, StationSample sample);

    internal abstract Task<bool> EndAsync(WireSession session, StationSample sample, bool remote);

    /// <summary>What the station has, EVSE by EVSE; nothing in 1.6.</summary>
    internal abstract Task<bool> ReportAsync(int requestId, DateTimeOffset at, IReadOnlyList<Outlet> outlets);

    protected static bool Ended(CallStatus status) => status is CallStatus.Answered or CallStatus.Refused;
}

/// <summary>What the vehicle tells over ISO 15118; powers in kW, capacity in kWh.</summary>
public sealed record VehicleNeeds(DateTimeOffset Departure, double CapacityKwh, double Fraction, double Target, double ChargeKw, double DischargeKw);
