using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;

namespace Penstock.Cli.Bench;

/// <summary>A station as light as a load of 19,000 of them needs: a socket, the upgrade by hand, answers in order of arrival.</summary>
internal sealed class OcppLoadStation : IDisposable
{
    private readonly WebSocket socket;
    private readonly Stream stream;
    private readonly byte[] buffer = new byte[2048];
    private readonly Channel<string> answers = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly SemaphoreSlim writing = new(1, 1);
    private long lastId;

    private OcppLoadStation(string name, WebSocket socket, Stream stream) => (Name, this.socket, this.stream) = (name, socket, stream);

    internal string Name { get; }

    /// <summary>Told of every call of the central system; it is answered as Accepted.</summary>
    internal Action<OcppLoadStation, string>? Called { get; set; }

    internal static async Task<OcppLoadStation> ConnectAsync(Uri server, string name, string protocol, CancellationToken cancel, string? extension = null)
    {
        var link = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await link.ConnectAsync(server.Host, server.Port, cancel);
            Stream stream = new NetworkStream(link, ownsSocket: true);
            if (server.Scheme is "wss" or "https")
            {
                var secure = new SslStream(stream, leaveInnerStreamOpen: false, (_, _, _, _) => true); // the bench's own certificate of this run
                await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, cancel);
                stream = secure;
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"GET {server.AbsolutePath}{name} HTTP/1.1\r\nHost: {server.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                + $"Sec-WebSocket-Protocol: {protocol}\r\n{(extension is null ? "" : $"Sec-WebSocket-Extensions: {extension}\r\n")}\r\n"), cancel);
            await UpgradedAsync(stream, cancel);
            var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = false, SubProtocol = protocol, KeepAliveInterval = Timeout.InfiniteTimeSpan });
            var station = new OcppLoadStation(name, socket, stream);
            _ = station.ReadAsync();
            return station;
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    /// <summary>Calls and waits for the answer, whole.</summary>
    internal async Task<string> CallAsync(string action, string payload, CancellationToken cancel)
    {
        await SendAsync(string.Create(CultureInfo.InvariantCulture, $"[2,\"{++lastId}\",\"{action}\",{payload}]"), cancel);
        try
        {
            return await answers.Reader.ReadAsync(cancel);
        }
        catch (ChannelClosedException)
        {
            throw new IOException($"The link of {Name} is gone.");
        }
    }

    public void Dispose() => stream.Dispose();

    private async Task SendAsync(string frame, CancellationToken cancel)
    {
        await writing.WaitAsync(cancel);
        try
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, true, cancel);
        }
        finally
        {
            writing.Release();
        }
    }

    private static async Task UpgradedAsync(Stream stream, CancellationToken cancel)
    {
        var (head, one) = (new StringBuilder(), new byte[1]);
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (head.Length > 2048 || await stream.ReadAsync(one, cancel) == 0) throw new IOException($"The upgrade was not answered: {head}");
            head.Append((char)one[0]);
        }

        if (!head.ToString().StartsWith("HTTP/1.1 101", StringComparison.Ordinal)) throw new IOException($"The upgrade was refused: {head.ToString().Split('\r')[0]}");
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                var length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                    length += part.Count;
                }
                while (!part.EndOfMessage);

                if (part.MessageType == WebSocketMessageType.Close) return;
                var text = Encoding.UTF8.GetString(buffer, 0, length);
                if (text.StartsWith("[2", StringComparison.Ordinal) && Called is not null)
                {
                    Called(this, text);
                    await SendAsync($"[3,\"{text.Split('"')[1]}\",{{\"status\":\"Accepted\"}}]", CancellationToken.None);
                }
                else
                {
                    answers.Writer.TryWrite(text);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // the link is gone
        }
        finally
        {
            answers.Writer.TryComplete();
        }
    }
}
