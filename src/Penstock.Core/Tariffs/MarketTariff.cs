using NodaTime;
using Penstock.Core.Units;

namespace Penstock.Core.Tariffs;

/// <summary>Import and export price per kWh from <paramref name="From"/> on, for one period of the market.</summary>
public readonly record struct MarketPrice(Instant From, decimal Buy, decimal Sell);

/// <summary>Prices that follow a market: periods of equal length; a period that is missing is a gap and no price.</summary>
public sealed class MarketTariff : Tariff
{
    private readonly Dictionary<Instant, MarketPrice> prices;
    private readonly Duration period;

    /// <param name="period">Length of each price's period; every <see cref="MarketPrice.From"/> is a whole multiple of it since the epoch.</param>
    /// <exception cref="ArgumentException">No prices, two for one period, or one off the grid.</exception>
    public MarketTariff(string name, DateTimeZone zone, Currency currency, Duration period, IReadOnlyCollection<MarketPrice> prices)
        : base(name, zone, currency)
    {
        if (period <= Duration.Zero) throw new ArgumentException($"A price period is positive, not {period}.", nameof(period));
        if (prices.Count == 0) throw new ArgumentException($"Tariff {name} has no prices.", nameof(prices));
        this.period = period;
        this.prices = new Dictionary<Instant, MarketPrice>(prices.Count);
        foreach (var one in prices)
        {
            if (StartOf(one.From, period) != one.From) throw new ArgumentException($"Tariff {name}: the price of {one.From} does not start on a multiple of {period}.", nameof(prices));
            if (!this.prices.TryAdd(one.From, one)) throw new ArgumentException($"Tariff {name}: two prices for {one.From}.", nameof(prices));
        }

        (First, End) = (prices.Min(p => p.From), prices.Max(p => p.From) + period);
    }

    public Instant First { get; }

    public Instant End { get; }

    public override TariffPrice PriceAt(Instant at) => prices.TryGetValue(StartOf(at, period), out var price)
        ? new TariffPrice(null, new EnergyPrice(price.Buy, Currency), new EnergyPrice(price.Sell, Currency), Name)
        : throw new InvalidOperationException($"Tariff {Name} has no price for {at}; its prices run from {First} to {End}.");

    /// <summary>Start of the period that contains an instant; periods are counted from the epoch.</summary>
    public static Instant StartOf(Instant at, Duration period)
    {
        var (ticks, length) = (at.ToUnixTimeTicks(), period.BclCompatibleTicks);
        return Instant.FromUnixTimeTicks(ticks - (((ticks % length) + length) % length));
    }
}
