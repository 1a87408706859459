using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Penstock.SystemTests.Gateway;

/// <summary>Odd handshakes, links and crowds.</summary>
public sealed partial class OddTests
{
    [Theory]
    [InlineData("ocpp2.1 ocpp2.0.1 ocpp1.6", "ocpp2.1")]
    [InlineData("ocpp1.6 ocpp2.1", "ocpp1.6")]
    [InlineData("ocpp9.9 soap OCPP2.0.1", "ocpp2.0.1")]
    public async Task Of_several_subprotocols_the_first_that_we_speak_is_taken(string offered, string taken)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", offered, Cancel);
        Assert.Equal(taken, station.Protocol, ignoreCase: true);
    }

    [Fact]
    [Covers("1.6 BootNotification")]
    public async Task A_station_that_offers_no_subprotocol_speaks_1_6_and_one_that_offers_only_others_is_refused()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "", Cancel);
        Assert.StartsWith("[3,\"a\",", await station.AskAsync("""[2,"a","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]""", Cancel));
        Assert.Equal("1.6", (await platform.GetAsync("/api/v1/stations/CS-1")).GetProperty("protocol").GetString());
        await Assert.ThrowsAsync<WebSocketException>(() => RawStation.ConnectAsync(server.Address, "CS-2", "ocpp9.9 soap", Cancel));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_station_works_with_permessage_deflate_offered_or_not(bool deflate)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel, security: o => o.DangerousDeflateOptions = deflate ? new WebSocketDeflateOptions() : null);
        await station.CallAsync("BootNotification", Boot, Cancel);
        Assert.StartsWith("[3,\"a\",", await station.AskAsync($$"""[2,"a","DataTransfer",{"vendorId":"V","data":"{{new string('x', 100_000)}}"}]""", Cancel));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("%2e%2e%2fx")]
    [InlineData("..%5cx")]
    [InlineData(".hidden")]
    [InlineData("CS-1%00")]
    [InlineData("CS-1%0d%0aSet-Cookie:%20a=b")]
    [InlineData("a/b")]
    [InlineData("%E7%AB%99")]
    [InlineData("%ff%fe")]
    [InlineData("CS%201")]
    [InlineData("")]
    [InlineData("300 characters")]
    public async Task A_station_id_with_tricks_is_refused_and_leaves_nothing(string id)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        var before = Directory.GetFileSystemEntries(Path.GetDirectoryName(data)!, "x*").Length;
        using var client = await ShakeAsync(server.Address, id == "300 characters" ? new string('A', 300) : id);
        Assert.Matches("^HTTP/1.1 (400|404) ", await HeadAsync(client));
        Assert.Empty(Platform.Items(await platform.GetAsync("/api/v1/stations")));
        Assert.Equal(before, Directory.GetFileSystemEntries(Path.GetDirectoryName(data)!, "x*").Length);
        await using var good = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
    }

    [Fact]
    public async Task A_station_behind_a_half_open_socket_comes_back_before_the_old_one_is_noticed()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        using var dead = await ShakeAsync(server.Address, "CS-1"); // it never reads, closes or answers a ping
        Assert.StartsWith("HTTP/1.1 101 ", await HeadAsync(dead), StringComparison.Ordinal);
        await using var back = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.1", Cancel, (_, _) => """{"status":"Accepted"}""");
        Assert.Equal("accepted", (await platform.CallAsync("CS-1", "ClearCache", "{}")).GetProperty("state").GetString());
        Assert.True((await platform.GetAsync("/api/v1/stations/CS-1")).GetProperty("online").GetBoolean());
    }

    [Fact]
    public async Task A_handshake_of_one_byte_a_second_is_cut_off()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var client = await ConnectAsync(server.Address);
        var (request, sent) = (Encoding.ASCII.GetBytes(Request("CS-1")), 0);
        var answer = HeadAsync(client);
        while (sent < 60 && !answer.IsCompleted)
        {
            try
            {
                await client.GetStream().WriteAsync(request.AsMemory(sent++, 1), Cancel);
            }
            catch (IOException)
            {
                break; // it is cut
            }

            await Task.WhenAny(answer, Task.Delay(1000, Cancel));
        }

        Assert.True(answer.IsCompleted && sent < 60, "the connection is still open");
        Assert.DoesNotContain(" 101 ", await answer, StringComparison.Ordinal);
        await using var good = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
    }

    [Fact]
    [Covers("2.1 StatusNotification")]
    public async Task A_hundred_stations_that_tell_their_status_at_the_same_instant_are_all_answered()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        var stations = new List<RawStation>();
        try
        {
            for (var i = 0; i < 100; i++) stations.Add(await RawStation.ConnectAsync(server.Address, $"CS-{i}", "ocpp2.1", Cancel));
            await Task.WhenAll(stations.Select(s => s.CallAsync("StatusNotification", Status(1, "Available"), Cancel)));
            var waiting = Platform.Items(await platform.UntilAsync("/api/v1/waiting-stations", page => Platform.Items(page).Count == 100));
            Assert.All(waiting, s => Assert.Equal("available", s.GetProperty("evsesReported")[0].GetProperty("status").GetString(), ignoreCase: true));
        }
        finally
        {
            foreach (var station in stations) await station.DisposeAsync();
        }
    }

    [Fact]
    [Covers("2.1 TransactionEvent")]
    public async Task Hundreds_of_reconnects_within_seconds_lose_nothing()
    {
        const int stations = 20, reconnects = 15;
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await Task.WhenAll(Enumerable.Range(0, stations).Select(StormAsync));
        var sessions = Platform.Items(await platform.UntilAsync("/api/v1/sessions", page => Platform.Items(page).Count(s => s.GetProperty("status").GetString() == "settled") == stations));
        Assert.All(sessions, s => Assert.Equal(0.1 * (reconnects - 1), s.GetProperty("energyImportedKwh").GetDouble(), 3));
        await platform.UntilAsync("/api/v1/overview", o => o.GetProperty("stations").GetProperty("online").GetInt32() == 0);

        async Task StormAsync(int number)
        {
            for (var i = 0; i < reconnects; i++)
            {
                await using var station = await RawStation.ConnectAsync(server.Address, $"CS-{number}", "ocpp2.1", Cancel);
                await station.CallAsync("TransactionEvent", TransactionTests.Event(i == 0 ? "Started" : i == reconnects - 1 ? "Ended" : "Updated", "tx", i, Platform.Now((60 * i) - 1000), 1000 + (100 * i), i == 0 ? "T-1" : null), Cancel);
            }
        }
    }

    [Fact]
    [Covers("2.1 TransactionEvent")]
    public async Task A_reconnect_while_the_old_socket_lives_closes_it_and_loses_no_message()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var older = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        const int messages = 40;
        var frames = Enumerable.Range(0, messages).Select(i =>
            $"[2,\"{i}\",\"TransactionEvent\",{TransactionTests.Event(i == 0 ? "Started" : i == messages - 1 ? "Ended" : "Updated", "tx", i, Platform.Now((30 * i) - 2000), 1000 + (100 * i), i == 0 ? "T-1" : null)}]").ToList();
        foreach (var frame in frames.Take(20)) await older.SendAsync(frame, Cancel); // none of the answers is read
        await using var newer = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await older.UntilClosedAsync();
        for (var i = 0; i < messages; i++) Assert.StartsWith($"[3,\"{i}\",", await newer.AskAsync(frames[i], Cancel)); // a station repeats what it has no answer to
        Assert.Equal(0.1 * (messages - 1), (await platform.StatementAsync("CS-1:tx")).GetProperty("energyImportedKwh").GetDouble(), 3);
        Assert.Single(Platform.Items(await platform.GetAsync("/api/v1/sessions")));
    }

    [Fact]
    [Covers("2.1 ClearCache", "2.1 Heartbeat")]
    public async Task A_call_of_ours_while_theirs_is_in_flight_and_the_other_way_are_both_answered()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        RawStation? talking = null;
        var inside = new TaskCompletionSource<Task<string>>();
        await using var station = talking = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.1", Cancel, (_, _) =>
        {
            inside.TrySetResult(talking!.AskAsync("""[2,"mid","Heartbeat",{}]""", Cancel)); // before it answers ours
            return """{"status":"Accepted"}""";
        });
        var (ours, theirs) = (platform.CallAsync("CS-1", "ClearCache", "{}"), Enumerable.Range(0, 50).Select(i => station.SendAsync($"[2,\"{i}\",\"Heartbeat\",{{}}]", Cancel)));
        await Task.WhenAll(theirs);
        Assert.Equal("accepted", (await ours).GetProperty("state").GetString());
        var ids = new List<string> { Id(await await inside.Task) };
        while (ids.Count < 51) ids.Add(Id(await station.NextAnswerAsync(Cancel)));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}").Append("mid").Order(StringComparer.Ordinal), ids.Order(StringComparer.Ordinal));

        static string Id(string frame) => JsonDocument.Parse(frame).RootElement is var root && root[0].GetInt32() == 3 ? root[1].GetString()! : frame;
    }

    private static string Request(string id) =>
        $"GET /ocpp/{id} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp2.1\r\n\r\n";

    private static async Task<TcpClient> ConnectAsync(string address)
    {
        var (client, uri) = (new TcpClient(), new Uri(address));
        await client.ConnectAsync(uri.Host, uri.Port, Cancel);
        return client;
    }

    private static async Task<TcpClient> ShakeAsync(string address, string id)
    {
        var client = await ConnectAsync(address);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Request(id)), Cancel);
        return client;
    }

    /// <summary>How the answer begins; empty where the connection is cut without one.</summary>
    private static async Task<string> HeadAsync(TcpClient client)
    {
        var buffer = new byte[64];
        try
        {
            return Encoding.ASCII.GetString(buffer, 0, await client.GetStream().ReadAsync(buffer, Cancel));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
