using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Penstock.Cli;
using Penstock.UnitTests.Ocpp;

namespace Penstock.UnitTests.Repository;

/// <summary>What every tracked text promises: form, links, commands.</summary>
public sealed partial class TextTests
{
    /// <summary>Lines of code; tables in documents may be longer.</summary>
    private const int LineMax = 300;

    private static readonly string[] Texts = [".cs", ".csproj", ".props", ".json", ".md", ".ts", ".svelte", ".css", ".html", ".mjs", ".sql", ".slnx", ".editorconfig", ""];

    [Fact]
    public void Texts_are_UTF_8_without_a_mark_with_LF_and_no_trailing_space_and_end_in_a_newline()
    {
        var faults = new List<string>();
        foreach (var file in Tracked().Where(f => Texts.Contains(Path.GetExtension(f)) && Path.GetFileName(f) is not ("LICENSE" or "packages.lock.json")))
        {
            var bytes = File.ReadAllBytes(file);
            if (bytes.Length == 0) continue;
            if (bytes is [0xEF, 0xBB, 0xBF, ..]) faults.Add($"{file}: byte order mark");
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
            if (text.Contains('\r')) faults.Add($"{file}: carriage return");
            if (!text.EndsWith('\n')) faults.Add($"{file}: no newline at the end");
            var lines = text.Split('\n');
            for (var n = 0; n < lines.Length; n++)
            {
                if (!file.EndsWith(".md", StringComparison.Ordinal) && lines[n].EndsWith(' ')) faults.Add($"{file}:{n + 1}: trailing space");
                if (file.EndsWith(".cs", StringComparison.Ordinal) && lines[n].Contains('\t')) faults.Add($"{file}:{n + 1}: tab");
                if (file.EndsWith(".cs", StringComparison.Ordinal) && !file.EndsWith(".g.cs", StringComparison.Ordinal) && lines[n].Length > LineMax && !lines[n].Contains("\"\"\"", StringComparison.Ordinal)) faults.Add($"{file}:{n + 1}: {lines[n].Length} characters");
            }
        }

        Assert.True(faults.Count == 0, string.Join(Environment.NewLine, faults.Take(40)));
    }

    [Fact]
    public void Every_relative_link_of_a_document_leads_somewhere()
    {
        foreach (var file in Documents())
        {
            foreach (Match link in Link().Matches(File.ReadAllText(file)))
            {
                var target = link.Groups[1].Value.Split('#')[0];
                if (target.Length == 0 || target.Contains("://", StringComparison.Ordinal)) continue;
                var path = Path.Combine(Path.GetDirectoryName(file)!, target);
                Assert.True(File.Exists(path) || Directory.Exists(path), $"{file}: {target}");
            }
        }
    }

    [Fact]
    public void Every_command_in_the_documents_is_one_that_the_program_knows()
    {
        var known = 0;
        foreach (var file in Documents())
        {
            foreach (Match command in Command().Matches(File.ReadAllText(file)))
            {
                var arguments = command.Groups[1].Value.Split('#')[0].Trim();
                if (arguments is "test" or "COMMAND --help" or "") continue;
                var parsed = PenstockCommand.Root().Parse(arguments);
                if (!arguments.EndsWith("--help", StringComparison.Ordinal) && !(arguments == "simulate")) Assert.True(parsed.Errors.Count == 0, $"{file}: ./penstock {arguments}: {string.Join("; ", parsed.Errors)}");
                known++;
            }
        }

        Assert.True(known > 8);
    }

    [Fact]
    public void Every_feature_folder_has_its_page()
    {
        var source = Path.Combine(Schemas.Checkout(), "src");
        var without = Directory.GetDirectories(source).SelectMany(Directory.GetDirectories)
            .Where(d => Directory.GetFiles(d, "*.cs").Any(f => !f.EndsWith(".g.cs", StringComparison.Ordinal)) && Path.GetFileName(d) is not ("bin" or "obj"))
            .Where(d => !File.Exists(Path.Combine(d, "README.md"))).ToList();
        Assert.Empty(without);
    }

    [Fact]
    public void Every_word_of_the_glossary_is_there_in_both_languages()
    {
        var rows = File.ReadAllLines(Path.Combine(Schemas.Checkout(), "docs", "glossary.md")).Where(l => l.StartsWith('|')).Skip(2).Select(l => l.Trim('|').Split('|')).ToList();
        Assert.True(rows.Count > 20);
        Assert.All(rows, r => Assert.True(r.Length == 4 && r.All(c => c.Trim().Length > 0) && r[1].Any(c => c > 0x3000), string.Join('|', r)));
    }

    [Fact]
    public void The_generated_messages_are_what_the_generator_makes_today()
    {
        var (schemas, checkout) = (Schemas.Root(), Schemas.Checkout());
        var made = Directory.CreateTempSubdirectory("penstock-generated-");
        try
        {
            Run("dotnet", checkout, "run", "--project", "tools/Penstock.Ocpp.Generator", "--", schemas, made.FullName);
            foreach (var file in Directory.GetFiles(made.FullName, "*.g.cs", SearchOption.AllDirectories))
            {
                var committed = Path.Combine(checkout, "src", "Penstock.Ocpp", Path.GetRelativePath(made.FullName, file));
                Assert.Equal(File.ReadAllText(committed), File.ReadAllText(file));
            }

            Assert.NotEmpty(Directory.GetFiles(made.FullName, "*.g.cs", SearchOption.AllDirectories));
        }
        finally
        {
            made.Delete(recursive: true);
        }
    }

    private static IEnumerable<string> Documents() => Tracked().Where(f => f.EndsWith(".md", StringComparison.Ordinal));

    private static List<string> Tracked() =>
        [.. Run("git", Schemas.Checkout(), "ls-files", "--cached", "--others", "--exclude-standard").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(f => Path.Combine(Schemas.Checkout(), f)).Where(File.Exists)];

    private static string Run(string program, string folder, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.SkipUnless(process.ExitCode == 0 || program != "git", "This is no git checkout.");
            Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {output}{error.GetAwaiter().GetResult()}");
            return output;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{program} is missing.");
            throw;
        }
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^(?:\| )?`?\./penstock ?([^`\n|]*)", RegexOptions.Multiline)]
    private static partial Regex Command();
}
