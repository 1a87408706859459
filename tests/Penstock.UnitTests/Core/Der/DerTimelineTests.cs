using CsCheck;
using NodaTime;
using Penstock.Core.Der;

namespace Penstock.UnitTests.Core.Der;

public sealed class DerTimelineTests
{
    private static readonly DerControlType Type = DerControlType.VoltVar;

    private static readonly Gen<Asked[]> Orders = Gen.Select(Gen.Int[0, 40], Gen.Int[0, 3], Gen.Int[0, 60], Gen.Int[1, 40], Gen.Bool, Gen.Int[0, 2]).Select((at, priority, from, minutes, isDefault, type) =>
        new Asked(at, priority, from, minutes, isDefault, (DerControlType)((int)DerControlType.VoltVar + type))).Array[0, 9].Select(all => all.OrderBy(a => a.At).ToArray());

    [Fact]
    public void A_scheduled_control_outranks_the_default_while_it_runs()
    {
        var line = DerTimeline.Empty.Set(Controls.Default(Type), At(0)).Line.Set(Controls.Scheduled(Type, "s", 9, 10, 20), At(0)).Line;
        Assert.Equal(["d", "d", "s", "s", "d"], new[] { 0, 9, 10, 29, 30 }.Select(m => line.At(At(m)).InForce(Type)?.Id));
        Assert.Equal([At(10), At(30)], [line.NextChange(), line.At(At(10)).NextChange()]);
        Assert.Null(line.At(At(30)).NextChange());
    }

    [Fact]
    public void A_lower_priority_that_has_not_started_is_superseded_at_once_and_stays_listed()
    {
        var line = DerTimeline.Empty.Set(Controls.Scheduled(Type, "low", 5, 10, 60), At(0)).Line;
        var (after, superseded) = line.Set(Controls.Scheduled(Type, "high", 1, 20, 10), At(1));
        Assert.Equal(["low"], superseded);
        Assert.Equal((At(1), "high"), Of(after, "low") is var e ? (e.SupersededAt!.Value, e.SupersededBy) : default);
        Assert.Null(after.At(At(15)).InForce(Type));
        Assert.Equal("high", after.At(At(25)).InForce(Type)!.Id);
        Assert.Null(after.At(At(35)).InForce(Type)); // what gave way does not come back
        Assert.Equal(["low"], after.At(At(69)).Entries.Select(x => x.Control.Id));
        Assert.Empty(after.At(At(70)).Entries);
    }

    [Fact]
    public void A_running_control_is_superseded_only_when_the_new_one_starts()
    {
        var line = DerTimeline.Empty.Set(Controls.Scheduled(Type, "low", 5, 0, 60), At(0)).Line;
        var (after, superseded) = line.Set(Controls.Scheduled(Type, "high", 1, 20, 10), At(5));
        Assert.Empty(superseded);
        Assert.Equal(["low", "high", null], new[] { 19, 20, 30 }.Select(m => after.At(At(m)).InForce(Type)?.Id));
        Assert.Equal((At(20), "high"), Of(after.At(At(20)), "low") is var e ? (e.SupersededAt!.Value, e.SupersededBy) : default);
    }

    [Fact]
    public void A_weaker_newcomer_gives_way_itself_unless_it_runs_before()
    {
        var line = DerTimeline.Empty.Set(Controls.Scheduled(Type, "high", 1, 20, 10), At(0)).Line;
        Assert.Equal("high", Of(line.Set(Controls.Scheduled(Type, "low", 5, 10, 60), At(1)).Line, "low").SupersededBy);
        var runs = line.Set(Controls.Scheduled(Type, "low", 5, 1, 60), At(1)).Line;
        Assert.Equal(["low", "high", null], new[] { 1, 20, 31 }.Select(m => runs.At(At(m)).InForce(Type)?.Id));
    }

    [Fact]
    public void Equal_priorities_and_defaults_go_by_the_newer_and_a_same_id_replaces()
    {
        var line = DerTimeline.Empty.Set(Controls.Scheduled(Type, "old", 5, 10, 60), At(0)).Line.Set(Controls.Scheduled(Type, "new", 5, 10, 60), At(1)).Line;
        Assert.Equal("new", line.At(At(10)).InForce(Type)!.Id);
        var defaults = DerTimeline.Empty.Set(Controls.Default(Type, "a", 3), At(0)).Line;
        Assert.Equal("a", defaults.Set(Controls.Default(Type, "b", 4), At(1)).Line.InForce(Type)!.Id);
        Assert.Equal("c", defaults.Set(Controls.Default(Type, "c", 3), At(1)).Line.InForce(Type)!.Id);
        var replaced = defaults.Set(Controls.Default(Type, "a", 7), At(1)).Line;
        Assert.Equal(7, Assert.Single(replaced.Entries).Control.Priority);
        Assert.Null(replaced.Without("a").InForce(Type));
    }

