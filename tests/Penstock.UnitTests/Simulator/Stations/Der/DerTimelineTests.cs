using Penstock.Ocpp.V21;
using Penstock.Simulator.Stations.Der;

namespace Penstock.UnitTests.Simulator.Stations.Der;

public sealed class DerTimelineTests
{
    private static readonly DateTimeOffset Now = new(2026, 4, 15, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_scheduled_control_goes_before_the_default_while_it_runs()
    {
        var (controls, _) = DerTimeline.Set([], Of("D", 0), Now);
        (controls, _) = DerTimeline.Set(controls, Of("S", 5, 60, 120), Now);
        string At(double seconds) => DerTimeline.Acting(controls, DERControl.LimitMaxDischarge, Now.AddSeconds(seconds))!.ControlId;
        Assert.Equal(("D", "S", "S", "D"), (At(59), At(60), At(179), At(180)));
        Assert.Null(DerTimeline.Acting(controls, DERControl.FreqWatt, Now));
    }

    [Fact]
    public void One_that_has_not_started_is_superseded_at_once_and_stays_listed()
    {
        var (controls, _) = DerTimeline.Set([], Of("LOW", 5, 60, 120), Now);
        (controls, var superseded) = DerTimeline.Set(controls, Of("HIGH", 1, 100, 120), Now);
        Assert.Equal(["LOW"], superseded);
        Assert.Equal([("LOW", true), ("HIGH", false)], controls.Select(c => (c.Id, c.Superseded)));
    }

    [Fact]
    public void A_running_one_is_superseded_when_the_new_one_starts()
    {
        var (controls, _) = DerTimeline.Set([], Of("LOW", 5, 0, 600), Now);
        (controls, var turns) = DerTimeline.At(controls, Now);
        Assert.Equal([("LOW", true)], turns.Select(t => (t.ControlId, t.Started)));
        (controls, var superseded) = DerTimeline.Set(controls, Of("HIGH", 1, 60, 60), Now.AddSeconds(10));
        Assert.Empty(superseded);
        Assert.Equal("LOW", DerTimeline.Acting(controls, DERControl.LimitMaxDischarge, Now.AddSeconds(30))!.ControlId);
        (controls, turns) = DerTimeline.At(controls, Now.AddSeconds(60));
        Assert.Equal(["LOW"], Assert.Single(turns).SupersededIds);
        Assert.Equal("HIGH", DerTimeline.Acting(controls, DERControl.LimitMaxDischarge, Now.AddSeconds(61))!.ControlId);
        (controls, turns) = DerTimeline.At(controls, Now.AddSeconds(120));
        Assert.Equal([("HIGH", false)], turns.Select(t => (t.ControlId, t.Started)));
    }

    [Fact]
    public void A_lower_one_does_not_displace_a_higher_one_and_others_in_time_or_kind_stay_apart()
    {
        var (controls, _) = DerTimeline.Set([], Of("HIGH", 1, 60, 120), Now);
        (controls, var superseded) = DerTimeline.Set(controls, Of("LOW", 2, 60, 120), Now);
        Assert.Empty(superseded);
        Assert.True(controls.Single(c => c.Id == "LOW").Superseded);
        (controls, superseded) = DerTimeline.Set(controls, Of("LATER", 1, 300, 60), Now);
        Assert.Empty(superseded);
        Assert.False(controls.Single(c => c.Id == "LATER").Superseded);
        (_, superseded) = DerTimeline.Set(controls, Of("DEFAULT", 0), Now);
        Assert.Empty(superseded);
    }

    [Fact]
    public void The_same_id_replaces()
    {
        var (controls, _) = DerTimeline.Set([], Of("A", 1, 60, 120), Now);
        (controls, _) = DerTimeline.Set(controls, Of("A", 1, 600, 120), Now);
        Assert.Equal(Now.AddSeconds(600), Assert.Single(controls).Start);
    }

    private static DerControl Of(string id, int priority, double? startsIn = null, double lasts = 0) => new(
        new SetDERControlRequest { ControlId = id, ControlType = DERControl.LimitMaxDischarge, IsDefault = startsIn is null, LimitMaxDischarge = new LimitMaxDischarge { Priority = priority, PctMaxDischargePower = 50 } },
        priority, startsIn is { } s ? Now.AddSeconds(s) : null, lasts, false, false);
}
