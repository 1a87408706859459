using CsCheck;
using Penstock.Core.Dispatching;
using Penstock.Core.Sites;
using Penstock.UnitTests.Core.Planning;

namespace Penstock.UnitTests.Core.Dispatching;

public sealed class PortfolioDispatchTests
{
    [Fact]
    public void Vehicles_that_can_go_on_carry_the_same_share_wherever_they_are()
    {
        var shares = Shares(-300, Site("a", 10, 0.9), Site("b", 5, 0.9));
        Assert.Equal(-200, shares["a"], 2);
        Assert.Equal(-100, shares["b"], 2);
    }

    [Fact]
    public void A_site_whose_vehicles_cannot_last_is_spared_until_it_is_needed()
    {
        var (full, empty) = (Site("a", 10, 0.9), Site("b", 10, 0.42)); // 7 kWh above the floor do not last two hours at the share asked
        Assert.Equal(0, Shares(-300, full, empty)["b"], 2);
        Assert.True(Shares(-900, full, empty)["b"] < -250);
    }

    [Fact]
    public void A_point_of_connection_holds_and_what_nobody_can_carry_goes_by_what_is_built()
    {
        var shares = Shares(-700, Site("a", 10, 0.9, exportKw: 150), Site("b", 10, 0.9));
        Assert.Equal(-140, shares["a"], 2); // 700 of the 750 kW that the connections leave: the same part of each
        Assert.Equal(-560, shares["b"], 2);
        var beyond = Shares(-1500, Site("a", 10, 0.9, exportKw: 150), Site("b", 10, 0.9)); // 750 can be carried
        Assert.Equal(-150 - 375, beyond["a"], 0);
        Assert.Equal(-600 - 375, beyond["b"], 0);
    }

    [Fact]
    public void Before_anyone_is_plugged_in_it_goes_by_what_is_built_and_a_single_site_has_it_all()
    {
        var shares = Shares(-300, Site("a", 0, 0, evses: 4), Site("b", 0, 0, evses: 8));
        Assert.Equal([-100.0, -200.0], [Math.Round(shares["a"], 2), Math.Round(shares["b"], 2)]);
        Assert.Equal(-5000, Shares(-5000, Site("a", 3, 0.9))["a"], 2);
        Assert.Empty(PortfolioDispatch.Shares([], Examples.Order(-10, 0, 1), Examples.Noon));
    }

    [Fact]
    public void Shares_always_sum_to_the_target() => Gen.Select(Gen.Double[-4000, 4000], Gen.Int[0, 12].Array[3], Gen.Double[0.1, 1].Array[3], Gen.Double[0, 600].Array[3], Gen.Double[-3, 2]).Sample((target, cars, soc, export, from) =>
    {
        var sites = Enumerable.Range(0, 3).Select(n => Site($"s{n}", cars[n], soc[n], export[n])).ToList();
        var shares = PortfolioDispatch.Shares(sites, Examples.Order(target, from, 3.5), Examples.Noon);
        Assert.Equal(target, shares.Values.Sum(p => p.Kilowatts), 2);
        var able = sites.Sum(s => Math.Min(s.Layout.Nodes[0].ExportMax.Kilowatts, s.Evses.Values.Count(e => e.Session is not null) * 60.0));
        if (target <= 0 && -target >= able) return; // beyond what there is every site may be asked for more
        foreach (var site in sites.Where(s => s.Evses.Values.All(e => e.Session is null))) Assert.InRange(shares[site.Layout.Id].Kilowatts, Math.Min(0, target) - 1e-3, Math.Max(0, target) + 1e-3); // to the watt
    },
    iter: 200);

    private static SiteState Site(string id, int cars, double soc, double exportKw = 2000, int evses = 0)
    {
        var site = Examples.Site(Math.Max(cars, evses == 0 ? 10 : evses), 2000, exportKw) with { Id = new SiteId(id) };
        return Examples.State(site, Enumerable.Range(0, cars).Select(i => Examples.Session(site, i, soc, 0.3, 0.4, 12)));
    }

    private static Dictionary<string, double> Shares(double kilowatts, params SiteState[] sites) =>
        PortfolioDispatch.Shares(sites, Examples.Order(kilowatts, 0, 2), Examples.Noon).ToDictionary(s => s.Key.Value, s => s.Value.Kilowatts);
}
