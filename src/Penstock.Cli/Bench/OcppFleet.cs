using System.Collections.Immutable;
using System.Globalization;
using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.Settlement;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Server.Fleet;
using Penstock.Server.Storage;

namespace Penstock.Cli.Bench;

/// <summary>SIMULATED sites, vehicles and what their stations say.</summary>
internal static class OcppFleet
{
    /// <summary>Stations of one site.</summary>
    internal const int PerSite = 100;

    private static readonly Power Rating = Power.FromKilowatts(7);

    internal static string Station(int n) => $"CS-{n:00000}";

    internal static string Token(int n) => $"T{n:00000}";

    /// <summary>Writes sites and vehicles into the database of a server that is not running yet.</summary>
    internal static void Write(string folder, int stations)
    {
        using var store = new SqlStore(Database.Open(Path.Combine(folder, "penstock.db")));
        store.Execute("INSERT INTO site (site_id, body) VALUES (@Id, @Body)", Enumerable.Range(0, (stations + PerSite - 1) / PerSite)
            .Select(n => Site(n, Math.Min(PerSite, stations - (n * PerSite)))).Select(s => new { Id = s.Id.Value, Body = StorageJson.Write(s) }));
        new FleetRegister(store).Put([.. Enumerable.Range(0, stations).Select(n => new RegisteredVehicle(
            new Vehicle(new VehicleId($"V-{n:00000}"), new OwnerId($"O-{n:00000}"), null, Energy.FromKilowattHours(60), Rating, Rating, 0.95, 0.95, 0.1m), Token(n),
            new StandingTerms(StateOfCharge.FromPercent(20), StateOfCharge.FromPercent(80), new LocalTime(7, 30), DischargeAllowed: true), new ContractTerms("standard", 0.10m, 0m, 0.20m, 0.15m)))]);
    }

    internal static string Boot16 => """{"chargePointVendor":"Bench","chargePointModel":"M1"}""";

    internal static string Start16(int n, DateTimeOffset now) => $$"""{"connectorId":1,"idTag":"{{Token(n)}}","meterStart":1000,"timestamp":"{{Text(now)}}"}""";

    /// <summary>Four values: import register, power, state of charge, voltage.</summary>
    internal static string Meter16(int transaction, int n, DateTimeOffset now) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"connectorId":1,"transactionId":{{transaction}},"meterValue":[{"timestamp":"{{Text(now)}}","sampledValue":[{"value":"{{1000 + n}}","measurand":"Energy.Active.Import.Register","unit":"Wh"},{"value":"{{6900 + (n % 100)}}","measurand":"Power.Active.Import","unit":"W"},{"value":"{{40 + (n % 40)}}","measurand":"SoC","unit":"Percent"},{"value":"230.{{n % 10}}","measurand":"Voltage","unit":"V","phase":"L1-N"}]}]}""");

    /// <summary>A TransactionEvent of 2.1 with register and state of charge.</summary>
    internal static string Event21(string kind, string transaction, int sequence, int n, DateTimeOffset now) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"eventType":"{{kind}}","timestamp":"{{Text(now)}}","triggerReason":"MeterValuePeriodic","seqNo":{{sequence}},"transactionInfo":{"transactionId":"{{transaction}}"},"evse":{"id":1,"connectorId":1}{{(kind == "Started" ? $",\"idToken\":{{\"idToken\":\"{Token(n)}\",\"type\":\"ISO14443\"}}" : "")}},"meterValue":[{"timestamp":"{{Text(now)}}","sampledValue":[{"value":{{1000 + sequence}},"measurand":"Energy.Active.Import.Register"},{"value":60,"measurand":"SoC"}]}]}""");

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static SiteLayout Site(int site, int stations)
    {
        var all = Rating * stations;
        var evses = Enumerable.Range(site * PerSite, stations).Select(n => new EvseLayout(new EvseId(new StationId(Station(n)), 1), "poc", Rating, Rating, DischargeMethod.CentralSetpoint)).ToImmutableArray();
        return new SiteLayout(new SiteId($"site-{site:000}"), $"SIMULATED {site}", "Asia/Shanghai", null, null, Power.Zero, GridPermitsExport: true,
            [new LimitNode("poc", null, "Point of connection", LimitSource.PointOfConnection, all, all)], evses);
    }
}
