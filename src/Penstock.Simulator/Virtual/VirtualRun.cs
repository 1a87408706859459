using NodaTime;
using Penstock.Core.Dispatching;
using Penstock.Core.Fleet;
using Penstock.Core.Metering;
using Penstock.Core.Planning;
using Penstock.Core.Sites;
using Penstock.Core.Tariffs;
using Penstock.Core.Time;
using Penstock.Core.Units;
using Penstock.Simulator.Cities;
using Penstock.Simulator.Physics;

namespace Penstock.Simulator.Virtual;

/// <summary>How vehicles are charged in a virtual run.</summary>
public enum VirtualPolicy
{
    /// <summary>Full power from plug-in until the target: no platform.</summary>
    Uncontrolled,

    /// <summary>Planned and dispatched, never to the grid.</summary>
    Orderly,

    /// <summary>Planned and dispatched both ways.</summary>
    V2g,
}

/// <summary>A register reading of a stay; registers count from its start, Wh.</summary>
public sealed record VirtualReading(Instant At, double PowerKw, double ImportWh, double ExportWh, double Fraction);

/// <summary>A stay and all that its meter said. <see cref="AtEnd"/> is null while the vehicle is still there.</summary>
public sealed record VirtualStay(Visit Visit, List<VirtualReading> Readings)
{
    public double Lowest { get; set; } = Visit.FractionAtArrival;

    public double? AtEnd { get; set; }
}

/// <param name="SiteMinutes">Power of each site at each minute, kW, with the plan of that moment.</param>
/// <param name="Steps">Vehicles times minutes that were played.</param>
public sealed record VirtualOutcome(IReadOnlyList<VirtualStay> Stays, IReadOnlyList<(SiteId Site, Instant At, double PowerKw, double? PlannedKw)> SiteMinutes, long Steps);

/// <summary>The same vehicles, planner, dispatcher and reducer as on the wire, under virtual time and without sockets: as fast as the machine allows.</summary>
public static class VirtualRun
{
    private static readonly Duration Step = Duration.FromMinutes(1);

    /// <summary>A meter reading every five minutes.</summary>
    private const int ReadEvery = 5;

    /// <summary>Plays the visits that overlap [<paramref name="from"/>, <paramref name="to"/>); arrivals and departures take effect at the next whole minute.</summary>
    /// <exception cref="InvalidOperationException">The tariff has a gap in that time.</exception>
    public static VirtualOutcome Play(IReadOnlyCollection<SiteLayout> layouts, IEnumerable<Visit> visits, Tariff tariff, VirtualPolicy policy, Instant from, Instant to)
    {
        var siteOf = layouts.SelectMany(s => s.Evses.Select(e => (e.Id, s.Id))).ToDictionary(p => p.Item1, p => p.Item2);
        var coming = visits.Where(v => v.Leave > from).OrderBy(v => v.Arrive).ToLookup(v => siteOf[v.Evse]);
        var outcomes = new VirtualOutcome[layouts.Count];
        Parallel.ForEach(layouts, (layout, _, n) => outcomes[n] = Play(layout, coming[layout.Id], tariff, policy, from, to)); // sites share nothing
        return new VirtualOutcome([.. outcomes.SelectMany(o => o.Stays).OrderBy(s => s.Visit.Arrive)], [.. outcomes.SelectMany(o => o.SiteMinutes)], outcomes.Sum(o => o.Steps));
    }

    private static VirtualOutcome Play(SiteLayout layout, IEnumerable<Visit> visits, Tariff tariff, VirtualPolicy policy, Instant from, Instant to)
    {
        var site = new Hosted(policy == VirtualPolicy.Orderly ? layout with { GridPermitsExport = false } : layout);
        var coming = new Queue<Visit>(visits);
        var (stays, minutes) = (new List<VirtualStay>(), new List<(SiteId, Instant, double, double?)>());
        var (steps, minute) = (0L, 0);
        for (var now = from; now < to; now += Step, minute++)
        {
            while (coming.TryPeek(out var next) && next.Arrive <= now)
            {
                var stay = new VirtualStay(coming.Dequeue(), []);
                stays.Add(stay);
                site.Arrive(stay, now, stays.Count);
            }

            site.Leave(now);
            if (policy != VirtualPolicy.Uncontrolled) site.Control(tariff, now, minute % 15 == 0);
            var power = site.Move(policy, now, minute % ReadEvery == 0);
            steps += site.Vehicles;
            minutes.Add((layout.Id, now, power, site.Planned(now)));
        }

        return new VirtualOutcome(stays, minutes, steps);
    }

    private sealed class Hosted(SiteLayout layout)
    {
        private readonly Dictionary<EvseId, Parked> parked = [];
        private readonly List<EvseMeasurement> measured = [];
        private SiteState state = SiteState.Of(layout);
        private bool changed;

        internal int Vehicles => parked.Count;

