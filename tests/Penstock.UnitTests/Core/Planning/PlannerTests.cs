using CsCheck;
using NodaTime;
using Penstock.Core.Planning;
using Penstock.Core.Sites;
using Penstock.Core.Units;

namespace Penstock.UnitTests.Core.Planning;

public sealed class PlannerTests
{
    private static readonly Gen<(int N, double Import, double Export, double[] Soc, double[] Target, double[] Hours)> Sites =
        from n in Gen.Int[1, 8]
        from import in Gen.Double[10, 300]
        from export in Gen.Double[0, 300]
        from soc in Gen.Double[0.1, 0.95].Array[n]
        from target in Gen.Double[0.3, 1].Array[n]
        from hours in Gen.Double[0.5, 20].Array[n]
        select (n, import, export, soc, target, hours);

    [Fact]
    public void Every_plan_keeps_every_limit_and_its_cost_is_not_below_its_bound() => Sites.Sample(
        s =>
        {
            var site = Examples.Site(s.N, s.Import, s.Export);
            var state = Examples.State(site, Enumerable.Range(0, s.N).Select(i => Examples.Session(site, i, s.Soc[i], 0.2, s.Target[i], s.Hours[i])));
            var problem = Examples.Problem(state, Examples.Noon);
            var plan = Planner.Plan(problem, new PlanId("p"), Examples.Noon, "test");
            Assert.True(plan.Certificate.LowerBound <= plan.Certificate.Cost + 1e-6);
            var found = Planner.FleetPlan(new SiteFleet(problem)).BoundFound;
            Assert.True(found <= plan.Cost.Sum + (1e-4 * Math.Max(1, Math.Abs(plan.Cost.Sum))), $"the bound {found} is above the cost {plan.Cost}");
            for (var t = 0; t < plan.Grid.Count; t++) Assert.InRange(plan.Aggregate[t].Kilowatts, -s.Export - 1e-6, s.Import + 1e-6);
            foreach (var session in problem.Sessions) CheckSession(session, plan.Sessions[session.Session.Id], problem);
        },
        iter: 60);

    [Fact]
    public void Alone_on_a_wide_connection_the_bound_is_reached_and_the_target_too()
    {
        var site = Examples.Site(1, 500, 500);
        var plan = Planner.Plan(Examples.Problem(Examples.State(site, [Examples.Session(site, 0, 0.4, 0.3, 0.8, 19)]), Examples.Noon), new PlanId("p"), Examples.Noon, "test");
        Assert.InRange(plan.Certificate.Gap, 0, 1e-3);
        Assert.Empty(plan.Relaxed);
        Assert.InRange(plan.Sessions.Values.Single().StoredEnergy[^1].KilowattHours, 48 - 0.01, 60);
    }

    [Fact]
    public void It_charges_in_the_valley_and_not_in_the_peak()
    {
        var site = Examples.Site(1, 500, 500);
        var plan = Planner.Plan(Examples.Problem(Examples.State(site, [Examples.Session(site, 0, 0.4, 0.3, 0.8, 19, discharge: false)]), Examples.Noon), new PlanId("p"), Examples.Noon, "test");
        var midnight = plan.Grid.SlotAt(Examples.Noon + Duration.FromHours(12))!.Value;
        Assert.Equal(0, plan.Aggregate.Take(midnight).Sum(p => p.Kilowatts), 6);
        Assert.True(plan.Aggregate.Skip(midnight).Sum(p => p.Kilowatts) > 0);
    }

    [Fact]
    public void Forty_six_cars_behind_a_transformer_are_ready_and_the_gap_is_small()
    {
        var site = Examples.Site(46, 400, 1200);
        var state = Examples.State(site, Enumerable.Range(0, 46).Select(i => Examples.Session(site, i, 0.5 + (0.005 * i), 0.3, 0.85, 18 + (0.03 * i), 70)));
        var plan = Planner.Plan(Examples.Problem(state, Examples.Noon), new PlanId("p"), Examples.Noon, "test");
        Assert.Empty(plan.Relaxed);
        Assert.True(plan.Certificate.Gap < 1e-3, plan.Certificate + " " + plan.Certificate.Gap);
    }

