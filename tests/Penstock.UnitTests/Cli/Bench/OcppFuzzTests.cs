using System.Text;
using Penstock.Cli.Bench;
using Penstock.Ocpp;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.Rpc;

namespace Penstock.UnitTests.Cli.Bench;

public sealed class OcppFuzzTests
{
    [Theory]
    [InlineData(OcppVersion.V16)]
    [InlineData(OcppVersion.V201)]
    [InlineData(OcppVersion.V21)]
    public void Nearly_every_sample_is_a_valid_message_so_that_mutations_begin_close_to_one(OcppVersion version)
    {
        var samples = OcppSample.Of(version, whole: true).Concat(OcppSample.Of(version, whole: false)).ToList();
        Assert.Equal(2 * OcppCatalogue.Actions(version).Count, samples.Count);
        var broken = samples.Where(s => PayloadReader.Read(new JsonPayload(Encoding.UTF8.GetBytes(s.Payload)), OcppCatalogue.Actions(version)[s.Action].Request).Violation is not null).Select(s => s.Action).ToList();
        Assert.True(broken.Count * 20 <= samples.Count, string.Join(' ', broken));
    }

    [Fact]
    public async Task A_hundred_thousand_mutations_of_seed_1_break_neither_framing_nor_parser()
    {
        var seen = await OcppFuzz.RunAsync(100_000, 1, handledEvery: 0, TestContext.Current.CancellationToken);
        Assert.Equal((100_000, 0), (seen.Inputs, seen.Faults.Count));
        Assert.InRange(seen.Accepted, 1_000, 90_000); // both ways out are taken
    }

    [Fact]
    public async Task What_the_handlers_of_a_server_reject_leaves_no_row()
    {
        var seen = await OcppFuzz.RunAsync(2_000, 2, handledEvery: 2, TestContext.Current.CancellationToken);
        Assert.True(seen.Faults.Count == 0, string.Join(Environment.NewLine, seen.Faults));
        Assert.InRange(seen.Handled, 100, 1_000);
        Assert.InRange(seen.Answered, 10, seen.Handled - 10);
    }

    [Fact]
    public void One_seed_makes_one_row_of_inputs()
    {
        var frame = Encoding.UTF8.GetBytes("""[2,"7","Heartbeat",{"a":1}]""");
        var (one, two) = (new OcppMutation(new Random(7)), new OcppMutation(new Random(7)));
        for (var i = 0; i < 1000; i++) Assert.Equal(one.Of(frame), two.Of(frame));
    }
}
