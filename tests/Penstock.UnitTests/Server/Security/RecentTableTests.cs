using CsCheck;
using Penstock.Server.Security;

namespace Penstock.UnitTests.Server.Security;

public sealed class RecentTableTests
{
    [Fact]
    public void It_holds_the_keys_that_were_touched_last_and_no_more() => Gen.Select(Gen.Int[1, 8], Gen.Int[0, 15].Array[0, 200]).Sample((most, touched) =>
    {
        var table = new RecentTable<int, int>(most);
        foreach (var key in touched) table.Change(key, n => (n + 1, true));
        var last = touched.Reverse().Distinct().Take(most).ToHashSet();
        Assert.Equal(last.Count, table.Count);
        Assert.All(Enumerable.Range(0, 16), key => Assert.Equal(last.Contains(key), table.Find(key) > 0));
    });

    [Fact]
    public void What_was_removed_reads_as_the_default()
    {
        var table = new RecentTable<string, string>(2);
        table.Put("a", "1");
        table.Remove("a");
        table.Remove("b");
        Assert.Null(table.Find("a"));
        Assert.Equal(0, table.Count);
    }
}
