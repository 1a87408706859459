using Microsoft.Extensions.Logging.Abstractions;
using Penstock.Server.Capability;

namespace Penstock.UnitTests.Server.Capability;

public sealed class QuirkShelfTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("penstock-shelf-");

    private string Shipped => Directory.CreateDirectory(Path.Combine(folder.FullName, "shipped")).FullName;

    private string Own => Directory.CreateDirectory(Path.Combine(folder.FullName, "own")).FullName;

    [Fact]
    public void The_profile_that_names_most_wins_and_a_firmware_pattern_counts()
    {
        Put(Shipped, "vendor", """{"match": {"vendor": "acme*"}, "source": "t", "stackLevel": 2}""");
        Put(Shipped, "model", """{"match": {"vendor": "Acme*", "model": "X*"}, "source": "t", "stackLevel": 3}""");
        Put(Shipped, "firmware", """{"match": {"vendor": "Acme*", "model": "X?", "firmware": "5.*", "protocols": ["ocpp1.6"]}, "source": "t", "stackLevel": 4}""");
        var shelf = Shelf();
        Assert.Equal(4, shelf.Of("ACME Corp", "x1", "5.2", "ocpp1.6").StackLevel);
        Assert.Equal(3, shelf.Of("ACME Corp", "x1", "4.9", "ocpp1.6").StackLevel);
        Assert.Equal(3, shelf.Of("ACME Corp", "x1", "5.2", "ocpp2.0.1").StackLevel);
        Assert.Equal(2, shelf.Of("ACME Corp", "Y", null, "ocpp1.6").StackLevel);
        Assert.Equal(QuirkProfile.None, shelf.Of("Other", "X1", "5.2", "ocpp1.6"));
        Assert.Equal(QuirkProfile.None, shelf.Of(null, null, null, "ocpp1.6"));
    }

    [Fact]
    public void The_operator_s_file_of_the_same_name_replaces_the_shipped_one()
    {
        Put(Shipped, "a", """{"match": {"vendor": "V"}, "source": "t", "stackLevel": 2}""");
        Put(Own, "a", """{"match": {"vendor": "V"}, "source": "t", "stackLevel": 7}""");
        var shelf = Shelf();
        Assert.Equal(7, shelf.Of("V", null, null, "ocpp1.6").StackLevel);
        Assert.Equal([("a", false)], shelf.All.Select(q => (q.Name, q.Shipped)));
    }

    [Fact]
    public void A_file_is_read_again_and_one_with_a_fault_leaves_its_last_good_version_in_force()
    {
        Put(Own, "a", """{"match": {"vendor": "V"}, "source": "t", "stackLevel": 2}""");
        var shelf = Shelf();
        Assert.Equal(2, shelf.Of("V", null, null, "ocpp1.6").StackLevel);
        Put(Own, "a", """{"match": {"vendor": "V"}, "source": "t", "stackLevel": 5}""");
        shelf.Reload();
        Assert.Equal(5, shelf.Of("V", null, null, "ocpp1.6").StackLevel);
        Put(Own, "a", """{"match": {"vendor": "V"}, "source": "t", "stackLevel": "five"}""");
        Assert.Contains("/stackLevel", shelf.Reload().Single().Faults.Single(), StringComparison.Ordinal);
        Assert.Equal(5, shelf.Of("V", null, null, "ocpp1.6").StackLevel);
        File.Delete(Path.Combine(Own, "a.json"));
        shelf.Reload();
        Assert.Equal(QuirkProfile.None, shelf.Of("V", null, null, "ocpp1.6"));
    }

    [Fact]
    public void Folders_that_are_not_there_are_empty() => Assert.Empty(new QuirkShelf(Path.Combine(folder.FullName, "no"), Path.Combine(folder.FullName, "none"), NullLogger<QuirkShelf>.Instance).All);

    public void Dispose() => folder.Delete(recursive: true);

    private QuirkShelf Shelf() => new(Shipped, Own, NullLogger<QuirkShelf>.Instance);

    private static void Put(string where, string name, string text) => File.WriteAllText(Path.Combine(where, name + ".json"), text);
}
