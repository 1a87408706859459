using System.CommandLine;
using Penstock.Server.Capability;

namespace Penstock.Cli.Quirks;

/// <summary>penstock quirks check: validates quirk files before a server reads them.</summary>
internal static class QuirksCommand
{
    internal static Command Create() => new("quirks", "Quirk profiles: how station models leave the standard, as files") { Check() };

    private static Command Check()
    {
        var files = new Argument<string[]>("FILE") { Description = "Quirk files, or folders of them (docs/reference/quirks.md)", Arity = ArgumentArity.OneOrMore };
        var command = new Command("check", "Tells every fault of quirk files: file, path, value, what was expected") { files };
        command.SetAction(parsed => Run(parsed.GetValue(files)!, Console.Out, Console.Error));
        return command;
    }

    /// <returns>0 without a fault, 3 with any.</returns>
    internal static int Run(string[] files, TextWriter output, TextWriter error)
    {
        var faults = 0;
        foreach (var file in files.SelectMany(f => Directory.Exists(f) ? Directory.GetFiles(f, "*.json").Order(StringComparer.Ordinal) : Enumerable.Repeat(f, 1)))
        {
            var (profile, wrong) = QuirkFile.Read(file);
            if (profile is not null) output.WriteLine($"{file}: {profile.Match.Vendor ?? "*"} {profile.Match.Model ?? "*"} {profile.Match.Firmware ?? "*"} {string.Join(',', profile.Match.Protocols)}".TrimEnd());
            foreach (var fault in wrong) error.WriteLine(fault);
            faults += wrong.Count;
        }

        return faults == 0 ? 0 : 3;
    }
}
