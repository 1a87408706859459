using System.Diagnostics;
using Penstock.Server.Storage;

namespace Penstock.Cli.Bench;

/// <summary>Many stations at once: memory of silence, a setpoint to all, all of them back after a power cut.</summary>
internal static class OcppCrowd
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(15);

    /// <summary>Stations boot, say a heartbeat and fall silent.</summary>
    internal static async Task IdleAsync(OcppBenchRun run)
    {
        foreach (var (name, start) in new (string, Func<Task<OcppServerProcess>>)[] { ("bare echo", run.EchoAsync), ("idle ws", run.ServeAsync), ("idle wss", run.ServeTlsAsync) })
        {
            await using var server = await start();
            await (run with { Stations = 100 }).TalkAsync(server, "W");
            await Task.Delay(Settling, TimeProvider.System, run.Cancel);
            var before = server.MemoryBytes;
            var stations = await run.TalkAsync(server, "CS");
            await Task.Delay(Settling, TimeProvider.System, run.Cancel);
            var (cpu, held) = (server.CpuSeconds, stations.Length);
            var memory = server.MemoryBytes;
            await Task.Delay(Settling, TimeProvider.System, run.Cancel);
            OcppBenchRun.Print($"{name,-28}{(memory - before) / 1024.0 / held,7:0.0} kB a connection, {held} held, {memory / 1048576.0:0} MB in all, {1e3 * (server.CpuSeconds - cpu) / Settling.TotalSeconds:0} ms CPU a second");
            foreach (var station in stations) station.Dispose();
        }
    }

    /// <summary>Every vehicle charges; then the grid orders nine tenths of all power back. Counted until a station has its setpoint.</summary>
    internal static async Task SetpointAsync(OcppBenchRun run)
    {
        OcppFleet.Write(run.Folder, run.Stations);
        await using var server = await run.ServeAsync();
        var stations = await run.ConnectAsync(server.Address, "ocpp2.1");
        var (told, charging) = (new long[stations.Length], 0);
        await run.EachAsync(256, async n =>
        {
            stations[n].Called = (_, text) =>
            {
                if (text.Contains("\"setpoint\":-", StringComparison.Ordinal)) Interlocked.CompareExchange(ref told[n], Stopwatch.GetTimestamp(), 0);
                else if (text.Contains("CentralSetpoint", StringComparison.Ordinal)) Interlocked.Increment(ref charging);
            };
            await stations[n].CallAsync("TransactionEvent", OcppFleet.Event21("Started", "t1", 0, n, Now), run.Cancel);
        });
        for (var i = 0; i < 120 && Volatile.Read(ref charging) < stations.Length; i++) await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, run.Cancel);
        await Task.Delay(Settling, TimeProvider.System, run.Cancel); // the plans of all arrivals are made
        Array.Clear(told);
        using var operatorClient = new HttpClient { BaseAddress = new Uri($"http://{server.Address.Authority}") };
        var cpu = server.CpuSeconds;
        var answer = await operatorClient.PostAsJsonAsync("/api/v1/events", new { name = "bench", targetKw = -0.9 * 7 * stations.Length, start = Now, end = Now.AddMinutes(30) }, run.Cancel);
        var ordered = Stopwatch.GetTimestamp();
        answer.EnsureSuccessStatusCode();
        for (var i = 0; i < 30 && told.Any(t => Volatile.Read(ref t) == 0); i++) await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, run.Cancel);
        var times = told.Where(t => t > 0).Order().ToArray();
        if (times.Length == 0) throw new InvalidOperationException("No station was told to discharge.");
        double Since(long from, double share) => Stopwatch.GetElapsedTime(from, times[(int)Math.Ceiling(share * times.Length) - 1]).TotalSeconds;
        OcppBenchRun.Print($"{"setpoint",-28}{times.Length} of {stations.Length} stations told; since the first p50 {Since(times[0], 0.5):0.00} s, p99 {Since(times[0], 0.99):0.00} s");
        OcppBenchRun.Print($"{"",-28}since the order was taken p99 {Since(ordered, 0.99):0.00} s, last {Since(ordered, 1):0.00} s; {server.CpuSeconds - cpu:0.0} CPU s with all plans anew");
    }

    /// <summary>All connect and begin a transaction; every link is cut at once; all come back at once and tell what happened. Then the rows are counted.</summary>
    internal static async Task StormAsync(OcppBenchRun run)
    {
        OcppFleet.Write(run.Folder, run.Stations);
        await using (var server = await run.ServeAsync())
        {
            var stations = await run.ConnectAsync(server.Address, "ocpp2.1");
            await run.EachAsync(256, n => stations[n].CallAsync("TransactionEvent", OcppFleet.Event21("Started", "t1", 0, n, Now), run.Cancel));
            foreach (var station in stations) station.Dispose();
            var (watch, cpu, tries, times) = (Stopwatch.StartNew(), server.CpuSeconds, 0, new double[run.Stations]);
            await run.EachAsync(run.Stations, async n =>
            {
                for (var sequence = 1; sequence <= 2;)
                {
                    try
                    {
                        Interlocked.Increment(ref tries);
                        stations[n] = await OcppLoadStation.ConnectAsync(server.Address, OcppFleet.Station(n), "ocpp2.1", run.Cancel);
                        stations[n].Called = (_, _) => { };
                        for (; sequence <= 2; sequence++) await stations[n].CallAsync("TransactionEvent", OcppFleet.Event21("Updated", "t1", sequence, n, Now), run.Cancel);
                    }
                    catch (IOException)
                    {
                        await Task.Delay(TimeSpan.FromMilliseconds(200 + (n % 800)), TimeProvider.System, run.Cancel); // a station's back-off
                    }
                }

                times[n] = watch.Elapsed.TotalSeconds;
            });
            var ordered = times.Order().ToArray();
            OcppBenchRun.Print($"{"storm",-28}{run.Stations} stations back in {watch.Elapsed.TotalSeconds:0.0} s (p50 {ordered[ordered.Length / 2]:0.0} s, p99 {ordered[(int)(0.99 * ordered.Length)]:0.0} s), {tries} connects, {server.CpuSeconds - cpu:0.0} CPU s");
            foreach (var station in stations) station.Dispose();
        }

        using var store = new SqlStore(Database.Open(Path.Combine(run.Folder, "penstock.db")));
        OcppBenchRun.Print($"{"",-28}{3 * run.Stations} transaction events told, {store.First<long>("SELECT COUNT(*) FROM journal WHERE kind = 'TransactionEvent'")} in the journal, {store.First<long>("SELECT COUNT(*) FROM session")} sessions");
    }

    private static async Task<OcppLoadStation[]> TalkAsync(this OcppBenchRun run, OcppServerProcess server, string name)
    {
        var all = new OcppLoadStation[run.Stations];
        await run.EachAsync(64, async n =>
        {
            all[n] = await OcppLoadStation.ConnectAsync(server.Address, $"{name}-{n}", "ocpp1.6", run.Cancel);
            all[n].Called = (_, _) => { };
            await all[n].CallAsync("BootNotification", OcppFleet.Boot16, run.Cancel);
            await all[n].CallAsync("Heartbeat", "{}", run.Cancel);
        });
        return all;
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();
}
