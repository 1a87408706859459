using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Security;

/// <summary>The platform's own certificates say when they end, everywhere an operator looks.</summary>
public sealed class PlatformExpiryTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("penstock-expiry-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_server_certificate_that_ends_is_told_until_a_new_one_is_in_its_file()
    {
        await using var server = await SecureServer.StartAsync(folder);
        Assert.DoesNotContain("certificate", await TextAsync(server, "/readyz"), StringComparison.Ordinal);
        TestAuthority.Write(folder, "server.pem", server.Authority.Server(until: 6));
        var told = await server.Platform.UntilAsync("/api/v1/certificates/platform", page => Platform.Items(page)[0].GetProperty("daysLeft").GetInt32() == 5);
        Assert.Equal(["server urgent", "trustedAuthority "], Platform.Items(told).Select(c => $"{c.GetProperty("role").GetString()} {c.GetProperty("warning").GetString()}"));
        Assert.Contains("warning: the certificate Server CN=localhost ends at", await TextAsync(server, "/readyz"), StringComparison.Ordinal);
        var notice = (await server.Platform.GetAsync("/api/v1/overview")).GetProperty("needsYou").EnumerateArray().Single(n => n.GetProperty("code").GetString() == "certificateEnds");
        Assert.Equal(("alarm", "5"), (notice.GetProperty("severity").GetString(), notice.GetProperty("params").GetProperty("days").GetString()));
        var end = Platform.Items(told)[0].GetProperty("notAfter").GetDateTimeOffset().ToUnixTimeSeconds();
        Assert.Contains($"penstock_certificate_not_after_seconds{{role=\"server\"}} {end}", await TextAsync(server, "/metrics"), StringComparison.Ordinal);
        TestAuthority.Write(folder, "server.pem", server.Authority.Server(until: 20));
        await server.Platform.UntilAsync("/api/v1/certificates/platform", page => Platform.Items(page)[0].GetProperty("warning").GetString() == "soon");
        TestAuthority.Write(folder, "server.pem", server.Authority.Server());
        await server.Platform.UntilAsync("/api/v1/overview", o => !Platform.Notices(o).Contains("certificateEnds"));
    }

    private static Task<string> TextAsync(SecureServer server, string path) => server.Platform.Client.GetStringAsync(path, Cancel);
}
