using Penstock.Ocpp.V21;
using Penstock.Simulator.Stations.Device;
using Penstock.UnitTests.Ocpp;
using Attribute = Penstock.Ocpp.V21.Attribute;

namespace Penstock.UnitTests.Simulator.Stations.Device;

public sealed class DeviceModelTests
{
    private readonly DeviceModel model = new(2, row => $"live {row.Name}");

    [Fact]
    public void A_variable_is_set_within_its_limits_and_says_what_was_wrong()
    {
        Assert.Equal((SetVariableStatus.Accepted, null), Set("OCPPCommCtrlr", "HeartbeatInterval", "60"));
        Assert.Equal(60, model.Number("OCPPCommCtrlr", "HeartbeatInterval"));
        Assert.Equal((SetVariableStatus.Rejected, "ValueOutOfRange"), Set("OCPPCommCtrlr", "HeartbeatInterval", "0"));
        Assert.Equal((SetVariableStatus.Rejected, "InvalidValue"), Set("OCPPCommCtrlr", "HeartbeatInterval", "soon"));
        Assert.Equal((SetVariableStatus.Rejected, "InvalidValue"), Set("AuthCtrlr", "LocalPreAuthorize", "yes"));
        Assert.Equal((SetVariableStatus.Rejected, "InvalidValue"), Set("SampledDataCtrlr", "TxUpdatedMeasurands", "SoC,Nonsense"));
        Assert.Equal((SetVariableStatus.Accepted, null), Set("SampledDataCtrlr", "TxUpdatedMeasurands", "SoC,Frequency"));
        Assert.Equal((SetVariableStatus.Rejected, "ReadOnly"), Set("ChargingStation", "Model", "x"));
        Assert.Equal((SetVariableStatus.RebootRequired, null), Set("SecurityCtrlr", "BasicAuthPassword", "x"));
        Assert.Equal((SetVariableStatus.UnknownVariable, null), Set("AuthCtrlr", "None", "x"));
        Assert.Equal((SetVariableStatus.UnknownComponent, null), Set("None", "None", "x"));
        Assert.Equal(60, model.Number("OCPPCommCtrlr", "HeartbeatInterval"));
    }

    [Fact]
    public void A_variable_is_read_by_name_without_regard_to_case_and_secrets_are_not()
    {
        Assert.Equal((GetVariableStatus.Accepted, "live Model"), Get("chargingstation", "MODEL"));
        Assert.Equal((GetVariableStatus.Rejected, null), Get("SecurityCtrlr", "BasicAuthPassword"));
        Assert.Equal((GetVariableStatus.NotSupportedAttributeType, null), Get("ChargingStation", "Model", Attribute.Target));
        Assert.Equal((GetVariableStatus.UnknownComponent, null), Get("Nowhere", "Model"));
    }

    /// <summary>The names are those of the standard's appendix, where it is here.</summary>
    [Fact]
    public void Every_component_and_variable_is_one_of_the_standard()
    {
        var file = Path.Combine(Schemas.Checkout(), "..", "shared", "ocpp", "appendices-2.1-v2.0", "dm_components_vars.csv");
        if (!File.Exists(file)) Assert.Skip("needs ../shared/ocpp");
        var rows = File.ReadAllLines(file, System.Text.Encoding.Latin1).Select(l => l.Split(';')).Where(f => f.Length > 2).ToList();
        var (own, generic) = (rows.Select(f => f[0].Trim() + "." + f[1].Trim()).ToHashSet(), rows.Where(f => f[0] == "<generic>").Select(f => f[1].Trim()).ToHashSet());
        Assert.Empty(model.Rows.Where(r => !own.Contains($"{r.Component}.{r.Name}") && !generic.Contains(r.Name)).Select(r => $"{r.Component}.{r.Name}").Distinct());
    }

    [Fact]
    public void A_local_list_grows_by_differences_and_versions_go_up()
    {
        var list = new LocalList();
        AuthorizationData Entry(string token, AuthorizationStatus? status) => new() { IdToken = new IdToken { IdTokenValue = token, Type = "Central" }, IdTokenInfo = status is { } s ? new IdTokenInfo { Status = s } : null };
        SendLocalListStatus Send(int version, Update how, params AuthorizationData[] entries) => list.Send(new SendLocalListRequest { VersionNumber = version, UpdateType = how, LocalAuthorizationList = entries }).Status;
        var now = DateTimeOffset.UnixEpoch;
        Assert.Equal(SendLocalListStatus.Accepted, Send(1, Update.Full, Entry("A", AuthorizationStatus.Accepted), Entry("B", AuthorizationStatus.Blocked)));
        Assert.Equal((true, false, null), (list.Allows("a", now), list.Allows("B", now), list.Allows("C", now)));
        Assert.Equal(SendLocalListStatus.Accepted, Send(2, Update.Differential, Entry("A", null), Entry("C", AuthorizationStatus.Accepted)));
        Assert.Equal((null, false, true), (list.Allows("A", now), list.Allows("B", now), list.Allows("C", now)));
        Assert.Equal(SendLocalListStatus.VersionMismatch, Send(2, Update.Differential));
        Assert.Equal(SendLocalListStatus.Failed, Send(3, Update.Full, Entry("A", null), Entry("a", null)));
        Assert.Equal((2, 2), (list.Version, list.Count));
        Assert.Equal(SendLocalListStatus.Failed, Send(4, Update.Full, [.. Enumerable.Range(0, LocalList.Max + 1).Select(n => Entry($"T{n}", AuthorizationStatus.Accepted))]));
    }

    private (SetVariableStatus, string?) Set(string component, string name, string value)
    {
        var result = model.Set(new SetVariableData { Component = new Component { Name = component }, Variable = new Variable { Name = name }, AttributeValue = value });
        return (result.AttributeStatus, result.AttributeStatusInfo?.ReasonCode);
    }

    private (GetVariableStatus, string?) Get(string component, string name, Attribute? attribute = null)
    {
        var result = model.Get(new GetVariableData { Component = new Component { Name = component }, Variable = new Variable { Name = name }, AttributeType = attribute });
        return (result.AttributeStatus, result.AttributeValue);
    }
}
