using NodaTime;
using Penstock.Core.Flexibility;
using Penstock.Core.Planning;
using Penstock.Core.Units;
using Penstock.UnitTests.Core.Planning;

namespace Penstock.UnitTests.Core.Flexibility;

public sealed class SiteFlexibilityTests
{
    [Fact]
    public void A_fleet_without_anything_to_do_gives_what_lies_above_its_floors_for_as_long_as_asked()
    {
        var (problem, plan) = Planned(10, 1200, soc: 0.7, target: 0.7); // 28 kWh each above the floor of 0.3, but the target is wanted back by 18 hours later
        var found = Of([(problem, plan)], Examples.Noon)!;
        Assert.Equal(10, found.Vehicles);
        var hour = found.Draws.AsPlanned.Discharge[1][0];
        Assert.InRange(hour, 10 * 28 * 0.95 * 0.98, (10 * 28 * 0.95) + 1e-4); // 26.6 kW each for an hour, all of it charged again later
        Assert.InRange(found.Draws.AsPlanned.Block[1][0], hour * 0.95, hour * 1.05);
        Assert.All(found.Draws.AsPlanned.DurationHours.Skip(1).Select((_, k) => found.Draws.AsPlanned.Discharge[k + 1][0]), kw => Assert.InRange(kw, 0, found.Draws.AsPlanned.Discharge[0][0]));
    }

    [Fact]
    public void Nine_draws_of_ten_reach_the_ninety_percent_figure_and_it_is_below_the_half()
    {
        var found = Of([Planned(30, 2000, 0.7, 0.7)], Examples.Noon)!;
        var (half, ninety) = (found.Draws.Exceeded(SiteFlexibility.P50), found.Draws.Exceeded(SiteFlexibility.P90));
        for (var k = 0; k < 4; k++)
        {
            Assert.True(found.Draws.Draws.Count(d => d.Discharge[k][0] >= ninety.Discharge[k][0]) >= 0.9 * found.Draws.Draws.Count);
            Assert.InRange(ninety.Discharge[k][0], 0.3 * found.Draws.AsPlanned.Discharge[k][0], half.Discharge[k][0]);
        }
    }

    [Fact]
    public void Later_in_the_plan_it_counts_from_there_and_a_portfolio_has_the_vehicles_of_all_its_sites()
    {
        var one = Planned(5, 600, 0.7, 0.7);
        var later = Of([one], Examples.Noon + Duration.FromMinutes(50))!;
        Assert.Equal(Examples.Noon + Duration.FromMinutes(45), later.Grid.Start);
        Assert.Equal(93, later.Grid.Count);
        Assert.Equal(93, later.Envelope.Reference.Length);
        var (alone, both) = (Of([one], Examples.Noon)!, Of([one, Planned(7, 600, 0.7, 0.7)], Examples.Noon)!);
        Assert.Equal(12, both.Vehicles);
        Assert.Equal(alone.Draws.AsPlanned.Discharge[0][0] * 12 / 5, both.Draws.AsPlanned.Discharge[0][0], 3);
    }

    [Fact]
    public void The_point_of_connection_caps_it()
    {
        var (problem, plan) = Planned(10, 1200, 0.7, 0.7, exportKw: 100);
        Assert.InRange(Of([(problem, plan)], Examples.Noon)!.Draws.AsPlanned.Discharge[0][0], 0, 100 + Math.Max(0, plan.Aggregate[0].Kilowatts) + 1e-3);
    }

    [Fact]
    public void A_cabinet_caps_what_hangs_on_it_and_a_site_lends_its_connection_to_no_other()
    {
        var (problem, plan) = Planned(10, 1200, 0.7, 0.7);
        var closed = problem with { Site = problem.Site with { Nodes = [problem.Site.Nodes[0], problem.Site.Nodes[1] with { ExportMax = Power.FromKilowatts(40) }] } };
        Assert.InRange(Of([(closed, plan)], Examples.Noon)!.Draws.AsPlanned.Block[0][0], 39.9, 40.1);
        var (mute, wide) = (Planned(10, 1200, 0.7, 0.7, exportKw: 0), Planned(1, 1200, 0.7, 0.7));
        Assert.Equal(Of([wide], Examples.Noon)!.Draws.AsPlanned.Block[1][0], Of([mute, wide], Examples.Noon)!.Draws.AsPlanned.Block[1][0], 6);
    }

    [Fact]
    public void Without_a_plan_for_now_there_is_no_answer() => Assert.Null(Of([Planned(2, 100, 0.5, 0.5)], Examples.Noon + Duration.FromDays(2)));

    [Fact]
    public void Offers_rise_with_the_price_and_cost_what_their_schedules_cost()
    {
        var (problem, _) = Planned(10, 1200, 0.7, 0.7);
        var offers = SiteOffers.Of([problem, problem], 32, 40); // from 20:00, flat: nothing is sold by itself
        Assert.Equal(SiteOffers.PointsUsual, offers.Length);
        for (var k = 1; k < offers.Length; k++) Assert.True(offers[k].MeanKilowatts >= offers[k - 1].MeanKilowatts - 0.5, $"{offers[k]} after {offers[k - 1]}");
        Assert.InRange(offers[^1].MeanKilowatts, 100, 1200);
        Assert.All(offers, o => Assert.InRange(o.ExtraCost, -0.1, (o.PricePerKilowattHour * o.MeanKilowatts * 2) + 0.1)); // nobody sells at a loss
        Assert.All(offers, o => Assert.InRange(o.Gap, 0, 1e-3));
        Assert.All(offers, o => Assert.True(o.GuaranteedKilowatts <= o.MeanKilowatts + 1e-6));
        Assert.Equal(SiteOffers.Of([problem], 32, 40)[^1].MeanKilowatts * 2, offers[^1].MeanKilowatts, 3);
        Assert.Empty(SiteOffers.Of([], 0, 1));
    }

    private static SiteFlexibility? Of((PlanningProblem Problem, Plan Plan)[] sites, Instant now)
    {
        var parts = sites.Select(s => SiteFlexibility.Of(s.Problem, s.Plan, now)).OfType<SiteFlexibility>().ToList();
        return parts.Count == 0 ? null : parts.Aggregate((a, b) => a + b);
    }

    private static (PlanningProblem Problem, Plan Plan) Planned(int cars, double importKw, double soc, double target, double exportKw = 1200)
    {
        var site = Examples.Site(cars, importKw, exportKw);
        var problem = Examples.Problem(Examples.State(site, Enumerable.Range(0, cars).Select(i => Examples.Session(site, i, soc, 0.3, target, 18, 70))), Examples.Noon);
        return (problem, Planner.Plan(problem, new PlanId("p"), Examples.Noon, "test"));
    }
}
