using NodaTime;
using NodaTime.Text;
using Penstock.Solvers.Fleet;

namespace Penstock.Cli.Plan;

/// <summary>A problem read from its files.</summary>
/// <param name="VehicleIds">Vehicles, then stationary batteries.</param>
/// <param name="Warnings">What is unusual but can be planned.</param>
/// <param name="CarbonKgPerKwh">Null without a carbon price.</param>
internal sealed record PlanningInput(
    FleetProblem Problem, string[] VehicleIds, string[] SiteIds, string[] EventIds, string Currency, OffsetDateTime Start, double StepMinutes, IReadOnlyList<string> Warnings, double[]? CarbonKgPerKwh, int Batteries);

/// <summary>problem.json and the fleet it names (docs/reference/planning-files.md).</summary>
internal sealed class ProblemFile
{
    internal const string Schema = "penstock.planning-problem/1";

    /// <summary>Steps of one problem at most: two weeks of quarter-hours.</summary>
    internal const int StepsMax = 1344;

    internal const int SitesMax = 200_000;

    private readonly List<string> faults = [];
    private readonly List<string> warnings = [];

    /// <exception cref="InputRefusedException">With every fault found, each with its place.</exception>
    internal static PlanningInput Read(string path) => new ProblemFile().ReadFiles(path);

