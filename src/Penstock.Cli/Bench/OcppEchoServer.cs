using System.Net.WebSockets;

namespace Penstock.Cli.Bench;

/// <summary>The yardstick: a bare Kestrel WebSocket server that sends every message back.</summary>
internal static class OcppEchoServer
{
    internal static async Task<int> RunAsync(CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.UseWebSockets();
        app.Map("/ocpp/{id}", async (HttpContext context) =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync(context.WebSockets.WebSocketRequestedProtocols[0]);
            await EchoAsync(socket, context.RequestAborted);
        });
        await app.StartAsync(cancel);
        await Console.Error.WriteLineAsync($"echo at {app.Urls.First()}/ocpp/");
        await app.WaitForShutdownAsync(cancel);
        return 0;
    }

    private static async Task EchoAsync(WebSocket socket, CancellationToken cancel)
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(), cancel);
                if (part.MessageType == WebSocketMessageType.Close) return;
                await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, cancel);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // the link is gone
        }
    }
}
