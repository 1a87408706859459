using System.Collections.Immutable;

namespace Penstock.Core.Der;

/// <summary>The 22 grid-code controls of a distributed energy resource, by their OCPP 2.1 names (DERControlEnumType).</summary>
public enum DerControlType
{
    EnterService, FreqDroop, FreqWatt, FixedPFAbsorb, FixedPFInject, FixedVar, Gradients, HFMustTrip, HFMayTrip, HVMustTrip, HVMomCess, HVMayTrip, LimitMaxDischarge, LFMustTrip,
    LVMustTrip, LVMomCess, LVMayTrip, PowerMonitoringMustTrip, VoltVar, VoltWatt, WattPF, WattVar,
}

/// <summary>What the values of a control are measured in (OCPP 2.1 DERUnitEnumType).</summary>
public enum DerUnit
{
    NotApplicable, PctMaxW, PctMaxVar, PctWAvail, PctVarAvail, PctEffectiveV,
}

/// <summary>Quantity on an axis of a curve.</summary>
public enum DerQuantity
{
    /// <summary>s.</summary>
    Time,

    /// <summary>Hz.</summary>
    Frequency,

    /// <summary>% of nominal voltage.</summary>
    Voltage,

    /// <summary>% of the rating, discharge positive as in the grid codes.</summary>
    ActivePower,

    /// <summary>% of the rating, injected positive as in the grid codes.</summary>
    ReactivePower,

    /// <summary>cos phi; positive absorbs, negative injects reactive power.</summary>
    PowerFactor,
}

/// <summary>A control type as the grid codes know it. No column is from memory: what could not be checked against something published is left out, or cut to the clause above it.</summary>
/// <param name="Setting">Its record among the shapes of <see cref="DerSetting"/>.</param>
/// <param name="Ieee1547">Clause of IEEE 1547-2018, as others cite it, and what it is about; null where it has none.</param>
/// <param name="Ieee2030">Element of IEEE 2030.5-2018 DERControlBase or DefaultDERControl; null where it has none.</param>
/// <param name="Iec61850">Logical node of IEC 61850-7-420 as OpenFMB has it, of 61850-7-4 for protection; null where none is known to us.</param>
/// <param name="X">Axis of a curve; null for the other shapes.</param>
/// <param name="Y">Axis of a curve; null for the other shapes.</param>
/// <param name="Units">Units that it may be given in; empty for shapes without one.</param>
public sealed record DerKind(DerControlType Type, Type Setting, string? Ieee1547, string? Ieee2030, string? Iec61850, DerQuantity? X, DerQuantity? Y, ImmutableArray<DerUnit> Units)
{
    private static readonly ImmutableArray<DerUnit> Watt = [DerUnit.PctMaxW, DerUnit.PctWAvail];
    private static readonly ImmutableArray<DerUnit> Var = [DerUnit.PctMaxVar, DerUnit.PctVarAvail];
    private static readonly ImmutableArray<DerUnit> None = [DerUnit.NotApplicable];
    private static readonly ImmutableArray<DerUnit> Volt = [DerUnit.PctEffectiveV];

