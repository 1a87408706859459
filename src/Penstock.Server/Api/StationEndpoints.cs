using System.Text;
using System.Text.Json;
using Penstock.Core.Sites;
using Penstock.Ocpp;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Gateway;
using Penstock.Server.Stations;
using Penstock.Server.Wire;

namespace Penstock.Server.Api;

public sealed record CallBody(string? Action, JsonElement? Payload);

public sealed record CommandView(
    string CommandId, string StationId, string Action, JsonElement Payload, string? BulkId, string State, DateTimeOffset QueuedAt, DateTimeOffset? SentAt, DateTimeOffset? AnsweredAt, DateTimeOffset? EffectAt,
    bool ExpectsEffect, JsonElement? Answer, string? ErrorCode, string? ErrorText)
{
    internal static CommandView Of(CommandRecord c) => new(
        c.Id, c.Station.Value, c.Action, c.Payload, c.Bulk, Names.Camel(c.State.ToString()), c.QueuedAt.ToDateTimeOffset(), c.SentAt?.ToDateTimeOffset(), c.AnsweredAt?.ToDateTimeOffset(), c.EffectAt?.ToDateTimeOffset(),
        c.ExpectsEffect, c.Answer, c.ErrorCode, c.ErrorText);
}

public sealed record ActionView(string Action, JsonElement Template);

public sealed record FactView(string Key, DateTimeOffset At, JsonElement Body);

/// <param name="Status">As the station and its transactions told, or Expired once its time is over.</param>
public sealed record ReservationView(string ReservationId, string? EvseId, string? Token, DateTimeOffset? ExpiresAt, string Status, DateTimeOffset At);

/// <param name="Type">2 CALL, 3 CALLRESULT, 4 CALLERROR, 5 CALLRESULTERROR, 6 SEND, 0 no OCPP-J frame.</param>
/// <param name="Pair">Sequence of the answer to this call, or of the call that this answers.</param>
public sealed record WireMessageView(long Sequence, DateTimeOffset At, string Direction, int Type, string? MessageId, string? Action, string Frame, long? Pair, double? AnswerMilliseconds);

