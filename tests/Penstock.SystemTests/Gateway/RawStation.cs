using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Penstock.SystemTests.Gateway;

/// <summary>A station that says what a test tells it to, frame by frame, and answers calls as a test wants.</summary>
internal sealed class RawStation : IAsyncDisposable
{
    private readonly ClientWebSocket socket = new();
    private readonly Channel<string> answers = Channel.CreateUnbounded<string>();
    private readonly ConcurrentQueue<(string Action, JsonElement Payload)> heard = new();
    private Task reading = Task.CompletedTask;
    private readonly ConcurrentQueue<string> frames = new();
    private readonly ConcurrentQueue<string> faults = new();
    private int lastId;

    private RawStation() { }

    internal string Protocol => socket.SubProtocol ?? "ocpp1.6"; // who offers none speaks that

    /// <summary>Answers a call of the central system with a payload; null = silence.</summary>
    internal Func<string, JsonElement, string?> Answer { get; set; } = Obedient;

    /// <summary>Calls of the central system, oldest first.</summary>
    internal IReadOnlyList<(string Action, JsonElement Payload)> Heard => [.. heard];

    /// <summary>Every frame of the central system, answers too, oldest first.</summary>
    internal IReadOnlyList<string> Frames => [.. frames];

    internal WebSocketCloseStatus? CloseStatus => socket.CloseStatus;

    internal bool IsOpen => socket.State == WebSocketState.Open;

    /// <param name="protocol">Subprotocols offered, with spaces between; empty = none.</param>
    internal static async Task<RawStation> ConnectAsync(
        string address, string id, string protocol, CancellationToken cancel, Func<string, JsonElement, string?>? answer = null, Action<ClientWebSocketOptions>? security = null)
    {
        var station = new RawStation();
        if (answer is not null) station.Answer = answer;
        foreach (var one in protocol.Split(' ', StringSplitOptions.RemoveEmptyEntries)) station.socket.Options.AddSubProtocol(one);
        security?.Invoke(station.socket.Options);
        await station.socket.ConnectAsync(new Uri($"{address}/ocpp/{id}"), cancel);
        station.reading = station.ReadAsync();
        return station;
    }

    /// <summary>Answers to what <see cref="SendAsync"/> asked, as they come.</summary>
    internal async Task<string> NextAnswerAsync(CancellationToken cancel) => await answers.Reader.ReadAsync(cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, cancel);

    /// <summary>Connected, and the central system knows it: it answered.</summary>
    internal static async Task<RawStation> OnlineAsync(string address, string id, string protocol, CancellationToken cancel, Func<string, JsonElement, string?>? answer = null)
    {
        var station = await ConnectAsync(address, id, protocol, cancel, answer);
        await station.CallAsync("Heartbeat", "{}", cancel);
        return station;
    }

    internal static string? Obedient(string action, JsonElement payload) => action switch
    {
        "SetChargingProfile" or "UpdateDynamicSchedule" or "TriggerMessage" or "GetBaseReport" => """{"status":"Accepted"}""",
        "GetConfiguration" => "{}",
        _ => null,
    };

    internal Task SendAsync(string frame, CancellationToken cancel) => socket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, true, cancel);

    internal Task SendBinaryAsync(byte[] frame, CancellationToken cancel) => socket.SendAsync(frame, WebSocketMessageType.Binary, true, cancel);

    /// <summary>Sends a frame as it is and waits for the next frame that is no call.</summary>
    internal async Task<string> AskAsync(string frame, CancellationToken cancel)
    {
        await SendAsync(frame, cancel);
        return await answers.Reader.ReadAsync(cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, cancel);
    }

    /// <summary>Calls and waits for the answer; its payload.</summary>
    internal async Task<JsonElement> CallAsync(string action, string payload, CancellationToken cancel)
    {
        var answer = await AskAsync($"[2,\"c{Interlocked.Increment(ref lastId)}\",\"{action}\",{payload}]", cancel);
        var frame = JsonDocument.Parse(answer).RootElement;
        if (frame[0].GetInt32() != 3) throw new InvalidOperationException($"{action} was refused: {answer}");
        Assert.Null(await OfficialSchemas.FaultAsync(Protocol, action, request: false, frame[2].GetRawText()));
        return frame[2];
    }

    /// <summary>True when nothing comes for the given time.</summary>
    internal async Task<bool> IsSilentAsync(string frame, TimeSpan time, CancellationToken cancel)
    {
        await SendAsync(frame, cancel);
        await Task.Delay(time, TimeProvider.System, cancel);
        return !answers.Reader.TryRead(out _);
    }

    internal async Task CloseAsync(CancellationToken cancel)
    {
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", cancel);
        await reading;
    }

    /// <summary>Breaks the link without a word.</summary>
    internal void Abort() => socket.Abort();

    internal Task UntilClosedAsync() => reading.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        socket.Abort();
        await reading;
        socket.Dispose();
        Assert.Empty(faults); // every call of the central system is what the standard says
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[1 << 20];
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
                await HearAsync(Encoding.UTF8.GetString(buffer, 0, length));
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // the link is gone
        }
        finally
        {
            answers.Writer.TryComplete();
        }
    }

    private async Task HearAsync(string text)
    {
        frames.Enqueue(text);
        if (!text.StartsWith("[2", StringComparison.Ordinal))
        {
            answers.Writer.TryWrite(text);
            return;
        }

        var frame = JsonDocument.Parse(text).RootElement;
        if (await OfficialSchemas.FaultAsync(Protocol, frame[2].GetString()!, request: true, frame[3].GetRawText()) is { } fault) faults.Enqueue(fault);
        heard.Enqueue((frame[2].GetString()!, frame[3]));
        if (Answer(frame[2].GetString()!, frame[3]) is { } payload) await SendAsync($"[3,\"{frame[1].GetString()}\",{payload}]", CancellationToken.None);
    }
}
