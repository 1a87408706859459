using System.Diagnostics;
using System.Globalization;

namespace Penstock.Cli.Bench;

/// <summary>A server of this program as a process of its own, so that its CPU and memory are counted alone. Linux: read from /proc.</summary>
internal sealed class OcppServerProcess : IAsyncDisposable
{
    /// <summary>The kernel counts CPU time in ticks of 10 ms.</summary>
    private const double TicksPerSecond = 100;

    private readonly Process process;

    private OcppServerProcess(Process process, Uri address) => (this.process, Address) = (process, address);

    /// <summary>Where stations connect, without the station's name.</summary>
    internal Uri Address { get; }

    internal bool HasExited => process.HasExited;

    /// <summary>User and system time since the start, s.</summary>
    internal double CpuSeconds => Cpu($"/proc/{process.Id}/stat");

    /// <summary>CPU time of the threads of this name, s. Threads of the pool come and go while they are looked at.</summary>
    internal double CpuSecondsOf(string thread) => Directory.GetDirectories($"/proc/{process.Id}/task").Sum(t =>
    {
        try
        {
            return File.ReadAllText(t + "/comm").Trim() == thread ? Cpu(t + "/stat") : 0;
        }
        catch (IOException)
        {
            return 0; // it has ended
        }
    });

    /// <summary>Anonymous memory that is resident: heaps and stacks, no program text.</summary>
    internal long MemoryBytes => 1024 * long.Parse(
        File.ReadLines($"/proc/{process.Id}/status").First(l => l.StartsWith("RssAnon", StringComparison.Ordinal)).Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);

    /// <param name="scheme">Of the address that the load is to go to, where the server listens at more than one.</param>
    internal static async Task<OcppServerProcess> StartAsync(string[] arguments, CancellationToken cancel, string scheme = "")
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Path.Combine(AppContext.BaseDirectory, "penstock.dll"), .. arguments] : arguments)
        {
            RedirectStandardError = true, RedirectStandardOutput = true,
            Environment = { ["Logging__LogLevel__Default"] = "Warning", ["PENSTOCK__ControlSeconds"] = "1" },
        };
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => { if (line.Data is { } text) Console.Error.WriteLine(text); };
        process.BeginOutputReadLine();
        while (await process.StandardError.ReadLineAsync(cancel) is { } line)
        {
            if (line.Split(' ').FirstOrDefault(w => w.Contains("://127.0.0.1:", StringComparison.Ordinal)) is not { } address) await Console.Error.WriteLineAsync(line);
            else if (address.StartsWith(scheme, StringComparison.Ordinal))
            {
                _ = process.StandardError.BaseStream.CopyToAsync(Console.OpenStandardError(), cancel);
                return new OcppServerProcess(process, new Uri(address.Replace("{stationId}", "", StringComparison.Ordinal)));
            }
        }

        throw new IOException($"{string.Join(' ', arguments)} ended before it listened.");
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private static double Cpu(string stat)
    {
        var fields = File.ReadAllText(stat).Split(") ")[^1].Split(' '); // behind the name: state is field 3, user time 14, system time 15
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }
}