        internal double? Planned(Instant now) => state.Plan is { } plan && plan.Grid.SlotAt(now) is { } slot ? plan.Aggregate[slot].Kilowatts : null;

        internal void Arrive(VirtualStay stay, Instant now, int number)
        {
            var visit = stay.Visit;
            Leave(visit.Evse, now);
            var session = new SessionId($"{layout.Id}:{number}");
            var terms = visit.Vehicle.Terms.At(visit.Arrive, DateTimeZoneProviders.Tzdb[layout.TimeZone]) with { Departure = visit.Declared };
            var car = new Parked(stay, session, new SimulatedBattery(visit.Vehicle.Vehicle, visit.FractionAtArrival), terms, state.Evses[visit.Evse].Layout);
            parked[visit.Evse] = car;
            stay.Readings.Add(car.Reading(now));
            Apply(new StationConnected(now, visit.Evse.Station));
            Apply(new SessionStarted(now, new ChargingSession(session, session.Value, visit.Evse, visit.Vehicle.Vehicle, terms, now, StateOfCharge.FromFraction(visit.FractionAtArrival))));
            changed = true;
        }

        internal void Leave(Instant now)
        {
            foreach (var gone in parked.Where(p => p.Value.Stay.Visit.Leave <= now).Select(p => p.Key).ToList()) Leave(gone, now);
        }

        internal void Control(Tariff tariff, Instant now, bool planningTime)
        {
            if (parked.Count == 0) return;
            if (changed || planningTime)
            {
                var grid = Horizon(now);
                var (buy, sell) = tariff.Over(grid);
                Apply(new PlanAdopted(now, Planner.Plan(PlanningProblem.Of(state, grid, buy, sell), new PlanId("virtual"), now, "virtual")));
                changed = false;
            }

            foreach (var setpoint in Dispatcher.Dispatch(state, now).Setpoints) parked[setpoint.Evse].AskedKw = setpoint.Power.Kilowatts;
        }

        /// <summary>A day ahead, or less when every vehicle leaves before.</summary>
        private TimeGrid Horizon(Instant now)
        {
            var grid = TimeGrid.Holding(now, TimeGrid.QuarterHour, 96);
            var last = parked.Values.Max(c => c.Terms.Departure ?? grid.End);
            return grid with { Count = Math.Max(1, grid.SlotFrom(last)) };
        }

        /// <summary>Moves energy for one step and returns the site's power, kW.</summary>
        internal double Move(VirtualPolicy policy, Instant now, bool read)
        {
            var sum = 0.0;
            measured.Clear();
            foreach (var (id, car) in parked)
            {
                var evse = car.Evse;
                if (policy == VirtualPolicy.Uncontrolled) car.AskedKw = car.Battery.Fraction < car.Stay.Visit.Vehicle.Terms.Target.Fraction ? evse.ChargeMax.Kilowatts : 0;
                if (read) car.Stay.Readings.Add(car.Reading(now));
                var power = car.Battery.Step(Math.Clamp(car.AskedKw, -evse.DischargeMax.Kilowatts, evse.ChargeMax.Kilowatts), Step.TotalHours);
                car.Count(power, Step.TotalHours);
                sum += power;
                if (policy != VirtualPolicy.Uncontrolled) measured.Add(new EvseMeasurement(id, now + Step, car.Session, Power.FromKilowatts(power), null, null, StateOfCharge.FromFraction(Math.Clamp(car.Battery.Fraction, 0, 1))));
            }

            if (measured.Count > 0) Apply(new MeasuredTogether(now + Step, measured));

            return sum;
        }

        private void Leave(EvseId id, Instant now)
        {
            if (!parked.Remove(id, out var car)) return;
            car.Stay.Readings.Add(car.Reading(now));
            car.Stay.AtEnd = car.Battery.Fraction;
            Apply(new SessionEnded(now, car.Session, id));
            changed = true;
        }

        private void Apply(SiteInput input) => state = SiteReducer.Apply(state, input);
    }

    private sealed class Parked(VirtualStay stay, SessionId session, SimulatedBattery battery, OwnerTerms terms, EvseLayout evse)
    {
        internal VirtualStay Stay => stay;

        internal SessionId Session => session;

        internal SimulatedBattery Battery => battery;

        internal OwnerTerms Terms => terms;

        internal EvseLayout Evse => evse;

        internal double AskedKw { get; set; }

        internal double PowerKw { get; private set; }

        internal double ImportWh { get; private set; }

        internal double ExportWh { get; private set; }

        internal void Count(double powerKw, double hours)
        {
            PowerKw = powerKw;
            ImportWh += Math.Max(0, powerKw) * hours * 1000;
            ExportWh += Math.Max(0, -powerKw) * hours * 1000;
            stay.Lowest = Math.Min(stay.Lowest, battery.Fraction);
        }

        internal VirtualReading Reading(Instant at) => new(at, PowerKw, ImportWh, ExportWh, battery.Fraction);
    }
}
