using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using Penstock.Ocpp.Framing;

namespace Penstock.Cli.Replay;

/// <summary>The socket of the replayed station: its frames go out as they were, answers come back by id, calls of the central system get the recorded answers.</summary>
internal sealed class ReplayLink : IAsyncDisposable
{
    /// <summary>How long a call waits for its answer.</summary>
    internal static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(30);

    /// <summary>How long a call that was never answered waits.</summary>
    internal static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(1);

    /// <summary>Largest frame of the central system; a larger one ends the replay.</summary>
    private const int FrameBytesMax = 1 << 20;

    private readonly ClientWebSocket socket = new();
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly ConcurrentDictionary<string, TaskCompletionSource<OcppFrame?>> waiting = new();
    private Task reading = Task.CompletedTask;

    private ReplayLink(RecordedAnswers answers) => Answers = answers;

    internal RecordedAnswers Answers { get; }

    internal bool IsOpen => socket.State == WebSocketState.Open && !reading.IsCompleted;

    internal string CloseReason => socket.CloseStatus is { } status ? $"{(int)status} {socket.CloseStatusDescription}" : "the link broke";

    internal static async Task<ReplayLink> ConnectAsync(ReplayRequest request, string subprotocol, RecordedAnswers answers, CancellationToken cancel)
    {
        var link = new ReplayLink(answers);
        link.socket.Options.AddSubProtocol(subprotocol);
        await link.socket.ConnectAsync(new Uri($"{request.Url.ToString().TrimEnd('/')}/{Uri.EscapeDataString(request.Station)}"), cancel);
        link.reading = link.ReadAsync();
        return link;
    }

    internal async Task SendAsync(string frame, CancellationToken cancel)
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

    /// <returns>The answer; null = none came in time, or the link is gone.</returns>
    internal async Task<OcppFrame?> AskAsync(string id, string frame, TimeSpan timeout, CancellationToken cancel)
    {
        var answer = waiting[id] = new TaskCompletionSource<OcppFrame?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (reading.IsCompleted) answer.TrySetResult(null);
        try
        {
            await SendAsync(frame, cancel);
            return await answer.Task.WaitAsync(timeout, TimeProvider.System, cancel);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            waiting.TryRemove(id, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (socket.State == WebSocketState.Open) await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
            await reading.WaitAsync(TimeSpan.FromSeconds(2), TimeProvider.System);
        }
        catch (Exception e) when (e is WebSocketException or TimeoutException)
        {
            socket.Abort();
        }

        socket.Dispose();
        writing.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[FrameBytesMax];
        try
        {
            for (var length = 0; length < buffer.Length;)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close) break;
                length += part.Count;
                if (!part.EndOfMessage) continue;
                await HearAsync(buffer.AsMemory(0, length));
                length = 0;
            }
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException)
        {
            // the link is gone; whoever waits is told below
        }
        finally
        {
            foreach (var one in waiting.Values) one.TrySetResult(null);
        }
    }

    private async Task HearAsync(ReadOnlyMemory<byte> bytes)
    {
        if (FrameReader.Read(bytes.ToArray()).Frame is not { } frame) return; // the payload is a slice, and the buffer is used again
        if (frame.Type == MessageType.Call && Answers.To(frame) is { } answer) await SendAsync(answer, CancellationToken.None);
        else if (frame.Type is MessageType.CallResult or MessageType.CallError && waiting.TryGetValue(frame.Id, out var asked)) asked.TrySetResult(frame);
    }
}