    [Fact]
    public void Types_do_not_touch_each_other()
    {
        var line = DerTimeline.Empty.Set(Controls.Scheduled(DerControlType.VoltVar, "a", 0, 0, 60), At(0)).Line.Set(Controls.Scheduled(DerControlType.VoltWatt, "b", 9, 0, 60), At(0)).Line;
        Assert.Equal(["a", "b"], line.InForceAll().Select(c => c.Id));
    }

    [Fact]
    public void The_engine_agrees_with_a_station_simulated_minute_by_minute() => Orders.Sample(orders =>
    {
        var controls = orders.Select((o, i) => o.Control($"c{i}")).ToList();
        var oracle = Oracle(orders, controls);
        var line = DerTimeline.Empty;
        for (var minute = 0; minute < 105; minute++)
        {
            for (var i = 0; i < orders.Length; i++)
            {
                if (orders[i].At == minute) line = line.Set(controls[i], At(minute)).Line;
            }

            line = line.At(At(minute));
            foreach (var type in new[] { DerControlType.VoltVar, DerControlType.VoltWatt, DerControlType.WattPF }) Assert.Equal(oracle[minute].GetValueOrDefault(type), line.InForce(type)?.Id);
        }
    });

    [Fact]
    public void Going_forward_in_one_step_is_the_same_as_in_many_and_nothing_changes_before_the_next_change() => Gen.Select(Orders, Gen.Int[41, 104]).Sample((orders, until) =>
    {
        var line = DerTimeline.Of(orders.Select((o, i) => (o.Control($"c{i}"), At(o.At)))).At(At(41));
        var steps = line;
        while (steps.NextChange() is { } next && next <= At(until))
        {
            Assert.Equal(steps.InForceAll(), steps.At(next - Duration.FromTicks(1)).InForceAll());
            steps = steps.At(next);
        }

        Assert.Equal(line.At(At(until)).Entries.ToArray(), steps.At(At(until)).Entries.ToArray());
        Assert.All(line.Entries.GroupBy(e => (e.Control.Type, e.Control.IsDefault)), g => Assert.True(g.Count(e => e.Runs(line.Now)) <= 1));
    });

    /// <summary>A station without foresight: each minute it hears orders, starts what is due and ends what is over, and writes down what it holds.</summary>
    private static List<Dictionary<DerControlType, string>> Oracle(Asked[] orders, List<DerControl> controls)
    {
        var (running, waiting, result) = (new HashSet<int>(), new HashSet<int>(), new List<Dictionary<DerControlType, string>>());
        for (var minute = 0; minute < 105; minute++)
        {
            running.RemoveWhere(i => !orders[i].IsDefault && orders[i].Until <= minute);
            waiting.RemoveWhere(i => !orders[i].IsDefault && orders[i].Until <= minute);
            foreach (var i in waiting.Where(i => orders[i].From <= minute).ToList())
            {
                waiting.Remove(i);
                running.RemoveWhere(r => Rival(r, i)); // only weaker ones can run here
                running.Add(i);
            }

            for (var i = 0; i < orders.Length; i++)
            {
                if (orders[i].At != minute || (!orders[i].IsDefault && orders[i].Until <= minute)) continue;
                var starts = orders[i].IsDefault || orders[i].From <= minute;
                if (running.Any(r => Rival(r, i) && Overlap(r, i) && orders[r].Priority < orders[i].Priority) || (!starts && waiting.Any(w => Rival(w, i) && Overlap(w, i) && orders[w].Priority < orders[i].Priority))) continue;
                waiting.RemoveWhere(w => Rival(w, i) && Overlap(w, i) && orders[i].Priority <= orders[w].Priority);
                if (starts) running.RemoveWhere(r => Rival(r, i));
                (starts ? running : waiting).Add(i);
            }

            var holds = new Dictionary<DerControlType, string>();
            foreach (var i in running.OrderBy(i => !orders[i].IsDefault)) holds[controls[i].Type] = controls[i].Id;
            result.Add(holds);
        }

        return result;

        bool Rival(int a, int b) => a != b && orders[a].Type == orders[b].Type && orders[a].IsDefault == orders[b].IsDefault;

        bool Overlap(int a, int b) => orders[a].IsDefault || (Math.Max(Math.Max(orders[a].From, orders[a].At), Math.Max(orders[b].From, orders[b].At)) < Math.Min(orders[a].Until, orders[b].Until));
    }

    private static DerEntry Of(DerTimeline line, string id) => line.Entries.Single(e => e.Control.Id == id);

    private static Instant At(int minute) => Controls.Noon + Duration.FromMinutes(minute);

    private sealed record Asked(int At, int Priority, int From, int Minutes, bool IsDefault, DerControlType Type)
    {
        internal int Until => From + Minutes;

        internal DerControl Control(string id) => IsDefault ? Controls.Default(Type, id, Priority) : Controls.Scheduled(Type, id, Priority, From, Minutes);
    }
}
