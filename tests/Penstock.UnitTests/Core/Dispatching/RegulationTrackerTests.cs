using CsCheck;
using NodaTime;
using Penstock.Core.Dispatching;
using Penstock.Core.Units;
using Penstock.UnitTests.Core.Planning;

namespace Penstock.UnitTests.Core.Dispatching;

public sealed class RegulationTrackerTests
{
    private static readonly RegulationContract Contract = new(Power.FromKilowatts(1000));
    private static readonly Power Plan = Power.FromKilowatts(300);
    private static readonly Instant Start = Examples.Noon;

    [Fact]
    public void A_share_moves_the_plan_by_its_part_of_the_capacity_and_an_absolute_signal_is_the_power()
    {
        Assert.Equal(-200, First(new RegulationSignal(Start, -0.5, null)).Power.Kilowatts, 9);
        Assert.Equal(750, First(new RegulationSignal(Start, null, Power.FromKilowatts(750))).Power.Kilowatts, 9);
        Assert.Equal(1300, First(new RegulationSignal(Start, null, Power.FromKilowatts(5000))).Power.Kilowatts, 9); // no more than was contracted
        Assert.Equal(RegulationMode.Following, First(new RegulationSignal(Start, 0, null)).Mode);
    }

    [Fact]
    public void A_silent_signal_is_held_for_a_minute_and_then_the_plan_holds()
    {
        var (state, _) = RegulationTracker.Receive(default, new RegulationSignal(Start, 1, null), Start);
        (RegulationMode Mode, double Kw) At(int seconds)
        {
            var setpoint = RegulationTracker.Tick(state, Contract, Plan, null, Start + Duration.FromSeconds(seconds)).Setpoint;
            return (setpoint.Mode, setpoint.Power.Kilowatts);
        }

        Assert.Equal((RegulationMode.Following, 1300), At(10));
        Assert.Equal((RegulationMode.Holding, 1300), At(11));
        Assert.Equal((RegulationMode.Holding, 1300), At(60));
        Assert.Equal((RegulationMode.Plan, 300), At(61));
        var first = RegulationTracker.Tick(default, Contract, Plan, null, Start).Setpoint; // none came yet
        Assert.Equal((RegulationMode.Plan, 300.0), (first.Mode, first.Power.Kilowatts));
    }

    [Fact]
    public void A_signal_that_cannot_be_meant_is_refused_and_changes_nothing()
    {
        var (state, _) = RegulationTracker.Receive(default, new RegulationSignal(Start, 0.25, null), Start);
        (RegulationSignal Signal, SignalRefusal Why)[] odd =
        [
            (new(Start, double.NaN, null), SignalRefusal.NotANumber), (new(Start, 1.01, null), SignalRefusal.OutOfRange), (new(Start, double.NegativeInfinity, null), SignalRefusal.OutOfRange),
            (new(Start, null, null), SignalRefusal.Ambiguous), (new(Start, 0.1, Power.Zero), SignalRefusal.Ambiguous),
            (new(Start - Duration.FromSeconds(1), 0.5, null), SignalRefusal.Late), (new(Start + Duration.FromSeconds(11), 0.5, null), SignalRefusal.FromTheFuture),
        ];
        foreach (var (signal, why) in odd) Assert.Equal((state, why), RegulationTracker.Receive(state, signal, Start));
        Assert.Equal(SignalRefusal.Late, RegulationTracker.Receive(default, new RegulationSignal(Start, 0.5, null), Start + Duration.FromSeconds(61)).Refusal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Power.FromKilowatts(double.NaN)); // an absolute signal cannot be built of it
    }

    [Fact]
    public void Energy_stays_within_the_drift_bound_whatever_the_signal() => Gen.Select(Gen.Double[-1, 1].Array[1, 40], Gen.Int[2, 10], Gen.Double[-0.3, 0.3]).Sample((levels, seconds, bias) =>
    {
        var run = new Run();
        foreach (var level in levels)
        {
            for (var t = 0; t < 600; t += seconds) // ten minutes of one level: harder than any real signal
            {
                run.Tick(Math.Clamp(level + bias, -1, 1), seconds);
                Assert.InRange(run.State.Deviation.KilowattHours, -Contract.DriftMax.KilowattHours - 1e-6, Contract.DriftMax.KilowattHours + 1e-6);
                Assert.InRange(run.Last.Power.Kilowatts, 300 - 1000 - 1e-6, 300 + 1000 + 1e-6);
            }
        }
    }, iter: 30);

    [Fact]
    public void The_bound_is_reached_by_a_signal_that_never_turns_and_said()
    {
        var run = new Run();
        for (var t = 0; t < 7200; t += 4) run.Tick(1, 4);
        Assert.True(run.Last.Limited);
        Assert.InRange(run.State.Deviation.KilowattHours, 490, 500.001);
    }

    [Fact]
    public void A_quiet_signal_lets_the_energy_come_back_to_the_plan() => Gen.Select(Gen.Double[-1, 1], Gen.Int[2, 10]).Sample((level, seconds) =>
    {
        var run = new Run();
        for (var t = 0; t < 3600; t += seconds) run.Tick(level, seconds);
        for (var t = 0; t < 9 * 900; t += seconds) run.Tick(0, seconds); // 500 kWh at no more than 250 kW is 8 quarter-hours
        Assert.InRange(run.State.Deviation.KilowattHours, -1, 1);
    }, iter: 30);

    [Fact]
    public void A_correction_is_set_once_in_a_quarter_of_an_hour_and_bounded()
    {
        var run = new Run();
        var corrections = new List<double>();
        for (var t = 0; t < 3600; t += 4)
        {
            run.Tick(t < 900 ? 0.1 : t < 1800 ? 0.9 : 0, 4);
            if (corrections.Count == 0 || corrections[^1] != run.State.Correction.Kilowatts) corrections.Add(run.State.Correction.Kilowatts);
        }

        Assert.Equal([0, -100, -250], corrections.Select(kw => Math.Round(kw))); // 25 kWh in a quarter-hour, then 225 and 162, both cut to 250 kW
    }

    [Fact]
    public void The_measured_power_counts_where_it_is_known()
    {
        var (state, _) = RegulationTracker.Tick(default, Contract, Plan, null, Start);
        (state, _) = RegulationTracker.Tick(state, Contract, Plan, Power.FromKilowatts(660), Start + Duration.FromSeconds(10));
        Assert.Equal(1, state.Deviation.KilowattHours, 9); // 360 kW too much for 10 s
        (state, _) = RegulationTracker.Tick(state, Contract, Plan, Power.FromKilowatts(660), Start + Duration.FromSeconds(5)); // a clock that steps back moves no energy
        Assert.Equal(1, state.Deviation.KilowattHours, 9);
    }

    private static RegulationSetpoint First(RegulationSignal signal) => RegulationTracker.Tick(RegulationTracker.Receive(default, signal, Start).State, Contract, Plan, null, Start).Setpoint;

    private sealed class Run
    {
        private Instant now = Start;

        internal RegulationState State { get; private set; }

        internal RegulationSetpoint Last { get; private set; }

        internal void Tick(double share, int seconds)
        {
            now += Duration.FromSeconds(seconds);
            State = RegulationTracker.Receive(State, new RegulationSignal(now, share, null), now).State;
            (State, Last) = RegulationTracker.Tick(State, Contract, Plan, null, now);
        }
    }
}
