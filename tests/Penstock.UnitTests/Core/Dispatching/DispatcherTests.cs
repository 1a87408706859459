using CsCheck;
using NodaTime;
using Penstock.Core.Dispatching;
using Penstock.Core.Metering;
using Penstock.Core.Planning;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.UnitTests.Core.Planning;

namespace Penstock.UnitTests.Core.Dispatching;

public sealed class DispatcherTests
{
    private static readonly Gen<(int N, double Import, double Export, double[] Soc, double[] Hours, double Target)> Sites =
        from n in Gen.Int[1, 20]
        from import in Gen.Double[10, 1500]
        from export in Gen.Double[0, 1500]
        from soc in Gen.Double[0.05, 1].Array[n]
        from hours in Gen.Double[0.2, 12].Array[n]
        from target in Gen.Double[-1500, 1500]
        select (n, import, export, soc, hours, target);

    [Fact]
    public void The_sum_is_the_target_or_the_nearest_that_bounds_and_nodes_allow() => Sites.Sample(s =>
    {
        var site = Examples.Site(s.N, s.Import, s.Export);
        var state = Examples.State(site, Enumerable.Range(0, s.N).Select(i => Examples.Session(site, i, s.Soc[i], 0.3, 0.6, s.Hours[i])));
        var result = Dispatcher.Dispatch(SiteReducer.Apply(state, new InstructionReceived(Examples.Noon, Examples.Order(s.Target, 0, 1))), Examples.Noon);
        var sum = result.Setpoints.Sum(p => p.Power.Kilowatts);
        Assert.InRange(sum, -s.Export - 1e-6, s.Import + 1e-6);
        var forced = Math.Max(result.Lower.Kilowatts, -s.Export);
        var free = Math.Min(result.Upper.Kilowatts, s.Import);
        var given = -result.Setpoints.Sum(p => Math.Min(0, p.Power.Kilowatts));
        var exportBinds = given > s.Export - 1e-6; // charging does not make room for more export
        if (forced <= free) Assert.InRange(sum - Math.Clamp(s.Target, forced, free), -1e-6, exportBinds ? double.MaxValue : 1e-6);
        Assert.InRange(result.Saturation.Kilowatts - (s.Target - sum), -1e-5, 1e-5);
        foreach (var setpoint in result.Setpoints.Where(p => p.Power.IsDischarge))
        {
            var session = state.Evses[setpoint.Evse].Session!;
            Assert.True(session.StateOfCharge > session.Terms.Floor, "gives at the floor");
            Assert.Empty(setpoint.Refusals);
        }
    });

    [Fact]
    public void Forty_six_cars_give_1052_kW_for_an_hour_and_are_ready_when_they_leave()
    {
        var site = Examples.Site(46, 1900, 1900);
        var state = Examples.State(site, Enumerable.Range(0, 46).Select(i => Examples.Session(site, i, 0.75 + (0.003 * i), 0.3, 0.65, 3 + (0.02 * i), 70)));
        state = SiteReducer.Apply(state, new InstructionReceived(Examples.Noon, Examples.Order(-1052, 0.5, 1)));
        var run = new ClosedLoop(state);
        for (var minute = 0; minute < 240; minute++)
        {
            var result = run.Minute();
            if (minute is >= 30 and < 90) Assert.InRange(result.Setpoints.Sum(p => p.Power.Kilowatts), -1052.001, -1051.999);
        }

        Assert.Empty(run.Broken);
    }

    [Fact]
    public void No_guarantee_is_broken_whatever_the_grid_asks() => Gen.Select(Gen.Int[1, 12], Gen.Double[0.3, 0.9].Array[12], Gen.Double[0.5, 0.85].Array[12], Gen.Double[1.5, 8].Array[12], Gen.Double[-800, 800]).Sample(
        (n, soc, target, hours, asked) =>
        {
            var site = Examples.Site(n, 60 * n, 60 * n);
            var state = Examples.State(site, Enumerable.Range(0, n).Select(i => Examples.Session(site, i, soc[i], 0.3, target[i], hours[i])));
            var run = new ClosedLoop(SiteReducer.Apply(state, new InstructionReceived(Examples.Noon, Examples.Order(asked, 0.2, 6))));
            for (var minute = 0; minute < 500; minute++) run.Minute();
            Assert.Empty(run.Broken);
        },
        iter: 15);

