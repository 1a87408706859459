using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using NodaTime;
using Penstock.Core.Settlement;
using Penstock.Core.Sites;
using Penstock.Core.Units;

namespace Penstock.Simulator.Recorded;

/// <summary>What the site pays on top of the recorded series and gets for what it gives.</summary>
/// <param name="AddToBuyPerKwh">Network fees, levies, taxes.</param>
/// <param name="SellFactor">Part of the recorded selling price that the site receives.</param>
public sealed record SitePrices(Currency Currency, decimal AddToBuyPerKwh, decimal SellFactor, decimal AddToSellPerKwh);

/// <summary>What is assumed of vehicles and owners where the records are silent.</summary>
/// <param name="TargetPercent">State of charge at departure when the arrival's is not recorded.</param>
public sealed record AssumedFleet(
    double CapacityKwh, double ChargeKw, double DischargeKw, double ChargeEfficiency, double DischargeEfficiency, decimal WearPerKwh, double FloorPercent, double TargetPercent);

/// <summary>The site on which recorded sessions are played: its limits, piles, prices and assumptions.</summary>
public sealed record RecordedSite(
    string Name, DateTimeZone Zone, ImmutableArray<LimitNode> Nodes, double EvseChargeKw, double EvseDischargeKw, SitePrices Prices, AssumedFleet Fleet, ContractTerms Contract);

/// <summary>Reads SITE.json; every fault is found in one pass.</summary>
public static class SiteFile
{
    /// <exception cref="RecordedFileUnusableException">Missing, no JSON, or with faults: all of them listed.</exception>
    public static RecordedSite Read(string path)
    {
        if (!File.Exists(path)) throw new RecordedFileUnusableException($"{path}: there is no such file.");
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(File.ReadAllText(path), documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        }
        catch (JsonException e)
        {
            throw new RecordedFileUnusableException($"{path}:{e.LineNumber + 1}: no JSON: {e.Message}");
        }

        var faults = new List<string>();
        var site = Site(new JsonFields(root as JsonObject, "", faults));
        if (root is not JsonObject) faults.Insert(0, "the file holds no object");
        return faults.Count == 0
            ? site
            : throw new RecordedFileUnusableException($"{path} has {faults.Count} {(faults.Count == 1 ? "fault" : "faults")}:{string.Concat(faults.Select(f => Environment.NewLine + "  " + f))}");
    }

    private static RecordedSite Site(JsonFields root)
    {
        root.Only("name", "timeZone", "currency", "importKw", "exportKw", "nodes", "evse", "vehicle", "owner", "prices", "contract");
        var (import, export) = (root.Number("importKw", 0, 1e6), root.Number("exportKw", 0, 1e6, 0));
        var (evse, vehicle, owner, prices, contract) = (root.Part("evse"), root.Part("vehicle"), root.Part("owner"), root.Part("prices"), root.Part("contract"));
        evse.Only("chargeKw", "dischargeKw");
        vehicle.Only("capacityKwh", "chargeKw", "dischargeKw", "chargeEfficiency", "dischargeEfficiency", "wearPerKwh");
        owner.Only("floorPercent", "targetPercent");
        prices.Only("addToBuyPerKwh", "sellFactor", "addToSellPerKwh");
        contract.Only("chargeFeePerKwh", "dischargeFeePerKwh");
        var charge = evse.Number("chargeKw", 0.1, 5000);
        var discharge = evse.Number("dischargeKw", 0, 5000, 0);
        var wear = (decimal)vehicle.Number("wearPerKwh", 0, 100, 0);
        var fleet = new AssumedFleet(
            vehicle.Number("capacityKwh", 1, 2000, 60), vehicle.Number("chargeKw", 0.1, 5000, charge), vehicle.Number("dischargeKw", 0, 5000, discharge),
            vehicle.Number("chargeEfficiency", 0.5, 1, 0.95), vehicle.Number("dischargeEfficiency", 0.5, 1, 0.95), wear, owner.Number("floorPercent", 0, 100, 20), owner.Number("targetPercent", 1, 100, 80));
        return new RecordedSite(
            root.Text("name", "Site"), root.Zone("timeZone"), Nodes(root, import, export), charge, discharge,
            new SitePrices(root.Currency("currency"), (decimal)prices.Number("addToBuyPerKwh", -100, 100, 0), (decimal)prices.Number("sellFactor", 0, 10, 1), (decimal)prices.Number("addToSellPerKwh", -100, 100, 0)),
            fleet, new ContractTerms("site file", (decimal)contract.Number("chargeFeePerKwh", 0, 100, 0), (decimal)contract.Number("dischargeFeePerKwh", 0, 100, 0), 0, wear));
    }

    /// <summary>The point of connection, and below it what the file lists, parents first.</summary>
    private static ImmutableArray<LimitNode> Nodes(JsonFields root, double importKw, double exportKw)
    {
        var nodes = ImmutableArray.CreateBuilder<LimitNode>();
        nodes.Add(new LimitNode("poc", null, "Point of connection", LimitSource.PointOfConnection, Power.FromKilowatts(importKw), Power.FromKilowatts(exportKw)));
        foreach (var node in root.Parts("nodes"))
        {
            node.Only("id", "parent", "name", "kind", "importKw", "exportKw");
            var (id, parent) = (node.Text("id", null), node.Text("parent", "poc"));
            if (nodes.Any(n => n.NodeId == id)) node.Fault("id", id, "an id that is not used yet (poc is the point of connection)");
            if (nodes.All(n => n.NodeId != parent)) node.Fault("parent", parent, $"one of the nodes above it: {string.Join(", ", nodes.Select(n => n.NodeId))}");
            nodes.Add(new LimitNode(id, parent, node.Text("name", id), node.OneOf("kind", LimitSource.Transformer, LimitSource.Cabinet), Power.FromKilowatts(node.Number("importKw", 0, 1e6)), Power.FromKilowatts(node.Number("exportKw", 0, 1e6, 0))));
        }

        return nodes.ToImmutable();
    }
}
