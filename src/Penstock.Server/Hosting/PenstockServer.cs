using System.Text.Json.Serialization;
using Penstock.Core.Tariffs;
using Penstock.Server.Api;
using Penstock.Server.Capability;
using Penstock.Server.Der;
using Penstock.Server.Files;
using Penstock.Server.Fleet;
using Penstock.Server.Gateway;
using Penstock.Server.GridEvents;
using Penstock.Server.Observability;
using Penstock.Server.Planning;
using Penstock.Server.Security;
using Penstock.Server.Settlement;
using Penstock.Server.Sites;
using Penstock.Server.Stations;
using Penstock.Server.Storage;
using Penstock.Server.V2x;
using Penstock.Server.Wire;

namespace Penstock.Server.Hosting;

/// <summary>The server as one process: OCPP endpoint, sites, planning, settlement, API, console.</summary>
public static class PenstockServer
{
    /// <exception cref="ConfigurationUnusableException">The options have faults; all are named.</exception>
    /// <exception cref="DatabaseUnusableException">The data folder cannot be used.</exception>
    public static WebApplication Build(ServerOptions options, TimeProvider time, bool quiet = false)
    {
        if (options.Faults() is { Count: > 0 } faults) throw new ConfigurationUnusableException(faults);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, WebRootPath = "wwwroot" });
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => StationListeners.Configure(kestrel, options));
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None); // keeps an Activity and its log scopes for every open connection
        if (quiet) builder.Logging.SetMinimumLevel(LogLevel.Warning);
        Register(builder.Services, options, time, Database.Open(Path.Combine(options.Data, "penstock.db")));
        var app = builder.Build();
        Wire(app.Services);
        Map(app);
        return app;
    }

    private static void Register(IServiceCollection services, ServerOptions options, TimeProvider time, Database database)
    {
        services.AddSingleton(time).AddSingleton(options).AddSingleton(BuiltInTariffs.Shenzhen).AddSingleton<WorkInFlight>();
        services.AddSingleton(_ => new SqlStore(database)).AddSingleton(s => new Journal(database, s.GetRequiredService<ILogger<Journal>>()));
        services.AddSingleton<FleetRegister>().AddSingleton<OpenSessions>().AddSingleton<EventTable>().AddSingleton<CalledEnergies>();
        services.AddSingleton<StationRegistry>().AddSingleton<StationRoll>().AddSingleton<StationInquiry>().AddSingleton<MessageLog>().AddSingleton<StationCommands>().AddSingleton<WaitingStations>();
        services.AddSingleton(s => new QuirkShelf(options, s.GetRequiredService<ILogger<QuirkShelf>>())).AddSingleton<CapabilityDesk>().AddSingleton<ProbeDesk>().AddSingleton<DeviceClocks>();
        services.AddSingleton<PlanningWorker>().AddSingleton<SettlementWorker>().AddSingleton<SessionDesk>().AddSingleton<GridEventDesk>();
        services.AddSingleton(s => new SiteDirectory(s.GetRequiredService<SqlStore>(), s.GetRequiredService<OpenSessions>(), s.GetRequiredService<CalledEnergies>(), state => new SiteLoop(state, new SiteSurroundings(
            s.GetRequiredService<StationCommands>(), s.GetRequiredService<WorkInFlight>(), s.GetRequiredService<PlanningWorker>().Request,
            (site, fault) => SitesLog.Fault(s.GetRequiredService<ILogger<SiteLoop>>(), site.Value, fault)))));
        SecurityParts.Register(services, options);
        services.AddSingleton<IncomingMessages>().AddSingleton<OcppEndpoint>().AddSingleton<MessageTable>();
        services.AddSingleton<TokenRegister>().AddSingleton<StationBook>().AddSingleton<CommandDesk>().AddSingleton<CallEffects>().AddSingleton<BulkCalls>().AddSingleton<FileExchange>().AddSingleton<FileAsking>().AddSingleton<StationCalls>();
        services.AddSingleton<IStationMessages, BootMessages>().AddSingleton<IStationMessages, TransactionMessages>();
        services.AddSingleton<IStationMessages, DeviceModelMessages>().AddSingleton<IStationMessages, FirmwareMessages>().AddSingleton<IStationMessages, BusinessMessages>();
        services.AddSingleton<V2xDesk>().AddSingleton<IStationMessages, V2xMessages>().AddHostedService<V2xWatch>();
        services.AddSingleton<DerDesk>().AddSingleton<IStationMessages, DerMessages>().AddHostedService<DerWatch>();
        services.AddSingleton<History>().AddSingleton<OverviewReader>().AddSingleton<FlexibilityReader>().AddSingleton<EventReader>().AddSingleton<VehicleReader>().AddSingleton<StationReader>().AddSingleton<Metrics>();
        services.AddHostedService(s => s.GetRequiredService<PlanningWorker>()).AddHostedService(s => s.GetRequiredService<SettlementWorker>()).AddHostedService<ControlClock>().AddHostedService<HeapTrim>();
        services.AddProblemDetails().AddOpenApi("v1");
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict);
    }

    /// <summary>The circle site -> commands -> site and site -> planning -> site is closed here, once, before the first socket.</summary>
    private static void Wire(IServiceProvider services)
    {
        SecurityParts.Check(services);
        var sites = services.GetRequiredService<SiteDirectory>();
        services.GetRequiredService<PlanningWorker>().Find = sites.Find;
        services.GetRequiredService<StationCommands>().SiteOf = sites.Of;
        sites.Load();
        services.GetRequiredService<V2xDesk>().Resume();
        services.GetRequiredService<DerDesk>().Resume();
        services.GetRequiredService<CallEffects>().Answered = services.GetRequiredService<DerDesk>().Called;
        services.GetRequiredService<GridEventDesk>().Resume(services.GetRequiredService<TimeProvider>().Now());
    }

    private static void Map(WebApplication app)
    {
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(45), KeepAliveTimeout = TimeSpan.FromSeconds(30) });
        app.Use(app.Services.GetRequiredService<OcppEndpoint>().ServeAsync); // first: what a request passes on its way, its connection holds as long as it lasts
        app.Use(StationListeners.GuardAsync);
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseDefaultFiles();
        app.UseStaticFiles();
        app.UseRouting();
        app.MapGet("/healthz", () => "ok");
        app.MapGet("/readyz", (Journal journal, PlatformCertificates certificates) => journal.Fault is { } fault ? Results.Text($"journal: {fault}", statusCode: 503) : Results.Text(string.Join('\n', [
            "ready", .. certificates.Ending(TimeProvider.System.Now()).Select(c => FormattableString.Invariant($"warning: the certificate {c.Role} {c.Subject} ends at {c.NotAfter}"))])));
        app.MapGet("/metrics", (Metrics metrics) => Results.Text(metrics.Text(), "text/plain; version=0.0.4"));
        app.MapOpenApi("/api/openapi.json");
        var api = app.MapGroup("/api/v1");
        OverviewEndpoints.Map(api);
        SiteEndpoints.Map(api);
        VehicleEndpoints.Map(api);
        EventEndpoints.Map(api);
        PlanEndpoints.Map(api);
        FlexibilityEndpoints.Map(api);
        RecordEndpoints.Map(api);
        StationEndpoints.Map(api);
        BulkEndpoints.Map(api);
        TokenEndpoints.Map(api);
        FileEndpoints.Map(app, api);
        CapabilityEndpoints.Map(api);
        SecurityEndpoints.Map(api);
        V2xEndpoints.Map(api);
        DerEndpoints.Map(api);
        api.MapFallback((HttpContext context) => Problems.NotFound("resource", context.Request.Path));
        app.MapFallbackToFile("index.html"); // the console routes by path
    }
}
