using System.Text;
using System.Text.Json;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.V21;

namespace Penstock.UnitTests.Ocpp.Framing;

public sealed class FrameWriterTests
{
    [Theory]
    [InlineData("7")]
    [InlineData("a\"b\\c")]
    [InlineData("电\u0001池")]
    [InlineData("😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀")]
    public void An_answer_carries_the_id_of_its_call_whatever_it_is(string id)
    {
        using var frame = FrameWriter.Result(id, """{"status":"Accepted"}"""u8);
        var read = FrameReader.Read(frame.Utf8).Frame!.Value;
        Assert.Equal((MessageType.CallResult, id, """{"status":"Accepted"}"""), (read.Type, read.Id, read.Payload.GetRawText()));
    }

    [Fact]
    public void A_call_that_fails_to_serialise_leaves_no_half_frame_for_the_next()
    {
        Assert.ThrowsAny<Exception>(() => FrameWriter.Call("1", "Heartbeat", new object(), HeartbeatRequest.TypeInfo));
        Assert.Equal("""[2,"2","Heartbeat",{}]""", Encoding.UTF8.GetString(FrameWriter.Call("2", "Heartbeat", new HeartbeatRequest(), HeartbeatRequest.TypeInfo).Span));
    }

    [Fact]
    public void A_frame_larger_than_the_kept_buffer_is_whole_and_the_next_one_too()
    {
        var large = new DataTransferRequest { VendorId = "v", Data = JsonDocument.Parse($"\"{new string('x', 200_000)}\"").RootElement };
        Assert.True(FrameWriter.Call("1", "DataTransfer", large, DataTransferRequest.TypeInfo).Length > 200_000);
        Assert.Equal("""[4,"2","NotSupported","no",{}]""", Encoding.UTF8.GetString(FrameWriter.Error(MessageType.CallError, "2", "NotSupported", "no").Span));
    }

    [Fact]
    public void A_description_is_never_cut_within_a_character()
    {
        var read = FrameReader.Read(FrameWriter.Error(MessageType.CallError, "2", "NotSupported", new string('x', 254) + "😀")).Frame!.Value;
        Assert.Equal(new string('x', 254), read.ErrorDescription);
    }

    [Fact]
    public void A_description_is_cut_to_what_the_standard_allows()
    {
        var read = FrameReader.Read(FrameWriter.Error(MessageType.CallResultError, "2", "NotSupported", new string('x', 1000))).Frame!.Value;
        Assert.Equal((MessageType.CallResultError, FrameWriter.DescriptionLengthMax), (read.Type, read.ErrorDescription!.Length));
    }
}
