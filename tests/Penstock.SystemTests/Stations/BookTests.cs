using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Stations;

/// <summary>What a station tells is in the book before it hears the answer, once, and under the right key.</summary>
public sealed class BookTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-book-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Now => Platform.Now();

    /// <summary>Version, action, payload, topic, key in the book, and what its body must hold.</summary>
    public static TheoryData<string, string, string, string, string, string> Told()
    {
        var data = new TheoryData<string, string, string, string, string, string>();
        foreach (var version in new[] { "2.0.1", "2.1" })
        {
            data.Add(version, "NotifyReport", """{"requestId":1,"generatedAt":"2026-01-01T00:00:00Z","seqNo":0,"reportData":[{"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"},"variableAttribute":[{"value":"300"}]}]}""", "variable", "OCPPCommCtrlr/HeartbeatInterval", "\"300\"");
            data.Add(version, "NotifyMonitoringReport", """{"requestId":1,"generatedAt":"2026-01-01T00:00:00Z","seqNo":0,"monitor":[{"component":{"name":"EVSE","evse":{"id":1}},"variable":{"name":"Power"},"variableMonitoring":[MONITOR]}]}""".Replace("MONITOR", version == "2.1" ? """{"id":7,"transaction":false,"value":9000,"type":"UpperThreshold","severity":4,"eventNotificationType":"CustomMonitor"}""" : """{"id":7,"transaction":false,"value":9000,"type":"UpperThreshold","severity":4}""", StringComparison.Ordinal), "monitor", "7", "9000");
            data.Add(version, "NotifyEvent", """{"generatedAt":"2026-01-01T00:00:00Z","seqNo":3,"eventData":[{"eventId":5,"timestamp":"2026-01-01T00:00:00Z","trigger":"Alerting","actualValue":"91","component":{"name":"EVSE"},"eventNotificationType":"HardWiredMonitor","variable":{"name":"Temperature"}}]}""", "event", "2026-01-01T00:00:00.0000000+00:00:3:5", "Temperature");
            data.Add(version, "NotifyCustomerInformation", """{"data":"Jane, 3 sessions","seqNo":0,"generatedAt":"2026-01-01T00:00:00Z","requestId":4}""", "customerInformation", "4:0", "3 sessions");
            data.Add(version, "NotifyDisplayMessages", """{"requestId":1,"messageInfo":[{"id":11,"priority":"AlwaysFront","message":{"format":"UTF8","content":"Out of order"}}]}""", "displayMessage", "11", "Out of order");
            data.Add(version, "ReportChargingProfiles", """{"requestId":1,"chargingLimitSource":"EMS","evseId":1,"chargingProfile":[{"id":3,"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Absolute","chargingSchedule":[{"id":1,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":7000}]}]}]}""", "chargingProfile", "1:3", "7000");
            data.Add(version, "FirmwareStatusNotification", """{"status":"Downloaded","requestId":8}""", "firmware", "8", "Downloaded");
            data.Add(version, "LogStatusNotification", """{"status":"Uploading","requestId":9}""", "log", "9", "Uploading");
            data.Add(version, "PublishFirmwareStatusNotification", """{"status":"Published","requestId":10,"location":["http://10.0.0.1/fw"]}""", "firmware", "10", "10.0.0.1");
            data.Add(version, "NotifyChargingLimit", """{"evseId":1,"chargingLimit":{"chargingLimitSource":"EMS","isGridCritical":false}}""", "chargingLimit", "1:EMS", "EMS");
            data.Add(version, "NotifyEVChargingSchedule", """{"timeBase":"2026-01-01T00:00:00Z","evseId":1,"chargingSchedule":{"id":1,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":6100}]}}""", "vehicleSchedule", "1", "6100");
            data.Add(version, "DataTransfer", """{"vendorId":"com.example","messageId":"hello","data":{"a":1}}""", "dataTransfer", "com.example:hello", "\"a\":1");
        }

        data.Add("2.1", "NotifySettlement", """{"pspRef":"P-1","status":"Settled","settlementAmount":12.34,"settlementTime":"2026-01-01T00:00:00Z"}""", "settlement", "P-1:Settled", "12.34");
        data.Add("2.1", "BatterySwap", """{"batteryData":[{"evseId":1,"serialNumber":"B-77","soC":40,"soH":98}],"eventType":"BatteryIn","idToken":{"idToken":"T","type":"Central"},"requestId":2}""", "batterySwap", "2:BatteryIn", "B-77");
        data.Add("2.1", "OpenPeriodicEventStream", """{"constantStreamData":{"id":1,"params":{"interval":5},"variableMonitoringId":7}}""", "eventStream", "1", "open");
        data.Add("1.6", "FirmwareStatusNotification", """{"status":"Installed"}""", "firmware", "latest", "Installed");
        data.Add("1.6", "SignedFirmwareStatusNotification", """{"status":"SignatureVerified","requestId":6}""", "firmware", "6", "SignatureVerified");
        data.Add("1.6", "DiagnosticsStatusNotification", """{"status":"Uploaded"}""", "log", "latest", "Uploaded");
        data.Add("1.6", "LogStatusNotification", """{"status":"UploadFailure","requestId":5}""", "log", "5", "UploadFailure");
        data.Add("1.6", "DataTransfer", """{"vendorId":"com.example","messageId":"x","data":"y"}""", "dataTransfer", "com.example:x", "\"y\"");
        return data;
    }

    [Theory]
    [MemberData(nameof(Told))]
    [Covers("2.0.1 NotifyReport", "2.0.1 NotifyMonitoringReport", "2.0.1 NotifyEvent", "2.0.1 NotifyCustomerInformation", "2.0.1 NotifyDisplayMessages", "2.0.1 ReportChargingProfiles", "2.0.1 FirmwareStatusNotification", "2.0.1 LogStatusNotification",
        "2.0.1 PublishFirmwareStatusNotification", "2.0.1 DataTransfer", "2.0.1 NotifyChargingLimit", "2.0.1 NotifyEVChargingSchedule")]
    [Covers("2.1 NotifyReport", "2.1 NotifyMonitoringReport", "2.1 NotifyEvent", "2.1 NotifyCustomerInformation", "2.1 NotifyDisplayMessages", "2.1 ReportChargingProfiles", "2.1 FirmwareStatusNotification", "2.1 LogStatusNotification",
        "2.1 PublishFirmwareStatusNotification", "2.1 DataTransfer", "2.1 NotifySettlement", "2.1 BatterySwap", "2.1 OpenPeriodicEventStream")]
    [Covers("1.6 FirmwareStatusNotification", "1.6 SignedFirmwareStatusNotification", "1.6 DiagnosticsStatusNotification", "1.6 LogStatusNotification", "1.6 DataTransfer")]
    public async Task What_a_station_tells_is_in_the_book(string version, string action, string payload, string topic, string key, string holds)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp" + version, Cancel);
        await station.CallAsync(action, payload, Cancel);
        await station.CallAsync(action, payload, Cancel); // the same again leaves nothing more
        var row = Assert.Single(Platform.Items(await platform.GetAsync($"/api/v1/stations/CS-1/book/{topic}")));
        Assert.Equal(key, row.GetProperty("key").GetString());
        Assert.Contains(holds, row.GetProperty("body").GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2.1", "VatNumberValidation", """{"vatNumber":"NL123"}""", "Rejected")]
    [InlineData("2.1", "DataTransfer", """{"vendorId":"V"}""", "UnknownVendorId")]
    [InlineData("1.6", "DataTransfer", """{"vendorId":"V"}""", "UnknownVendorId")]
    [Covers("2.1 VatNumberValidation")]
    public async Task What_nobody_here_can_do_is_said(string version, string action, string payload, string status)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp" + version, Cancel);
        Assert.Equal(status, (await station.CallAsync(action, payload, Cancel)).GetProperty("status").GetString());
    }

    [Fact]
    [Covers("2.1 ClosePeriodicEventStream", "2.1 NotifyPeriodicEventStream")]
    public async Task A_stream_is_opened_brings_values_without_an_answer_and_is_closed()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await station.CallAsync("OpenPeriodicEventStream", """{"constantStreamData":{"id":1,"params":{"interval":5},"variableMonitoringId":7}}""", Cancel);
        Assert.True(await station.IsSilentAsync("""[6,"s1","NotifyPeriodicEventStream",{"data":[{"t":0,"v":"49.98"},{"t":1.5,"v":"50.01"}],"id":1,"pending":0,"basetime":"2026-01-01T00:00:00Z"}]""", TimeSpan.FromSeconds(1), Cancel));
        await station.CallAsync("ClosePeriodicEventStream", """{"id":1}""", Cancel);
        var rows = Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/book/eventStream")).ToDictionary(r => r.GetProperty("key").GetString()!, r => r.GetProperty("body"));
        Assert.Equal("closed", rows["1"].GetProperty("state").GetString());
        var values = rows.Single(r => r.Key.StartsWith("1:", StringComparison.Ordinal)).Value.GetProperty("values");
        Assert.Equal("50.01", values[1].GetProperty("value").GetString());
        Assert.StartsWith("2026-01-01T00:00:01.5", values[1].GetProperty("at").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ocpp2.0.1")]
    [InlineData("ocpp2.1")]
    [Covers("2.0.1 ClearedChargingLimit", "2.1 ClearedChargingLimit")]
    public async Task A_limit_of_another_source_is_gone_once_it_is_cleared(string protocol)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", protocol, Cancel);
        foreach (var source in new[] { "EMS", "SO" }) await station.CallAsync("NotifyChargingLimit", $$$"""{"evseId":1,"chargingLimit":{"chargingLimitSource":"{{{source}}}"}}""", Cancel);
        await station.CallAsync("ClearedChargingLimit", """{"chargingLimitSource":"EMS","evseId":1}""", Cancel);
        Assert.Equal("1:SO", Assert.Single(Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/book/chargingLimit"))).GetProperty("key").GetString());
    }

    [Fact]
    public async Task A_message_that_is_refused_leaves_nothing_in_the_book()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        var answer = await station.AskAsync("""[2,"x","NotifyEvent",{"generatedAt":"2026-01-01T00:00:00Z","seqNo":0,"eventData":[]}]""", Cancel);
        Assert.Contains("OccurrenceConstraintViolation", answer, StringComparison.Ordinal);
        Assert.Contains("eventData", answer, StringComparison.Ordinal);
        Assert.Empty((await platform.GetAsync("/api/v1/stations/CS-1/book")).EnumerateObject());
    }

    [Theory]
    [InlineData("1.6", "Reset")]
    [InlineData("2.1", "SetDERControl")]
    public async Task A_station_cannot_send_what_is_the_central_systems(string version, string action)
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp" + version, Cancel);
        Assert.Contains("NotSupported", await station.AskAsync($$"""[2,"x","{{action}}",{}]""", Cancel), StringComparison.Ordinal);
    }

    [Fact]
    [Covers("2.1 ReservationStatusUpdate", "2.0.1 ReservationStatusUpdate")]
    public async Task A_reservation_goes_from_accepted_to_used_or_removed_or_expired()
    {
        await using var server = await ServerHere.StartAsync(data, 1, Cancel);
        using var platform = new Platform(server.Address);
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel, (_, _) => """{"status":"Accepted"}""");
        await station.CallAsync("BootNotification", """{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}""", Cancel);
        foreach (var (id, expires) in new[] { (1, "2040-01-01T00:00:00Z"), (2, "2040-01-01T00:00:00Z"), (3, "2020-01-01T00:00:00Z") })
        {
            var command = await platform.CallAsync("CS-1", "ReserveNow", $$$"""{"id":{{{id}}},"expiryDateTime":"{{{expires}}}","evseId":1,"idToken":{"idToken":"T-{{{id}}}","type":"Central"}}""");
            Assert.Equal("accepted", command.GetProperty("state").GetString());
        }

        await station.CallAsync("ReservationStatusUpdate", """{"reservationId":1,"reservationUpdateStatus":"Removed"}""", Cancel);
        await station.CallAsync("TransactionEvent", $$$"""{"eventType":"Started","triggerReason":"Authorized","timestamp":"{{{Now}}}","seqNo":0,"reservationId":2,"transactionInfo":{"transactionId":"X"},"evse":{"id":1}}""", Cancel);
        var rows = Platform.Items(await platform.GetAsync("/api/v1/stations/CS-1/reservations")).OrderBy(r => r.GetProperty("reservationId").GetString(), StringComparer.Ordinal).ToList();
        Assert.Equal(["Removed", "Used", "Expired"], rows.Select(r => r.GetProperty("status").GetString()!));
        Assert.Equal(["T-1", "T-2", "T-3"], rows.Select(r => r.GetProperty("token").GetString()!));
    }

    public void Dispose() => Directory.Delete(data, recursive: true);
}
