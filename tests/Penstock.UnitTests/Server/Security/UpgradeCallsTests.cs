using System.Text.Json;
using Penstock.Core.Sites;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Security;

namespace Penstock.UnitTests.Server.Security;

public sealed class UpgradeCallsTests
{
    private const string Password = "00112233445566778899AABBCCDDEEFF00112233";
    private static readonly StationId Station = new("CS-1");

    private static UpgradeWish Wish(SecurityProfile from, SecurityProfile to, string? password = Password) => new(from, to, password, "wss://csms.example/ocpp", 2, Generated: true);

    [Fact]
    public void A_station_of_1_6_gets_the_key_and_then_the_profile() => Assert.Equal(
        ["""ChangeConfiguration {"key":"AuthorizationKey","value":"00112233445566778899AABBCCDDEEFF00112233"}""", """ChangeConfiguration {"key":"SecurityProfile","value":"2"}"""],
        Texts(OcppVersion.V16, Wish(SecurityProfile.Basic, SecurityProfile.TlsWithBasic)));

    [Fact]
    public void A_station_of_2_0_1_gets_a_network_profile_then_priority_and_password_at_once_then_a_reset()
    {
        var calls = Texts(OcppVersion.V201, Wish(SecurityProfile.Basic, SecurityProfile.TlsWithBasic));
        Assert.Equal(["SetNetworkProfile", "SetVariables", "Reset"], calls.Select(c => c.Split(' ')[0]));
        Assert.Contains("\"securityProfile\":2", calls[0], StringComparison.Ordinal);
        Assert.DoesNotContain("assword", calls[0], StringComparison.Ordinal);
        Assert.Contains("\"NetworkConfigurationPriority\"", calls[1], StringComparison.Ordinal);
        Assert.Contains("\"BasicAuthPassword\"", calls[1], StringComparison.Ordinal);
        Assert.Contains("OnIdle", calls[2], StringComparison.Ordinal);
    }

    [Fact]
    public void A_station_of_2_1_gets_the_password_with_the_slot()
    {
        var calls = Texts(OcppVersion.V21, Wish(SecurityProfile.Basic, SecurityProfile.TlsWithBasic));
        Assert.Equal(["SetNetworkProfile", "SetVariables", "Reset"], calls.Select(c => c.Split(' ')[0]));
        Assert.Contains("\"identity\":\"CS-1\"", calls[0], StringComparison.Ordinal);
        Assert.Contains($"\"basicAuthPassword\":\"{Password}\"", calls[0], StringComparison.Ordinal);
        Assert.DoesNotContain(Password, calls[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OcppVersion.V16, 1)]
    [InlineData(OcppVersion.V201, 1)]
    [InlineData(OcppVersion.V21, 1)]
    public void A_new_password_alone_is_one_call_and_the_profile_stays(OcppVersion version, int calls)
    {
        var texts = Texts(version, Wish(SecurityProfile.TlsWithBasic, SecurityProfile.TlsWithBasic));
        Assert.Equal(calls, texts.Count);
        Assert.Contains(Password, texts[0], StringComparison.Ordinal);
        Assert.DoesNotContain("ecurityProfile", texts[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_needs_no_password() => Assert.All(Enum.GetValues<OcppVersion>(), version =>
        Assert.All(Texts(version, Wish(SecurityProfile.TlsWithBasic, SecurityProfile.MutualTls, null)), c => Assert.False(c.Contains("assword", StringComparison.Ordinal) || c.Contains("AuthorizationKey", StringComparison.Ordinal), c)));

    [Fact]
    public void What_a_version_cannot_carry_is_told_before_anything_is_sent()
    {
        Assert.Contains("hexadecimal", UpgradeCalls.Fault(OcppVersion.V16, Wish(SecurityProfile.None, SecurityProfile.Basic, "correct horse battery") with { Url = null }), StringComparison.Ordinal);
        Assert.Contains("url is missing", UpgradeCalls.Fault(OcppVersion.V201, Wish(SecurityProfile.None, SecurityProfile.TlsWithBasic) with { Url = null }), StringComparison.Ordinal);
        Assert.Contains("wss address", UpgradeCalls.Fault(OcppVersion.V21, Wish(SecurityProfile.None, SecurityProfile.TlsWithBasic) with { Url = "ws://csms.example" }), StringComparison.Ordinal);
        Assert.Null(UpgradeCalls.Fault(OcppVersion.V16, Wish(SecurityProfile.None, SecurityProfile.TlsWithBasic) with { Url = null }));
    }

    private static List<string> Texts(OcppVersion version, UpgradeWish wish) => [.. UpgradeCalls.For(version, Station, wish).Select(c =>
    {
        Assert.Null(c.Request.Check());
        return $"{c.Action.Name} {JsonSerializer.Serialize(c.Request, c.Action.Request)}";
    })];
}
