using System.Text;
using System.Text.Json;
using Penstock.Ocpp;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.Rpc;

namespace Penstock.Cli.Replay;

/// <summary>A frame of the log.</summary>
/// <param name="Line">Of the file, from 1.</param>
/// <param name="Frame">As it was on the wire.</param>
/// <param name="Parsed">Null where the frame is none of OCPP-J; such frames are sent as they are.</param>
/// <param name="Pair">Sequence of its answer, or of the call that it answers.</param>
internal sealed record RecordedFrame(int Line, long Sequence, DateTimeOffset At, bool FromStation, string? Action, string Frame, OcppFrame? Parsed, long? Pair);

/// <summary>The export of a message log, oldest first.</summary>
internal sealed class Recording
{
    /// <summary>Frames of a file: what one export has at most.</summary>
    internal const int FramesMax = 200_000;

    /// <summary>Faults told of one file.</summary>
    internal const int FaultsMax = 100;

    private readonly Dictionary<long, RecordedFrame> bySequence;

    private Recording(IReadOnlyList<RecordedFrame> frames) => (Frames, bySequence) = (frames, frames.ToDictionary(f => f.Sequence));

    internal IReadOnlyList<RecordedFrame> Frames { get; }

    internal RecordedFrame? PairOf(RecordedFrame frame) => frame.Pair is { } pair ? bySequence.GetValueOrDefault(pair) : null;

    /// <summary>The newest version whose schemas fit most calls of the station.</summary>
    internal OcppVersion Version() => new[] { OcppVersion.V21, OcppVersion.V201, OcppVersion.V16 }.MaxBy(v => Frames.Count(f => f.FromStation && f.Parsed is { Action: { } action } call
        && OcppCatalogue.Actions(v).TryGetValue(action, out var known) && PayloadReader.Read(call.Payload, known.Request).Violation is null));

    /// <returns>The recording, or every fault with its line.</returns>
    internal static (Recording? Found, IReadOnlyList<string> Faults) Read(string path)
    {
        try
        {
            return Of(path, File.ReadLines(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, [$"{path}: {e.Message}"]);
        }
    }

    internal static (Recording? Found, IReadOnlyList<string> Faults) Of(string path, IEnumerable<string> lines)
    {
        var (frames, faults, seen, number) = (new List<RecordedFrame>(), new List<string>(), new Dictionary<long, int>(), 0);
        foreach (var line in lines)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            if (frames.Count == FramesMax) faults.Add($"{path}:{number}: more than {FramesMax} frames; export a shorter time with from= and to=.");
            var (frame, fault) = Line(number, line);
            if (frame is not null && !seen.TryAdd(frame.Sequence, number)) fault = $"sequence {frame.Sequence} is that of line {seen[frame.Sequence]} too; an export has each frame once.";
            if (fault is not null) faults.Add($"{path}:{number}: {fault}");
            if (frame is not null) frames.Add(frame);
            if (faults.Count >= FaultsMax || frames.Count > FramesMax) break;
        }

        if (faults.Count == 0 && !frames.Exists(f => f.FromStation)) faults.Add($"{path}: no frame of direction \"in\"; there is nothing that a station said.");
        return faults.Count > 0 ? (null, faults) : (new Recording(frames), []);
    }

    private static (RecordedFrame? Frame, string? Fault) Line(int number, string line)
    {
        JsonElement root;
        try
        {
            root = JsonDocument.Parse(line).RootElement;
        }
        catch (JsonException e)
        {
            return (null, $"no JSON object: {e.Message}");
        }

        if (root.ValueKind != JsonValueKind.Object) return (null, $"an object of the export is expected, not {root.ValueKind}.");
        if (!(root.TryGetProperty("sequence", out var s) && s.ValueKind == JsonValueKind.Number && s.TryGetInt64(out var sequence))) return (null, "\"sequence\" is missing or no whole number.");
        if (!(root.TryGetProperty("at", out var a) && a.ValueKind == JsonValueKind.String && a.TryGetDateTimeOffset(out var at))) return (null, "\"at\" is missing or no RFC 3339 time.");
        if (Text(root, "direction") is not ("in" or "out")) return (null, $"\"direction\" is in or out, not {(root.TryGetProperty("direction", out var d) ? d.GetRawText() : "missing")}.");
        if (Text(root, "frame") is not { } frame) return (null, "\"frame\" is missing or no text.");
        if (frame.Contains("***\"", StringComparison.Ordinal)) return (null, "\"frame\" is masked; export it with unmasked=true.");
        var type = root.TryGetProperty("type", out var t) && t.ValueKind == JsonValueKind.Number && t.TryGetInt32(out var given) ? given : 0;
        var parsed = FrameReader.Read(Encoding.UTF8.GetBytes(frame)).Frame;
        if (parsed is null && type is 2 or 3 && IsNoJson(frame)) return (null, "\"frame\" is cut: the log keeps 16 KiB of a frame, and a longer one cannot be replayed.");
        var pair = root.TryGetProperty("pair", out var p) && p.ValueKind == JsonValueKind.Number && p.TryGetInt64(out var other) ? other : (long?)null;
        return (new RecordedFrame(number, sequence, at, Text(root, "direction") == "in", Text(root, "action"), frame, parsed, pair), null);
    }

    private static bool IsNoJson(string frame)
    {
        try
        {
            using var document = JsonDocument.Parse(frame);
            return false;
        }
        catch (JsonException)
        {
            return frame.Length >= 16 * 1024 / 4; // shorter ones are the station's own faults; a character has at most four bytes
        }
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
