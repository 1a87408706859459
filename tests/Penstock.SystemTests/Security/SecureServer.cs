using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Penstock.Server.Security;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Security;

/// <summary>The server with station ports over ws and wss, its certificates, and stations that knock.</summary>
internal sealed class SecureServer : IAsyncDisposable
{
    private readonly ServerHere server;

    private SecureServer(ServerHere server, string folder, TestAuthority authority, string certificate)
    {
        (this.server, Folder, Authority, Certificate) = (server, folder, authority, certificate);
        Platform = new Platform(server.Address);
    }

    internal string Folder { get; }

    internal TestAuthority Authority { get; }

    /// <summary>Path of the server's certificate.</summary>
    internal string Certificate { get; }

    internal Platform Platform { get; }

    internal string Plain => server.Address;

    internal string Tls => server.TlsAddress;

    internal string StationsOnly => server.StationAddress;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal static async Task<SecureServer> StartAsync(string folder, Func<SecurityOptions, SecurityOptions>? change = null)
    {
        var authority = new TestAuthority("Test authority");
        var certificate = TestAuthority.Write(folder, "server.pem", authority.Server());
        var options = new SecurityOptions { TlsPort = 0, StationPort = 0, ServerCertificate = certificate, StationAuthorities = [authority.WriteRoot(folder, "stations.pem")] };
        return new SecureServer(await ServerHere.StartAsync(Path.Combine(folder, "data"), 1, Cancel, change?.Invoke(options) ?? options), folder, authority, certificate);
    }

    /// <summary>Makes the station known; its password where one was made.</summary>
    internal async Task<string?> KnowAsync(string station, int profile, string? password = null)
    {
        var answer = await Platform.Client.PutAsJsonAsync($"/api/v1/stations/{station}/credentials", new { securityProfile = profile, password }, Cancel);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("password").GetString();
    }

    internal Task<JsonElement> SecurityAsync(string station) => Platform.GetAsync($"/api/v1/stations/{station}/security");

    internal Action<ClientWebSocketOptions> With(string? station = null, byte[]? password = null, X509Certificate2? certificate = null) => options =>
    {
        if (password is not null) options.SetRequestHeader("Authorization", Basic(station!, password));
        if (certificate is not null) options.ClientCertificates.Add(certificate);
        options.RemoteCertificateValidationCallback = (_, shown, _, _) => IsOurs(shown);
    };

    /// <summary>A station that is in, and has said so.</summary>
    internal async Task<RawStation> ConnectAsync(string address, string station, string? password = null, X509Certificate2? certificate = null, string protocol = "ocpp2.1", Func<string, JsonElement, string?>? answer = null)
    {
        var connected = await RawStation.ConnectAsync(address, station, protocol, Cancel, answer, With(station, password is null ? null : Encoding.UTF8.GetBytes(password), certificate));
        await connected.CallAsync("Heartbeat", "{}", Cancel);
        return connected;
    }

    /// <summary>Asks to come in over bare HTTP: status, text and header of the refusal; 101 = admitted, and left again.</summary>
    internal async Task<Knock> KnockAsync(string address, string station, byte[]? password = null, X509Certificate2? certificate = null, SslProtocols protocols = SslProtocols.None, string? user = null)
    {
        using var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { EnabledSslProtocols = protocols, ClientCertificates = certificate is null ? null : [certificate], RemoteCertificateValidationCallback = (_, shown, _, _) => IsOurs(shown) },
        };
        using var client = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{address.Replace("ws", "http", StringComparison.Ordinal)}/ocpp/{station}");
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new ProductHeaderValue("websocket"));
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        request.Headers.Add("Sec-WebSocket-Protocol", "ocpp2.1");
        if (password is not null) request.Headers.TryAddWithoutValidation("Authorization", Basic(user ?? station, password));
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        return new Knock(
            (int)answer.StatusCode, answer.StatusCode == HttpStatusCode.SwitchingProtocols ? "" : await answer.Content.ReadAsStringAsync(Cancel), answer.Headers.WwwAuthenticate.ToString(), answer.Headers.RetryAfter?.Delta?.TotalSeconds);
    }

    internal Task<Knock> KnockAsync(string address, string station, string password) => KnockAsync(address, station, Encoding.UTF8.GetBytes(password));

    public async ValueTask DisposeAsync()
    {
        Platform.Dispose();
        await server.DisposeAsync();
        Authority.Dispose();
    }

    private bool IsOurs(X509Certificate? shown) => shown is X509Certificate2 { Issuer: var issuer } && issuer == Authority.Root.Subject;

    private static string Basic(string user, byte[] password) => "Basic " + Convert.ToBase64String([.. Encoding.UTF8.GetBytes(user + ":"), .. password]);
}

internal sealed record Knock(int Status, string Text, string Challenge, double? RetryAfterSeconds);
