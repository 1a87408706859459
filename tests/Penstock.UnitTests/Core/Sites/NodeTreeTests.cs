using CsCheck;
using Penstock.Core.Sites;
using Penstock.Core.Units;

namespace Penstock.UnitTests.Core.Sites;

/// <summary>Powers under a tree of limits, and under limits on groups beside it.</summary>
public sealed class NodeTreeTests
{
    private static readonly string[] Cabinets = ["a", "a", "a", "b", "b"];

    [Fact]
    public void Every_node_and_group_holds_its_limits_whatever_is_wished_for() =>
        Gen.Select(Gen.Double[-30, 30].Array[5], Gen.Double[-30, 0].Array[5], Gen.Double[0, 60].Array[3], Gen.Double[0, 60].Array[3], Gen.Double[0, 40], Gen.Double[0, 40]).Sample((wish, below, import, export, groupImport, groupExport) =>
        {
            int[] group = [1, 2, 3]; // across the cabinets
            var tree = new NodeTree(Site(import, export), Cabinets, [new GroupLimit(Node("g", null, groupImport, groupExport), group)]);
            var power = wish.ToArray();
            tree.HoldSafely([.. wish.Select((w, i) => w + below[i])], power);
            Held([0, 1, 2, 3, 4], import[0], export[0]);
            Held([0, 1, 2], import[1], export[1]);
            Held([3, 4], import[2], export[2]);
            Held(group, groupImport, groupExport);
            for (var i = 0; i < power.Length; i++) Assert.InRange(power[i], Math.Min(0, wish[i]) - 1e-9, Math.Max(0, wish[i]) + 1e-9); // only less of what was wished for

            void Held(int[] members, double most, double least)
            {
                Assert.True(members.Sum(i => Math.Min(0, power[i])) >= -least - 1e-6, "gives too much");
                Assert.True(members.Sum(i => power[i]) <= most + 1e-6, "takes too much");
            }
        });

    [Fact]
    public void What_a_parent_takes_from_the_discharge_is_not_charged_on_below_it()
    {
        double[] power = [20, 20, -35, 0, 0];
        new NodeTree(Site([100, 10, 100], [5, 100, 100]), Cabinets).HoldSafely([20, 20, -35, 0, 0], power);
        Assert.Equal((-5.0, 15.0), (power[2], power[0] + power[1])); // 10 kW in at the cabinet; before, 35 kW
    }

    private static SiteLayout Site(double[] import, double[] export) => new(
        new SiteId("s"), "S", "Asia/Shanghai", null, null, Power.Zero, true, [Node("poc", null, import[0], export[0]), Node("a", "poc", import[1], export[1]), Node("b", "poc", import[2], export[2])], []);

    private static LimitNode Node(string id, string? parent, double import, double export) => new(id, parent, id, LimitSource.Cabinet, Power.FromKilowatts(import), Power.FromKilowatts(export));
}
