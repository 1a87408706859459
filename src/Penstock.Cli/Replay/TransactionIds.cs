using System.Text.Json;
using System.Text.Json.Nodes;
using Penstock.Ocpp.Framing;

namespace Penstock.Cli.Replay;

/// <summary>OCPP 1.6: the central system numbers the transactions, so another one numbers them otherwise; what the station says later carries the new number.</summary>
internal sealed class TransactionIds
{
    private readonly Dictionary<int, int> given = [];

    internal void Learn(OcppFrame? recorded, OcppFrame? answer)
    {
        if (Id(recorded) is { } was && Id(answer) is { } now && was != now) given[was] = now;
    }

    /// <returns>The frame with the number that this central system gave; the frame as it was where there is none.</returns>
    internal string Renamed(string frame, OcppFrame call)
    {
        if (given.Count == 0 || Id(call) is not { } was || !given.TryGetValue(was, out var now)) return frame;
        var array = JsonNode.Parse(frame)!.AsArray();
        array[3]!["transactionId"] = now;
        return array.ToJsonString();
    }

    private static int? Id(OcppFrame? frame) => frame?.Payload.Clone() is { ValueKind: JsonValueKind.Object } payload && payload.TryGetProperty("transactionId", out var id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var number) ? number : null;
}
