using CsCheck;
using NodaTime;
using Penstock.Server.Capability;
using Penstock.Server.Gateway;

namespace Penstock.UnitTests.Server.Gateway;

public sealed class SampleReaderTests
{
    [Fact]
    public void Units_multipliers_and_phases_come_to_watts_and_watt_hours()
    {
        var read = Read(
            new(RawMeasurand.ImportRegister, 12.5m, "kWh", 0, false), new(RawMeasurand.ExportRegister, 7, "Wh", 3, false),
            new(RawMeasurand.ExportPower, 1000, "W", 0, true), new(RawMeasurand.ExportPower, 2, "kW", 0, true), new(RawMeasurand.StateOfCharge, 55, "Percent", 0, false));
        Assert.Equal((12_500m, 7_000m, -3000.0, 0.55), (read.ImportWh, read.ExportWh, read.Power!.Value.Watts, read.StateOfCharge!.Value.Fraction));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-5)]
    [InlineData(101)]
    public void A_state_of_charge_that_chargers_send_while_they_do_not_know_is_unknown(int percent) =>
        Assert.Null(Read(new RawSample(RawMeasurand.StateOfCharge, percent, null, 0, false)).StateOfCharge);

    [Fact]
    public void No_value_unit_or_multiplier_makes_it_throw_or_leave_its_ranges() =>
        Gen.Select(Gen.Decimal, Gen.Int[-400, 400], Gen.Int[0, 5], Gen.Bool).Sample((value, multiplier, measurand, phase) =>
        {
            var sample = new RawSample((RawMeasurand)measurand, value, phase ? "kWh" : null, multiplier, phase);
            var read = Read(sample, sample);
            return read.ImportWh is null or (>= 0 and <= SampleReader.RegisterMaxWh)
                && (read.Power is not { } power || Math.Abs(power.Watts) <= 2 * SampleReader.PowerMaxW);
        });

    [Fact]
    public void An_import_that_is_told_negative_is_a_discharge() => Assert.Equal(-3000, Read(new RawSample(RawMeasurand.ImportPower, -3000, "W", 0, false)).Power!.Value.Watts);

    [Fact]
    public void A_station_that_counts_from_the_vehicle_s_side_is_turned_round()
    {
        var quirk = QuirkProfile.None with { ExportReportedAsImport = true };
        var read = SampleReader.Read(new DeviceTime(Instant.FromUtc(2026, 4, 2, 9, 0), null), 1, null,
            [new(RawMeasurand.ImportPower, 3000, "W", 0, false), new(RawMeasurand.ImportRegister, 500, "Wh", 0, false), new(RawMeasurand.ExportRegister, 700, "Wh", 0, false)], quirk);
        Assert.Equal((-3000.0, 700m, 500m), (read.Power!.Value.Watts, read.ImportWh, read.ExportWh));
    }

    [Fact]
    public void A_unit_that_is_not_told_is_that_of_the_model_and_a_told_one_stays()
    {
        var quirk = QuirkProfile.None with { PowerUnit = "kW", RegisterUnit = "kWh" };
        var read = SampleReader.Read(new DeviceTime(Instant.FromUtc(2026, 4, 2, 9, 0), null), 1, null,
            [new(RawMeasurand.ImportPower, 3, null, 0, false), new(RawMeasurand.ImportRegister, 12, "", 0, false), new(RawMeasurand.ExportRegister, 700, "Wh", 0, false)], quirk);
        Assert.Equal((3000.0, 12_000m, 700m), (read.Power!.Value.Watts, read.ImportWh, read.ExportWh));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(-1, false)]
    public void Noise_of_chargers_that_do_not_know_is_told_apart_from_nonsense(int percent, bool noise) =>
        Assert.Equal(noise, Read(new RawSample(RawMeasurand.StateOfCharge, percent, null, 0, false)).StateOfChargeNoise);

    private static MeterSampled Read(params RawSample[] samples) => SampleReader.Read(new DeviceTime(Instant.FromUtc(2026, 4, 2, 9, 0), null), 1, null, samples, QuirkProfile.None);
}
