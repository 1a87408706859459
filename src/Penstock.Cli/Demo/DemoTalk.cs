using NodaTime;
using Penstock.Server.Api;
using Penstock.Server.GridEvents;
using Penstock.Simulator.Cities;
using Penstock.Simulator.Clock;

namespace Penstock.Cli.Demo;

/// <summary>What the terminal says during the interactive demo.</summary>
internal sealed class DemoTalk(IServiceProvider services, StepClock clock)
{
    private EventStates? told;
    private long minute;

    internal static void Welcome(Uri address, CityModel model, Instant begin) => Console.Error.WriteLine($"""

        SIMULATED: {model.Stations.Length} stations and {model.Vehicles.Length} vehicles, scenario {model.Scenario}, seed {model.Seed}.
          console   {address}
          API       {address}api/v1/overview    {address}api/openapi.json
          stations  {address.ToString().Replace("http", "ws", StringComparison.Ordinal)}ocpp/STATION-ID

        It is {Local(begin)} in Shenzhen. The grid asks for {-model.Event.Target.Kilowatts:0} kW from {Local(model.Event.Start)} to {Local(model.Event.End)}. Ctrl+C ends the demo.
        """);

    internal void Tell()
    {
        var now = Instant.FromDateTimeOffset(clock.GetUtcNow());
        var record = services.GetRequiredService<EventTable>().All.FirstOrDefault();
        if (record is not null && record.State != told)
        {
            told = record.State;
            Console.Error.WriteLine($"{Local(now)}  event \"{record.Instruction.Name}\" is {record.State.ToString().ToLowerInvariant()}" +
                (record.DeliveredWh is { } wh ? $": {wh / 1000:0} kWh delivered, mean tracking error {record.MeanTrackingErrorRatio:P1}" : ""));
        }

        if (now.ToUnixTimeSeconds() / 600 == minute) return;
        minute = now.ToUnixTimeSeconds() / 600;
        var overview = services.GetRequiredService<OverviewReader>().Read();
        Console.Error.WriteLine($"{Local(now)}  {overview.VehiclesConnected} vehicles, {overview.PowerFromGridKw:0} kW from the grid, {overview.PowerToGridKw:0} kW to the grid, {overview.Today.Statements} statements");
    }

    private static string Local(Instant at) => at.InZone(DateTimeZoneProviders.Tzdb["Asia/Shanghai"]).ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture);
}
