using CsCheck;
using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Flexibility;
using Penstock.UnitTests.Solvers.Fleet;

namespace Penstock.UnitTests.Solvers.Flexibility;

public sealed class EnergyEnvelopeTests
{
    [Fact]
    public void One_vehicle_by_hand()
    {
        var problem = FleetFlexibilityTests.Vehicle(8); // 40 of 60 kWh, floor 20, target 40, 2.5 kWh a step both ways
        problem.Vehicles.Departure[0] = 6;
        var envelope = EnergyEnvelope.Of(FleetFlexibilityTests.Idle(problem));
        Assert.Equal([2.5, 5, 7.5, 10, 12.5, 15, 15, 15], envelope.Earliest);
        Assert.Equal([-2.5, -5, -7.5, -5, -2.5, 0, 0, 0], envelope.Latest);
        Assert.Equal(new double[8], envelope.Reference);
        Assert.Equal([10, 10, 10, 10, 10, 10, 0, 0], envelope.ImportMax);
        Assert.Equal(envelope.ImportMax, envelope.ExportMax);
    }

    [Fact]
    public void Every_plan_that_keeps_the_promises_lies_inside() => Gen.Select(Gen.Int[1, 15], Gen.Int[2, 40], Gen.Int[0, 1_000_000]).Sample((count, steps, seed) =>
    {
        var problem = Fleets.Problem(Fleets.Random(count, steps, seed), steps, seed, 1e5, 1e5);
        var fleet = problem.Vehicles;
        for (var i = 0; i < count; i++) fleet.EnergyTarget[i] = fleet.EnergyMin[i]; // reachable, or charged at full power to the end
        var envelope = EnergyEnvelope.Of(ReferencePlan.Of(FleetPlanner.Plan(problem)));
        for (var other = 0; other < 3; other++)
        {
            var sum = new double[steps];
            var prices = Fleets.Prices(steps, seed + other, -1, 3);
            foreach (var (i, kw) in FleetPlanner.Plan(problem with { Buy = prices, Sell = [.. prices.Select(p => p - 0.1)] }).Schedules())
            {
                var energy = 0.0;
                for (var t = (int)fleet.Arrival[i]; t < steps; t++)
                {
                    var net = t < fleet.Departure[i] ? kw[t - fleet.Arrival[i]] : 0;
                    sum[t] += energy += problem.StepHours * (net > 0 ? net * fleet.ChargeEfficiency[i] : net / fleet.DischargeEfficiency[i]);
                }
            }

            for (var t = 0; t < steps; t++) Assert.InRange(sum[t], envelope.Latest[t] - (2e-3 * count), envelope.Earliest[t] + (2e-3 * count));
        }

        for (var t = 0; t < steps; t++) Assert.InRange(envelope.Reference[t], envelope.Latest[t] - (1e-5 * count), envelope.Earliest[t] + (1e-3 * count));
    },
    iter: 100);

    [Fact]
    public void It_is_necessary_and_not_sufficient()
    {
        // one vehicle leaves after a step with its target, another arrives then: the sum of bounds allows what neither can do alone
        var fleet = Fleets.Pick(FleetFlexibilityTests.Vehicle(4).Vehicles, [0, 0]);
        (fleet.Departure[0], fleet.EnergyMax[0], fleet.ChargeMax[1], fleet.DischargeMax[1]) = (2, 41, 1, 0);
        var envelope = EnergyEnvelope.Of(FleetFlexibilityTests.Idle(FleetFlexibilityTests.Vehicle(4) with { Vehicles = fleet }));
        Assert.Equal(1.25, envelope.Earliest[0], 6);
        Assert.Equal(-2.5, envelope.Latest[0], 6);
        // from -2.5 to +1.5 in one step would stay inside, and no plan follows it: 4 kWh are more than 11 kW bring in a quarter-hour
        Assert.Equal(1.5, envelope.Earliest[1], 6);
        Assert.True((envelope.Earliest[1] - envelope.Latest[0]) / 0.25 > envelope.ImportMax[1]);
    }
}
