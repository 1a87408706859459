using CsCheck;
using Penstock.Solvers.Fleet;
using Penstock.Solvers.Flexibility;
using Penstock.UnitTests.Solvers.Decomposition;
using Penstock.UnitTests.Solvers.Fleet;

namespace Penstock.UnitTests.Solvers.Flexibility;

public sealed class HostingCapacityTests
{
    private static readonly HostingOptions EveryOne = new() { Resolution = 0 };

    [Fact]
    public void Identical_vehicles_by_hand()
    {
        // each needs 10 kWh in 2 h at 10 kW behind 105 kW: ten at once, 21 in turn, and none has anything to give to another
        var hosted = HostingCapacity.Of(Identical(40, 105), EveryOne);
        Assert.Equal([ChargingRegime.Uncontrolled, ChargingRegime.Orderly, ChargingRegime.V2G], hosted.Select(h => h.Regime));
        Assert.Equal([10, 21, 21], hosted.Select(h => h.Vehicles));
        Assert.Equal([0.25, 21 / 40.0, 21 / 40.0], hosted.Select(h => h.Share));
        Assert.All(hosted, h => Assert.True(h.IsProven));
    }

    [Fact]
    public void Vehicles_with_energy_to_spare_feed_those_that_need_it()
    {
        var problem = Identical(40, 55);
        for (var i = 0; i < 40; i += 2) problem.Vehicles.EnergyTarget[i] = 30; // 10 kWh to spare each
        var hosted = HostingCapacity.Of(problem, EveryOne);
        Assert.True(hosted[0].Vehicles < hosted[1].Vehicles && hosted[1].Vehicles < 40);
        Assert.Equal(new HostedVehicles(ChargingRegime.V2G, 40, 1, true, 1), hosted[2]);
    }

    [Fact]
    public void A_target_out_of_reach_is_no_fault_of_the_limit_and_base_load_alone_can_be()
    {
        var problem = Identical(5, 1000);
        problem.Vehicles.EnergyTarget[2] = 90;
        problem.Vehicles.Departure[3] = 1;
        Assert.All(HostingCapacity.Of(problem), h => Assert.Equal(5, h.Vehicles));
        Assert.All(HostingCapacity.Of(problem with { BaseLoad = [.. Enumerable.Repeat(1001.0, 8)] }), h => Assert.Equal((0, true), (h.Vehicles, h.IsProven)));
        Assert.All(HostingCapacity.Of(problem with { Vehicles = new StorageFleet(0) }), h => Assert.Equal((0, 1.0), (h.Vehicles, h.Share)));
    }

    [Fact]
    public void Sun_serves_its_own_site_and_sites_may_bind()
    {
        double[] All(double value) => [.. Enumerable.Repeat(value, 8)];
        var problem = Identical(40, 105) with { Sites = [new SiteLimits(null, All(0), All(35), All(0)) { PvAvailable = All(20) }] };
        Assert.Equal([12, 25, 25], HostingCapacity.Of(problem, EveryOne).Select(h => h.Vehicles)); // 125 kW at the whole
        Assert.Equal([5, 11, 11], HostingCapacity.Of(problem, EveryOne with { WithSites = true }).Select(h => h.Vehicles)); // 55 kW at the site
    }

    [Fact]
    public void V2G_hosts_at_least_orderly_and_that_at_least_uncontrolled_and_a_linear_programme_agrees() => Gen.Select(Gen.Int[1, 20], Gen.Int[2, 24], Gen.Int[0, 1_000_000], Gen.Double[0.3, 6], Gen.Bool).Sample((count, steps, seed, import, sites) =>
    {
        var problem = Fleets.Problem(Fleets.Random(count, steps, seed), steps, seed, import, import / 2);
        if (sites) problem = Fleets.WithSites(problem, seed);
        var hosted = HostingCapacity.Of(problem, new HostingOptions { Seed = seed, Resolution = 0, WithSites = sites });
        Assert.True(hosted[0].Vehicles <= hosted[1].Vehicles && hosted[1].Vehicles <= hosted[2].Vehicles);
        for (var r = 1; r < 3; r++)
        {
            double Least(int n) => LinearOracle.Optimum(Prefix(problem, seed, n, r == 2));
            if (hosted[r].Vehicles > 0) Assert.True(Least(hosted[r].Vehicles) < 2e-3 * count); // base load alone may be too much
            if (hosted[r].Vehicles < count && hosted[r].IsProven) Assert.True(Least(hosted[r].Vehicles + 1) > 0);
        }
    },
    iter: 50);

    [Fact]
    public void The_number_is_exact_to_the_resolution()
    {
        var problem = Penstock.Simulator.Instances.FleetInstance.Generate(600, 2);
        problem = problem with { ImportMax = [.. problem.ImportMax.Select(x => x * 0.9)] };
        var (fine, coarse) = (HostingCapacity.Of(problem, EveryOne), HostingCapacity.Of(problem, new HostingOptions { Resolution = 0.05 }));
        for (var r = 0; r < 3; r++) Assert.InRange(fine[r].Share - coarse[r].Share, -0.05, 0.05);
        Assert.True(coarse.Sum(h => h.Plans) < fine.Sum(h => h.Plans));
        Assert.True(fine[0].Vehicles < fine[1].Vehicles);
    }

    private static FleetProblem Identical(int count, double importMax)
    {
        var one = FleetFlexibilityTests.Vehicle(8);
        var fleet = Fleets.Pick(one.Vehicles, [.. new int[count]]);
        Array.Fill(fleet.EnergyTarget, 50);
        return one with { Vehicles = fleet, ImportMax = [.. Enumerable.Repeat(importMax, 8)], ExportMax = new double[8] };
    }

    /// <summary>What a probe asks, built here once more.</summary>
    private static FleetProblem Prefix(FleetProblem problem, int seed, int count, bool discharge)
    {
        var order = Enumerable.Range(0, problem.Vehicles.Count).ToArray();
        new Random(seed).Shuffle(order);
        var fleet = Fleets.Pick(problem.Vehicles, order[..count]);
        for (var i = 0; i < count; i++)
        {
            if (!discharge) fleet.DischargeMax[i] = 0;
            var reached = Math.Min(Math.Max(fleet.EnergyMax[i], fleet.EnergyArrival[i]), fleet.EnergyArrival[i] + (fleet.Steps(i) * problem.StepHours * fleet.ChargeMax[i] * fleet.ChargeEfficiency[i]));
            (fleet.EnergyTarget[i], fleet.ShortfallPenalty[i], fleet.Salvage[i], fleet.Wear[i]) = ((float)Math.Min(fleet.EnergyTarget[i], reached - 1e-4), 1, 0, 0);
        }

        return problem with { Vehicles = fleet, Buy = new double[problem.Steps], Sell = new double[problem.Steps], OverloadPenalty = 1 };
    }
}
