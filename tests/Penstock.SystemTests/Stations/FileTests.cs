using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Stations;

/// <summary>A station fetches firmware from the server and brings its logs to it.</summary>
public sealed class FileTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-files-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.6", "GetDiagnostics", "location", "latest")]
    [InlineData("2.0.1", "GetLog", "log", null)]
    [InlineData("2.1", "GetLog", "log", null)]
    [Covers("1.6 GetDiagnostics", "2.0.1 GetLog", "2.1 GetLog")]
    public async Task A_log_is_asked_for_brought_and_read(string version, string action, string member, string? request)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp" + version, Cancel, (_, _) => version == "1.6" ? """{"fileName":"d.log"}""" : """{"status":"Accepted","filename":"d.log"}""");
        var command = await (await platform.PostAsync("/api/v1/stations/CS-1/logs", "{}")).Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal("accepted", command.GetProperty("state").GetString());
        var (_, asked) = station.Heard.Single(h => h.Action == action);
        var address = version == "1.6" ? asked.GetProperty(member).GetString()! : asked.GetProperty(member).GetProperty("remoteLocation").GetString()!;
        var id = request ?? asked.GetProperty("requestId").GetRawText();
        using var client = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await client.PutAsync(address + "/d.log", new StringContent("line 1\nline 2\n"), Cancel)).StatusCode);
        await station.CallAsync(version == "1.6" ? "DiagnosticsStatusNotification" : "LogStatusNotification", version == "1.6" ? """{"status":"Uploaded"}""" : $$"""{"status":"Uploaded","requestId":{{id}}}""", Cancel);
        Assert.Equal("line 1\nline 2\n", await platform.Client.GetStringAsync($"/api/v1/stations/CS-1/logs/{id}/file", Cancel));
        var fact = Assert.Single(Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/book/log"))).GetProperty("body");
        Assert.Equal(("Uploaded", "d.log"), (fact.GetProperty("status").GetString(), fact.GetProperty("file").GetString()));
        await platform.UntilAsync($"/api/v1/commands/{command.GetProperty("commandId").GetString()}", c => c.GetProperty("state").GetString() == "effective");
    }

    [Fact]
    public async Task An_address_that_the_server_did_not_sign_takes_nothing_and_a_form_is_taken()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.1", Cancel, (_, _) => """{"status":"Accepted"}""");
        await platform.PostAsync("/api/v1/stations/CS-1/logs", """{"logType":"SecurityLog"}""");
        var address = station.Heard[0].Payload.GetProperty("log").GetProperty("remoteLocation").GetString()!;
        using var client = new HttpClient();
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PutAsync(address.Replace("/CS-1/", "/CS-2/", StringComparison.Ordinal) + "/x", new StringContent("x"), Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PutAsync(address[..^1] + (address[^1] == '0' ? '1' : '0') + "/x", new StringContent("x"), Cancel)).StatusCode);
        using var form = new MultipartFormDataContent { { new StringContent("from a form"), "file", "../../../etc/passwd" } };
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync(address, form, Cancel)).StatusCode);
        Assert.Equal("from a form", await platform.Client.GetStringAsync($"/api/v1/stations/CS-1/logs/{station.Heard[0].Payload.GetProperty("requestId").GetRawText()}/file", Cancel));
        Assert.All(Directory.EnumerateFiles(data, "passwd", SearchOption.AllDirectories), f => Assert.StartsWith(Path.Combine(data, "uploads"), f, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1.6", "UpdateFirmware", "FirmwareStatusNotification", """{"status":"Installed"}""")]
    [InlineData("2.1", "UpdateFirmware", "FirmwareStatusNotification", """{"status":"Installed","requestId":ID}""")]
    [Covers("1.6 UpdateFirmware", "2.1 UpdateFirmware")]
    public async Task Firmware_is_put_there_fetched_and_its_progress_seen(string version, string action, string told, string payload)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp" + version, Cancel, (_, _) => version == "1.6" ? "{}" : """{"status":"Accepted"}""");
        Assert.Equal(HttpStatusCode.NotFound, (await platform.PostAsync("/api/v1/stations/CS-1/firmware", """{"name":"fw-2.bin"}""")).StatusCode);
        (await platform.Client.PutAsync("/api/v1/firmware/fw-2.bin", new ByteArrayContent([1, 2, 3]), Cancel)).EnsureSuccessStatusCode();
        Assert.Equal("039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81", Platform.Items(await platform.GetAsync("/api/v1/firmware"))[0].GetProperty("sha256").GetString());
        var command = await (await platform.PostAsync("/api/v1/stations/CS-1/firmware", """{"name":"fw-2.bin"}""")).Content.ReadFromJsonAsync<JsonElement>(Cancel);
        var (_, asked) = station.Heard.Single(h => h.Action == action);
        using var client = new HttpClient();
        Assert.Equal([1, 2, 3], await client.GetByteArrayAsync((version == "1.6" ? asked : asked.GetProperty("firmware")).GetProperty("location").GetString()!, Cancel));
        await station.CallAsync(told, payload.Replace("ID", version == "1.6" ? "" : asked.GetProperty("requestId").GetRawText(), StringComparison.Ordinal), Cancel);
        await platform.UntilAsync($"/api/v1/commands/{command.GetProperty("commandId").GetString()}", c => c.GetProperty("state").GetString() == "effective");
        Assert.Equal("Installed", Assert.Single(Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/book/firmware"))).GetProperty("body").GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("..%2Fx")]
    [InlineData(".hidden")]
    [InlineData("a%20b")]
    public async Task A_name_with_tricks_is_refused(string name)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        var answer = await platform.Client.PutAsync($"/api/v1/firmware/{name}", new ByteArrayContent([1]), Cancel);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Empty(Platform.Items(await platform.GetAsync("/api/v1/firmware")));
    }

    public void Dispose() => Directory.Delete(data, recursive: true);
}
