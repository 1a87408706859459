using CsCheck;
using NodaTime;
using Penstock.Core.Dispatching;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Core.V2x;
using Penstock.UnitTests.Core.Planning;

namespace Penstock.UnitTests.Core.V2x;

/// <summary>What stations tell beyond metering, in the state and in the next setpoint.</summary>
public sealed class V2xInputTests
{
    private static readonly SiteLayout Site = Examples.Site(1, 100, 100);

    private static readonly EvseId Evse = Site.Evses[0].Id;

    private static readonly ChargingSession Session = Examples.Session(Site, 0, 0.6, 0.3, 0.5, 8);

    private static readonly VehicleNeeds Needs = new(Examples.Noon, EnergyTransfer.DcBpt) { Control = PowerControl.Dynamic };

    [Fact]
    public void Charge_now_overrides_an_order_until_it_is_taken_back()
    {
        var state = After(new InstructionReceived(Examples.Noon, Examples.Order(-20, 0, 1)));
        Assert.True(Power(state) < 0);
        var asked = SiteReducer.Apply(state, new PriorityChanged(Examples.Noon, Evse, Session.TransactionId, Active: true));
        Assert.Equal(Site.Evses[0].ChargeMax.Kilowatts, Power(asked), 6);
        Assert.True(Power(SiteReducer.Apply(asked, new PriorityChanged(Examples.Noon, Evse, "another", Active: false))) > 0);
        Assert.True(Power(SiteReducer.Apply(asked, new PriorityChanged(Examples.Noon, Evse, Session.TransactionId, Active: false))) < 0);
    }

    [Fact]
    public void An_external_limit_binds_with_its_source_and_is_cleared()
    {
        var limit = new ExternalLimit("EMS", StationWide: false, GridCritical: true, [new ExternalStep(Examples.Noon, Kw(4), Kw(-2)), new ExternalStep(Examples.Noon + Duration.FromHours(1), Kw(1), null)], Examples.Noon + Duration.FromHours(2));
        var state = After(new ExternalLimitSet(Examples.Noon, Evse, limit));
        var setpoint = Assert.Single(Dispatcher.Dispatch(state, Examples.Noon).Setpoints);
        Assert.Equal((4.0, LimitSource.External), (setpoint.Power.Kilowatts, setpoint.Binding));
        Assert.Equal("EMS", setpoint.Limits.Single(l => l.Source == LimitSource.External).Name);
        Assert.Equal(-2, Power(SiteReducer.Apply(state, new InstructionReceived(Examples.Noon, Examples.Order(-20, 0, 1)))), 6);
        Assert.Equal(1, Power(state, Duration.FromMinutes(61)), 6);
        Assert.True(Power(state, Duration.FromMinutes(121)) > 4, "the limit is over");
        Assert.True(Power(SiteReducer.Apply(state, new ExternalLimitCleared(Examples.Noon, Evse, "EMS"))) > 4);
        Assert.Equal(4, Power(SiteReducer.Apply(state, new ExternalLimitCleared(Examples.Noon, Evse, "SO"))), 6);
    }

    [Fact]
    public void The_EVSEs_of_a_station_never_exceed_its_station_wide_limit_together() => Gen.Select(Gen.Int[1, 6], Gen.Double[0, 80]).Sample((n, most) =>
    {
        var site = Examples.Site(n, 1000, 1000);
        var station = new StationId("CS-X");
        site = site with { Evses = [.. site.Evses.Select((e, i) => e with { Id = new EvseId(station, i + 1) })] };
        var state = Examples.State(site, Enumerable.Range(0, n).Select(i => Examples.Session(site, i, 0.5, 0.3, 0.9, 8)));
        state = SiteReducer.Apply(state, new StationLimitSet(Examples.Noon, station, new ExternalLimit("SO", true, false, [new ExternalStep(Examples.Noon, Kw(most), null)], null)));
        Assert.InRange(Dispatcher.Dispatch(state, Examples.Noon).Setpoints.Sum(p => p.Power.Kilowatts), 0, most + 1e-6);
    });

