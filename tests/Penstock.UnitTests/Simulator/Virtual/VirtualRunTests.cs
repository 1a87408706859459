using NodaTime;
using Penstock.Core.Sites;
using Penstock.Core.Tariffs;
using Penstock.Simulator.Cities;
using Penstock.Simulator.Virtual;

namespace Penstock.UnitTests.Simulator.Virtual;

public sealed class VirtualRunTests
{
    private static readonly LocalDate Day = new(2026, 4, 15);
    private static readonly CityModel City = Scenarios.Generate("lianhua", 7, Day, 6);
    private static readonly Instant Midnight = Day.AtStartOfDayInZone(BuiltInTariffs.Shenzhen.Zone).ToInstant();

    public static TheoryData<VirtualPolicy> Policies => [.. Enum.GetValues<VirtualPolicy>()];

    [Theory]
    [MemberData(nameof(Policies))]
    public void Registers_tell_exactly_what_the_battery_holds(VirtualPolicy policy)
    {
        foreach (var stay in Play(policy).Stays)
        {
            var (vehicle, last) = (stay.Visit.Vehicle.Vehicle, stay.Readings[^1]);
            var moved = (last.ImportWh * vehicle.ChargeEfficiency) - (last.ExportWh / vehicle.DischargeEfficiency);
            Assert.Equal(moved / 1000, (last.Fraction - stay.Visit.FractionAtArrival) * vehicle.Capacity.KilowattHours, tolerance: 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Readings_begin_at_plug_in_with_nothing_and_never_fall(VirtualPolicy policy)
    {
        foreach (var stay in Play(policy).Stays)
        {
            Assert.Equal((0, 0), (stay.Readings[0].ImportWh, stay.Readings[0].ExportWh));
            Assert.All(stay.Readings.Zip(stay.Readings.Skip(1)), pair => Assert.True(pair.Second.ImportWh >= pair.First.ImportWh && pair.Second.ExportWh >= pair.First.ExportWh && pair.Second.At >= pair.First.At));
        }
    }

    [Theory]
    [InlineData(VirtualPolicy.Orderly)]
    [InlineData(VirtualPolicy.V2g)]
    public void The_platform_keeps_every_floor_target_and_limit(VirtualPolicy policy)
    {
        var outcome = Play(policy);
        foreach (var stay in outcome.Stays.Where(s => s.AtEnd is not null))
        {
            var terms = stay.Visit.Vehicle.Terms;
            Assert.True(stay.Lowest >= Math.Min(terms.Floor.Fraction, stay.Visit.FractionAtArrival) - 0.005, $"{stay.Visit.Vehicle.Token} fell to {stay.Lowest:P1}");
            Assert.True(stay.AtEnd >= terms.Target.Fraction - 0.005, $"{stay.Visit.Vehicle.Token} left with {stay.AtEnd:P1} of {terms.Target}");
        }

        var limits = City.Sites.ToDictionary(s => s.Id, s => s.Nodes[0]);
        Assert.All(outcome.SiteMinutes, m => Assert.InRange(m.PowerKw, -limits[m.Site].ExportMax.Kilowatts - 1e-6, limits[m.Site].ImportMax.Kilowatts + 1e-6));
    }

    [Fact]
    public void Only_V2G_gives_to_the_grid()
    {
        Assert.Equal(0, Play(VirtualPolicy.Uncontrolled).Stays.Sum(s => s.Readings[^1].ExportWh));
        Assert.Equal(0, Play(VirtualPolicy.Orderly).Stays.Sum(s => s.Readings[^1].ExportWh));
        Assert.True(Play(VirtualPolicy.V2g).Stays.Sum(s => s.Readings[^1].ExportWh) > 10_000);
    }

    [Fact]
    public void Site_minutes_and_registers_are_the_same_energy()
    {
        var outcome = Play(VirtualPolicy.V2g);
        Assert.Equal(outcome.Stays.Sum(s => s.Readings[^1].ImportWh - s.Readings[^1].ExportWh) / 1000, outcome.SiteMinutes.Sum(m => m.PowerKw) / 60, tolerance: 0.01);
    }

    [Fact]
    public void It_is_the_same_every_time_and_a_vehicle_that_has_left_is_not_there()
    {
        var (one, two) = (Play(VirtualPolicy.V2g), Play(VirtualPolicy.V2g));
        Assert.Equal(one.SiteMinutes, two.SiteMinutes);
        Assert.Equal(one.Steps, two.Steps);
        Assert.All(one.Stays, s => Assert.True(s.Visit.Leave > Midnight && s.Visit.Arrive < Midnight + Duration.FromHours(24)));
        Assert.All(one.Stays.Where(s => s.AtEnd is null), s => Assert.True(s.Visit.Leave > Midnight + Duration.FromHours(23.9)));
    }

    [Fact]
    public void Who_declares_a_later_departure_than_the_real_one_is_planned_for_the_declared_one()
    {
        var visit = City.Visits.First(v => v.Evse.Station == new StationId("lianhua-01") && v.Arrive >= Midnight);
        var late = visit with { Declared = visit.Leave + Duration.FromHours(10) };
        var tariff = BuiltInTariffs.Shenzhen;
        double AtEnd(Visit one) => VirtualRun.Play(City.Sites, [one], tariff, VirtualPolicy.Orderly, visit.Arrive, visit.Leave + Duration.FromHours(1)).Stays.Single().AtEnd!.Value;
        Assert.True(AtEnd(visit) >= visit.Vehicle.Terms.Target.Fraction - 0.005);
        Assert.True(AtEnd(late) < AtEnd(visit));
    }

    private static VirtualOutcome Play(VirtualPolicy policy) => VirtualRun.Play(City.Sites, City.Visits, BuiltInTariffs.Shenzhen, policy, Midnight, Midnight + Duration.FromHours(24));
}
