using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Penstock.SystemTests.Gateway;

/// <summary>Ids of the central system's calls.</summary>
public sealed class MessageIdTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-ids-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(data, recursive: true);

    [Fact]
    public async Task Every_connection_has_ids_of_its_own_across_a_start_too_and_an_answer_to_another_one_s_is_dropped()
    {
        var ids = new List<string>();
        for (var start = 0; start < 2; start++)
        {
            await using var server = await ServerProcess.StartAsync(data, Cancel);
            for (var connection = 0; connection < 3; connection++)
            {
                using var station = await server.ConnectAsync("CS-1", "ocpp2.1", Cancel);
                Assert.StartsWith("[3,", await ServerProcess.AskAsync(station, """[2,"b","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}]""", Cancel));
                foreach (var old in ids) await SendAsync(station, $$"""[3,"{{old}}",{"status":"Rejected"}]""");
                var call = JsonDocument.Parse(await ReceiveAsync(station)).RootElement;
                Assert.Equal((2, "GetBaseReport"), (call[0].GetInt32(), call[2].GetString()));
                ids.Add(call[1].GetString()!);
                await SendAsync(station, $$"""[3,"{{ids[^1]}}",{"status":"Accepted"}]""");
                Assert.StartsWith("""[3,"h",""", await ServerProcess.AskAsync(station, """[2,"h","Heartbeat",{}]""", Cancel));
            }
        }

        Assert.Equal(6, ids.Distinct().Count());
        Assert.All(ids, id => Assert.InRange(id.Length, 1, 36));
    }

    private static Task SendAsync(ClientWebSocket socket, string frame) => socket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, true, Cancel);

    private static async Task<string> ReceiveAsync(ClientWebSocket socket)
    {
        var buffer = new byte[8192];
        return Encoding.UTF8.GetString(buffer, 0, (await socket.ReceiveAsync(buffer.AsMemory(), Cancel)).Count);
    }
}
