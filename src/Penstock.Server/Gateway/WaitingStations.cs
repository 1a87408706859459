using System.Collections.Immutable;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Capability;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;
using V16 = Penstock.Ocpp.V16;
using V201 = Penstock.Ocpp.V201;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Gateway;

/// <summary>How an operator lets a station in. Null = what the platform assumes.</summary>
/// <param name="SiteId">An existing site to add it to; null = a new site.</param>
public sealed record Admission(string? SiteId, string? SiteName, double? ImportMaxKw, double? ExportMaxKw, double? EvseChargeMaxKw, double? EvseDischargeMaxKw);

/// <summary>The inbox of stations that belong to no site yet; admitting one builds its site, EVSEs and limits.</summary>
public sealed class WaitingStations(StationRoll roll, SiteDirectory sites, StationRegistry registry, CapabilityDesk capability, ServerOptions options)
{
    public IReadOnlyList<StationRecord> All => [.. roll.All.Where(s => sites.Of(s.Id) is null)];

    /// <returns>Null when no such station waits.</returns>
    public SiteLayout? Admit(StationId id, Admission admission)
    {
        if (roll.Find(id) is not { } station || sites.Of(id) is not null) return null;
        var record = capability.Of(station);
        var rated = Numbers(station).Select(n => Rated(station, n, admission, record)).ToList();
        var evses = rated.Select(r => Evse(station, r, record)).ToImmutableArray();
        var pile = new LimitNode($"pile-{id}", "poc", station.Model ?? id.Value, LimitSource.Pile, Power.FromKilowatts(rated.Sum(r => r.Charge)), Power.FromKilowatts(rated.Sum(r => r.Discharge)));
        var layout = admission.SiteId is { } known && sites.Find(new SiteId(known)) is { } site
            ? Extended(site.Snapshot.Layout, pile, evses)
            : New(id, admission, pile, evses);
        sites.Put(layout);
        if (registry.Find(id) is { } connection)
        {
            sites.Of(id)?.Post(new StationConnected(sites.Of(id)!.Snapshot.AsOf, id));
            _ = AskToBootAsync(connection);
        }

        return layout;
    }

    /// <summary>EVSEs of the inventory and of status notifications; one when the station told of none.</summary>
    private static IEnumerable<int> Numbers(StationRecord station) => station.Evses.Keys.Union(station.Reported?.Keys ?? []).Order() is var told && told.Any() ? told : [1];

    /// <summary>The operator's rating counts before the station's, and that before the assumed one. Limits are made of it, whether the station can discharge or not: that may be learnt later.</summary>
    private (int Number, double Charge, double Discharge) Rated(StationRecord station, int number, Admission admission, CapabilityRecord record)
    {
        var charge = admission.EvseChargeMaxKw ?? station.Reported?.GetValueOrDefault(number)?.PowerMaxKw ?? options.AssumedEvseKilowatts;
        return (number, charge, admission.EvseDischargeMaxKw ?? (record.Number(FactNames.DischargePowerMaxW, number) is > 0 and var watts ? watts / 1000 : charge));
    }

    /// <summary>Charge only until a way to discharge is known.</summary>
    private static EvseLayout Evse(StationRecord station, (int Number, double Charge, double Discharge) rated, CapabilityRecord record)
    {
        var method = record.Discharge(rated.Number)?.Method ?? DischargeMethod.None;
        return new EvseLayout(new EvseId(station.Id, rated.Number), $"pile-{station.Id}", Power.FromKilowatts(rated.Charge), Power.FromKilowatts(method == DischargeMethod.None ? 0 : rated.Discharge), method);
    }

    private SiteLayout New(StationId id, Admission admission, LimitNode pile, ImmutableArray<EvseLayout> evses)
    {
        var root = new LimitNode("poc", null, "Point of connection", LimitSource.PointOfConnection,
            Power.FromKilowatts(admission.ImportMaxKw ?? pile.ImportMax.Kilowatts), Power.FromKilowatts(admission.ExportMaxKw ?? pile.ExportMax.Kilowatts));
        return new SiteLayout(new SiteId($"site-{id}"), admission.SiteName ?? id.Value, options.TimeZone, null, null, Power.Zero, GridPermitsExport: root.ExportMax > Power.Zero, [root, pile], evses);
    }

    private static SiteLayout Extended(SiteLayout site, LimitNode pile, ImmutableArray<EvseLayout> evses) =>
        site with { Nodes = site.Nodes.Add(pile with { ParentId = site.Nodes[0].NodeId }), Evses = [.. site.Evses, .. evses] };

    private static Task AskToBootAsync(OcppConnection connection) => connection.Version switch
    {
        OcppVersion.V16 => connection.CallAsync<V16.TriggerMessageRequest, V16.TriggerMessageResponse>(new V16.TriggerMessageRequest { RequestedMessage = V16.TriggerMessageRequestedMessage.BootNotification }),
        OcppVersion.V201 => connection.CallAsync<V201.TriggerMessageRequest, V201.TriggerMessageResponse>(new V201.TriggerMessageRequest { RequestedMessage = V201.MessageTrigger.BootNotification }),
        _ => connection.CallAsync<V21.TriggerMessageRequest, V21.TriggerMessageResponse>(new V21.TriggerMessageRequest { RequestedMessage = V21.MessageTrigger.BootNotification }),
    };
}
