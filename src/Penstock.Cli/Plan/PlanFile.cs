using System.Diagnostics;
using System.Text.Json;
using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Fleet;

namespace Penstock.Cli.Plan;

/// <summary>What a run took.</summary>
internal readonly record struct Effort(double CpuSeconds, double WallSeconds, double PeakMemoryMb)
{
    /// <summary>Runs something and measures it: CPU of all threads, wall time, and the largest memory of the process so far.</summary>
    internal static (T Result, Effort Effort) Of<T>(Func<T> run)
    {
        var (cpu, clock) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var result = run();
        var effort = new Effort((Environment.CpuUsage.TotalTime - cpu).TotalSeconds, Stopwatch.GetElapsedTime(clock).TotalSeconds, 0);
        using var self = Process.GetCurrentProcess();
        return (result, effort with { PeakMemoryMb = self.PeakWorkingSet64 / 1048576.0 });
    }
}

/// <summary>A wish that a plan could not meet.</summary>
/// <param name="SiteId">Null for a vehicle, and for the whole.</param>
internal readonly record struct RelaxedWish(string? VehicleId, string? SiteId, string What, double By, string Unit)
{
    /// <summary>Less than this is rounding, kWh.</summary>
    internal const double Least = 1e-3;

    internal static IEnumerable<RelaxedWish> Of(PlanningInput input, FleetPlan plan)
    {
        var fleet = input.Problem.Vehicles;
        for (var i = 0; i < fleet.Count; i++)
        {
            if (fleet.EnergyMin[i] - fleet.EnergyArrival[i] > Least) yield return new RelaxedWish(input.VehicleIds[i], null, "energyMin", fleet.EnergyMin[i] - fleet.EnergyArrival[i], "kWh");
            if (fleet.EnergyArrival[i] - fleet.EnergyMax[i] > Least) yield return new RelaxedWish(input.VehicleIds[i], null, "energyMax", fleet.EnergyArrival[i] - fleet.EnergyMax[i], "kWh");
            if (plan.Shortfall[i] > Least) yield return new RelaxedWish(input.VehicleIds[i], null, "energyTarget", plan.Shortfall[i], "kWh");
        }

        foreach (var over in plan.Overloads)
        {
            var site = over.Site is { } s ? input.SiteIds[s] : null;
            if (over.ImportKilowattHours > Least) yield return new RelaxedWish(null, site, "importMax", over.ImportKilowattHours, "kWh");
            if (over.ExportKilowattHours > Least) yield return new RelaxedWish(null, site, "exportMax", over.ExportKilowattHours, "kWh");
        }

        if (plan.Costs.Ramps > 1e-6) yield return new RelaxedWish(null, null, "ramp", plan.Costs.Ramps / input.Problem.OverloadPenalty / input.Problem.StepHours, "kW");
    }
}

/// <summary>plan.json (docs/reference/planning-files.md).</summary>
internal static class PlanFile
{
    internal const string Schema = "penstock.plan/1";

    /// <summary>Binding limits listed at most, dearest first.</summary>
    internal const int BindingMax = 200;

