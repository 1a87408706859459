using System.Diagnostics;
using System.Text.Json;

namespace Penstock.SystemTests.Demo;

/// <summary>The command of the README, as a process.</summary>
public sealed class HeadlessDemoTests
{
    [Fact]
    public async Task Forty_six_cars_deliver_the_order_over_real_sockets_and_no_guarantee_is_broken()
    {
        var (code, output, _) = await RunAsync(["demo", "--headless", "--until", "21:00", "--seed", "7", "--json", "--port", "0"]);
        Assert.Equal(0, code);
        var report = JsonDocument.Parse(output).RootElement;
        Assert.Equal("lianhua", report.GetProperty("scenario").GetString());
        Assert.Equal(0, report.GetProperty("guaranteeBreaches").GetInt32());
        Assert.True(report.GetProperty("peakExportKw").GetDouble() >= 1052 * 0.99);
        var one = report.GetProperty("event");
        Assert.Equal(-1052, one.GetProperty("targetKw").GetDouble());
        Assert.Equal(46, one.GetProperty("participants").GetInt32());
        Assert.InRange(one.GetProperty("deliveredKwh").GetDouble(), 1052 * 0.97, 1052 * 1.03);
        Assert.InRange(one.GetProperty("meanTrackingErrorRatio").GetDouble(), 0, 0.03);
        Assert.True(report.GetProperty("statements").GetInt32() > 100);
        Assert.True(report.GetProperty("ocppMessages").GetInt64() > 10_000);
        Assert.Contains(report.GetProperty("inputs").EnumerateArray(), i => i.GetProperty("kind").GetString() == "published");
        Assert.Contains(report.GetProperty("inputs").EnumerateArray(), i => i.GetProperty("kind").GetString() == "assumed");
    }

    [Theory]
    [InlineData("--scenario", "atlantis")]
    [InlineData("--speed", "0")]
    [InlineData("--until", "noon")]
    [InlineData("--vehicles", "-3")]
    public async Task Bad_options_are_refused_with_what_was_expected(string option, string value)
    {
        var (code, _, error) = await RunAsync(["demo", "--headless", option, value]);
        Assert.NotEqual(0, code);
        Assert.Contains(option.TrimStart('-'), error + " scenario", StringComparison.Ordinal);
    }

    internal static async Task<(int Code, string Output, string Error)> RunAsync(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "penstock.dll"), .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }
}
