using CsCheck;
using Penstock.Core.Dispatching;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Core.V2x;
using Penstock.UnitTests.Core.Planning;

namespace Penstock.UnitTests.Core.V2x;

public sealed class DischargePermissionTests
{
    private static readonly SiteLayout Site = Examples.Site(1, 100, 100);

    private static readonly ChargingSession Session = Examples.Session(Site, 0, 0.6, 0.3, 0.5, 8);

    [Fact]
    public void Discharge_needs_every_condition_and_each_that_fails_is_named()
    {
        Assert.True(Of(Site, Session).Holds);
        Assert.Equal([DischargeRefusal.Capability], Of(Site with { Evses = [Site.Evses[0] with { Discharge = DischargeMethod.None }] }, Session).Refusals);
        Assert.Equal([DischargeRefusal.Capability], Of(Site, Session with { Vehicle = Session.Vehicle! with { DischargeMax = Power.Zero } }).Refusals);
        Assert.Equal([DischargeRefusal.Contract], Of(Site, Session with { Terms = Session.Terms with { DischargeAllowed = false } }).Refusals);
        Assert.Equal([DischargeRefusal.GridPermission], Of(Site with { GridPermitsExport = false }, Session).Refusals);
        Assert.Equal([DischargeRefusal.Departure], Of(Site, Session with { Terms = Session.Terms with { Departure = null } }).Refusals);
        Assert.Equal([DischargeRefusal.ChargeNow], Of(Site, Session with { ChargeNow = true }).Refusals);
        Assert.Equal([DischargeRefusal.StateOfCharge], Of(Site, Session with { StateOfCharge = null }).Refusals);
        Assert.Equal([DischargeRefusal.StateOfCharge], Of(Site, Session with { StateOfCharge = Session.Terms.Floor }).Refusals);
        Assert.Equal([DischargeRefusal.StateOfCharge], Of(Site, Session with { AtFloor = true }).Refusals);
        Assert.Equal(
            [DischargeRefusal.Capability, DischargeRefusal.Contract, DischargeRefusal.StateOfCharge, DischargeRefusal.GridPermission, DischargeRefusal.Departure],
            Of(Site with { GridPermitsExport = false }, Session with { Vehicle = null, StateOfCharge = null, Terms = new(StateOfCharge.Empty, StateOfCharge.Full, null, false) }).Refusals);
    }

    [Fact]
    public void A_battery_discharges_only_within_the_window_that_its_vehicle_told() => Gen.Select(Gen.Double[-40, 40], Gen.Double[-40, 40], Gen.Double[-40, 40], Gen.Double[0.31, 1]).Sample((min, max, wanted, soc) =>
    {
        var needs = new VehicleNeeds(Examples.Noon, EnergyTransfer.DcBpt)
        {
            StateOfCharge = StateOfCharge.FromFraction(0.6), MinV2xRequest = Energy.FromKilowattHours(min), MaxV2xRequest = Energy.FromKilowattHours(max), MinRequest = Energy.FromKilowattHours(wanted),
        };
        var charged = (soc - 0.6) * Session.Vehicle!.Capacity.KilowattHours;
        if (new[] { min, max, wanted }.Any(v => Math.Abs(v - charged) < 1e-9)) return;
        Assert.Equal(min <= charged && max >= charged && wanted <= charged, Of(Site, Session with { Needs = needs, StateOfCharge = StateOfCharge.FromFraction(soc) }).Holds);
    });

    [Fact]
    public void Bidirectional_services_are_allowed_where_nothing_lasting_stands_against_them()
    {
        Assert.Contains(EnergyTransfer.DcBpt, AllowedTransfers.Under(Of(Site, Session)));
        Assert.Contains(EnergyTransfer.DcBpt, AllowedTransfers.Under(Of(Site, Session with { AtFloor = true, ChargeNow = true, Terms = Session.Terms with { Departure = null } })));
        var without = AllowedTransfers.Under(Of(Site with { GridPermitsExport = false }, Session));
        Assert.Equal([EnergyTransfer.AcSinglePhase, EnergyTransfer.AcTwoPhase, EnergyTransfer.AcThreePhase, EnergyTransfer.Dc, EnergyTransfer.AcDer, EnergyTransfer.DcAcdp, EnergyTransfer.Wpt], without);
        Assert.Equal(without, AllowedTransfers.Under(DischargePermission.Of(Site, Site.Evses[0], null, Session.Terms)));
        Assert.Contains(EnergyTransfer.AcBpt, AllowedTransfers.Under(DischargePermission.Of(Site, Site.Evses[0], Session.Vehicle, Session.Terms)));
    }

    [Fact]
    public void The_dispatcher_gives_nothing_where_the_permission_does_not_hold_and_says_why()
    {
        var state = SiteReducer.Apply(Examples.State(Site with { GridPermitsExport = false }, [Session]), new InstructionReceived(Examples.Noon, Examples.Order(-20, 0, 1)));
        var setpoint = Assert.Single(Dispatcher.Dispatch(state, Examples.Noon).Setpoints);
        Assert.False(setpoint.Power.IsDischarge);
        Assert.Equal([DischargeRefusal.GridPermission], setpoint.Refusals);
    }

    private static DischargePermission Of(SiteLayout site, ChargingSession session) => DischargePermission.Of(site, site.Evses[0], session);
}
