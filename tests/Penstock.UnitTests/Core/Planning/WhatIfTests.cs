using NodaTime;
using Penstock.Core.Planning;
using Penstock.Core.Sites;

namespace Penstock.UnitTests.Core.Planning;

public sealed class WhatIfTests
{
    private static readonly PlanningProblem Ten = Of(10, importKw: 200);

    [Fact]
    public void Nothing_changed_gives_the_same_plan()
    {
        var (before, after) = (Plan(Ten), Plan(WhatIf.Nothing.Of(Ten)));
        Assert.Equal(before.Aggregate, after.Aggregate);
        Assert.Equal(before.Cost, after.Cost);
    }

    [Fact]
    public void A_subsidy_brings_energy_into_its_window_and_lowers_the_cost_by_no_more_than_it_pays()
    {
        var window = new Interval(Examples.Noon + Duration.FromHours(8), Examples.Noon + Duration.FromHours(10)); // 20:00, flat: nothing sells by itself
        var (plain, paid) = (Plan(Ten), Plan((WhatIf.Nothing with { SubsidyPerKilowattHour = 4, SubsidyWindow = window }).Of(Ten)));
        Assert.Equal(0, Given(plain, window), 6);
        Assert.True(Given(paid, window) > 50, $"{Given(paid, window)} kWh");
        Assert.InRange(paid.Cost.Subsidies, 4 * Given(paid, window) * (1 - 1e-9), 4 * Given(paid, window) * (1 + 1e-9));
        Assert.InRange(plain.Cost.Sum - paid.Cost.Sum, 0, paid.Cost.Subsidies);
        Assert.True(paid.Certificate.Gap < 0.02, $"gap {paid.Certificate.Gap}");
    }

    [Fact]
    public void A_subsidy_beside_an_order_leaves_the_order_as_it_is_and_the_gap_small()
    {
        var site = Examples.Site(20, 1500, 1500);
        var state = Examples.State(site, Enumerable.Range(0, 20).Select(i => Examples.Session(site, i, 0.5 + (0.02 * i), 0.3, 0.8, 5 + (0.1 * i))));
        var problem = Examples.Problem(SiteReducer.Apply(state, new InstructionReceived(Examples.Noon, Examples.Order(-300, 0, 1))), Examples.Noon);
        var plan = Plan((WhatIf.Nothing with { SubsidyPerKilowattHour = 3, SubsidyWindow = new Interval(Examples.Noon + Duration.FromHours(2), Examples.Noon + Duration.FromHours(4)) }).Of(problem));
        for (var t = 0; t < 4; t++) Assert.InRange(plan.Aggregate[t].Kilowatts, -300.1, -299.9);
        Assert.True(plan.Cost.Subsidies > 100, $"{plan.Cost}");
        Assert.True(plan.Certificate.Gap < 0.02, $"gap {plan.Certificate.Gap} {plan.Cost}");
    }

    [Fact]
    public void Fewer_participants_give_less_and_none_give_nothing()
    {
        var given = new[] { 0, 0.3, 0.7, 1.0 }.Select(share => Given(Plan((WhatIf.Nothing with { Participation = share }).Of(Ten)), new Interval(Examples.Noon, Examples.Noon + Duration.FromHours(24)))).ToList();
        Assert.Equal(0, given[0]);
        Assert.Equal(given.Order(), given);
        Assert.True(given[3] > given[1]);
    }

    [Fact]
    public void A_smaller_connection_never_lowers_the_cost_and_flat_prices_leave_nothing_to_trade()
    {
        var costs = new[] { 3, 1, 0.3, 0.1 }.Select(limit => Plan((WhatIf.Nothing with { ConnectionLimit = limit }).Of(Ten)).Cost.Sum).ToList();
        for (var k = 1; k < costs.Count; k++) Assert.True(costs[k] >= costs[k - 1] - (1e-4 * Math.Abs(costs[k])), string.Join(" ", costs));
        var flat = Plan((WhatIf.Nothing with { PriceSpread = 0 }).Of(Ten));
        Assert.Equal(0, flat.Cost.Wear, 6);
    }

    [Theory]
    [InlineData(-1, 1, 1, 1, "SubsidyPerKilowattHour")]
    [InlineData(double.NaN, 1, 1, 1, "SubsidyPerKilowattHour")]
    [InlineData(1, 1, 1, 1, "SubsidyWindow")]
    [InlineData(0, 4, 1, 1, "PriceSpread")]
    [InlineData(0, 1, 1.1, 1, "Participation")]
    [InlineData(0, 1, 1, double.PositiveInfinity, "ConnectionLimit")]
    public void What_cannot_be_asked_is_named(double subsidy, double spread, double participation, double limit, string field)
    {
        var asked = new WhatIf(subsidy, null, spread, participation, limit);
        Assert.Equal([field], asked.Faults(Ten.Grid).Select(f => f.Field));
        Assert.Equal(field, Assert.Throws<ArgumentOutOfRangeException>(() => asked.Of(Ten)).ParamName);
    }

    private static PlanningProblem Of(int cars, double importKw)
    {
        var site = Examples.Site(cars, importKw, 600);
        return Examples.Problem(Examples.State(site, Enumerable.Range(0, cars).Select(i => Examples.Session(site, i, 0.75, 0.3, 0.8, 18))), Examples.Noon);
    }

    private static Plan Plan(PlanningProblem problem) => Planner.Plan(problem, new PlanId("p"), Examples.Noon, "test");

    private static double Given(Plan plan, Interval window) => Enumerable.Range(0, plan.Grid.Count).Where(t => window.Contains(plan.Grid.StartOf(t))).Sum(t => Math.Max(0, -plan.Aggregate[t].Kilowatts)) * plan.Grid.SlotHours;
}
