using Penstock.Server.Hosting;

namespace Penstock.UnitTests.Server.Hosting;

public sealed class TrimRuleTests
{
    [Fact]
    public void The_heap_is_compacted_once_a_crowd_has_come_to_rest() => Assert.Equal([5], Due(0, 3000, 9000, 14_000, 14_990, 15_000, 15_000, 15_050));

    [Fact]
    public void A_few_stations_are_no_crowd() => Assert.Empty(Due(10, 900, 900, 950, 950));

    [Fact]
    public void A_crowd_that_left_and_comes_back_is_one_again() => Assert.Equal([1, 5], Due(5000, 5000, 200, 200, 5000, 5000, 5000));

    private static IEnumerable<int> Due(params int[] counts)
    {
        var rule = new TrimRule();
        for (var i = 0; i < counts.Length; i++)
        {
            if (rule.Due(counts[i])) yield return i;
        }
    }
}
