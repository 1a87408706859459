using System.Net.WebSockets;

namespace Penstock.SystemTests.Gateway;

/// <summary>Frames and payloads that break the rules, over real sockets.</summary>
public sealed class FrameTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-frames-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Long(int length) => new('x', length);

    /// <summary>Frame, and how the answer begins; null = no answer is possible.</summary>
    private static readonly (string Protocol, string Frame, string? Answer)[] Bad =
    [
        ("ocpp2.1", "{", """[4,"-1","RpcFrameworkError",""" ),
        ("ocpp2.1", "", """[4,"-1","RpcFrameworkError",""" ),
        ("ocpp2.1", "null", """[4,"-1","RpcFrameworkError",""" ),
        ("ocpp2.1", Long(0) + new string('[', 1000), """[4,"-1","RpcFrameworkError",""" ),
        ("ocpp2.1", """[2,"a","Heartbeat",{}""", """[4,"-1","RpcFrameworkError",""" ),
        ("ocpp2.1", $$"""[2,"{{Long(37)}}","Heartbeat",{}]""", """[4,"-1","RpcFrameworkError",""" ),
        ("ocpp2.1", """[9,"a","Heartbeat",{}]""", """[4,"a","MessageTypeNotSupported",""" ),
        ("ocpp2.1", """["2","a","Heartbeat",{}]""", """[4,"a","MessageTypeNotSupported",""" ),
        ("ocpp2.1", """[2,"a"]""", """[4,"a","ProtocolError",""" ),
        ("ocpp2.1", """[2,"a",7,{}]""", """[4,"a","ProtocolError",""" ),
        ("ocpp2.1", """[2,"a","Heartbeat",[]]""", """[4,"a","FormatViolation",""" ),
        ("ocpp2.1", """[2,"a","Sing",{}]""", """[4,"a","NotImplemented",""" ),
        ("ocpp2.1", """[2,"a","UpdateDynamicSchedule",{"chargingProfileId":1,"scheduleUpdate":{}}]""", """[4,"a","NotSupported",""" ),
        ("ocpp2.1", """[2,"a","BootNotification",{"reason":"PowerUp","chargingStation":{"model":5,"vendorName":"V"}}]""", """[4,"a","TypeConstraintViolation",""" ),
        ("ocpp2.1", """[2,"a","BootNotification",{"reason":"Boredom","chargingStation":{"model":"M","vendorName":"V"}}]""", """[4,"a","TypeConstraintViolation",""" ),
        ("ocpp2.1", """[2,"a","BootNotification",{"reason":"PowerUp"}]""", """[4,"a","OccurrenceConstraintViolation",""" ),
        ("ocpp2.1", $$$"""[2,"a","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"{{{Long(51)}}}"}}]""", """[4,"a","PropertyConstraintViolation",""" ),
        ("ocpp2.1", """[2,"a","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"\ud800","vendorName":"V"}}]""", """[4,"a","TypeConstraintViolation",""" ),
        ("ocpp2.1", """[2,"a","StatusNotification",{"timestamp":"yesterday","connectorStatus":"Available","evseId":1,"connectorId":1}]""", """[4,"a","TypeConstraintViolation",""" ),
        ("ocpp2.1", """[2,"a","StatusNotification",{"timestamp":"2026-04-02T09:00:00Z","connectorStatus":"Available","evseId":99999999999,"connectorId":1}]""", """[4,"a","TypeConstraintViolation",""" ),
        ("ocpp2.1", """[2,"a","MeterValues",{"evseId":1,"meterValue":[]}]""", """[4,"a","OccurrenceConstraintViolation",""" ),
        ("ocpp2.0.1", """[2,"a","Sing",{}]""", """[4,"a","NotImplemented",""" ),
        ("ocpp1.6", "{", null),
        ("ocpp1.6", """[9,"a","Heartbeat",{}]""", """[4,"a","GenericError",""" ),
        ("ocpp1.6", """[2,"a","Heartbeat",[]]""", """[4,"a","FormationViolation",""" ),
        ("ocpp1.6", """[2,"a","Sing",{}]""", """[4,"a","NotImplemented",""" ),
        ("ocpp1.6", """[2,"a","Authorize",{}]""", """[4,"a","OccurenceConstraintViolation",""" ),
        ("ocpp1.6", $$"""[2,"a","Authorize",{"idTag":"{{Long(21)}}"}]""", """[4,"a","PropertyConstraintViolation",""" ),
        ("ocpp1.6", """[2,"a","StartTransaction",{"connectorId":"1","idTag":"T","meterStart":1,"timestamp":"2026-04-02T09:00:00Z"}]""", """[4,"a","TypeConstraintViolation",""" ),
    ];

    /// <summary>Values that are valid JSON and valid schema and no measurement: taken, told in the log, never a fault of ours.</summary>
    private static readonly (string Protocol, string Frame)[] Absurd =
    [
        ("ocpp2.1", """[2,"a","MeterValues",{"evseId":1,"meterValue":[{"timestamp":"2026-04-02T09:00:00Z","sampledValue":[{"value":1,"measurand":"Power.Active.Import","unitOfMeasure":{"unit":"W","multiplier":400}}]}]}]"""),
        ("ocpp2.1", """[2,"a","MeterValues",{"evseId":1,"meterValue":[{"timestamp":"2026-04-02T09:00:00Z","sampledValue":[{"value":7e27,"measurand":"Power.Active.Import","unitOfMeasure":{"unit":"kW","multiplier":3}}]}]}]"""),
        ("ocpp2.1", """[2,"a","MeterValues",{"evseId":2000000000,"meterValue":[{"timestamp":"0001-01-01T00:00:00Z","sampledValue":[{"value":-5,"measurand":"SoC"}]}]}]"""),
        ("ocpp2.1", """[2,"a","NotifyEVChargingNeeds",{"evseId":1,"chargingNeeds":{"requestedEnergyTransfer":"DC","departureTime":"1970-01-01T00:00:00Z","dcChargingParameters":{"evMaxCurrent":1,"evMaxVoltage":1,"stateOfCharge":0}}}]"""),
        ("ocpp1.6", """[2,"a","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"9999-12-31T23:59:59Z","sampledValue":[{"value":"7e28","unit":"kWh"},{"value":"NaN"},{"value":"much"}]}]}]"""),
    ];

    [Fact]
    public async Task A_bad_message_is_answered_with_the_code_of_its_fault_and_the_session_lives_on()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        foreach (var group in Bad.GroupBy(b => b.Protocol))
        {
            await using var station = await RawStation.ConnectAsync(server.Address, "CS-" + group.Key, group.Key, Cancel);
            foreach (var (_, frame, expected) in group)
            {
                if (expected is null) await station.SendAsync(frame, Cancel);
                else Assert.StartsWith(expected, await station.AskAsync(frame, Cancel));
                Assert.StartsWith("""[3,"h",{"currentTime":""", await station.AskAsync("""[2,"h","Heartbeat",{}]""", Cancel));
            }
        }
    }

    [Fact]
    public async Task A_value_that_no_meter_can_mean_is_taken_without_a_fault_of_ours()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        foreach (var group in Absurd.GroupBy(b => b.Protocol))
        {
            await using var station = await RawStation.ConnectAsync(server.Address, "CS-" + group.Key, group.Key, Cancel);
            foreach (var (_, frame) in group) Assert.StartsWith("""[3,"a",""", await station.AskAsync(frame, Cancel));
        }
    }

    [Theory]
    [InlineData(300_000)]
    [InlineData(8_000_000)]
    public async Task An_oversized_frame_closes_its_socket_with_1009_and_a_line_in_the_log(int bytes)
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await station.AskAsync("""[2,"h","Heartbeat",{}]""", Cancel);
        try
        {
            await station.SendAsync("\"" + Long(bytes) + "\"", Cancel);
        }
        catch (WebSocketException)
        {
            // the far end may close while we still speak
        }

        await station.UntilClosedAsync();
        Assert.Equal(WebSocketCloseStatus.MessageTooBig, station.CloseStatus);
        await Platform.UntilAsync(() => server.Log.Any(l => l.Contains("CS-1", StringComparison.Ordinal) && l.Contains("262144", StringComparison.Ordinal)), "a line in the log");
        await using var again = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        Assert.StartsWith("""[3,"h",""", await again.AskAsync("""[2,"h","Heartbeat",{}]""", Cancel));
    }

    [Fact]
    public async Task A_binary_frame_closes_its_socket_with_1003_and_a_line_in_the_log()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp1.6", Cancel);
        await station.SendBinaryAsync([1, 2, 3], Cancel);
        await station.UntilClosedAsync();
        Assert.Equal(WebSocketCloseStatus.InvalidMessageType, station.CloseStatus);
        await Platform.UntilAsync(() => server.Log.Any(l => l.Contains("CS-1", StringComparison.Ordinal) && l.Contains("text", StringComparison.Ordinal)), "a line in the log");
    }

    [Fact]
    public async Task A_station_that_says_goodbye_is_answered_and_is_offline()
    {
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await station.AskAsync("""[2,"h","Heartbeat",{}]""", Cancel);
        await station.CloseAsync(Cancel);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, station.CloseStatus);
        await platform.UntilAsync("/api/v1/stations", page => Platform.Items(page).All(s => !s.GetProperty("online").GetBoolean()));
    }

    public void Dispose() => Directory.Delete(data, recursive: true);
}
