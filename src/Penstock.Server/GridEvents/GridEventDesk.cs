using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Dispatching;
using Penstock.Core.GridEvents;
using Penstock.Core.Metering;
using Penstock.Core.Planning;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Server.Planning;
using Penstock.Server.Sites;
using Penstock.Server.Storage;

namespace Penstock.Server.GridEvents;

/// <summary>Takes orders from the grid: shares a portfolio target over the sites, freezes baselines, follows the window, measures the outcome.</summary>
public sealed class GridEventDesk(EventTable table, SiteDirectory sites, PlanningWorker planning, SqlStore store)
{
    private readonly Lock gate = new();

    public EventRecord Accept(GridInstruction instruction, string? requestKey)
    {
        lock (gate)
        {
            if (requestKey is not null && table.ByRequest(requestKey) is { } earlier) return earlier;
            var record = new EventRecord(instruction, EventStates.Armed, [], []).Logged(instruction.NotifiedAt, "created", ("source", instruction.Source));
            record = Shared(record, instruction.NotifiedAt).Logged(instruction.NotifiedAt, "armed");
            table.Put(record, requestKey);
            Tell(record, instruction.NotifiedAt);
            return record;
        }
    }

    /// <returns>Null when there is no such event or it is over.</returns>
    public EventRecord? Abort(GridEventId id, string reason, Instant now)
    {
        lock (gate)
        {
            if (table.Find(id) is not { State: EventStates.Armed or EventStates.Running } record) return null;
            record = record with { Instruction = record.Instruction with { AbortedAt = now }, State = EventStates.Aborted };
            table.Put(record.Logged(now, "aborted", ("reason", reason)));
            foreach (var site in InScope(record.Instruction)) site.Post(new InstructionAborted(now, id));
            return table.Find(id);
        }
    }

    /// <summary>Orders that are not over go to the sites again after a restart.</summary>
    public void Resume(Instant now)
    {
        lock (gate)
        {
            foreach (var record in table.All.Where(e => e.State is EventStates.Armed or EventStates.Running)) Tell(record, now);
        }
    }

    public void EachMinute(Instant now)
    {
        lock (gate)
        {
            foreach (var record in table.All.Where(e => e.State is EventStates.Armed or EventStates.Running)) Follow(record, now);
        }
    }

    private void Follow(EventRecord record, Instant now)
    {
        var window = record.Instruction.Window;
        if (now >= window.End + Duration.FromMinutes(2))
        {
            table.Put(Measured(record, now));
            return;
        }

        if (now >= window.End) return;
        if (record.State == EventStates.Armed)
        {
            var fresh = Shared(record, now); // until the start the baseline follows the plan; then it is frozen
            if (now >= window.Start) fresh = (fresh with { State = EventStates.Running }).Logged(now, "started");
            table.Put(fresh);
            Tell(fresh, now);
        }
        else if (record.Instruction.Site is null)
        {
            var split = Split(record.Instruction, now);
            var adjusted = record with { PortfolioShare = split.Share, Shares = [.. record.Shares.Select(s => s with { AskedW = AskedOf(split, s.SiteId) })] };
            table.Put(adjusted);
            Tell(adjusted, now);
        }
    }

    private EventRecord Shared(EventRecord record, Instant now)
    {
        var split = Split(record.Instruction, now);
        return record with { PortfolioShare = split.Share, Shares = [.. InScope(record.Instruction).Select(site => ShareOf(site, AskedOf(split, site.Id.Value), record.Instruction.Id, now))] };
    }

    private EventShare ShareOf(ISite site, double askedW, GridEventId id, Instant now)
    {
        var problem = planning.ProblemOf(site.Snapshot, now);
        var without = Planner.Plan(problem with { Instructions = [.. problem.Instructions.Where(i => i.Id != id)] }, new PlanId("baseline"), now, "baseline");
        return new EventShare(site.Id.Value, askedW, without.Grid.Start, [.. without.Aggregate.Select(p => p.Watts)]);
    }

    private PortfolioSplit Split(GridInstruction instruction, Instant now) => PortfolioDispatch.Split([.. InScope(instruction).Select(s => s.Snapshot)], instruction, now);

    private static double AskedOf(PortfolioSplit split, string site) => split.Targets.GetValueOrDefault(new SiteId(site)).Watts;

    private IEnumerable<ISite> InScope(GridInstruction instruction) => sites.All.Where(s => instruction.Site is null || instruction.Site == s.Id);

