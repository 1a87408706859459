using System.Globalization;
using System.Text.Json;
using CsvHelper;

namespace Penstock.Cli.PlanVerify;

/// <summary>A file that the verifier cannot read as what it should be.</summary>
internal sealed class UnreadableException(string message) : Exception(message);

/// <summary>A vehicle or battery, in the words of the files.</summary>
internal sealed record GivenVehicle(
    string Id, int Site, int First, int End, double Start, double Low, double High, double Target, double ChargeMax, double DischargeMax, double In, double Out, double Wear, double Penalty, double Salvage,
    double Leave, double Step, double Least)
{
    /// <summary>Floor at the end of each step of the stay, reserves in it.</summary>
    internal double[] Floor { get; } = [.. Enumerable.Repeat(Low, End - First)];

    internal double After(double energy) => (Penalty * Math.Max(0, Target - energy)) - (Salvage * Math.Max(0, energy - Target));

    /// <summary>Battery energy that a net power changes in some hours.</summary>
    internal double Change(double kw, double hours) => kw > 0 ? kw * hours * In : kw * hours / Out;
}

internal sealed record GivenSite(string Id, int Parent, double[] Base, double[] Import, double[] Export, double[]? Pv, double Penalty);

internal sealed record GivenEvent(int First, int Last, double Subsidy);

/// <summary>The problem, read once more and by other code than the planner's. It trusts that the planner's reader has refused what is malformed, and says plainly what it cannot read.</summary>
internal sealed record GivenProblem(
    double Hours, double[] Buy, double[] Sell, double[] Base, double[] Import, double[] Export, double Penalty, double[]? Pv, GivenSite[] Sites, GivenEvent[] Events,
    (double PerKw, double Peak)? Demand, (int Step, double Most)[] Ramps, double[] Fee, GivenVehicle[] Vehicles)
{
    internal int Steps => Buy.Length;

    internal static GivenProblem Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            return Of(document.RootElement, Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IOException or CsvFormatException)
        {
            throw new UnreadableException($"{path}: {e.Message}");
        }
    }

    internal static double[] Numbers(JsonElement from) => [.. from.EnumerateArray().Select(x => x.GetDouble())];

    private static GivenProblem Of(JsonElement root, string folder)
    {
        var limits = root.GetProperty("limits");
        var (buy, sell) = (Numbers(root.GetProperty("prices").GetProperty("buyPerKwh")), Numbers(root.GetProperty("prices").GetProperty("sellPerKwh")));
        if (root.TryGetProperty("carbon", out var carbon))
        {
            var (price, kilograms) = (carbon.GetProperty("pricePerTonne").GetDouble(), Numbers(carbon.GetProperty("kgPerKwh")));
            for (var t = 0; t < buy.Length; t++) (buy[t], sell[t]) = (buy[t] + (price * kilograms[t] / 1000), sell[t] + (price * kilograms[t] / 1000));
        }

        var sites = new List<GivenSite>();
        if (root.TryGetProperty("sites", out var all)) foreach (var s in all.EnumerateArray()) sites.Add(Site(s, sites, limits.GetProperty("overloadPenaltyPerKwh").GetDouble()));
        var number = sites.Select((s, n) => (s.Id, n)).ToDictionary(s => s.Id, s => s.n, StringComparer.Ordinal);
        var vehicles = Fleet(Path.Combine(folder, root.GetProperty("vehicles").GetString()!), number);
        if (root.TryGetProperty("batteries", out var batteries)) vehicles.AddRange(batteries.EnumerateArray().Select(b => Battery(b, number, buy.Length)));
        Reserve(root, vehicles);
        return new GivenProblem(
            root.GetProperty("grid").GetProperty("stepMinutes").GetDouble() / 60, buy, sell, Numbers(limits.GetProperty("baseLoadKw")), Numbers(limits.GetProperty("importMaxKw")), Numbers(limits.GetProperty("exportMaxKw")),
            limits.GetProperty("overloadPenaltyPerKwh").GetDouble(), Maybe(limits, "pvAvailableKw"), [.. sites],
            root.TryGetProperty("events", out var events) ? [.. events.EnumerateArray().Select(e => new GivenEvent(e.GetProperty("firstStep").GetInt32(), e.GetProperty("lastStep").GetInt32(), e.GetProperty("subsidyPerKwh").GetDouble()))] : [],
            limits.TryGetProperty("demandCharge", out var demand) ? (demand.GetProperty("perKw").GetDouble(), Or(demand, "peakSoFarKw", 0)) : null, RampsOf(limits, buy),
            Maybe(root.GetProperty("prices"), "dischargeFeePerKwh") ?? new double[buy.Length], [.. vehicles]);
    }

    private static GivenSite Site(JsonElement s, List<GivenSite> before, double penalty) => new(
        s.GetProperty("siteId").GetString()!, s.TryGetProperty("parentSiteId", out var parent) ? before.FindIndex(b => b.Id == parent.GetString()) : -1,
        Numbers(s.GetProperty("baseLoadKw")), Numbers(s.GetProperty("importMaxKw")), Numbers(s.GetProperty("exportMaxKw")), Maybe(s, "pvAvailableKw"), Or(s, "overloadPenaltyPerKwh", penalty));

    private static (int, double)[] RampsOf(JsonElement limits, double[] buy)
    {
        if (!limits.TryGetProperty("ramps", out var ramps)) return [];
        var most = ramps.GetProperty("changeMaxKw").GetDouble();
        var at = ramps.TryGetProperty("steps", out var steps) ? Numbers(steps).Select(x => (int)x) : Enumerable.Range(1, Math.Max(0, buy.Length - 1)).Where(t => buy[t] != buy[t - 1]);
        return [.. at.Distinct().Order().Select(t => (t, most))];
    }

    private static double[]? Maybe(JsonElement from, string name) => from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? Numbers(value) : null;

    private static double Or(JsonElement from, string name, double otherwise) => from.TryGetProperty(name, out var value) ? value.GetDouble() : otherwise;

    private static GivenVehicle Battery(JsonElement b, Dictionary<string, int> sites, int steps)
    {
        double Of(string name) => b.GetProperty(name).GetDouble();
        var start = Of("energyStartKwh");
        return new GivenVehicle(
            b.GetProperty("batteryId").GetString()!, b.TryGetProperty("siteId", out var site) ? sites.GetValueOrDefault(site.GetString()!, -1) : -1, 0, steps, start, Of("energyMinKwh"), Of("energyMaxKwh"),
            Or(b, "energyEndKwh", start), Of("chargeMaxKw"), Of("dischargeMaxKw"), Of("chargeEfficiency"), Of("dischargeEfficiency"), Or(b, "wearPerKwh", 0),
            Or(b, "shortfallPenaltyPerKwh", 0), Or(b, "salvagePerKwh", 0), 0, 0, 0);
    }

    private static List<GivenVehicle> Fleet(string path, Dictionary<string, int> sites)
    {
        using var csv = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
            ? CsvReader.Create(new System.IO.Compression.GZipStream(File.OpenRead(path), System.IO.Compression.CompressionMode.Decompress), CsvReaderOptions.Default with { Separator = ',' })
            : CsvReader.FromFile(path, CsvReaderOptions.Default with { Separator = ',' });
        var at = csv.Headers.Select((h, n) => (h.Trim(), n)).ToDictionary(h => h.Item1, h => h.n, StringComparer.Ordinal);
        var fields = new[] { "arrivalStep", "departureStep", "energyArrivalKwh", "energyMinKwh", "energyMaxKwh", "energyTargetKwh", "chargeMaxKw", "dischargeMaxKw", "chargeEfficiency", "dischargeEfficiency", "wearPerKwh", "shortfallPenaltyPerKwh", "salvagePerKwh" }.Select(f => at[f]).ToArray();
        var extra = new[] { "leaveProbabilityPerStep", "powerStepKw", "powerMinKw" }.Select(f => at.GetValueOrDefault(f, -1)).ToArray();
        var (result, x, more) = (new List<GivenVehicle>(), new double[fields.Length], new double[3]);
        while (csv.Read())
        {
            for (var f = 0; f < x.Length; f++) x[f] = f < 2 ? csv.Parse<int>(fields[f], CultureInfo.InvariantCulture) : csv.Parse<double>(fields[f], CultureInfo.InvariantCulture);
            for (var f = 0; f < 3; f++) more[f] = extra[f] < 0 || csv.IsEmpty(extra[f]) ? 0 : csv.Parse<double>(extra[f], CultureInfo.InvariantCulture);
            var site = sites.Count == 0 ? -1 : sites[csv.GetString(at["siteId"]).Trim()];
            result.Add(new GivenVehicle(csv.GetString(at["vehicleId"]).Trim(), site, (int)x[0], (int)x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9], x[10], x[11], x[12], more[0], more[1], more[2]));
        }

        return result;
    }

    private static void Reserve(JsonElement root, List<GivenVehicle> vehicles)
    {
        if (!root.TryGetProperty("reserves", out var reserves)) return;
        var number = vehicles.Select((v, n) => (v.Id, n)).ToDictionary(v => v.Id, v => v.n, StringComparer.Ordinal);
        foreach (var one in reserves.EnumerateArray())
        {
            var vehicle = vehicles[number[one.GetProperty("vehicleId").GetString()!]];
            for (var t = Math.Max(vehicle.First, one.GetProperty("firstStep").GetInt32()); t <= one.GetProperty("lastStep").GetInt32() && t < vehicle.End; t++)
            {
                ref var floor = ref vehicle.Floor[t - vehicle.First];
                floor = Math.Max(floor, Math.Min(vehicle.High, one.GetProperty("energyMinKwh").GetDouble()));
            }
        }
    }
}

