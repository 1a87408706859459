using System.Text.Json;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Api;

/// <summary>Transactions are found by station, token, OCPP transaction id and state, with stop time and reason.</summary>
public sealed class TransactionQueryTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-query-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ocpp1.6", "EmergencyStop")]
    [InlineData("ocpp2.0.1", "EmergencyStop")]
    [InlineData("ocpp2.1", "ReqEnergyTransferRejected")]
    [Covers("1.6 StartTransaction", "1.6 StopTransaction", "2.0.1 TransactionEvent", "2.1 TransactionEvent")]
    public async Task Every_member_of_the_query_narrows_it(string protocol, string reason)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var first = await RawStation.ConnectAsync(server.Address, "CS-1", protocol, Cancel);
        await using var second = await RawStation.ConnectAsync(server.Address, "CS-2", protocol, Cancel);
        var stop = Platform.Now(-1);
        var over = await StartAsync(first, "over", "T-1");
        await StopAsync(first, over, stop, reason);
        var open = await StartAsync(first, "open", "T-2");
        var other = await StartAsync(second, "other", "T-1");
        Assert.Equal([over], await IdsAsync("stationId=CS-1&token=T-1"));
        Assert.Equal([over], await IdsAsync("stationId=CS-1&token=t-1")); // OCPP identifier strings ignore case
        Assert.Equal([open], await IdsAsync("stationId=CS-1&status=open"));
        Assert.Equal(new[] { over, other }.Order(StringComparer.Ordinal), await IdsAsync("token=T-1"));
        Assert.Equal([other], await IdsAsync("token=T-1&status=open"));
        Assert.Equal([open], await IdsAsync($"transactionId={open}&stationId=CS-1"));
        Assert.Empty(await IdsAsync($"transactionId={open}&token=T-1"));
        Assert.Empty(await IdsAsync("stationId=CS-3"));
        var ended = Assert.Single(Platform.Items(await platform.GetAsync($"/api/v1/sessions?stationId=CS-1&transactionId={over}")));
        Assert.Equal(DateTimeOffset.Parse(stop, System.Globalization.CultureInfo.InvariantCulture), ended.GetProperty("end").GetDateTimeOffset());
        Assert.Equal((reason, "T-1"), (ended.GetProperty("stopReason").GetString(), ended.GetProperty("token").GetString()));
        var running = Assert.Single(Platform.Items(await platform.GetAsync("/api/v1/sessions?stationId=CS-1&status=open")));
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (running.GetProperty("end").ValueKind, running.GetProperty("stopReason").ValueKind));

        async Task<List<string>> IdsAsync(string query) => [.. Platform.Items(await platform.GetAsync("/api/v1/sessions?" + query)).Select(s => s.GetProperty("transactionId").GetString()!).Order(StringComparer.Ordinal)];
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    private static async Task<string> StartAsync(RawStation station, string transaction, string token)
    {
        if (station.Protocol == "ocpp1.6")
        {
            return (await station.CallAsync("StartTransaction", $$"""{"connectorId":1,"idTag":"{{token}}","meterStart":1000,"timestamp":"{{Platform.Now(-60)}}"}""", Cancel)).GetProperty("transactionId").GetRawText();
        }

        await station.CallAsync("TransactionEvent", TransactionTests.Event("Started", transaction, 0, Platform.Now(-60), 1000, token), Cancel);
        return transaction;
    }

    private static Task StopAsync(RawStation station, string transaction, string at, string reason) => station.Protocol == "ocpp1.6"
        ? station.CallAsync("StopTransaction", $$"""{"transactionId":{{transaction}},"meterStop":3000,"timestamp":"{{at}}","reason":"{{reason}}"}""", Cancel)
        : station.CallAsync("TransactionEvent", TransactionTests.Event("Ended", transaction, 1, at, 3000).Replace($"\"transactionId\":\"{transaction}\"", $"\"transactionId\":\"{transaction}\",\"stoppedReason\":\"{reason}\"", StringComparison.Ordinal), Cancel);
}
