using System.Text.Json;

namespace Penstock.Server.Capability;

/// <summary>Reads a quirk file whole or not at all. Every fault is told: file, path, value, what was expected.</summary>
public static class QuirkFile
{
    /// <summary>Larger files are refused.</summary>
    public const int BytesMax = 64 * 1024;

    private static readonly JsonDocumentOptions Options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 8 };

    /// <returns>The profile, named after its file; null with faults.</returns>
    public static (QuirkProfile? Profile, IReadOnlyList<string> Faults) Read(string path)
    {
        var file = Path.GetFileName(path);
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists) return (null, [$"{path}: there is no such file"]);
            if (info.Length > BytesMax) return (null, [$"{file}: {info.Length} bytes; at most {BytesMax} were expected"]);
            return Parse(file, File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, [$"{path}: cannot be read: {e.Message}"]);
        }
    }

    public static (QuirkProfile? Profile, IReadOnlyList<string> Faults) Parse(string file, string text)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text, Options);
        }
        catch (JsonException e)
        {
            return (null, [$"{file}:{e.LineNumber + 1}:{e.BytePositionInLine + 1}: no JSON: {e.Message.Split(" LineNumber")[0]}"]);
        }

        using (document)
        {
            var faults = new List<string>();
            var profile = new QuirkProfile { Name = Path.GetFileNameWithoutExtension(file) };
            if (document.RootElement.ValueKind != JsonValueKind.Object) return (null, [$"{file}: {Shown(document.RootElement)}; an object was expected"]);
            profile = Fields(file, "", document.RootElement, QuirkFields.All, profile, faults, (name, value, soFar) => QuirkFields.Parts.FirstOrDefault(p => p.Name == name) is not { Name: not null } part ? null
                : value.ValueKind == JsonValueKind.Object ? Fields(file, name + "/", value, part.Fields, soFar, faults, null) : Wrong(file, name, value, "an object of " + Names(part.Fields), faults, soFar));
            if (profile.Match is { Vendor: null, Model: null } && faults.Count == 0) faults.Add($"{file}: /match: names neither vendor nor model; at least one of them was expected, a profile for every station is none");
            if (faults.Count == 0 && profile.DataTransfer is { } template)
            {
                faults.AddRange(template.Faults().Select(f => $"{file}: /dataTransfer/{f.Field}: {f.Fault}"));
                if (profile.NegativeLimits is not null) faults.Add($"{file}: /negativeLimits: told beside dataTransfer; one way to discharge was expected");
            }

            if (profile.Source.Length == 0 && !document.RootElement.TryGetProperty("source", out _)) faults.Add($"{file}: /source: missing; a text that says where the quirk is known from was expected");
            return faults.Count == 0 ? (profile, []) : (null, faults);
        }
    }

    private static QuirkProfile Fields(
        string file, string path, JsonElement json, IEnumerable<QuirkField> known, QuirkProfile profile, List<string> faults, Func<string, JsonElement, QuirkProfile, QuirkProfile?>? part)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in json.EnumerateObject())
        {
            if (!seen.Add(property.Name))
            {
                faults.Add($"{file}: /{path}{property.Name}: told twice; once was expected");
            }
            else if (part?.Invoke(property.Name, property.Value, profile) is { } inner)
            {
                profile = inner;
            }
            else if (known.FirstOrDefault(f => f.Name == property.Name) is not { } field)
            {
                faults.Add($"{file}: /{path}{property.Name}: an unknown field; one of {Names(known)} was expected");
            }
            else
            {
                profile = field.Take(property.Value, profile) ?? Wrong(file, path + field.Name, property.Value, field.Expected, faults, profile);
            }
        }

        return profile;
    }

    private static QuirkProfile Wrong(string file, string path, JsonElement value, string expected, List<string> faults, QuirkProfile profile)
    {
        faults.Add($"{file}: /{path}: {Shown(value)}; {expected} was expected");
        return profile;
    }

    private static string Names(IEnumerable<QuirkField> fields) => string.Join(", ", fields.Select(f => f.Name));

    private static string Shown(JsonElement value) => value.GetRawText() is { Length: > 60 } text ? text[..60] + "..." : value.GetRawText();
}
