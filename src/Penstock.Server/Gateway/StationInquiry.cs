using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using Penstock.Core.Sites;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Capability;
using Penstock.Server.Hosting;
using V16 = Penstock.Ocpp.V16;
using V201 = Penstock.Ocpp.V201;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Gateway;

/// <summary>
/// Asks a station that waits to join, or of which nothing is known, what it has and can do, once per connection and after its boot was answered: GetBaseReport in 2.x (2.0.1 B07),
/// GetConfiguration in 1.6. A station that cannot say joins with what its status notifications tell. Then it is set up as the quirk profile of its model wants.
/// </summary>
public sealed class StationInquiry(StationRegistry registry, StationRoll roll, CapabilityDesk capability, TimeProvider time, ILogger<StationInquiry> log)
{
    /// <summary>More connectors on one EVSE are not believed.</summary>
    public const int ConnectorsMax = 10;

    /// <summary>A higher rating is not believed, kW.</summary>
    public const double PowerMaxKw = 4000;

    private readonly ConditionalWeakTable<OcppConnection, object> asked = [];
    private int lastRequest;

    /// <summary>Called once the answer to a boot is on the wire.</summary>
    /// <param name="joined">True for a station of a site: it is asked only what nobody knows.</param>
    internal void Begin(StationId station, bool joined)
    {
        var ask = !joined || capability.IsUnasked(station);
        if (!ask && !StationSetup.IsWanted(capability.ProfileOf(station))) return;
        if (registry.Find(station) is { } connection && asked.TryAdd(connection, this)) _ = BeginAsync(station, connection, ask);
    }

    private async Task BeginAsync(StationId station, OcppConnection connection, bool ask)
    {
        var quirk = capability.ProfileOf(station);
        connection.Discipline = quirk.Discipline;
        if (ask) await AskAsync(station, connection);
        await StationSetup.RunAsync(station, connection, quirk, log);
    }

    private Task AskAsync(StationId station, OcppConnection connection) => connection.Version switch
    {
        OcppVersion.V16 => Ask16Async(station, connection),
        OcppVersion.V201 => connection.CallAsync<V201.GetBaseReportRequest, V201.GetBaseReportResponse>(
            new V201.GetBaseReportRequest { RequestId = Interlocked.Increment(ref lastRequest), ReportBase = V201.ReportBase.FullInventory }, CallPriority.Poll),
        _ => connection.CallAsync<V21.GetBaseReportRequest, V21.GetBaseReportResponse>(
            new V21.GetBaseReportRequest { RequestId = Interlocked.Increment(ref lastRequest), ReportBase = V21.ReportBase.FullInventory }, CallPriority.Poll),
    };

    /// <summary>A part of an inventory. EVSE 0 is the station itself.</summary>
    internal void Reported(StationId station, OcppVersion version, IReadOnlyList<V21.ReportData> rows)
    {
        capability.Learn(station, DeviceModelFacts.Of(rows, time.Now()));
        var found = rows.Where(r => r.Component.Evse is { Id: >= 1 and <= StationRoll.EvseNumberMax }).ToLookup(r => r.Component.Evse!.Id);
        if (found.Count == 0) return;
        roll.Change(station, Subprotocol.Name(version), time.Now(), s => s with
        {
            Reported = found.Aggregate(s.Reported ?? ImmutableSortedDictionary<int, ReportedEvse>.Empty, (all, evse) => all.SetItem(evse.Key, With(all.GetValueOrDefault(evse.Key), evse))),
        });
    }

    private static ReportedEvse With(ReportedEvse? known, IEnumerable<V21.ReportData> rows)
    {
        var (connectors, power) = (known?.Connectors ?? 1, known?.PowerMaxKw);
        foreach (var row in rows)
        {
            if (row.Component.Evse!.ConnectorId is { } connector and <= ConnectorsMax) connectors = Math.Max(connectors, connector);
            if (row.Component.Name != "EVSE" || row.Variable.Name != "Power" || row.VariableCharacteristics?.MaxLimit is not { } watts) continue;
            if (watts is > 0 and <= (decimal)PowerMaxKw * 1000) power = (double)watts / 1000;
        }

        return new ReportedEvse(connectors, power);
    }

    /// <summary>A connector of 1.6 is an EVSE.</summary>
    private async Task Ask16Async(StationId station, OcppConnection connection)
    {
        const string key = "NumberOfConnectors";
        var answer = await connection.CallAsync<V16.GetConfigurationRequest, V16.GetConfigurationResponse>(new V16.GetConfigurationRequest { Key = DeviceModelFacts.Keys }, CallPriority.Poll);
        capability.Learn(station, DeviceModelFacts.Of(answer.Response?.ConfigurationKey ?? [], time.Now()));
        var value = answer.Response?.ConfigurationKey?.FirstOrDefault(k => k.Key == key)?.Value;
        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > StationRoll.EvseNumberMax) return;
        roll.Change(station, Subprotocol.Name(OcppVersion.V16), time.Now(), s => s with
        {
            Reported = Enumerable.Range(1, count).ToImmutableSortedDictionary(n => n, _ => new ReportedEvse(1, null)),
        });
    }
}
