using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Penstock.Cli.Bench;

/// <summary>penstock bench ocpp: the server as a process of its own under the load of this one.</summary>
internal static class OcppBench
{
    /// <summary>Connections of one process: the usual file limit of 20,000 less what the server itself has open.</summary>
    internal const int StationsMax = 19_000;

    private static readonly (string Name, int Stations, Func<OcppBenchRun, Task> Run)[] Parts =
    [
        ("echo", 500, OcppLoad.EchoAsync), ("meter", 500, OcppLoad.MeterAsync), ("idle", StationsMax, OcppCrowd.IdleAsync), ("setpoint", 10_000, OcppCrowd.SetpointAsync), ("storm", 15_000, OcppCrowd.StormAsync),
    ];

    internal static Command Create()
    {
        var only = new Option<string?>("--only") { Description = string.Join(", ", Parts.Select(p => p.Name)) };
        only.AcceptOnlyFromAmong([.. Parts.Select(p => p.Name)]);
        var stations = new Option<int?>("--stations") { Description = $"1 to {StationsMax} (as the part says)" };
        stations.Validators.Add(r => { if (r.GetValue(stations) is < 1 or > StationsMax) r.AddError($"--stations is 1 to {StationsMax}."); });
        var seconds = new Option<int>("--seconds") { Description = "Measured time of echo and meter, 1 to 600, after as long to warm up", DefaultValueFactory = _ => 20 };
        seconds.Validators.Add(r => { if (r.GetValue(seconds) is < 1 or > 600) r.AddError("--seconds is 1 to 600."); });
        var command = new Command("ocpp", "Loads a server process with SIMULATED stations and prints CPU and memory of the server alone") { only, stations, seconds };
        command.SetAction((parsed, cancel) => RunAsync(Parts.Where(p => parsed.GetValue(only) is not { } one || p.Name == one), parsed.GetValue(stations), parsed.GetValue(seconds), cancel));
        return command;
    }

    /// <summary>Started by the bench as the process beside which it measures.</summary>
    internal static Command Echo()
    {
        var command = new Command("ocpp-echo", "A bare WebSocket echo server") { Hidden = true };
        command.SetAction((_, cancel) => OcppEchoServer.RunAsync(cancel));
        return command;
    }

    private static async Task<int> RunAsync(IEnumerable<(string Name, int Stations, Func<OcppBenchRun, Task> Run)> parts, int? stations, int seconds, CancellationToken cancel)
    {
        if (!OperatingSystem.IsLinux())
        {
            await Console.Error.WriteLineAsync("bench ocpp reads CPU and memory of the server from /proc: run it on Linux.");
            return 1;
        }

        OcppBenchRun.Print($"SIMULATED stations, server and load on {Environment.ProcessorCount} cores; CPU and memory are the server's alone");
        foreach (var part in parts)
        {
            var folder = Directory.CreateTempSubdirectory("penstock-bench-").FullName;
            try
            {
                await part.Run(new OcppBenchRun(folder, stations ?? part.Stations, TimeSpan.FromSeconds(seconds), cancel));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        return 0;
    }
}

/// <summary>What one part of the bench is given.</summary>
internal sealed record OcppBenchRun(string Folder, int Stations, TimeSpan Time, CancellationToken Cancel)
{
    internal Task<OcppServerProcess> ServeAsync() => OcppServerProcess.StartAsync(["serve", "--port", "0", "--data", Folder], Cancel);

    /// <summary>The same behind TLS, with a certificate of this run.</summary>
    internal async Task<OcppServerProcess> ServeTlsAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, TimeProvider.System.GetUtcNow().AddDays(1));
        var file = Path.Combine(Folder, "bench.pem");
        await File.WriteAllTextAsync(file, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem(), Cancel);
        return await OcppServerProcess.StartAsync(["serve", "--port", "0", "--data", Folder, "--tls-port", "0", "--certificate", file], Cancel, "wss");
    }

    internal Task<OcppServerProcess> EchoAsync() => OcppServerProcess.StartAsync(["bench", "ocpp-echo"], Cancel);

    internal static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>Connects all stations, some at a time.</summary>
    internal async Task<OcppLoadStation[]> ConnectAsync(Uri address, string protocol, int atOnce = 64)
    {
        var all = new OcppLoadStation[Stations];
        await EachAsync(atOnce, async n => all[n] = await OcppLoadStation.ConnectAsync(address, OcppFleet.Station(n), protocol, Cancel));
        return all;
    }

    internal Task EachAsync(int atOnce, Func<int, Task> what) =>
        Parallel.ForAsync(0, Stations, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = Cancel }, async (n, _) => await what(n));

    /// <summary>Every station asks again and again, one call at a time, for the measured time after as much to warm up.</summary>
    internal async Task<OcppLoadResult> LoadAsync(OcppServerProcess server, OcppLoadStation[] stations, Func<int, int, Task<string>> ask)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var done = 0L;
        var loops = Enumerable.Range(0, stations.Length).Select(async n =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var answer = await ask(n, i);
                if (answer.StartsWith("[4", StringComparison.Ordinal)) throw new InvalidOperationException($"A message was refused: {answer}");
                Interlocked.Increment(ref done);
            }
        }).ToArray();
        await Task.Delay(Time, TimeProvider.System, Cancel); // the compiler is busy at first
        var (watch, before) = (Stopwatch.StartNew(), (Done: Interlocked.Read(ref done), Cpu: server.CpuSeconds, Storage: server.CpuSecondsOf("journal")));
        await Task.Delay(Time, TimeProvider.System, Cancel);
        var result = new OcppLoadResult(Interlocked.Read(ref done) - before.Done, server.CpuSeconds - before.Cpu, server.CpuSecondsOf("journal") - before.Storage, watch.Elapsed.TotalSeconds);
        await stop.CancelAsync();
        await Task.WhenAll(loops);
        return result;
    }
}

/// <param name="StorageSeconds">CPU of the journal's thread, s.</param>
internal sealed record OcppLoadResult(long Messages, double CpuSeconds, double StorageSeconds, double WallSeconds)
{
    internal double MicrosecondsEach => 1e6 * CpuSeconds / Messages;

    internal void Print(string name) => OcppBenchRun.Print(
        $"{name,-28}{MicrosecondsEach,7:0.0} us CPU a message, {Messages / CpuSeconds,7:0} messages a CPU second, {Messages / WallSeconds,7:0} a second{(StorageSeconds > 0 ? FormattableString.Invariant($", storage {StorageSeconds / CpuSeconds:P0}") : "")}");
}
