using CsCheck;
using Penstock.Core.Units;
using Penstock.Simulator.Recorded;

namespace Penstock.UnitTests.Simulator.Recorded;

/// <summary>Whatever the files hold: a result or a refusal that says where, never a crash, and every row is accounted for.</summary>
public sealed class FuzzTests : IDisposable
{
    private static readonly Gen<string> Field = Gen.OneOf(
        Gen.String[Gen.Char[' ', '~'], 0, 12], Gen.Const(""), Gen.Const("2025-01-01T10:00"), Gen.Const("2025-01-01T18:30:00Z"), Gen.Const("2025-01-02 07:00"), Gen.Const("7.4"), Gen.Const("-1e400"), Gen.Const("\""), Gen.Const("\"a\"\"b,\""), Gen.Const("NaN"), Gen.Const("中文"));

    private static readonly Gen<string> Rows = Field.Array[0, 5].Array[0, 12].Select(rows => string.Join('\n', rows.Select(r => string.Join(',', r))));

    private readonly Files files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void Sessions_are_used_left_out_or_quarantined() => Rows.Sample(rows =>
    {
        var path = files.Write("fuzz.csv", "arrival,departure,energy_kwh\n" + rows);
        var read = SessionFiles.Read([path], Files.All);
        Assert.Equal(read.Rows, read.Sessions.Count + read.NotSelected + read.Quarantined.Count);
        Assert.All(read.Quarantined, q => Assert.True(q.Line >= 2 && q.Reason.Length > 0 && q.Detail.Length > 0));
        Assert.All(read.Sessions, s => Assert.True(s.Leave > s.Arrive && s.EnergyKwh > 0));
    }, iter: 300, threads: 1);

    [Fact]
    public void Prices_are_read_or_refused() => Rows.Sample(rows =>
    {
        var path = files.Write("fuzz.csv", "time,buy_per_kwh,sell_per_kwh\n" + rows);
        try
        {
            Assert.NotNull(PriceFile.Read(path, null, Files.Oslo, new SitePrices(Currency.Cny, 0, 1, 0)).Tariff);
        }
        catch (RecordedFileUnusableException e)
        {
            Assert.Contains("fuzz.csv", e.Message);
        }
    }, iter: 300, threads: 1);

    [Fact]
    public void Any_bytes_as_a_file_are_read_or_refused() => Gen.Byte.Array[0, 400].Sample(bytes =>
    {
        var path = files.Path_("bytes.csv");
        File.WriteAllBytes(path, bytes);
        foreach (var read in new Action[] { () => SessionFiles.Read([path], Files.All), () => PriceFile.Read(path, null, Files.Oslo, new SitePrices(Currency.Cny, 0, 1, 0)), () => SiteFile.Read(path) })
        {
            try
            {
                read();
            }
            catch (RecordedFileUnusableException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }, iter: 300, threads: 1);

    [Fact]
    public void A_site_file_with_any_values_lists_its_faults_or_is_a_site()
    {
        var number = Gen.Double.Select(d => double.IsFinite(d) ? d.ToString("R", System.Globalization.CultureInfo.InvariantCulture) : "null");
        var value = Gen.OneOf(number, Gen.Const("\"x\""), Gen.Const("[]"), Gen.Const("{}"), Gen.Const("null"), Gen.Const("true"), Gen.Const("[{}]"), Gen.Const("\"CNY\""), Gen.Const("\"Europe/Oslo\""), Gen.Const("7"));
        var names = new[] { "name", "timeZone", "currency", "importKw", "exportKw", "nodes", "evse", "vehicle", "owner", "prices", "contract" };
        value.Array[names.Length].Sample(values =>
        {
            var path = files.Write("site.json", "{" + string.Join(',', names.Zip(values, (n, v) => $"\"{n}\":{v}")) + "}");
            try
            {
                Assert.True(SiteFile.Read(path).EvseChargeKw > 0);
            }
            catch (RecordedFileUnusableException e)
            {
                Assert.Contains("fault", e.Message);
            }
        }, iter: 300, threads: 1);
    }
}
