using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Penstock.Ocpp.Rpc;

namespace Penstock.SystemTests.Simulator;

/// <summary>A central system that answers what a test says: a foreign one, as far as the simulated stations know. It sends what a test wants, keeps files, and holds every frame of both sides against the official schemas.</summary>
internal sealed class ScriptedCentral : IAsyncDisposable
{
    private readonly ConcurrentQueue<(bool FromStation, string Frame)> frames = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonElement>> asked = new();
    private readonly WebApplication app;
    private OcppConnection? latest;
    private WebSocket? socket;
    private HttpContext? link;
    private int lastId;

    private ScriptedCentral(OcppVersion version, WebApplication app) => (Version, this.app) = (version, app);

    internal static async Task<ScriptedCentral> StartAsync(OcppVersion version)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var central = new ScriptedCentral(version, app);
        app.UseWebSockets();
        app.Map("/ocpp/{id}", central.AcceptAsync);
        app.Map("/files/{name}", central.FileAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return central;
    }

    internal OcppVersion Version { get; }

    internal Uri Address => new(app.Urls.First().Replace("http:", "ws:", StringComparison.Ordinal) + "/");

    internal Uri FileAddress => new(app.Urls.First() + "/files/");

    /// <summary>Everything that stations said, in order.</summary>
    internal ConcurrentQueue<(string Action, JsonElement Payload)> Heard { get; } = new();

    /// <summary>Answers by action, as JSON; null in the map = no answer. Others get what <see cref="Usual"/> says.</summary>
    internal ConcurrentDictionary<string, string?> Script { get; } = new();

    /// <summary>What was put, and what can be had.</summary>
    internal ConcurrentDictionary<string, byte[]> Files { get; } = new();

    /// <summary>Every frame that stations sent, as text.</summary>
    internal IEnumerable<string> Frames => frames.Where(f => f.FromStation).Select(f => f.Frame);

    internal string? Authorization { get; private set; }

    internal OcppConnection Connection => latest ?? throw new InvalidOperationException("No station is connected.");

    internal int Connections { get; private set; }

    internal void BreakLink() => link?.Abort();

    /// <summary>Any request to the station, as JSON. An error comes as the object {"error": code, "text": description}.</summary>
    internal async Task<JsonElement> CallAsync(string action, string payload)
    {
        var id = $"t{Interlocked.Increment(ref lastId)}";
        var answer = asked[id] = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        await SendAsync($"""[2,"{id}","{action}",{payload}]""");
        return await answer.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    internal async Task SendAsync(string frame)
    {
        Seen("out", Encoding.UTF8.GetBytes(frame));
        await socket!.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
    }

    internal async Task<JsonElement> HearAsync(string action, Func<JsonElement, bool>? which = null)
    {
        for (var i = 0; i < 400; i++)
        {
            foreach (var (said, payload) in Heard) if (said == action && (which?.Invoke(payload) ?? true)) return payload;
            await Task.Delay(25, TestContext.Current.CancellationToken);
        }

        throw new InvalidOperationException($"No {action} was heard, only {string.Join(", ", Heard.Select(h => h.Action))}.");
    }

    public async ValueTask DisposeAsync()
    {
        BreakLink();
        await app.DisposeAsync();
        Assert.Empty(await FaultsAsync()); // every message of a simulated station, and of the test, is what the standard says
    }

    /// <summary>What is wrong with the frames of both sides; an answer is held against the schema of what it answers.</summary>
    private async Task<List<string>> FaultsAsync()
    {
        var (faults, actions) = (new List<string>(), new Dictionary<(bool, string), string>());
        foreach (var (fromStation, text) in frames)
        {
            var frame = JsonDocument.Parse(text).RootElement;
            var (type, id) = (frame[0].GetInt32(), frame[1].ToString());
            if (type is 2 or 6)
            {
                actions[(fromStation, id)] = frame[2].GetString()!;
                if (await OfficialSchemas.FaultAsync(Subprotocol.Name(Version), frame[2].GetString()!, request: true, frame[3].GetRawText()) is { } fault) faults.Add(fault);
            }
            else if (type == 3 && actions.TryGetValue((!fromStation, id), out var action) && await OfficialSchemas.FaultAsync(Subprotocol.Name(Version), action, request: false, frame[2].GetRawText()) is { } fault) faults.Add(fault);
        }

        return faults;
    }

    private async Task AcceptAsync(HttpContext context)
    {
        Authorization = context.Request.Headers.Authorization;
        using var accepted = socket = await context.WebSockets.AcceptWebSocketAsync(Subprotocol.Name(Version));
        var connection = new OcppConnection(accepted, Version, Answer, TimeProvider.System, new ConnectionOptions { CallTimeout = TimeSpan.FromSeconds(5) }, Seen);
        (link, latest) = (context, connection);
        Connections++;
        await connection.RunAsync(context.RequestAborted);
        if (link == context) link = null;
    }

    private void Seen(string direction, ReadOnlyMemory<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes.Span);
        frames.Enqueue((direction == "in", text));
        if (direction != "in") return;
        var frame = JsonDocument.Parse(text).RootElement;
        if (frame[0].GetInt32() is not (3 or 4) || !asked.TryRemove(frame[1].ToString(), out var waits)) return;
        waits.TrySetResult(frame[0].GetInt32() == 3 ? frame[2].Clone() : JsonSerializer.SerializeToElement(new { error = frame[2].GetString(), text = frame[3].GetString() }));
    }

