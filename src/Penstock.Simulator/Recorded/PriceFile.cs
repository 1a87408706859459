using NodaTime;
using Penstock.Core.Tariffs;

namespace Penstock.Simulator.Recorded;

/// <summary>Recorded prices per kWh.</summary>
public sealed record RecordedPrices(MarketTariff Tariff, IReadOnlyList<QuarantinedRow> Quarantined, string Format, string Area);

/// <summary>Reads price series: the day-ahead table of SMARD, the hourly zones of UrbanEV, or plain columns time, buy_per_kwh, sell_per_kwh.</summary>
public static class PriceFile
{
    /// <param name="area">Bidding zone or city zone, in files that have several.</param>
    /// <param name="terms">What the site pays and gets on top of the series.</param>
    /// <exception cref="RecordedFileUnusableException">Unknown format or area, another currency than the site's, or no usable row.</exception>
    public static RecordedPrices Read(string path, string? area, DateTimeZone zone, SitePrices terms)
    {
        using var table = new CsvTable(path);
        var (format, currency, used, read) = Format(table, path, area, zone);
        if (currency is { } theirs && theirs != terms.Currency.Code) throw new RecordedFileUnusableException($"{path}: prices are in {theirs}, the site's currency is {terms.Currency}; write \"currency\": \"{theirs}\" in the site file.");
        var (prices, bad) = (new SortedDictionary<Instant, MarketPrice>(), new List<QuarantinedRow>());
        foreach (var row in table.Rows())
        {
            try
            {
                row.WellFormed();
                if (read(row) is not { } price) continue;
                if (prices.ContainsKey(price.From)) throw new BadRowException("duplicateTime", $"there is already a price for {price.From}");
                prices[price.From] = new MarketPrice(price.From, price.Buy + terms.AddToBuyPerKwh, (price.Sell * terms.SellFactor) + terms.AddToSellPerKwh);
            }
            catch (BadRowException e)
            {
                bad.Add(new QuarantinedRow(row.File, row.Line, e.Reason, e.Message));
            }
        }

        if (prices.Count == 0) throw new RecordedFileUnusableException($"{path}: no usable price{(area is null ? "" : $" for {area}")}; {bad.Count} rows were refused{(bad.Count > 0 ? $", the first in line {bad[0].Line}: {bad[0].Detail}" : "")}.");
        return new RecordedPrices(new MarketTariff($"{Path.GetFileName(path)} {used}".Trim(), zone, terms.Currency, Period(prices.Keys, path), prices.Values), bad, format, used);
    }

    private static (string Format, string? Currency, string Area, Func<CsvRow, MarketPrice?> Read) Format(CsvTable table, string path, string? area, DateTimeZone zone)
    {
        if (table.Has("utc", "DE_LU"))
        {
            var column = area ?? "DE_LU";
            if (column == "utc" || !table.Has(column)) throw new RecordedFileUnusableException($"{path}: no price area {column}; give --area one of {string.Join(", ", table.Columns.Where(c => c != "utc"))}.");
            return ("prices-smard-2025", "EUR", column, row => Same(row.RequiredTime("utc", DateTimeZone.Utc), row.Exact(column) / 1000m));
        }

        if (table.Has("time_cst", "taz", "energy_price_cny_kwh", "service_price_cny_kwh"))
        {
            if (area is null) throw new RecordedFileUnusableException($"{path}: give the zone with --area, for example --area 595.");
            var china = DateTimeZoneProviders.Tzdb["Asia/Shanghai"];
            return ("shenzhen-urbanev", "CNY", area, row => row.Text("taz") != area
                ? null
                : new MarketPrice(row.RequiredTime("time_cst", china), row.Exact("energy_price_cny_kwh") + row.Exact("service_price_cny_kwh"), row.Exact("energy_price_cny_kwh")));
        }

        if (table.Has("time", "buy_per_kwh"))
        {
            var sells = table.Has("sell_per_kwh");
            return ("plain", null, "", row => new MarketPrice(row.RequiredTime("time", zone), row.Exact("buy_per_kwh"), row.Exact(sells ? "sell_per_kwh" : "buy_per_kwh")));
        }

        throw new RecordedFileUnusableException($"{path}: no known price table; its columns are {string.Join(", ", table.Columns.Take(30))}. Expected time, buy_per_kwh and, if known, sell_per_kwh.");
    }

    private static MarketPrice Same(Instant from, decimal price) => new(from, price, price);

    /// <summary>The shortest distance between two prices: rows that are missing leave gaps, not longer periods.</summary>
    private static Duration Period(IEnumerable<Instant> times, string path)
    {
        var list = times.ToList();
        var period = list.Count == 1 ? Duration.FromHours(1) : list.Zip(list.Skip(1), (a, b) => b - a).Min();
        if (Duration.FromDays(1) % period != Duration.Zero) throw new RecordedFileUnusableException($"{path}: prices lie {period} apart; a period that divides a day was expected.");
        foreach (var at in list)
            if (MarketTariff.StartOf(at, period) != at) throw new RecordedFileUnusableException($"{path}: the price of {at} does not start on a whole multiple of {period.TotalMinutes} minutes, the period of the series; give one price for each period from its start.");
        return period;
    }

    extension(Duration)
    {
        public static Duration operator %(Duration left, Duration right) => Duration.FromTicks(left.BclCompatibleTicks % right.BclCompatibleTicks);
    }
}
