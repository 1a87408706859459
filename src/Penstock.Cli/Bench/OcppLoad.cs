using System.Globalization;

namespace Penstock.Cli.Bench;

/// <summary>Stations that talk without a pause: cost of a message.</summary>
internal static class OcppLoad
{
    internal static async Task EchoAsync(OcppBenchRun run)
    {
        await using var server = await run.EchoAsync();
        var stations = await run.ConnectAsync(server.Address, "ocpp1.6");
        (await run.LoadAsync(server, stations, (n, _) => stations[n].CallAsync("Heartbeat", "{}", run.Cancel))).Print("bare echo, Heartbeat");
        (await run.LoadAsync(server, stations, (n, i) => stations[n].CallAsync("MeterValues", OcppFleet.Meter16(n, i, Now), run.Cancel))).Print("bare echo, MeterValues");
    }

    /// <summary>Heartbeats, then MeterValues of four values in a running transaction of a station on a site; each is on disk before it is answered.</summary>
    internal static async Task MeterAsync(OcppBenchRun run)
    {
        OcppFleet.Write(run.Folder, run.Stations);
        await using var server = await run.ServeAsync();
        var stations = await run.ConnectAsync(server.Address, "ocpp1.6");
        var transactions = new int[stations.Length];
        await run.EachAsync(stations.Length, async n =>
        {
            stations[n].Called = (_, _) => { };
            await stations[n].CallAsync("BootNotification", OcppFleet.Boot16, run.Cancel);
            var answer = await stations[n].CallAsync("StartTransaction", OcppFleet.Start16(n, Now), run.Cancel);
            transactions[n] = int.Parse(answer.Split("\"transactionId\":")[1].Split(',', '}')[0], CultureInfo.InvariantCulture);
        });
        (await run.LoadAsync(server, stations, (n, _) => stations[n].CallAsync("Heartbeat", "{}", run.Cancel))).Print("Heartbeat");
        (await run.LoadAsync(server, stations, (n, i) => stations[n].CallAsync("MeterValues", OcppFleet.Meter16(transactions[n], i, Now), run.Cancel))).Print("MeterValues, durable");
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();
}
