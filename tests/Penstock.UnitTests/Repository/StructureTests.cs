using System.Text.RegularExpressions;
using System.Xml.Linq;
using Penstock.UnitTests.Ocpp;

namespace Penstock.UnitTests.Repository;

/// <summary>The rules of the tree, read from the project files and sources themselves.</summary>
public sealed partial class StructureTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Penstock.Solvers"] = [],
        ["Penstock.Ocpp"] = [],
        ["Penstock.Core"] = ["Penstock.Solvers"],
        ["Penstock.Server"] = ["Penstock.Core", "Penstock.Ocpp"],
        ["Penstock.Simulator"] = ["Penstock.Core", "Penstock.Ocpp"],
        ["Penstock.Cli"] = ["Penstock.Server", "Penstock.Simulator"],
    };

    private static string Source => Path.Combine(Schemas.Checkout(), "src");

    [Fact]
    public void Projects_refer_only_along_the_arrows()
    {
        foreach (var file in Directory.GetFiles(Source, "*.csproj", SearchOption.AllDirectories))
        {
            var seen = XDocument.Load(file).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));
            Assert.Subset(Allowed[Path.GetFileNameWithoutExtension(file)].ToHashSet(), seen.ToHashSet());
        }
    }

    [Theory]
    [InlineData("Penstock.Core")]
    [InlineData("Penstock.Solvers")]
    public void Core_and_solvers_have_no_clock_no_io_and_no_task(string project)
    {
        foreach (var (file, text) in Sources(project)) Assert.False(Impure().IsMatch(text), $"{file}: {Impure().Match(text).Value}");
    }

    [Fact]
    public void No_type_is_called_by_a_name_that_was_not_found()
    {
        foreach (var (file, text) in Sources("")) Assert.False(Nameless().IsMatch(text), $"{file}: {Nameless().Match(text).Value}");
    }

    private static IEnumerable<(string File, string Text)> Sources(string project) =>
        Directory.GetFiles(Path.Combine(Source, project), "*.cs", SearchOption.AllDirectories).Where(f => !f.EndsWith(".g.cs", StringComparison.Ordinal)).Select(f => (f, File.ReadAllText(f)));

    [GeneratedRegex(@"\b(TimeProvider|SystemClock|Stopwatch|DateTime\.\w*Now|File\.|Directory\.|HttpClient|Socket|ILogger|Task\.Run|async |Guid\.NewGuid|Environment\.)")]
    private static partial Regex Impure();

    [GeneratedRegex(@"\b(class|record|struct|interface) \w*(Manager|Helper|Helpers|Util|Utils|Services)\b")]
    private static partial Regex Nameless();
}
