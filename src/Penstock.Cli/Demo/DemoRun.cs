using System.Text.Json;
using NodaTime;
using Penstock.Core.GridEvents;
using Penstock.Core.Settlement;
using Penstock.Core.Units;
using Penstock.Server.Fleet;
using Penstock.Server.GridEvents;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;
using Penstock.Server.Storage;
using Penstock.Server.Wire;
using Penstock.Simulator.Cities;
using Penstock.Simulator.Clock;
using Penstock.Simulator.Virtual;

namespace Penstock.Cli.Demo;

/// <summary>One run of the demo: builds the server on a step clock, joins the city to it, plays the day.</summary>
internal sealed class DemoRun
{
    /// <summary>Local hour at which the interactive demo begins: the event follows 40 s later at speed 60.</summary>
    private const double BeginsAt = 17 + (20.0 / 60);

    private readonly DemoRequest request;
    private readonly CityModel model;
    private readonly StepClock clock;
    private readonly WebApplication server;
    private readonly Instant midnight;
    private readonly Task<VirtualOutcome>? history;

    private DemoRun(DemoRequest request, string data)
    {
        this.request = request;
        var zone = DateTimeZoneProviders.Tzdb["Asia/Shanghai"];
        var day = SystemClock.Instance.GetCurrentInstant().InZone(zone).Date; // the demo plays today
        if (request.Headless) day = new LocalDate(2026, 4, 15); // a run that can be repeated plays a fixed day
        model = Scenarios.Generate(request.Scenario, request.Seed, day, request.Vehicles);
        midnight = day.AtStartOfDayInZone(zone).ToInstant();
        Begin = request.Headless ? midnight : midnight + Duration.FromHours(BeginsAt);
        End = request.Headless ? midnight + Duration.FromTicks(request.Until.TickOfDay) : midnight + Duration.FromHours(24 * 7);
        history = request.Headless ? null : DemoHistory.Play(model, midnight, Begin);
        var speed = request.Speed ?? (request.Headless ? 3600 : 60);
        clock = new StepClock(Begin.ToDateTimeOffset(), speed);
        server = PenstockServer.Build(new ServerOptions
        {
            Data = data, Port = request.Port, ControlSeconds = 10, Scenario = request.Scenario, Seed = request.Seed, ClockSpeed = speed, MessageLogFrames = request.Headless ? 0 : 200_000,
        }, clock, quiet: true);
    }

    private Instant Begin { get; }

    private Instant End { get; }

    internal static async Task<int> RunAsync(DemoRequest request, CancellationToken cancel)
    {
        var kept = request.Data is not null;
        var data = request.Data ?? Directory.CreateTempSubdirectory("penstock-demo-").FullName;
        try
        {
            await using var run = new Disposable(new DemoRun(request, data));
            return await run.Run.PlayAsync(cancel);
        }
        catch (Exception e) when (e is ConfigurationUnusableException or DatabaseUnusableException or ArgumentException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 3;
        }
        catch (IOException e)
        {
            await Console.Error.WriteLineAsync($"Port {request.Port} cannot be opened: {e.Message} Stop the other program or give --port.");
            return 1;
        }
        finally
        {
            if (!kept) Directory.Delete(data, recursive: true);
        }
    }

    private async Task<int> PlayAsync(CancellationToken cancel)
    {
        Join();
        var playing = history is null ? model : DemoHistory.Write(server.Services, model, await history, Begin);
        await server.StartAsync(cancel);
        var address = new Uri(server.Urls.First() + "/");
        if (!request.Headless) DemoTalk.Welcome(address, model, Begin);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var city = new SimulatedCity(playing, new UriBuilder(address) { Scheme = "ws" }.Uri, clock);
        await city.ConnectAsync(stop.Token);
        var work = server.Services.GetRequiredService<WorkInFlight>();
        var order = new DemoOrder(server.Services, model, request.Headless);
        clock.Stepped += order.WhenDue;
        if (!request.Headless) clock.Stepped += new DemoTalk(server.Services, clock).Tell;
        var before = city.Energy();
        await clock.RunAsync(End.ToDateTimeOffset(), () => work.Count == 0 && city.Work.Count == 0, cancel);
        if (request.Headless) Report(city, before);
        await stop.CancelAsync();
        await server.StopAsync(CancellationToken.None);
        return 0;
    }

