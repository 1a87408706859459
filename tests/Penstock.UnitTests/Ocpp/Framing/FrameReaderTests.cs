using System.Text;
using Penstock.Ocpp;
using Penstock.Ocpp.Framing;

namespace Penstock.UnitTests.Ocpp.Framing;

public sealed class FrameReaderTests
{
    [Theory]
    [InlineData("""[2,"7","Heartbeat",{}]""", "7")]
    [InlineData("""[2, "7", "Heartbeat", {}]""", "7")]
    [InlineData("""[2,7,"Heartbeat",{}]""", "7")]
    [InlineData("""[2,"7","Heartbeat"]""", "7")]
    public void What_stations_in_the_field_send_is_read(string text, string id)
    {
        var (frame, fault) = Read(text);
        Assert.Null(fault);
        Assert.Equal((MessageType.Call, id, "Heartbeat"), (frame!.Value.Type, frame.Value.Id, frame.Value.Action!));
    }

    [Theory]
    [InlineData("", null, OcppError.RpcFrameworkError)]
    [InlineData("{}", null, OcppError.RpcFrameworkError)]
    [InlineData("[2", null, OcppError.RpcFrameworkError)]
    [InlineData("[2]", null, OcppError.RpcFrameworkError)]
    [InlineData("""[2,"",{}]""", null, OcppError.RpcFrameworkError)]
    [InlineData("""[2,"1234567890123456789012345678901234567","Heartbeat",{}]""", null, OcppError.RpcFrameworkError)]
    [InlineData("""[9,"7","Heartbeat",{}]""", "7", OcppError.MessageTypeNotSupported)]
    [InlineData("""["2","7","Heartbeat",{}]""", "7", OcppError.MessageTypeNotSupported)]
    [InlineData("""[2,"7",{}]""", "7", OcppError.ProtocolError)]
    [InlineData("""[2,"7","\ud800",{}]""", "7", OcppError.ProtocolError)]
    [InlineData("""[2,"7","Heartbeat",[]]""", "7", OcppError.FormatViolation)]
    public void A_bad_frame_is_a_value_with_a_code(string text, string? id, string code)
    {
        var (frame, fault) = Read(text);
        Assert.Null(frame);
        Assert.Equal((id, code), (fault!.Id, fault.Code));
    }

    [Fact]
    public void A_payload_is_a_slice_of_its_frame()
    {
        var bytes = Encoding.UTF8.GetBytes("""[ 2 , "7" , "Heartbeat" , { "a" : [1, 2] } , "more" ]""");
        var payload = FrameReader.Read(bytes).Frame!.Value.Payload;
        Assert.Equal("""{ "a" : [1, 2] }""", payload.GetRawText());
        bytes[Array.LastIndexOf(bytes, (byte)'a')] = (byte)'b';
        Assert.Equal("""{ "b" : [1, 2] }""", payload.GetRawText());
    }

    [Theory]
    [InlineData("""[2,"7","Heartbeat",{}]]""")]
    [InlineData("""[2,"7","Heartbeat",{}] []""")]
    [InlineData("""[2,"7","Heartbeat",{"a":}]""")]
    [InlineData("""[2,"7","Heartbeat",{},1,2,3,{]""")]
    public void All_of_a_frame_is_well_formed_or_none_of_it_counts(string text) => Assert.Equal(OcppError.RpcFrameworkError, Read(text).Fault!.Code);

    [Theory]
    [InlineData(0xff)]
    [InlineData(0xed, 0xa0, 0x80)] // a lone surrogate
    public void Bytes_that_are_no_UTF_8_are_no_frame_wherever_they_stand(params int[] bytes)
    {
        var frame = Encoding.UTF8.GetBytes("""[2,"7","DataTransfer",{"vendorId":"v","?":1}]""").ToList();
        frame.InsertRange(frame.IndexOf((byte)'?'), bytes.Select(b => (byte)b));
        Assert.Equal(OcppError.RpcFrameworkError, FrameReader.Read(frame.ToArray()).Fault!.Code);
    }

    [Theory]
    [InlineData(31, true)]
    [InlineData(32, false)]
    public void Depth_ends_at_32(int within, bool fits) =>
        Assert.Equal(fits, Read("[2,\"7\",\"X\"," + string.Concat(Enumerable.Repeat("{\"a\":", within - 1)) + "{}" + new string('}', within - 1) + "]").Fault is null);

    [Fact]
    public void Two_hundred_thousand_mutations_of_seed_2026_never_throw()
    {
        var seed = Encoding.UTF8.GetBytes("""[2,"a1","TransactionEvent",{"eventType":"Started","meterValue":[{"sampledValue":[{"value":-12.5}]}]}]""");
        var random = new Random(2026);
        for (var i = 0; i < 200_000; i++)
        {
            var bytes = seed[..random.Next(seed.Length / 2, seed.Length + 1)];
            for (var k = random.Next(4); k >= 0; k--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var (frame, fault) = FrameReader.Read(bytes);
            Assert.True((frame is null) != (fault is null));
            if (frame is { Type: MessageType.Call }) _ = PayloadReader.Read<Penstock.Ocpp.V21.TransactionEventRequest>(frame.Value.Payload);
        }
    }

    private static (OcppFrame? Frame, FrameFault? Fault) Read(string text) => FrameReader.Read(Encoding.UTF8.GetBytes(text));
}