/// <summary>What an operator asks of a station and reads of it.</summary>
internal static class StationEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/stations/{id}/messages", Messages);
        api.MapGet("/stations/{id}/messages/export", Export);
        api.MapGet("/stations/{id}/actions", (string id, StationRoll roll, StationRegistry registry) => roll.Find(new StationId(id)) is { } found
            ? Results.Ok(new PageView<ActionView>([.. Actions(registry.Find(found.Id)?.Version ?? Version(found.Protocol))], null))
            : Problems.NotFound("station", id));
        api.MapPost("/stations/{id}/calls", CallAsync);
        api.MapGet("/stations/{id}/commands", (string id, CommandDesk commands, int? limit) => new PageView<CommandView>([.. commands.Of(new StationId(id), Math.Clamp(limit ?? 100, 1, 1000)).Select(CommandView.Of)], null));
        api.MapGet("/commands/{id}", (string id, CommandDesk commands) => commands.Find(id) is { } found ? Results.Ok(CommandView.Of(found)) : Problems.NotFound("command", id));
        api.MapGet("/commands", (string bulkId, CommandDesk commands) => new PageView<CommandView>([.. commands.OfBulk(bulkId).Select(CommandView.Of)], null));
        api.MapGet("/stations/{id}/book", (string id, StationBook book) => book.Chapters(new StationId(id)));
        api.MapGet("/stations/{id}/book/{topic}", (string id, string topic, StationBook book, string? text) => Enum.TryParse<Topic>(topic, ignoreCase: true, out var known) && !int.TryParse(topic, out _)
            ? Results.Ok(new PageView<FactView>([.. Facts(book, id, known).Where(f => text is null || f.Key.Contains(text, StringComparison.OrdinalIgnoreCase))], null))
            : Problems.NotFound("topic", topic));
        api.MapGet("/stations/{id}/reservations", (string id, StationBook book, TimeProvider time) => new PageView<ReservationView>([.. book.Of(new StationId(id), Topic.Reservation).Select(f => Reservation(f, time.GetUtcNow()))], null));
        api.MapGet("/stations/{id}/profiles", (string id, StationBook book, string? purpose, int? stackLevel, int? evse) =>
            new PageView<FactView>([.. Facts(book, id, Topic.ChargingProfile).Where(f => Fits(f.Body, purpose, stackLevel, evse))], null));
    }

    private static async Task<IResult> CallAsync(string id, CallBody body, StationCalls calls, StationRoll roll)
    {
        var station = new StationId(id);
        if (roll.Find(station) is null) return Problems.NotFound("station", id);
        if (body.Action is not { Length: > 0 } action) return Problems.Invalid([new Fault("/action", "required", "action is the name of an OCPP action, such as Reset.")]);
        var payload = body.Payload ?? JsonSerializer.SerializeToElement(new { });
        if (calls.Fault(station, action, payload) is { } fault) return fault.Code == "offline" ? Problems.Conflict("offline", fault.Text) : Problems.Invalid([new Fault(fault.Pointer ?? "", fault.Code, fault.Text)]);
        return Results.Ok(CommandView.Of(await calls.SendAsync(station, action, payload)));
    }

    private static async Task<IResult> Messages(
        string id, MessageLog log, CancellationToken cancel, string? action, string? text, string? direction, bool? errors, DateTimeOffset? from, DateTimeOffset? to, long? before, int? limit, bool? unmasked)
    {
        await log.FlushAsync(cancel);
        var found = log.Reader.Find(new LogQuery(new StationId(id), action, text, errors ?? false, direction, from, to, before, limit ?? 100));
        return Results.Ok(new PageView<WireMessageView>([.. found.Entries.Select(e => Message(e, unmasked ?? false))], found.Next?.ToString(System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>One JSON object per line, oldest first; `penstock replay` plays it.</summary>
    private static async Task<IResult> Export(string id, MessageLog log, CancellationToken cancel, string? action, string? text, string? direction, bool? errors, DateTimeOffset? from, DateTimeOffset? to, bool? unmasked)
    {
        await log.FlushAsync(cancel);
        var lines = new StringBuilder();
        foreach (var entry in log.Reader.Export(new LogQuery(new StationId(id), action, text, errors ?? false, direction, from, to))) lines.AppendLine(JsonSerializer.Serialize(Message(entry, unmasked ?? false), JsonSerializerOptions.Web));
        return Results.Text(lines.ToString(), "application/x-ndjson");
    }

    private static WireMessageView Message(LogEntry e, bool unmasked) => new(e.Sequence, e.At, e.Direction, e.Type, e.MessageId, e.Action, unmasked ? e.Frame : Mask.Of(e.Frame), e.Pair, e.AnswerMilliseconds);

    private static IEnumerable<ActionView> Actions(OcppVersion version) => OcppCatalogue.Actions(version).Values.Where(a => OcppCatalogue.FromCentralToStation(a.Name) && a.Response is not null)
        .OrderBy(a => a.Name, StringComparer.Ordinal).Select(a => new ActionView(a.Name, PayloadTemplate.Of(a)));

    private static OcppVersion Version(string protocol) => Subprotocol.Choose([protocol]) ?? OcppVersion.V21;

    private static IEnumerable<FactView> Facts(StationBook book, string id, Topic topic) => book.Of(new StationId(id), topic).Select(f => new FactView(f.Key, f.At.ToDateTimeOffset(), f.Body));

    private static ReservationView Reservation(Fact fact, DateTimeOffset now)
    {
        var expires = fact.Body.TryGetProperty("expiresAt", out var e) && e.ValueKind == JsonValueKind.String && e.TryGetDateTimeOffset(out var at) ? at : (DateTimeOffset?)null;
        var status = VariableKey.Text(fact.Body, "status") ?? "Unknown";
        return new ReservationView(fact.Key, VariableKey.Text(fact.Body, "evseId"), VariableKey.Text(fact.Body, "token"), expires, status == "Accepted" && expires <= now ? "Expired" : status, fact.At.ToDateTimeOffset());
    }

    private static bool Fits(JsonElement body, string? purpose, int? stackLevel, int? evse) => body.TryGetProperty("profile", out var profile)
        && (purpose is null || string.Equals(VariableKey.Text(profile, "chargingProfilePurpose"), purpose, StringComparison.OrdinalIgnoreCase))
        && (stackLevel is null || VariableKey.Text(profile, "stackLevel") == $"{stackLevel}") && (evse is null || VariableKey.Text(body, "evseId") == $"{evse}");
}
