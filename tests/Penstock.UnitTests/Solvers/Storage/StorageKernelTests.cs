using CsCheck;
using Penstock.Solvers.Storage;

namespace Penstock.UnitTests.Solvers.Storage;

public sealed class StorageKernelTests
{
    private static readonly Gen<(StorageProblem Battery, double[] Buy, double[] Sell)> Tiny =
        from steps in Gen.Int[1, 6]
        from buy in Gen.Double[0.2, 1.3].Array[steps]
        from margin in Gen.Double[0.0, 0.1].Array[steps]
        from arrival in Gen.Int[2, 8]
        from target in Gen.Int[2, 10]
        from discharge in Gen.Bool
        from wear in Gen.Double[0.0, 0.2]
        select (new StorageProblem(arrival, 2, 10, target, 2, discharge ? 2 : 0, 1, 1, wear, 5, 0.1), buy, buy.Zip(margin, (b, m) => b - m).ToArray());

    [Fact]
    public void The_kernel_finds_the_cost_of_brute_force() => Tiny.Sample(
        p => Assert.Equal(BruteForce.Cost(p.Battery, p.Buy, p.Sell), Solve(p.Battery, p.Buy, p.Sell).Cost.Cost, 9), iter: 300);

    [Fact]
    public void Schedules_keep_bounds_and_conserve_energy_with_losses() => Tiny.Sample(p =>
    {
        var battery = p.Battery with { ChargeEfficiency = 0.93, DischargeEfficiency = 0.91 };
        var (_, power) = Solve(battery, p.Buy, p.Sell);
        var energy = battery.EnergyArrival;
        foreach (var kw in power)
        {
            Assert.InRange(kw, -battery.DischargeMax - 1e-9, battery.ChargeMax + 1e-9);
            energy += kw > 0 ? kw * 0.93 : kw / 0.91;
            Assert.InRange(energy, battery.EnergyMin - 1e-9, battery.EnergyMax + 1e-9);
        }
    }, iter: 300);

    [Fact]
    public void More_room_in_the_battery_never_costs_more() => Tiny.Sample(
        p => Assert.True(Solve(p.Battery with { EnergyMax = 12 }, p.Buy, p.Sell).Cost.Cost <= Solve(p.Battery, p.Buy, p.Sell).Cost.Cost + 1e-9), iter: 300);

    [Fact]
    public void A_start_below_the_floor_is_charged_up_at_once()
    {
        var (_, power) = Solve(new StorageProblem(0, 4, 10, 4, 2, 2, 1, 1, 0, 5, 0), [9, 9, 0.1, 0.1], [9, 9, 0.1, 0.1]);
        Assert.Equal([2, 2], power[..2]);
    }

    [Fact]
    public void A_start_below_the_floor_is_charged_up_also_where_only_discharging_would_pay()
    {
        var (_, power) = Solve(new StorageProblem(0, 4, 10, 0, 2, 2, 1, 1, 0, 5, 0), [1, 1, 1, 1], [2, 2, 2, 2]);
        Assert.Equal([2, 2], power[..2]);
    }

    [Fact]
    public void An_unreachable_target_is_a_shortfall_not_an_error()
    {
        var (cost, power) = Solve(new StorageProblem(2, 2, 10, 10, 2, 0, 1, 1, 0, 5, 0), [0.4], [0]);
        Assert.Equal(2, power[0], 9);
        Assert.Equal((2 * 0.4) + (6 * 5), cost.Cost, 9);
    }

    [Fact]
    public void Selling_above_the_price_of_buying_back_stays_physical()
    {
        var (_, power) = Solve(new StorageProblem(5, 2, 10, 5, 2, 2, 1, 1, 0, 5, 0), [-3, -3], [1, 1]);
        Assert.All(power, kw => Assert.InRange(kw, -2, 2));
    }

    [Fact]
    public void With_losses_and_chances_to_leave_it_finds_the_cost_of_brute_force() => Gen.Select(Tiny, Gen.Double[0, 0.5].Array[6]).Sample(
        (p, chance) =>
        {
            var battery = p.Battery with { ChargeMax = 4, ChargeEfficiency = 0.5, DischargeMax = p.Battery.DischargeMax / 2, DischargeEfficiency = 0.5 };
            var leave = chance[..p.Buy.Length];
            Assert.Equal(BruteForce.Cost(battery, p.Buy, p.Sell, leave: leave), Solve(battery, p.Buy, p.Sell, new StorageSteps { LeaveProbability = leave }).Cost.Cost, 9);
        },
        iter: 300);

