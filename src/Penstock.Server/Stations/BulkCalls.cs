using System.Collections.Concurrent;
using Penstock.Core.Sites;
using Penstock.Server.Hosting;
using Penstock.Server.Storage;

namespace Penstock.Server.Stations;

/// <summary>The same call to many stations: a first stage whose results a person looks at, a bounded number at once, a result for each, an end when too many fail, and what failed can be given again.</summary>
internal sealed class BulkCalls
{
    /// <summary>Stations of one bulk.</summary>
    internal const int StationsMax = 20_000;

    /// <summary>Calls on the wire at once: stations answered batches of 100 without timeouts, more came to harm in the field.</summary>
    internal const int AtOnce = 100;

    /// <summary>Bulks remembered; the oldest go, and with them what they left.</summary>
    internal const int KeptMax = 100;

    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<string, Run> running = new();
    private readonly StationCalls calls;
    private readonly CommandDesk commands;
    private readonly SqlStore store;
    private readonly TimeProvider time;

    public BulkCalls(StationCalls calls, CommandDesk commands, SqlStore store, TimeProvider time)
    {
        (this.calls, this.commands, this.store, this.time) = (calls, commands, store, time);
        foreach (var cut in Query("WHERE json_extract(body, '$.state') = 'Running'", new { })) Rest(cut, commands.OfBulk(cut.Id).Select(c => c.Station), BulkStop.Restarted);
    }

    /// <summary>Newest first.</summary>
    internal IReadOnlyList<Bulk> All => Query("ORDER BY began_at DESC, bulk_id DESC", new { });

    internal Bulk? Find(string id) => Query("WHERE bulk_id = @id", new { id }).FirstOrDefault();

    /// <summary>On disk when this returns; the calls go on.</summary>
    internal Bulk Begin(BulkPlan plan)
    {
        var bulk = new Bulk(Guid.CreateVersion7().ToString("N"), time.Now(), plan, BulkState.Running, plan.Stations, null);
        store.Execute("INSERT INTO bulk (bulk_id, began_at, body) VALUES (@Id, @At, @Body)", new { bulk.Id, At = bulk.BeganAt.ToUnixTimeMilliseconds(), Body = StorageJson.Write(bulk) });
        store.Execute("DELETE FROM bulk WHERE bulk_id NOT IN (SELECT bulk_id FROM bulk ORDER BY began_at DESC, bulk_id DESC LIMIT @KeptMax)", new { KeptMax });
        _ = RunAsync(bulk, plan.First ?? plan.Stations.Count);
        return bulk;
    }

    /// <summary>Asks the stations that are left, all of them; failures count from 0 again.</summary>
    /// <returns>Null when it runs, has no station left, or is unknown.</returns>
    internal Bulk? Continue(string id)
    {
        lock (gate)
        {
            if (Find(id) is not { State: BulkState.Waiting or BulkState.Stopped } bulk) return null;
            var going = Save(bulk with { State = BulkState.Running, Stop = null });
            _ = RunAsync(going, going.Left.Count);
            return going;
        }
    }

    /// <summary>No further station is asked; those on the wire finish.</summary>
    /// <returns>False when there is nothing to stop.</returns>
    internal bool Stop(string id)
    {
        lock (gate)
        {
            if (running.TryGetValue(id, out var run)) return run.Stop(BulkStop.Operator);
            if (Find(id) is not { State: BulkState.Waiting } bulk) return false;
            Save(bulk with { State = BulkState.Stopped, Stop = BulkStop.Operator });
            return true;
        }
    }

    /// <summary>Gives every command of the bulk that was not accepted again, as a bulk of its own.</summary>
    /// <returns>Null when nothing of it failed.</returns>
    internal Bulk? Retry(string bulk)
    {
        var failed = commands.OfBulk(bulk).Where(HasFailed).ToList();
        return failed.Count == 0 ? null : Begin(new BulkPlan([.. failed.Select(c => c.Station)], failed[0].Action, failed[0].Payload, FailuresMax: Find(bulk)?.Plan.FailuresMax));
    }

    private static bool HasFailed(CommandRecord c) => c.State is CommandState.Failed or CommandState.Rejected or CommandState.NoEffect;

    private async Task RunAsync(Bulk bulk, int most)
    {
        var run = running[bulk.Id] = new Run();
        try
        {
            var atOnce = Math.Min(bulk.Plan.FailuresMax + 1 ?? AtOnce, AtOnce); // no more on the wire than may fail before it stops
            await Parallel.ForEachAsync(bulk.Left.Take(most), new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (station, _) =>
            {
                if (!run.Begins(station)) return;
                var ended = await calls.SendAsync(station, bulk.Plan.Action, bulk.Plan.Payload, bulk.Id);
                if (HasFailed(ended) && run.Failed() > bulk.Plan.FailuresMax) run.Stop(BulkStop.Failures);
            });
        }
        finally
        {
            Rest(bulk, run.Begun, run.Stopped);
            running.TryRemove(KeyValuePair.Create(bulk.Id, run)); // a later run of it stays
        }
    }

    private void Rest(Bulk bulk, IEnumerable<StationId> begun, BulkStop? stop)
    {
        var left = bulk.Left.Except(begun).ToList();
        Save(bulk with { Left = left, State = left.Count == 0 ? BulkState.Done : stop is null ? BulkState.Waiting : BulkState.Stopped, Stop = left.Count == 0 ? null : stop });
    }

    private Bulk Save(Bulk bulk)
    {
        store.Execute("UPDATE bulk SET body = @Body WHERE bulk_id = @Id", new { bulk.Id, Body = StorageJson.Write(bulk) });
        return bulk;
    }

    private List<Bulk> Query(string where, object parameters) => store.Query<string>($"SELECT body FROM bulk {where}", parameters).ConvertAll(StorageJson.Read<Bulk>);

    private sealed class Run
    {
        private readonly Lock gate = new();
        private readonly List<StationId> begun = [];
        private int failed;

        internal BulkStop? Stopped { get; private set; }

        internal IReadOnlyList<StationId> Begun => begun;

        internal bool Begins(StationId station)
        {
            lock (gate)
            {
                if (Stopped is null) begun.Add(station);
                return Stopped is null;
            }
        }

        internal int Failed() => Interlocked.Increment(ref failed);

        internal bool Stop(BulkStop why)
        {
            lock (gate)
            {
                if (Stopped is not null) return false;
                Stopped = why;
                return true;
            }
        }
    }
}
