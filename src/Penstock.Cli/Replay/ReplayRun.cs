using System.Net.WebSockets;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.Rpc;

namespace Penstock.Cli.Replay;

/// <summary>Sends what the recorded station said, in its order, and holds each answer against the recorded one.</summary>
internal static class ReplayRun
{
    /// <returns>0 no difference, 1 differences or no link, 3 the file is unusable.</returns>
    internal static async Task<int> PlayAsync(ReplayRequest request, TextWriter output, TextWriter errors, CancellationToken cancel)
    {
        var (recording, faults) = Recording.Read(request.File);
        if (recording is null)
        {
            foreach (var fault in faults) await errors.WriteLineAsync(fault);
            return 3;
        }

        try
        {
            await using var link = await ReplayLink.ConnectAsync(request, request.Subprotocol ?? Subprotocol.Name(recording.Version()), new RecordedAnswers(recording), cancel);
            var (calls, differences) = await CompareAsync(recording, link, request.Speed, output, cancel);
            await output.WriteLineAsync($"{calls} calls, {differences} differences; {link.Answers.Given} calls of the central system answered, {link.Answers.Unknown} that the recording has no answer to, {link.Answers.Left} recorded answers not asked for");
            return differences == 0 ? 0 : 1;
        }
        catch (WebSocketException problem)
        {
            await errors.WriteLineAsync($"{request.Url}: {problem.Message} Start the central system, or let it know the station {request.Station}.");
            return 1;
        }
    }

    private static async Task<(int Calls, int Differences)> CompareAsync(Recording recording, ReplayLink link, double speed, TextWriter output, CancellationToken cancel)
    {
        var (calls, differences, ids, began, first) = (0, 0, new TransactionIds(), TimeProvider.System.GetTimestamp(), recording.Frames[0].At);
        foreach (var frame in recording.Frames.Where(f => f.FromStation && f.Parsed?.Type is null or MessageType.Call or MessageType.Send))
        {
            if (speed > 0 && ((frame.At - first) / speed) - TimeProvider.System.GetElapsedTime(began) is { Ticks: > 0 } early) await Task.Delay(early, TimeProvider.System, cancel);
            if (frame.Parsed is not { Type: MessageType.Call } call)
            {
                await link.SendAsync(frame.Frame, cancel);
                continue;
            }

            var recorded = recording.PairOf(frame)?.Parsed;
            var answer = await link.AskAsync(call.Id, ids.Renamed(frame.Frame, call), recorded is null ? ReplayLink.SilenceMax : ReplayLink.AnswerMax, cancel);
            calls++;
            ids.Learn(recorded, answer);
            if (recorded is not null && Verdict.Of(recorded) is var was && Verdict.Of(answer) is var now && was != now)
            {
                differences++;
                await output.WriteLineAsync($"line {frame.Line} {call.Action} {call.Id}: recorded {was.Text}, now {now.Text}");
            }

            if (answer is null && !link.IsOpen) throw new WebSocketException($"The central system closed the link after line {frame.Line} ({call.Action}): {link.CloseReason}.");
        }

        return (calls, differences);
    }
}
