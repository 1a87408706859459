using Penstock.Ocpp.V21;
using Penstock.Simulator.Physics;
using Penstock.Simulator.Stations.Der;
using Penstock.Simulator.Stations.Profiles;

namespace Penstock.Simulator.Stations;

/// <summary>A transaction that was started from afar and waits for its vehicle.</summary>
internal sealed record AwaitedStart(string Token, int RemoteStartId, ChargingProfile? Profile, DateTimeOffset Until);

/// <summary>One EVSE of a simulated station with its meter and profiles.</summary>
internal sealed class Outlet(int evse, double chargeKw, double dischargeKw, StationFaults faults, int seed)
{
    /// <summary>Largest relative error of a power reading: a class 1 meter.</summary>
    private const double MeterError = 0.01;

    /// <summary>The reading that lies below the one before, with <see cref="StationFaults.MeterRunsBackwards"/>.</summary>
    private const int BackwardReading = 10;

    private readonly Random chance = new(seed);
    private double importWh = 1000 * evse;
    private double exportWh;
    private int readings;

    internal int Evse => evse;

    internal double ChargeKw => chargeKw;

    internal double DischargeKw => dischargeKw;

    internal SimulatedStation? Station { get; set; }

    internal ProfileStore Profiles { get; } = new();

    internal SimulatedBattery? Battery { get; set; }

    internal VehicleNeeds? Needs { get; set; }

    /// <summary>Whom the vehicle's driver is, also after the transaction ended.</summary>
    internal string? Token { get; set; }

    internal WireSession? Session { get; set; }

    internal AwaitedStart? Awaited { get; set; }

    internal DateTimeOffset LastSample { get; set; }

    internal DateTimeOffset LastStep { get; set; }

    internal double PowerKw { get; set; }

    internal double? SetpointKw { get; private set; }

    internal double Vars { get; set; }

    internal OperationMode Mode { get; set; }

    internal bool Sleeps { get; set; }

    internal bool Inoperative { get; set; }

    internal bool Faulted { get; set; }

    internal bool Priority { get; set; }

    internal int? Signal { get; set; }

    internal LocalControl? Local { get; set; }

    internal DerMemory Der { get; set; } = DerMemory.Fresh;

    internal decimal ImportWh => Math.Floor((decimal)importWh);

    internal decimal ExportWh => Math.Floor((decimal)exportWh);

    /// <param name="der">Null = no DER control is set.</param>
    internal Composed Step(in Moment moment, Func<Outlet, double, double, double>? der)
    {
        var hours = (moment.Now - LastStep).TotalHours;
        LastStep = moment.Now;
        var composed = faults.Disobeys ? new Composed(OperationMode.ChargingOnly, null, null, null, null, false) : Profiles.At(moment);
        SetpointKw = composed.Mode == OperationMode.ChargingOnly ? null : composed.AskedW / 1000;
        var asked = composed.AskedW is { } watts ? Math.Clamp(watts / 1000, -dischargeKw, chargeKw) : chargeKw;
        if (der is not null) asked = der(this, asked * 1000, hours * 3600) / 1000;
        if (asked < 0 && (Needs?.MayDischarge(Battery!.Fraction) == false || Session?.AllowsDischarge == false)) asked = 0;
        PowerKw = Session is { Authorized: true, Refused: false, HeldBack: null } && !Faulted ? Battery!.Step(asked, hours) : 0;
        importWh += Math.Max(0, PowerKw) * hours * 1000;
        exportWh += Math.Max(0, -PowerKw) * hours * 1000;
        return composed;
    }

    /// <summary>The power reading carries the meter's error; the registers are the truth unless a fault is on.</summary>
    internal StationSample Sample(DateTimeOffset at, int seqNo)
    {
        var slip = faults.MeterRunsBackwards && ++readings == BackwardReading ? 500 : 0;
        var fraction = Battery?.Fraction ?? 0;
        if (faults.StateOfChargeNoise) fraction = Math.Clamp(Math.Round(fraction + (0.02 * ((2 * chance.NextDouble()) - 1)), 2), 0, 1);
        var power = PowerKw * (1 + (MeterError * ((2 * chance.NextDouble()) - 1)));
        var import = Math.Max(0, ImportWh - slip);
        return faults.ReportsExportAsImport ? new StationSample(at, Math.Abs(power), import + ExportWh, 0, fraction, seqNo) : new StationSample(at, power, import, ExportWh, fraction, seqNo);
    }
}
