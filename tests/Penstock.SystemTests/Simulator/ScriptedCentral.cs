using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Penstock.Ocpp.Rpc;

namespace Penstock.SystemTests.Simulator;

/// <summary>A central system that answers what a test says: a foreign one, as far as the simulated stations know.</summary>
internal sealed class ScriptedCentral : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> faults = new();
    private readonly WebApplication app;
    private OcppConnection? latest;
    private HttpContext? link;

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
        await app.StartAsync(TestContext.Current.CancellationToken);
        return central;
    }

    internal OcppVersion Version { get; }

    internal Uri Address => new(app.Urls.First().Replace("http:", "ws:", StringComparison.Ordinal) + "/");

    /// <summary>Everything that stations said, in order.</summary>
    internal ConcurrentQueue<(string Action, JsonElement Payload)> Heard { get; } = new();

    /// <summary>Answers by action, as JSON; null in the map = no answer. Others get what <see cref="Usual"/> says.</summary>
    internal ConcurrentDictionary<string, string?> Script { get; } = new();

    internal OcppConnection Connection => latest ?? throw new InvalidOperationException("No station is connected.");

    internal int Connections { get; private set; }

    internal void BreakLink() => link?.Abort();

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
        Assert.Empty(faults); // every message of a simulated station is what the standard says
    }

    private async Task AcceptAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(Subprotocol.Name(Version));
        (link, latest) = (context, new OcppConnection(socket, Version, Answer, TimeProvider.System, new ConnectionOptions { CallTimeout = TimeSpan.FromSeconds(5) }));
        Connections++;
        await latest.RunAsync(context.RequestAborted);
        if (link == context) link = null;
    }

    private async ValueTask<OcppAnswer> Answer(IncomingCall call, CancellationToken cancel)
    {
        if (await OfficialSchemas.FaultAsync(Subprotocol.Name(Version), call.Action, request: true, call.Payload.GetRawText()) is { } fault) faults.Enqueue(fault);
        Heard.Enqueue((call.Action, call.Payload.Clone()));
        var text = Script.TryGetValue(call.Action, out var scripted) ? scripted : Usual(call.Action);
        return text is null ? OcppAnswer.None : OcppAnswer.Stored(Encoding.UTF8.GetBytes(text));
    }

    private string Usual(string action) => action switch
    {
        "BootNotification" => """{"currentTime":"2026-04-15T00:00:00Z","interval":300,"status":"Accepted"}""",
        "Heartbeat" => """{"currentTime":"2026-04-15T00:00:00Z"}""",
        "Authorize" => Version == OcppVersion.V16 ? """{"idTagInfo":{"status":"Accepted"}}""" : """{"idTokenInfo":{"status":"Accepted"}}""",
        "StartTransaction" => """{"transactionId":77,"idTagInfo":{"status":"Accepted"}}""",
        "NotifyEVChargingNeeds" => """{"status":"Accepted"}""",
        _ => "{}",
    };
}