    [Fact]
    public void A_limit_on_a_station_is_given_whole_to_the_one_EVSE_that_wants_it_and_is_named()
    {
        var (site, state) = TwoOfOneStation(0.999999, 0.5); // the first is full
        state = SiteReducer.Apply(state, new StationLimitSet(Examples.Noon, Station, new ExternalLimit("EMS", true, false, [new ExternalStep(Examples.Noon, Kw(40), null)], null)));
        var setpoints = Dispatcher.Dispatch(state, Examples.Noon).Setpoints;
        Assert.Equal((40, LimitSource.External), (Math.Round(setpoints[1].Power.Kilowatts, 2), setpoints[1].Binding));
        Assert.Equal("EMS", Assert.Single(setpoints[1].Limits, l => l.Binding).Name);
        Assert.Equal(40, Math.Round(setpoints.Sum(p => p.Power.Kilowatts), 6));
        Assert.Equal(60, Dispatcher.Dispatch(SiteReducer.Apply(state, new StationLimitCleared(Examples.Noon, Station, "EMS")), Examples.Noon).Setpoints[1].Power.Kilowatts, 6);
    }

    [Fact]
    public void A_discharge_limit_on_a_station_bounds_the_sum_and_another_station_makes_up_for_it()
    {
        var (site, state) = TwoOfOneStation(0.8, 0.8, others: 1);
        state = SiteReducer.Apply(state, new StationLimitSet(Examples.Noon, Station, new ExternalLimit("SO", true, true, [new ExternalStep(Examples.Noon, null, Kw(-10))], null)));
        var setpoints = Dispatcher.Dispatch(SiteReducer.Apply(state, new InstructionReceived(Examples.Noon, Examples.Order(-60, 0, 1))), Examples.Noon).Setpoints;
        Assert.Equal((-10.0, -50.0), (Math.Round(setpoints.Where(p => p.Evse.Station == Station).Sum(p => p.Power.Kilowatts), 6), Math.Round(setpoints.Single(p => p.Evse.Station != Station).Power.Kilowatts, 6)));
        Assert.All(setpoints.Where(p => p.Evse.Station == Station), p => Assert.Equal(LimitSource.External, p.Binding));
    }

    [Fact]
    public void The_portfolio_asks_a_site_for_no_more_than_the_limits_on_its_stations_leave()
    {
        var (site, state) = TwoOfOneStation(0.8, 0.8);
        var free = Examples.State(Examples.Site(1, 500, 500) with { Id = new SiteId("free") }, [Examples.Session(Examples.Site(1, 500, 500), 0, 0.8, 0.3, 0.5, 8)]);
        state = SiteReducer.Apply(state, new StationLimitSet(Examples.Noon, Station, new ExternalLimit("SO", true, true, [new ExternalStep(Examples.Noon, null, Kw(-10))], null)));
        var split = PortfolioDispatch.Split([state, free], Examples.Order(-60, 0, 1), Examples.Noon);
        Assert.Equal((-10.0, -50.0), (Math.Round(split.Targets[site.Id].Kilowatts, 2), Math.Round(split.Targets[free.Layout.Id].Kilowatts, 2)));
    }

    private static readonly StationId Station = new("CS-X");

    private static (SiteLayout Site, SiteState State) TwoOfOneStation(double first, double second, int others = 0)
    {
        var site = Examples.Site(2 + others, 1000, 1000);
        site = site with { Evses = [.. site.Evses.Select((e, i) => i < 2 ? e with { Id = new EvseId(Station, i + 1) } : e)] };
        return (site, Examples.State(site, Enumerable.Range(0, 2 + others).Select(i => Examples.Session(site, i, i == 0 ? first : i == 1 ? second : 0.8, 0.3, 0.5, 8))));
    }

