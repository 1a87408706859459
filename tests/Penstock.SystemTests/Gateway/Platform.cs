using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace Penstock.SystemTests.Gateway;

/// <summary>What an operator does and sees over the API.</summary>
internal sealed class Platform(string address) : IDisposable
{
    private readonly HttpClient client = new() { BaseAddress = new Uri(address.Replace("ws:", "http:", StringComparison.Ordinal)) };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal HttpClient Client => client;

    internal static string Now(double plusSeconds = 0) => TimeProvider.System.GetUtcNow().AddSeconds(plusSeconds).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    internal async Task RegisterAsync(string vehicle, string token) =>
        (await client.PutAsJsonAsync($"/api/v1/vehicles/{vehicle}", new { ownerId = "O-1", token, batteryKwh = 60, chargeMaxKw = 7, dischargeMaxKw = 7, floorPercent = 30, targetPercent = 80, readyBy = "07:30", dischargeAllowed = true }, Cancel)).EnsureSuccessStatusCode();

    internal async Task LeavesAsync(string vehicle, DateTimeOffset departure) =>
        (await client.PutAsJsonAsync($"/api/v1/vehicles/{vehicle}/terms", new { floorPercent = 30, targetPercent = 80, departure, dischargeAllowed = true }, Cancel)).EnsureSuccessStatusCode();

    /// <summary>Waits until the station is in the inbox as told, then lets it in.</summary>
    internal async Task<JsonElement> AdmitAsync(string station, string? siteId = null, Func<JsonElement, bool>? when = null)
    {
        await UntilAsync("/api/v1/waiting-stations", page => Items(page).Any(s => s.GetProperty("stationId").GetString() == station && (when?.Invoke(s) ?? true)));
        var answer = await client.PostAsJsonAsync($"/api/v1/waiting-stations/{station}/accept", new { siteId, siteName = siteId }, Cancel);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
    }

    /// <summary>Sends any call to a station as an operator does; the command as it ended.</summary>
    internal async Task<JsonElement> CallAsync(string station, string action, string payload)
    {
        var answer = await PostAsync($"/api/v1/stations/{station}/calls", $$"""{"action":"{{action}}","payload":{{payload}}}""");
        return answer.StatusCode == System.Net.HttpStatusCode.OK ? await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel) : throw new InvalidOperationException(await answer.Content.ReadAsStringAsync(Cancel));
    }

    internal Task<HttpResponseMessage> PostAsync(string path, string json) => client.PostAsync(path, new StringContent(json, System.Text.Encoding.UTF8, "application/json"), Cancel);

    internal Task<JsonElement> GetAsync(string path) => client.GetFromJsonAsync<JsonElement>(path, Cancel);

    internal async Task<JsonElement> UntilAsync(string path, Func<JsonElement, bool> met)
    {
        var last = default(JsonElement);
        for (var i = 0; i < 150; i++)
        {
            last = await GetAsync(path);
            if (met(last)) return last;
            await Task.Delay(200, Cancel);
        }

        throw new InvalidOperationException($"{path} did not come to what was waited for: {last}");
    }

    internal static async Task UntilAsync(Func<bool> met, string what)
    {
        for (var i = 0; i < 300; i++)
        {
            if (met()) return;
            await Task.Delay(100, Cancel);
        }

        throw new InvalidOperationException($"It did not come to this: {what}");
    }

    internal async Task<JsonElement> StatementAsync(string session) =>
        Items(await UntilAsync("/api/v1/statements", page => Items(page).Any(s => s.GetProperty("sessionId").GetString() == session))).Single(s => s.GetProperty("sessionId").GetString() == session);

    internal static IEnumerable<string> Notices(JsonElement overview) => overview.GetProperty("needsYou").EnumerateArray().Select(n => n.GetProperty("code").GetString()!);

    internal static List<JsonElement> Items(JsonElement page) => [.. page.GetProperty("items").EnumerateArray()];

    public void Dispose() => client.Dispose();
}
