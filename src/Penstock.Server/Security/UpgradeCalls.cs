using System.Globalization;
using System.Text.Json;
using Penstock.Core.Sites;
using Penstock.Ocpp;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.Rpc;
using V16 = Penstock.Ocpp.V16;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Security;

/// <summary>What a station is to come with.</summary>
/// <param name="Current">What it is known at; the profile's calls are left out when it stays.</param>
/// <param name="Password">A new password; null = it keeps its own, or needs none.</param>
/// <param name="Url">Where it connects to then, without its identity; null = where it does (OCPP 1.6 cannot be told).</param>
/// <param name="Slot">Slot of the network profile in 2.x.</param>
/// <param name="Generated">The password is <see cref="StationPassword.Generate"/>'s.</param>
public sealed record UpgradeWish(SecurityProfile Current, SecurityProfile Profile, string? Password, string? Url, int Slot, bool Generated);

/// <summary>One CALL of an upgrade.</summary>
/// <param name="Request">The record of the station's version.</param>
public sealed record UpgradeCall(OcppAction Action, IOcppChecked Request);

/// <summary>The CALLs that bring a station to another profile or password, in their order, as a pure function (2.x A05, B09, B10; 1.6 whitepaper A05).</summary>
public static class UpgradeCalls
{
    /// <summary>Seconds that the station waits for an answer of ours, told in its network profile.</summary>
    private const int MessageTimeoutSeconds = 30;

    public static IReadOnlyList<UpgradeCall> For(OcppVersion version, StationId station, UpgradeWish wish)
    {
        var stays = wish.Profile == wish.Current;
        var calls = version == OcppVersion.V16 ? For16(wish, stays) : stays ? [Set(Password(wish.Password!))] : version == OcppVersion.V201 ? For201(wish) : For21(station, wish);
        return [.. calls.Select(c => Of(version, c.Action, c.Request))];
    }

    /// <summary>Why this version cannot do it; null = it can.</summary>
    public static string? Fault(OcppVersion version, UpgradeWish wish) =>
        version == OcppVersion.V16 && wish.Password is { } key && StationPassword.FaultIn16(key) is { } fault ? fault
        : version != OcppVersion.V16 && wish.Profile != wish.Current && wish.Url is null ? "url is missing: OCPP 2.x tells the station where to connect (or set Penstock:Security:PublicUrl)."
        : wish.Url is { } url && !SecurityOptions.IsUrl(url, wish.Profile >= SecurityProfile.TlsWithBasic ? "wss" : "ws") ? $"url is a {(wish.Profile >= SecurityProfile.TlsWithBasic ? "wss" : "ws")} address for security profile {(int)wish.Profile}."
        : null;

    internal static UpgradeCall Boot16 => Of(OcppVersion.V16, "Reset", new V16.ResetRequest { Type = V16.Reset.Soft });

    /// <summary>The key first: a station that changes its profile reconnects with it.</summary>
    private static IEnumerable<(string Action, IOcppChecked Request)> For16(UpgradeWish wish, bool stays)
    {
        if (wish.Password is { } key) yield return ("ChangeConfiguration", new V16.ChangeConfigurationRequest { Key = "AuthorizationKey", Value = key });
        if (!stays) yield return ("ChangeConfiguration", new V16.ChangeConfigurationRequest { Key = "SecurityProfile", Value = Text((int)wish.Profile) });
    }

    /// <summary>Priority and password at once: a station reconnects as soon as it has a new password.</summary>
    private static (string Action, IOcppChecked Request)[] For201(UpgradeWish wish) => [Network(wish, V21.OCPPVersion.OCPP20), Set([Priority(wish), .. wish.Password is { } password ? Password(password) : []]), Boot];

    /// <summary>The slot has a password of its own: the old one keeps the old password until the station boots.</summary>
    private static (string Action, IOcppChecked Request)[] For21(StationId station, UpgradeWish wish) => [Network(wish, V21.OCPPVersion.OCPP21, station.Value, wish.Password), Set([Priority(wish)]), Boot];

    private static (string, IOcppChecked) Network(UpgradeWish wish, V21.OCPPVersion version, string? identity = null, string? password = null) => ("SetNetworkProfile", new V21.SetNetworkProfileRequest
    {
        ConfigurationSlot = wish.Slot,
        ConnectionData = new V21.NetworkConnectionProfile
        {
            OcppVersion = version, OcppTransport = V21.OCPPTransport.JSON, OcppInterface = V21.OCPPInterface.Wired0, OcppCsmsUrl = wish.Url!, MessageTimeout = MessageTimeoutSeconds,
            SecurityProfile = (int)wish.Profile, Identity = identity, BasicAuthPassword = password,
        },
    });

    private static (string Action, IOcppChecked Request) Boot => ("Reset", new V21.ResetRequest { Type = V21.Reset.OnIdle });

    private static (string, IOcppChecked) Set(V21.SetVariableData[] data) => ("SetVariables", new V21.SetVariablesRequest { SetVariableData = data });

    private static V21.SetVariableData Priority(UpgradeWish wish) => Variable("OCPPCommCtrlr", "NetworkConfigurationPriority", Text(wish.Slot));

    private static V21.SetVariableData[] Password(string password) => [Variable("SecurityCtrlr", "BasicAuthPassword", password)];

    private static V21.SetVariableData Variable(string component, string variable, string value) =>
        new() { AttributeValue = value, Component = new V21.Component { Name = component }, Variable = new V21.Variable { Name = variable } };

    /// <summary>The record of the station's version; those of 2.0.1 are made of what they have in common with 2.1.</summary>
    private static UpgradeCall Of(OcppVersion version, string name, IOcppChecked request)
    {
        var action = OcppCatalogue.Actions(version)[name];
        if (version != OcppVersion.V201) return new UpgradeCall(action, request);
        var (message, violation) = PayloadReader.Read(JsonSerializer.SerializeToElement(request, V21.V21Actions.All[name].Request), action.Request);
        return new UpgradeCall(action, message ?? throw new InvalidOperationException($"{name} of 2.1 is none of 2.0.1: {violation?.Text}"));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
