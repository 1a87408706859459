using Penstock.Server.Hosting;

namespace Penstock.UnitTests.Server.Hosting;

public sealed class WatchedFilesTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("penstock-watched-");
    private readonly List<string> faults = [];
    private int changes;

    private string First => Path.Combine(folder.FullName, "a");

    [Fact]
    public void A_changed_added_or_lost_file_is_read_again_and_an_untouched_one_is_not()
    {
        File.WriteAllText(First, "1");
        var files = Watched(TimeSpan.Zero);
        Assert.Same(files.Current, files.Current);
        File.WriteAllText(First, "12");
        Assert.Equal("12", files.Current);
        File.WriteAllText(Path.Combine(folder.FullName, "b"), "3");
        Assert.Equal("123", files.Current);
        File.Delete(First);
        Assert.Equal(("3", 3), (files.Current, changes));
    }

    [Fact]
    public void Between_two_looks_what_was_read_stays_in_force_until_it_is_asked_to_read()
    {
        File.WriteAllText(First, "1");
        var files = Watched(TimeSpan.FromHours(1));
        File.WriteAllText(First, "12");
        Assert.Equal(("1", "12", "12"), (files.Current, files.Reload(), files.Current));
        Assert.Equal(1, changes);
    }

    [Fact]
    public void What_cannot_be_read_leaves_the_last_good_one_in_force_and_is_told_once_per_change()
    {
        File.WriteAllText(First, "1");
        var files = Watched(TimeSpan.Zero);
        File.WriteAllText(First, "bad");
        Assert.Equal(("1", "1"), (files.Current, files.Current));
        Assert.Equal(0, changes);
        Assert.Equal("bad after 1", Assert.Single(faults));
        File.WriteAllText(First, "good");
        Assert.Equal("good", files.Current);
    }

    [Fact]
    public void The_first_reading_fails_to_who_asks_for_it()
    {
        File.WriteAllText(First, "bad");
        Assert.Throws<FormatException>(() => Watched(TimeSpan.Zero));
    }

    public void Dispose() => folder.Delete(recursive: true);

    private WatchedFiles<string> Watched(TimeSpan every) => new(Paths, Read, e => faults.Add(e.Message), every) { Changed = () => changes++ };

    private IEnumerable<string> Paths() => folder.GetFiles().Select(f => f.FullName).Order(StringComparer.Ordinal);

    private string Read(string? before) => string.Concat(Paths().Select(File.ReadAllText)) is var text && text == "bad" ? throw new FormatException($"bad after {before}") : text;
}
