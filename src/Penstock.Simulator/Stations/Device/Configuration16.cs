using System.Globalization;
using Penstock.Ocpp.V16;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Device;

/// <summary>Configuration keys of OCPP 1.6 (chapter 9 and the security extension) as names of device model variables; a key without a variable has a fixed value.</summary>
internal static class Configuration16
{
    // key | component.variable[/instance] or = fixed value
    private const string Table = """
        AllowOfflineTxForUnknownId|=false
        AuthorizationCacheEnabled|AuthCacheCtrlr.Enabled
        AuthorizationKey|SecurityCtrlr.BasicAuthPassword
        AuthorizeRemoteTxRequests|AuthCtrlr.AuthorizeRemoteStart
        ChargeProfileMaxStackLevel|SmartChargingCtrlr.ProfileStackLevel
        ChargingScheduleAllowedChargingRateUnit|=Current,Power
        ChargingScheduleMaxPeriods|SmartChargingCtrlr.PeriodsPerSchedule
        ClockAlignedDataInterval|AlignedDataCtrlr.Interval
        ConnectionTimeOut|TxCtrlr.EVConnectionTimeOut
        ConnectorPhaseRotation|=0.RST
        CpoName|SecurityCtrlr.OrganizationName
        GetConfigurationMaxKeys|=100
        HeartbeatInterval|OCPPCommCtrlr.HeartbeatInterval
        LocalAuthListEnabled|LocalAuthListCtrlr.Enabled
        LocalAuthListMaxLength|=1000
        LocalAuthorizeOffline|AuthCtrlr.LocalAuthorizeOffline
        LocalPreAuthorize|AuthCtrlr.LocalPreAuthorize
        MaxChargingProfilesInstalled|=64
        MaxEnergyOnInvalidId|TxCtrlr.MaxEnergyOnInvalidId
        MeterValuesAlignedData|AlignedDataCtrlr.Measurands
        MeterValuesSampledData|SampledDataCtrlr.TxUpdatedMeasurands
        MeterValueSampleInterval|SampledDataCtrlr.TxUpdatedInterval
        NumberOfConnectors|=
        ReserveConnectorZeroSupported|=true
        ResetRetries|OCPPCommCtrlr.ResetRetries
        SecurityProfile|SecurityCtrlr.SecurityProfile
        SendLocalListMaxLength|LocalAuthListCtrlr.ItemsPerMessage
        StopTransactionOnEVSideDisconnect|TxCtrlr.StopTxOnEVSideDisconnect
        StopTransactionOnInvalidId|TxCtrlr.StopTxOnInvalidId
        StopTxnAlignedData|AlignedDataCtrlr.TxEndedMeasurands
        StopTxnSampledData|SampledDataCtrlr.TxEndedMeasurands
        SupportedFeatureProfiles|=Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger
        SupportedFileTransferProtocols|OCPPCommCtrlr.FileTransferProtocols
        TransactionMessageAttempts|OCPPCommCtrlr.MessageAttempts/TransactionEvent
        TransactionMessageRetryInterval|OCPPCommCtrlr.MessageAttemptInterval/TransactionEvent
        UnlockConnectorOnEVSideDisconnect|OCPPCommCtrlr.UnlockOnEVSideDisconnect
        WebSocketPingInterval|OCPPCommCtrlr.WebSocketPingInterval
        """;

    /// <summary>Read only in 2.x, where a network profile carries it.</summary>
    private const string Profile = "SecurityCtrlr.SecurityProfile";

    private static readonly Dictionary<string, string> Keys = Table.Split('\n', StringSplitOptions.TrimEntries).Select(l => l.Split('|')).ToDictionary(f => f[0], f => f[1], StringComparer.OrdinalIgnoreCase);

    internal static GetConfigurationResponse Get(DeviceState device, IReadOnlyList<string>? asked)
    {
        var wanted = asked is { Count: > 0 } ? asked : [.. Keys.Keys];
        var known = wanted.Where(Keys.ContainsKey).Select(k => Value(device, k, Keys[k])).ToList();
        var unknown = wanted.Where(k => !Keys.ContainsKey(k)).ToList();
        return new GetConfigurationResponse { ConfigurationKey = known, UnknownKey = unknown.Count > 0 ? unknown : null };
    }

    internal static ChangeConfigurationStatus Change(DeviceState device, string key, string value)
    {
        if (!Keys.TryGetValue(key, out var place)) return ChangeConfigurationStatus.NotSupported;
        if (place.StartsWith('=')) return ChangeConfigurationStatus.Rejected;
        if (place == Profile) return device.Networks.Raise(value) is null ? ChangeConfigurationStatus.RebootRequired : ChangeConfigurationStatus.Rejected;
        var result = device.Set(new V21.SetVariablesRequest { SetVariableData = [new V21.SetVariableData { Component = Part(place).Where, Variable = Part(place).Which, AttributeValue = value }] }).SetVariableResult[0];
        return result.AttributeStatus switch
        {
            V21.SetVariableStatus.Accepted => ChangeConfigurationStatus.Accepted,
            V21.SetVariableStatus.RebootRequired => ChangeConfigurationStatus.RebootRequired,
            _ => ChangeConfigurationStatus.Rejected,
        };
    }

    private static ConfigurationKey Value(DeviceState device, string key, string place)
    {
        if (place == "=") return new ConfigurationKey { Key = key, Readonly = true, Value = device.Station.Outlets.Count.ToString(CultureInfo.InvariantCulture) };
        if (place.StartsWith('=')) return new ConfigurationKey { Key = key, Readonly = true, Value = place[1..] };
        var row = device.Model.Find(Part(place).Where, Part(place).Which)!;
        return new ConfigurationKey { Key = key, Readonly = row.Mutability == V21.Mutability.ReadOnly && place != Profile, Value = row.Mutability == V21.Mutability.WriteOnly ? null : device.Model.Value(row) };
    }

    private static (V21.Component Where, V21.Variable Which) Part(string place)
    {
        var (component, rest) = (place.Split('.')[0], place.Split('.')[1].Split('/'));
        return (new V21.Component { Name = component }, new V21.Variable { Name = rest[0], Instance = rest.Length > 1 ? rest[1] : null });
    }
}
