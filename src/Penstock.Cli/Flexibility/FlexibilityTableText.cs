using System.Globalization;
using Penstock.Solvers.Flexibility;

namespace Penstock.Cli.Flexibility;

/// <summary>The answer as text.</summary>
internal static class FlexibilityTableText
{
    /// <summary>Rows of the outlook at most; a longer horizon is shown in larger strides.</summary>
    private const int RowsMax = 48;

    internal static void Print(TextWriter to, FlexibilityAnswer answer)
    {
        var (input, c, drawn) = (answer.Input, answer.Plan.Certificate, answer.Flexibility);
        var (p50, p90) = (drawn.Exceeded(0.5), drawn.Exceeded(0.9));
        void Line(FormattableString text) => to.WriteLine(text.ToString(CultureInfo.InvariantCulture));
        Line($"vehicles     {input.VehicleIds.Length - input.Batteries}{(input.Batteries > 0 ? $" and {input.Batteries} batteries" : "")}, {input.Problem.Steps} steps of {input.StepMinutes} min");
        Line($"reference    the plan: cost {c.Cost:0.00} {input.Currency}, gap {c.Gap:0.0e+0} proven");
        foreach (var (part, effort) in answer.Efforts) Line($"{part,-12} {effort.CpuSeconds:0.00} s CPU, {effort.WallSeconds:0.00} s wall, {effort.PeakMemoryMb:0} MB peak");
        to.WriteLine();
        Line($"From step 0 ({Time(answer, 0)}), kW against the plan: as planned / P50 / P90 of {drawn.Draws.Count} draws. P90 is reached in 90 % of them.");
        Line($"{"lasting",-40}{string.Concat(drawn.AsPlanned.DurationHours.Select(d => Hours(d).PadLeft(28)))}");
        void Row(string name, Func<FlexibilityTable, double[][]> of) => Line($"{name,-40}{string.Concat(drawn.AsPlanned.DurationHours.Select((_, k) => Three(of(drawn.AsPlanned)[k], of(p50)[k], of(p90)[k]).PadLeft(28)))}");
        Row("discharge: less import or more export", t => t.Discharge);
        Row("charge: more import or less export", t => t.Charge);
        Row("guaranteed block of discharge", t => t.Block);
        to.WriteLine();
        Outlook(to, answer, p50, p90, Line);
        if (answer.Offer is { } offer) Offer(answer, offer, Line);
        if (answer.Hosted is not { } hosted) return;
        Line($"");
        Line($"hosted by the {(input.Problem.Sites.Length > 0 ? "limits of whole and sites" : "limit of the whole")} without overload or shortfall, of {input.VehicleIds.Length - input.Batteries}:");
        foreach (var one in hosted) Line($"{one.Regime,-13}{one.Vehicles,10}  {one.Share * 100,6:0.0} %{(one.IsProven ? "" : "  (more are not proven impossible)")}");
    }

    private static void Outlook(TextWriter to, FlexibilityAnswer answer, FlexibilityTable p50, FlexibilityTable p90, Action<FormattableString> line)
    {
        var (envelope, steps) = (answer.Envelope, answer.Input.Problem.Steps);
        var k = Math.Max(0, p50.DurationHours.ToList().IndexOf(1));
        var stride = Math.Max((int)Math.Ceiling(60 / answer.Input.StepMinutes), (steps + RowsMax - 1) / RowsMax);
        line($"For {Hours(p50.DurationHours[k])} from each time, kW; energy taken in since the start, kWh, between its bounds (necessary, not sufficient: never bid them).");
        line($"{"from",-6}{"plan kW",12}{"discharge P50",15}{"P90",12}{"charge P50",13}{"P90",12}{"block P90",12}{"least kWh",14}{"plan kWh",14}{"most kWh",14}");
        for (var t = 0; t < steps; t += stride)
        {
            string Of(double[][] table) => t < table[k].Length ? table[k][t].ToString("0.0", CultureInfo.InvariantCulture) : "-";
            line($"{Time(answer, t),-6}{answer.Plan.Aggregate[t],12:0.0}{Of(p50.Discharge),15}{Of(p90.Discharge),12}{Of(p50.Charge),13}{Of(p90.Charge),12}{Of(p90.Block),12}{envelope.Latest[t],14:0.0}{envelope.Reference[t],14:0.0}{envelope.Earliest[t],14:0.0}");
        }
    }

    private static void Offer(FlexibilityAnswer answer, IReadOnlyList<OfferPoint> points, Action<FormattableString> line)
    {
        var ((first, last), cost) = (answer.Request.Offer!.Value, answer.Plan.Certificate.Cost);
        line($"");
        line($"Steps {first}-{last} ({Time(answer, first)}-{Time(answer, last + 1)}): guaranteed block of discharge {answer.Block:0.0} kW by vehicles that stay through it");
        line($"{"price",8}{"mean kW",13}{"least kW",13}{"costs " + answer.Input.Currency,15}{"gap",10}");
        foreach (var p in points) line($"{p.Price,8:0.000}{p.MeanKilowatts,13:0.0}{p.MinimumKilowatts,13:0.0}{p.Cost - cost,15:0.00}{p.Certificate.Gap,10:0.0e+0}");
    }

    private static string Three(double[] planned, double[] p50, double[] p90) => planned.Length == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{planned[0]:0.0} / {p50[0]:0.0} / {p90[0]:0.0}");

    private static string Hours(double hours) => hours < 1 ? string.Create(CultureInfo.InvariantCulture, $"{hours * 60:0} min") : string.Create(CultureInfo.InvariantCulture, $"{hours:0.##} h");

    private static string Time(FlexibilityAnswer answer, int step) => answer.Input.Start.LocalDateTime.PlusTicks((long)(step * answer.Input.StepMinutes * NodaTime.NodaConstants.TicksPerMinute)).ToString("HH:mm", CultureInfo.InvariantCulture);
}