    /// <summary>The operator's part: sites are built, vehicles under contract.</summary>
    private void Join()
    {
        var services = server.Services;
        foreach (var site in model.Sites) services.GetRequiredService<SiteDirectory>().Put(site);
        services.GetRequiredService<FleetRegister>().Put([.. model.Vehicles.Select(v => new RegisteredVehicle(v.Vehicle, v.Token, v.Terms, new ContractTerms("standard", 0.10m, 0m, 0.20m, 0.15m)))]);
    }

    private void Report(SimulatedCity city, (double ImportedKwh, double ExportedKwh) before)
    {
        var store = server.Services.GetRequiredService<SqlStore>();
        var one = server.Services.GetRequiredService<EventTable>().All.FirstOrDefault();
        var (imported, exported) = city.Energy();
        var totals = store.Query<string>("SELECT total FROM statement").ConvertAll(t => decimal.Parse(t, System.Globalization.CultureInfo.InvariantCulture));
        var report = new
        {
            scenario = model.Scenario,
            seed = model.Seed,
            stations = model.Stations.Length,
            vehicles = model.Vehicles.Length,
            sessions = store.First<long>("SELECT COUNT(*) FROM session"),
            peakExportKw = Math.Round(-store.First<double>("SELECT COALESCE(MIN(kw), 0) FROM (SELECT SUM(power_w) / 1000 AS kw FROM site_minute GROUP BY at)"), 1),
            energyImportedKwh = Math.Round(imported - before.ImportedKwh, 1),
            energyExportedKwh = Math.Round(exported - before.ExportedKwh, 1),
            @event = one is null ? null : new
            {
                targetKw = one.Instruction.Target.Kilowatts,
                deliveredKwh = Math.Round((one.DeliveredWh ?? 0) / 1000, 1),
                complianceRatio = Rounded(one.ComplianceRatio),
                meanTrackingErrorRatio = Rounded(one.MeanTrackingErrorRatio),
                participants = one.Participants,
            },
            guaranteeBreaches = city.Outcomes.Count(o => o.FloorBroken || o.TargetMissed),
            statements = totals.Count,
            ownersNet = new { amount = totals.Sum().ToString("0.00", System.Globalization.CultureInfo.InvariantCulture), currency = "CNY" },
            ocppMessages = server.Services.GetRequiredService<MessageLog>().Total,
            realTimeFactor = Math.Round(clock.RealTimeFactor ?? 0, 1),
            simulated = true,
            inputs = model.Inputs.Select(i => new { i.Name, i.Value, i.Source, kind = i.Published ? "published" : "assumed" }),
        };
        Console.WriteLine(JsonSerializer.Serialize(report, request.Json ? JsonSerializerOptions.Web : new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true }));
    }

    private static double? Rounded(double? ratio) => ratio is { } r ? Math.Round(r, 4) : null;

    private sealed class Disposable(DemoRun run) : IAsyncDisposable
    {
        internal DemoRun Run => run;

        public ValueTask DisposeAsync() => run.server.DisposeAsync();
    }
}

/// <summary>The grid's part: gives the scenario's order at its notice time.</summary>
internal sealed class DemoOrder(IServiceProvider services, CityModel model, bool headless)
{
    private bool given;

    internal void WhenDue()
    {
        var now = Instant.FromDateTimeOffset(services.GetRequiredService<TimeProvider>().GetUtcNow());
        var one = model.Event;
        if (given || now < one.Notice) return;
        given = true;
        services.GetRequiredService<GridEventDesk>().Accept(
            new GridInstruction(
                new GridEventId($"E-{model.Scenario}-{model.Seed}"), one.Name, "demo", one.Site, one.Target, new Interval(one.Start, one.End), 0.9, 1.2,
                new EnergyPrice(one.SubsidyPerKwh, Currency.Cny), now),
            requestKey: null);
        if (!headless) Console.Error.WriteLine($"A grid order came: {-one.Target.Kilowatts:0} kW to the grid, {one.Start} to {one.End}.");
    }
}
