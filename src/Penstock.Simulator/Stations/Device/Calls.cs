using System.Collections.Frozen;
using System.Text.Json;
using Penstock.Ocpp;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.Rpc;

namespace Penstock.Simulator.Stations.Device;

/// <summary>Answers by action. A payload that breaks its schema is answered with the error of OCPP-J.</summary>
internal sealed class Calls
{
    private readonly Dictionary<string, Func<DeviceState, JsonElement, OcppAnswer>> table = new(StringComparer.Ordinal);

    internal Calls On<TRequest, TResponse>(Func<DeviceState, TRequest, TResponse> answer)
        where TRequest : class, IOcppRequest<TRequest, TResponse>
        where TResponse : class, IOcppMessage<TResponse>
    {
        table.Add(TRequest.ActionName, (device, payload) => PayloadReader.Read<TRequest>(payload) is ({ } message, _) ? OcppAnswer.Of(answer(device, message)) : OcppAnswer.Violation(PayloadReader.Read<TRequest>(payload).Violation!));
        return this;
    }

    internal FrozenDictionary<string, Func<DeviceState, JsonElement, OcppAnswer>> Freeze() => table.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The answer of a station of any version.</summary>
    internal static OcppAnswer Answer(DeviceState device, IncomingCall call)
    {
        var version = device.Station.Model.Version;
        var table = version == OcppVersion.V16 ? Calls16.All : Calls2x.All;
        if (version == OcppVersion.V201 && !Ocpp.V201.V201Actions.All.ContainsKey(call.Action)) return Unknown(call.Action);
        if (!table.TryGetValue(call.Action, out var handler)) return Unknown(call.Action);
        var answer = handler(device, call.Payload.Clone());
        return version == OcppVersion.V201 && answer.Bytes is { } bytes ? OcppAnswer.Stored(OlderPayload.Of(bytes, Ocpp.V201.V201Actions.All[call.Action].Response!)) : answer;
    }

    private static OcppAnswer Unknown(string action) => OcppAnswer.Error(OcppError.NotImplemented, $"{action} is no request that a central system sends to a station of this version.");
}
