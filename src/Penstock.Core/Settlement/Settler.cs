using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.GridEvents;
using Penstock.Core.Metering;
using Penstock.Core.Sites;
using Penstock.Core.Tariffs;
using Penstock.Core.Units;

namespace Penstock.Core.Settlement;

/// <summary>The owner's contract with operator and aggregator.</summary>
/// <param name="ChargeFee">Operator's fee per kWh charged.</param>
/// <param name="DischargeFee">Operator's fee per kWh given to the grid.</param>
/// <param name="AggregatorShare">Part of the event subsidy, 0 to 1; never of tariff pass-through.</param>
/// <param name="Wear">Battery wear per kWh given, shown as information.</param>
public sealed record ContractTerms(string Id, decimal ChargeFee, decimal DischargeFee, decimal AggregatorShare, decimal Wear);

/// <summary>A closed session with all that its statement depends on.</summary>
public sealed record SettlementCase(
    SessionId Session, OwnerId Owner, VehicleId Vehicle, Interval Stay, ImmutableArray<MeterInterval> Intervals,
    Tariff Tariff, ContractTerms Contract, ImmutableArray<GridInstruction> Events);

/// <summary>Turns a closed session into its statement. Pure, exact decimals, one rounding per line.</summary>
public static class Settler
{
    public static Statement Settle(SettlementCase subject)
    {
        var lines = TariffLines(subject).Concat(EventLines(subject)).Concat(FeeLines(subject)).ToImmutableArray();
        var total = lines.Where(l => !l.Informational).Aggregate(Money.Zero(subject.Tariff.Currency), (sum, line) => sum + line.Amount);
        return new Statement(subject.Session, subject.Owner, subject.Vehicle, subject.Stay,
            string.Join(", ", subject.Intervals.Select(i => subject.Tariff.PriceAt(i.Time.Start).Version).Distinct()),
            lines, total, Postings(subject, lines, total), subject.Intervals.Length, subject.Intervals.Count(i => i.Quality == MeterQuality.Estimated));
    }

    /// <summary>One line per band and price; market prices, which change every hour, make one line whose price is the mean paid.</summary>
    private static IEnumerable<StatementLine> TariffLines(SettlementCase subject)
    {
        var priced = subject.Intervals.Select(i => (Interval: i, Price: subject.Tariff.PriceAt(i.Time.Start))).ToList();
        foreach (var group in priced.GroupBy(p => p.Price.Band is null ? p.Price with { Buy = default, Sell = default } : p.Price).OrderBy(g => g.First().Interval.Time.Start).ThenBy(g => g.Key.Band))
        {
            var rule = $"{subject.Tariff.Name} {group.Key.Version}";
            if (Sum(StatementLineKind.TariffCost, [.. group.Select(p => (p.Interval.ImportWh, p.Price.Buy))], -1, rule, group.Count()) is { } cost) yield return cost with { Band = group.Key.Band };
            if (Sum(StatementLineKind.ExportCredit, [.. group.Select(p => (p.Interval.ExportWh, p.Price.Sell))], 1, rule, group.Count()) is { } credit) yield return credit with { Band = group.Key.Band };
        }
    }

    private static StatementLine? Sum(StatementLineKind kind, (long WattHours, EnergyPrice Price)[] parts, int sign, string rule, int intervals)
    {
        var quantity = parts.Sum(p => p.WattHours);
        if (quantity <= 0) return null;
        var (first, evidence) = (parts[0].Price, $"{intervals} intervals");
        if (parts.All(p => p.Price == first)) return Line(kind, quantity, first, sign, rule, evidence);
        var exact = parts.Aggregate(Money.Zero(first.Currency), (sum, p) => sum + p.Price.For(p.WattHours));
        return new StatementLine(kind, null, null, quantity, first with { PerKilowattHour = exact.Amount * 1000m / quantity }, (exact * sign).Rounded(), rule + ", mean price", evidence, Informational: false);
    }

    /// <summary>The net rule: an event pays for exported minus imported energy of the session inside the window, never for cycling within it.</summary>
    private static IEnumerable<StatementLine> EventLines(SettlementCase subject)
    {
        foreach (var one in subject.Events.OrderBy(e => e.Window.Start).ThenBy(e => e.Id.Value, StringComparer.Ordinal))
        {
            var net = NetExportWh(subject.Intervals, one);
            if (net <= 0) continue;
            yield return Line(StatementLineKind.EventSubsidy, net, one.Subsidy, 1, "net energy per session and event", $"event {one.Id}") with { Event = one.Id };
            if (subject.Contract.AggregatorShare > 0)
            {
                var share = one.Subsidy with { PerKilowattHour = one.Subsidy.PerKilowattHour * subject.Contract.AggregatorShare };
                yield return Line(StatementLineKind.AggregatorShare, net, share, -1, $"contract {subject.Contract.Id}", $"event {one.Id}") with { Event = one.Id };
            }
        }
    }

    /// <summary>Wh given in the event's window, cut at an abort; 0 when the session took more than it gave.</summary>
    public static long NetExportWh(IEnumerable<MeterInterval> intervals, GridInstruction one)
    {
        var end = one.AbortedAt is { } aborted ? Instant.Min(aborted, one.Window.End) : one.Window.End;
        return Math.Max(0, intervals.Where(i => i.Time.Start >= one.Window.Start && i.Time.End <= end).Sum(i => i.ExportWh - i.ImportWh));
    }

    private static IEnumerable<StatementLine> FeeLines(SettlementCase subject)
    {
        var contract = subject.Contract;
        var import = subject.Intervals.Sum(i => i.ImportWh);
        var export = subject.Intervals.Sum(i => i.ExportWh);
        var rule = $"contract {contract.Id}";
        if (import > 0 && contract.ChargeFee > 0) yield return Line(StatementLineKind.ServiceFee, import, Price(contract.ChargeFee), -1, rule, "charged energy");
        if (export > 0 && contract.DischargeFee > 0) yield return Line(StatementLineKind.ServiceFee, export, Price(contract.DischargeFee), -1, rule, "energy to the grid");
        if (export > 0 && contract.Wear > 0) yield return Line(StatementLineKind.WearInformation, export, Price(contract.Wear), -1, "estimate, not charged", "energy to the grid") with { Informational = true };
        EnergyPrice Price(decimal perKilowattHour) => new(perKilowattHour, subject.Tariff.Currency);
    }

    private static StatementLine Line(StatementLineKind kind, long wattHours, EnergyPrice price, int sign, string rule, string evidence) =>
        new(kind, null, null, wattHours, price, (price.For(wattHours) * sign).Rounded(), rule, evidence, Informational: false);

    /// <summary>Each line moves between the owner's wallet and the one party that it belongs to, so every statement sums to zero.</summary>
    private static ImmutableArray<Posting> Postings(SettlementCase subject, ImmutableArray<StatementLine> lines, Money total) =>
    [
        new Posting($"owner/{subject.Owner}/wallet", total),
        .. lines.Where(l => !l.Informational).GroupBy(l => Counterparty(l.Kind)).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new Posting(g.Key, -g.Aggregate(Money.Zero(total.Currency), (sum, line) => sum + line.Amount))),
    ];

    private static string Counterparty(StatementLineKind kind) => kind switch
    {
        StatementLineKind.TariffCost => "grid-company/energy-sold",
        StatementLineKind.ExportCredit => "grid-company/feed-in",
        StatementLineKind.EventSubsidy => "programme/subsidy-pot",
        StatementLineKind.AggregatorShare => "aggregator/revenue",
        StatementLineKind.ServiceFee => "operator/revenue",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Information is never posted."),
    };
}
