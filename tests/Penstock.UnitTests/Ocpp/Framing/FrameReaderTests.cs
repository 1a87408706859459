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
        Assert.Equal((MessageType.Call, id, "Heartbeat"), (frame!.Type, frame.Id, frame.Action!));
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
            if (frame is { Type: MessageType.Call }) _ = PayloadReader.Read<Penstock.Ocpp.V21.TransactionEventRequest>(frame.Payload);
        }
    }

    private static (OcppFrame? Frame, FrameFault? Fault) Read(string text) => FrameReader.Read(Encoding.UTF8.GetBytes(text));
}
