using NodaTime;
using Penstock.Core.Der;
using Penstock.Simulator.Stations.Der;
using Penstock.UnitTests.Core.Der;

namespace Penstock.UnitTests.Simulator.Stations.Der;

/// <summary>What a station tells of the starts and stops on its timeline.</summary>
public sealed class DerTurnsTests
{
    private static readonly IReadOnlySet<string> Nothing = new HashSet<string>();

    [Fact]
    public void A_start_names_the_running_one_that_gives_way_and_an_end_is_told_once()
    {
        var line = Set(DerTimeline.Empty, "LOW", 5, 0, 600, at: 0);
        var (running, turns) = DerTurns.Of(line, Nothing, At(0));
        Assert.Equal([("LOW", true)], turns.Select(t => (t.ControlId, t.Started)));
        line = Set(line, "HIGH", 1, 60, 60, at: 10);
        (running, turns) = DerTurns.Of(line, running, At(10));
        Assert.Empty(turns);
        (running, turns) = DerTurns.Of(line.At(At(60)), running, At(60));
        Assert.Equal(("HIGH", true), Assert.Single(turns) is var began ? (began.ControlId, began.Started) : default);
        Assert.Equal(["LOW"], turns[0].SupersededIds);
        (running, turns) = DerTurns.Of(line.At(At(120)), running, At(120));
        Assert.Equal([("HIGH", false)], turns.Select(t => (t.ControlId, t.Started)));
        Assert.Empty(DerTurns.Of(line.At(At(121)), running, At(121)).Turns);
    }

    [Fact]
    public void A_default_and_one_that_gave_way_before_it_ran_tell_nothing()
    {
        var line = Set(DerTimeline.Empty, "LOW", 5, 60, 60, at: 0);
        line = Set(line, "HIGH", 1, 100, 60, at: 1).Set(Controls.Default(DerControlType.LimitMaxDischarge), At(2)).Line;
        Assert.Empty(DerTurns.Of(line.At(At(70)), Nothing, At(70)).Turns);
        Assert.Empty(Assert.Single(DerTurns.Of(line.At(At(100)), Nothing, At(100)).Turns).SupersededIds);
    }

    [Fact]
    public void A_running_one_that_is_taken_away_has_ended()
    {
        var line = Set(DerTimeline.Empty, "A", 1, 0, 600, at: 0);
        var (running, _) = DerTurns.Of(line, Nothing, At(0));
        Assert.Equal([("A", false)], DerTurns.Of(line.Without("A"), running, At(5)).Turns.Select(t => (t.ControlId, t.Started)));
    }

    private static DerTimeline Set(DerTimeline line, string id, int priority, int from, int seconds, int at) => line.Set(
        new DerControl(id, DerControlType.LimitMaxDischarge, IsDefault: false, priority, At(from), Duration.FromSeconds(seconds), new DerLimitMaxDischarge(50, null)), At(at)).Line;

    private static Instant At(int second) => Controls.Noon + Duration.FromSeconds(second);
}
