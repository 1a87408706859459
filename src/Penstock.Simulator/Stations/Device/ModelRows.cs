using Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Device;

/// <summary>The rows of the device model: those that OCPP 2.1 requires of the blocks the station has, and what its behaviour reads. Names: appendices of the standard.</summary>
internal static class ModelRows
{
    internal const string Measured = "Energy.Active.Import.Register,Energy.Active.Export.Register,Power.Active.Import,Power.Active.Export,SoC";

    private const string Measurands = Measured + ",Power.Active.Setpoint,Frequency,Voltage,Power.Reactive.Import,Power.Reactive.Export";
    private const string Modes = "Idle,ChargingOnly,CentralSetpoint,ExternalSetpoint,ExternalLimits,CentralFrequency,LocalFrequency,LocalLoadBalancing";

    private const string DerTypes = "EnterService,FreqDroop,FreqWatt,FixedPFAbsorb,FixedPFInject,FixedVar,Gradients,HFMustTrip,HFMayTrip,HVMustTrip,HVMomCess,HVMayTrip,LimitMaxDischarge,LFMustTrip,LVMustTrip,LVMomCess,LVMayTrip,"
        + "PowerMonitoringMustTrip,VoltVar,VoltWatt,WattPF,WattVar";

    // component | variable | instance | type | r, w (rw), W (write only); ! = takes effect at reboot | unit | limits or values | preset; "=": read live
    private const string Station = $"""
        AlignedDataCtrlr|Interval||Integer|w|s|0..86400|0
        AlignedDataCtrlr|Measurands||MemberList|w||{Measurands}|
        AlignedDataCtrlr|TxEndedInterval||Integer|w|s|0..86400|0
        AlignedDataCtrlr|TxEndedMeasurands||MemberList|w||{Measurands}|
        AuthCacheCtrlr|Enabled||Boolean|w|||true
        AuthCtrlr|AuthorizeRemoteStart||Boolean|w|||true
        AuthCtrlr|LocalAuthorizeOffline||Boolean|w|||true
        AuthCtrlr|LocalPreAuthorize||Boolean|w|||false
        ChargingStation|AvailabilityState||OptionList|r||Available,Occupied,Reserved,Unavailable,Faulted|=
        ChargingStation|Available||Boolean|r|||true
        ChargingStation|Model||String|r|||=
        ChargingStation|VendorName||String|r|||=
        ChargingStation|FirmwareVersion||String|r|||=
        ChargingStation|SupplyPhases||Integer|r|||3
        ClockCtrlr|DateTime||DateTime|r|||=
        ClockCtrlr|TimeZone||String|w|||UTC
        ClockCtrlr|TimeSource||SequenceList|w||Heartbeat,NTP|Heartbeat
        DeviceDataCtrlr|BytesPerMessage|GetReport|Integer|r|||65536
        DeviceDataCtrlr|BytesPerMessage|GetVariables|Integer|r|||65536
        DeviceDataCtrlr|BytesPerMessage|SetVariables|Integer|r|||65536
        DeviceDataCtrlr|ItemsPerMessage|GetReport|Integer|r|||100
        DeviceDataCtrlr|ItemsPerMessage|GetVariables|Integer|r|||100
        DeviceDataCtrlr|ItemsPerMessage|SetVariables|Integer|r|||100
        DisplayMessageCtrlr|DisplayMessages||Integer|r||0..20|=
        DisplayMessageCtrlr|Language||OptionList|w||en,zh|en
        DisplayMessageCtrlr|SupportedFormats||MemberList|r||ASCII,UTF8,URI|ASCII,UTF8,URI
        DisplayMessageCtrlr|SupportedPriorities||MemberList|r||AlwaysFront,InFront,NormalCycle|AlwaysFront,InFront,NormalCycle
        DisplayMessageCtrlr|SupportedStates||MemberList|r||Charging,Idle,Faulted,Unavailable,Discharging|Charging,Idle,Faulted,Unavailable,Discharging
        ISO15118Ctrlr|ContractValidationOffline||Boolean|w|||false
        LocalAuthListCtrlr|BytesPerMessage||Integer|r|||65536
        LocalAuthListCtrlr|Enabled||Boolean|w|||true
        LocalAuthListCtrlr|Entries||Integer|r||0..1000|=
        LocalAuthListCtrlr|ItemsPerMessage||Integer|r|||200
        MonitoringCtrlr|BytesPerMessage|SetVariableMonitoring|Integer|r|||65536
        MonitoringCtrlr|ItemsPerMessage|SetVariableMonitoring|Integer|r|||100
        NetworkConfiguration|OcppCsmsUrl||String|r|||=
        OCPPCommCtrlr|FileTransferProtocols||MemberList|r||HTTP,HTTPS|HTTP,HTTPS
        OCPPCommCtrlr|HeartbeatInterval||Integer|w|s|1..86400|=
        OCPPCommCtrlr|MessageAttemptInterval|TransactionEvent|Integer|w|s|1..3600|1
        OCPPCommCtrlr|MessageAttempts|TransactionEvent|Integer|w||1..1000|1000
        OCPPCommCtrlr|MessageTimeout|Default|Integer|r|s||30
        OCPPCommCtrlr|NetworkConfigurationPriority||String|w!|||0
        OCPPCommCtrlr|NetworkProfileConnectionAttempts||Integer|w||1..100|3
        OCPPCommCtrlr|OfflineThreshold||Integer|w|s|0..86400|60
        OCPPCommCtrlr|ResetRetries||Integer|w||0..10|1
        OCPPCommCtrlr|RetryBackOffWaitMinimum||Integer|w|s|1..3600|1
        OCPPCommCtrlr|UnlockOnEVSideDisconnect||Boolean|w|||true
        OCPPCommCtrlr|WebSocketPingInterval||Integer|w|s|0..3600|60
        ReservationCtrlr|Enabled||Boolean|w|||true
        SampledDataCtrlr|TxEndedInterval||Integer|w|s|0..86400|0
        SampledDataCtrlr|TxEndedMeasurands||MemberList|w||{Measurands}|{Measured}
        SampledDataCtrlr|TxStartedMeasurands||MemberList|w||{Measurands}|{Measured}
        SampledDataCtrlr|TxUpdatedInterval||Integer|w|s|1..86400|=
        SampledDataCtrlr|TxUpdatedMeasurands||MemberList|w||{Measurands}|{Measured}
        SecurityCtrlr|BasicAuthPassword||String|W!|||
        SecurityCtrlr|CertificateEntries||Integer|r||0..20|=
        SecurityCtrlr|Identity||String|r|||=
        SecurityCtrlr|OrganizationName||String|w|||Penstock
        SecurityCtrlr|SecurityProfile||Integer|r||0..3|=
        SmartChargingCtrlr|Enabled||Boolean|w|||true
        SmartChargingCtrlr|Entries|ChargingProfiles|Integer|r||0..64|=
        SmartChargingCtrlr|LimitChangeSignificance||Decimal|w|Percent|0..100|1
        SmartChargingCtrlr|PeriodsPerSchedule||Integer|r|||1024
        SmartChargingCtrlr|ProfileStackLevel||Integer|r|||=
        SmartChargingCtrlr|RateUnit||MemberList|r||A,W|=
        TariffCostCtrlr|Currency||String|w|||CNY
        TariffCostCtrlr|Enabled|Tariff|Boolean|w|||true
        TariffCostCtrlr|Enabled|Cost|Boolean|w|||true
        TariffCostCtrlr|TariffFallbackMessage||String|w|||
        TariffCostCtrlr|TotalCostFallbackMessage||String|w|||
        TxCtrlr|EVConnectionTimeOut||Integer|w|s|1..3600|60
        TxCtrlr|MaxEnergyOnInvalidId||Integer|w|Wh|0..1000000|0
        TxCtrlr|StopTxOnEVSideDisconnect||Boolean|w|||true
        TxCtrlr|StopTxOnInvalidId||Boolean|w|||true
        TxCtrlr|TxStartPoint||MemberList|r||Authorized,EVConnected,PowerPathClosed|Authorized
        TxCtrlr|TxStopPoint||MemberList|r||Authorized,EVConnected|Authorized,EVConnected
        """;

