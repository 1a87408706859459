using System.Collections.Concurrent;
using System.Threading.Channels;
using NodaTime;
using Penstock.Core.Planning;
using Penstock.Core.Sites;
using Penstock.Core.Tariffs;
using Penstock.Core.Time;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;
using Penstock.Server.Storage;
using Penstock.Solvers.Decomposition;

namespace Penstock.Server.Planning;

/// <summary>Makes the plans of all sites, one after another. Requests for a site that waits already are merged.</summary>
public sealed class PlanningWorker(SqlStore store, Tariff tariff, WorkInFlight work, TimeProvider time, ILogger<PlanningWorker> log) : BackgroundService
{
    /// <summary>A day ahead in quarter-hours.</summary>
    public const int Slots = 96;

    /// <summary>Plans kept per site; older ones are deleted.</summary>
    public const int KeptPerSite = 200;

    /// <summary>Sites that are planned for one question at most.</summary>
    public const int AskedSitesMax = 200;

    private readonly SemaphoreSlim asking = new(1);
    private readonly Channel<SiteId> queue = Channel.CreateUnbounded<SiteId>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<SiteId, string> waiting = new();
    private long last = store.First<long>("SELECT COALESCE(MAX(CAST(SUBSTR(plan_id, 3) AS INTEGER)), 0) FROM plan");

    /// <summary>Finds the sites; set once by the host (the directory needs this worker and this worker needs the directory).</summary>
    public Func<SiteId, ISite?> Find { get; set; } = _ => null;

    public void Request(SiteId site, string trigger)
    {
        if (!waiting.TryAdd(site, trigger)) return;
        work.Begin();
        queue.Writer.TryWrite(site);
    }

    /// <summary>Code of the currency of plans.</summary>
    public string Currency => tariff.Currency.Code;

    /// <summary>The slots of plans that are made now.</summary>
    public static TimeGrid GridAt(Instant now) => TimeGrid.Holding(now, TimeGrid.QuarterHour, Slots);

    /// <summary>Plans for a question, of a caller who waits; one caller at a time. Nothing in operation changes.</summary>
    /// <param name="answer">Given how to run work in parallel.</param>
    /// <returns>Null while another caller is answered.</returns>
    public async Task<T?> AskAsync<T>(Func<ForEach, T> answer, CancellationToken cancel)
        where T : class
    {
        if (!await asking.WaitAsync(TimeSpan.Zero, cancel)) return null;
        try
        {
            return await Task.Run(() => answer((count, body) => Parallel.For(0, count, new ParallelOptions { CancellationToken = cancel, MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount - 1) }, body)), cancel);
        }
        finally
        {
            asking.Release();
        }
    }

    public override void Dispose()
    {
        asking.Dispose();
        base.Dispose();
    }

    /// <summary>The problem of a site now; also asked for baselines.</summary>
    public PlanningProblem ProblemOf(SiteState state, Instant now)
    {
        var grid = GridAt(now);
        var (buy, sell) = tariff.Over(grid);
        return PlanningProblem.Of(state, grid, buy, sell);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var site in queue.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                if (waiting.TryRemove(site, out var trigger) && Find(site) is { } found) Make(found, trigger);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                PlanningLog.Failed(log, site.Value, e); // the last plan stays in force
            }
            finally
            {
                work.End();
            }
        }
    }

    private void Make(ISite site, string trigger)
    {
        var (now, begun) = (time.Now(), TimeProvider.System.GetTimestamp());
        var plan = Planner.Plan(ProblemOf(site.Snapshot, now), new PlanId($"P-{Interlocked.Increment(ref last):D8}"), now, trigger);
        var took = TimeProvider.System.GetElapsedTime(begun).TotalSeconds;
        site.Post(new PlanAdopted(now, plan));
        store.Execute("INSERT INTO plan (plan_id, site_id, made_at, body) VALUES (@Id, @Site, @At, @Body)",
            new { Id = plan.Id.Value, Site = site.Id.Value, At = now.ToUnixTimeMilliseconds(), Body = StorageJson.Write(Api.PlanView.Of(plan, Currency, took)) });
        store.Execute("DELETE FROM plan WHERE site_id = @Site AND plan_id NOT IN (SELECT plan_id FROM plan WHERE site_id = @Site ORDER BY made_at DESC, plan_id DESC LIMIT @Kept)",
            new { Site = site.Id.Value, Kept = KeptPerSite });
    }
}

internal static partial class PlanningLog
{
    [LoggerMessage(1201, LogLevel.Error, "No new plan for site {Site}; the last one stays in force")]
    internal static partial void Failed(ILogger logger, string site, Exception cause);
}
