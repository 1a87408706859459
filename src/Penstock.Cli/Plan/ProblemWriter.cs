using System.Globalization;
using System.Text;
using System.Text.Json;
using Penstock.Solvers.Fleet;

namespace Penstock.Cli.Plan;

/// <summary>Writes a problem as files: problem.json and fleet.csv in a folder.</summary>
internal static class ProblemWriter
{
    internal static void Write(string folder, FleetProblem problem, string start)
    {
        Directory.CreateDirectory(folder);
        using (var stream = File.Create(Path.Combine(folder, "problem.json")))
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, IndentSize = 1 }))
        {
            json.WriteStartObject();
            json.WriteString("schema", ProblemFile.Schema);
            json.WriteStartObject("grid");
            json.WriteString("start", start);
            json.WriteNumber("stepMinutes", problem.StepHours * 60);
            json.WriteNumber("steps", problem.Steps);
            json.WriteEndObject();
            json.WriteStartObject("prices");
            json.WriteString("currency", "CNY");
            Series(json, "buyPerKwh", problem.Buy);
            Series(json, "sellPerKwh", problem.Sell);
            Series(json, "dischargeFeePerKwh", problem.DischargeFee);
            json.WriteEndObject();
            Limits(json, problem);
            Sites(json, problem.Sites);
            Events(json, problem.Events);
            Reserves(json, problem.Vehicles.Reserves);
            json.WriteString("vehicles", "fleet.csv");
            json.WriteEndObject();
        }

        Fleet(Path.Combine(folder, "fleet.csv"), problem);
    }

    internal static string VehicleId(int i) => $"EV{i + 1:D7}";

    private static string SiteId(int s) => $"S{s + 1:D5}";

    private static void Series(Utf8JsonWriter json, string name, double[]? values)
    {
        if (values is null) return;
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static void Limits(Utf8JsonWriter json, FleetProblem problem)
    {
        json.WriteStartObject("limits");
        Series(json, "baseLoadKw", problem.BaseLoad);
        Series(json, "importMaxKw", problem.ImportMax);
        Series(json, "exportMaxKw", problem.ExportMax);
        json.WriteNumber("overloadPenaltyPerKwh", problem.OverloadPenalty);
        Series(json, "pvAvailableKw", problem.PvAvailable);
        if (problem.DemandCharge is { } demand)
        {
            json.WriteStartObject("demandCharge");
            json.WriteNumber("perKw", demand.PerKilowatt);
            json.WriteNumber("peakSoFarKw", demand.PeakSoFar);
            json.WriteEndObject();
        }

        if (problem.Ramps.Length > 0)
        {
            json.WriteStartObject("ramps");
            json.WriteNumber("changeMaxKw", problem.Ramps[0].ChangeMax);
            Series(json, "steps", [.. problem.Ramps.Select(r => (double)r.Step)]);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Sites(Utf8JsonWriter json, SiteLimits[] sites)
    {
        if (sites.Length == 0) return;
        json.WriteStartArray("sites");
        for (var s = 0; s < sites.Length; s++)
        {
            json.WriteStartObject();
            json.WriteString("siteId", SiteId(s));
            if (sites[s].Parent is { } parent) json.WriteString("parentSiteId", SiteId(parent));
            Series(json, "baseLoadKw", sites[s].BaseLoad);
            Series(json, "importMaxKw", sites[s].ImportMax);
            Series(json, "exportMaxKw", sites[s].ExportMax);
            Series(json, "pvAvailableKw", sites[s].PvAvailable);
            if (sites[s].OverloadPenalty is { } penalty) json.WriteNumber("overloadPenaltyPerKwh", penalty);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Events(Utf8JsonWriter json, SubsidyEvent[] events)
    {
        if (events.Length == 0) return;
        json.WriteStartArray("events");
        for (var e = 0; e < events.Length; e++)
        {
            json.WriteStartObject();
            json.WriteString("eventId", $"E{e + 1}");
            json.WriteNumber("firstStep", events[e].First);
            json.WriteNumber("lastStep", events[e].Last);
            json.WriteNumber("subsidyPerKwh", events[e].SubsidyPerKilowattHour);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Reserves(Utf8JsonWriter json, IReadOnlyList<Reserve> reserves)
    {
        if (reserves.Count == 0) return;
        json.WriteStartArray("reserves");
        foreach (var one in reserves)
        {
            json.WriteStartObject();
            json.WriteString("vehicleId", VehicleId(one.Vehicle));
            json.WriteNumber("firstStep", one.First);
            json.WriteNumber("lastStep", one.Last);
            json.WriteNumber("energyMinKwh", one.EnergyMin);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Fleet(string path, FleetProblem problem)
    {
        var (fleet, line) = (problem.Vehicles, new StringBuilder());
        float[][] always =
        [
            fleet.EnergyArrival, fleet.EnergyMin, fleet.EnergyMax, fleet.EnergyTarget, fleet.ChargeMax, fleet.DischargeMax, fleet.ChargeEfficiency, fleet.DischargeEfficiency,
            fleet.Wear, fleet.ShortfallPenalty, fleet.Salvage,
        ];
        using var csv = new StreamWriter(path) { NewLine = "\n" };
        csv.WriteLine(
            "vehicleId,siteId,arrivalStep,departureStep,energyArrivalKwh,energyMinKwh,energyMaxKwh,energyTargetKwh,chargeMaxKw,dischargeMaxKw,chargeEfficiency,dischargeEfficiency,"
            + "wearPerKwh,shortfallPenaltyPerKwh,salvagePerKwh,leaveProbabilityPerStep,powerStepKw,powerMinKw");
        for (var i = 0; i < fleet.Count; i++)
        {
            line.Clear().Append(VehicleId(i)).Append(',').Append(problem.Sites.Length > 0 ? SiteId(fleet.Site[i]) : "").Append(CultureInfo.InvariantCulture, $",{fleet.Arrival[i]},{fleet.Departure[i]}");
            foreach (var column in always) line.Append(CultureInfo.InvariantCulture, $",{column[i]}");
            foreach (var column in new[] { fleet.LeaveProbability, fleet.PowerStep, fleet.PowerMin }) line.Append(CultureInfo.InvariantCulture, $",{column?[i]}");
            csv.WriteLine(line);
        }
    }
}
