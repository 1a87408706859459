using System.Text.Json;
using CsCheck;
using NodaTime;
using Penstock.Core.Der;
using Penstock.Ocpp.V21;
using Penstock.Server.Der;
using Penstock.UnitTests.Core.Der;

namespace Penstock.UnitTests.Server.Der;

public sealed class DerSyncTests
{
    private static readonly Instant Now = Controls.Noon;

    [Fact]
    public void A_control_is_set_then_verified_and_then_there_is_nothing_to_say()
    {
        var one = Standing(Controls.Default(DerControlType.VoltVar, "a"), 1);
        Assert.Equal((DerStep.Set, "a"), Next(one));
        Assert.Equal((DerStep.Verify, "a"), Next(one with { Answer = "Accepted" }));
        Assert.Null(Next(one with { Answer = "Accepted", VerifiedAt = Now }));
        Assert.Null(Next(one with { Answer = "Rejected" }));
        Assert.Equal((DerStep.Clear, "a"), Next(one with { Withdrawn = true, Answer = "Accepted" }));
        Assert.Null(Next(one with { Withdrawn = true, Answer = "Accepted", Reason = "The station does not clear it" }));
    }

    [Fact]
    public void Only_winners_are_sent_and_withdrawn_ones_are_cleared_first()
    {
        var high = Standing(Controls.Scheduled(DerControlType.VoltVar, "high", 0, 60, 60), 1);
        var low = Standing(Controls.Scheduled(DerControlType.VoltVar, "low", 5, 60, 60), 2);
        var gone = Standing(Controls.Default(DerControlType.VoltWatt, "gone"), 3) with { Withdrawn = true, Answer = "Accepted" };
        Assert.Equal((DerStep.Clear, "gone"), Next(low, high, gone));
        Assert.Equal((DerStep.Set, "high"), Next(low, high));
        Assert.Null(Next(low, high with { Answer = "Accepted", VerifiedAt = Now }));
        Assert.Equal((DerStep.Set, "low"), Next(low, high with { Withdrawn = true, Reason = "cleared never" }));
    }

    [Fact]
    public void A_control_that_is_over_is_not_sent() =>
        Assert.Null(DerSync.Next([Standing(Controls.Scheduled(DerControlType.VoltVar, "a", 0, 0, 10), 1)], Now + Duration.FromMinutes(10)));

    [Fact]
    public void The_conversation_ends_with_the_winners_at_the_station_whatever_was_given() => Gen.Select(Gen.Int[0, 3], Gen.Int[0, 60], Gen.Int[1, 40], Gen.Bool).Array[0, 8].Sample(given =>
    {
        var all = given.Select((g, i) => Standing(
            g.Item4 ? Controls.Default(DerControlType.VoltVar, $"c{i}", g.Item1) : Controls.Scheduled(DerControlType.VoltVar, $"c{i}", g.Item1, g.Item2, g.Item3), i)).ToList();
        var (steps, station) = (0, new HashSet<string>());
        while (DerSync.Next(all, Now) is var (step, standing))
        {
            Assert.True(++steps <= 2 * given.Length, "the conversation does not end");
            all.Remove(standing);
            if (step == DerStep.Set) station.Add(standing.Control.Id);
            all.Add(step == DerStep.Set ? standing with { Answer = "Accepted" } : DerSync.Compared(standing, new ReportedControl(standing.Control, false), Now));
        }

        Assert.True(station.SetEquals(DerSync.Wanted(all, Now)));
        Assert.All(all.Where(s => s.Answer is not null), s => Assert.True(s.Verified));
    });

    [Fact]
    public void A_report_is_compared_value_by_value_and_starts_to_the_second()
    {
        var mine = Standing(Controls.Scheduled(DerControlType.VoltVar, "a", 1, 0, 60), 1);
        Assert.True(Compared(mine.Control with { Start = mine.Control.Start + Duration.FromMilliseconds(400) }).Verified);
        Assert.Equal("the station does not have it", DerSync.Compared(mine, null, Now).Difference);
        Assert.Equal("the station has other priority 3, its values", Compared(mine.Control with { Priority = 3, Setting = Controls.Curve(DerUnit.PctMaxVar, (90, 1)) }).Difference);
        Assert.Equal("the station has other controlType VoltWatt, duration 60 s", Compared(mine.Control with { Type = DerControlType.VoltWatt, Duration = Duration.FromMinutes(1) }).Difference);
        Assert.Equal(Now, DerSync.Compared(mine, new ReportedControl(mine.Control, IsSuperseded: true), Now).SupersededAt);

        DerStanding Compared(DerControl theirs) => DerSync.Compared(mine, new ReportedControl(theirs, false), Now);
    }

    private static (DerStep, string)? Next(params DerStanding[] all) => DerSync.Next(all, Now) is var (step, standing) ? (step, standing.Control.Id) : null;

    private static DerStanding Standing(DerControl control, long order) => new(JsonSerializer.Serialize(DerTranslation.ToWire(control), SetDERControlRequest.TypeInfo), Now, order);
}
