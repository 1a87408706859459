using Penstock.Simulator.Physics;

namespace Penstock.Simulator.Stations;

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

    internal ProfileStore Profiles { get; } = new();

    internal SimulatedBattery? Battery { get; set; }

    internal WireSession? Session { get; set; }

    internal DateTimeOffset LastSample { get; set; }

    internal DateTimeOffset LastStep { get; set; }

    internal double PowerKw { get; set; }

    internal decimal ImportWh => Math.Floor((decimal)importWh);

    internal decimal ExportWh => Math.Floor((decimal)exportWh);

    internal void Step(DateTimeOffset now)
    {
        var hours = (now - LastStep).TotalHours;
        LastStep = now;
        var asked = faults.Disobeys ? null : Profiles.Watts(now);
        PowerKw = Session is { Authorized: true, Refused: false } ? Battery!.Step(asked is { } watts ? Math.Clamp(watts / 1000, -dischargeKw, chargeKw) : chargeKw, hours) : 0;
        importWh += Math.Max(0, PowerKw) * hours * 1000;
        exportWh += Math.Max(0, -PowerKw) * hours * 1000;
    }

    /// <summary>The power reading carries the meter's error; the registers are the truth unless a fault is on.</summary>
    internal StationSample Sample(DateTimeOffset at, int seqNo)
    {
        var slip = faults.MeterRunsBackwards && ++readings == BackwardReading ? 500 : 0;
        var fraction = Battery?.Fraction ?? 0;
        if (faults.StateOfChargeNoise) fraction = Math.Clamp(Math.Round(fraction + (0.02 * ((2 * chance.NextDouble()) - 1)), 2), 0, 1);
        return new StationSample(at, PowerKw * (1 + (MeterError * ((2 * chance.NextDouble()) - 1))), Math.Max(0, ImportWh - slip), ExportWh, fraction, seqNo);
    }
}