    [Fact]
    public void Vehicles_that_can_go_on_to_the_end_carry_the_same_share()
    {
        var site = Examples.Site(10, 1000, 1000);
        var state = Ordered(site, Enumerable.Range(0, 10).Select(i => Examples.Session(site, i, 0.8 + (0.01 * i), 0.3, 0.5, 6)), -200, 1);
        Assert.All(Dispatcher.Dispatch(state, Examples.Noon).Setpoints, p => Assert.Equal((-20, DispatchKey.Unhurried), (Math.Round(p.Power.Kilowatts, 6), p.Order!.Value.Key)));
    }

    [Fact]
    public void A_vehicle_that_cannot_go_on_is_spared_until_its_energy_suffices()
    {
        var site = Examples.Site(4, 1000, 1000);
        var run = new ClosedLoop(Ordered(site, Enumerable.Range(0, 4).Select(i => Examples.Session(site, i, i == 0 ? 0.45 : 0.9, 0.3, 0.35, 8)), -100, 1)); // 9 kWh above the floor of the first
        var first = run.Minute().Setpoints;
        Assert.Equal(0, first[0].Power.Kilowatts);
        Assert.All(first[1..], p => Assert.Equal(-100 / 3.0, p.Power.Kilowatts, 6));
        var called = 0;
        for (var minute = 1; minute < 60; minute++)
        {
            var now = run.Minute().Setpoints;
            Assert.Equal(-100, now.Sum(p => p.Power.Kilowatts), 6);
            if (now[0].Power.IsDischarge) called++;
            else Assert.Equal(0, called); // once it gives it goes on to the end
        }

        Assert.InRange(called, 15, 30);
    }

    [Fact]
    public void The_shortest_laxity_charges_first_and_those_that_can_wait_share()
    {
        var site = Examples.Site(4, 1000, 1000);
        var state = Ordered(site, Enumerable.Range(0, 4).Select(i => Examples.Session(site, i, 0.4, 0.2, 0.8, i == 0 ? 1.2 : 9)), 90, 2);
        var setpoints = Dispatcher.Dispatch(state, Examples.Noon).Setpoints;
        Assert.Equal(60, setpoints[0].Power.Kilowatts, 6);
        Assert.All(setpoints[1..], p => Assert.Equal(10, p.Power.Kilowatts, 6));
    }

    [Fact]
    public void Nobody_charges_so_that_another_discharges() => Sites.Sample(s =>
    {
        var site = Examples.Site(s.N, 3000, 3000);
        var sessions = Enumerable.Range(0, s.N).Select(i => Examples.Session(site, i, s.Soc[i], 0.3, 0.6, s.Hours[i])).ToList();
        var state = Ordered(site, sessions, s.Target, 1);
        var result = Dispatcher.Dispatch(state, Examples.Noon);
        var forced = EvseForced(state);
        Assert.False(result.Setpoints.Any(p => p.Power.IsDischarge) && result.Setpoints.Any(p => p.Power > forced[p.Evse] + Power.FromWatts(1)));
    });

    [Fact]
    public void A_car_that_must_charge_under_a_small_feeder_leaves_the_rest_to_the_others()
    {
        var site = Examples.Site(2, 500, 500);
        site = site with
        {
            Nodes = [.. site.Nodes, new LimitNode("feeder", "poc", "Feeder", LimitSource.Cabinet, Power.FromKilowatts(30), Power.FromKilowatts(30))],
            Evses = [site.Evses[0] with { NodeId = "feeder" }, site.Evses[1]],
        };
        var sessions = new[] { Examples.Session(site, 0, 0.3, 0.2, 0.9, 0.3), Examples.Session(site, 1, 0.6, 0.3, 0.5, 10) };
        foreach (var target in new[] { 80.0, 0 })
        {
            var power = Dispatcher.Dispatch(Ordered(site, sessions, target, 1), Examples.Noon).Setpoints.Select(p => p.Power.Kilowatts).ToList();
            Assert.Equal(30, power[0], 6);
            Assert.Equal(target - 30, power[1], 6);
        }
    }

