using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Device;

/// <summary>One way to a central system.</summary>
/// <param name="Slot">0 = as it left the factory.</param>
/// <param name="Address">Without the station's identity.</param>
/// <param name="Password">Null = none is told.</param>
internal sealed record Network(int Slot, Uri Address, string Identity, int SecurityProfile, string? Password)
{
    internal Uri Full => new(Address.ToString().TrimEnd('/') + "/" + Uri.EscapeDataString(Identity));
}

/// <summary>
/// How the station comes to its central system (A01, A05, B09, B10; 1.6 security whitepaper A01, A05): slots in the order of NetworkConfigurationPriority, each tried NetworkProfileConnectionAttempts times, then the one that worked
/// last. A new order holds from the next boot, a new password from the next connection. What worked at a security profile is never followed by a lower one.
/// </summary>
internal sealed class Networks(DeviceState device)
{
    /// <summary>Slot of what OCPP 1.6 tells, which knows no slots.</summary>
    private const int Slot16 = 1;

    private readonly Dictionary<int, NetworkConnectionProfile> slots = [];
    private List<int> order = [0];
    private int at;
    private int failures;
    private int proven;

    /// <summary>What the next connection is made with.</summary>
    internal Network Next => Of(order[at])!;

    internal SetNetworkProfileResponse Set(SetNetworkProfileRequest asked)
    {
        SetNetworkProfileResponse Answer(SetNetworkProfileStatus status, string? code = null, string? text = null) => new() { Status = status, StatusInfo = code is null ? null : new StatusInfo { ReasonCode = code, AdditionalInfo = text } };
        var data = asked.ConnectionData;
        if (!Uri.TryCreate(data.OcppCsmsUrl, UriKind.Absolute, out var url) || url.Scheme is not ("ws" or "wss")) return Answer(SetNetworkProfileStatus.Rejected, "InvalidURL", $"ocppCsmsUrl is \"{data.OcppCsmsUrl}\", expected ws or wss");
        if (data.SecurityProfile is < 0 or > 3 || (data.SecurityProfile >= 2) != (url.Scheme == "wss")) return Answer(SetNetworkProfileStatus.Rejected, "InvalidValue", $"securityProfile {data.SecurityProfile} does not go with {url.Scheme}");
        if (data.SecurityProfile < Next.SecurityProfile) return Answer(SetNetworkProfileStatus.Rejected, "InvalidValue", $"securityProfile {data.SecurityProfile} is below the one in use, {Next.SecurityProfile} (B09.FR.04)");
        if (data.OcppTransport != OCPPTransport.JSON) return Answer(SetNetworkProfileStatus.Rejected, "UnsupportedParam", "ocppTransport is SOAP, expected JSON");
        slots[asked.ConfigurationSlot] = data;
        return Answer(SetNetworkProfileStatus.Accepted);
    }

    /// <summary>Why the station does not take this order of slots; null = it does.</summary>
    internal string? PriorityFault(string priority)
    {
        foreach (var text in priority.Split(','))
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var slot) || Of(slot) is not { } network) return $"slot \"{text}\" is not set";
            if (ProfileFault(network.SecurityProfile) is { } fault) return fault;
        }

        return null;
    }

    /// <summary>1.6: the key SecurityProfile. The address stays and becomes wss, unless the station was told another one.</summary>
    internal string? Raise(string value)
    {
        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var profile) || profile > 3) return $"SecurityProfile is \"{value}\", expected 0 to 3";
        if (ProfileFault(profile) is { } fault) return fault;
        var url = profile < 2 ? Next.Address : device.Station.SecureAddress ?? new UriBuilder(Next.Address) { Scheme = "wss" }.Uri;
        slots[Slot16] = new NetworkConnectionProfile { OcppCsmsUrl = url.ToString(), SecurityProfile = profile, OcppTransport = OCPPTransport.JSON, OcppInterface = OCPPInterface.Wired0, MessageTimeout = 30 };
        device.Model.Put("OCPPCommCtrlr", "NetworkConfigurationPriority", Slot16.ToString(CultureInfo.InvariantCulture));
        return null;
    }

    /// <summary>A password was set: it takes the place of the one that the slot in use brought along.</summary>
    internal void NewPassword()
    {
        if (slots.TryGetValue(order[at], out var data)) slots[order[at]] = data with { BasicAuthPassword = null };
    }

    /// <summary>The station boots: the order that was set is in force.</summary>
    internal void Booting()
    {
        var set = device.Model.List("OCPPCommCtrlr", "NetworkConfigurationPriority").Select(s => int.Parse(s, CultureInfo.InvariantCulture));
        var worked = order[at];
        order = [.. set.Append(worked).Distinct().Where(s => Of(s) is { } n && n.SecurityProfile >= proven)];
        (at, failures) = (0, 0);
    }

    internal void Failed()
    {
        if (++failures % device.Model.Number("OCPPCommCtrlr", "NetworkProfileConnectionAttempts") == 0) at = (at + 1) % order.Count;
    }

    /// <summary>The central system accepted the station: lower profiles are behind it (A05).</summary>
    internal void Accepted()
    {
        var slot = order[at];
        (failures, proven) = (0, Math.Max(proven, Next.SecurityProfile));
        order = [.. order.Where(s => Of(s)!.SecurityProfile >= proven)];
        at = order.IndexOf(slot);
    }

    /// <summary>The certificate that the central system had signed for the station's own key; null = none yet.</summary>
    internal X509Certificate2? Own => device.Certificates.OwnWithKey;

    private string? ProfileFault(int profile) =>
        profile < Next.SecurityProfile ? $"security profile {profile} is below the one in use, {Next.SecurityProfile} (A05.FR.02)"
        : profile == 3 && Own is null && device.Station.Credentials.Own is null ? "security profile 3 needs a certificate of the station (A05.FR.04)"
        : null;

    private Network? Of(int slot)
    {
        var set = device.Model.Text("SecurityCtrlr", "BasicAuthPassword") is { Length: > 0 } told ? told : null;
        if (slot == 0) return device.Station.Factory with { Password = set ?? device.Station.Credentials.Password };
        return slots.TryGetValue(slot, out var data)
            ? new Network(slot, new Uri(data.OcppCsmsUrl), data.Identity ?? device.Station.Model.Id.Value, data.SecurityProfile, data.BasicAuthPassword ?? set ?? device.Station.Credentials.Password)
            : null;
    }
}
