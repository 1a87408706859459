using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using Penstock.Core.Der;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.Rpc;
using Penstock.Ocpp.V21;
using Penstock.Server.Der;
using Penstock.Simulator.Cities;
using Penstock.Simulator.Stations;
using Penstock.SystemTests.Gateway;
using Penstock.SystemTests.Simulator;
using Penstock.UnitTests.Core.Der;

namespace Penstock.SystemTests.Der;

/// <summary>Each of the 22 types of DER control at a simulated 2.1 station, from a bare central system and from our server.</summary>
public sealed class SimulatedDerTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-sim-der-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(data, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Covers("2.1 SetDERControl", "2.1 GetDERControl", "2.1 ReportDERControl")]
    public async Task Every_type_is_set_and_reported_value_by_value(bool isDefault)
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        var types = Enum.GetValues<DerControlType>().Where(t => isDefault || t is not (DerControlType.EnterService or DerControlType.Gradients)).ToList(); // those two have no times
        Assert.Equal(isDefault ? 22 : 20, types.Count);
        foreach (var (type, request) in types.Select((t, n) => (t, n + 1)))
        {
            var control = isDefault ? Controls.Default(type, $"c-{type}") : Controls.Scheduled(type, $"c-{type}", 3, 600, 30);
            var set = DerTranslation.ToWire(control);
            Assert.Equal("Accepted", await world.StatusAsync("SetDERControl", Json(set)));
            Assert.Equal("Accepted", await world.StatusAsync("GetDERControl", $$"""{"requestId":{{request}},"controlType":"{{type}}"}"""));
            await world.QuietAsync();
            var report = await world.Central.HearAsync("ReportDERControl", p => p.GetProperty("requestId").GetInt32() == request);
            var read = Assert.Single(DerTranslation.Read(PayloadReader.Read<ReportDERControlRequest>(report).Message!));
            Assert.Equal(Json(set), Json(DerTranslation.ToWire(read.Control)));
            Assert.False(read.IsSuperseded);
        }

        Assert.Equal("Accepted", await world.StatusAsync("GetDERControl", """{"requestId":99}"""));
        await world.QuietAsync();
        await world.Central.HearAsync("ReportDERControl", p => p.GetProperty("requestId").GetInt32() == 99 && !(p.TryGetProperty("tbc", out var more) && more.GetBoolean()));
        var all = world.Central.Heard.Where(h => h.Action == "ReportDERControl" && h.Payload.GetProperty("requestId").GetInt32() == 99).SelectMany(h => DerTranslation.Read(PayloadReader.Read<ReportDERControlRequest>(h.Payload).Message!));
        Assert.Equal(types.Order(), all.Select(c => c.Control.Type).Order());
    }

    [Fact]
    [Covers("2.1 SetDERControl", "2.1 GetDERControl", "2.1 ReportDERControl")]
    public async Task Every_type_goes_from_our_server_to_a_simulated_station_and_is_verified_there()
    {
        await using var server = await ServerHere.StartAsync(data, 10, Cancel);
        using var platform = new Platform(server.Address);
        var id = new StationId("CS-1");
        ImmutableArray<EvseLayout> evses = [new EvseLayout(new EvseId(id, 1), "poc", Power.FromKilowatts(20), Power.FromKilowatts(20), DischargeMethod.CentralSetpoint)];
        var station = new SimulatedStation(new CityStation(id, OcppVersion.V21, "Penstock", "Sim", evses), new Uri(server.Address + "/"), TimeProvider.System, new StationWork(), 60, 1);
        using var stop = new CancellationTokenSource();
        var running = station.RunAsync(stop.Token);
        await platform.AdmitAsync("CS-1");
        await station.Booted.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        foreach (var type in Enum.GetValues<DerControlType>())
        {
            using var given = await platform.PostAsync("/api/v1/stations/CS-1/der", Json(DerTranslation.ToWire(Controls.Default(type, $"c-{type}"))));
            Assert.True(given.StatusCode == HttpStatusCode.Created, await given.Content.ReadAsStringAsync(Cancel));
        }

        var view = await platform.UntilAsync("/api/v1/stations/CS-1/der", v => Platform.Items(v).Count == 22 && Platform.Items(v).All(c => c.GetProperty("verified").ValueKind is JsonValueKind.True or JsonValueKind.False));
        Assert.All(Platform.Items(view), c => Assert.Equal(("accepted", true), (c.GetProperty("state").GetString(), c.GetProperty("verified").GetBoolean())));
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static string Json(SetDERControlRequest set) => JsonSerializer.Serialize(set, SetDERControlRequest.TypeInfo);
}
