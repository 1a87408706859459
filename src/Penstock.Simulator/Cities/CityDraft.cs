using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.Sites;
using Penstock.Core.Units;

namespace Penstock.Simulator.Cities;

/// <summary>Builds a city step by step from one seeded source of chance.</summary>
internal sealed class CityDraft(string scenario, int seed, LocalDate day, DateTimeZone zone)
{
    private readonly Random chance = new(seed);
    private readonly Instant midnight = day.AtStartOfDayInZone(zone).ToInstant();
    private readonly List<SiteLayout> sites = [];
    private readonly List<CityStation> stations = [];
    private readonly List<CityVehicle> vehicles = [];
    private readonly List<Visit> visits = [];
    private readonly Dictionary<EvseId, EvseLayout> evses = [];
    private readonly List<ScenarioInput> inputs = [];

    internal int Count => vehicles.Count;

    internal Instant At(double hour) => midnight + Duration.FromMinutes(Math.Round(hour * 60));

    internal void Input(ScenarioInput input) => inputs.Add(input);

    internal SiteLayout Site(SitePlace place, double importKw, double exportKw, int cabinets, int stations, int evsesPerStation, Func<int, ScenarioKind> kindOf)
    {
        var nodes = new List<LimitNode> { new("poc", null, "Point of connection", LimitSource.PointOfConnection, Power.FromKilowatts(importKw), Power.FromKilowatts(exportKw)) };
        nodes.Add(new LimitNode("transformer", "poc", "Transformer", LimitSource.Transformer, Power.FromKilowatts(importKw * 0.95), Power.FromKilowatts(exportKw * 0.95)));
        for (var c = 0; c < cabinets; c++) nodes.Add(new LimitNode($"cabinet-{c + 1}", "transformer", $"Cabinet {c + 1}", LimitSource.Cabinet, Power.FromKilowatts(importKw * 1.25 / cabinets), Power.FromKilowatts(exportKw * 1.25 / cabinets)));
        var layouts = new List<EvseLayout>();
        for (var s = 0; s < stations; s++)
        {
            var kind = kindOf(s);
            var station = new StationId($"{place.Id}-{s + 1:D2}");
            var mine = Enumerable.Range(1, evsesPerStation).Select(n => new EvseLayout(
                new EvseId(station, n), cabinets == 0 ? "transformer" : $"cabinet-{(s % cabinets) + 1}", Power.FromKilowatts(kind.ChargeKw), Power.FromKilowatts(kind.DischargeKw), kind.Discharge)).ToImmutableArray();
            this.stations.Add(new CityStation(station, Scenarios.Version(kind.Version), "Penstock", kind.Model, mine));
            layouts.AddRange(mine);
        }

        var layout = new SiteLayout(new SiteId(place.Id), place.Title, zone.Id, place.Latitude, place.Longitude, Power.Zero, GridPermitsExport: exportKw > 0, [.. nodes], [.. layouts]);
        foreach (var evse in layouts) evses[evse.Id] = evse;
        sites.Add(layout);
        return layout;
    }

    /// <summary>A vehicle of its own for one stay: arrival and departure around the given hours, ready when it leaves, its target reachable with room to spare.</summary>
    internal void Visit(EvseId evse, ScenarioVisit visit)
    {
        var (layout, target, floor) = (evses[evse], visit.Target, visit.Floor);
        var (from, to) = (At(visit.Arrive[0] + (visit.Arrive[1] * chance.NextDouble())), At(visit.Leave[0] + (visit.Leave[1] * chance.NextDouble())));
        var capacity = 60 + Math.Round(25 * chance.NextDouble());
        var v2g = layout.Discharge != DischargeMethod.None;
        var id = $"EV-{vehicles.Count + 1:D4}";
        var fraction = visit.AtArrival[0] + ((visit.AtArrival[1] - visit.AtArrival[0]) * chance.NextDouble());
        var reach = fraction + ((to - from).TotalHours * layout.ChargeMax.Kilowatts * 0.95 * 0.55 / capacity);
        var vehicle = new Vehicle(
            new VehicleId(id), new OwnerId($"O-{vehicles.Count + 1:D4}"), $"Sedan {capacity:0} kWh", Energy.FromKilowattHours(capacity), Power.FromKilowatts(Math.Min(120, layout.ChargeMax.Kilowatts)),
            Power.FromKilowatts(v2g ? layout.DischargeMax.Kilowatts : 0), 0.95, 0.95, 0.15m);
        var terms = new StandingTerms(StateOfCharge.FromFraction(floor), StateOfCharge.FromFraction(Math.Round(Math.Max(floor, Math.Min(target, reach)), 2)), to.InZone(zone).TimeOfDay, v2g);
        var city = new CityVehicle(vehicle, id, terms);
        vehicles.Add(city);
        visits.Add(new Visit(city, evse, from, to, fraction));
    }

    internal CityModel Build(CityEvent grid, int meterSeconds) =>
        new(scenario, seed, day, [.. sites], [.. stations], [.. vehicles], [.. visits.OrderBy(v => v.Arrive)], grid, [.. inputs], meterSeconds);
}

/// <summary>A site of a drawn city.</summary>
internal sealed record SitePlace(string Id, string Title, double Latitude, double Longitude);