    [Fact]
    public void Who_has_its_target_does_not_charge_before_who_needs_it_and_who_is_unknown_does_not_starve()
    {
        var site = Examples.Site(2, 500, 500);
        var power = Dispatcher.Dispatch(Ordered(site, [Examples.Session(site, 0, 0.9, 0.3, 0.8, 0.5, 600), Examples.Session(site, 1, 0.4, 0.3, 0.8, 1.6)], 40, 2), Examples.Noon).Setpoints.Select(p => p.Power.Kilowatts).ToList();
        Assert.True(power[1] > 39, $"{power[0]} {power[1]}");
        var unknown = Examples.Session(site, 0, 0.5, 0, 1, 10) with { Vehicle = null, StateOfCharge = null };
        power = [.. Dispatcher.Dispatch(Ordered(site, [unknown, Examples.Session(site, 1, 0.7, 0.3, 0.8, 12)], 40, 2), Examples.Noon).Setpoints.Select(p => p.Power.Kilowatts)];
        Assert.True(power[0] > 20, $"{power[0]} {power[1]}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Setpoints_do_not_flap_when_states_of_charge_are_noisy(int seed)
    {
        var site = Examples.Site(20, 2000, 2000);
        var draw = new Random(seed);
        var state = Ordered(site, Enumerable.Range(0, 20).Select(i => Examples.Session(site, i, 0.40 + (0.02 * i), 0.3, 0.35, 8)), -500, 1);
        var believed = new SortedDictionary<string, (EvseId Id, double Fraction)>(state.Evses.Values.ToDictionary(e => e.Layout.Id.ToString(), e => (e.Layout.Id, e.Session!.StateOfCharge!.Value.Fraction)), StringComparer.Ordinal); // the draws go by name
        var (flips, last) = (0, new Dictionary<EvseId, double>());
        for (var second = 0; second < 600; second++)
        {
            var now = Examples.Noon + Duration.FromSeconds(second);
            state = SiteReducer.Apply(state, new MeasuredTogether(now, [.. believed.Values.Select(b => new EvseMeasurement(b.Id, now, state.Evses[b.Id].Session!.Id, null, null, null, StateOfCharge.FromFraction(b.Fraction + (0.005 * (draw.NextDouble() - 0.5)))))]));
            var setpoints = Dispatcher.Dispatch(state, now).Setpoints;
            state = SiteReducer.Apply(state, new SetpointsMade(now, setpoints));
            foreach (var setpoint in setpoints)
            {
                if (last.TryGetValue(setpoint.Evse, out var before) && Math.Abs(before - setpoint.Power.Kilowatts) > 15) flips++;
                last[setpoint.Evse] = setpoint.Power.Kilowatts;
                var (id, fraction) = believed[setpoint.Evse.ToString()];
                believed[setpoint.Evse.ToString()] = (id, fraction + (setpoint.Power.Kilowatts / 0.95 / 3600 / 60));
            }

            Assert.Equal(-500, setpoints.Sum(p => p.Power.Kilowatts), 6);
        }

        Assert.InRange(flips, 0, 20); // each vehicle at most once in ten minutes on average, of 600 ticks
    }

    [Fact]
    public void Targets_stay_reachable_after_any_sequence_of_orders() => Gen.Select(Gen.Double[0.3, 0.9].Array[8], Gen.Double[0.5, 0.85].Array[8], Gen.Double[1.5, 8].Array[8], Gen.Double[-500, 500].Array[32]).Sample((soc, target, hours, orders) =>
    {
        var site = Examples.Site(8, 480, 480);
        var state = Examples.State(site, Enumerable.Range(0, 8).Select(i => Examples.Session(site, i, soc[i], 0.3, target[i], hours[i])));
        foreach (var (kw, n) in orders.Select((kw, n) => (kw, n))) state = SiteReducer.Apply(state, new InstructionReceived(Examples.Noon, Examples.Order(kw, n * 0.25, 0.25) with { Id = new($"e{n}") }));
        var run = new ClosedLoop(state);
        for (var minute = 0; minute < 500; minute++) run.Minute();
        Assert.Empty(run.Broken);
    }, iter: 5);

    [Fact]
    public void An_export_limit_holds_even_when_every_charging_vehicle_takes_nothing() => Gen.Select(Gen.Double[0.2, 0.95].Array[8], Gen.Double[0.4, 0.9].Array[8], Gen.Double[1.2, 8].Array[8], Gen.Double[10, 120], Gen.Double[-500, 100]).Sample(
        (soc, target, hours, exportKw, asked) =>
        {
            var site = Examples.Site(8, 480, exportKw);
            var state = Examples.State(site, Enumerable.Range(0, 8).Select(i => Examples.Session(site, i, soc[i], 0.2, target[i], hours[i])));
            state = SiteReducer.Apply(state, new PlanAdopted(Examples.Noon, Planner.Plan(Examples.Problem(state, Examples.Noon), new PlanId("p"), Examples.Noon, "test")));
            foreach (var now in new[] { state, SiteReducer.Apply(state, new InstructionReceived(Examples.Noon, Examples.Order(asked, 0, 1))) })
            {
                var given = Dispatcher.Dispatch(now, Examples.Noon).Setpoints.Sum(p => Math.Min(0, p.Power.Kilowatts));
                Assert.True(given >= -exportKw - 1e-6, $"{given} kW to the grid, {exportKw} kW allowed");
            }
        },
        iter: 60);

    [Fact]
    public void What_forbids_discharge_is_named()
    {
        var site = Examples.Site(1, 100, 100) with { GridPermitsExport = false };
        var setpoint = Dispatcher.Dispatch(Examples.State(site, [Examples.Session(site, 0, 0.9, 0.3, 0.6, 5, discharge: false)]), Examples.Noon).Setpoints.Single();
        Assert.Equal([DischargeRefusal.Contract, DischargeRefusal.GridPermission], setpoint.Refusals);
        Assert.True(setpoint.Power >= Power.Zero);
    }

    [Fact]
    public void An_unknown_vehicle_charges_and_a_site_without_sessions_asks_nothing()
    {
        var site = Examples.Site(1, 100, 100);
        Assert.Empty(Dispatcher.Dispatch(SiteState.Of(site), Examples.Noon).Setpoints);
        var unknown = Examples.Session(site, 0, 0.9, 0.3, 0.6, 5) with { Vehicle = null, StateOfCharge = null };
        Assert.Equal(60, Dispatcher.Dispatch(Examples.State(site, [unknown]), Examples.Noon).Setpoints.Single().Power.Kilowatts, 6);
    }

    private static SiteState Ordered(SiteLayout site, IEnumerable<ChargingSession> sessions, double kw, double hours) =>
        SiteReducer.Apply(Examples.State(site, sessions), new InstructionReceived(Examples.Noon, Examples.Order(kw, 0, hours)));

    /// <summary>What each must take at least: an order to give all that can be given leaves it.</summary>
    private static Dictionary<EvseId, Power> EvseForced(SiteState state) =>
        Dispatcher.Dispatch(SiteReducer.Apply(state, new InstructionReceived(Examples.Noon, Examples.Order(-1e6, 0, 1))), Examples.Noon).Setpoints.ToDictionary(p => p.Evse, p => Power.Max(p.Power, Power.Zero));

    /// <summary>Planner, dispatcher, reducer and exact batteries, a minute at a time.</summary>
    private sealed class ClosedLoop(SiteState initial)
    {
        private SiteState state = initial;
        private Instant now = Examples.Noon;
        private int minute;

        internal List<string> Broken { get; } = [];

        internal DispatchResult Minute()
        {
            if (minute++ % 15 == 0) state = SiteReducer.Apply(state, new PlanAdopted(now, Planner.Plan(Examples.Problem(state, now), new PlanId($"p{minute}"), now, "test")));
            var result = Dispatcher.Dispatch(state, now);
            now += Duration.FromMinutes(1);
            foreach (var setpoint in result.Setpoints)
            {
                var session = state.Evses[setpoint.Evse].Session!;
                var (vehicle, kw) = (session.Vehicle!, setpoint.Power.Kilowatts);
                var stored = session.StateOfCharge!.Value.Fraction + ((kw > 0 ? kw * 0.95 : kw / 0.95) / 60 / vehicle.Capacity.KilowattHours);
                if (kw < 0 && stored < session.Terms.Floor.Fraction - 1e-6) Broken.Add($"{session.Id} below its floor: {stored}");
                state = SiteReducer.Apply(state, new Measured(now, new EvseMeasurement(setpoint.Evse, now, session.Id, setpoint.Power, null, null, StateOfCharge.FromFraction(Math.Clamp(stored, 0, 1)))));
                if (session.Terms.Departure > now) continue;
                if (stored < session.Terms.Target.Fraction - 0.002) Broken.Add($"{session.Id} left with {stored:P1} instead of {session.Terms.Target}");
                state = SiteReducer.Apply(state, new SessionEnded(now, session.Id, setpoint.Evse));
            }

            return result;
        }
    }
}
