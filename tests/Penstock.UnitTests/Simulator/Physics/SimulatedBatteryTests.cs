using CsCheck;
using Penstock.Core.Fleet;
using Penstock.Core.Units;
using Penstock.Simulator.Physics;

namespace Penstock.UnitTests.Simulator.Physics;

public sealed class SimulatedBatteryTests
{
    [Fact]
    public void No_energy_is_made_and_the_battery_stays_between_empty_and_full() =>
        Gen.Select(Gen.Double[0, 1], Gen.Select(Gen.Double[-100, 100], Gen.Double[0.01, 1]).Array[1, 60]).Sample((start, steps) =>
        {
            var battery = new SimulatedBattery(Car(), start);
            var (into, outOf) = (0.0, 0.0);
            foreach (var (asked, hours) in steps)
            {
                var power = battery.Step(asked, hours);
                Assert.True(Math.Abs(power) <= Math.Abs(asked) + 1e-9 && power * asked >= 0, $"{asked} kW asked, {power} kW flowed");
                Assert.InRange(battery.Fraction, -1e-9, 1 + 1e-9);
                if (power > 0) into += power * hours;
                else outOf -= power * hours;
            }

            Assert.Equal((into * 0.95) - (outOf / 0.9), (battery.Fraction - start) * 60, tolerance: 1e-6);
        });

    [Fact]
    public void It_takes_less_and_less_towards_full()
    {
        Assert.Equal(50, new SimulatedBattery(Car(), 0.5).Step(80, 0.001), 6);
        Assert.Equal(50 * 0.625, new SimulatedBattery(Car(), 0.9).Step(80, 0.001), 6);
        Assert.Equal(0, new SimulatedBattery(Car(), 1).Step(80, 1), 6);
        Assert.Equal(0, new SimulatedBattery(Car(), 0).Step(-80, 1), 6);
    }

    private static Vehicle Car() => new(new VehicleId("v"), new OwnerId("o"), null, Energy.FromKilowattHours(60), Power.FromKilowatts(50), Power.FromKilowatts(30), 0.95, 0.9, 0);
}