    private const string Evse = $"""
        EVSE|Power||Decimal|r|W|0..=|=
        Connector|Available||Boolean|r|||true
        Connector|AvailabilityState||OptionList|r||Available,Occupied,Reserved,Unavailable,Faulted|=
        Connector|ConnectorType||String|r|||=
        Connector|SupplyPhases||Integer|r|||0
        EVSE|Available||Boolean|r|||true
        EVSE|AvailabilityState||OptionList|r||Available,Occupied,Reserved,Unavailable,Faulted|=
        EVSE|DischargePower||Decimal|r|W|0..=|=
        EVSE|SupplyPhases||Integer|r|||3
        EVSE|DCVoltage||Decimal|r|V||=
        V2XChargingCtrlr|Enabled||Boolean|w|||=
        V2XChargingCtrlr|SupportedEnergyTransferModes||MemberList|r||DC,DC_BPT|=
        V2XChargingCtrlr|SupportedOperationModes||MemberList|r||{Modes}|=
        V2XChargingCtrlr|LocalLoadBalancing|UpperThreshold|Decimal|w|W|-10000000..10000000|10000000
        V2XChargingCtrlr|LocalLoadBalancing|LowerThreshold|Decimal|w|W|-10000000..10000000|-10000000
        V2XChargingCtrlr|LocalLoadBalancing|UpperOffset|Decimal|w|W|-10000000..10000000|0
        V2XChargingCtrlr|LocalLoadBalancing|LowerOffset|Decimal|w|W|-10000000..10000000|0
        V2XChargingCtrlr|TxUpdatedMeasurands||MemberList|w||{Measurands}|
        DCDERCtrlr|Enabled||Boolean|w|||true
        DCDERCtrlr|MaxW||Decimal|r|W||=
        DCDERCtrlr|MaxVA||Decimal|r|VA||=
        DCDERCtrlr|MaxVar||Decimal|r|var||=
        DCDERCtrlr|MaxVarNeg||Decimal|r|var||=
        DCDERCtrlr|MaxChargeRateW||Decimal|r|W||=
        DCDERCtrlr|ModesSupported||MemberList|r||{DerTypes}|{DerTypes}
        DCDERCtrlr|InverterManufacturer||String|r|||=
        DCDERCtrlr|InverterModel||String|r|||=
        DCDERCtrlr|InverterSwVersion||String|r|||=
        DCDERCtrlr|InverterHwVersion||String|r|||1
        """;

    internal static Dictionary<(string, int, string, string?), ModelVariable> For(int evses) =>
        Enumerable.Range(1, evses).SelectMany(n => Read(Evse, n)).Concat(Read(Station, 0)).ToDictionary(r => r.Key); // a report begins with what most want to know

    internal static bool IsOf21(ModelVariable row) => row.Component is "V2XChargingCtrlr" or "DCDERCtrlr" || row.Name == "DischargePower";

    private static IEnumerable<ModelVariable> Read(string table, int evse) => table.Split('\n', StringSplitOptions.TrimEntries).Select(line =>
    {
        var f = line.Split('|');
        var mutability = f[4][0] switch { 'w' => Mutability.ReadWrite, 'W' => Mutability.WriteOnly, _ => Mutability.ReadOnly };
        return new ModelVariable(f[0], evse, f[1], Optional(f[2]), Enum.Parse<Data>(f[3]), mutability, Optional(f[5]), Optional(f[6]), f[7], f[4].EndsWith('!'));
    });

    private static string? Optional(string field) => field.Length == 0 ? null : field;
}
