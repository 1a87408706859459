namespace Penstock.SystemTests.Gateway;

/// <summary>Peers whose socket is open and who are not there: one that takes no bytes, one that answers no ping.</summary>
public sealed class StuckTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-stuck-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(data, recursive: true);

    [Fact]
    public async Task A_station_that_reads_nothing_is_cut_and_holds_up_nobody()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var stuck = await BareSocket.ConnectAsync(server.Address, "STUCK", receiveBytes: 2048);
        await using var other = await RawStation.OnlineAsync(server.Address, "GOOD", "ocpp2.1", Cancel);
        var asking = AskOnAndOnAsync(stuck); // its answers fill every buffer on the way
        while (!asking.IsCompleted && !server.Log.Any(Cut))
        {
            await other.CallAsync("Heartbeat", "{}", Cancel);
            Assert.True(other.IsOpen);
            await Task.Delay(100, Cancel);
        }

        await asking;
        await Platform.UntilAsync(() => server.Log.Any(Cut), "the line about the stuck station in the log");
        await other.CallAsync("Heartbeat", "{}", Cancel);
        await using var again = await RawStation.OnlineAsync(server.Address, "STUCK", "ocpp2.1", Cancel);
    }

    [Fact]
    public async Task A_half_open_socket_is_ended_by_the_ping_that_nobody_answers_and_its_station_comes_back_at_once_before_that()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var dead = await BareSocket.ConnectAsync(server.Address, "CS-1");
        using var taken = await BareSocket.ConnectAsync(server.Address, "CS-2");
        await using var back = await RawStation.OnlineAsync(server.Address, "CS-2", "ocpp2.1", Cancel);
        Assert.True(await taken.EndsWithinAsync(TimeSpan.FromSeconds(20)), "the newer socket takes the station over");
        Assert.True(await dead.EndsWithinAsync(TimeSpan.FromSeconds(120)), "a ping after 45 s and no pong for 30 s end it");
        await Platform.UntilAsync(() => server.Log.Any(l => l.Contains("Station CS-1 disconnected", StringComparison.Ordinal)), "the end of the dead socket in the log");
        await back.CallAsync("Heartbeat", "{}", Cancel); // ClientWebSocket answers pings
    }

    private static bool Cut(string line) => line.Contains("STUCK", StringComparison.Ordinal) && line.Contains("took no bytes", StringComparison.Ordinal);

    private static async Task AskOnAndOnAsync(BareSocket socket)
    {
        var heartbeats = Enumerable.Repeat(BareSocket.Frame("""[2,"1","Heartbeat",{}]"""u8), 100).SelectMany(f => f).ToArray();
        try
        {
            while (true) await socket.SendAsync(heartbeats, Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Cancel);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // cut by the server, as wanted
        }
    }
}
