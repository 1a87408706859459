using System.Net.WebSockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Penstock.Simulator.Stations;

/// <summary>A WebSocket with a fault of the wire between it and its user: numeric ids, spaces in frames, an end that is dead.</summary>
internal sealed partial class FaultySocket(WebSocket inner, StationFaults faults) : WebSocket
{
    private readonly TaskCompletionSource dead = new(TaskCreationOptions.RunContinuationsAsynchronously), aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when this end died.</summary>
    internal Task Dead => dead.Task;

    public override WebSocketCloseStatus? CloseStatus => inner.CloseStatus;

    public override string? CloseStatusDescription => inner.CloseStatusDescription;

    public override WebSocketState State => inner.State;

    public override string? SubProtocol => inner.SubProtocol;

    /// <summary>From now on it neither reads nor writes, and stays open.</summary>
    internal void Die() => dead.TrySetResult();

    /// <summary>Ends what is being received; the wire of a dead end stays open.</summary>
    public override void Abort()
    {
        aborted.TrySetCanceled();
        if (!dead.Task.IsCompleted) inner.Abort();
    }

    public override void Dispose()
    {
        if (!dead.Task.IsCompleted) inner.Dispose();
    }

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => dead.Task.IsCompleted ? Task.CompletedTask : inner.CloseAsync(closeStatus, statusDescription, cancellationToken);

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => dead.Task.IsCompleted ? Task.CompletedTask : inner.CloseOutputAsync(closeStatus, statusDescription, cancellationToken);

    public override Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken) => inner.ReceiveAsync(buffer, cancellationToken);

    public override async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var received = dead.Task.IsCompleted ? new TaskCompletionSource<ValueWebSocketReceiveResult>().Task : inner.ReceiveAsync(buffer, CancellationToken.None).AsTask(); // one that is cancelled would close the socket
        if (await Task.WhenAny(received, aborted.Task).WaitAsync(cancellationToken) != received) await aborted.Task;
        return await received;
    }

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) => SendAsync(buffer.AsMemory(), messageType, endOfMessage, cancellationToken).AsTask();

    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
    {
        if (dead.Task.IsCompleted) return ValueTask.CompletedTask;
        if (messageType != WebSocketMessageType.Text) return inner.SendAsync(buffer, messageType, endOfMessage, cancellationToken);
        var text = Encoding.UTF8.GetString(buffer.Span);
        if (faults.NumericIds) text = Id().Replace(text, "[$1,$2,", 1);
        if (faults.SpacedFrames) text = Head().Replace(text, "[ $1 , $2 , ", 1);
        return inner.SendAsync((ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text), messageType, endOfMessage, cancellationToken);
    }

    [GeneratedRegex("""^\[(\d),"(\d+)",""")]
    private static partial Regex Id();

    [GeneratedRegex("""^\[(\d),("[^"]*"|\d+),""")]
    private static partial Regex Head();
}
