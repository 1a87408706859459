using Penstock.Ocpp.Rpc;

namespace Penstock.Simulator.Stations;

/// <summary>What a station meters at one moment; powers in kW, registers in Wh.</summary>
public sealed record StationSample(DateTimeOffset At, double PowerKw, decimal ImportWh, decimal ExportWh, double Fraction);

/// <summary>A stay as the wire knows it.</summary>
public sealed class WireSession(int evse, string transactionId, string token)
{
    public int Evse => evse;

    /// <summary>2.x: the station's own; 1.6: the central system's, known once it answered.</summary>
    public string TransactionId { get; internal set; } = transactionId;

    public string Token => token;

    internal int NextSeqNo { get; set; }
}

/// <summary>What the central system wants of an EVSE.</summary>
/// <param name="Watts">Null = the profile is gone.</param>
/// <param name="Lasts">The dead-man time; null = until replaced.</param>
public sealed record StationOrder(int Evse, double? Watts, TimeSpan? Lasts, bool Update = false);

/// <summary>One OCPP version as a station speaks it. Every method says true when the central system answered; false means: say it again later.</summary>
internal abstract class StationDialect(OcppConnection connection)
{
    protected OcppConnection Connection => connection;

    internal abstract Task<bool?> BootAsync(string vendor, string model, string serial);

    internal abstract Task<bool> StatusAsync(int evse, bool occupied, DateTimeOffset at);

    internal abstract Task<bool> AuthorizeAsync(string token);

    internal abstract Task<bool> StartAsync(WireSession session, StationSample sample);

    internal abstract Task<bool> NeedsAsync(WireSession session, VehicleNeeds needs);

    internal abstract Task<bool> SampleAsync(WireSession session, StationSample sample);

    internal abstract Task<bool> EndAsync(WireSession session, StationSample sample);

    protected static bool Ended(CallStatus status) => status is CallStatus.Answered or CallStatus.Refused;
}

/// <summary>What the vehicle tells over ISO 15118; powers in kW, capacity in kWh.</summary>
public sealed record VehicleNeeds(DateTimeOffset Departure, double CapacityKwh, double Fraction, double Target, double ChargeKw, double DischargeKw);
