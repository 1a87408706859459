using CsCheck;
using Penstock.Core.Fleet;

namespace Penstock.UnitTests.Core.Fleet;

public sealed class ChargingCurveTests
{
    private static readonly Gen<(double From, double To, double Capacity, double Offered, double Vehicle)> Cases =
        Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1], Gen.Double[10, 150], Gen.Double[1, 200], Gen.Double[1, 200])
            .Select((a, b, capacity, offered, vehicle) => (Math.Min(a, b) * capacity, Math.Max(a, b) * capacity, capacity, offered, vehicle));

    [Fact]
    public void Charging_for_the_computed_hours_reaches_the_target() => Cases.Sample(c =>
    {
        var hours = ChargingCurve.Hours(c.From, c.To, c.Capacity, c.Offered, c.Vehicle);
        const int Steps = 20_000;
        var stored = c.From;
        for (var i = 0; i < Steps; i++)
        {
            var halfway = stored + (Power(stored) * hours / Steps / 2); // midpoint rule
            stored += Power(halfway) * hours / Steps;
        }

        Assert.Equal(c.To, stored, tolerance: 1e-3 * c.Capacity);
        double Power(double kwh) => Math.Min(c.Offered, c.Vehicle * ChargingCurve.Accepted(kwh / c.Capacity));
    }, iter: 200);

    [Fact]
    public void The_least_stored_energy_takes_exactly_the_hours() => Gen.Select(Cases, Gen.Double[0.01, 5]).Sample((c, hours) =>
    {
        var least = ChargingCurve.LeastStored(c.To, c.Capacity, c.Offered, c.Vehicle, hours);
        Assert.True(least <= c.To);
        if (least >= 0) Assert.Equal(hours, ChargingCurve.Hours(least, c.To, c.Capacity, c.Offered, c.Vehicle), tolerance: 1e-6);
        else Assert.True(ChargingCurve.Hours(0, c.To, c.Capacity, c.Offered, c.Vehicle) <= hours + 1e-9);
    });

    [Fact]
    public void Without_time_or_power_only_the_target_itself_is_enough()
    {
        Assert.Equal(40, ChargingCurve.LeastStored(40, 60, 7, 11, 0));
        Assert.Equal(40, ChargingCurve.LeastStored(40, 60, 0, 11, 5));
        Assert.Equal(double.PositiveInfinity, ChargingCurve.Hours(10, 40, 60, 0, 11));
        Assert.Equal(0, ChargingCurve.Hours(41, 40, 60, 0, 11));
    }
}
