using System.CommandLine;
using System.Diagnostics;
using System.Text;
using Penstock.Core.Sites;
using Penstock.Ocpp;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Gateway;
using Penstock.Server.Hosting;
using Penstock.Server.Storage;

namespace Penstock.Cli.Bench;

/// <summary>What a fuzz run saw.</summary>
/// <param name="Handled">Inputs that went through the handlers of a server; the rest end at the parser.</param>
/// <param name="Slowest">Longest time of one input, ms.</param>
internal sealed record OcppFuzzResult(long Inputs, long Accepted, long Handled, long Answered, double Slowest, IReadOnlyList<string> Faults);

/// <summary>
/// penstock bench fuzz: mutations of valid messages of all actions and versions, drawn from a seed, against framing and parser, and a share of them against the
/// handlers of a server without sockets. A fault is a thrown exception, an input that takes too long, or a rejected input that left a row behind.
/// </summary>
internal static class OcppFuzz
{
    /// <summary>An input that takes longer is a hang.</summary>
    internal static readonly TimeSpan InputTimeMax = TimeSpan.FromSeconds(2);

    /// <summary>Distinct faults that are told; a run ends there.</summary>
    private const int FaultsMax = 20;

    internal static Command Create()
    {
        var inputs = new Option<long>("--inputs") { Description = "Messages to try, 1 to 1,000,000,000", DefaultValueFactory = _ => 100_000 };
        inputs.Validators.Add(r => { if (r.GetValue(inputs) is < 1 or > 1_000_000_000) r.AddError("--inputs is 1 to 1000000000."); });
        var seed = new Option<int>("--seed") { Description = "Draws the mutations", DefaultValueFactory = _ => 1 };
        var every = new Option<int>("--handled-every") { Description = "One input in so many goes through the handlers too, 0 = none", DefaultValueFactory = _ => 50 };
        var command = new Command("fuzz", "Mutations of all OCPP messages against framing, parser and handlers; ends with 8 when one breaks something") { inputs, seed, every };
        command.SetAction(async (parsed, cancel) =>
        {
            var watch = Stopwatch.StartNew();
            var seen = await RunAsync(parsed.GetValue(inputs), parsed.GetValue(seed), parsed.GetValue(every), cancel);
            OcppBenchRun.Print($"{seen.Inputs} inputs, seed {parsed.GetValue(seed)}: {seen.Accepted} accepted by the parser; {seen.Handled} through the handlers, {seen.Answered} of them answered without an error; slowest {seen.Slowest:0.0} ms; {watch.Elapsed.TotalSeconds:0} s");
            foreach (var fault in seen.Faults) Console.WriteLine(fault);
            OcppBenchRun.Print($"{seen.Faults.Count} faults");
            return seen.Faults.Count == 0 ? 0 : 8;
        });
        return command;
    }

    internal static async Task<OcppFuzzResult> RunAsync(long inputs, int seed, int handledEvery, CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("penstock-fuzz-").FullName;
        try
        {
            await using var server = handledEvery > 0 ? PenstockServer.Build(new ServerOptions { Data = folder, Port = 0, MessageLogFrames = 0 }, TimeProvider.System, quiet: true) : null;
            return await new Session(server?.Services, seed, handledEvery).RunAsync(inputs, cancel);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class Session(IServiceProvider? server, int seed, int handledEvery)
    {
        private static readonly OcppVersion[] Versions = [OcppVersion.V16, OcppVersion.V201, OcppVersion.V21];
        private static readonly string[] Tables = ["journal", "session", "reading", "station_fact", "statement"];

        private readonly OcppMutation mutation = new(new Random(seed));
        private readonly Random draw = new(seed ^ 0x5eed);
        private readonly SortedSet<string> faults = new(StringComparer.Ordinal);
        private readonly (OcppVersion Version, byte[] Frame)[] valid = [.. Versions.SelectMany(v => new[] { false, true }.SelectMany(whole => OcppSample.Of(v, whole))
            .Select((m, n) => (v, Encoding.UTF8.GetBytes($"[{(OcppCatalogue.Actions(v)[m.Action].Response is null ? 6 : 2)},\"id-{n}\",\"{m.Action}\",{m.Payload}]"))))];

        private readonly SqlStore? store = server?.GetRequiredService<SqlStore>();
        private long handled, accepted, answered;

        internal async Task<OcppFuzzResult> RunAsync(long inputs, CancellationToken cancel)
        {
            var (slowest, done) = (TimeSpan.Zero, 0L);
            for (; done < inputs && faults.Count < FaultsMax; done++)
            {
                cancel.ThrowIfCancellationRequested();
                var (version, frame) = valid[draw.Next(valid.Length)];
                var input = mutation.Of(frame);
                var from = Stopwatch.GetTimestamp();
                try
                {
                    await TryAsync(version, input, handledEvery > 0 && done % handledEvery == 0, cancel).WaitAsync(InputTimeMax, TimeProvider.System, cancel);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    faults.Add($"{e.GetType().Name} {e.Message.Split('\n')[0]} {Encoding.UTF8.GetString(input.AsSpan(0, Math.Min(300, input.Length)))}");
                }

                var took = Stopwatch.GetElapsedTime(from);
                if (took > InputTimeMax) faults.Add($"{took.TotalSeconds:0.0} s for {Encoding.UTF8.GetString(input.AsSpan(0, Math.Min(300, input.Length)))}");
                if (took > slowest && done > valid.Length) slowest = took; // the first of each kind is compiled on the way
            }

            return new OcppFuzzResult(done, accepted, handled, answered, slowest.TotalMilliseconds, [.. faults]);
        }

        private async Task TryAsync(OcppVersion version, byte[] input, bool handle, CancellationToken cancel)
        {
            var (read, fault) = FrameReader.Read(input);
            if (read is null == fault is null) throw new InvalidOperationException("A frame is read, or it has a fault.");
            if (fault is not null) Told(fault.Id ?? "-1", fault.Code, fault.Text);
            if (read is not { Type: MessageType.Call or MessageType.Send } frame) return;
            if (OcppCatalogue.Actions(version).TryGetValue(frame.Action!, out var action))
            {
                if (PayloadReader.Read(frame.Payload, action.Request).Violation is { } violation) Told(frame.Id, violation.Code, violation.Text);
                else accepted++;
            }

            if (handle) await HandleAsync(version, frame, cancel);
        }

        /// <summary>What the peer would be told is a frame itself.</summary>
        private static void Told(string id, string code, string text)
        {
            if (FrameReader.Read(FrameWriter.Error(MessageType.CallError, id, code, text)).Frame is not { Type: MessageType.CallError }) throw new InvalidOperationException("The answer is no frame.");
        }

        private async Task HandleAsync(OcppVersion version, OcppFrame frame, CancellationToken cancel)
        {
            handled++;
            var before = Rows();
            var answer = await server!.GetRequiredService<IncomingMessages>().AnswerAsync(new StationId($"CS-{draw.Next(8)}"), version, new IncomingCall(frame.Id, frame.Action!, frame.Payload, frame.Type == MessageType.Send), cancel);
            if (!answer.IsError) answered++;
            else if (Rows() != before) throw new InvalidOperationException("A rejected message left a row.");
        }

        private long Rows() => store!.First<long>($"SELECT {string.Join(" + ", Tables.Select(t => $"(SELECT COUNT(*) FROM {t})"))}");
    }
}
