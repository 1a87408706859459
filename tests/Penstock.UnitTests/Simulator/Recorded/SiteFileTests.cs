using Penstock.Simulator.Recorded;
using Penstock.UnitTests.Ocpp;

namespace Penstock.UnitTests.Simulator.Recorded;

public sealed class SiteFileTests : IDisposable
{
    private readonly Files files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void All_faults_are_told_at_once_with_path_value_and_expectation()
    {
        var path = files.Write("site.json", """
            {
              "name": "x", "timeZone": "Mars/Olympus", "currency": "euro", "importKw": -5, "colour": "red",
              "nodes": [ { "id": "a", "parent": "b", "importKw": 10 }, { "id": "a", "kind": "ladder", "importKw": "ten" } ],
              "evse": { "chargeKw": 7.2, "dischargeKw": 99999 },
              "vehicle": { "chargeEfficiency": 1.5 }
            }
            """);
        var message = Assert.Throws<RecordedFileUnusableException>(() => SiteFile.Read(path)).Message;
        foreach (var expected in new[]
                 {
                     "timeZone: Mars/Olympus", "currency: euro", "importKw: -5", "colour: unknown", "nodes[0].parent: b", "nodes[1].id: a", "nodes[1].kind: ladder", "nodes[1].importKw: \"ten\"",
                     "evse.dischargeKw: 99999", "vehicle.chargeEfficiency: 1.5",
                 })
        {
            Assert.Contains(expected, message);
        }

        Assert.Contains("10 faults", message);
    }

    [Theory]
    [InlineData("{ \"name\": ", "no JSON")]
    [InlineData("[]", "no object")]
    public void What_is_no_site_is_refused(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<RecordedFileUnusableException>(() => SiteFile.Read(files.Write("site.json", text))).Message);

    [Fact]
    public void The_samples_are_valid()
    {
        var samples = Directory.GetFiles(Path.Combine(Schemas.Checkout(), "samples", "simulate"), "*.json");
        Assert.NotEmpty(samples);
        Assert.All(samples, s => Assert.True(SiteFile.Read(s).EvseChargeKw > 0));
    }
}
