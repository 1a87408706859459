using System.Text.Json;
using Penstock.SystemTests.Demo;

namespace Penstock.SystemTests.Simulate;

/// <summary>penstock simulate as a process.</summary>
public sealed class SimulateCommandTests : IDisposable
{
    private const string Site = """{ "timeZone": "Asia/Shanghai", "currency": "CNY", "importKw": 50, "exportKw": 50, "evse": { "chargeKw": 11, "dischargeKw": 11 } }""";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("penstock-simulate-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task A_table_with_a_broken_row_is_played_and_the_row_is_told()
    {
        var quarantine = Path.Combine(folder.FullName, "bad.csv");
        var (code, output, error) = await HeadlessDemoTests.RunAsync(
        [
            "simulate", "--sessions", Write("s.csv", "arrival,departure,energy_kwh\n2025-01-01T18:00,2025-01-02T08:00,20\n2025-01-01T18:00,2025-01-01T19:00,900\n"), "--prices", Prices(), "--site", Write("site.json", Site),
            "--policy", "uncontrolled,v2g", "--quarantine", quarantine, "--json",
        ]);
        Assert.True(code == 0, error);
        var report = JsonDocument.Parse(output).RootElement;
        Assert.Equal(["uncontrolled", "v2g"], report.GetProperty("policies").EnumerateArray().Select(p => p.GetProperty("policy").GetString()));
        Assert.Equal(1, report.GetProperty("quarantined").GetProperty("byReason").GetProperty("powerImplausible").GetInt32());
        Assert.All(report.GetProperty("policies").EnumerateArray(), p => Assert.Equal(0, p.GetProperty("guaranteeBreaches").GetInt32()));
        Assert.Contains("s.csv,3,powerImplausible", await File.ReadAllTextAsync(quarantine, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.NotEmpty(report.GetProperty("assumptions").EnumerateArray());
    }

    [Fact]
    public async Task Without_json_people_get_a_table_that_says_simulated()
    {
        var (code, output, _) = await HeadlessDemoTests.RunAsync(
            ["simulate", "--sessions", Write("s.csv", "arrival,departure,energy_kwh\n2025-01-01T18:00,2025-01-02T08:00,20\n"), "--prices", Prices(), "--site", Write("site.json", Site)]);
        Assert.Equal(0, code);
        Assert.StartsWith("SIMULATED", output, StringComparison.Ordinal);
        Assert.Contains("guarantee breaches", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_site_with_faults_ends_with_3_and_all_of_them()
    {
        var (code, output, error) = await HeadlessDemoTests.RunAsync(
            ["simulate", "--sessions", Write("s.csv", "arrival,departure,energy_kwh\n"), "--prices", Prices(), "--site", Write("site.json", """{ "timeZone": "?", "currency": "yuan", "importKw": -1 }""")]);
        Assert.Equal((3, ""), (code, output));
        foreach (var name in new[] { "timeZone", "currency", "importKw", "evse.chargeKw" }) Assert.Contains(name, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--policy", "magic")]
    [InlineData("--from", "yesterday")]
    [InlineData("--columns", "arrival")]
    public async Task Bad_options_are_refused(string option, string value)
    {
        var (code, _, error) = await HeadlessDemoTests.RunAsync(["simulate", "--sessions", "a", "--prices", "b", "--site", "c", option, value]);
        Assert.Equal(1, code);
        Assert.Contains(value, error, StringComparison.Ordinal);
    }

    private string Prices() => Write("p.csv", "time,buy_per_kwh\n" + string.Concat(Enumerable.Range(0, 48).Select(h => $"2025-01-0{1 + (h / 24)}T{h % 24:D2}:00,0.{1 + (h % 7)}\n")));

    private string Write(string name, string text)
    {
        var path = Path.Combine(folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
