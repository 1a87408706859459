using System.Globalization;
using Penstock.Simulator.Recorded;

namespace Penstock.Cli.Simulate;

/// <summary>The report for people: one column per policy.</summary>
internal static class SimulateTable
{
    internal static void Print(TextWriter to, RecordedSite site, RecordedStudy study, RecordedSessions sessions, RecordedPrices prices, int quarantined, List<PolicyTiming> results)
    {
        var currency = site.Prices.Currency.Code;
        to.WriteLine($"SIMULATED on recorded sessions: {site.Name}, {study.Evses} EVSEs, {study.From} to {study.To}");
        to.WriteLine($"{sessions.Rows} rows: {sessions.Sessions.Count} sessions used, {sessions.NotSelected} not selected, {quarantined} rows quarantined (with prices); prices {prices.Format} {prices.Area}");
        to.WriteLine();
        Row("", r => r.Policy.ToString().ToLowerInvariant());
        Row("energy in, kWh", r => Text(r.ImportedKwh));
        Row("energy out, kWh", r => Text(r.ExportedKwh));
        Row($"energy cost, {currency}", r => Money(r.EnergyCost));
        Row($"owners' net, {currency}", r => Money(r.OwnersNet));
        Row($"wear estimate, {currency}", r => Money(r.WearEstimate));
        Row("peak in, kW", r => Text(r.PeakImportKw));
        Row("peak out, kW", r => Text(r.PeakExportKw));
        Row("minutes over the limit", r => r.MinutesOverLimit.ToString(CultureInfo.InvariantCulture));
        Row("energy shortfall, kWh", r => Text(r.ShortfallKwh));
        Row("  left before declared", r => r.LeftEarly.ToString(CultureInfo.InvariantCulture));
        Row("guarantee breaches", r => r.GuaranteeBreaches.ToString(CultureInfo.InvariantCulture));
        Row("statements", r => r.Statements.ToString(CultureInfo.InvariantCulture));
        to.WriteLine($"{"CPU seconds",-26}{string.Concat(results.Select(r => r.CpuSeconds.ToString("0.00", CultureInfo.InvariantCulture).PadLeft(16)))}");
        void Row(string name, Func<PolicyResult, string> value) => to.WriteLine($"{name,-26}{string.Concat(results.Select(r => value(r.Result).PadLeft(16)))}");
    }

    private static string Text(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    private static string Money(decimal value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