    [Fact]
    public void A_floor_that_changes_is_kept_or_reached_as_soon_as_possible() => Gen.Select(Tiny, Gen.Int[0, 9].Array[6]).Sample(
        (p, floors) =>
        {
            var floor = floors[..p.Buy.Length].Select(f => (double)f).ToArray();
            var (cost, power) = Solve(p.Battery, p.Buy, p.Sell, new StorageSteps { EnergyMin = floor });
            Assert.Equal(BruteForce.Cost(p.Battery, p.Buy, p.Sell, floor), cost.Cost, 9);
            var energy = p.Battery.EnergyArrival;
            for (var t = 0; t < power.Length; t++)
            {
                energy += power[t];
                Assert.True(energy >= floor[t] - 1e-9 || power[t] >= p.Battery.ChargeMax - 1e-9, $"{energy} kWh after step {t}, the floor is {floor[t]} kWh, {power[t]} kW");
            }
        },
        iter: 300);

    [Fact]
    public void Where_pumping_would_pay_the_bound_is_below_the_cost_and_the_schedule_does_not_pump() => Gen.Select(Tiny, Gen.Double[-3, 1].Array[6]).Sample(
        (p, prices) =>
        {
            var price = prices[..p.Buy.Length];
            var battery = p.Battery with { ChargeMax = 4, ChargeEfficiency = 0.5, DischargeMax = 1, DischargeEfficiency = 0.5 };
            var (cost, power) = Solve(battery, price, price);
            var least = BruteForce.Cost(battery, price, price);
            Assert.InRange(cost.Bound, double.NegativeInfinity, least + 1e-9);
            Assert.InRange(cost.Cost, least - 1e-9, double.PositiveInfinity);
            if (StorageKernel.IsConvex(battery, price, price)) Assert.Equal(cost.Cost, cost.Bound);
            Assert.Equal(cost.Cost, Priced(battery, price, power), 9);
        },
        iter: 300);

    [Fact]
    public void A_wave_of_negative_prices_is_worth_exactly_what_the_relaxation_says_when_the_battery_has_room()
    {
        var battery = new StorageProblem(2, 0, 100, 0, 4, 4, 0.9, 0.9, 0, 0, 0);
        var (cost, power) = Solve(battery, [-1, -1], [-1, -1]);
        Assert.Equal([4, 4], power);
        Assert.Equal(-8, cost.Cost, 9);
        Assert.Equal(cost.Cost, cost.Bound, 9); // at the full charge of both steps the relaxation has nothing to gain
    }

    [Fact]
    public void A_vehicle_that_surely_leaves_after_a_step_is_planned_for_that_step()
    {
        var battery = new StorageProblem(0, 0, 10, 4, 2, 0, 1, 1, 0, 5, 0);
        Assert.Equal(2, Solve(battery, [1, 0.1, 0.1], [0, 0, 0], new StorageSteps { LeaveProbability = [1, 0, 0] }).Power[0], 9);
        Assert.Equal(0, Solve(battery, [1, 0.1, 0.1], [0, 0, 0]).Power[0], 9);
    }

    private static double Priced(StorageProblem battery, double[] price, double[] power)
    {
        var (energy, cost) = (battery.EnergyArrival, 0.0);
        for (var t = 0; t < power.Length; t++)
        {
            var drawn = Math.Max(0, -power[t]) / battery.DischargeEfficiency;
            energy += (Math.Max(0, power[t]) * battery.ChargeEfficiency) - drawn;
            cost += (price[t] * power[t]) + (battery.Wear * drawn);
        }

        return cost + battery.AtDeparture(energy);
    }

    private static (StorageCost Cost, double[] Power) Solve(StorageProblem battery, double[] buy, double[] sell, StorageSteps steps = default)
    {
        var power = new double[buy.Length];
        var cost = StorageKernel.Solve(battery, buy, sell, 1, new double[buy.Length], new double[buy.Length], power, new double[StorageKernel.Workspace(buy.Length)], steps);
        return (cost, power);
    }
}
