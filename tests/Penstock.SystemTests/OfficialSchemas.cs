using System.Collections.Concurrent;
using NJsonSchema;
using Penstock.UnitTests.Ocpp;

namespace Penstock.SystemTests;

/// <summary>Holds every message that the tests see on the wire against the official schema of its version. Without ../shared nothing is checked here (OfficialSchemaTests skip and say so).</summary>
internal static class OfficialSchemas
{
    private static readonly string Root = Path.Combine(Schemas.Checkout(), "..", "shared", "ocpp");
    private static readonly ConcurrentDictionary<string, JsonSchema> Read = new();

    /// <param name="version">1.6, 2.0.1 or 2.1, or the subprotocol.</param>
    /// <returns>What is wrong with the message; null = nothing, or no schema is here.</returns>
    internal static async Task<string?> FaultAsync(string version, string action, bool request, string payload)
    {
        var folder = Path.Combine(Root, version.Replace("ocpp", "", StringComparison.Ordinal));
        if (!Directory.Exists(folder)) return null;
        var file = new[] { $"{action}{(request ? "" : "Response")}.json", $"{action}{(request ? "Request" : "Response")}.json" }.Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists);
        if (file is null) return $"{version} has no {action}";
        if (!Read.TryGetValue(file, out var schema)) Read[file] = schema = await JsonSchema.FromFileAsync(file, TestContext.Current.CancellationToken);
        var faults = schema.Validate(payload);
        return faults.Count == 0 ? null : $"{version} {action}{(request ? "" : " response")}: {string.Join("; ", faults)}: {payload}";
    }
}
