using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Penstock.Ocpp.Rpc;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.SystemTests.Simulator;

/// <summary>Files over HTTP, certificates with real keys, and what a station says on demand.</summary>
public sealed class StationFilesTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(OcppVersion.V16)]
    [InlineData(OcppVersion.V21)]
    public async Task A_log_goes_up_to_the_address_given(OcppVersion version)
    {
        await using var world = await StationWorld.StartAsync(version);
        world.Station.SaySecurityEvent("TamperDetectionActivated", "door");
        var answer = await world.Central.CallAsync("GetLog", $$$"""{"logType":"SecurityLog","requestId":9,"log":{"remoteLocation":"{{{world.Central.FileAddress}}}"}}""");
        await world.Central.HearAsync("LogStatusNotification", l => l.GetProperty("status").GetString() == "Uploaded" && l.GetProperty("requestId").GetInt32() == 9);
        Assert.Equal(["Uploading", "Uploaded"], Statuses(world, "LogStatusNotification"));
        Assert.Contains("TamperDetectionActivated: door", Encoding.UTF8.GetString(world.Central.Files[answer.GetProperty("filename").GetString()!]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_that_has_no_place_is_told_as_failed()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V201);
        await world.StatusAsync("GetLog", """{"logType":"DiagnosticsLog","requestId":9,"log":{"remoteLocation":"http://127.0.0.1:9/x"}}""");
        await world.Central.HearAsync("LogStatusNotification", l => l.GetProperty("status").GetString() == "UploadFailure");
        Assert.Equal("InvalidURL", await world.ReasonAsync("GetLog", """{"logType":"DiagnosticsLog","requestId":9,"log":{"remoteLocation":"ftp://x/y"}}"""));
    }

    [Theory]
    [InlineData(OcppVersion.V16, true)]
    [InlineData(OcppVersion.V201, true)]
    [InlineData(OcppVersion.V21, true)]
    [InlineData(OcppVersion.V21, false)]
    public async Task Signed_firmware_is_fetched_verified_and_installed_or_refused(OcppVersion version, bool genuine)
    {
        await using var world = await StationWorld.StartAsync(version);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var firmware = "2.4.1\nfirmware"u8.ToArray();
        world.Central.Files["f.bin"] = firmware;
        var signature = Convert.ToBase64String(key.SignData(genuine ? firmware : [1, 2, 3], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        using var signer = Certificate("CN=maker", key);
        var payload = JsonSerializer.Serialize(new { requestId = 3, firmware = new { location = world.Central.FileAddress + "f.bin", retrieveDateTime = Begin, signingCertificate = signer.ExportCertificatePem(), signature } });
        Assert.Equal("Accepted", await world.StatusAsync(version == OcppVersion.V16 ? "SignedUpdateFirmware" : "UpdateFirmware", payload));
        var told = version == OcppVersion.V16 ? "SignedFirmwareStatusNotification" : "FirmwareStatusNotification";
        await world.Central.HearAsync(told, f => f.GetProperty("status").GetString() == (genuine ? "Installed" : "InvalidSignature"));
        string[] way = genuine ? ["Downloading", "Downloaded", "SignatureVerified", "Installing", "Installed"] : ["Downloading", "Downloaded", "InvalidSignature"];
        Assert.Equal(way, Statuses(world, told));
        await world.Central.HearAsync("SecurityEventNotification", s => s.GetProperty("type").GetString() == (genuine ? "FirmwareUpdated" : "InvalidFirmwareSignature"));
        await world.StatusAsync("TriggerMessage", """{"requestedMessage":"BootNotification"}""");
        var boot = await world.Central.HearAsync("BootNotification", b => b.GetRawText().Contains(genuine ? "2.4.1" : "Triggered", StringComparison.Ordinal));
        Assert.Equal(genuine, boot.GetRawText().Contains("2.4.1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(OcppVersion.V16)]
    [InlineData(OcppVersion.V201)]
    [InlineData(OcppVersion.V21)]
    public async Task A_certificate_is_asked_for_signed_and_taken(OcppVersion version)
    {
        await using var world = await StationWorld.StartAsync(version);
        await world.StatusAsync(version == OcppVersion.V16 ? "ExtendedTriggerMessage" : "TriggerMessage", $$"""{"requestedMessage":"{{(version == OcppVersion.V16 ? "SignChargePointCertificate" : "SignChargingStationCertificate")}}"}""");
        var request = CertificateRequest.LoadSigningRequestPem((await world.Central.HearAsync("SignCertificate")).GetProperty("csr").GetString()!, HashAlgorithmName.SHA256);
        Assert.Contains("CN=CS-1", request.SubjectName.Name, StringComparison.Ordinal);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = Certificate("CN=root", key);
        using var signed = request.Create(authority.SubjectName, X509SignatureGenerator.CreateForECDsa(key), Begin, Begin.AddYears(1), [7]);
        var chain = JsonSerializer.Serialize(new { certificateChain = signed.ExportCertificatePem() + "\n" + authority.ExportCertificatePem() });
        Assert.Equal("Accepted", await world.StatusAsync("CertificateSigned", chain));
        var other = JsonSerializer.Serialize(new { certificateChain = authority.ExportCertificatePem() });
        Assert.Equal("Rejected", await world.StatusAsync("CertificateSigned", other)); // another key
    }

    [Theory]
    [InlineData(OcppVersion.V16)]
    [InlineData(OcppVersion.V21)]
    public async Task A_root_is_installed_listed_with_its_hashes_and_deleted(OcppVersion version)
    {
        await using var world = await StationWorld.StartAsync(version);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Certificate("CN=root", key);
        var use = version == OcppVersion.V16 ? "CentralSystemRootCertificate" : "CSMSRootCertificate";
        Assert.Equal("Accepted", await world.StatusAsync("InstallCertificate", JsonSerializer.Serialize(new { certificateType = use, certificate = root.ExportCertificatePem() })));
        var listed = await world.Central.CallAsync("GetInstalledCertificateIds", version == OcppVersion.V16 ? $$"""{"certificateType":"{{use}}"}""" : $$"""{"certificateType":["{{use}}"]}""");
        var hash = version == OcppVersion.V16 ? listed.GetProperty("certificateHashData")[0] : listed.GetProperty("certificateHashDataChain")[0].GetProperty("certificateHashData");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(root.SubjectName.RawData)), hash.GetProperty("issuerNameHash").GetString());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(root.PublicKey.EncodedKeyValue.RawData)), hash.GetProperty("issuerKeyHash").GetString());
        var which = $$"""{"certificateHashData":{{hash.GetRawText()}}}""";
        Assert.Equal("Accepted", await world.StatusAsync("DeleteCertificate", which));
        Assert.Equal("NotFound", await world.StatusAsync("DeleteCertificate", which));
    }

    [Fact]
    public async Task Firmware_that_is_published_has_the_checksum_asked_for()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        world.Central.Files["f.bin"] = [1, 2, 3];
        var checksum = Convert.ToHexString(MD5.HashData([1, 2, 3]));
        Assert.Equal("Accepted", await world.StatusAsync("PublishFirmware", $$"""{"location":"{{world.Central.FileAddress}}f.bin","checksum":"{{checksum}}","requestId":4}"""));
        await world.Central.HearAsync("PublishFirmwareStatusNotification", p => p.GetProperty("status").GetString() == "Published");
        Assert.Equal("Unpublished", await world.StatusAsync("UnpublishFirmware", $$"""{"checksum":"{{checksum}}"}"""));
    }

    [Fact]
    public async Task What_nothing_brings_about_is_said_on_demand()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        await world.PlugInAsync();
        var station = world.Station;
        var answers = new List<string>();
        var hash = new V21.CertificateHashData { HashAlgorithm = V21.HashAlgorithm.SHA256, IssuerNameHash = "a", IssuerKeyHash = "b", SerialNumber = "1" };
        station.SayDataTransfer("maker", "hello", answered: a => answers.Add(a.Status.ToString()));
        station.SayEvCertificate("gA==", answered: a => answers.Add(a.ExiResponse));
        station.SayCertificateStatus(new V21.OCSPRequestData { HashAlgorithm = V21.HashAlgorithm.SHA256, IssuerNameHash = "a", IssuerKeyHash = "b", SerialNumber = "1", ResponderURL = "http://x" }, a => answers.Add(a.Status.ToString()));
        station.SayCertificateChainStatus([new V21.CertificateStatusRequestInfo { CertificateHashData = hash, Source = V21.CertificateStatusSource.OCSP, Urls = ["http://x"] }], a => answers.Add(a.CertificateStatus[0].Status.ToString()));
        station.SayVatNumber("NL123", answered: a => answers.Add(a.VatNumber));
        station.SaySettlement("psp-1", 12.5m);
        station.SayChargingLimit(6000);
        station.SayDerAlarm(V21.DERControl.VoltVar, V21.GridEventFault.VoltageImbalance);
        station.SayEvent("ChargingStation", "Problem", "true", info: "hot");
        station.SayBatterySwap(V21.BatterySwapEvent.BatteryOutTimeout, "T", 2, "B1", 90, 1);
        station.SayEvSchedule(1, new V21.ChargingSchedule { Id = 1, ChargingRateUnit = V21.ChargingRateUnit.W, ChargingSchedulePeriod = [new V21.ChargingSchedulePeriod { StartPeriod = 0, Limit = 3000 }] });
        station.SayMeterValues(1);
        await world.AdvanceAsync(60);
        Assert.Equal(6, station.PowerKw(1), 3);
        station.SayClearedChargingLimit();
        station.SayFault(2, broken: true);
        await world.Central.HearAsync("ClearedChargingLimit");
        await world.Central.HearAsync("StatusNotification", s => s.GetProperty("connectorStatus").GetString() == "Faulted");
        await world.AdvanceAsync(60);
        Assert.Equal(20, station.PowerKw(1), 3);
        Assert.Equal(["Accepted", "gA==", "Accepted", "Good", "NL123"], answers);
        string[] said = ["DataTransfer", "Get15118EVCertificate", "GetCertificateStatus", "GetCertificateChainStatus", "VatNumberValidation", "NotifySettlement", "NotifyChargingLimit", "NotifyDERAlarm", "NotifyEvent", "BatterySwap", "NotifyEVChargingSchedule", "MeterValues"];
        Assert.Empty(said.Except(world.Central.Heard.Select(h => h.Action)));
    }

    [Fact]
    public async Task A_reservation_expires_is_told_and_is_used_by_its_driver()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V21);
        string Reserve(int id, int evse) => $$$"""{"id":{{{id}}},"evseId":{{{evse}}},"expiryDateTime":"{{{world.Now.AddSeconds(120).UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}}}","idToken":{"idToken":"TOKEN1","type":"Central"}}""";
        Assert.Equal("Accepted", await world.StatusAsync("ReserveNow", Reserve(1, 1)));
        Assert.Equal("Accepted", await world.StatusAsync("ReserveNow", Reserve(2, 2)));
        await world.PlugInAsync();
        Assert.Equal(1, (await world.Central.HearAsync("TransactionEvent")).GetProperty("reservationId").GetInt32());
        await world.AdvanceAsync(150);
        var update = await world.Central.HearAsync("ReservationStatusUpdate");
        Assert.Equal((2, "Expired"), (update.GetProperty("reservationId").GetInt32(), update.GetProperty("reservationUpdateStatus").GetString()));
    }

    [Fact]
    public async Task A_start_from_afar_waits_for_its_vehicle_and_a_reset_for_its_end()
    {
        await using var world = await StationWorld.StartAsync(OcppVersion.V201);
        Assert.Equal("Accepted", await world.StatusAsync("RequestStartTransaction", """{"evseId":1,"remoteStartId":44,"idToken":{"idToken":"REMOTE","type":"Central"}}"""));
        await world.PlugInAsync();
        var started = await world.Central.HearAsync("TransactionEvent");
        Assert.Equal(("RemoteStart", 44, "REMOTE"), (started.GetProperty("triggerReason").GetString(), started.GetProperty("transactionInfo").GetProperty("remoteStartId").GetInt32(), started.GetProperty("idToken").GetProperty("idToken").GetString()));
        Assert.Equal("Scheduled", await world.StatusAsync("Reset", """{"type":"OnIdle"}"""));
        Assert.Equal("Scheduled", await world.StatusAsync("ChangeAvailability", """{"operationalStatus":"Inoperative","evse":{"id":1}}"""));
        world.Station.Unplug(1);
        await world.ReconnectedAsync();
        await world.Central.HearAsync("StatusNotification", s => s.GetProperty("connectorStatus").GetString() == "Unavailable");
        await world.Central.HearAsync("BootNotification", b => b.GetProperty("reason").GetString() == "ScheduledReset");
    }

    private static IEnumerable<string> Statuses(StationWorld world, string action) => world.Central.Heard.Where(h => h.Action == action).Select(h => h.Payload.GetProperty("status").GetString()!);

    private static X509Certificate2 Certificate(string name, ECDsa key) => new CertificateRequest(name, key, HashAlgorithmName.SHA256).CreateSelfSigned(Begin, Begin.AddYears(10));
}
