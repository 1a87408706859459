using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Penstock.SystemTests.Gateway;

/// <summary>A TCP socket that did the WebSocket handshake (RFC 6455, 4.1) and does nothing by itself: no reading, no pong.</summary>
internal sealed class BareSocket : IDisposable
{
    private readonly Socket socket;

    private BareSocket(Socket socket, string handshake) => (this.socket, Handshake) = (socket, handshake);

    /// <summary>The server's answer to the handshake.</summary>
    internal string Handshake { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="receiveBytes">Receive buffer: what a peer that reads nothing takes all the same.</param>
    internal static async Task<BareSocket> ConnectAsync(string address, string id, int? receiveBytes = null, string? extensions = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (receiveBytes is { } bytes) socket.ReceiveBufferSize = bytes;
        var uri = new Uri(address);
        await socket.ConnectAsync(IPAddress.Parse(uri.Host), uri.Port, Cancel);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET /ocpp/{id} HTTP/1.1\r\nHost: {uri.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp2.1\r\n"
            + (extensions is null ? "" : $"Sec-WebSocket-Extensions: {extensions}\r\n") + "\r\n"), Cancel);
        var (answer, one) = (new StringBuilder(), new byte[1]);
        while (!answer.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await socket.ReceiveAsync(one, Cancel) == 1) answer.Append((char)one[0]);
        Assert.StartsWith("HTTP/1.1 101", answer.ToString(), StringComparison.Ordinal);
        return new BareSocket(socket, answer.ToString());
    }

    /// <summary>A whole text message of at most 125 bytes, masked with zeros.</summary>
    internal static byte[] Frame(ReadOnlySpan<byte> payload, bool compressed = false) => [(byte)(compressed ? 0xC1 : 0x81), (byte)(0x80 | payload.Length), 0, 0, 0, 0, .. payload];

    internal ValueTask<int> SendAsync(byte[] bytes, CancellationToken cancel) => socket.SendAsync(bytes, cancel);

    /// <summary>The next frame of the server, unmasked: first byte and payload.</summary>
    internal async Task<(byte First, byte[] Payload)> ReceiveAsync()
    {
        var head = await ReadAsync(2);
        var length = head[1] == 126 ? (await ReadAsync(2)) is var two ? (two[0] << 8) | two[1] : 0 : head[1];
        return (head[0], await ReadAsync(length));
    }

    /// <returns>True once the server has ended the connection; what it still says is read and dropped.</returns>
    internal async Task<bool> EndsWithinAsync(TimeSpan time)
    {
        var buffer = new byte[65_536];
        try
        {
            while (await socket.ReceiveAsync(buffer, Cancel).AsTask().WaitAsync(time, TimeProvider.System, Cancel) > 0)
            {
            }

            return true;
        }
        catch (SocketException)
        {
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    public void Dispose() => socket.Dispose();

    private async Task<byte[]> ReadAsync(int length)
    {
        var bytes = new byte[length];
        for (var read = 0; read < length;)
        {
            var got = await socket.ReceiveAsync(bytes.AsMemory(read), Cancel);
            Assert.NotEqual(0, got);
            read += got;
        }

        return bytes;
    }
}