    [Fact]
    public void Needs_mode_and_plan_of_the_vehicle_live_in_its_session()
    {
        var plan = new VehiclePlan(Examples.Noon, [new VehicleStep(Duration.Zero, Kw(7)), new VehicleStep(Duration.FromHours(1), Kw(-5))]);
        var state = After(new NeedsStated(Examples.Noon, Evse, Needs), new VehiclePlanTold(Examples.Noon, Evse, plan), new OperationModeTold(Examples.Noon, Evse, Session.TransactionId, OperationMode.CentralSetpoint));
        var session = state.Evses[Evse].Session!;
        Assert.Equal((OperationMode.CentralSetpoint, 0.6), (session.Mode!.Value, session.Needs!.StateOfCharge!.Value.Fraction));
        Assert.Equal([null, 7.0, -5.0], new[] { -1, 1, 61 }.Select(m => session.OwnPlan!.At(Examples.Noon + Duration.FromMinutes(m))?.Kilowatts));
        Assert.Null(SiteReducer.Apply(state, new SessionEnded(Examples.Noon, Session.Id, Evse)).Evses[Evse].Session);
    }

    [Fact]
    public void Needs_are_answered_from_the_state_alone()
    {
        var state = Examples.State(Site, [Session]);
        Assert.Equal((NeedsStatus.NoChargingProfile, "notPlanned"), Answer(null));
        Assert.Equal((NeedsStatus.Processing, "noTransaction"), Answer(SiteState.Of(Site)));
        Assert.Equal((NeedsStatus.Accepted, "accepted"), Answer(state));
        Assert.Equal((NeedsStatus.Processing, "unknownVehicle"), Answer(Examples.State(Site, [Session with { Vehicle = null }])));
        Assert.Equal((NeedsStatus.Rejected, "Contract"), Answer(Examples.State(Site, [Session with { Terms = Session.Terms with { DischargeAllowed = false } }])));
        Assert.Equal((NeedsStatus.Accepted, "accepted"), Answer(Examples.State(Site, [Session with { Terms = Session.Terms with { DischargeAllowed = false } }]), Needs with { Requested = EnergyTransfer.Dc }));
        Assert.Equal(NeedsStatus.NoChargingProfile, NeedsAnswer.Of(state, new EvseId(new StationId("CS-NOT-HERE"), 1), Needs).Status);

        (NeedsStatus, string) Answer(SiteState? site, VehicleNeeds? needs = null) => NeedsAnswer.Of(site, Evse, needs ?? Needs) is var a ? (a.Status, a.Reason) : default;
    }

    [Fact]
    public void The_first_profile_charges_only_unless_a_setpoint_holds_that_may_go_on()
    {
        var state = Examples.State(Site, [Session]);
        Assert.Equal(new FirstProfile(Session.TransactionId, null, Site.Evses[0].ChargeMax), NeedsAnswer.Of(state, Evse, Needs).First);
        var held = SiteReducer.Apply(state, new SetpointAccepted(Examples.Noon, Evse, Kw(-5)));
        Assert.Equal(Kw(-5), NeedsAnswer.Of(held, Evse, Needs).First!.Setpoint);
        Assert.Null(NeedsAnswer.Of(held, Evse, Needs with { Control = PowerControl.Scheduled }).First!.Setpoint);
        var withdrawn = SiteReducer.Apply(held, new TermsChanged(Examples.Noon, Session.Id, Session.Terms with { DischargeAllowed = false }, null, null));
        Assert.Null(NeedsAnswer.Of(withdrawn, Evse, Needs with { Requested = EnergyTransfer.Dc }).First!.Setpoint);
    }

    private static SiteState After(params SiteInput[] inputs) => inputs.Aggregate(Examples.State(Site, [Session]), SiteReducer.Apply);

    private static double Power(SiteState state, Duration later = default) => Assert.Single(Dispatcher.Dispatch(state, Examples.Noon + later).Setpoints).Power.Kilowatts;

    private static Power Kw(double kw) => Penstock.Core.Units.Power.FromKilowatts(kw);
}
