using System.Text.Json;
using CsCheck;
using Penstock.Cli.Replay;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.Rpc;

namespace Penstock.UnitTests.Cli.Replay;

/// <summary>What is read of an exported message log, and what is told of one that is broken.</summary>
public sealed class RecordingTests
{
    [Fact]
    public void Every_fault_is_told_with_its_line()
    {
        string[] lines =
        [
            Line(1, "in", """[2,"1","Heartbeat",{}]"""), "", "{", "[]", """{"at":"2026-04-02T09:00:00Z","direction":"in","frame":""}""", Line(1, "out", """[3,"1",{}]"""), Line(2, "up", "x"),
            """{"sequence":3,"at":"yesterday","direction":"in","frame":""}""", """{"sequence":4,"at":"2026-04-02T09:00:00Z","direction":"in","frame":7}""",
            Line(5, "in", """[2,"2","Authorize",{"idTag":"AB***"}]"""), Line(6, "in", """[2,"3","DataTransfer",{"vendorId":"V","data":" """ + new string('x', 16_300)),
        ];
        var (found, faults) = Recording.Of("log", lines);
        Assert.Null(found);
        Assert.Equal(["log:3", "log:4", "log:5", "log:6", "log:7", "log:8", "log:9", "log:10", "log:11"], faults.Select(f => string.Join(':', f.Split(':').Take(2))));
        foreach (var (fault, word) in faults.Zip(["JSON", "object", "sequence", "line 1", "direction", "at", "frame", "unmasked=true", "16 KiB"])) Assert.Contains(word, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_a_word_of_the_station_is_refused() => Assert.Contains("nothing", Assert.Single(Recording.Of("log", [Line(1, "out", """[2,"1","ClearCache",{}]""")]).Faults), StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_not_there_is_a_fault_and_not_a_crash() => Assert.Single(Recording.Read(Path.Combine(Path.GetTempPath(), "no-such-folder", "log")).Faults);

    [Fact]
    public void A_frame_that_is_no_frame_is_kept_as_it_was() => Assert.Null(Assert.Single(Recording.Of("log", [Line(1, "in", "{")]).Found!.Frames).Parsed);

    [Theory]
    [InlineData("""[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]""", OcppVersion.V16)]
    [InlineData("""[2,"1","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M"}}]""", OcppVersion.V21)]
    [InlineData("""[2,"1","Authorize",{"idToken":{"idToken":"T","type":"Central"},"iso15118CertificateHashData":[]}]""", OcppVersion.V21)]
    public void The_version_is_the_newest_whose_schemas_fit(string frame, OcppVersion version) => Assert.Equal(version, Recording.Of("log", [Line(1, "in", frame)]).Found!.Version());

    [Fact]
    public void Any_text_is_read_or_told_and_never_thrown() => Gen.String.Array[0, 20].Sample(lines =>
    {
        var (found, faults) = Recording.Of("log", lines);
        return found is null == faults.Count > 0;
    });

    [Fact]
    public void An_answer_of_an_action_is_given_in_order_and_the_last_one_goes_on()
    {
        var answers = new RecordedAnswers(Recording.Of("log",
        [
            Line(1, "out", """[2,"a","ClearCache",{}]""", 2), Line(2, "in", """[3,"a",{"status":"Rejected"}]""", 1, "ClearCache"), Line(3, "out", """[2,"b","ClearCache",{}]""", 4),
            Line(4, "in", """[4,"b","InternalError","",{}]""", 3, "ClearCache"), Line(5, "out", """[2,"c","Reset",{"type":"Soft"}]"""),
        ]).Found!);
        Assert.Equal(2, answers.Left);
        Assert.Equal("""[3,"1",{"status":"Rejected"}]""", answers.To(Call("1", "ClearCache")));
        Assert.StartsWith("""[4,"2","InternalError",""", answers.To(Call("2", "ClearCache")), StringComparison.Ordinal);
        Assert.StartsWith("""[4,"3","InternalError",""", answers.To(Call("3", "ClearCache")), StringComparison.Ordinal);
        Assert.Null(answers.To(Call("4", "Reset"))); // it was silent
        Assert.StartsWith("""[4,"5","NotImplemented",""", answers.To(Call("5", "GetLog")), StringComparison.Ordinal);
        Assert.Equal((3, 2, 0), (answers.Given, answers.Unknown, answers.Left));
    }

    [Fact]
    public void A_verdict_counts_kind_status_and_code_and_no_times()
    {
        Assert.Equal(Of("""[3,"1",{"currentTime":"2026-01-01T00:00:00Z","interval":1,"status":"Accepted"}]"""), Of("""[3,"9",{"currentTime":"2026-02-02T00:00:00Z","interval":5,"status":"Accepted"}]"""));
        Assert.NotEqual(Of("""[3,"1",{"idTagInfo":{"status":"Accepted"}}]"""), Of("""[3,"1",{"idTagInfo":{"status":"Blocked"}}]"""));
        Assert.NotEqual(Of("""[4,"1","InternalError","",{}]"""), Of("""[4,"1","NotSupported","",{}]"""));
        Assert.NotEqual(Of("""[3,"1",{}]"""), Verdict.Of(null));

        static Verdict Of(string frame) => Verdict.Of(Frame(frame));
    }

    [Fact]
    public void A_transaction_has_the_number_of_the_system_that_is_played_to()
    {
        var (ids, stop) = (new TransactionIds(), """[2,"2","StopTransaction",{"transactionId":7,"meterStop":1}]""");
        Assert.Equal(stop, ids.Renamed(stop, Frame(stop)));
        ids.Learn(Frame("""[3,"1",{"transactionId":7}]"""), Frame("""[3,"1",{"transactionId":1}]"""));
        Assert.Equal("""[2,"2","StopTransaction",{"transactionId":1,"meterStop":1}]""", ids.Renamed(stop, Frame(stop)));
    }

    private static OcppFrame Call(string id, string action) => new(MessageType.Call, id) { Action = action };

    private static OcppFrame Frame(string text) => FrameReader.Read(System.Text.Encoding.UTF8.GetBytes(text)).Frame!.Value;

    private static string Line(long sequence, string direction, string frame, long? pair = null, string? action = null) =>
        JsonSerializer.Serialize(new { sequence, at = "2026-04-02T09:00:00Z", direction, type = frame.Length > 1 && char.IsAsciiDigit(frame[1]) ? frame[1] - '0' : 0, action, frame, pair });
}
