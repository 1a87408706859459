using System.Text;
using Penstock.Ocpp;
using Penstock.Ocpp.Framing;

namespace Penstock.Cli.Replay;

/// <summary>What the recorded station answered, by action, in its order; the last answer to an action goes on when the central system calls more often than it did.</summary>
internal sealed class RecordedAnswers(Recording recording)
{
    private readonly Dictionary<string, Queue<OcppFrame>> answers = recording.Frames
        .Where(f => f is { FromStation: true, Action: not null, Parsed.Type: MessageType.CallResult or MessageType.CallError })
        .GroupBy(f => f.Action!, f => f.Parsed!.Value).ToDictionary(g => g.Key, g => new Queue<OcppFrame>(g), StringComparer.Ordinal);

    private readonly HashSet<string> asked = [.. recording.Frames.Where(f => f is { FromStation: false, Parsed: { Type: MessageType.Call, Action: not null } }).Select(f => f.Parsed!.Value.Action!)];
    private readonly Dictionary<string, OcppFrame> last = [];

    internal int Given { get; private set; }

    /// <summary>Calls to actions that the station never answered.</summary>
    internal int Unknown { get; private set; }

    /// <summary>Recorded answers that nobody asked for.</summary>
    internal int Left => answers.Values.Sum(q => q.Count);

    /// <returns>The answer as a frame; null = the station was asked this and was silent.</returns>
    internal string? To(OcppFrame call)
    {
        if (answers.TryGetValue(call.Action!, out var recorded) && recorded.TryDequeue(out var next)) last[call.Action!] = next;
        if (last.TryGetValue(call.Action!, out var answer))
        {
            Given++;
            if (answer.Type != MessageType.CallResult) return Text(FrameWriter.Error(MessageType.CallError, call.Id, answer.ErrorCode ?? OcppError.GenericError, answer.ErrorDescription ?? ""));
            using var result = FrameWriter.Result(call.Id, answer.Payload.Utf8.Span);
            return Text(result.Utf8);
        }

        Unknown++;
        return asked.Contains(call.Action!) ? null : Text(FrameWriter.Error(MessageType.CallError, call.Id, OcppError.NotImplemented, "The recorded station was never asked this."));
    }

    private static string Text(ReadOnlyMemory<byte> frame) => Encoding.UTF8.GetString(frame.Span);
}