    [Fact]
    public void A_reachable_event_is_planned_and_an_unreachable_one_is_listed_with_what_is_missing()
    {
        var site = Examples.Site(10, 600, 600);
        var state = Examples.State(site, Enumerable.Range(0, 10).Select(i => Examples.Session(site, i, 0.8, 0.3, 0.6, 12)));
        var reachable = Plan(SiteReducer.Apply(state, new InstructionReceived(Examples.Noon, Examples.Order(-200, 2, 1))));
        for (var t = 0; t < 4; t++) Assert.True(reachable.Aggregate[8 + t].Kilowatts <= -200 * 0.97, $"slot {t}: {reachable.Aggregate[8 + t]}");
        var beyond = Plan(SiteReducer.Apply(state, new InstructionReceived(Examples.Noon, Examples.Order(-2000, 2, 1))));
        Assert.Contains(beyond.Relaxed, r => r is { What: "gridEvent", Unit: "kW", By: > 1000 });

        static Plan Plan(SiteState s) => Planner.Plan(Examples.Problem(s, Examples.Noon), new PlanId("p"), Examples.Noon, "test");
    }

    [Fact]
    public void An_order_is_planned_as_it_is_given_whether_to_give_or_to_take()
    {
        var site = Examples.Site(10, 600, 600);
        var state = Examples.State(site, Enumerable.Range(0, 10).Select(i => Examples.Session(site, i, 0.6, 0.3, 0.6, 12)));
        foreach (var kw in new[] { -200.0, 0, 150 })
        {
            var plan = Planner.Plan(Examples.Problem(SiteReducer.Apply(state, new InstructionReceived(Examples.Noon, Examples.Order(kw, 2, 1))), Examples.Noon), new PlanId("p"), Examples.Noon, "test");
            for (var t = 8; t < 12; t++) Assert.InRange(plan.Aggregate[t].Kilowatts, kw - 0.01, kw + 0.01);
            Assert.Empty(plan.Relaxed);
            Assert.InRange(plan.Certificate.Gap, 0, 1e-3);
        }
    }

    [Fact]
    public void What_an_order_costs_the_owners_is_its_price()
    {
        var site = Examples.Site(10, 600, 600);
        var state = Examples.State(site, Enumerable.Range(0, 10).Select(i => Examples.Session(site, i, 0.8, 0.3, 0.6, 18)));
        Plan With(double kw) => Planner.Plan(Examples.Problem(SiteReducer.Apply(state, new InstructionReceived(Examples.Noon, Examples.Order(kw, 8, 1))), Examples.Noon), new PlanId("p"), Examples.Noon, "test");
        var (less, more) = (With(-150), With(-160));
        var price = less.Binding.Where(b => b.Source == LimitSource.GridEvent).Sum(b => b.ShadowPricePerKilowattHour) / 4; // one more kW over the hour is a quarter kWh in each of four slots
        Assert.Equal(4, less.Binding.Count(b => b.Source == LimitSource.GridEvent));
        Assert.True(Math.Abs(price) > 0.05, $"{price}");
        Assert.InRange(more.Cost.Sum - less.Cost.Sum, (10 * Math.Abs(price)) - 0.05, (10 * Math.Abs(price)) + 0.05);
    }

    [Fact]
    public void The_parts_add_up_to_the_cost_and_a_binding_cabinet_has_a_price()
    {
        var site = Examples.Site(10, 600, 600);
        site = site with { Nodes = [site.Nodes[0], site.Nodes[1] with { ImportMax = Power.FromKilowatts(60) }] };
        var plan = Planner.Plan(Examples.Problem(Examples.State(site, Enumerable.Range(0, 10).Select(i => Examples.Session(site, i, 0.3, 0.3, 0.9, 18))), Examples.Noon), new PlanId("p"), Examples.Noon, "test");
        Assert.Equal(plan.Certificate.Cost, plan.Cost.Sum, 9);
        Assert.Contains(plan.Binding, b => b is { NodeId: "cabinet", Source: LimitSource.Cabinet, ShadowPricePerKilowattHour: > 0 });
        Assert.All(plan.Aggregate, p => Assert.InRange(p.Kilowatts, -600, 60 + 1e-6));
        Assert.Equal(plan.Grid.Count, plan.PricePerKilowattHour.Length);
    }

    [Fact]
    public void Two_cars_below_their_floors_behind_a_cabinet_for_one_share_it_and_the_bound_is_below_the_cost()
    {
        var site = Examples.Site(2, 100, 100, ratingKw: 7);
        site = site with { Nodes = [site.Nodes[0], site.Nodes[1] with { ImportMax = Power.FromKilowatts(7) }] };
        var problem = Examples.Problem(Examples.State(site, [Examples.Session(site, 0, 0.1, 0.2, 0.5, 18, 50), Examples.Session(site, 1, 0.1, 0.2, 0.5, 18, 50)]), Examples.Noon);
        var plan = Planner.Plan(problem, new PlanId("p"), Examples.Noon, "test");
        Assert.All(plan.Aggregate, p => Assert.InRange(p.Kilowatts, 0, 7 + 1e-6));
        Assert.InRange(plan.Cost.Sum, 1, 100);
        Assert.True(Planner.FleetPlan(new SiteFleet(problem)).BoundFound <= plan.Cost.Sum + 0.01);
        Assert.Equal(0, plan.Cost.Shortfall, 2);
    }

