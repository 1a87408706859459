using System.Collections.Immutable;
using System.Text.Json;
using Penstock.Core.Fleet;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Ocpp.Rpc;
using Penstock.Simulator.Cities;
using Penstock.Simulator.Clock;
using Penstock.Simulator.Physics;
using Penstock.Simulator.Stations;

namespace Penstock.SystemTests.Simulator;

/// <summary>A simulated station of two EVSEs, 20 kW both ways, its clock and its scripted central system.</summary>
internal sealed class StationWorld : IAsyncDisposable
{
    private readonly StepClock clock = new(new DateTimeOffset(2026, 4, 15, 0, 0, 0, TimeSpan.Zero), 3600);
    private readonly CancellationTokenSource stop = new();
    private readonly StationWork work = new();
    private Task running = Task.CompletedTask;

    private StationWorld(ScriptedCentral central, StationFaults faults, double dischargeKw)
    {
        Central = central;
        var id = new StationId("CS-1");
        var evses = Enumerable.Range(1, 2).Select(n => new EvseLayout(new EvseId(id, n), "poc", Power.FromKilowatts(20), Power.FromKilowatts(dischargeKw), DischargeMethod.CentralSetpoint)).ToImmutableArray();
        Station = new SimulatedStation(new CityStation(id, central.Version, "Penstock", "Sim", evses), central.Address, clock, work, 60, 1, faults);
        clock.Stepped += Station.Advance;
    }

    internal ScriptedCentral Central { get; }

    internal SimulatedStation Station { get; }

    internal DateTimeOffset Now => clock.GetUtcNow();

    internal IEnumerable<JsonElement> Events => Central.Heard.Where(h => h.Action == "TransactionEvent").Select(h => h.Payload);

    /// <param name="boot">The answer to its boot; null = accepted, and waited for.</param>
    internal static async Task<StationWorld> StartAsync(OcppVersion version, StationFaults? faults = null, double dischargeKw = 20, string? boot = null)
    {
        var world = new StationWorld(await ScriptedCentral.StartAsync(version), faults ?? StationFaults.None, dischargeKw);
        if (boot is not null) world.Central.Script["BootNotification"] = boot;
        world.running = world.Station.RunAsync(world.stop.Token);
        if (boot is not null)
        {
            await world.Central.HearAsync("BootNotification");
            return world;
        }

        await world.Station.Booted.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        return world;
    }

    /// <summary>A vehicle of 60 kWh at half; its transaction is CS-1-1 (2.x) or 77 (1.6) for the first.</summary>
    internal async Task PlugInAsync(int evse = 1, string token = "TOKEN1", bool scheduled = false, (double, double)? window = null)
    {
        var power = Power.FromKilowatts(20);
        var vehicle = new Vehicle(new VehicleId("V"), new OwnerId("O"), null, Energy.FromKilowattHours(60), power, power, 1, 1, 0);
        Station.PlugIn(evse, token, new SimulatedBattery(vehicle, 0.5), new VehicleNeeds(Now.AddHours(8), 60, 0.5, 0.8, 20, 20) { Scheduled = scheduled, Window = window });
        await QuietAsync();
    }

    internal Task AdvanceAsync(double seconds) => clock.RunAsync(clock.GetUtcNow().AddSeconds(seconds), () => work.Count == 0, TestContext.Current.CancellationToken);

    internal Task QuietAsync() => StepClock.SettleAsync(() => work.Count == 0, TestContext.Current.CancellationToken);

    /// <summary>Lets the clock run until the station came back on a second link.</summary>
    internal async Task ReconnectedAsync()
    {
        for (var i = 0; i < 200 && Central.Connections < 2; i++)
        {
            await AdvanceAsync(1);
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.Equal(2, Central.Connections);
        for (var i = 0; i < 100 && !Station.Online; i++) await Task.Delay(50, TestContext.Current.CancellationToken);
    }

    internal async Task<string> StatusAsync(string action, string payload)
    {
        var answer = await Central.CallAsync(action, payload);
        return answer.TryGetProperty("status", out var status) ? status.GetString()! : answer.GetRawText();
    }

    /// <summary>Sets a variable of the device model, or the key of 1.6 for it.</summary>
    internal async Task SetAsync(string key, string variable, string value)
    {
        var answer = Central.Version == OcppVersion.V16 ? await Central.CallAsync("ChangeConfiguration", $$"""{"key":"{{key}}","value":"{{value}}"}""") : await Central.CallAsync("SetVariables", Variable(variable, value));
        Assert.Contains("\"Accepted\"", answer.GetRawText(), StringComparison.Ordinal);
    }

    /// <param name="variable">Component and variable with a dot between.</param>
    internal static string Variable(string variable, string value) =>
        $$$"""{"setVariableData":[{"attributeValue":"{{{value}}}","component":{"name":"{{{variable.Split('.')[0]}}}"},"variable":{"name":"{{{variable.Split('.')[1]}}}"}}]}""";

    internal async Task<string> ReasonAsync(string action, string payload) => (await Central.CallAsync(action, payload)).GetProperty("statusInfo").GetProperty("reasonCode").GetString()!;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Central.DisposeAsync();
        stop.Dispose();
    }
}
