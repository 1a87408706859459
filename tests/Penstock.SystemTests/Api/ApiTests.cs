using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Penstock.SystemTests.Demo;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Api;

public sealed class ApiTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-api-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_fault_of_a_request_is_told_as_a_problem_with_its_pointer()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var client = Client(server);
        var answer = await client.PostAsJsonAsync("/api/v1/events", new { name = "", siteId = "nowhere", targetKw = 1e9, start = "2026-01-01T00:00:00Z", end = "2025-01-01T00:00:00Z", subsidyPerKwh = "much" }, Cancel);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal(["/name", "/siteId", "/targetKw", "/end", "/subsidyPerKwh"], problem.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString()!));
        var missing = await client.GetAsync(new Uri("/api/v1/sites/none", UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Contains("none", await missing.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_what_if_is_answered_or_refused_with_every_fault()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var client = Client(server);
        var refused = await client.PostAsJsonAsync("/api/v1/plans/what-if", new { a = new { priceSpread = -1 }, b = new { participation = 1.5, connectionLimit = 9, subsidyPerKwh = 1, subsidyStart = "2026-01-01T02:00:00Z", subsidyEnd = "2026-01-01T01:00:00Z" } }, Cancel);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Equal(["/a/priceSpread", "/b/participation", "/b/connectionLimit", "/b/subsidyStart"], (await refused.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString()!));
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsJsonAsync("/api/v1/plans/what-if", new { siteId = "none" }, Cancel)).StatusCode);
        var empty = await client.PostAsJsonAsync("/api/v1/plans/what-if", new { }, Cancel);
        Assert.Equal(HttpStatusCode.OK, empty.StatusCode);
        Assert.Equal(0, (await empty.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("b").GetProperty("vehicles").GetInt32());
    }

    [Fact]
    public async Task A_vehicle_and_a_repeated_order_are_kept_once_and_survive_a_kill()
    {
        string first;
        await using (var server = await ServerProcess.StartAsync(data, Cancel))
        {
            using var client = Client(server);
            var put = await client.PutAsJsonAsync("/api/v1/vehicles/EV-1", new { ownerId = "O-1", token = "T-1", batteryKwh = 60, chargeMaxKw = 7, dischargeMaxKw = 7, floorPercent = 30, targetPercent = 80, readyBy = "07:30", dischargeAllowed = true }, Cancel);
            Assert.Equal(HttpStatusCode.OK, put.StatusCode);
            first = await OrderAsync(client);
            Assert.Equal(first, await OrderAsync(client));
            await server.KillAsync(Cancel);
        }

        await using (var server = await ServerProcess.StartAsync(data, Cancel))
        {
            using var client = Client(server);
            Assert.Equal(80, (await client.GetFromJsonAsync<JsonElement>("/api/v1/vehicles/EV-1", Cancel)).GetProperty("terms").GetProperty("targetPercent").GetDouble());
            Assert.Equal(first, await OrderAsync(client));
            Assert.Equal(1, (await client.GetFromJsonAsync<JsonElement>("/api/v1/events", Cancel)).GetProperty("items").GetArrayLength());
        }
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    [InlineData("/metrics")]
    [InlineData("/api/openapi.json")]
    [InlineData("/api/v1/info")]
    [InlineData("/api/v1/overview")]
    [InlineData("/api/v1/overview/load")]
    [InlineData("/api/v1/plans")]
    [InlineData("/api/v1/plans/current")]
    [InlineData("/api/v1/flexibility")]
    [InlineData("/api/v1/sessions")]
    [InlineData("/api/v1/statements")]
    [InlineData("/api/v1/waiting-stations")]
    public async Task It_answers(string path)
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var client = Client(server);
        var answer = await client.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.NotEmpty(await answer.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task A_port_in_use_a_bad_folder_and_three_faults_at_once_end_the_start_with_a_reason()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        var port = new Uri(server.Address).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var (taken, _, why) = await HeadlessDemoTests.RunAsync(["serve", "--port", port, "--data", Path.Combine(data, "other")]);
        Assert.Equal(1, taken);
        Assert.Contains(port, why, StringComparison.Ordinal);
        var (folder, _, error) = await HeadlessDemoTests.RunAsync(["serve", "--port", "0", "--data", "/proc/penstock"]);
        Assert.Equal(3, folder);
        Assert.Contains("writable", error, StringComparison.Ordinal);
        Environment.SetEnvironmentVariable("PENSTOCK__TIMEZONE", "Moon/Crater");
        Environment.SetEnvironmentVariable("PENSTOCK__CONTROLSECONDS", "0");
        Environment.SetEnvironmentVariable("PENSTOCK__ADDRESS", "localhoost");
        try
        {
            var (code, _, faults) = await HeadlessDemoTests.RunAsync(["serve", "--port", "0", "--data", data]);
            Assert.Equal(3, code);
            Assert.Contains("3 faults", faults, StringComparison.Ordinal);
            Assert.Contains("Moon/Crater", faults, StringComparison.Ordinal);
            Assert.Contains("ControlSeconds", faults, StringComparison.Ordinal);
            Assert.Contains("localhoost", faults, StringComparison.Ordinal);
        }
        finally
        {
            foreach (var name in new[] { "TIMEZONE", "CONTROLSECONDS", "ADDRESS" }) Environment.SetEnvironmentVariable("PENSTOCK__" + name, null);
        }
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    private static HttpClient Client(ServerProcess server) => new() { BaseAddress = new Uri(server.Address.Replace("ws:", "http:", StringComparison.Ordinal)) };

    private static async Task<string> OrderAsync(HttpClient client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/events")
        {
            Content = JsonContent.Create(new { name = "Peak", targetKw = -100, start = "2099-01-01T10:00:00Z", end = "2099-01-01T11:00:00Z", subsidyPerKwh = "2.00" }),
        };
        request.Headers.Add("Idempotency-Key", "one");
        var answer = await client.SendAsync(request, Cancel);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("eventId").GetString()!;
    }
}
