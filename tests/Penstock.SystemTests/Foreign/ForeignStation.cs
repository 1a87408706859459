using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Penstock.SystemTests.Gateway;
using Penstock.UnitTests.Ocpp;

namespace Penstock.SystemTests.Foreign;

/// <summary>A station of tests/foreign as a process: it prints a JSON line for everything that it hears and does what lines on its standard input say.</summary>
internal sealed class ForeignStation : IAsyncDisposable
{
    private static readonly SemaphoreSlim Installing = new(1, 1);

    private readonly Process process;
    private readonly ConcurrentQueue<JsonElement> lines = new();
    private readonly ConcurrentQueue<string> errors = new();

    private ForeignStation(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => { if (line.Data is { Length: > 0 } text) lines.Enqueue(JsonDocument.Parse(text).RootElement); };
        process.ErrorDataReceived += (_, line) => { if (line.Data is { } text) errors.Enqueue(text); };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Everything so far, oldest first.</summary>
    internal IReadOnlyList<JsonElement> Lines => [.. lines];

    internal string Errors => string.Join('\n', errors);

    internal static async Task<ForeignStation> StartAsync(string script, string package, params string[] arguments)
    {
        var folder = await InstalledAsync(package);
        return new ForeignStation(Process.Start(new ProcessStartInfo("node", [script, .. arguments]) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!);
    }

    internal static bool Is(JsonElement line, string kind, string? action = null) => line.GetProperty("kind").GetString() == kind && (action is null || line.GetProperty("action").GetString() == action);

    /// <summary>Tells the station to do something and waits until it is done; what it printed meanwhile.</summary>
    internal async Task<IReadOnlyList<JsonElement>> DoAsync(string command)
    {
        var from = lines.Count;
        await process.StandardInput.WriteLineAsync(command.AsMemory(), Cancel);
        await process.StandardInput.FlushAsync(Cancel);
        await UntilAsync(l => Is(l, "ready") && l.GetProperty("command").GetString() == command, from, $"\"{command}\" to be done");
        return [.. lines.Skip(from)];
    }

    internal Task<JsonElement> UntilAsync(string kind, string? action = null) => UntilAsync(l => Is(l, kind, action), 0, $"{kind} {action}");

    /// <summary>Waits for its end, and holds all that it heard against the official schemas.</summary>
    internal async Task<JsonElement> EndAsync(string version)
    {
        await Platform.UntilAsync(() => process.HasExited, "the station's end");
        await process.WaitForExitAsync(Cancel); // its last lines too
        Assert.True(process.ExitCode == 0, $"{Errors}\n{string.Join('\n', lines.TakeLast(5))}");
        foreach (var line in lines.Where(l => Is(l, "request") || Is(l, "response")))
        {
            Assert.Null(await OfficialSchemas.FaultAsync(version, line.GetProperty("action").GetString()!, Is(line, "request"), line.GetProperty("payload").GetRawText()));
        }

        return lines.Last();
    }

    internal async Task<JsonElement> QuitAsync(string version)
    {
        await process.StandardInput.WriteLineAsync("quit".AsMemory(), Cancel);
        await process.StandardInput.FlushAsync(Cancel);
        return await EndAsync(version);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    /// <summary>What the station itself said is checked too: every frame of the server's log, both directions.</summary>
    internal static async Task CheckLogAsync(Platform platform, string station, string version)
    {
        Schemas.Root(); // skips without the schemas
        var log = (await platform.Client.GetStringAsync(new Uri($"/api/v1/stations/{station}/messages/export?unmasked=true", UriKind.Relative), Cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.NotEmpty(log);
        foreach (var entry in log.Where(e => e.GetProperty("type").GetInt32() is 2 or 3 && e.GetProperty("action").ValueKind == JsonValueKind.String))
        {
            var frame = JsonDocument.Parse(entry.GetProperty("frame").GetString()!).RootElement;
            var request = frame[0].GetInt32() == 2;
            Assert.Null(await OfficialSchemas.FaultAsync(version, entry.GetProperty("action").GetString()!, request, frame[request ? 3 : 2].GetRawText()));
        }
    }

    private async Task<JsonElement> UntilAsync(Func<JsonElement, bool> met, int from, string what)
    {
        await Platform.UntilAsync(() => lines.Skip(from).Any(met) || process.HasExited, what);
        await Task.Yield();
        return lines.Skip(from).Where(met).Select(l => (JsonElement?)l).FirstOrDefault() ?? throw new InvalidOperationException($"The station ended before {what}: {Errors}");
    }

    private static async Task<string> InstalledAsync(string package)
    {
        var folder = Path.Combine(Schemas.Checkout(), "tests", "foreign");
        await Installing.WaitAsync(Cancel);
        try
        {
            if (Directory.Exists(Path.Combine(folder, "node_modules", package))) return folder;
            using var install = Process.Start(new ProcessStartInfo("npm", ["ci", "--silent", "--no-progress"]) { WorkingDirectory = folder })!;
            await install.WaitForExitAsync(Cancel);
            Assert.SkipUnless(install.ExitCode == 0 && Directory.Exists(Path.Combine(folder, "node_modules", package)), $"npm ci in tests/foreign failed: the package {package} is not there");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("npm is missing: install Node.js 20");
        }
        finally
        {
            Installing.Release();
        }

        return folder;
    }
}
