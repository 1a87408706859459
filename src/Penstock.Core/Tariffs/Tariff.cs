using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Time;
using Penstock.Core.Units;

namespace Penstock.Core.Tariffs;

/// <summary>The price of one moment, with where it comes from.</summary>
/// <param name="Band">Null where prices follow a market and not bands.</param>
/// <param name="Version">The notice or the market series.</param>
public sealed record TariffPrice(Band? Band, EnergyPrice Buy, EnergyPrice Sell, string Version);

/// <summary>What a kWh costs and earns at any moment, in one zone and currency.</summary>
public abstract class Tariff(string name, DateTimeZone zone, Currency currency)
{
    public string Name => name;

    public DateTimeZone Zone => zone;

    public Currency Currency => currency;

    /// <exception cref="InvalidOperationException">There is no price then: a gap in the tariff.</exception>
    public abstract TariffPrice PriceAt(Instant at);

    /// <summary>Planning prices per slot, taken at each slot's start.</summary>
    public (ImmutableArray<double> Buy, ImmutableArray<double> Sell) Over(TimeGrid grid)
    {
        var prices = Enumerable.Range(0, grid.Count).Select(slot => PriceAt(grid.StartOf(slot))).ToList();
        return ([.. prices.Select(p => p.Buy.ForPlanning)], [.. prices.Select(p => p.Sell.ForPlanning)]);
    }
}
