using CsCheck;
using NodaTime;
using Penstock.Core.Dispatching;
using Penstock.Core.Metering;
using Penstock.Core.Sites;
using Penstock.Core.Units;
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
    public void A_cabinet_inside_a_site_counts_and_the_others_give_what_it_cannot()
    {
        var narrow = Site("a", 10, 0.9);
        narrow = SiteReducer.Apply(narrow, new LayoutChanged(Examples.Noon, narrow.Layout with { Nodes = [narrow.Layout.Nodes[0], narrow.Layout.Nodes[1] with { ExportMax = Power.FromKilowatts(100) }] }));
        var shares = Shares(-600, narrow, Site("b", 10, 0.9));
        Assert.InRange(shares["a"], -100, -80);
        Assert.Equal(-600, shares["a"] + shares["b"], 2);
    }

    [Fact]
    public void Shares_stay_where_they_are_from_minute_to_minute()
    {
        var order = Examples.Order(-700, 0, 1);
        var sites = new[] { Site("a", 10, 0.69), Site("b", 10, 0.95), Site("c", 10, 0.42) };
        var shares = new List<double>();
        for (var minute = 0; minute < 20; minute++)
        {
            var now = Examples.Noon + Duration.FromMinutes(minute);
            var split = PortfolioDispatch.Split(sites, order, now);
            shares.Add(split.Targets[sites[0].Layout.Id].Kilowatts);
            for (var s = 0; s < sites.Length; s++)
            {
                sites[s] = SiteReducer.Apply(sites[s], new InstructionReceived(now, order with { Target = split.Targets[sites[s].Layout.Id], PortfolioShare = split.Share }));
                for (var second = 0; second < 60; second += 10) sites[s] = Stepped(sites[s], now + Duration.FromSeconds(second), Duration.FromSeconds(10));
            }
        }

        var swings = shares.Zip(shares.Skip(1), (a, b) => Math.Abs(a - b)).Count(d => d > 50);
        Assert.InRange(swings, 0, 2);
    }

    [Fact]
    public void Before_anyone_is_plugged_in_it_goes_by_what_is_built_and_a_single_site_has_it_all()
    {
        var shares = Shares(-300, Site("a", 0, 0, evses: 4), Site("b", 0, 0, evses: 8));
        Assert.Equal([-100.0, -200.0], [Math.Round(shares["a"], 2), Math.Round(shares["b"], 2)]);
        Assert.Equal(-5000, Shares(-5000, Site("a", 3, 0.9))["a"], 2);
        Assert.Empty(PortfolioDispatch.Split([], Examples.Order(-10, 0, 1), Examples.Noon).Targets);
    }

    [Fact]
    public void Shares_always_sum_to_the_target() => Gen.Select(Gen.Double[-4000, 4000], Gen.Int[0, 12].Array[3], Gen.Double[0.1, 1].Array[3], Gen.Double[0, 600].Array[3], Gen.Double[-3, 2]).Sample((target, cars, soc, export, from) =>
    {
        var sites = Enumerable.Range(0, 3).Select(n => Site($"s{n}", cars[n], soc[n], export[n])).ToList();
        var shares = PortfolioDispatch.Split(sites, Examples.Order(target, from, 3.5), Examples.Noon).Targets;
        Assert.Equal(target, shares.Values.Sum(p => p.Kilowatts), 1e-6);
        var able = sites.Sum(s => Math.Min(s.Layout.Nodes[0].ExportMax.Kilowatts, s.Evses.Values.Count(e => e.Session is not null) * 60.0));
        if (target <= 0 && -target >= able) return; // beyond what there is every site may be asked for more
        foreach (var site in sites.Where(s => s.Evses.Values.All(e => e.Session is null))) Assert.InRange(shares[site.Layout.Id].Kilowatts, Math.Min(0, target) - 1e-3, Math.Max(0, target) + 1e-3); // to the watt
    },
    iter: 200);

    /// <summary>Dispatches, and moves the energy that was asked for.</summary>
    private static SiteState Stepped(SiteState site, Instant now, Duration time)
    {
        var setpoints = Dispatcher.Dispatch(site, now).Setpoints;
        site = SiteReducer.Apply(site, new SetpointsMade(now, setpoints));
        return SiteReducer.Apply(site, new MeasuredTogether(now + time, [.. setpoints.Select(p =>
        {
            var session = site.Evses[p.Evse].Session!;
            var moved = p.Power.Kilowatts * time.TotalHours * (p.Power.Kilowatts > 0 ? 0.95 : 1 / 0.95) / 60;
            return new EvseMeasurement(p.Evse, now + time, session.Id, p.Power, null, null, StateOfCharge.FromFraction(session.StateOfCharge!.Value.Fraction + moved));
        })]));
    }

    private static SiteState Site(string id, int cars, double soc, double exportKw = 2000, int evses = 0)
    {
        var site = Examples.Site(Math.Max(cars, evses == 0 ? 10 : evses), 2000, exportKw) with { Id = new SiteId(id) };
        return Examples.State(site, Enumerable.Range(0, cars).Select(i => Examples.Session(site, i, soc, 0.3, 0.4, 12)));
    }

    private static Dictionary<string, double> Shares(double kilowatts, params SiteState[] sites) =>
        PortfolioDispatch.Split(sites, Examples.Order(kilowatts, 0, 2), Examples.Noon).Targets.ToDictionary(s => s.Key.Value, s => s.Value.Kilowatts);
}