    [Fact]
    public void A_limit_that_nobody_presses_on_has_no_price()
    {
        var site = Examples.Site(3, 20, 0) with { GridPermitsExport = false }; // may not export, and at night nothing is bought
        var plan = Planner.Plan(Examples.Problem(Examples.State(site, Enumerable.Range(0, 3).Select(i => Examples.Session(site, i, 0.5, 0.3, 0.7, 18, discharge: false))), Examples.Noon), new PlanId("p"), Examples.Noon, "test");
        Assert.DoesNotContain(plan.Binding, b => b.ShadowPricePerKilowattHour < 0 || plan.Aggregate[b.Slot].Kilowatts < 19.9);
    }

    [Fact]
    public void A_building_that_is_over_the_limit_alone_is_told_and_a_car_that_leaves_at_once_is_counted()
    {
        var site = Examples.Site(2, 100, 100) with { BuildingLoad = Power.FromKilowatts(130) };
        var plan = Planner.Plan(Examples.Problem(Examples.State(site, [Examples.Session(site, 0, 0.4, 0.3, 0.8, 10), Examples.Session(site, 1, 0.4, 0.3, 0.8, 0.1)]), Examples.Noon), new PlanId("p"), Examples.Noon, "test");
        Assert.Contains(plan.Relaxed, r => r is { What: "nodeImport", Unit: "kW", By: > 29.9 });
        Assert.Equal(2, plan.Relaxed.Count(r => r is { What: "targetEnergy", By: > 23 }));
        Assert.InRange(plan.Certificate.Gap, 0, 1e-3);
    }

    [Fact]
    public void The_same_problem_gives_the_same_plan()
    {
        var site = Examples.Site(5, 100, 100);
        var state = Examples.State(site, Enumerable.Range(0, 5).Select(i => Examples.Session(site, i, 0.3, 0.2, 0.9, 10)));
        var (a, b) = (Planner.Plan(Examples.Problem(state, Examples.Noon), new PlanId("p"), Examples.Noon, "t"), Planner.Plan(Examples.Problem(state, Examples.Noon), new PlanId("p"), Examples.Noon, "t"));
        Assert.Equal(a.Aggregate, b.Aggregate);
        Assert.Equal(a.Certificate, b.Certificate);
    }

    [Fact]
    public void Without_the_platform_a_car_charges_at_once_until_its_target()
    {
        var site = Examples.Site(1, 100, 100);
        var session = Examples.Session(site, 0, 0.4, 0.3, 0.8, 12);
        var grid = Examples.Problem(Examples.State(site, [session]), Examples.Noon).Grid;
        var power = UncontrolledCharge.Over(grid, new Interval(Examples.Noon, Examples.Noon + Duration.FromHours(12)), session.Vehicle!, site.Evses[0], StateOfCharge.FromFraction(0.4), StateOfCharge.FromFraction(0.8));
        Assert.InRange(power.Sum() * 0.25 * 0.95, 24 - 1e-6, 24 + 1e-6);
        Assert.Equal(60, power[0], 6);
    }

    private static void CheckSession(PlanningSession session, SessionPlan plan, PlanningProblem problem)
    {
        var vehicle = session.Session.Vehicle!;
        var departure = session.Session.Terms.Departure!.Value;
        for (var t = 0; t < problem.Grid.Count; t++)
        {
            var power = plan.Power[t].Kilowatts;
            Assert.InRange(power, -60 - 1e-6, 60 + 1e-6);
            if (problem.Grid.StartOf(t) >= departure) Assert.Equal(0, power);
            Assert.InRange(plan.StoredEnergy[t + 1].KilowattHours, -1e-6, vehicle.Capacity.KilowattHours + 1e-6);
            var moved = power > 0 ? power * 0.25 * 0.95 : power * 0.25 / 0.95;
            Assert.InRange(plan.StoredEnergy[t + 1].KilowattHours - plan.StoredEnergy[t].KilowattHours - moved, -1e-6, 1e-6);
            if (power < -1e-9) Assert.True(plan.StoredEnergy[t + 1].Fraction(vehicle.Capacity) >= session.Session.Terms.Floor.Fraction - 1e-6, "below the floor");
        }
    }
}

internal static class EnergyFraction
{
    internal static double Fraction(this Energy stored, Energy capacity) => stored.WattHours / capacity.WattHours;
}