    /// <summary>One row per type, in the order of the enumeration.</summary>
    public static ImmutableArray<DerKind> All { get; } =
    [
        new(DerControlType.EnterService, typeof(DerEnterService), "4.10 enter service", "setESHighVolt, setESLowVolt, setESHighFreq, setESLowFreq, setESDelay, setESRandomDelay, setESRampTms", "DCTE", null, null, []),
        new(DerControlType.FreqDroop, typeof(DerFreqDroop), "6.5.2 frequency-droop", "opModFreqDroop", "DHFW, DLFW", null, null, []),
        Curve(DerControlType.FreqWatt, "6.5.2 frequency-droop", "opModFreqWatt", "DHFW, DLFW", DerQuantity.Frequency, DerQuantity.ActivePower, Watt),
        new(DerControlType.FixedPFAbsorb, typeof(DerFixedPowerFactor), "5.3.2 constant power factor", "opModFixedPFAbsorbW", "DFPF", null, null, []),
        new(DerControlType.FixedPFInject, typeof(DerFixedPowerFactor), "5.3.2 constant power factor", "opModFixedPFInjectW", "DFPF", null, null, []),
        new(DerControlType.FixedVar, typeof(DerFixedVar), "5.3 constant reactive power", "opModFixedVar", "DVAR", null, null, Var),
        new(DerControlType.Gradients, typeof(DerGradients), "4.10.3 performance during enter service", "setGradW, setSoftGradW", null, null, null, []),
        Curve(DerControlType.HFMustTrip, "6.5.1 mandatory frequency tripping", "opModHFRTMustTrip", "PTOF", DerQuantity.Time, DerQuantity.Frequency, None),
        Curve(DerControlType.HFMayTrip, "6.5.2 frequency ride-through", "opModHFRTMayTrip", "PTOF", DerQuantity.Time, DerQuantity.Frequency, None),
        Curve(DerControlType.HVMustTrip, "6.4.1 mandatory voltage tripping", "opModHVRTMustTrip", "PTOV", DerQuantity.Time, DerQuantity.Voltage, Volt),
        Curve(DerControlType.HVMomCess, "6.4.2 voltage ride-through", "opModHVRTMomentaryCessation", "PTOV", DerQuantity.Time, DerQuantity.Voltage, Volt),
        Curve(DerControlType.HVMayTrip, "6.4.2 voltage ride-through", "opModHVRTMayTrip", "PTOV", DerQuantity.Time, DerQuantity.Voltage, Volt),
        new(DerControlType.LimitMaxDischarge, typeof(DerLimitMaxDischarge), "4.6 limit active power", "opModMaxLimW", "DWMX", null, null, []),
        Curve(DerControlType.LFMustTrip, "6.5.1 mandatory frequency tripping", "opModLFRTMustTrip", "PTUF", DerQuantity.Time, DerQuantity.Frequency, None),
        Curve(DerControlType.LVMustTrip, "6.4.1 mandatory voltage tripping", "opModLVRTMustTrip", "PTUV", DerQuantity.Time, DerQuantity.Voltage, Volt),
        Curve(DerControlType.LVMomCess, "6.4.2 voltage ride-through", "opModLVRTMomentaryCessation", "PTUV", DerQuantity.Time, DerQuantity.Voltage, Volt),
        Curve(DerControlType.LVMayTrip, "6.4.2 voltage ride-through", "opModLVRTMayTrip", "PTUV", DerQuantity.Time, DerQuantity.Voltage, Volt),
        Curve(DerControlType.PowerMonitoringMustTrip, null, null, null, DerQuantity.Time, DerQuantity.ActivePower, Watt),
        Curve(DerControlType.VoltVar, "5.3.3 voltage-reactive power", "opModVoltVar", "DVVR", DerQuantity.Voltage, DerQuantity.ReactivePower, Var),
        Curve(DerControlType.VoltWatt, "5.4.2 voltage-active power", "opModVoltWatt", "DVWC", DerQuantity.Voltage, DerQuantity.ActivePower, Watt),
        Curve(DerControlType.WattPF, null, "opModWattPF", null, DerQuantity.ActivePower, DerQuantity.PowerFactor, None),
        Curve(DerControlType.WattVar, "5.3 active power-reactive power", "opModWattVar", "DWVR", DerQuantity.ActivePower, DerQuantity.ReactivePower, Var),
    ];

    /// <summary>Trip and cessation curves are steps over time; all others are interpolated.</summary>
    public bool IsTrip => X == DerQuantity.Time;

    /// <summary>True where a high value is the fault (over-voltage, over-frequency, too much power).</summary>
    public bool TripsHigh => Type is DerControlType.HFMustTrip or DerControlType.HFMayTrip or DerControlType.HVMustTrip or DerControlType.HVMomCess or DerControlType.HVMayTrip or DerControlType.PowerMonitoringMustTrip;

    /// <summary>False for enter service and gradients: they stand until they are replaced and carry no time on the wire.</summary>
    public bool CanBeScheduled => Type is not (DerControlType.EnterService or DerControlType.Gradients);

    public static DerKind Of(DerControlType type) => All[(int)type];

    private static DerKind Curve(DerControlType type, string? ieee1547, string? ieee2030, string? iec61850, DerQuantity x, DerQuantity y, ImmutableArray<DerUnit> units) =>
        new(type, typeof(DerCurve), ieee1547, ieee2030, iec61850, x, y, units);
}
