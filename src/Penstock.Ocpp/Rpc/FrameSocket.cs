using System.Buffers;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;

namespace Penstock.Ocpp.Rpc;

/// <summary>Whole text frames over a WebSocket, in and out. An idle one holds no buffer; a write that the peer does not take in time cuts the link.</summary>
internal sealed class FrameSocket(WebSocket socket, ConnectionOptions options, TimeProvider time)
{
    /// <summary>Rented for a frame that begins; most fit.</summary>
    private const int BufferBytes = 4096;

    /// <summary>How long a refused peer is heard out before the link is cut.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly CancellationTokenSource over = new();

    internal ConnectionCounters Counters { get; } = new();

    /// <summary>Why this end closed the socket; null while it did not.</summary>
    internal string? Refusal { get; private set; }

    /// <summary>Cancelled when the link is over, whoever ended it.</summary>
    internal CancellationToken Over => over.Token;

    /// <summary>Cuts the link: reading ends, and so does what handlers wait for.</summary>
    internal void Cut()
    {
        over.Cancel();
        socket.Abort();
    }

    /// <summary>The link ended by itself.</summary>
    internal Task EndAsync() => over.CancelAsync();

    /// <summary>The next text frame, its bytes the caller's own; null when the peer closed or broke the framing rules (binary: 1003, too big: 1009).</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<byte[]?> ReadAsync()
    {
        var first = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None); // rent a buffer only when data is there; no token: cutting the link ends it, and an idle one holds no registrations
        if (first.MessageType == WebSocketMessageType.Close) return await CloseAsync(WebSocketCloseStatus.NormalClosure, "");
        if (first.EndOfMessage && first.MessageType == WebSocketMessageType.Text) return []; // a frame without a byte
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        var length = 0;
        try
        {
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                length += part.Count;
                if (part.MessageType == WebSocketMessageType.Close) return await CloseAsync(WebSocketCloseStatus.NormalClosure, "");
                if (part.MessageType == WebSocketMessageType.Binary) return await RefuseAsync(WebSocketCloseStatus.InvalidMessageType, "OCPP-J frames are text");
                if (length > options.FrameBytesMax) return await RefuseAsync(WebSocketCloseStatus.MessageTooBig, $"frames have at most {options.FrameBytesMax} bytes");
                if (part.EndOfMessage) return buffer.AsSpan(0, length).ToArray();
                if (length == buffer.Length) buffer = Grown(buffer);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    internal async ValueTask WriteAsync(ReadOnlyMemory<byte> frame)
    {
        await writing.WaitAsync(CancellationToken.None); // whoever holds it is bounded by a deadline of its own
        try
        {
            var send = socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None); // a token would take the slow way of every write
            if (send.IsCompleted) await send;
            else await WithinAsync(send.AsTask());
            Interlocked.Increment(ref Counters.sent);
        }
        finally
        {
            writing.Release();
        }
    }

    private async Task WithinAsync(Task send)
    {
        try
        {
            await send.WaitAsync(options.WriteTimeout, time, Over);
        }
        catch (TimeoutException)
        {
            Interlocked.Increment(ref Counters.faults);
            Refusal = $"took no bytes for {options.WriteTimeout.TotalSeconds:0} s";
            Cut();
            throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely);
        }
    }

    private byte[] Grown(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length * 4, options.FrameBytesMax + 1));
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private async Task<byte[]?> RefuseAsync(WebSocketCloseStatus status, string reason)
    {
        Interlocked.Increment(ref Counters.faults);
        Refusal = $"{(int)status}: {reason}";
        await CloseAsync(status, reason);
        await DrainAsync();
        return null;
    }

    /// <summary>Reads on for a moment: closing with unread data resets the link, and the peer never learns why.</summary>
    private async Task DrainAsync()
    {
        using var limit = new CancellationTokenSource(DrainTime, time);
        var buffer = new byte[16 * 1024];
        while (socket.State is WebSocketState.CloseSent && (await socket.ReceiveAsync(buffer.AsMemory(), limit.Token)).MessageType != WebSocketMessageType.Close)
        {
        }
    }

    private async Task<byte[]?> CloseAsync(WebSocketCloseStatus status, string reason)
    {
        await writing.WaitAsync(CancellationToken.None); // whoever holds it is bounded by a deadline of its own
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived) await WithinAsync(socket.CloseOutputAsync(status, reason, CancellationToken.None));
        }
        finally
        {
            writing.Release();
        }

        return null;
    }
}
