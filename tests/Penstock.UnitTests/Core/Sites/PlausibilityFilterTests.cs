using CsCheck;
using NodaTime;
using Penstock.Core.Metering;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using static Penstock.UnitTests.Core.Sites.EscalationTests;

namespace Penstock.UnitTests.Core.Sites;

/// <summary>Metered values that cannot be are refused for control, counted and shown.</summary>
public sealed class PlausibilityFilterTests
{
    private static readonly Instant Start = Instant.FromUtc(2026, 4, 2, 9, 0);

    [Theory]
    [InlineData(71.9, false)]
    [InlineData(72.1, true)]
    [InlineData(-71.9, false)]
    [InlineData(-72.1, true)]
    [InlineData(9999, true)]
    public void A_power_beyond_the_rating_by_a_fifth_is_refused_and_the_last_one_stays(double kilowatts, bool refused)
    {
        var state = Told(Told(Site.Plugged(0.5), 0, kilowatts: 10), 1, kilowatts: kilowatts);
        Assert.Equal(refused ? 1 : 0, Count(state, Implausible.PowerBeyondRating));
        Assert.Equal(refused ? 10 : kilowatts, state.Evses[Site.Evse].Measurement!.ActivePower!.Value.Kilowatts, 6);
    }

    [Fact]
    public void A_power_beyond_the_rating_that_the_register_confirms_is_believed()
    {
        var state = Told(Told(Site.Plugged(0.2), 0, import: 1000), 6, kilowatts: 90, import: 10_000); // 9 kWh in 6 minutes
        Assert.Equal((90, 0), (state.Evses[Site.Evse].Measurement!.ActivePower!.Value.Kilowatts, state.Evses[Site.Evse].Refused.Count));
    }

    [Fact]
    public void A_register_that_jumps_moves_no_energy_and_counts_on_from_where_it_is()
    {
        var state = Told(Told(Site.Plugged(0.5), 0, import: 1000), 1, import: 501_000);
        Assert.Equal((0.5, 1), (Soc(state), Count(state, Implausible.RegisterJump)));
        state = Told(state, 7, import: 507_000); // 6 kWh of 60, 5 % lost
        Assert.Equal(0.5 + (0.1 * 0.95), Soc(state), 6);
        state = Told(state, 8, import: 1000); // back again
        Assert.Equal(0.595, Soc(state), 6);
    }

    [Fact]
    public void A_state_of_charge_that_jumps_more_than_energy_moved_is_counted_and_not_believed()
    {
        var state = Told(Told(Site.Plugged(0.5), 0, soc: 0.5), 1, soc: 0.9);
        Assert.Equal((0.5, 1), (Soc(state), Count(state, Implausible.StateOfChargeJump)));
    }

    [Fact]
    public void Noise_of_zero_and_one_is_counted()
    {
        var at = Start + Duration.FromMinutes(1);
        var state = SiteReducer.Apply(Site.Plugged(0.5), new Measured(at, new EvseMeasurement(Site.Evse, at, null, null, null, null, null) { StateOfChargeNoise = true }));
        Assert.Equal((0.5, 1), (Soc(state), Count(state, Implausible.StateOfChargeNoise)));
    }

    [Fact]
    public void While_a_register_stands_still_the_power_carries_the_state_of_charge()
    {
        var state = Site.Plugged(0.2);
        for (var minute = 0; minute <= 30; minute++) state = Told(state, minute, kilowatts: 12 + (minute * 0.001), import: 1000);
        Assert.True(Count(state, Implausible.FrozenMeter) > 0);
        Assert.Equal(0.2 + (6 * 0.95 / 60), Soc(state), 2); // 6 kWh at 12 kW
        state = Told(state, 31, kilowatts: 12, import: 7200); // it moves again and catches up: counted once
        Assert.Equal(0.2 + (6 * 0.95 / 60), Soc(state), 2);
    }

    [Fact]
    public void A_power_that_stands_still_while_the_registers_say_otherwise_gives_way_to_them()
    {
        var state = Site.Plugged(0.2);
        for (var minute = 0; minute <= 40; minute++) state = Told(state, minute, kilowatts: 40, import: 1000 + (100 * minute)); // it says 40 kW, the register 6 kW
        Assert.True(Count(state, Implausible.FrozenMeter) > 0);
        Assert.Equal(6, state.Evses[Site.Evse].Measurement!.ActivePower!.Value.Kilowatts, 3);
    }

    [Fact]
    public void Coarse_registers_of_a_true_meter_are_no_jump_and_no_frozen_value() =>
        Gen.Select(Gen.Double[0.2, 59], Gen.Int[10, 300], Gen.Int[0, 3].Select(n => Math.Pow(10, n))).Sample((kilowatts, seconds, resolution) =>
        {
            var state = Site.Plugged(0.2);
            for (var n = 0; n < 100; n++)
            {
                var at = Start + Duration.FromSeconds(n * seconds);
                var wattHours = Math.Floor(kilowatts * 1000 * n * seconds / 3600 / resolution) * resolution;
                state = SiteReducer.Apply(state, new Measured(at, new EvseMeasurement(Site.Evse, at, null, Power.FromKilowatts(kilowatts * (1 + (0.001 * (n % 7)))), (decimal)wattHours, null, null)));
            }

            return state.Evses[Site.Evse].Refused.IsEmpty;
        });

    [Fact]
    public void Whatever_a_meter_says_control_keeps_powers_within_the_rating_or_what_registers_confirm() =>
        Gen.Select(Gen.Double[-200, 200], Gen.Int[0, 1_000_000]).Array[1, 60].Sample(told =>
        {
            var state = Site.Plugged(0.5);
            for (var n = 0; n < told.Length; n++) state = Told(state, n, kilowatts: told[n].Item1, import: told[n].Item2);
            var soc = Soc(state);
            return soc is >= 0 and <= 1;
        });

    private static int Count(SiteState state, Implausible reason) => state.Evses[Site.Evse].Refused.GetValueOrDefault(reason);

    private static double Soc(SiteState state) => state.Evses[Site.Evse].Session!.StateOfCharge!.Value.Fraction;

    private static SiteState Told(SiteState state, int minute, double? kilowatts = null, decimal? import = null, double? soc = null)
    {
        var at = Start + Duration.FromMinutes(minute);
        return SiteReducer.Apply(state, new Measured(at, new EvseMeasurement(
            Site.Evse, at, null, kilowatts is { } kw ? Power.FromKilowatts(kw) : null, import, null, soc is { } s ? StateOfCharge.FromFraction(s) : null)));
    }
}