    private void Tell(EventRecord record, Instant now)
    {
        foreach (var share in record.Shares)
        {
            if (sites.Find(new SiteId(share.SiteId)) is not { } site) continue;
            var asked = record.Instruction with { Target = Power.FromWatts(share.AskedW), PortfolioShare = record.PortfolioShare };
            if (site.Snapshot.Instructions.FirstOrDefault(i => i.Id == asked.Id) is { } known && Same(known, asked)) continue;
            site.Post(new InstructionReceived(now, asked));
        }
    }

    /// <summary>Smaller changes are not worth a new plan.</summary>
    private static bool Same(GridInstruction a, GridInstruction b) => (a.Target - b.Target).Magnitude < Power.FromWatts(100) && Math.Abs((a.PortfolioShare ?? 0) - (b.PortfolioShare ?? 0)) < 0.01;

    private EventRecord Measured(EventRecord record, Instant now)
    {
        var (target, window) = (record.Instruction.Target.Watts, record.Instruction.Window);
        var metered = Metered(record);
        var ordered = Math.Abs(target) * window.Duration.TotalHours;
        var delivered = -metered.Sum() / 60;
        return (record with
        {
            State = EventStates.Measured,
            MeteredW = metered,
            DeliveredWh = delivered,
            ComplianceRatio = ordered > 0 ? Math.Clamp(delivered / ordered, 0, 1) : null,
            MeanTrackingErrorRatio = target != 0 && metered.Length > 0 ? metered.Average(w => Math.Abs((w - target) / target)) : null,
            Participants = Participants(record),
        }).Logged(now, "ended").Logged(now, "measured");
    }

    /// <summary>Mean net power of the scope in each minute of the window, W, from the registers of its sessions; between two readings energy is spread evenly.</summary>
    private double[] Metered(EventRecord record)
    {
        var window = record.Instruction.Window;
        var (margin, minute) = (Duration.FromMinutes(5), Duration.FromMinutes(1));
        var result = new double[(int)Math.Ceiling(window.Duration / minute)];
        var rows = store.Query<ReadingRow>(
            ReadingRow.Select + " WHERE at BETWEEN @from AND @to AND session_id IN (SELECT session_id FROM session WHERE site_id IN @scope AND started_at <= @to AND (ended_at IS NULL OR ended_at >= @from))",
            new { scope = record.Shares.Select(s => s.SiteId), from = (window.Start - margin).ToUnixTimeMilliseconds(), to = (window.End + margin).ToUnixTimeMilliseconds() });
        foreach (var interval in rows.GroupBy(r => r.SessionId, StringComparer.Ordinal).SelectMany(s => IntervalMeter.Cut(ReadingRow.Registers(s), minute)))
        {
            if (interval.Time.Start >= window.Start && interval.Time.Start < window.End) result[(int)((interval.Time.Start - window.Start) / minute)] += (interval.ImportWh - interval.ExportWh) * 60;
        }

        return result;
    }

    /// <summary>Net power of the EVSEs in scope at the end of each minute of <paramref name="window"/>: by the registers where they were read, else as reported.</summary>
    public List<(Instant At, double Watts)> DeliveredByMinute(EventRecord record, Interval window)
    {
        var (from, to) = (window.Start.ToUnixTimeMilliseconds() + 60_000, window.End.ToUnixTimeMilliseconds());
        return store.Query<(long At, double Watts)>(
            "SELECT at, SUM(power_w) FROM site_minute WHERE at BETWEEN @from AND @to AND site_id IN @scope GROUP BY at ORDER BY at",
            new { from, to, scope = record.Shares.Select(s => s.SiteId) }).ConvertAll(r => Instant.FromUnixTimeMilliseconds(r.At) is var at ? (at, MeteredAt(record, at) ?? r.Watts) : default);
    }

    private static double? MeteredAt(EventRecord record, Instant at)
    {
        if (record.MeteredW is not { } metered || at <= record.Instruction.Window.Start) return null;
        var minute = (int)Math.Ceiling((at - record.Instruction.Window.Start) / Duration.FromMinutes(1)) - 1;
        return minute < metered.Count ? metered[minute] : null;
    }

    private int Participants(EventRecord record) => store.First<int>(
        """
        SELECT COUNT(DISTINCT s.vehicle_id) FROM session s JOIN reading r ON r.session_id = s.session_id
        WHERE s.site_id IN @scope AND r.at BETWEEN @from AND @to AND r.power_w < -100
        """,
        new { scope = record.Shares.Select(s => s.SiteId), from = record.Instruction.Window.Start.ToUnixTimeMilliseconds(), to = record.Instruction.Window.End.ToUnixTimeMilliseconds() });
}
