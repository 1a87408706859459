using BenchmarkDotNet.Attributes;
using NodaTime;
using Penstock.Core.Dispatching;
using Penstock.Core.GridEvents;
using Penstock.Core.Planning;
using Penstock.Core.Sites;
using Penstock.Core.Tariffs;
using Penstock.Core.Time;
using Penstock.Core.Units;
using Penstock.Simulator.Cities;

namespace Penstock.Benchmarks;

/// <summary>One tick of the dispatcher and one plan for a full station that an order binds.</summary>
[MemoryDiagnoser]
public class SiteBenchmark
{
    private SiteState state = null!;
    private Instant now;

    [Params(46, 460)]
    public int Vehicles { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var city = Scenarios.Generate("lianhua", 7, new LocalDate(2026, 4, 15), Vehicles);
        now = city.Event.Start + Duration.FromMinutes(1);
        state = SiteState.Of(city.Sites[0]);
        foreach (var visit in city.Visits.Where(v => v.Evse.Station.Value.StartsWith("lianhua-", StringComparison.Ordinal) && v.Arrive <= now && v.Leave > now))
        {
            var terms = visit.Vehicle.Terms.At(visit.Arrive, BuiltInTariffs.Shenzhen.Zone) with { Departure = visit.Leave };
            state = SiteReducer.Apply(state, new StationConnected(now, visit.Evse.Station));
            state = SiteReducer.Apply(state, new SessionStarted(now, new ChargingSession(
                new SessionId(visit.Vehicle.Token), visit.Vehicle.Token, visit.Evse, visit.Vehicle.Vehicle, terms, visit.Arrive, StateOfCharge.FromFraction(visit.FractionAtArrival))));
        }

        var order = city.Event;
        state = SiteReducer.Apply(state, new InstructionReceived(now, new GridInstruction(
            new GridEventId("e"), order.Name, "bench", order.Site, order.Target, new Interval(order.Start, order.End), 0.9, 1.2, new EnergyPrice(order.SubsidyPerKwh, Currency.Cny), now)));
    }

    [Benchmark]
    public DispatchResult Dispatch() => Dispatcher.Dispatch(state, now);

    [Benchmark]
    public Plan Plan()
    {
        var grid = TimeGrid.Holding(now, TimeGrid.QuarterHour, 96);
        var (buy, sell) = BuiltInTariffs.Shenzhen.Over(grid);
        return Planner.Plan(PlanningProblem.Of(state, grid, buy, sell), new PlanId("bench"), now, "bench");
    }
}
