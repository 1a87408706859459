using System.IO.Compression;
using System.Net.WebSockets;
using System.Text;

namespace Penstock.SystemTests.Gateway;

/// <summary>permessage-deflate (RFC 7692): negotiated without context takeover, used both ways, bounded after inflation.</summary>
public sealed class CompressionTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-deflate-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(data, recursive: true);

    [Theory]
    [InlineData("permessage-deflate")]
    [InlineData("permessage-deflate; client_max_window_bits")]
    [InlineData("permessage-deflate; server_no_context_takeover; client_no_context_takeover")]
    public async Task An_offer_is_taken_without_context_takeover_and_frames_are_deflated_each_for_itself(string offer)
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var station = await BareSocket.ConnectAsync(server.Address, "CS-1", extensions: offer);
        var taken = station.Handshake.Split("\r\n").Single(l => l.StartsWith("Sec-WebSocket-Extensions:", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("permessage-deflate", taken, StringComparison.Ordinal);
        Assert.Contains("server_no_context_takeover", taken, StringComparison.Ordinal);
        Assert.Contains("client_no_context_takeover", taken, StringComparison.Ordinal);
        for (var n = 0; n < 3; n++)
        {
            await station.SendAsync(BareSocket.Frame(Deflated($$"""[2,"{{n}}","Heartbeat",{}]"""), compressed: true), Cancel);
            var (first, payload) = await station.ReceiveAsync();
            Assert.Equal(0xC1, first); // whole text message, RSV1: deflated
            Assert.StartsWith($"[3,\"{n}\",", Inflated(payload)); // with an empty window each
        }
    }

    [Fact]
    public async Task A_station_that_offers_none_gets_plain_frames()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var station = await BareSocket.ConnectAsync(server.Address, "CS-1");
        Assert.DoesNotContain("Sec-WebSocket-Extensions", station.Handshake, StringComparison.OrdinalIgnoreCase);
        await station.SendAsync(BareSocket.Frame("""[2,"a","Heartbeat",{}]"""u8), Cancel);
        Assert.Equal(0x81, (await station.ReceiveAsync()).First);
    }

    [Fact]
    public async Task Messages_and_calls_go_both_ways_and_a_bomb_is_refused_by_the_bound_of_a_frame()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await using var other = await RawStation.OnlineAsync(server.Address, "CS-2", "ocpp2.1", Cancel);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel, security: o => o.DangerousDeflateOptions = new WebSocketDeflateOptions());
        await station.CallAsync("BootNotification", """{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}""", Cancel);
        await Platform.UntilAsync(() => station.Heard.Any(h => h.Action == "GetBaseReport"), "a call of the central system");
        await station.CallAsync("DataTransfer", $$"""{"vendorId":"V","data":"{{new string('a', 200_000)}}"}""", Cancel); // within the bound
        await station.SendAsync($$"""[2,"x","DataTransfer",{"vendorId":"V","data":"{{new string('a', 64 << 20)}}"}]""", Cancel); // 64 MB in 64 kB
        await station.UntilClosedAsync();
        Assert.Equal(WebSocketCloseStatus.MessageTooBig, station.CloseStatus);
        await other.CallAsync("Heartbeat", "{}", Cancel);
        await using var again = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel, security: o => o.DangerousDeflateOptions = new WebSocketDeflateOptions());
        await again.CallAsync("Heartbeat", "{}", Cancel);
    }

    /// <summary>RFC 7692, 7.2.1: a flushed deflate block without its last four bytes 00 00 FF FF.</summary>
    private static byte[] Deflated(string text)
    {
        using var bytes = new MemoryStream();
        using (var deflate = new DeflateStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflate.Write(Encoding.UTF8.GetBytes(text));
            deflate.Flush();
            return bytes.ToArray()[..^4];
        }
    }

    private static string Inflated(byte[] payload)
    {
        using var inflate = new DeflateStream(new MemoryStream([.. payload, 0, 0, 0xFF, 0xFF, 1, 0, 0, 0xFF, 0xFF]), CompressionMode.Decompress);
        using var reader = new StreamReader(inflate, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