    internal static void Write(string path, PlanningInput input, FleetPlan plan, Effort effort)
    {
        using var stream = File.Create(path);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, IndentSize = 1, MaxDepth = 8 });
        var problem = input.Problem;
        json.WriteStartObject();
        json.WriteString("schema", Schema);
        json.WriteString("currency", input.Currency);
        json.WriteString("start", input.Start.ToDateTimeOffset());
        json.WriteNumber("stepMinutes", input.StepMinutes);
        Certificate(json, plan, effort);
        Series(json, "aggregateKw", plan.Aggregate);
        Series(json, "pvUsedKw", plan.PvUsed);
        json.WriteStartObject("pvUsedBySiteKw");
        foreach (var (site, used) in plan.PvUsedBySite.OrderBy(s => s.Key)) Series(json, input.SiteIds[site], used);
        json.WriteEndObject();
        json.WriteNumber("overloadKwh", Round(plan.Overloads.Sum(o => o.ImportKilowattHours + o.ExportKilowattHours)));
        json.WriteNumber("shortfallKwh", Round(plan.Shortfall.Sum(s => (double)s)));
        Costs(json, plan);
        if (input.CarbonKgPerKwh is { } carbon) json.WriteNumber("emissionsKg", Round(Enumerable.Range(0, problem.Steps).Sum(t => Net(problem, plan, t) * problem.StepHours * carbon[t])));
        Relaxed(json, RelaxedWish.Of(input, plan));
        Binding(json, input, plan);
        Prices(json, input, plan);
        Vectors(json, plan);
        json.WriteStartArray("warnings");
        foreach (var warning in input.Warnings) json.WriteStringValue(warning);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>What an earlier plan knew, to start from.</summary>
    /// <exception cref="InputRefusedException">The file is no plan.</exception>
    internal static PlanStart ReadStart(string path, PlanningInput input)
    {
        var (json, places) = PlacedJson.Read(path);
        if (!json.Fields.TryGetValue("schema", out var schema) || schema.Text != Schema) throw new InputRefusedException([places.Fault(json.Offset, "schema", schema?.Text ?? "missing", Schema)]);
        var prices = json.Fields.GetValueOrDefault("prices");
        double[] Numbers(PlacedJson? from, string name) => from?.Fields.GetValueOrDefault(name)?.Numbers ?? [];
        var ids = input.SiteIds.Select((id, n) => (id, n)).ToDictionary(s => s.id, s => s.n, StringComparer.Ordinal);
        var sites = prices?.Fields.GetValueOrDefault("sitesPerKwh")?.Fields.Where(s => s.Value.Numbers is not null && ids.ContainsKey(s.Key)).ToDictionary(s => ids[s.Key], s => s.Value.Numbers!) ?? [];
        var blocks = json.Fields.GetValueOrDefault("priceVectors")?.Fields.GetValueOrDefault("blocks")?.Items ?? [];
        return new PlanStart(
            new FleetPrices(Numbers(prices, "netPerKwh"), Numbers(prices, "demandPerKw"), Numbers(prices, "rampsPerKw"), sites),
            [.. blocks.Select(b => (IReadOnlyList<double[]>)[.. b.Fields.GetValueOrDefault("pricesPerKwh")?.Items.Select(i => i.Numbers ?? []) ?? []])]);
    }

    private static double Net(FleetProblem problem, FleetPlan plan, int t) => problem.BaseLoad[t] + plan.Aggregate[t] - plan.PvUsed[t];

    private static double Round(double value) => Math.Round(value, 6);

    private static void Series(Utf8JsonWriter json, string name, IEnumerable<double> values, bool exact = false)
    {
        json.WriteStartArray(name);
        Values(json, values, exact);
    }

    private static void Values(Utf8JsonWriter json, IEnumerable<double> values, bool exact)
    {
        json.WriteRawValue(string.Join(',', values.Select(v => (exact ? v : Round(v)).ToString("R", System.Globalization.CultureInfo.InvariantCulture))) is { Length: > 0 } all ? all : " ", skipInputValidation: true);
        json.WriteEndArray();
    }

    private static void Certificate(Utf8JsonWriter json, FleetPlan plan, Effort effort)
    {
        json.WriteStartObject("certificate");
        json.WriteNumber("cost", Round(plan.Certificate.Cost));
        json.WriteNumber("lowerBound", Round(plan.Certificate.LowerBound));
        json.WriteNumber("gap", plan.Certificate.Gap);
        json.WriteNumber("passes", Math.Round(plan.Certificate.Passes, 3));
        json.WriteNumber("cpuSeconds", Math.Round(effort.CpuSeconds, 3));
        json.WriteNumber("wallSeconds", Math.Round(effort.WallSeconds, 3));
        json.WriteNumber("peakMemoryMb", Math.Round(effort.PeakMemoryMb, 1));
        json.WriteEndObject();
    }

    private static void Costs(Utf8JsonWriter json, FleetPlan plan)
    {
        var c = plan.Costs;
        json.WriteStartObject("costs");
        foreach (var (name, value) in new[] { ("energy", c.Energy), ("wear", c.Wear), ("shortfall", c.Shortfall), ("salvage", -c.Salvage), ("overload", c.Overload), ("subsidies", -c.Subsidies), ("demand", c.Demand), ("ramps", c.Ramps), ("fees", c.Fees) }) json.WriteNumber(name, Round(value));
        if (plan.RoundingLoss is { } loss) json.WriteNumber("ofWhichRoundingToPiles", Round(loss));
        json.WriteEndObject();
    }

    private static void Relaxed(Utf8JsonWriter json, IEnumerable<RelaxedWish> wishes)
    {
        json.WriteStartArray("relaxed");
        foreach (var wish in wishes)
        {
            json.WriteStartObject();
            if (wish.VehicleId is { } vehicle) json.WriteString("vehicleId", vehicle);
            else json.WriteString("siteId", wish.SiteId); // null = the whole
            json.WriteString("what", wish.What);
            json.WriteNumber("by", Math.Round(wish.By, 4));
            json.WriteString("unit", wish.Unit);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Binding(Utf8JsonWriter json, PlanningInput input, FleetPlan plan)
    {
        json.WriteStartArray("binding");
        foreach (var limit in BindingLimit.Of(plan).Take(BindingMax))
        {
            json.WriteStartObject();
            json.WriteString("siteId", limit.Site is { } site ? input.SiteIds[site] : null);
            json.WriteNumber("step", limit.Step);
            json.WriteString("limit", limit.Import ? "importMax" : "exportMax");
            json.WriteNumber("shadowPricePerKwh", Round(limit.ShadowPrice));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Prices(Utf8JsonWriter json, PlanningInput input, FleetPlan plan)
    {
        json.WriteStartObject("prices");
        Series(json, "netPerKwh", plan.Prices.Net, exact: true);
        Series(json, "demandPerKw", plan.Prices.Demand, exact: true);
        Series(json, "rampsPerKw", plan.Prices.Ramps, exact: true);
        json.WriteStartObject("sitesPerKwh");
        foreach (var (site, price) in plan.Prices.Sites.OrderBy(s => s.Key)) Series(json, input.SiteIds[site], price, exact: true);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Vectors(Utf8JsonWriter json, FleetPlan plan)
    {
        json.WriteStartObject("priceVectors");
        json.WriteStartArray("blocks");
        foreach (var mixture in plan.Mixtures)
        {
            json.WriteStartObject();
            Series(json, "weights", mixture.Select(m => m.Weight), exact: true);
            json.WriteStartArray("pricesPerKwh");
            foreach (var (_, price) in mixture)
            {
                json.WriteStartArray();
                Values(json, price, exact: true);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
