using Penstock.Simulator.Recorded;
using Penstock.Simulator.Virtual;
using Penstock.UnitTests.Ocpp;

namespace Penstock.UnitTests.Simulator.Recorded;

public sealed class RecordedStudyTests : IDisposable
{
    private readonly Files files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void Orderly_charging_is_cheaper_than_uncontrolled_and_V2G_than_both_and_the_energy_arrives()
    {
        var study = Study("A,2025-01-01T18:00,2025-01-02T08:00,20\nB,2025-01-01T19:00,2025-01-02T07:00,15\n");
        var results = Enum.GetValues<VirtualPolicy>().Select(study.Play).ToList();
        Assert.All(results, r => Assert.Equal((2, 0, 2, 0), (r.Stays, r.GuaranteeBreaches, r.Statements, r.MinutesOverLimit)));
        Assert.All(results, r => Assert.InRange(r.ShortfallKwh, 0, 0.3));
        Assert.Equal(35, results[0].ImportedKwh, tolerance: 0.6);
        Assert.Equal(0, results[1].ExportedKwh);
        Assert.True(results[2].ExportedKwh > 5);
        Assert.True(results[0].EnergyCost > results[1].EnergyCost && results[1].EnergyCost > results[2].EnergyCost, string.Join("; ", results.Select(r => r.EnergyCost)));
        Assert.All(results, r => Assert.Equal(-r.EnergyCost, r.OwnersNet)); // no fees in this site file
    }

    [Fact]
    public void Uncontrolled_charging_breaks_the_limit_that_the_platform_keeps()
    {
        var rows = string.Concat(Enumerable.Range(1, 6).Select(n => $"P{n},2025-01-01T18:00,2025-01-02T08:00,20\n"));
        var study = Study(rows, importKw: 25);
        Assert.True(study.Play(VirtualPolicy.Uncontrolled).MinutesOverLimit > 60);
        var orderly = study.Play(VirtualPolicy.Orderly);
        Assert.Equal((0, 0), (orderly.MinutesOverLimit, orderly.GuaranteeBreaches));
        Assert.InRange(orderly.PeakImportKw, 5, 25.001);
    }

    [Fact]
    public void Whoever_leaves_before_the_declared_time_is_counted_and_is_no_breach()
    {
        var path = files.Write("s.csv", "evse,arrival,departure,declared_departure,energy_kwh\nA,2025-01-01T16:30,2025-01-01T20:00,2025-01-02T08:00,20\n");
        var result = Study(path).Play(VirtualPolicy.Orderly);
        Assert.Equal((1, 0), (result.LeftEarly, result.GuaranteeBreaches));
        Assert.True(result.ShortfallKwh > 5);
    }

    [Fact]
    public void Prices_of_another_year_are_refused_with_the_shift_that_would_fit()
    {
        var path = files.Write("s.csv", "arrival,departure,energy_kwh\n2019-01-02T18:00,2019-01-03T08:00,20\n");
        Assert.Contains("--shift-weeks 313", Assert.Throws<RecordedFileUnusableException>(() => Study(path)).Message);
    }

    [Fact]
    public void The_same_files_give_the_same_result()
    {
        var rows = "A,2025-01-01T18:00,2025-01-02T08:00,20\nB,2025-01-01T19:00,2025-01-02T07:00,15\n";
        Assert.Equal(Study(rows).Play(VirtualPolicy.V2g), Study(rows).Play(VirtualPolicy.V2g));
    }

    [Fact]
    public void Two_real_weeks_keep_every_guarantee()
    {
        var data = Path.Combine(Schemas.Checkout(), "..", "shared", "data");
        Assert.SkipUnless(Directory.Exists(data), "The recorded sessions (../shared/data) are not here.");
        var site = SiteFile.Read(Path.Combine(Schemas.Checkout(), "samples", "simulate", "caltech-garage.json"));
        var sessions = SessionFiles.Read([Path.Combine(data, "acn-sessions", "caltech.csv.gz")],
            new SessionSelection(site.Zone, null, new NodaTime.LocalDate(2019, 5, 6), new NodaTime.LocalDate(2019, 5, 20), 296, new Dictionary<string, string>(), site.EvseChargeKw * 1.05));
        var prices = PriceFile.Read(Path.Combine(data, "prices-smard-2025", "smard_2025_eur_mwh.csv.gz"), null, site.Zone, site.Prices);
        var study = new RecordedStudy(site, sessions, prices.Tariff);
        var results = Enum.GetValues<VirtualPolicy>().Select(study.Play).ToList();
        Assert.True(sessions.Sessions.Count > 300);
        Assert.All(results, r => Assert.Equal(0, r.GuaranteeBreaches));
        Assert.True(results[1].EnergyCost < results[0].EnergyCost);
    }

    private RecordedStudy Study(string rowsOrPath, double importKw = 50)
    {
        var path = File.Exists(rowsOrPath) ? rowsOrPath : files.Write("s.csv", "evse,arrival,departure,energy_kwh\n" + rowsOrPath);
        var site = SiteFile.Read(files.Write("site.json", FormattableString.Invariant($$"""
            { "timeZone": "Europe/Oslo", "currency": "EUR", "importKw": {{importKw}}, "exportKw": 50, "evse": { "chargeKw": 11, "dischargeKw": 11 }, "vehicle": { "wearPerKwh": 0.01 } }
            """)));
        var hours = Enumerable.Range(0, 72).Select(h => FormattableString.Invariant($"2025-01-0{1 + (h / 24)}T{h % 24:D2}:00Z,{(h % 24 is >= 16 and < 20 ? 0.5 : h % 24 < 5 ? 0.05 : 0.2)}"));
        var prices = PriceFile.Read(files.Write("p.csv", "time,buy_per_kwh\n" + string.Join('\n', hours) + "\n"), null, site.Zone, site.Prices);
        return new RecordedStudy(site, SessionFiles.Read([path], Files.All with { PowerMaxKw = 11.5 }), prices.Tariff);
    }
}
