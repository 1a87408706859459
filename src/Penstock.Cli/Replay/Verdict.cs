using System.Text.Json;
using Penstock.Ocpp.Framing;

namespace Penstock.Cli.Replay;

/// <summary>What an answer comes to: its kind, and its status or error code. Times, ids and prices differ from run to run and do not count.</summary>
internal readonly record struct Verdict(string Text)
{
    /// <summary>Members that hold a status of their own.</summary>
    private static readonly string[] Holders = ["idTagInfo", "idTokenInfo"];

    internal static Verdict Of(OcppFrame? answer) => answer switch
    {
        null => new Verdict("no answer"),
        { Type: MessageType.CallResult } => new Verdict(string.Join(' ', Statuses(answer.Value.Payload.Clone()).Prepend("CALLRESULT"))),
        _ => new Verdict($"CALLERROR {answer.Value.ErrorCode}"),
    };

    private static IEnumerable<string> Statuses(JsonElement payload)
    {
        if (payload.ValueKind != JsonValueKind.Object) yield break;
        if (payload.TryGetProperty("status", out var own) && own.ValueKind == JsonValueKind.String) yield return own.GetString()!;
        foreach (var holder in Holders)
        {
            if (payload.TryGetProperty(holder, out var info) && info.ValueKind == JsonValueKind.Object && info.TryGetProperty("status", out var status)) yield return $"{holder} {status}";
        }
    }
}
