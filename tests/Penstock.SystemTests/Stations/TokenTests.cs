using System.Net;
using System.Net.Http.Json;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Stations;

/// <summary>Who may charge, and what is found of who did.</summary>
public sealed class TokenTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-token-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.6", "Invalid")]
    [InlineData("2.0.1", "Unknown")]
    [InlineData("2.1", "Unknown")]
    [Covers("1.6 Authorize", "2.0.1 Authorize", "2.1 Authorize")]
    public async Task A_token_is_accepted_blocked_expired_or_unknown(string version, string unknown)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "CAR");
        await PutAsync(platform, "BLOCKED", new { blocked = true });
        await PutAsync(platform, "OLD", new { blocked = false, expiresAt = "2020-01-01T00:00:00Z" });
        await PutAsync(platform, "GROUP", new { blocked = false, groupId = "FLEET" });
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp" + version, Cancel);
        Assert.Equal(["Accepted", "Blocked", "Expired", "Accepted", unknown], [await SaidAsync("CAR"), await SaidAsync("blocked"), await SaidAsync("OLD"), await SaidAsync("GROUP"), await SaidAsync("NOBODY")]);
        await PutAsync(platform, "CAR", new { blocked = true }); // a record outranks the contract
        Assert.Equal("Blocked", await SaidAsync("CAR"));
        Assert.Equal(HttpStatusCode.NoContent, (await platform.Client.DeleteAsync("/api/v1/tokens/CAR", Cancel)).StatusCode);
        Assert.Equal("Accepted", await SaidAsync("CAR"));
        Assert.Equal(HttpStatusCode.NotFound, (await platform.Client.GetAsync("/api/v1/tokens/NOBODY", Cancel)).StatusCode);
        await PutAsync(platform, Uri.EscapeDataString("CARD/1"), new { blocked = true });
        Assert.Equal("Blocked", await SaidAsync("CARD/1"));

        async Task<string?> SaidAsync(string token)
        {
            var answer = version == "1.6"
                ? (await station.CallAsync("Authorize", $$"""{"idTag":"{{token}}"}""", Cancel)).GetProperty("idTagInfo")
                : (await station.CallAsync("Authorize", $$$"""{"idToken":{"idToken":"{{{token}}}","type":"ISO14443"}}""", Cancel)).GetProperty("idTokenInfo");
            if (token == "GROUP") Assert.Contains("FLEET", answer.GetRawText(), StringComparison.Ordinal);
            return answer.GetProperty("status").GetString();
        }
    }

    [Theory]
    [InlineData("""{"blocked":false,"groupId":"LONG"}""")]
    public async Task A_token_with_faults_is_refused(string body)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        var answer = await platform.Client.PutAsync("/api/v1/tokens/T", new StringContent(body.Replace("LONG", new string('x', 256), StringComparison.Ordinal), System.Text.Encoding.UTF8, "application/json"), Cancel);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await platform.Client.PutAsJsonAsync($"/api/v1/tokens/{new string('t', 256)}", new { blocked = false }, Cancel)).StatusCode);
        Assert.Empty(Platform.Items(await platform.GetAsync("/api/v1/tokens")));
    }

    [Theory]
    [InlineData("1.6")]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    [Covers("2.0.1 MeterValues", "2.1 MeterValues")]
    public async Task A_transaction_is_found_by_station_token_and_state_with_its_end_and_reason(string version)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.OnlineAsync(server.Address, "CS-1", "ocpp" + version, Cancel);
        var transaction = "T-1";
        if (version == "1.6")
        {
            transaction = (await station.CallAsync("StartTransaction", $$"""{"connectorId":1,"idTag":"VISITOR","meterStart":0,"timestamp":"{{Platform.Now(-60)}}"}""", Cancel)).GetProperty("transactionId").GetRawText();
        }
        else
        {
            await station.CallAsync("TransactionEvent", $$$"""{"eventType":"Started","triggerReason":"CablePluggedIn","timestamp":"{{{Platform.Now(-60)}}}","seqNo":0,"transactionInfo":{"transactionId":"T-1"},"evse":{"id":1,"connectorId":1}}""", Cancel);
            await station.CallAsync("TransactionEvent", $$$"""{"eventType":"Updated","triggerReason":"Authorized","timestamp":"{{{Platform.Now(-50)}}}","seqNo":1,"transactionInfo":{"transactionId":"T-1"},"idToken":{"idToken":"VISITOR","type":"ISO14443"}}""", Cancel);
            await station.CallAsync("MeterValues", $$$"""{"evseId":1,"meterValue":[{"timestamp":"{{{Platform.Now(-40)}}}","sampledValue":[{"value":120}]}]}""", Cancel);
        }

        var open = Assert.Single(Platform.Items(await platform.GetAsync("/api/v1/sessions?stationId=CS-1&token=visitor&status=open")));
        Assert.Equal(transaction, open.GetProperty("transactionId").GetString());
        if (version == "1.6") await station.CallAsync("StopTransaction", $$"""{"transactionId":{{transaction}},"meterStop":500,"timestamp":"{{Platform.Now(-10)}}","reason":"PowerLoss"}""", Cancel);
        else await station.CallAsync("TransactionEvent", $$$"""{"eventType":"Ended","triggerReason":"AbnormalCondition","timestamp":"{{{Platform.Now(-10)}}}","seqNo":2,"transactionInfo":{"transactionId":"T-1","stoppedReason":"PowerLoss"}}""", Cancel);
        Assert.Empty(Platform.Items(await platform.GetAsync("/api/v1/sessions?stationId=CS-1&status=open")));
        var ended = Assert.Single(Platform.Items(await platform.GetAsync($"/api/v1/sessions?transactionId={transaction}&status=ended")));
        Assert.Equal(("PowerLoss", "VISITOR"), (ended.GetProperty("stopReason").GetString(), ended.GetProperty("token").GetString()));
        Assert.InRange(ended.GetProperty("end").GetDateTimeOffset(), TimeProvider.System.GetUtcNow().AddSeconds(-60), TimeProvider.System.GetUtcNow());
        Assert.Empty(Platform.Items(await platform.GetAsync("/api/v1/sessions?token=SOMEBODY")));
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    private static async Task PutAsync(Platform platform, string token, object body) => (await platform.Client.PutAsJsonAsync($"/api/v1/tokens/{token}", body, Cancel)).EnsureSuccessStatusCode();
}
