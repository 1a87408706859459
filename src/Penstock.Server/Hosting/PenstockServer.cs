using Penstock.Server.Gateway;
using Penstock.Server.Storage;

namespace Penstock.Server.Hosting;

/// <summary>The server as one process: OCPP endpoint, health, journal.</summary>
public static class PenstockServer
{
    /// <exception cref="DatabaseUnusableException">The data folder cannot be used.</exception>
    public static WebApplication Build(string dataFolder, int port, TimeProvider time)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Services.AddSingleton(time);
        var database = Database.Open(Path.Combine(dataFolder, "penstock.db"));
        builder.Services.AddSingleton(_ => new Journal(database));
        builder.Services.AddSingleton<StationRegistry>();
        builder.Services.AddSingleton<IncomingMessages>();
        builder.Services.AddSingleton<OcppEndpoint>();
        var app = builder.Build();
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(45), KeepAliveTimeout = TimeSpan.FromSeconds(30) });
        app.Map("/ocpp/{stationId}", (HttpContext context, string stationId, OcppEndpoint endpoint) => endpoint.AcceptAsync(context, stationId));
        app.MapGet("/healthz", () => "ok");
        app.MapGet("/readyz", (Journal journal) => journal.Fault is { } fault ? Results.Text($"journal: {fault}", statusCode: 503) : Results.Text("ready"));
        return app;
    }
}
