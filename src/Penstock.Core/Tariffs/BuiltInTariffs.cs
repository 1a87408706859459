using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Units;

namespace Penstock.Core.Tariffs;

/// <summary>Scenario data, not advice: each figure with its document.</summary>
public static class BuiltInTariffs
{
    /// <summary>
    /// Shenzhen: periods of Shen [2021] 1005 (peak 10-12 and 14-19, valley 0-8, sharp 11-12 and 15-17 in July to September); feed-in prices of Guangdong's notice of
    /// 2025-05-14; the valley charging price of 0.40 published for the pilot. ASSUMED: retail flat 0.77, peak 1.16 (read from charging zones of 2022-23) and sharp = peak + 25 %.
    /// </summary>
    public static Tariff Shenzhen { get; } = new TimeOfUseTariff("shenzhen", DateTimeZoneProviders.Tzdb["Asia/Shanghai"], Currency.Cny,
    [
        new TariffVersion("2025-05", "Shen [2021] 1005; Guangdong feed-in notice 2025-05-14; retail flat, peak and sharp assumed", new LocalDate(2025, 5, 14), null,
            [
                new DayRule([.. Enumerable.Range(1, 12)], [Window(0, 8, Band.Valley), Window(10, 12, Band.Peak), Window(14, 19, Band.Peak)]),
                new DayRule([7, 8, 9],
                [
                    Window(0, 8, Band.Valley), Window(11, 12, Band.Sharp), Window(15, 17, Band.Sharp), Window(10, 11, Band.Peak), Window(14, 15, Band.Peak), Window(17, 19, Band.Peak),
                ]),
            ],
            new Dictionary<Band, BandPrice>
            {
                [Band.Valley] = new(0.40m, 0.1721m),
                [Band.Flat] = new(0.77m, 0.4530m),
                [Band.Peak] = new(1.16m, 0.7701m),
                [Band.Sharp] = new(1.45m, 0.9626m),
            }.ToImmutableDictionary()),
    ]);

    private static BandWindow Window(int fromHour, int toHour, Band band) => new(fromHour * 60, toHour * 60, band);
}