/// <summary>What a plan claims.</summary>
internal sealed record ClaimedPlan(
    double Cost, double LowerBound, double Gap, double[] Aggregate, double[] PvUsed, Dictionary<string, double[]> PvUsedBySite, double[] Net, double[] Demand, double[] Ramps, Dictionary<string, double[]> Sites)
{
    internal static ClaimedPlan Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var (root, certificate, prices) = (document.RootElement, document.RootElement.GetProperty("certificate"), document.RootElement.GetProperty("prices"));
            double[] Of(JsonElement from, string name) => GivenProblem.Numbers(from.GetProperty(name));
            Dictionary<string, double[]> Each(JsonElement from) => from.EnumerateObject().ToDictionary(s => s.Name, s => GivenProblem.Numbers(s.Value), StringComparer.Ordinal);
            return new ClaimedPlan(
                certificate.GetProperty("cost").GetDouble(), certificate.GetProperty("lowerBound").GetDouble(), certificate.GetProperty("gap").GetDouble(), Of(root, "aggregateKw"), Of(root, "pvUsedKw"),
                Each(root.GetProperty("pvUsedBySiteKw")), Of(prices, "netPerKwh"), Of(prices, "demandPerKw"), Of(prices, "rampsPerKw"), Each(prices.GetProperty("sitesPerKwh")));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IOException)
        {
            throw new UnreadableException($"{path}: {e.Message}");
        }
    }
}
