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
        p => Assert.Equal(BruteForce(p.Battery, p.Buy, p.Sell, 0, p.Battery.EnergyArrival), Solve(p.Battery, p.Buy, p.Sell).Cost, 9), iter: 300);

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
        p => Assert.True(Solve(p.Battery with { EnergyMax = 12 }, p.Buy, p.Sell).Cost <= Solve(p.Battery, p.Buy, p.Sell).Cost + 1e-9), iter: 300);

    [Fact]
    public void A_start_below_the_floor_is_charged_up_at_once()
    {
        var (_, power) = Solve(new StorageProblem(0, 4, 10, 4, 2, 2, 1, 1, 0, 5, 0), [9, 9, 0.1, 0.1], [9, 9, 0.1, 0.1]);
        Assert.Equal([2, 2], power[..2]);
    }

    [Fact]
    public void An_unreachable_target_is_a_shortfall_not_an_error()
    {
        var (cost, power) = Solve(new StorageProblem(2, 2, 10, 10, 2, 0, 1, 1, 0, 5, 0), [0.4], [0]);
        Assert.Equal(2, power[0], 9);
        Assert.Equal((2 * 0.4) + (6 * 5), cost, 9);
    }

    [Fact]
    public void Selling_above_the_price_of_buying_back_stays_physical()
    {
        var (_, power) = Solve(new StorageProblem(5, 2, 10, 5, 2, 2, 1, 1, 0, 5, 0), [-3, -3], [1, 1]);
        Assert.All(power, kw => Assert.InRange(kw, -2, 2));
    }

    private static (double Cost, double[] Power) Solve(StorageProblem battery, double[] buy, double[] sell)
    {
        var power = new double[buy.Length];
        var cost = StorageKernel.Solve(battery, buy, sell, 1, new double[buy.Length], new double[buy.Length], power, new double[StorageKernel.Workspace(buy.Length)]);
        return (cost, power);
    }

    /// <summary>Lossless with whole energies: some optimum moves whole kWh, so enumeration is exact.</summary>
    private static double BruteForce(in StorageProblem p, double[] buy, double[] sell, int step, double energy)
    {
        if (step == buy.Length) return (p.ShortfallPenalty * Math.Max(0, p.EnergyTarget - energy)) - (p.Salvage * Math.Max(0, energy - p.EnergyTarget));
        var best = double.PositiveInfinity;
        for (var kw = -(int)p.DischargeMax; kw <= (int)p.ChargeMax; kw++)
        {
            if (energy + kw < p.EnergyMin || energy + kw > p.EnergyMax) continue;
            var now = kw > 0 ? kw * buy[step] : -kw * (p.Wear - sell[step]);
            best = Math.Min(best, now + BruteForce(p, buy, sell, step + 1, energy + kw));
        }

        return best;
    }
}
