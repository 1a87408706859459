using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using CsvHelper;
using Penstock.Simulator.Recorded;

namespace Penstock.Cli.Simulate;

/// <summary>One run of penstock simulate: reads, plays each policy, prints.</summary>
internal static class SimulateRun
{
    /// <summary>Quarantined rows shown in the report; all of them go to --quarantine FILE.</summary>
    private const int QuarantinedShown = 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    /// <returns>0; 3 when a file or the site is unusable.</returns>
    internal static int Play(SimulateRequest request)
    {
        try
        {
            var site = SiteFile.Read(request.Site);
            var selection = new SessionSelection(site.Zone, request.Location, request.From, request.To, request.ShiftWeeks, request.Columns, site.EvseChargeKw * 1.05);
            var sessions = SessionFiles.Read(request.Sessions, selection);
            var prices = PriceFile.Read(request.Prices, request.Area, site.Zone, site.Prices);
            List<QuarantinedRow> quarantined = [.. sessions.Quarantined, .. prices.Quarantined];
            if (request.Quarantine is { } file) Write(file, quarantined);
            var study = new RecordedStudy(site, sessions, prices.Tariff);
            var results = new List<PolicyTiming>();
            foreach (var policy in request.Policies)
            {
                var before = Environment.CpuUsage.TotalTime;
                var result = study.Play(policy);
                results.Add(new PolicyTiming(result, Math.Round((Environment.CpuUsage.TotalTime - before).TotalSeconds, 2)));
            }

            var report = Report(request, site, study, sessions, prices, quarantined, results);
            if (request.Json) Console.WriteLine(JsonSerializer.Serialize(report, Json));
            else SimulateTable.Print(Console.Out, site, study, sessions, prices, quarantined.Count, results);
            return 0;
        }
        catch (RecordedFileUnusableException e)
        {
            Console.Error.WriteLine(e.Message);
            return 3;
        }
    }

    private static object Report(
        SimulateRequest request, RecordedSite site, RecordedStudy study, RecordedSessions sessions, RecordedPrices prices, List<QuarantinedRow> quarantined, List<PolicyTiming> results) => new
        {
            site = site.Name,
            evses = study.Evses,
            currency = site.Prices.Currency.Code,
            from = study.From.ToDateTimeOffset(),
            to = study.To.ToDateTimeOffset(),
            sessions = new { files = request.Sessions.Select(Path.GetFileName), sessions.Formats, sessions.Rows, used = sessions.Sessions.Count, sessions.NotSelected, quarantined = sessions.Quarantined.Count, shiftedWeeks = request.ShiftWeeks },
            prices = new { file = Path.GetFileName(request.Prices), prices.Format, prices.Area, quarantined = prices.Quarantined.Count },
            quarantined = new
            {
                count = quarantined.Count,
                byReason = quarantined.GroupBy(q => q.Reason, StringComparer.Ordinal).OrderByDescending(g => g.Count()).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal),
                first = quarantined.Take(QuarantinedShown),
            },
            policies = results.Select(r => Policy(r, site)),
            assumptions = Assumptions(request, site, study),
            simulated = true,
        };

    private static object Policy(PolicyTiming timing, RecordedSite site)
    {
        var r = timing.Result;
        object Amount(decimal amount) => new { amount = amount.ToString("0.00", CultureInfo.InvariantCulture), currency = site.Prices.Currency.Code };
        return new
        {
            r.Policy, r.Stays, energyImportedKwh = Math.Round(r.ImportedKwh, 1), energyExportedKwh = Math.Round(r.ExportedKwh, 1), energyCost = Amount(r.EnergyCost), ownersNet = Amount(r.OwnersNet),
            wearEstimate = Amount(r.WearEstimate), peakImportKw = Math.Round(r.PeakImportKw, 1), peakExportKw = Math.Round(r.PeakExportKw, 1), r.MinutesOverLimit, energyShortfallKwh = Math.Round(r.ShortfallKwh, 1),
            r.LeftEarly, r.GuaranteeBreaches, r.Statements, r.EvSteps, timing.CpuSeconds, evStepsPerCpuSecond = timing.CpuSeconds > 0 ? Math.Round(r.EvSteps / timing.CpuSeconds) : (double?)null,
        };
    }

    /// <summary>Everything in the result that no record says.</summary>
    private static IEnumerable<string> Assumptions(SimulateRequest request, RecordedSite site, RecordedStudy study)
    {
        var fleet = site.Fleet;
        yield return FormattableString.Invariant($"piles {site.EvseChargeKw} kW in, {site.EvseDischargeKw} kW out; limit {site.Nodes[0].ImportMax.Kilowatts} kW in, {site.Nodes[0].ExportMax.Kilowatts} kW out");
        yield return FormattableString.Invariant($"vehicles {fleet.ChargeKw} kW in, {fleet.DischargeKw} kW out, efficiency {fleet.ChargeEfficiency} and {fleet.DischargeEfficiency}, {fleet.CapacityKwh} kWh where no capacity is recorded ({study.CapacitiesRaised} raised to hold their session)");
        yield return FormattableString.Invariant($"owners: never below {fleet.FloorPercent} %, at departure the recorded energy is in the battery; target {fleet.TargetPercent} % where the arrival's state of charge is not recorded");
        yield return FormattableString.Invariant($"every owner allows discharge; wear {fleet.WearPerKwh} per kWh given");
        yield return FormattableString.Invariant($"buying price = series + {site.Prices.AddToBuyPerKwh}, selling price = series x {site.Prices.SellFactor} + {site.Prices.AddToSellPerKwh}; prices known a day ahead");
        if (request.ShiftWeeks != 0) yield return $"sessions moved by {request.ShiftWeeks} weeks into the time of the prices; weekday and hour kept";
    }

    private static void Write(string path, List<QuarantinedRow> rows)
    {
        using var writer = CsvWriter.ToFile(path);
        writer.WriteRecord(["file", "line", "reason", "detail"]);
        foreach (var row in rows) writer.WriteRecord([row.File, row.Line.ToString(CultureInfo.InvariantCulture), row.Reason, row.Detail]);
    }
}

/// <summary>A result and the CPU time of all threads that it took, seconds.</summary>
internal sealed record PolicyTiming(PolicyResult Result, double CpuSeconds);
