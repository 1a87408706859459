using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Der;

/// <summary>The DER side of a 2.1 station: it keeps what it is given and reports it.</summary>
internal sealed class DerStation
{
    private static readonly (string Member, string Report, string Inner)[] Shapes =
    [
        ("curve", "curve", "curve"), ("enterService", "enterService", "enterService"), ("fixedPFAbsorb", "fixedPFAbsorb", "fixedPF"), ("fixedPFInject", "fixedPFInject", "fixedPF"),
        ("fixedVar", "fixedVar", "fixedVar"), ("freqDroop", "freqDroop", "freqDroop"), ("gradient", "gradient", "gradient"), ("limitMaxDischarge", "limitMaxDischarge", "limitMaxDischarge"),
    ];

    private readonly ConcurrentQueue<JsonElement> asked = new();
    private readonly SemaphoreSlim speaking = new(1, 1);

    internal ConcurrentDictionary<string, JsonElement> Controls { get; } = new();

    /// <summary>What it says to SetDERControl.</summary>
    internal string Says { get; set; } = """{"status":"Accepted"}""";

    internal string? Answer(string action, JsonElement payload)
    {
        switch (action)
        {
            case "SetDERControl":
                if (Says.Contains("Accepted", StringComparison.Ordinal)) Controls[payload.GetProperty("controlId").GetString()!] = payload;
                return Says;
            case "ClearDERControl":
                return Controls.TryRemove(payload.GetProperty("controlId").GetString()!, out _) ? """{"status":"Accepted"}""" : """{"status":"NotFound"}""";
            case "GetDERControl":
                if (Matching(payload).Count == 0) return """{"status":"NotFound"}""";
                asked.Enqueue(payload);
                return """{"status":"Accepted"}""";
            default:
                return RawStation.Obedient(action, payload);
        }
    }

    /// <summary>Reports whatever is asked for until the link ends, one control per part.</summary>
    internal void Serve(RawStation station, Func<JsonObject, JsonObject>? changed = null) => _ = ServeAsync(station, changed);

    /// <summary>Calls the central system beside the reports.</summary>
    internal async Task<JsonElement> CallAsync(RawStation station, string action, string payload)
    {
        await speaking.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            return await station.CallAsync(action, payload, TestContext.Current.CancellationToken);
        }
        finally
        {
            speaking.Release();
        }
    }

    private async Task ServeAsync(RawStation station, Func<JsonObject, JsonObject>? changed)
    {
        while (station.IsOpen)
        {
            if (!asked.TryDequeue(out var question))
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
                continue;
            }

            var all = Matching(question);
            for (var i = 0; i < all.Count && station.IsOpen; i++)
            {
                var part = new JsonObject { ["requestId"] = question.GetProperty("requestId").GetInt32(), ["tbc"] = i < all.Count - 1 };
                var (member, report, inner) = Shapes.Single(s => all[i].TryGetProperty(s.Member, out _));
                var setting = JsonObject.Create(all[i].GetProperty(member))!;
                var row = new JsonObject { ["id"] = all[i].GetProperty("controlId").GetString(), [inner] = changed?.Invoke(setting) ?? setting };
                if (member == "curve") row["curveType"] = all[i].GetProperty("controlType").GetString();
                if (member is not ("enterService" or "gradient")) (row["isDefault"], row["isSuperseded"]) = (all[i].GetProperty("isDefault").GetBoolean(), false);
                part[report] = new JsonArray(row);
                await CallAsync(station, "ReportDERControl", part.ToJsonString());
            }
        }
    }

    private List<JsonElement> Matching(JsonElement question) =>
        [.. Controls.OrderBy(c => c.Key, StringComparer.Ordinal).Where(c => !question.TryGetProperty("controlId", out var id) || id.GetString() == c.Key).Select(c => c.Value)];
}
