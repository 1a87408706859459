using System.Text.Json;
using System.Text.Json.Nodes;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Server.Storage;
using static Penstock.Server.Stations.VariableKey;

namespace Penstock.Server.Stations;

/// <summary>A call that a station answered.</summary>
internal sealed record AnsweredCall(StationId Station, string Action, JsonElement Request, JsonElement Answer, Instant Now)
{
    internal bool Accepted => VariableKey.Text(Answer, "status") is "Accepted" or "RebootRequired" or "Scheduled" or null;
}

/// <summary>What the book learns from a call that a station accepted. Works on JSON: the members are named alike in the versions, or both names stand here.</summary>
internal sealed class CallEffects(StationBook book)
{
    /// <summary>Told of every call that a station answered; set once by who keeps more than rows.</summary>
    internal Action<AnsweredCall> Answered { get; set; } = _ => { };

    internal void Apply(AnsweredCall call)
    {
        var rows = Rows(call).ToList();
        if (rows.Count > 0) book.Write(rows);
        Answered(call);
    }

    private IEnumerable<Projection> Rows(AnsweredCall call) => call.Action switch
    {
        "ReserveNow" => [Put(call, Topic.Reservation, Of(call.Request, "id", "reservationId"), Reservation(call))],
        "CancelReservation" when call.Accepted => [StationBook.Mark(call.Station, Topic.Reservation, Of(call.Request, "reservationId"), call.Now, "status", "Cancelled")],
        "SendLocalList" when call.Accepted => LocalList(call),
        "GetLocalListVersion" => [Put(call, Topic.Network, "localListVersion", call.Answer)],
        "SetChargingProfile" when call.Accepted => [Put(call, Topic.ChargingProfile, $"{Of(call.Request, "evseId", "connectorId")}:{ProfileId(call.Request)}", Profile(call.Request))],
        "ClearChargingProfile" when call.Accepted => ClearedProfiles(call),
        "SetDisplayMessage" when call.Accepted => [Put(call, Topic.DisplayMessage, Of(call.Request.GetProperty("message"), "id"), call.Request.GetProperty("message"))],
        "ClearDisplayMessage" when call.Accepted => [StationBook.Remove(call.Station, Topic.DisplayMessage, Of(call.Request, "id"))],
        "SetDefaultTariff" when call.Accepted => [Put(call, Topic.Tariff, Of(call.Request.GetProperty("tariff"), "tariffId"), call.Request)],
        "ChangeTransactionTariff" when call.Accepted => [Put(call, Topic.Tariff, $"transaction:{Of(call.Request, "transactionId")}", call.Request)],
        "ClearTariffs" => Each(call.Answer, "clearTariffsResult").Where(r => Text(r, "status") == "Accepted" && Text(r, "tariffId") is not null).Select(r => StationBook.Remove(call.Station, Topic.Tariff, Of(r, "tariffId"))),
        "CostUpdated" => [Put(call, Topic.RunningCost, Of(call.Request, "transactionId"), call.Request)],
        "GetVariables" => Each(call.Answer, "getVariableResult").Where(r => Text(r, "attributeStatus") == "Accepted").Select(r => Variable(call, r, Text(r, "attributeValue"))),
        "SetVariables" => Each(call.Request, "setVariableData").Zip(Each(call.Answer, "setVariableResult")).Where(p => Text(p.Second, "attributeStatus") is "Accepted" or "RebootRequired")
            .Select(p => Variable(call, p.First, Text(p.First, "attributeValue"))),
        "GetConfiguration" => Each(call.Answer, "configurationKey").Select(k => Variable16(call, Of(k, "key"), Text(k, "value"), Text(k, "readonly") == "True")),
        "ChangeConfiguration" when call.Accepted => [Variable16(call, Of(call.Request, "key"), Text(call.Request, "value"), false)],
        "SetVariableMonitoring" => Each(call.Request, "setMonitoringData").Zip(Each(call.Answer, "setMonitoringResult")).Where(p => Text(p.Second, "status") == "Accepted" && Text(p.Second, "id") is not null)
            .Select(p => Put(call, Topic.Monitor, Of(p.Second, "id"), p.First)),
        "ClearVariableMonitoring" => Each(call.Answer, "clearMonitoringResult").Where(r => Text(r, "status") == "Accepted").Select(r => StationBook.Remove(call.Station, Topic.Monitor, Of(r, "id"))),
        "SetMonitoringBase" or "SetMonitoringLevel" when call.Accepted => [Put(call, Topic.Network, call.Action, call.Request)],
        "InstallCertificate" when call.Accepted => [Put(call, Topic.Certificate, $"installed:{Hash(Of(call.Request, "certificate"))}", new { use = Text(call.Request, "certificateType"), certificate = Text(call.Request, "certificate") })],
        "GetInstalledCertificateIds" => Certificates(call),
        "DeleteCertificate" when call.Accepted => [StationBook.Remove(call.Station, Topic.Certificate, Of(call.Request.GetProperty("certificateHashData"), "serialNumber"))],
        "SetNetworkProfile" when call.Accepted => [Put(call, Topic.Network, $"slot:{Of(call.Request, "configurationSlot")}", WithoutPassword(call.Request.GetProperty("connectionData")))],
        "ChangeAvailability" when call.Accepted => [Put(call, Topic.Availability, Text(call.Request, "connectorId") ?? (call.Request.TryGetProperty("evse", out var evse) ? Of(evse, "id") : "0"), call.Request)],
        "UpdateFirmware" or "SignedUpdateFirmware" or "PublishFirmware" => [Put(call, Topic.Firmware, Text(call.Request, "requestId") ?? FirmwareMessages.Latest, Asked(call))],
        "GetLog" or "GetDiagnostics" => [Put(call, Topic.Log, Text(call.Request, "requestId") ?? FirmwareMessages.Latest, Asked(call))],
        "RequestBatterySwap" when call.Accepted => [Put(call, Topic.BatterySwap, $"{Of(call.Request, "requestId")}:Requested", call.Request)],
        "CustomerInformation" => [Put(call, Topic.CustomerInformation, $"{Of(call.Request, "requestId")}:asked", Asked(call))],
        "GetPeriodicEventStream" => Each(call.Answer, "constantStreamData").Select(s => Put(call, Topic.EventStream, Of(s, "id"), new { stream = s, state = "open" })),
        _ => [],
    };

