using NodaTime;
using Penstock.Core.Sites;
using Penstock.Ocpp.V21;
using Penstock.Server.Capability;
using V16 = Penstock.Ocpp.V16;

namespace Penstock.UnitTests.Server.Capability;

public sealed class CapabilityRecordTests
{
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 24, 12, 0);

    private static readonly QuirkProfile Negative = QuirkProfile.None with { Name = "q", NegativeLimits = true };

    [Fact]
    public void Each_source_is_trusted_more_than_the_one_before()
    {
        Assert.Null(Record("ocpp1.6", QuirkProfile.None).Discharge(1));
        Assert.Equal((DischargeMethod.NegativeLimit, FactSource.Quirk), Of(Record("ocpp1.6", Negative)));
        Assert.Equal((DischargeMethod.None, FactSource.Quirk), Of(Record("ocpp1.6", Negative with { NegativeLimits = false })));
        Assert.Equal((DischargeMethod.DataTransfer, FactSource.Quirk), Of(Record("ocpp2.0.1", QuirkProfile.None with { DataTransfer = SetpointTemplate.Empty })));
        Assert.Equal((DischargeMethod.CentralSetpoint, FactSource.Protocol), Of(Record("ocpp2.1", Negative)));
        Assert.Equal((DischargeMethod.None, FactSource.DeviceModel), Of(Record("ocpp2.1", QuirkProfile.None, Fact(FactNames.V2xEnabled, "false"))));
        Assert.Equal((DischargeMethod.CentralSetpoint, FactSource.Probe), Of(Record("ocpp2.1", QuirkProfile.None, Fact(FactNames.V2xEnabled, "false"), Fact(FactNames.Discharge, "CentralSetpoint", FactSource.Probe, 1))));
        Assert.Equal((DischargeMethod.None, FactSource.Probe), Of(Record("ocpp1.6", Negative, Fact(FactNames.Discharge, "None", FactSource.Probe, 1))));
    }

    [Theory]
    [InlineData(1, 0, DischargeMethod.NegativeLimit, FactSource.Operator)]
    [InlineData(0, 1, DischargeMethod.None, FactSource.Probe)]
    public void Of_a_probe_and_an_operator_s_word_the_newer_counts(int operatorAt, int probeAt, DischargeMethod method, FactSource source) => Assert.Equal((method, source), Of(Record("ocpp1.6", QuirkProfile.None,
        Fact(FactNames.Discharge, "None", FactSource.Probe, 1) with { At = Now + Duration.FromHours(probeAt) },
        Fact(FactNames.Discharge, "NegativeLimit", FactSource.Operator, 1) with { At = Now + Duration.FromHours(operatorAt) })));

    [Fact]
    public void Modes_without_central_setpoint_and_a_discharge_rating_of_zero_forbid_and_v2x_that_is_off_outranks_its_modes()
    {
        Assert.Equal(DischargeMethod.CentralSetpoint, Of(Record("ocpp2.1", QuirkProfile.None, Fact(FactNames.OperationModes, "ChargingOnly,CentralSetpoint"))).Method);
        Assert.Equal(DischargeMethod.None, Of(Record("ocpp2.1", QuirkProfile.None, Fact(FactNames.OperationModes, "ChargingOnly,LocalFrequency"))).Method);
        Assert.Equal(DischargeMethod.None, Of(Record("ocpp2.1", QuirkProfile.None, Fact(FactNames.DischargePowerMaxW, "0", evse: 1))).Method);
        Assert.Equal(DischargeMethod.None, Of(Record("ocpp2.1", QuirkProfile.None, Fact(FactNames.OperationModes, "CentralSetpoint"), Fact(FactNames.V2xEnabled, "false"))).Method);
    }

    [Fact]
    public void Operation_modes_of_a_version_that_cannot_ask_for_them_say_nothing() =>
        Assert.Null(Record("ocpp2.0.1", QuirkProfile.None, Fact(FactNames.OperationModes, "ChargingOnly,CentralSetpoint")).Discharge(1));

    [Fact]
    public void What_is_said_of_one_evse_is_not_said_of_another()
    {
        var record = Record("ocpp2.1", QuirkProfile.None, Fact(FactNames.V2xEnabled, "false", evse: 2));
        Assert.Equal((DischargeMethod.CentralSetpoint, DischargeMethod.None), (record.Discharge(1)!.Value.Method, record.Discharge(2)!.Value.Method));
    }

    [Fact]
    public void The_station_s_own_rate_unit_and_stack_level_correct_the_quirk_profile()
    {
        var fitted = Record("ocpp1.6", QuirkProfile.None with { StackLevel = 8 }, Fact(FactNames.StackLevelMax, "0"), Fact(FactNames.RateUnits, "A"), Fact(FactNames.Phases, "1", evse: 1)).Profile;
        Assert.Equal((0, RateUnit.A, 1), (fitted.StackLevel, fitted.RateUnit, fitted.Phases));
        Assert.Equal(RateUnit.W, Record("ocpp1.6", QuirkProfile.None, Fact(FactNames.RateUnits, "A,W")).Profile.RateUnit);
    }

    [Fact]
    public void The_device_model_is_read_by_the_names_of_the_appendix()
    {
        var facts = DeviceModelFacts.Of(
        [
            Row("V2XChargingCtrlr", "Enabled", "TRUE", 1), Row("V2XChargingCtrlr", "SupportedOperationModes", "ChargingOnly, CentralSetpoint", 1), Row("V2XChargingCtrlr", "SupportedEnergyTransferModes", "DC,DC_BPT", 1),
            Row("SmartChargingCtrlr", "ProfileStackLevel", "9"), Row("SmartChargingCtrlr", "RateUnit", "A,W"), Row("ISO15118Ctrlr", "ServiceRenegotiationSupport", "1", 1), Row("DCDERCtrlr", "ModesSupported", "FreqWatt", 1),
            Row("Connector", "ConnectorType", "cCCS2", 1), Row("EVSE", "Power", "3.5", 1, 11_000, "W"), Row("EVSE", "DischargePower", "0", 1, 10, "kW"),
            Row("EVSE", "Power", "0", 2, 9e20m, "W"), Row("SmartChargingCtrlr", "ProfileStackLevel", "many"), Row("V2XChargingCtrlr", "Enabled", "perhaps"), Row("Other", "Thing", "1"),
        ], Now).ToList();
        Assert.Equal(
            "1.bidirectional= 1.chargePowerMaxW=11000 1.connectorType=cCCS2 1.dcDerModes=FreqWatt 1.dischargePowerMaxW=10000 1.energyTransferModes=DC,DC_BPT 1.operationModes=ChargingOnly,CentralSetpoint 1.serviceRenegotiation=true 1.v2xEnabled=true rateUnits=A,W stackLevelMax=9"
                .Replace("1.bidirectional= ", "", StringComparison.Ordinal),
            string.Join(' ', facts.Select(f => $"{(f.Evse == 0 ? "" : $"{f.Evse}.")}{f.Name}={f.Value}").Order(StringComparer.Ordinal)));
        var record = Record("ocpp2.1", QuirkProfile.None, [.. facts]);
        Assert.Equal(("true", FactSource.DeviceModel), (record.Best(FactNames.Bidirectional, 1)!.Value, Of(record).Source));
    }

    [Fact]
    public void The_keys_of_1_6_are_read_with_the_spellings_that_stations_use()
    {
        var facts = DeviceModelFacts.Of(
        [
            Key("SupportedFeatureProfiles", "Core, SmartCharging"), Key("ChargeProfileMaxStackLevel", "3"), Key("ChargingScheduleAllowedChargingRateUnit", "Current"), Key("ConnectorSwitch3to1PhaseSupported", "True"), Key("Vendor", "x"),
        ], Now).ToDictionary(f => f.Name, f => f.Value);
        Assert.Equal(("Core,SmartCharging", "true", "3", "A", "true", 5), (facts["featureProfiles"], facts["smartChargingAvailable"], facts[FactNames.StackLevelMax], facts[FactNames.RateUnits], facts["phaseSwitching"], facts.Count));
        Assert.Equal("W", DeviceModelFacts.Of([Key("ChargingScheduleAllowedChargingRateUnit", "W")], Now).Single().Value); // instead of Power
        Assert.Equal("A,W", DeviceModelFacts.Of([Key("ChargingScheduleAllowedChargingRateUnit", "Current,Power")], Now).Single().Value);
        Assert.Empty(DeviceModelFacts.Of([Key("ChargingScheduleAllowedChargingRateUnit", "Volts"), Key("ChargeProfileMaxStackLevel", null)], Now));
    }

    [Fact]
    public void A_transfer_mode_that_was_agreed_on_shows_that_energy_flows_both_ways()
    {
        var message = new NotifyEVChargingNeedsRequest { EvseId = 2, ChargingNeeds = new ChargingNeeds { RequestedEnergyTransfer = EnergyTransferMode.DCBPT, ControlMode = ControlMode.DynamicControl } };
        var facts = NeedsFacts.Of(message, Now).ToList();
        Assert.All(facts, f => Assert.Equal((2, FactSource.Needs), (f.Evse, f.Source)));
        Assert.Equal("true", facts.Single(f => f.Name == FactNames.Bidirectional).Value);
    }

    private static CapabilityRecord Record(string protocol, QuirkProfile quirk, params CapabilityFact[] facts) => new(protocol, Now, quirk, facts);

    private static CapabilityFact Fact(string name, string value, FactSource source = FactSource.DeviceModel, int evse = 0) => new(name, evse, value, source, Now);

    private static (DischargeMethod Method, FactSource Source) Of(CapabilityRecord record) => record.Discharge(1) is var (method, fact) ? (method, fact.Source) : default;

    private static V16.ConfigurationKey Key(string key, string? value) => new() { Key = key, Readonly = true, Value = value };

    private static ReportData Row(string component, string variable, string value, int? evse = null, decimal? most = null, string? unit = null) => new()
    {
        Component = new Component { Name = component, Evse = evse is { } id ? new EVSE { Id = id } : null }, Variable = new Variable { Name = variable }, VariableAttribute = [new VariableAttribute { Value = value }],
        VariableCharacteristics = most is null ? null : new VariableCharacteristics { DataType = Data.Decimal, MaxLimit = most, Unit = unit, SupportsMonitoring = false },
    };
}
