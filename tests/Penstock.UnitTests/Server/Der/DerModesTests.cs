using NodaTime;
using Penstock.Core.Der;
using Penstock.Core.Sites;
using Penstock.Server.Capability;
using Penstock.Server.Der;

namespace Penstock.UnitTests.Server.Der;

/// <summary>Types of control by the device model.</summary>
public sealed class DerModesTests
{
    [Fact]
    public void The_lists_of_all_inverters_count_together_and_what_is_no_type_says_nothing()
    {
        Assert.Null(DerModes.Of(Record()));
        Assert.Null(DerModes.Of(Record((1, FactNames.DcDerModes, "7,Volt-VAR,true"))));
        Assert.Equal([DerControlType.FreqWatt, DerControlType.FixedVar, DerControlType.VoltVar], DerModes.Of(Record((1, FactNames.DcDerModes, "VoltVar,FreqWatt,Charge"), (2, FactNames.AcDerModes, "FixedVar,VoltVar"))));
    }

    [Fact]
    public void A_type_is_refused_only_where_it_is_left_out_and_the_text_names_the_others()
    {
        Assert.Null(DerModes.Refusal(Station, Record(), DerControlType.VoltVar));
        var known = Record((1, FactNames.DcDerModes, "VoltVar,FreqWatt"));
        Assert.Null(DerModes.Refusal(Station, known, DerControlType.VoltVar));
        Assert.StartsWith("Station CS-1 does not execute FixedVar: its device model (ModesSupported) names FreqWatt, VoltVar.", DerModes.Refusal(Station, known, DerControlType.FixedVar), StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_all_types_is_kept_whole()
    {
        var row = new Penstock.Ocpp.V21.ReportData
        {
            Component = new() { Name = "DCDERCtrlr" }, Variable = new() { Name = "ModesSupported" }, VariableAttribute = [new() { Value = string.Join(',', Enum.GetNames<DerControlType>()) }],
        };
        var facts = DeviceModelFacts.Of([row], default).ToList();
        Assert.Equal(22, DerModes.Of(new CapabilityRecord("ocpp2.1", default, QuirkProfile.None, facts))!.Count);
    }

    private static readonly StationId Station = new("CS-1");

    private static CapabilityRecord Record(params (int Evse, string Name, string Value)[] facts) =>
        new("ocpp2.1", default, QuirkProfile.None, facts.Select(f => new CapabilityFact(f.Name, f.Evse, f.Value, FactSource.DeviceModel, default(Instant))));
}
