using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Penstock.SystemTests.Demo;
using Penstock.SystemTests.Gateway;
using Penstock.UnitTests.Ocpp;

namespace Penstock.SystemTests.Documents;

/// <summary>Runs what the documents tell a reader to type. demo, test and serve have tests of their own.</summary>
public sealed partial class CommandTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-documents-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(data, recursive: true);

    [Theory]
    [InlineData("docs/tutorials/first-station.md", 2)]
    [InlineData("docs/reference/api.md", 2)]
    public async Task Every_curl_command_of_a_document_is_answered_with_success(string document, int commands)
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await station.CallAsync("BootNotification", """{"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M"}}""", Cancel);
        using var client = new HttpClient();
        var seen = 0;
        foreach (Match command in Curl().Matches(await File.ReadAllTextAsync(Path.Combine(Schemas.Checkout(), document), Cancel)))
        {
            var url = command.Groups["url"].Value.Replace("http://127.0.0.1:8480", server.Address.Replace("ws:", "http:", StringComparison.Ordinal), StringComparison.Ordinal);
            var request = new HttpRequestMessage(command.Groups["method"] is { Success: true } method ? new HttpMethod(method.Value) : HttpMethod.Get, url);
            if (command.Groups["body"] is { Success: true } body) request.Content = new StringContent(body.Value, Encoding.UTF8, "application/json");
            if (command.Groups["file"] is { Success: true } file) request.Content = new StringContent(await File.ReadAllTextAsync(Path.Combine(Schemas.Checkout(), file.Value), Cancel), Encoding.UTF8, "application/json");
            var answer = await client.SendAsync(request, Cancel);
            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created, $"{command.Value}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync(Cancel)}");
            seen++;
        }

        Assert.Equal(commands, seen);
    }

    [Fact]
    public async Task Every_simulate_command_of_the_tutorial_runs_on_a_week_of_its_data()
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(Schemas.Checkout(), "..", "shared", "data")), "The recorded sessions (../shared/data) are not here.");
        var commands = Simulate().Matches(await File.ReadAllTextAsync(Path.Combine(Schemas.Checkout(), "docs", "tutorials", "real-sessions.md"), Cancel));
        Assert.Equal(3, commands.Count);
        foreach (Match command in commands)
        {
            var arguments = command.Groups[1].Value.Split(' ').Select(a => a.StartsWith("../", StringComparison.Ordinal) || a.StartsWith("samples/", StringComparison.Ordinal) ? Path.Combine(Schemas.Checkout(), a) : a).ToList();
            var from = NodaTime.Text.LocalDatePattern.Iso.Parse(arguments[arguments.IndexOf("--from") + 1]).Value;
            arguments[arguments.IndexOf("--to") + 1] = NodaTime.Text.LocalDatePattern.Iso.Format(from.PlusDays(7));
            if (arguments.IndexOf("--quarantine") is > 0 and var quarantine) arguments[quarantine + 1] = Path.Combine(data, arguments[quarantine + 1]);
            var (code, output, error) = await HeadlessDemoTests.RunAsync([.. arguments]);
            Assert.True(code == 0, $"{command.Value}: {error}");
            Assert.Contains("guarantee breaches", output, StringComparison.Ordinal);
        }
    }

    [GeneratedRegex("""^curl(?: -X (?<method>\w+))? (?<url>http\S+)(?: -H '[^']*')*(?: -d (?:'(?<body>[^']*)'|@(?<file>\S+)))?""", RegexOptions.Multiline)]
    private static partial Regex Curl();

    [GeneratedRegex(@"^\./penstock (simulate .*)$", RegexOptions.Multiline)]
    private static partial Regex Simulate();
}
