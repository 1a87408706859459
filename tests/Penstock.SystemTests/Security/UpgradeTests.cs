using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Security;

/// <summary>A station is brought to another profile or password over its own connection.</summary>
public sealed class UpgradeTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("penstock-upgrade-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("ocpp1.6")]
    [InlineData("ocpp2.0.1")]
    [InlineData("ocpp2.1")]
    [Covers("1.6 ChangeConfiguration", "2.0.1 SetNetworkProfile", "2.1 SetNetworkProfile", "2.0.1 SetVariables", "2.1 SetVariables")]
    public async Task Both_passwords_hold_until_the_station_came_with_the_new_one_over_TLS(string protocol)
    {
        await using var server = await SecureServer.StartAsync(folder);
        var old = (await server.KnowAsync("CS-1", 1))!;
        await using var station = await server.ConnectAsync(server.Plain, "CS-1", old, protocol: protocol, answer: Takes);
        var answer = await UpgradeAsync(server, new { securityProfile = 2, newPassword = true, url = server.Tls + "/ocpp" });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var made = Told(station);
        Assert.NotEqual(old, made);
        Assert.Equal(101, (await server.KnockAsync(server.Plain, "CS-1", old)).Status);
        Assert.Equal((1, 2), Profiles(await server.SecurityAsync("CS-1")));
        Assert.Equal(101, (await server.KnockAsync(server.Tls, "CS-1", made)).Status);
        Assert.Equal(2, (await server.SecurityAsync("CS-1")).GetProperty("securityProfile").GetInt32());
        Assert.Equal(401, (await server.KnockAsync(server.Tls, "CS-1", old)).Status);
        Assert.Equal(403, (await server.KnockAsync(server.Plain, "CS-1", made)).Status);
        Assert.DoesNotContain(made, await server.Platform.Client.GetStringAsync("/api/v1/stations/CS-1/messages", Cancel), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ocpp1.6")]
    [InlineData("ocpp2.0.1")]
    [InlineData("ocpp2.1")]
    public async Task A_station_that_refuses_keeps_what_it_had(string protocol)
    {
        await using var server = await SecureServer.StartAsync(folder);
        var old = (await server.KnowAsync("CS-1", 1))!;
        await using var station = await server.ConnectAsync(server.Plain, "CS-1", old, protocol: protocol, answer: (_, _) => """{"status":"Rejected"}""");
        var answer = await UpgradeAsync(server, new { securityProfile = 2, newPassword = true, url = server.Tls + "/ocpp" });
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Contains("Rejected", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(101, (await server.KnockAsync(server.Plain, "CS-1", old)).Status);
        Assert.Equal(401, (await server.KnockAsync(server.Plain, "CS-1", Told(station))).Status);
        Assert.Equal((1, null), Profiles(await server.SecurityAsync("CS-1")));
    }

    [Fact]
    public async Task A_new_password_alone_leaves_the_profile_and_an_answer_that_is_lost_locks_nobody_out()
    {
        await using var server = await SecureServer.StartAsync(folder);
        var old = (await server.KnowAsync("CS-1", 1))!;
        var station = await server.ConnectAsync(server.Plain, "CS-1", old, answer: (_, _) => null);
        var asked = UpgradeAsync(server, new { securityProfile = 1, newPassword = true });
        await Platform.UntilAsync(() => station.Heard.Count > 0, "SetVariables");
        var made = Told(station);
        await station.DisposeAsync();
        var answer = await (await asked).Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal("noAnswer", answer.GetProperty("outcome").GetString());
        Assert.Equal(101, (await server.KnockAsync(server.Plain, "CS-1", old)).Status);
        Assert.Equal(101, (await server.KnockAsync(server.Plain, "CS-1", made)).Status);
        Assert.Equal(401, (await server.KnockAsync(server.Plain, "CS-1", old)).Status);
    }

    [Fact]
    public async Task What_cannot_be_asked_of_a_station_is_told_before_anything_is_sent()
    {
        await using var server = await SecureServer.StartAsync(folder);
        await server.KnowAsync("CS-1", 2);
        Assert.Equal(HttpStatusCode.Conflict, (await UpgradeAsync(server, new { securityProfile = 3 })).StatusCode); // not connected
        await using var station = await server.ConnectAsync(server.Plain, "CS-2", answer: Takes);
        Assert.Contains("url is missing", await (await UpgradeAsync(server, new { securityProfile = 2 }, "CS-2")).Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Contains("wss address", await (await UpgradeAsync(server, new { securityProfile = 2, url = "ws://csms.example" }, "CS-2")).Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Contains("0 to 3", await (await UpgradeAsync(server, new { securityProfile = 9 }, "CS-2")).Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Empty(station.Heard);
    }

    private static Task<HttpResponseMessage> UpgradeAsync(SecureServer server, object body, string station = "CS-1") =>
        server.Platform.Client.PostAsJsonAsync($"/api/v1/stations/{station}/security/upgrade", body, Cancel);

    private static (int Known, int? Awaited) Profiles(JsonElement security) =>
        (security.GetProperty("securityProfile").GetInt32(), security.GetProperty("awaitedProfile") is { ValueKind: JsonValueKind.Number } awaited ? awaited.GetInt32() : null);

    /// <summary>The password that the station was told.</summary>
    private static string Told(RawStation station) => station.Heard.Select(h => h.Action switch
    {
        "ChangeConfiguration" when h.Payload.GetProperty("key").GetString() == "AuthorizationKey" => h.Payload.GetProperty("value").GetString(),
        "SetNetworkProfile" when h.Payload.GetProperty("connectionData").TryGetProperty("basicAuthPassword", out var password) => password.GetString(),
        "SetVariables" => h.Payload.GetProperty("setVariableData").EnumerateArray().Where(v => v.GetProperty("variable").GetProperty("name").GetString() == "BasicAuthPassword").Select(v => v.GetProperty("attributeValue").GetString()).FirstOrDefault(),
        _ => null,
    }).FirstOrDefault(p => p is not null) ?? "none was told to it";

    private static string? Takes(string action, JsonElement payload) => action switch
    {
        "SetVariables" => $$"""{"setVariableResult":[{{string.Join(',', payload.GetProperty("setVariableData").EnumerateArray().Select(v => $$"""{"attributeStatus":"Accepted","component":{{v.GetProperty("component")}},"variable":{{v.GetProperty("variable")}}}"""))}}]}""",
        "ChangeConfiguration" or "SetNetworkProfile" or "Reset" => """{"status":"Accepted"}""",
        _ => RawStation.Obedient(action, payload),
    };
}
