using CsCheck;
using NodaTime;
using Penstock.Core.Dispatching;
using Penstock.Core.Metering;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Core.V2x;
using Penstock.UnitTests.Core.Planning;

namespace Penstock.UnitTests.Core.V2x;

/// <summary>The energy that a vehicle gives in a session at most, by its own word.</summary>
public sealed class DischargeBudgetTests
{
    private static readonly SiteLayout Site = Examples.Site(1, 100, 100);

    private static readonly EvseId Evse = Site.Evses[0].Id;

    private static readonly ChargingSession Session = Examples.Session(Site, 0, 0.9, 0.2, 0.3, 12);

    [Fact]
    public void A_vehicle_never_gives_more_than_its_budget_whatever_is_ordered() => Gen.Select(Gen.Double[0, 12], Gen.Double[1, 60], Gen.Bool).Sample((budgetKwh, orderKw, byRegister) =>
    {
        var (state, exportWh, given) = (Ordered(budgetKwh, orderKw), 5_000_000m, 0.0);
        state = Measured(state, 0, Power.Zero, byRegister ? exportWh : null);
        for (var minute = 0; minute < 120; minute++)
        {
            var setpoint = Assert.Single(Dispatcher.Dispatch(state, At(minute)).Setpoints);
            if (setpoint.Power.IsDischarge) Assert.Empty(setpoint.Refusals);
            var wh = Math.Max(0, -setpoint.Power.Watts) / 60;
            given += wh / 0.95;
            exportWh += (decimal)wh;
            state = Measured(state, minute + 1, setpoint.Power, byRegister ? exportWh : null);
        }

        Assert.InRange(given, 0, (budgetKwh * 1000) + 1e-3);
        if (orderKw * 1900 > budgetKwh * 1000) Assert.True(given > (budgetKwh * 1000) - 50, $"{given} Wh of {budgetKwh} kWh");
    });

    [Fact]
    public void A_budget_that_is_used_up_is_a_refusal_and_a_new_one_ends_it()
    {
        var state = Measured(Measured(Ordered(2, 20), 0, Power.Zero, 1000), 1, Power.Zero, 2895); // 1.895 kWh at the meter, 1.995 kWh of the battery
        var setpoint = Assert.Single(Dispatcher.Dispatch(state, At(1)).Setpoints);
        Assert.Equal((0, LimitSource.Capability), (setpoint.Power.Kilowatts, setpoint.Binding));
        Assert.Equal([DischargeRefusal.DischargeBudget], setpoint.Refusals);
        Assert.True(DischargePermission.Of(Site, Site.Evses[0], state.Evses[Evse].Session!).MayComeToHold);
        Assert.True(Dispatched(SiteReducer.Apply(state, new NeedsStated(At(2), Evse, Needs(3))), 2) < -19, "the vehicle told a new one");
    }

    [Fact]
    public void The_last_two_minutes_of_a_budget_bound_the_power_by_the_vehicle()
    {
        var state = Ordered(1, 60);
        var setpoint = Assert.Single(Dispatcher.Dispatch(state, At(0)).Setpoints);
        Assert.Equal((-28.5, LimitSource.Vehicle), (Math.Round(setpoint.Power.Kilowatts, 6), setpoint.Binding)); // 1 kWh x 0.95 in 2 min
        Assert.Contains(setpoint.Limits, l => l.Name == "discharge budget" && l.Binding);
        Assert.Equal(-60, Dispatched(Ordered(null, 60), 0), 6);
    }

    [Fact]
    public void Needs_that_are_said_again_after_a_restart_give_back_nothing()
    {
        var before = Measured(Measured(Ordered(null, 20), 0, Power.Zero, 1000), 30, Power.Zero, 2900);
        Assert.Equal(2, DischargePermission.BudgetLeft(SiteReducer.Apply(before, new NeedsStated(At(31), Evse, Needs(2))).Evses[Evse].Session!)!.Value.KilowattHours, 6);
        Assert.Equal(0, DischargePermission.BudgetLeft(SiteReducer.Apply(before, new NeedsStated(At(1), Evse, Needs(2))).Evses[Evse].Session!)!.Value.KilowattHours, 6);
    }

    [Fact]
    public void A_vehicle_whose_budget_does_not_last_is_spared_for_the_end_of_the_order()
    {
        var site = Examples.Site(2, 100, 100);
        var state = Examples.State(site, Enumerable.Range(0, 2).Select(i => Examples.Session(site, i, 0.9, 0.2, 0.3, 12)));
        state = SiteReducer.Apply(SiteReducer.Apply(state, new NeedsStated(At(0), site.Evses[0].Id, Needs(5))), new InstructionReceived(At(0), Examples.Order(-20, 0, 1)));
        Assert.Equal([0, -20], Dispatcher.Dispatch(state, At(0)).Setpoints.Select(p => Math.Round(p.Power.Kilowatts, 6)));
        Assert.Equal(DispatchKey.Unhurried, Dispatcher.Dispatch(state, At(0)).Setpoints[1].Order!.Value.Key);
    }

    private static SiteState Ordered(double? budgetKwh, double kw)
    {
        var state = Examples.State(Site, [Session]);
        if (budgetKwh is { } kwh) state = SiteReducer.Apply(state, new NeedsStated(At(0), Evse, Needs(kwh)));
        return SiteReducer.Apply(state, new InstructionReceived(At(0), Examples.Order(-kw, 0, 6)));
    }

    private static SiteState Measured(SiteState state, int minute, Power power, decimal? exportWh) =>
        SiteReducer.Apply(state, new Measured(At(minute), new EvseMeasurement(Evse, At(minute), null, power, exportWh is null ? null : 0, exportWh, null)));

    private static double Dispatched(SiteState state, int minute) => Assert.Single(Dispatcher.Dispatch(state, At(minute)).Setpoints).Power.Kilowatts;

    private static VehicleNeeds Needs(double budgetKwh) => new(At(0), EnergyTransfer.DcBpt) { DischargeBudget = Energy.FromKilowattHours(budgetKwh) };

    private static Instant At(int minute) => Examples.Noon + Duration.FromMinutes(minute);
}
