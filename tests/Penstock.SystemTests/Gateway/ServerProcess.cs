using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Penstock.SystemTests.Gateway;

/// <summary>The real program, started as a process on a free port.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly ConcurrentQueue<string> log = new();

    private ServerProcess(Process process, string address)
    {
        (this.process, Address) = (process, address);
        process.OutputDataReceived += Kept;
        process.BeginOutputReadLine();
    }

    internal string Address { get; }

    internal bool HasExited => process.HasExited;

    /// <summary>What it wrote so far, a line each.</summary>
    internal IReadOnlyList<string> Log => [.. log];

    internal static async Task<ServerProcess> StartAsync(string data, CancellationToken cancel)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "penstock.dll");
        var process = Process.Start(new ProcessStartInfo("dotnet", [program, "serve", "--port", "0", "--data", data]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        while (await process.StandardError.ReadLineAsync(cancel) is { } line)
        {
            if (AddressPattern().Match(line) is { Success: true } found) return new ServerProcess(process, found.Value);
        }

        throw new InvalidOperationException("The server ended before it listened.");
    }

    internal async Task<ClientWebSocket> ConnectAsync(string station, string protocol, CancellationToken cancel)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(protocol);
        await socket.ConnectAsync(new Uri($"{Address}/ocpp/{station}"), cancel);
        return socket;
    }

    internal static async Task<string> AskAsync(ClientWebSocket socket, string frame, CancellationToken cancel)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, true, cancel);
        var buffer = new byte[8192];
        var got = await socket.ReceiveAsync(buffer.AsMemory(), cancel);
        return Encoding.UTF8.GetString(buffer, 0, got.Count);
    }

    internal async Task KillAsync(CancellationToken cancel)
    {
        process.Kill();
        await process.WaitForExitAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) await KillAsync(CancellationToken.None);
        process.Dispose();
    }

    private void Kept(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is { } text) log.Enqueue(text);
    }

    [GeneratedRegex(@"ws://127\.0\.0\.1:\d+")]
    private static partial Regex AddressPattern();
}
