using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Text.Json;
using Penstock.Server.Security;

namespace Penstock.SystemTests.Security;

/// <summary>Who comes in by which profile, over real sockets.</summary>
public sealed class ProfileTests : IDisposable
{
    private const string Text = "correct horse battery";
    private readonly string folder = Directory.CreateTempSubdirectory("penstock-profiles-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_station_of_profile_1_comes_with_its_password_and_with_nothing_else()
    {
        await using var server = await SecureServer.StartAsync(folder);
        var password = await server.KnowAsync("CS-1", 1);
        Assert.Equal(101, (await server.KnockAsync(server.Plain, "CS-1", password!)).Status);
        Assert.Equal(101, (await server.KnockAsync(server.StationsOnly, "CS-1", Convert.FromHexString(password!))).Status); // 1.6 stations send the bytes of their key
        var none = await server.KnockAsync(server.Plain, "CS-1");
        Assert.Equal((401, "Basic realm=\"ocpp\", charset=\"UTF-8\""), (none.Status, none.Challenge));
        var wrong = await server.KnockAsync(server.Plain, "CS-1", Text);
        Assert.Equal((401, "The password of station CS-1 is wrong."), (wrong.Status, wrong.Text));
        Assert.Contains("not the station's identity", (await server.KnockAsync(server.Plain, "CS-1", Convert.FromHexString(password!), user: "CS-2")).Text, StringComparison.Ordinal);
        var seen = await server.SecurityAsync("CS-1");
        Assert.Equal((1, 1), (seen.GetProperty("securityProfile").GetInt32(), seen.GetProperty("cameWithProfile").GetInt32()));
        Assert.Equal(3, seen.GetProperty("events").GetArrayLength());
    }

    [Fact]
    public async Task A_station_of_profile_2_comes_over_TLS_1_2_and_1_3_and_no_other_way()
    {
        await using var server = await SecureServer.StartAsync(folder);
        await server.KnowAsync("CS-1", 2, Text);
        var password = System.Text.Encoding.UTF8.GetBytes(Text);
        Assert.Equal(101, (await server.KnockAsync(server.Tls, "CS-1", password, protocols: SslProtocols.Tls12)).Status);
        Assert.Equal(101, (await server.KnockAsync(server.Tls, "CS-1", password, protocols: SslProtocols.Tls13)).Status);
        Assert.Equal(401, (await server.KnockAsync(server.Tls, "CS-1")).Status);
        var downgrade = await server.KnockAsync(server.Plain, "CS-1", password);
        Assert.Equal((403, "Station CS-1 comes with security profile 1; it is known at 2. Use wss with HTTP Basic."), (downgrade.Status, downgrade.Text));
        var (happened, detail) = Event(await server.SecurityAsync("CS-1"));
        Assert.Equal("SecurityProfileDowngrade", happened);
        Assert.StartsWith("127.0.0.1: ", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_over_TLS_runs_as_over_ws()
    {
        await using var server = await SecureServer.StartAsync(folder);
        var password = await server.KnowAsync("CS-1", 2);
        await using var station = await server.ConnectAsync(server.Tls, "CS-1", password);
        Assert.Equal("Pending", (await station.CallAsync("BootNotification", """{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}""", Cancel)).GetProperty("status").GetString());
        await station.CallAsync("Heartbeat", "{}", Cancel);
    }

    [Theory]
    [InlineData(UnknownStations.Never, 404)]
    [InlineData(UnknownStations.WithCertificate, 404)]
    [InlineData(UnknownStations.OnLoopback, 101)]
    public async Task A_station_that_nobody_knows_joins_where_that_is_allowed(UnknownStations unknown, int status)
    {
        await using var server = await SecureServer.StartAsync(folder, o => o with { UnknownStations = unknown });
        Assert.Equal(status, (await server.KnockAsync(server.Plain, "NEW-1")).Status);
        using var certificate = server.Authority.Station("CN=NEW-2");
        Assert.Equal(unknown == UnknownStations.Never ? 404 : 101, (await server.KnockAsync(server.Tls, "NEW-2", certificate: certificate)).Status);
    }

    [Fact]
    public async Task Failed_tries_wait_longer_and_longer_and_touch_no_other_station()
    {
        await using var server = await SecureServer.StartAsync(folder);
        await server.KnowAsync("CS-1", 1, Text);
        var other = await server.KnowAsync("CS-2", 1);
        var told = new List<Knock>();
        while (told.Count < 20 && told is not [.., { Status: 429 }]) told.Add(await server.KnockAsync(server.Plain, "CS-1", "a wrong password")); // a slow machine outlasts the first waits, not the doubled ones
        Assert.True(told.Count > 6 && told.SkipLast(1).All(k => k.Status == 401), string.Join(' ', told.Select(k => k.Status)));
        Assert.True(told[^1] is { Status: 429, RetryAfterSeconds: >= 1 }, told[^1].ToString());
        Assert.Equal(101, (await server.KnockAsync(server.Plain, "CS-2", other!)).Status);
    }

    [Fact]
    public async Task Handshakes_beyond_the_bucket_of_the_node_are_told_when_to_come_again()
    {
        await using var server = await SecureServer.StartAsync(folder, o => o with { HandshakeBurst = 3, HandshakesPerSecond = 1 });
        var told = new List<Knock>();
        for (var i = 0; i < 8; i++) told.Add(await server.KnockAsync(server.Plain, $"NEW-{i}"));
        Assert.All(told.Take(3), k => Assert.Equal(101, k.Status));
        Assert.Contains(told, k => k is { Status: 429, RetryAfterSeconds: >= 1 });
    }

    [Fact]
    public async Task Credentials_outlive_a_restart_and_their_end_is_an_end()
    {
        string? password;
        await using (var server = await SecureServer.StartAsync(folder)) password = await server.KnowAsync("CS-1", 1);
        await using var again = await SecureServer.StartAsync(folder, o => o with { UnknownStations = UnknownStations.Never });
        Assert.Equal(101, (await again.KnockAsync(again.Plain, "CS-1", password!)).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await again.Platform.Client.DeleteAsync("/api/v1/stations/CS-1/credentials", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await again.Platform.Client.DeleteAsync("/api/v1/stations/CS-1/credentials", Cancel)).StatusCode);
        Assert.Equal(404, (await again.KnockAsync(again.Plain, "CS-1", password!)).Status);
    }

    [Theory]
    [InlineData("""{"securityProfile":4}""", "/securityProfile")]
    [InlineData("{}", "/securityProfile")]
    [InlineData("""{"securityProfile":1,"password":"short"}""", "/password")]
    [InlineData("""{"securityProfile":3,"password":"correct horse battery"}""", "/password")]
    public async Task Bad_credentials_are_told_with_their_place(string body, string pointer)
    {
        await using var server = await SecureServer.StartAsync(folder);
        var answer = await server.Platform.Client.PutAsync("/api/v1/stations/CS-1/credentials", new StringContent(body, System.Text.Encoding.UTF8, "application/json"), Cancel);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal(pointer, (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("errors")[0].GetProperty("pointer").GetString());
    }

    [Theory]
    [InlineData("..%2F..%2Fetc%2Fpasswd")]
    [InlineData("%2e%2e")]
    [InlineData(".hidden")]
    [InlineData("CS%00-1")]
    [InlineData("CS-1%2Fx")]
    [InlineData("CS%5C1")]
    [InlineData("%C3%BC")]
    public async Task A_station_id_with_path_tricks_is_refused_and_leaves_nothing(string id)
    {
        await using var server = await SecureServer.StartAsync(folder);
        Assert.InRange((await server.KnockAsync(server.Plain, id)).Status, 400, 404);
        Assert.Empty(Gateway.Platform.Items(await server.Platform.GetAsync("/api/v1/stations")));
    }

    [Fact]
    public async Task The_ports_of_stations_answer_nothing_but_stations()
    {
        await using var server = await SecureServer.StartAsync(folder);
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } });
        foreach (var path in new[] { "/", "/api/v1/stations", "/metrics", "/healthz" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(server.Tls.Replace("wss", "https", StringComparison.Ordinal) + path, Cancel)).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(server.StationsOnly.Replace("ws", "http", StringComparison.Ordinal) + path, Cancel)).StatusCode);
        }
    }

    [Fact]
    public async Task A_refused_station_hears_the_status_in_its_WebSocket_library()
    {
        await using var server = await SecureServer.StartAsync(folder, o => o with { UnknownStations = UnknownStations.Never });
        using var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
        socket.Options.AddSubProtocol("ocpp2.1");
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri($"{server.Plain}/ocpp/NEW-1"), Cancel));
        Assert.Equal(HttpStatusCode.NotFound, socket.HttpStatusCode);
    }

    private static (string Type, string Detail) Event(JsonElement security)
    {
        var newest = security.GetProperty("events")[0];
        return (newest.GetProperty("type").GetString()!, newest.GetProperty("detail").GetString()!);
    }
}
