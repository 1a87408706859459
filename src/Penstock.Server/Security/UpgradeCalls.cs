using System.Globalization;
using Penstock.Core.Sites;
using Penstock.Ocpp;
using Penstock.Ocpp.Rpc;
using V16 = Penstock.Ocpp.V16;
using V201 = Penstock.Ocpp.V201;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Security;

/// <summary>What a station is to come with.</summary>
/// <param name="Current">What it is known at; the profile's calls are left out when it stays.</param>
/// <param name="Password">A new password; null = it keeps its own, or needs none.</param>
/// <param name="Url">Where it connects to then, without its identity; null = where it does (OCPP 1.6 cannot be told).</param>
/// <param name="Slot">Slot of the network profile in 2.x.</param>
public sealed record UpgradeWish(SecurityProfile Current, SecurityProfile Profile, string? Password, string? Url, int Slot);

public enum UpgradeAnswer
{
    Accepted,

    /// <summary>Accepted once it has booted.</summary>
    RebootRequired,
    Refused,

    /// <summary>It may have taken it or not.</summary>
    NoAnswer,
}

/// <summary>One CALL of an upgrade.</summary>
/// <param name="SendAsync">Sends it; what the station said, and the words for the operator.</param>
public sealed record UpgradeCall(string Action, IOcppChecked Request, Func<OcppConnection, Task<(UpgradeAnswer Answer, string Text)>> SendAsync)
{
    internal static UpgradeCall Of<TRequest, TResponse>(TRequest request, Func<TResponse, (UpgradeAnswer, string)> read)
        where TRequest : class, IOcppRequest<TRequest, TResponse>
        where TResponse : class, IOcppMessage<TResponse> => new(TRequest.ActionName, request, async connection =>
    {
        var outcome = await connection.CallAsync<TRequest, TResponse>(request);
        return outcome.Status switch
        {
            CallStatus.Answered => read(outcome.Response!),
            CallStatus.Refused => (UpgradeAnswer.Refused, $"{TRequest.ActionName}: {outcome.ErrorCode} {outcome.ErrorDescription}"),
            CallStatus.TimedOut or CallStatus.Closed => (UpgradeAnswer.NoAnswer, $"{TRequest.ActionName}: {outcome.Status}"),
            _ => (UpgradeAnswer.Refused, $"{TRequest.ActionName}: {outcome.Status}"), // it never left
        };
    });
}

/// <summary>The CALLs that bring a station to another profile or password, in their order, as a pure function (2.x A05, B09, B10; 1.6 whitepaper A05).</summary>
public static class UpgradeCalls
{
    /// <summary>Seconds that the station waits for an answer of ours, told in its network profile.</summary>
    private const int MessageTimeoutSeconds = 30;

    public static IReadOnlyList<UpgradeCall> For(OcppVersion version, StationId station, UpgradeWish wish) => version switch
    {
        OcppVersion.V16 => For16(wish),
        OcppVersion.V201 => wish.Profile == wish.Current ? [Set201(Password201(wish.Password!))] : For201(wish),
        _ => wish.Profile == wish.Current ? [Set21(Password21(wish.Password!))] : For21(station, wish),
    };

    /// <summary>Why this version cannot do it; null = it can.</summary>
    public static string? Fault(OcppVersion version, UpgradeWish wish) =>
        version == OcppVersion.V16 && wish.Password is { } key && StationPassword.FaultIn16(key) is { } fault ? fault
        : version != OcppVersion.V16 && wish.Profile != wish.Current && wish.Url is null ? "url is missing: OCPP 2.x tells the station where to connect (or set Penstock:Security:PublicUrl)."
        : wish.Url is { } url && !SecurityOptions.IsUrl(url, wish.Profile >= SecurityProfile.TlsWithBasic ? "wss" : "ws") ? $"url is a {(wish.Profile >= SecurityProfile.TlsWithBasic ? "wss" : "ws")} address for security profile {(int)wish.Profile}."
        : null;

    /// <summary>The key first: a station that changes its profile reconnects with it. Booted where it asks for that.</summary>
    private static List<UpgradeCall> For16(UpgradeWish wish)
    {
        var calls = new List<UpgradeCall>();
        if (wish.Password is { } key) calls.Add(Change16("AuthorizationKey", key));
        if (wish.Profile != wish.Current) calls.Add(Change16("SecurityProfile", ((int)wish.Profile).ToString(CultureInfo.InvariantCulture)));
        return calls;
    }

    /// <summary>Set201 carries the password together with the priority: a station reconnects as soon as it has a new password.</summary>
    private static List<UpgradeCall> For201(UpgradeWish wish) =>
    [
        UpgradeCall.Of<V201.SetNetworkProfileRequest, V201.SetNetworkProfileResponse>(
            new V201.SetNetworkProfileRequest
            {
                ConfigurationSlot = wish.Slot,
                ConnectionData = new V201.NetworkConnectionProfile
                {
                    OcppVersion = V201.OCPPVersion.OCPP20, OcppTransport = V201.OCPPTransport.JSON, OcppInterface = V201.OCPPInterface.Wired0, OcppCsmsUrl = wish.Url!, MessageTimeout = MessageTimeoutSeconds,
                    SecurityProfile = (int)wish.Profile,
                },
            },
            r => Read(r.Status == V201.SetNetworkProfileStatus.Accepted, "SetNetworkProfile", r.Status, r.StatusInfo?.ReasonCode)),
        Set201([Variable201("OCPPCommCtrlr", "NetworkConfigurationPriority", Slot(wish)), .. wish.Password is { } password ? Password201(password) : []]),
        UpgradeCall.Of<V201.ResetRequest, V201.ResetResponse>(new V201.ResetRequest { Type = V201.Reset.OnIdle }, r => Read(r.Status != V201.ResetStatus.Rejected, "Reset", r.Status, r.StatusInfo?.ReasonCode)),
    ];