    private PlanningInput ReadFiles(string path)
    {
        var (json, places) = PlacedJson.Read(path);
        if (json.Kind != System.Text.Json.JsonTokenType.StartObject) throw new InputRefusedException([places.Fault(json.Offset, "", json.Text, "an object")]);
        var root = new JsonReading(json, places, "", faults);
        root.Only("schema", "grid", "prices", "limits", "sites", "events", "vehicles", "batteries", "reserves", "carbon");
        if (root.Text("schema") is { } schema && schema != Schema) root.Fault("schema", $"\"{schema}\"", $"\"{Schema}\"");
        var grid = root.Part("grid");
        var (steps, minutes, start) = (grid?.Whole("steps", 1, StepsMax) ?? 1, grid?.Number("stepMinutes", 0.1, 1440) ?? 15, default(OffsetDateTime));
        grid?.Only("start", "stepMinutes", "steps");
        if (grid?.Text("start") is { } text && !OffsetDateTimePattern.ExtendedIso.Parse(text).TryGetValue(default, out start)) grid.Fault("start", $"\"{text}\"", "a time such as 2026-04-02T00:00:00+08:00");
        var prices = root.Part("prices");
        var (currency, buy, sell) = Prices(prices, steps);
        var carbon = Carbon(root.Part("carbon", required: false), steps, buy, sell);
        var limits = root.Part("limits");
        var sites = Sites(root.Parts("sites"), steps, out var siteIds);
        if (root.Has("sites") && sites.Length == 0) root.Fault("sites", "an empty array", "at least one site, or no such field");
        var known = sites.Length > 0 ? siteIds.Select((id, n) => (id, n)).DistinctBy(s => s.id).ToDictionary(s => s.id, s => s.n, StringComparer.Ordinal) : null;
        var events = Events(root.Parts("events"), steps, root, out var eventIds);
        var vehicles = root.Text("vehicles");
        if (faults.Count > 0) throw new InputRefusedException(faults); // lines of the fleet are judged by what stands above
        var rows = FleetFile.Read(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, vehicles!), steps, known, faults);
        var ids = rows.Select((r, n) => (r.Id, n)).DistinctBy(r => r.Id).ToDictionary(r => r.Id, r => r.n, StringComparer.Ordinal);
        var batteries = rows.Count;
        foreach (var battery in root.Parts("batteries")) AddBattery(battery, steps, known, rows, ids);
        batteries = rows.Count - batteries;
        var fleet = FleetFile.ToFleet(rows);
        fleet.Reserves = [.. root.Parts("reserves").Select(r => Reserve(r, steps, ids))];
        var problem = new FleetProblem(
            minutes / 60, buy, sell, limits?.Series("baseLoadKw", steps, -1e9, 1e9) ?? [], limits?.Series("importMaxKw", steps, 0, 1e9) ?? [], limits?.Series("exportMaxKw", steps, 0, 1e9) ?? [],
            limits?.Number("overloadPenaltyPerKwh", 1e-6, 1e6) ?? 1, fleet)
        {
            Sites = sites, Events = events, PvAvailable = limits?.Series("pvAvailableKw", steps, 0, 1e9, required: false), DemandCharge = Demand(limits), Ramps = Ramps(limits, steps, buy),
            DischargeFee = prices?.Series("dischargeFeePerKwh", steps, -1e6, 1e6, required: false),
        };
        limits?.Only("baseLoadKw", "importMaxKw", "exportMaxKw", "overloadPenaltyPerKwh", "pvAvailableKw", "demandCharge", "ramps");
        if (faults.Count > 0) throw new InputRefusedException(faults);
        return new PlanningInput(problem, [.. rows.Select(r => r.Id)], siteIds, eventIds, currency, start, minutes, warnings, carbon, batteries);
    }

    private (string Currency, double[] Buy, double[] Sell) Prices(JsonReading? prices, int steps)
    {
        prices?.Only("currency", "buyPerKwh", "sellPerKwh", "dischargeFeePerKwh");
        var currency = prices?.Text("currency") ?? "CNY";
        if (currency.Length != 3 || !currency.All(char.IsAsciiLetterUpper)) prices?.Fault("currency", $"\"{currency}\"", "an ISO 4217 code such as CNY");
        var (buy, sell) = (prices?.Series("buyPerKwh", steps, -1e6, 1e6) ?? new double[steps], prices?.Series("sellPerKwh", steps, -1e6, 1e6) ?? new double[steps]);
        var above = Enumerable.Range(0, steps).Count(t => sell[t] > buy[t]);
        if (above > 0) warnings.Add($"sellPerKwh is above buyPerKwh in {above} of {steps} steps: buying and selling at once would pay; it is bounded by the limits, and the bound is that of the convex hull");
        if (buy.Any(b => b < 0)) warnings.Add($"buyPerKwh is negative in {buy.Count(b => b < 0)} of {steps} steps");
        return (currency, buy, sell);
    }

    /// <summary>A second price: the emissions of a bought kWh are added to its price, those that a sold kWh avoids to what it earns.</summary>
    private static double[]? Carbon(JsonReading? carbon, int steps, double[] buy, double[] sell)
    {
        if (carbon is null) return null;
        carbon.Only("pricePerTonne", "kgPerKwh");
        var (price, kilograms) = (carbon.Number("pricePerTonne", 0, 1e6), carbon.Series("kgPerKwh", steps, 0, 10));
        for (var t = 0; t < (kilograms?.Length ?? 0); t++)
        {
            buy[t] += price * kilograms![t] / 1000;
            sell[t] += price * kilograms[t] / 1000;
        }

        return kilograms;
    }

    private static SiteLimits[] Sites(List<JsonReading> parts, int steps, out string[] ids)
    {
        var (sites, names) = (new List<SiteLimits>(), new Dictionary<string, int>(StringComparer.Ordinal));
        foreach (var site in parts.Take(SitesMax))
        {
            site.Only("siteId", "parentSiteId", "baseLoadKw", "importMaxKw", "exportMaxKw", "pvAvailableKw", "overloadPenaltyPerKwh");
            var id = site.Text("siteId") ?? $"?{sites.Count}";
            int? parent = null;
            if (site.Text("parentSiteId", required: false) is { } above)
            {
                if (names.TryGetValue(above, out var number)) parent = number;
                else site.Fault("parentSiteId", $"\"{above}\"", "the siteId of a site further up in the file");
            }

            if (!names.TryAdd(id, sites.Count)) site.Fault("siteId", $"\"{id}\" comes twice", "an id of its own");
            sites.Add(new SiteLimits(
                parent, site.Series("baseLoadKw", steps, -1e9, 1e9) ?? [], site.Series("importMaxKw", steps, 0, 1e9) ?? [], site.Series("exportMaxKw", steps, 0, 1e9) ?? [])
            {
                PvAvailable = site.Series("pvAvailableKw", steps, 0, 1e9, required: false), OverloadPenalty = site.Has("overloadPenaltyPerKwh") ? site.Number("overloadPenaltyPerKwh", 1e-6, 1e6) : null,
            });
        }

        if (parts.Count > SitesMax) parts[SitesMax].Fault("siteId", $"site {SitesMax + 1}", $"at most {SitesMax} sites");
        ids = [.. names.OrderBy(n => n.Value).Select(n => n.Key)];
        return [.. sites];
    }

    private static SubsidyEvent[] Events(List<JsonReading> parts, int steps, JsonReading root, out string[] ids)
    {
        var (events, names) = (new List<SubsidyEvent>(), new List<string>());
        foreach (var one in parts)
        {
            one.Only("eventId", "firstStep", "lastStep", "subsidyPerKwh");
            var id = one.Text("eventId") ?? "?";
            if (names.Contains(id)) one.Fault("eventId", $"\"{id}\" comes twice", "an id of its own");
            var first = one.Whole("firstStep", 0, steps - 1);
            events.Add(new SubsidyEvent(first, one.Whole("lastStep", first, steps - 1), one.Number("subsidyPerKwh", 0, 1e6)));
            names.Add(id);
        }

        if (events.Count > FleetProblem.EventsMax) root.Fault("events", $"{events.Count} events", $"at most {FleetProblem.EventsMax} at once (every event doubles the work)");
        ids = [.. names];
        return [.. events];
    }

    private static void AddBattery(JsonReading one, int steps, Dictionary<string, int>? sites, List<FleetFile.Row> rows, Dictionary<string, int> ids)
    {
        one.Only("batteryId", "siteId", "energyStartKwh", "energyMinKwh", "energyMaxKwh", "energyEndKwh", "chargeMaxKw", "dischargeMaxKw", "chargeEfficiency", "dischargeEfficiency", "wearPerKwh", "shortfallPenaltyPerKwh", "salvagePerKwh");
        var (id, site) = (one.Text("batteryId") ?? "?", one.Text("siteId", required: sites is not null));
        if (!ids.TryAdd(id, rows.Count)) one.Fault("batteryId", $"\"{id}\"", "an id that no vehicle and no other battery has");
        if (sites is not null && site is not null && !sites.ContainsKey(site)) one.Fault("siteId", $"\"{site}\"", "the siteId of one of the problem's sites");
        var (low, high, start) = (one.Number("energyMinKwh", 0, FleetFile.SizeMax), one.Number("energyMaxKwh", 0, FleetFile.SizeMax), one.Number("energyStartKwh", 0, FleetFile.SizeMax));
        if (low > high) one.Fault("energyMinKwh", FormattableString.Invariant($"{low}"), FormattableString.Invariant($"at most energyMaxKwh ({high})"));
        var (end, penalty, salvage) = (one.Number("energyEndKwh", 0, FleetFile.SizeMax, start), one.Number("shortfallPenaltyPerKwh", 0, 1e9, 0), one.Number("salvagePerKwh", 0, 1e6, 0));
        if (salvage > penalty && end > low) one.Fault("salvagePerKwh", FormattableString.Invariant($"{salvage}"), FormattableString.Invariant($"at most shortfallPenaltyPerKwh ({penalty}), else an empty battery would pay"));
        rows.Add(new FleetFile.Row(
            id, site is null ? 0 : sites?.GetValueOrDefault(site) ?? 0, 0, steps, start, low, high, end, one.Number("chargeMaxKw", 0, FleetFile.SizeMax), one.Number("dischargeMaxKw", 0, FleetFile.SizeMax),
            one.Number("chargeEfficiency", 1e-3, 1), one.Number("dischargeEfficiency", 1e-3, 1), one.Number("wearPerKwh", 0, 1e6, 0), penalty, salvage, 0, 0, 0));
    }

    private static Reserve Reserve(JsonReading one, int steps, Dictionary<string, int> ids)
    {
        one.Only("vehicleId", "firstStep", "lastStep", "energyMinKwh");
        var id = one.Text("vehicleId") ?? "?";
        if (!ids.TryGetValue(id, out var vehicle)) one.Fault("vehicleId", $"\"{id}\"", "the id of a vehicle or battery");
        var first = one.Whole("firstStep", 0, steps - 1);
        return new Reserve(vehicle, first, one.Whole("lastStep", first, steps - 1), one.Number("energyMinKwh", 0, FleetFile.SizeMax));
    }

    private static DemandCharge? Demand(JsonReading? limits)
    {
        if (limits?.Part("demandCharge", required: false) is not { } demand) return null;
        demand.Only("perKw", "peakSoFarKw");
        return new DemandCharge(demand.Number("perKw", 0, 1e6), demand.Number("peakSoFarKw", 0, 1e9, 0));
    }

    /// <summary>Limits on changes into given steps, or into those where the price changes.</summary>
    private static RampLimit[] Ramps(JsonReading? limits, int steps, double[] buy)
    {
        if (limits?.Part("ramps", required: false) is not { } ramps) return [];
        ramps.Only("changeMaxKw", "steps");
        var most = ramps.Number("changeMaxKw", 0, 1e9);
        var at = ramps.WholeNumbers("steps") ?? [.. Enumerable.Range(1, Math.Max(0, steps - 1)).Where(t => buy[t] != buy[t - 1])];
        if (at.Any(t => t < 1 || t >= steps)) ramps.Fault("steps", "a step outside the grid", $"steps from 1 to {steps - 1}");
        return [.. at.Where(t => t >= 1 && t < steps).Distinct().Order().Select(t => new RampLimit(t, most))];
    }
}
