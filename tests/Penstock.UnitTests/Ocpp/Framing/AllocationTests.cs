using System.Text;
using Penstock.Ocpp.Framing;
using V16 = Penstock.Ocpp.V16;

namespace Penstock.UnitTests.Ocpp.Framing;

/// <summary>Bytes that a hot message allocates from its frame to its record, and from its answer to the wire. Stable figures, unlike times.</summary>
public sealed class AllocationTests
{
    private const int Rounds = 1000;

    private static readonly byte[] Heartbeat = Encoding.UTF8.GetBytes("""[2,"4711","Heartbeat",{}]""");

    private static readonly byte[] Meter = Encoding.UTF8.GetBytes(
        """[2,"4712","MeterValues",{"connectorId":1,"transactionId":17,"meterValue":[{"timestamp":"2026-04-02T09:00:00.000Z","sampledValue":[{"value":"1000","measurand":"Energy.Active.Import.Register","unit":"Wh"},{"value":"6900","measurand":"Power.Active.Import","unit":"W"},{"value":"40","measurand":"SoC","unit":"Percent"},{"value":"230.1","measurand":"Voltage","unit":"V","phase":"L1-N"}]}]}]""");

    private static readonly byte[] Event = Encoding.UTF8.GetBytes(
        """[2,"4713","TransactionEvent",{"eventType":"Updated","timestamp":"2026-04-02T09:00:00.000Z","triggerReason":"MeterValuePeriodic","seqNo":3,"transactionInfo":{"transactionId":"t1"},"evse":{"id":1},"meterValue":[{"timestamp":"2026-04-02T09:00:00.000Z","sampledValue":[{"value":1000},{"value":40,"measurand":"SoC"}]}]}]""");

    private static readonly byte[] Status = Encoding.UTF8.GetBytes(
        """[2,"4714","StatusNotification",{"timestamp":"2026-04-02T09:00:00.000Z","connectorStatus":"Available","evseId":1,"connectorId":1}]""");

    [Fact]
    public void A_frame_costs_its_id_and_its_action() => Assert.InRange(Each(() => FrameReader.Read(Meter)), 1, 160);

    [Fact]
    public void A_heartbeat_costs_at_most_320_bytes() => Assert.InRange(Each(() => Read<V16.HeartbeatRequest>(Heartbeat)), 1, 320);

    [Fact]
    public void Meter_values_of_four_samples_cost_at_most_2400_bytes() => Assert.InRange(Each(() => Read<V16.MeterValuesRequest>(Meter)), 1, 2400);

    [Fact]
    public void A_transaction_event_costs_at_most_3200_bytes() => Assert.InRange(Each(() => Read<Penstock.Ocpp.V21.TransactionEventRequest>(Event)), 1, 3200);

    [Fact]
    public void A_status_notification_costs_at_most_700_bytes() => Assert.InRange(Each(() => Read<Penstock.Ocpp.V21.StatusNotificationRequest>(Status)), 1, 700);

    [Fact]
    public void An_answer_is_composed_in_at_most_256_bytes() => Assert.InRange(
        Each(() =>
        {
            using var frame = FrameWriter.Result("4711", "{}"u8);
        }),
        0,
        256);

    private static void Read<T>(byte[] frame)
        where T : class, Penstock.Ocpp.IOcppMessage<T> => Assert.NotNull(PayloadReader.Read<T>(FrameReader.Read(frame).Frame!.Value.Payload).Message);

    private static long Each(Action what)
    {
        for (var i = 0; i < 100; i++) what();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++) what();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds;
    }
}
