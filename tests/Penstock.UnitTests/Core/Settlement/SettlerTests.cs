using System.Collections.Immutable;
using CsCheck;
using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.GridEvents;
using Penstock.Core.Metering;
using Penstock.Core.Settlement;
using Penstock.Core.Sites;
using Penstock.Core.Tariffs;
using Penstock.Core.Units;

namespace Penstock.UnitTests.Core.Settlement;

public sealed class SettlerTests
{
    private static readonly Instant Midnight = Instant.FromUtc(2026, 4, 1, 16, 0); // 2026-04-02 00:00 in Shenzhen
    private static readonly ContractTerms Contract = new("C-1", 0, 0.10m, 0.30m, 0.25m);

    [Fact]
    public void The_golden_example_pays_the_owner_88_yuan_10()
    {
        var statement = Settler.Settle(Case([Quarter(2 * 4, 40_000, 0), Quarter(17 * 4, 0, 30_000)], [Event(17, 19)]));
        Assert.Equal(88.10m, statement.Total.Amount);
        Assert.Equal(
            [(StatementLineKind.TariffCost, -16.00m), (StatementLineKind.ExportCredit, 23.10m), (StatementLineKind.EventSubsidy, 120.00m),
             (StatementLineKind.AggregatorShare, -36.00m), (StatementLineKind.ServiceFee, -3.00m), (StatementLineKind.WearInformation, -7.50m)],
            statement.Lines.Select(l => (l.Kind, l.Amount.Amount)));
    }

    [Fact]
    public void Cycling_inside_an_event_earns_no_subsidy() => Assert.DoesNotContain(
        Settler.Settle(Case([Quarter(17 * 4, 30_000, 0), Quarter((17 * 4) + 1, 0, 29_000)], [Event(17, 19)])).Lines, l => l.Kind == StatementLineKind.EventSubsidy);

    [Fact]
    public void Postings_sum_to_zero_and_the_total_is_the_sum_of_rounded_lines() =>
        Gen.Select(Gen.Int[0, 95], Gen.Int[0, 50_000], Gen.Int[0, 50_000]).Array[1, 40].Sample(rows =>
        {
            var intervals = rows.DistinctBy(r => r.Item1).Select(r => Quarter(r.Item1, r.Item2, r.Item3)).ToArray();
            var statement = Settler.Settle(Case(intervals, [Event(10, 12), Event(17, 19)]));
            Assert.Equal(0, statement.Postings.Sum(p => p.Amount.Amount));
            Assert.Equal(statement.Total.Amount, statement.Lines.Where(l => !l.Informational).Sum(l => decimal.Round(l.Amount.Amount, 2)));
        });

    private static SettlementCase Case(MeterInterval[] intervals, ImmutableArray<GridInstruction> events) => new(
        new SessionId("CS-1:1"), new OwnerId("O"), new VehicleId("V"), new Interval(Midnight, Midnight + Duration.FromHours(24)), [.. intervals], BuiltInTariffs.Shenzhen, Contract, events);

    private static MeterInterval Quarter(int slot, long importWh, long exportWh) =>
        new(new Interval(Midnight + Duration.FromMinutes(15 * slot), Midnight + Duration.FromMinutes(15 * (slot + 1))), importWh, exportWh, MeterQuality.Measured);

    private static GridInstruction Event(int fromHour, int toHour) => new(
        new GridEventId($"E{fromHour}"), "peak", "test", null, Power.FromKilowatts(-1052), new Interval(Midnight + Duration.FromHours(fromHour), Midnight + Duration.FromHours(toHour)),
        0.9, 1.2, new EnergyPrice(4.00m, Currency.Cny), Midnight);
}
