using System.Text;
using System.Text.Json;
using Penstock.Solvers.Flexibility;

namespace Penstock.Cli.Flexibility;

/// <summary>The answer as JSON (docs/reference/planning-files.md).</summary>
internal static class FlexibilityFile
{
    internal const string Schema = "penstock.flexibility/1";

    /// <summary>Shares of the draws that reach a figure: P50, P90, and P95 for bids.</summary>
    private static readonly (string Name, double Share)[] Quantiles = [("p50", 0.5), ("p90", 0.9), ("p95", 0.95)];

    internal static void Print(TextWriter to, FlexibilityAnswer answer)
    {
        using var memory = new MemoryStream();
        Write(memory, answer);
        to.WriteLine(Encoding.UTF8.GetString(memory.ToArray()));
    }

    internal static void Write(Stream stream, FlexibilityAnswer answer)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, IndentSize = 1 });
        var (input, certificate) = (answer.Input, answer.Plan.Certificate);
        json.WriteStartObject();
        json.WriteString("schema", Schema);
        json.WriteString("currency", input.Currency);
        json.WriteString("start", input.Start.ToDateTimeOffset());
        json.WriteNumber("stepMinutes", input.StepMinutes);
        json.WriteNumber("steps", input.Problem.Steps);
        json.WriteNumber("vehicles", input.VehicleIds.Length - input.Batteries);
        json.WriteNumber("batteries", input.Batteries);
        json.WriteNumber("seed", answer.Request.Seed);
        json.WriteStartObject("plan");
        json.WriteNumber("cost", Round(certificate.Cost));
        json.WriteNumber("lowerBound", Round(certificate.LowerBound));
        json.WriteNumber("gap", certificate.Gap);
        Series(json, "aggregateKw", answer.Plan.Aggregate);
        json.WriteEndObject();
        Capability(json, answer.Flexibility);
        json.WriteStartObject("envelope");
        Series(json, "earliestKwh", answer.Envelope.Earliest);
        Series(json, "latestKwh", answer.Envelope.Latest);
        Series(json, "planKwh", answer.Envelope.Reference);
        Series(json, "importMaxKw", answer.Envelope.ImportMax);
        Series(json, "exportMaxKw", answer.Envelope.ExportMax);
        json.WriteEndObject();
        if (answer.Offer is { } points) Offer(json, answer, points);
        if (answer.Hosted is { } hosted) Hosting(json, hosted);
        Efforts(json, answer);
        json.WriteEndObject();
    }

    private static void Capability(Utf8JsonWriter json, FlexibilityDraws drawn)
    {
        (string Name, FlexibilityTable Table)[] tables = [("asPlanned", drawn.AsPlanned), .. Quantiles.Select(q => (q.Name, drawn.Exceeded(q.Share)))];
        json.WriteStartObject("capability");
        json.WriteNumber("draws", drawn.Draws.Count);
        Series(json, "durationHours", drawn.AsPlanned.DurationHours);
        foreach (var (name, of) in new (string, Func<FlexibilityTable, double[][]>)[] { ("dischargeKw", t => t.Discharge), ("chargeKw", t => t.Charge), ("guaranteedBlockKw", t => t.Block) })
        {
            json.WriteStartObject(name);
            foreach (var (table, values) in tables)
            {
                json.WriteStartArray(table);
                foreach (var duration in of(values)) Values(json, duration);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Offer(Utf8JsonWriter json, FlexibilityAnswer answer, IReadOnlyList<OfferPoint> points)
    {
        var (first, last) = answer.Request.Offer!.Value;
        json.WriteStartObject("offer");
        json.WriteNumber("firstStep", first);
        json.WriteNumber("lastStep", last);
        json.WriteNumber("guaranteedBlockKw", Round(answer.Block!.Value));
        json.WriteStartArray("points");
        foreach (var point in points)
        {
            json.WriteStartObject();
            json.WriteNumber("pricePerKwh", point.Price);
            json.WriteNumber("meanKw", Round(point.MeanKilowatts));
            json.WriteNumber("minimumKw", Round(point.MinimumKilowatts));
            json.WriteNumber("extraCost", Round(point.Cost - answer.Plan.Certificate.Cost));
            json.WriteNumber("cost", Round(point.Certificate.Cost));
            json.WriteNumber("lowerBound", Round(point.Certificate.LowerBound));
            json.WriteNumber("gap", point.Certificate.Gap);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Hosting(Utf8JsonWriter json, IReadOnlyList<HostedVehicles> hosted)
    {
        json.WriteStartArray("hosting");
        foreach (var one in hosted)
        {
            json.WriteStartObject();
            json.WriteString("regime", one.Regime switch { ChargingRegime.Uncontrolled => "uncontrolled", ChargingRegime.Orderly => "orderly", _ => "v2g" });
            json.WriteNumber("vehicles", one.Vehicles);
            json.WriteNumber("share", Round(one.Share));
            json.WriteBoolean("proven", one.IsProven);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Efforts(Utf8JsonWriter json, FlexibilityAnswer answer)
    {
        json.WriteStartObject("effort");
        foreach (var (part, effort) in answer.Efforts)
        {
            json.WriteStartObject(part);
            json.WriteNumber("cpuSeconds", Math.Round(effort.CpuSeconds, 3));
            json.WriteNumber("wallSeconds", Math.Round(effort.WallSeconds, 3));
            json.WriteNumber("peakMemoryMb", Math.Round(effort.PeakMemoryMb, 1));
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static double Round(double value) => Math.Round(value, 6);

    private static void Series(Utf8JsonWriter json, string name, IEnumerable<double> values)
    {
        json.WritePropertyName(name);
        Values(json, values);
    }

    private static void Values(Utf8JsonWriter json, IEnumerable<double> values)
    {
        json.WriteStartArray();
        foreach (var value in values) json.WriteNumberValue(Round(value));
        json.WriteEndArray();
    }
}
