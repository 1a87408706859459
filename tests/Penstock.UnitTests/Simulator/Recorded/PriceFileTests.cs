using NodaTime;
using Penstock.Core.Units;
using Penstock.Simulator.Recorded;

namespace Penstock.UnitTests.Simulator.Recorded;

public sealed class PriceFileTests : IDisposable
{
    private static readonly SitePrices Euro = new(Currency.Of("EUR"), 0.08m, 0.9m, 0.01m);

    private readonly Files files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void SMARD_prices_are_per_MWh_and_carry_the_site_s_surcharges()
    {
        var prices = PriceFile.Read(Smard(), "NO2", Files.Oslo, Euro);
        var price = prices.Tariff.PriceAt(Instant.FromUtc(2025, 1, 1, 0, 30));
        Assert.Equal((0.09405m, 0.022645m), (price.Buy.PerKilowattHour, price.Sell.PerKilowattHour)); // 14.05 EUR/MWh
    }

    [Fact]
    public void A_row_without_a_price_is_quarantined_and_leaves_a_gap()
    {
        var prices = PriceFile.Read(Smard(), null, Files.Oslo, Euro);
        var bad = Assert.Single(prices.Quarantined);
        Assert.Equal((4, "missing"), (bad.Line, bad.Reason));
        Assert.Throws<InvalidOperationException>(() => prices.Tariff.PriceAt(Instant.FromUtc(2025, 1, 1, 1, 0)));
    }

    [Theory]
    [InlineData("XX", "DE_LU, NO2")]
    public void An_unknown_area_is_refused_with_the_known_ones(string area, string expected) =>
        Assert.Contains(expected, Assert.Throws<RecordedFileUnusableException>(() => PriceFile.Read(Smard(), area, Files.Oslo, Euro)).Message);

    [Fact]
    public void A_price_that_starts_within_a_period_is_refused_with_its_time()
    {
        var path = files.Write("half.csv", "time,buy_per_kwh\n2025-01-01T18:30:00Z,7.4\n");
        Assert.Contains("2025-01-01T18:30:00Z", Assert.Throws<RecordedFileUnusableException>(() => PriceFile.Read(path, null, Files.Oslo, Euro)).Message);
    }

    [Fact]
    public void Another_currency_than_the_site_s_is_refused() =>
        Assert.Contains("EUR", Assert.Throws<RecordedFileUnusableException>(() => PriceFile.Read(Smard(), null, Files.Oslo, Euro with { Currency = Currency.Cny })).Message);

    [Fact]
    public void UrbanEV_prices_are_energy_plus_service_and_feed_in_earns_the_energy_price()
    {
        var path = files.Write("zones.csv", "time_cst,taz,energy_kwh,energy_price_cny_kwh,service_price_cny_kwh\n2022-09-01 00:00,109,58.917,1.004,0.76\n2022-09-01 00:00,110,1,9,9\n2022-09-01 01:00,109,58.917,0.9,0.7\n");
        var price = PriceFile.Read(path, "109", Files.Oslo, new SitePrices(Currency.Cny, 0, 1, 0)).Tariff.PriceAt(Instant.FromUtc(2022, 8, 31, 16, 0));
        Assert.Equal((1.764m, 1.004m), (price.Buy.PerKilowattHour, price.Sell.PerKilowattHour));
        Assert.Contains("--area", Assert.Throws<RecordedFileUnusableException>(() => PriceFile.Read(path, null, Files.Oslo, new SitePrices(Currency.Cny, 0, 1, 0))).Message);
    }

    [Fact]
    public void A_plain_table_may_have_quarter_hours_and_a_selling_price()
    {
        var path = files.Write("p.csv", "time,buy_per_kwh,sell_per_kwh\n2025-01-01T00:00Z,0.30,0.10\n2025-01-01T00:15Z,0.40,0.20\n2025-01-01T00:15Z,0.50,0.20\n");
        var prices = PriceFile.Read(path, null, Files.Oslo, new SitePrices(Currency.Cny, 0, 1, 0));
        Assert.Equal(0.40m, prices.Tariff.PriceAt(Instant.FromUtc(2025, 1, 1, 0, 29)).Buy.PerKilowattHour);
        Assert.Equal("duplicateTime", Assert.Single(prices.Quarantined).Reason);
    }

    private string Smard() => files.Write("smard.csv", "utc,DE_LU,NO2\n2024-12-31T23:00Z,2.16,16.35\n2025-01-01T00:00Z,1.6,14.05\n2025-01-01T01:00Z,,12.39\n2025-01-01T02:00Z,-0.01,13.21\n");
}
