using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Tariffs;
using Penstock.Core.Units;

namespace Penstock.UnitTests.Core.Tariffs;

public sealed class TariffTests
{
    [Theory]
    [InlineData(4, 3, Band.Valley)]
    [InlineData(4, 8, Band.Flat)]
    [InlineData(4, 11, Band.Peak)]
    [InlineData(8, 11, Band.Sharp)]
    [InlineData(8, 14, Band.Peak)]
    [InlineData(8, 16, Band.Sharp)]
    [InlineData(8, 19, Band.Flat)]
    public void Shenzhen_follows_its_notice(int month, int hour, Band band) =>
        Assert.Equal(band, BuiltInTariffs.Shenzhen.PriceAt(new LocalDateTime(2026, month, 2, hour, 0).InZoneStrictly(BuiltInTariffs.Shenzhen.Zone).ToInstant()).Band);

    [Fact]
    public void A_day_without_a_version_names_the_day() => Assert.Contains(
        "2024-01-01", Assert.Throws<InvalidOperationException>(() => BuiltInTariffs.Shenzhen.PriceAt(Instant.FromUtc(2024, 1, 1, 4, 0))).Message);

    [Fact]
    public void Overlapping_versions_are_refused()
    {
        var prices = new Dictionary<Band, BandPrice> { [Band.Flat] = new(1, 1) }.ToImmutableDictionary();
        TariffVersion Version(string name, int year, int? until) => new(name, "test", new LocalDate(year, 1, 1), until is { } y ? new LocalDate(y, 1, 1) : null, [], prices);
        Assert.Contains("overlaps", Assert.Throws<ArgumentException>(() => new TimeOfUseTariff("t", DateTimeZone.Utc, Currency.Cny, [Version("a", 2025, 2027), Version("b", 2026, null)])).Message);
    }
}