    private async Task FileAsync(HttpContext context)
    {
        var name = (string)context.Request.RouteValues["name"]!;
        if (HttpMethods.IsGet(context.Request.Method))
        {
            if (Files.TryGetValue(name, out var file)) await context.Response.BodyWriter.WriteAsync(file, context.RequestAborted);
            else context.Response.StatusCode = 404;
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        Files[name] = body.ToArray();
    }

    private ValueTask<OcppAnswer> Answer(IncomingCall call, CancellationToken cancel)
    {
        Heard.Enqueue((call.Action, call.Payload.Clone()));
        var text = Script.TryGetValue(call.Action, out var scripted) ? scripted : Usual(call.Action);
        return ValueTask.FromResult(text is null ? OcppAnswer.None : OcppAnswer.Stored(Encoding.UTF8.GetBytes(text)));
    }

    private string Usual(string action) => action switch
    {
        "BootNotification" => """{"currentTime":"2026-04-15T00:00:00Z","interval":300,"status":"Accepted"}""",
        "Heartbeat" => """{"currentTime":"2026-04-15T00:00:00Z"}""",
        "Authorize" => Version == OcppVersion.V16 ? """{"idTagInfo":{"status":"Accepted"}}""" : """{"idTokenInfo":{"status":"Accepted"}}""",
        "StartTransaction" => """{"transactionId":77,"idTagInfo":{"status":"Accepted"}}""",
        "NotifyEVChargingNeeds" or "NotifyEVChargingSchedule" or "OpenPeriodicEventStream" or "SignCertificate" or "DataTransfer" => """{"status":"Accepted"}""",
        "PullDynamicScheduleUpdate" => """{"status":"Accepted","scheduleUpdate":{"setpoint":-3000}}""",
        "Get15118EVCertificate" => """{"status":"Accepted","exiResponse":"gA=="}""",
        "GetCertificateStatus" => """{"status":"Accepted","ocspResult":"MAoBAA=="}""",
        "GetCertificateChainStatus" => """{"certificateStatus":[{"certificateHashData":{"hashAlgorithm":"SHA256","issuerNameHash":"a","issuerKeyHash":"b","serialNumber":"1"},"source":"OCSP","status":"Good","nextUpdate":"2026-05-01T00:00:00Z"}]}""",
        "VatNumberValidation" => """{"status":"Accepted","vatNumber":"NL123"}""",
        _ => "{}",
    };
}
