using System.Globalization;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Ocpp.Rpc;

namespace Penstock.Simulator.Cities;

/// <summary>Draws cities from scenario files.</summary>
public static class Scenarios
{
    /// <param name="vehicles">Null = as the scenario says; see <see cref="VehicleCount"/> for what is counted.</param>
    /// <exception cref="ArgumentException">There is no such scenario, or it cannot hold so many vehicles.</exception>
    public static CityModel Generate(string name, int seed, LocalDate day, int? vehicles)
    {
        var file = ScenarioFile.Read(name);
        var wanted = vehicles ?? file.Vehicles.Normal;
        if (wanted < 1 || wanted > file.Vehicles.Max) throw new ArgumentException($"Scenario {name} holds 1 to {file.Vehicles.Max} vehicles{(file.Vehicles.Mean == VehicleCount.InAll ? "" : " at once")}, not {wanted}.");
        var scale = file.Vehicles.Mean == VehicleCount.AtOnceAtTheFirstSite ? (double)wanted / file.Vehicles.Normal : 1;
        var draft = new CityDraft(file.Name, seed, day, DateTimeZoneProviders.Tzdb[file.TimeZone]);
        var sites = file.Sites.SelectMany((group, g) => Enumerable.Range(0, group.Count).Select(n => Site(draft, group, n, g == 0 ? scale : 1))).ToList();
        var most = file.Vehicles.Mean == VehicleCount.InAll ? wanted : int.MaxValue;
        foreach (var (site, visits) in sites) foreach (var evse in site.Evses) foreach (var visit in visits) if (draft.Count < most) draft.Visit(evse.Id, visit);
        foreach (var input in file.Inputs) draft.Input(input);
        if (vehicles is not null) draft.Input(new ScenarioInput("--vehicles", wanted.ToString(CultureInfo.InvariantCulture) + (scale == 1 ? "" : "; piles, limits and the order scaled"), "asked for", false));
        var order = file.Event;
        return draft.Build(
            new CityEvent(order.Name, order.Site is { } at ? new SiteId(at) : null, Power.FromKilowatts(order.TargetKw * scale), draft.At(order.From), draft.At(order.To), order.SubsidyPerKwh, draft.At(order.Notice)),
            file.MeterSeconds);
    }

    private static (SiteLayout Site, IEnumerable<ScenarioVisit> Visits) Site(CityDraft draft, ScenarioSites group, int n, double scale)
    {
        var (along, row) = (n % group.Across, n / group.Across);
        double Place(double[] place) => place[0] + (place[1] * along) + (place[2] * row);
        var id = group.Count == 1 ? group.Id : $"{group.Id}-{n + 1:D2}";
        var place = new SitePlace(id, group.Count == 1 ? group.Title : $"{group.Title} {n + 1}", Place(group.Latitude), Place(group.Longitude));
        var stations = scale == 1 ? group.Stations : (int)Math.Round(group.Stations * scale);
        return (draft.Site(place, group.ImportKw * scale, group.ExportKw * scale, group.Cabinets, stations, group.EvsesPerStation, s => group.Kinds[s % group.Kinds.Length]), group.Visits);
    }

    internal static OcppVersion Version(string version) => version switch
    {
        "1.6" => OcppVersion.V16,
        "2.0.1" => OcppVersion.V201,
        "2.1" => OcppVersion.V21,
        _ => throw new ArgumentException($"A station speaks 1.6, 2.0.1 or 2.1, not {version}."),
    };
}
