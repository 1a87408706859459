using System.Net.WebSockets;
using Penstock.Server.Storage;

namespace Penstock.SystemTests.Gateway;

public sealed class CrashTests : IDisposable
{
    private const string Start = """[2,"7","StartTransaction",{"connectorId":1,"idTag":"T","meterStart":1000,"timestamp":"2026-04-02T09:00:00Z"}]""";
    private readonly string data = Directory.CreateTempSubdirectory("penstock-crash-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_answered_before_a_kill_is_there_afterwards_and_a_repeat_gets_the_same_transaction()
    {
        string first;
        var answered = new List<int>();
        await using (var server = await ServerProcess.StartAsync(data, Cancel))
        {
            using var old = await server.ConnectAsync("CS-16", "ocpp1.6", Cancel);
            first = await ServerProcess.AskAsync(old, Start, Cancel);
            using var station = await server.ConnectAsync("CS-21", "ocpp2.1", Cancel);
            for (var seq = 0; seq < 100; seq++)
            {
                if ((await ServerProcess.AskAsync(station, Event(seq), Cancel)).StartsWith($"[3,\"{seq}\"", StringComparison.Ordinal)) answered.Add(seq);
            }

            await station.SendAsync(System.Text.Encoding.UTF8.GetBytes(Event(100)), WebSocketMessageType.Text, true, Cancel);
            await server.KillAsync(Cancel);
        }

        Assert.Equal(100, answered.Count);
        await using (var server = await ServerProcess.StartAsync(data, Cancel))
        {
            using var old = await server.ConnectAsync("CS-16", "ocpp1.6", Cancel);
            Assert.Equal(first, await ServerProcess.AskAsync(old, Start, Cancel));
            Assert.NotEqual(first, await ServerProcess.AskAsync(old, Start.Replace("1000", "2000"), Cancel));
            await server.KillAsync(Cancel);
        }

        await using var journal = new Journal(Database.Open(Path.Combine(data, "penstock.db")));
        var stored = journal.ReadAfter(0).Select(e => e.Entry.DedupeKey).ToHashSet();
        Assert.All(answered, seq => Assert.Contains(stored, key => key.StartsWith($"tx:t1:{seq}:", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_boot_is_answered_once_the_station_is_on_disk_and_known_after_a_kill()
    {
        await using (var server = await ServerProcess.StartAsync(data, Cancel))
        {
            await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
            const string boot = """[2,"b","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"M-1","vendorName":"V"}}]""";
            using var writer = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(data, "penstock.db")}");
            await writer.OpenAsync(Cancel);
            await using (await writer.BeginTransactionAsync(System.Data.IsolationLevel.Serializable, Cancel)) // holds the pen: nobody else writes
            {
                Assert.True(await station.IsSilentAsync(boot, TimeSpan.FromSeconds(2), Cancel), "what is not on disk is not answered");
            }

            Assert.StartsWith("""[3,"b",{""", await station.NextAnswerAsync(Cancel));
            await server.KillAsync(Cancel);
        }

        await using var again = await ServerProcess.StartAsync(data, Cancel);
        using var after = new Platform(again.Address);
        Assert.Equal("M-1", Assert.Single(Platform.Items(await after.GetAsync("/api/v1/waiting-stations"))).GetProperty("model").GetString());
    }

    [Fact]
    public async Task The_newer_of_two_sockets_wins_and_bad_messages_leave_the_session_alive()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var older = await server.ConnectAsync("CS-1", "ocpp2.0.1", Cancel);
        await ServerProcess.AskAsync(older, """[2,"1","Heartbeat",{}]""", Cancel);
        using var newer = await server.ConnectAsync("CS-1", "ocpp2.0.1", Cancel);
        Assert.StartsWith("""[4,"2","NotImplemented",""", await ServerProcess.AskAsync(newer, """[2,"2","Sing",{}]""", Cancel));
        Assert.StartsWith("""[4,"3","TypeConstraintViolation",""", await ServerProcess.AskAsync(newer, """[2,"3","BootNotification",{"reason":"PowerUp","chargingStation":{"model":5,"vendorName":"V"}}]""", Cancel));
        Assert.StartsWith("""[4,"-1",""", await ServerProcess.AskAsync(newer, "{", Cancel));
        Assert.StartsWith("""[3,"4",{"currentTime":""", await ServerProcess.AskAsync(newer, """[2,"4","Heartbeat",{}]""", Cancel));
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            for (var i = 0; i < 3; i++) await ServerProcess.AskAsync(older, """[2,"5","Heartbeat",{}]""", Cancel);
            if (older.State != WebSocketState.Open) throw new WebSocketException();
        });
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    private static string Event(int seq) =>
        $$$"""[2,"{{{seq}}}","TransactionEvent",{"eventType":"Updated","timestamp":"2026-04-02T09:00:00Z","triggerReason":"MeterValuePeriodic","seqNo":{{{seq}}},"transactionInfo":{"transactionId":"t1"}}]""";
}