    private static object Reservation(AnsweredCall call) => new
    {
        evseId = Text(call.Request, "evseId") ?? Text(call.Request, "connectorId"),
        token = Text(call.Request, "idTag") ?? (call.Request.TryGetProperty("idToken", out var token) ? Text(token, "idToken") : null),
        expiresAt = Text(call.Request, "expiryDateTime") ?? Text(call.Request, "expiryDate"),
        status = Text(call.Answer, "status"),
    };

    /// <summary>A full list replaces what was there; a differential entry without its authorization removes the token (D01.FR.16).</summary>
    private static IEnumerable<Projection> LocalList(AnsweredCall call)
    {
        if (Text(call.Request, "updateType") == "Full") yield return StationBook.RemoveAll(call.Station, Topic.LocalList);
        foreach (var entry in Each(call.Request, "localAuthorizationList"))
        {
            var token = Text(entry, "idTag") ?? Of(entry.GetProperty("idToken"), "idToken");
            var known = entry.TryGetProperty("idTagInfo", out _) || entry.TryGetProperty("idTokenInfo", out _);
            yield return known ? Put(call, Topic.LocalList, token, entry) : StationBook.Remove(call.Station, Topic.LocalList, token);
        }

        yield return Put(call, Topic.Network, "localListVersion", new { versionNumber = call.Request.TryGetProperty("versionNumber", out var v) ? v : call.Request.GetProperty("listVersion") });
    }

