using NodaTime;
using Penstock.Core.Sites;
using Penstock.Simulator.Cities;

namespace Penstock.UnitTests.Simulator.Cities;

public sealed class ScenariosTests
{
    private static readonly LocalDate Day = new(2026, 4, 15);

    public static TheoryData<string> Names => [.. ScenarioFile.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_same_seed_draws_the_same_city_and_another_seed_another_one(string name)
    {
        Assert.Equal(Scenarios.Generate(name, 7, Day, null).Visits, Scenarios.Generate(name, 7, Day, null).Visits);
        Assert.NotEqual(Scenarios.Generate(name, 7, Day, null).Visits[0], Scenarios.Generate(name, 8, Day, null).Visits[0]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Stays_at_one_EVSE_never_overlap_and_every_target_can_be_reached(string name)
    {
        var city = Scenarios.Generate(name, 7, Day, null);
        Assert.All(city.Visits, v => Assert.True(v.Leave > v.Arrive && v.Vehicle.Terms.Target >= v.Vehicle.Terms.Floor));
        foreach (var evse in city.Visits.GroupBy(v => v.Evse)) Assert.All(evse.OrderBy(v => v.Arrive).Zip(evse.OrderBy(v => v.Arrive).Skip(1)), pair => Assert.True(pair.First.Leave <= pair.Second.Arrive));
        Assert.Contains(city.Inputs, i => i.Published);
        Assert.Contains(city.Inputs, i => !i.Published);
    }

    [Fact]
    public void Lianhua_has_46_vehicles_at_once_at_the_event_and_is_asked_for_1052_kW()
    {
        var city = Scenarios.Generate("lianhua", 7, Day, null);
        Assert.Equal(-1052, city.Event.Target.Kilowatts);
        Assert.Equal(46, city.Visits.Count(v => v.Evse.Station.Value.StartsWith("lianhua-", StringComparison.Ordinal) && v.Arrive <= city.Event.Start && v.Leave >= city.Event.End));
    }

    [Fact]
    public void Shenzhen_has_at_least_100_stations_and_2000_vehicles()
    {
        var city = Scenarios.Generate("shenzhen", 7, Day, null);
        Assert.True(city.Stations.Length >= 100);
        Assert.Equal(2000, city.Vehicles.Length);
        Assert.Equal(4.00m, city.Event.SubsidyPerKwh);
    }

    [Fact]
    public void Another_number_of_vehicles_scales_the_site_and_its_order_and_is_told()
    {
        var city = Scenarios.Generate("lianhua", 7, Day, 23);
        Assert.Equal((-526, 1000), (city.Event.Target.Kilowatts, city.Sites[0].Nodes[0].ImportMax.Kilowatts));
        Assert.Equal(23, city.Sites[0].Evses.Length);
        Assert.Contains(city.Inputs, i => i.Name == "--vehicles");
        Assert.Equal(500, Scenarios.Generate("shenzhen", 7, Day, 500).Vehicles.Length);
    }

    [Theory]
    [InlineData("lianhua", 461)]
    [InlineData("shenzhen", 2161)]
    [InlineData("lianhua", 0)]
    public void More_vehicles_than_there_are_places_are_refused(string name, int vehicles) =>
        Assert.Contains("holds 1 to", Assert.Throws<ArgumentException>(() => Scenarios.Generate(name, 7, Day, vehicles)).Message);

    [Fact]
    public void The_limit_tree_of_every_site_is_whole()
    {
        foreach (var site in ScenarioFile.Names.SelectMany(n => Scenarios.Generate(n, 7, Day, null).Sites))
        {
            Assert.Null(site.Nodes[0].ParentId);
            Assert.All(site.Nodes.Skip(1), n => Assert.Contains(site.Nodes, p => p.NodeId == n.ParentId));
            Assert.All(site.Evses, e => Assert.Contains(site.Nodes, n => n.NodeId == e.NodeId));
            Assert.All(site.Evses, e => Assert.Equal(e.Discharge == DischargeMethod.None, e.DischargeMax.Kilowatts == 0));
        }
    }
}