    /// <summary>The slot has a password of its own: the old one keeps the old password until the station boots.</summary>
    private static List<UpgradeCall> For21(StationId station, UpgradeWish wish) =>
    [
        UpgradeCall.Of<V21.SetNetworkProfileRequest, V21.SetNetworkProfileResponse>(
            new V21.SetNetworkProfileRequest
            {
                ConfigurationSlot = wish.Slot,
                ConnectionData = new V21.NetworkConnectionProfile
                {
                    OcppVersion = V21.OCPPVersion.OCPP21, OcppTransport = V21.OCPPTransport.JSON, OcppInterface = V21.OCPPInterface.Any, OcppCsmsUrl = wish.Url!, MessageTimeout = MessageTimeoutSeconds,
                    SecurityProfile = (int)wish.Profile, Identity = station.Value, BasicAuthPassword = wish.Password,
                },
            },
            r => Read(r.Status == V21.SetNetworkProfileStatus.Accepted, "SetNetworkProfile", r.Status, r.StatusInfo?.ReasonCode)),
        Set21([Variable21("OCPPCommCtrlr", "NetworkConfigurationPriority", Slot(wish))]),
        UpgradeCall.Of<V21.ResetRequest, V21.ResetResponse>(new V21.ResetRequest { Type = V21.Reset.OnIdle }, r => Read(r.Status != V21.ResetStatus.Rejected, "Reset", r.Status, r.StatusInfo?.ReasonCode)),
    ];

    internal static UpgradeCall Boot16() =>
        UpgradeCall.Of<V16.ResetRequest, V16.ResetResponse>(new V16.ResetRequest { Type = V16.Reset.Soft }, r => Read(r.Status == V16.ResetStatus.Accepted, "Reset", r.Status, null));

    private static UpgradeCall Change16(string key, string value) => UpgradeCall.Of<V16.ChangeConfigurationRequest, V16.ChangeConfigurationResponse>(
        new V16.ChangeConfigurationRequest { Key = key, Value = value },
        r => r.Status == V16.ChangeConfigurationStatus.RebootRequired ? (UpgradeAnswer.RebootRequired, key) : Read(r.Status == V16.ChangeConfigurationStatus.Accepted, key, r.Status, null));

    private static V201.SetVariableData[] Password201(string password) => [Variable201("SecurityCtrlr", "BasicAuthPassword", password)];

    private static V21.SetVariableData[] Password21(string password) => [Variable21("SecurityCtrlr", "BasicAuthPassword", password)];

    private static V201.SetVariableData Variable201(string component, string variable, string value) =>
        new() { AttributeValue = value, Component = new V201.Component { Name = component }, Variable = new V201.Variable { Name = variable } };

    private static V21.SetVariableData Variable21(string component, string variable, string value) =>
        new() { AttributeValue = value, Component = new V21.Component { Name = component }, Variable = new V21.Variable { Name = variable } };

    private static UpgradeCall Set201(V201.SetVariableData[] data) => UpgradeCall.Of<V201.SetVariablesRequest, V201.SetVariablesResponse>(
        new V201.SetVariablesRequest { SetVariableData = data }, r => Read(r.SetVariableResult.Select(v => (v.Variable.Name, v.AttributeStatus.ToString()))));

    private static UpgradeCall Set21(V21.SetVariableData[] data) => UpgradeCall.Of<V21.SetVariablesRequest, V21.SetVariablesResponse>(
        new V21.SetVariablesRequest { SetVariableData = data }, r => Read(r.SetVariableResult.Select(v => (v.Variable.Name, v.AttributeStatus.ToString()))));

    private static (UpgradeAnswer, string) Read(IEnumerable<(string Name, string Status)> results)
    {
        var text = string.Join(", ", results.Select(r => $"{r.Name}: {r.Status}"));
        return results.Any(r => r.Status is not ("Accepted" or "RebootRequired")) ? (UpgradeAnswer.Refused, text)
            : results.Any(r => r.Status == "RebootRequired") ? (UpgradeAnswer.RebootRequired, text)
            : (UpgradeAnswer.Accepted, text);
    }

    private static (UpgradeAnswer, string) Read<TStatus>(bool accepted, string what, TStatus status, string? reason) => (accepted ? UpgradeAnswer.Accepted : UpgradeAnswer.Refused, $"{what}: {status}{(reason is null ? "" : $" ({reason})")}");

    private static string Slot(UpgradeWish wish) => wish.Slot.ToString(CultureInfo.InvariantCulture);
}
