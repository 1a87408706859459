using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Units;

namespace Penstock.Core.Tariffs;

/// <summary>The bands of a local day in some months: the first window that holds the time decides, else <see cref="Band.Flat"/>.</summary>
/// <param name="Months">1 to 12; a later rule of a version wins over an earlier one.</param>
public sealed record DayRule(ImmutableArray<int> Months, ImmutableArray<BandWindow> Windows);

/// <summary>Half-open [<paramref name="FromMinute"/>, <paramref name="ToMinute"/>) in minutes of the local day; whole half-hours.</summary>
public sealed record BandWindow(int FromMinute, int ToMinute, Band Band);

/// <summary>What a kWh costs and earns in one band.</summary>
/// <param name="Buy">Import price, all components included.</param>
/// <param name="Sell">Feed-in price of exported energy.</param>
public sealed record BandPrice(decimal Buy, decimal Sell);

/// <summary>One notice: its calendar and prices, valid on [<paramref name="ValidFrom"/>, <paramref name="ValidTo"/>).</summary>
/// <param name="Document">The notice, or what is assumed in its place.</param>
/// <param name="ValidTo">Null = until replaced.</param>
public sealed record TariffVersion(
    string Name, string Document, LocalDate ValidFrom, LocalDate? ValidTo,
    ImmutableArray<DayRule> Days, ImmutableDictionary<Band, BandPrice> Prices);

/// <summary>A time-of-use tariff: versions that tile time without overlap, in one zone and currency.</summary>
public sealed class TimeOfUseTariff : Tariff
{
    private readonly ImmutableArray<TariffVersion> versions;

    /// <exception cref="ArgumentException">Versions overlap, or a version lacks the price of a band it uses.</exception>
    public TimeOfUseTariff(string name, DateTimeZone zone, Currency currency, IEnumerable<TariffVersion> versions)
        : base(name, zone, currency)
    {
        this.versions = [.. versions.OrderBy(v => v.ValidFrom)];
        for (var i = 0; i < this.versions.Length; i++) Check(this.versions[i], i + 1 < this.versions.Length ? this.versions[i + 1] : null);
    }

    public override TariffPrice PriceAt(Instant at)
    {
        var local = at.InZone(Zone);
        var version = versions.LastOrDefault(v => v.ValidFrom <= local.Date && !(v.ValidTo <= local.Date))
            ?? throw new InvalidOperationException($"Tariff {Name} has no version for {local.Date:uuuu-MM-dd}; add one that is valid on that day.");
        var band = BandAt(version, local.LocalDateTime);
        var price = version.Prices[band];
        return new TariffPrice(band, new EnergyPrice(price.Buy, Currency), new EnergyPrice(price.Sell, Currency), version.Name);
    }

    private static Band BandAt(TariffVersion version, LocalDateTime local)
    {
        var minute = (local.Hour * 60) + local.Minute;
        var rule = version.Days.LastOrDefault(d => d.Months.Contains(local.Month));
        return rule?.Windows.FirstOrDefault(w => w.FromMinute <= minute && minute < w.ToMinute)?.Band ?? Band.Flat;
    }

    private void Check(TariffVersion version, TariffVersion? next)
    {
        if (next is not null && !(version.ValidTo <= next.ValidFrom))
        {
            throw new ArgumentException($"Tariff {Name}: version {version.Name} (until {version.ValidTo?.ToString() ?? "open"}) overlaps {next.Name} (from {next.ValidFrom}); end it on that day or before.");
        }

        var used = version.Days.SelectMany(d => d.Windows).Select(w => w.Band).Append(Band.Flat);
        foreach (var band in used)
        {
            if (!version.Prices.ContainsKey(band)) throw new ArgumentException($"Tariff {Name}: version {version.Name} uses the band {band} but has no price for it.");
        }
    }
}
