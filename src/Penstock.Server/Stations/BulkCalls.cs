using System.Text.Json;
using Penstock.Core.Sites;

namespace Penstock.Server.Stations;

/// <summary>The same call to many stations: a bounded number at once, a result for each, and what failed can be given again.</summary>
internal sealed class BulkCalls(StationCalls calls, CommandDesk commands)
{
    /// <summary>Stations of one bulk.</summary>
    internal const int StationsMax = 20_000;

    /// <summary>Calls on the wire at once: stations answered batches of 100 without timeouts, more came to harm in the field.</summary>
    internal const int AtOnce = 100;

    /// <returns>The bulk's id, at once; the calls go on.</returns>
    internal string Begin(IReadOnlyList<StationId> stations, string action, JsonElement payload)
    {
        var bulk = Guid.CreateVersion7().ToString("N");
        _ = RunAsync(bulk, stations, action, payload);
        return bulk;
    }

    /// <summary>Gives every command of the bulk that was not accepted again, as a bulk of its own.</summary>
    /// <returns>Null when nothing of it failed.</returns>
    internal (string Bulk, int Stations)? Retry(string bulk)
    {
        var failed = commands.OfBulk(bulk).Where(c => c.State is CommandState.Failed or CommandState.Rejected or CommandState.NoEffect).ToList();
        return failed.Count == 0 ? null : (Begin([.. failed.Select(c => c.Station)], failed[0].Action, failed[0].Payload), failed.Count);
    }

    private Task RunAsync(string bulk, IReadOnlyList<StationId> stations, string action, JsonElement payload) => Parallel.ForEachAsync(
        stations, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (station, _) => await calls.SendAsync(station, action, payload, bulk));
}
