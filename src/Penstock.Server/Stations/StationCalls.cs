using System.Text.Json;
using Penstock.Core.Sites;
using Penstock.Ocpp;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.Rpc;
using Penstock.Ocpp.V21;
using Penstock.Ocpp.V21.V2x;
using Penstock.Server.Capability;
using Penstock.Server.Der;
using Penstock.Server.Gateway;
using Penstock.Server.Hosting;

namespace Penstock.Server.Stations;

/// <summary>Why a call cannot be made; the station hears nothing of it.</summary>
/// <param name="Code">unknownAction, wrongDirection, invalidPayload, invalidProfile, unsupported, offline.</param>
public sealed record CallFault(string Code, string? Pointer, string Text);

/// <summary>Calls to stations, whatever their version: of features (typed, by 2.1 records that become 2.0.1) and of operators (any action by name).</summary>
internal sealed class StationCalls(StationRegistry registry, CommandDesk commands, CallEffects effects, CapabilityDesk capability, TimeProvider time)
{
    /// <summary>Answers kept with a command, characters of JSON; longer ones are named, not kept.</summary>
    internal const int AnswerKeptMax = 64 * 1024;

    /// <summary>Calls a 2.x station. To one of 2.0.1 goes the same message without what that version does not know; an action that it lacks ends as Refused, NotSupported.</summary>
    internal async Task<CallOutcome<TResponse>> CallAsync<TRequest, TResponse>(StationId station, TRequest request, CallPriority priority = CallPriority.Operator, string? coalesceBy = null)
        where TRequest : class, IOcppRequest<TRequest, TResponse>
        where TResponse : class, IOcppMessage<TResponse>
    {
        if (registry.Find(station) is not { } connection) return new(CallStatus.Closed, null);
        if (connection.Version == OcppVersion.V21) return await connection.CallAsync<TRequest, TResponse>(request, priority, coalesceBy);
        if (connection.Version == OcppVersion.V16 || !OcppCatalogue.Actions(connection.Version).TryGetValue(TRequest.ActionName, out var old))
        {
            return new(CallStatus.Refused, null, OcppError.NotSupported, $"{TRequest.ActionName} is no action of {Subprotocol.Name(connection.Version)}.");
        }

        var (message, violation) = PayloadReader.Read(JsonSerializer.SerializeToElement(request, TRequest.TypeInfo), old.Request);
        if (message is null) return new(CallStatus.Refused, null, violation!.Code, violation.Text);
        var raw = await connection.CallRawAsync(old, message, priority, coalesceBy);
        return raw.Status == CallStatus.Answered ? new(CallStatus.Answered, PayloadReader.Read<TResponse>(raw.Payload).Message) : new(raw.Status, null, raw.ErrorCode, raw.ErrorDescription);
    }

    /// <summary>What is wrong with a call before it is made; null = nothing.</summary>
    internal CallFault? Fault(StationId station, string action, JsonElement payload) => registry.Find(station) is not { } connection
        ? new CallFault("offline", null, $"Station {station} has no connection; try again when it is online.")
        : Fault(connection.Version, action, payload) ?? Unsupported(station, connection.Version, action, payload);

    internal static CallFault? Fault(OcppVersion version, string action, JsonElement payload)
    {
        if (!OcppCatalogue.Actions(version).TryGetValue(action, out var known)) return new CallFault("unknownAction", "/action", $"\"{action}\" is no action of {Subprotocol.Name(version)}.");
        if (!OcppCatalogue.FromCentralToStation(action)) return new CallFault("wrongDirection", "/action", $"{action} is sent by a station to the central system, not the other way.");
        var (message, violation) = PayloadReader.Read(payload, known.Request);
        if (violation is not null) return new CallFault("invalidPayload", "/payload" + violation.Pointer, $"{violation.Text} ({violation.Code}).");
        return Profile(message, _ => null);
    }

    /// <summary>What is wrong with the charging profile in a call; null = nothing, or there is none.</summary>
    /// <param name="modes">Operation modes of an EVSE; null = unknown.</param>
    private static CallFault? Profile(object? message, Func<int, IReadOnlySet<OperationMode>?> modes)
    {
        var faults = message switch
        {
            SetChargingProfileRequest set => V2xProfileCheck.Of(set.ChargingProfile, modes(set.EvseId)),
            RequestStartTransactionRequest { ChargingProfile: { } profile } start => V2xProfileCheck.OfStart(profile, modes(start.EvseId ?? 0)),
            _ => [],
        };
        return faults is [{ } broken, ..] ? new CallFault("invalidProfile", "/payload/chargingProfile" + broken.Pointer, $"{broken.Rule}: {broken.Text}") : null;
    }

    /// <summary>What is against a sound call because of what the station said that it can.</summary>
    private CallFault? Unsupported(StationId station, OcppVersion version, string action, JsonElement payload)
    {
        var (record, message) = (capability.Of(station), PayloadReader.Read(payload, OcppCatalogue.Actions(version)[action].Request).Message);
        return message is SetDERControlRequest control && DerModes.Refusal(station, record, DerTranslation.Type(control.ControlType)) is { } reason
            ? new CallFault("unsupported", "/payload/controlType", reason)
            : Profile(message, record.OperationModes);
    }

    /// <summary>Sends any call of the station's version and waits for its answer. The command is on disk before the wire sees it; <see cref="Fault(StationId, string, JsonElement)"/> was asked before.</summary>
    internal async Task<CommandRecord> SendAsync(StationId station, string action, JsonElement payload, string? bulk = null, CallPriority priority = CallPriority.Operator)
    {
        var command = commands.Begin(station, action, payload, bulk);
        if (registry.Find(station) is not { } connection || !OcppCatalogue.Actions(connection.Version).TryGetValue(action, out var known) || PayloadReader.Read(payload, known.Request).Message is not { } request)
        {
            return commands.Save(command with { State = CommandState.Failed, ErrorCode = "offline", ErrorText = $"Station {station} has no connection that takes {action}." });
        }

        var (gate, over) = (new Lock(), false);
        var raw = await connection.CallRawAsync(known, request, priority, sent: Sent);
        CommandRecord ended;
        lock (gate)
        {
            over = true;
            ended = Ended(command, raw);
        }

        if (raw.Status == CallStatus.Answered) effects.Apply(new AnsweredCall(station, action, payload, raw.Payload, time.Now()));
        return commands.Answered(ended);

        void Sent() // told by the wire, perhaps after its answer
        {
            lock (gate)
            {
                if (!over) command = commands.Save(command with { State = CommandState.Sent, SentAt = time.Now() });
            }
        }
    }

    private CommandRecord Ended(CommandRecord command, RawOutcome raw)
    {
        var text = raw.Payload.ValueKind == JsonValueKind.Undefined ? null : raw.Payload.GetRawText();
        var done = command with { AnsweredAt = time.Now(), SentAt = command.SentAt ?? (raw.Status is CallStatus.Answered ? time.Now() : null), Answer = text is { Length: <= AnswerKeptMax } ? raw.Payload : null, ErrorCode = raw.ErrorCode, ErrorText = raw.ErrorDescription };
        if (raw.Status != CallStatus.Answered) return done with { State = CommandState.Failed, ErrorCode = raw.ErrorCode ?? JsonNamingPolicy.CamelCase.ConvertName(raw.Status.ToString()) };
        return done with { State = VariableKey.Text(raw.Payload, "status") is null or "Accepted" or "Scheduled" or "RebootRequired" or "Unlocked" or "Processing" ? CommandState.Accepted : CommandState.Rejected };
    }
}
