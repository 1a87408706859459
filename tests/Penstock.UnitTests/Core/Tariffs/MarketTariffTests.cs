using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.Metering;
using Penstock.Core.Settlement;
using Penstock.Core.Sites;
using Penstock.Core.Tariffs;
using Penstock.Core.Units;

namespace Penstock.UnitTests.Core.Tariffs;

public sealed class MarketTariffTests
{
    private static readonly Instant Start = Instant.FromUtc(2025, 3, 1, 0, 0);

    [Fact]
    public void A_price_holds_for_its_period_and_no_longer()
    {
        var tariff = Tariff((0, 0.10m), (1, -0.02m), (3, 0.30m));
        Assert.Equal(0.10m, tariff.PriceAt(Start).Buy.PerKilowattHour);
        Assert.Equal(-0.02m, tariff.PriceAt(Start + Duration.FromMinutes(119)).Buy.PerKilowattHour);
        Assert.Contains("2025-03-01T02:00:00Z", Assert.Throws<InvalidOperationException>(() => tariff.PriceAt(Start + Duration.FromHours(2))).Message);
        Assert.Throws<InvalidOperationException>(() => tariff.PriceAt(Start + Duration.FromHours(4)));
        Assert.Throws<InvalidOperationException>(() => tariff.PriceAt(Start - Duration.Epsilon));
    }

    [Fact]
    public void Two_prices_for_one_period_and_prices_off_the_grid_are_refused()
    {
        Assert.Contains("two prices", Assert.Throws<ArgumentException>(() => Tariff((0, 1m), (0, 2m))).Message);
        Assert.Contains("multiple", Assert.Throws<ArgumentException>(() =>
            new MarketTariff("m", DateTimeZone.Utc, Currency.Cny, Duration.FromHours(1), [new MarketPrice(Start + Duration.FromMinutes(5), 1m, 1m)])).Message);
        Assert.Throws<ArgumentException>(() => new MarketTariff("m", DateTimeZone.Utc, Currency.Cny, Duration.FromHours(1), []));
    }

    [Fact]
    public void A_statement_over_market_prices_has_one_cost_line_with_the_mean_price_rounded_once()
    {
        var intervals = new[] { (0, 1000L), (1, 3000L) }.Select(p => new MeterInterval(new Interval(Start + Duration.FromHours(p.Item1), Start + Duration.FromHours(p.Item1 + 1)), p.Item2, 0, MeterQuality.Measured));
        var statement = Settler.Settle(new SettlementCase(
            new SessionId("s"), new OwnerId("o"), new VehicleId("v"), new Interval(Start, Start + Duration.FromHours(2)), [.. intervals], Tariff((0, 0.103m), (1, 0.207m)), new ContractTerms("c", 0, 0, 0, 0), []));
        var line = Assert.Single(statement.Lines);
        Assert.Equal(-0.72m, line.Amount.Amount); // 0.103 + 0.621 = 0.724
        Assert.Equal(0.181m, line.Price.PerKilowattHour);
        Assert.Null(line.Band);
        Assert.Equal(0, statement.Postings.Sum(p => p.Amount.Amount));
    }

    private static MarketTariff Tariff(params (int Hour, decimal Price)[] prices) =>
        new("m", DateTimeZone.Utc, Currency.Cny, Duration.FromHours(1), [.. prices.Select(p => new MarketPrice(Start + Duration.FromHours(p.Hour), p.Price, p.Price))]);
}