    private IEnumerable<Projection> ClearedProfiles(AnsweredCall call)
    {
        var criteria = call.Request.TryGetProperty("chargingProfileCriteria", out var c) ? c : call.Request;
        var (id, evse) = (Text(call.Request, "chargingProfileId") ?? Text(call.Request, "id"), Text(criteria, "evseId") ?? Text(criteria, "connectorId"));
        var (purpose, level) = (Text(criteria, "chargingProfilePurpose"), Text(criteria, "stackLevel"));
        return book.Of(call.Station, Topic.ChargingProfile).Where(f =>
        {
            var profile = f.Body.GetProperty("profile");
            return (id ?? Text(profile, "id") ?? Text(profile, "chargingProfileId")) == (Text(profile, "id") ?? Text(profile, "chargingProfileId")) && (evse ?? Of(f.Body, "evseId")) == Of(f.Body, "evseId")
                && (purpose ?? Text(profile, "chargingProfilePurpose")) == Text(profile, "chargingProfilePurpose") && (level ?? Text(profile, "stackLevel")) == Text(profile, "stackLevel");
        }).Select(f => StationBook.Remove(call.Station, Topic.ChargingProfile, f.Key));
    }

    /// <summary>The value joins what the inventory told of the variable.</summary>
    private Projection Variable(AnsweredCall call, JsonElement result, string? value)
    {
        var (component, variable, type) = (result.GetProperty("component"), result.GetProperty("variable"), Text(result, "attributeType") ?? "Actual");
        var key = VariableKey.Of(component, variable);
        var body = book.Find(call.Station, Topic.Variable, key) is { } known ? JsonObject.Create(known.Body)! : new JsonObject { ["component"] = Node(component), ["variable"] = Node(variable) };
        var attributes = body["variableAttribute"] as JsonArray ?? [];
        var kept = new JsonArray([.. attributes.Where(a => (string?)a!["type"] is var t && (t ?? "Actual") != type).Select(a => a!.DeepClone())]);
        var before = attributes.FirstOrDefault(a => ((string?)a!["type"] ?? "Actual") == type)?.DeepClone() as JsonObject ?? new JsonObject { ["type"] = type };
        before["value"] = value;
        kept.Add(before);
        body["variableAttribute"] = kept;
        return StationBook.PutJson(call.Station, Topic.Variable, key, call.Now, body.ToJsonString());
    }

    private static Projection Variable16(AnsweredCall call, string key, string? value, bool readOnly) => Put(call, Topic.Variable, Of16(key), new
    {
        component = new { name = Configuration }, variable = new { name = key }, variableAttribute = new[] { new { type = "Actual", value, mutability = readOnly ? "ReadOnly" : "ReadWrite" } },
    });

    private static IEnumerable<Projection> Certificates(AnsweredCall call)
    {
        yield return StationBook.RemoveAll(call.Station, Topic.Certificate);
        foreach (var chain in Each(call.Answer, "certificateHashDataChain")) yield return Put(call, Topic.Certificate, Of(chain.GetProperty("certificateHashData"), "serialNumber"), chain);
        foreach (var hash in Each(call.Answer, "certificateHashData")) yield return Put(call, Topic.Certificate, Of(hash, "serialNumber"), new { certificateHashData = hash, certificateType = Text(call.Request, "certificateType") });
    }

    private static object Asked(AnsweredCall call) => new { asked = call.Request, answer = call.Answer, status = Text(call.Answer, "status") ?? "Asked" };

    private static object Profile(JsonElement request) => new
    {
        evseId = Of(request, "evseId", "connectorId"), source = "CSO", profile = request.TryGetProperty("chargingProfile", out var profile) ? profile : request.GetProperty("csChargingProfiles"),
    };

    private static string ProfileId(JsonElement request) => request.TryGetProperty("chargingProfile", out var profile) ? Of(profile, "id") : Of(request.GetProperty("csChargingProfiles"), "chargingProfileId");

    private static object WithoutPassword(JsonElement connection)
    {
        var copy = JsonObject.Create(connection)!;
        copy.Remove("basicAuthPassword");
        return copy;
    }

    private static Projection Put(AnsweredCall call, Topic topic, string key, object body) => StationBook.Put(call.Station, topic, key, call.Now, body);

    /// <summary>The first of the members that is there.</summary>
    private static string Of(JsonElement from, params ReadOnlySpan<string> members)
    {
        foreach (var member in members) if (Text(from, member) is { } text) return text;
        return "";
    }

    private static IEnumerable<JsonElement> Each(JsonElement from, string member) => from.ValueKind == JsonValueKind.Object && from.TryGetProperty(member, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];

    private static JsonNode? Node(JsonElement element) => JsonObject.Create(element);

    private static string Hash(string text) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)))[..16];
}
