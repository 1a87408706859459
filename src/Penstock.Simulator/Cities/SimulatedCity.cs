using NodaTime;
using Penstock.Simulator.Clock;
using Penstock.Simulator.Physics;
using Penstock.Simulator.Stations;

namespace Penstock.Simulator.Cities;

/// <summary>How a stay ended, from the battery itself and not from what anybody reported.</summary>
public sealed record StayOutcome(Visit Visit, double Lowest, double AtEnd)
{
    /// <summary>Half a percent: the battery's own rounding.</summary>
    private const double Tolerance = 0.005;

    public bool FloorBroken => Lowest < Math.Min(Visit.FractionAtArrival, Visit.Vehicle.Terms.Floor.Fraction) - Tolerance;

    public bool TargetMissed => AtEnd < Visit.Vehicle.Terms.Target.Fraction - Tolerance;
}

/// <summary>Plays a city on real sockets: stations connect, vehicles come and go, batteries and meters move with the clock.</summary>
public sealed class SimulatedCity
{
    /// <summary>Stations that connect at the same time.</summary>
    private const int ConnectingMax = 32;

    private readonly CityModel model;
    private readonly StepClock clock;
    private readonly Dictionary<Core.Sites.StationId, SimulatedStation> stations;
    private readonly Queue<Visit> coming;
    private readonly List<Stay> here = [];
    private readonly List<StayOutcome> over = [];

    public SimulatedCity(CityModel model, Uri address, StepClock clock)
    {
        (this.model, this.clock) = (model, clock);
        stations = model.Stations.Select((s, n) => new SimulatedStation(s, address, clock, Work, model.MeterSeconds, (model.Seed * 10_000) + (n * 10))).ToDictionary(s => s.Model.Id);
        coming = new Queue<Visit>(model.Visits);
        clock.Stepped += Advance;
    }

    public StationWork Work { get; } = new();

    public IReadOnlyList<StayOutcome> Outcomes => over;

    public IReadOnlyCollection<SimulatedStation> Stations => stations.Values;

    /// <summary>Connects every station; returns when all are accepted. They run on until <paramref name="stop"/>.</summary>
    public async Task ConnectAsync(CancellationToken stop)
    {
        foreach (var batch in stations.Values.Chunk(ConnectingMax))
        {
            foreach (var station in batch) _ = station.RunAsync(stop);
            await Task.WhenAll(batch.Select(s => s.Booted)).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, stop);
        }
    }

    /// <summary>Energy through all meters since the start, kWh.</summary>
    public (double ImportedKwh, double ExportedKwh) Energy()
    {
        var all = stations.Values.Select(s => s.Registers()).ToList();
        return ((double)all.Sum(r => r.ImportWh) / 1000, (double)all.Sum(r => r.ExportWh) / 1000);
    }

    private void Advance()
    {
        var now = Instant.FromDateTimeOffset(clock.GetUtcNow());
        foreach (var station in stations.Values) station.Advance();
        foreach (var stay in here) stay.Lowest = Math.Min(stay.Lowest, stay.Battery.Fraction);
        foreach (var stay in here.Where(s => s.Visit.Leave <= now).ToList())
        {
            stations[stay.Visit.Evse.Station].Unplug(stay.Visit.Evse.Number);
            over.Add(new StayOutcome(stay.Visit, stay.Lowest, stay.Battery.Fraction));
            here.Remove(stay);
        }

        while (coming.TryPeek(out var visit) && visit.Arrive <= now)
        {
            coming.Dequeue();
            if (visit.Leave <= now) continue;
            var battery = new SimulatedBattery(visit.Vehicle.Vehicle, visit.FractionAtArrival);
            here.Add(new Stay(visit, battery));
            stations[visit.Evse.Station].PlugIn(visit, battery);
        }
    }

    private sealed class Stay(Visit visit, SimulatedBattery battery)
    {
        internal Visit Visit => visit;

        internal SimulatedBattery Battery => battery;

        internal double Lowest { get; set; } = battery.Fraction;
    }
}
