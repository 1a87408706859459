using Penstock.Core.Sites;
using Penstock.Ocpp.Rpc;
using V16 = Penstock.Ocpp.V16;

namespace Penstock.Server.Capability;

/// <summary>What the quirk profile of a 1.6 model wants set after a boot: configuration keys in order, and the measurands one at a time where a list is refused whole.</summary>
public static class StationSetup
{
    /// <summary>What the platform wants metered: the registers are money, the powers verify setpoints, the state of charge keeps floors.</summary>
    public static readonly IReadOnlyList<string> Measurands = ["Energy.Active.Import.Register", "Energy.Active.Export.Register", "Power.Active.Import", "Power.Active.Export", "SoC"];

    private const string Key = "MeterValuesSampledData";

    internal static bool IsWanted(QuirkProfile quirk) => quirk.MeasurandsOneByOne || quirk.Configuration.Length > 0;

    internal static async Task RunAsync(StationId station, OcppConnection connection, QuirkProfile quirk, ILogger log)
    {
        if (connection.Version != OcppVersion.V16) return;
        foreach (var (key, value) in quirk.Configuration)
        {
            if (!await SetAsync(connection, key, value)) SetupLog.Refused(log, station.Value, key, value);
        }

        if (!quirk.MeasurandsOneByOne) return;
        var taken = "";
        foreach (var measurand in Measurands)
        {
            var more = taken.Length == 0 ? measurand : $"{taken},{measurand}";
            if (await SetAsync(connection, Key, more)) taken = more;
            else SetupLog.Refused(log, station.Value, Key, more);
        }
    }

    private static async Task<bool> SetAsync(OcppConnection connection, string key, string value) =>
        (await connection.CallAsync<V16.ChangeConfigurationRequest, V16.ChangeConfigurationResponse>(new V16.ChangeConfigurationRequest { Key = key, Value = value }, CallPriority.Poll))
        .Response?.Status is V16.ChangeConfigurationStatus.Accepted or V16.ChangeConfigurationStatus.RebootRequired;
}

internal static partial class SetupLog
{
    [LoggerMessage(1011, LogLevel.Warning, "Station {Station} does not take {Key} = {Value}, which its quirk profile wants")]
    internal static partial void Refused(ILogger logger, string station, string key, string value);
}
