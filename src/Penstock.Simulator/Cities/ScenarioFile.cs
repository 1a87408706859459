using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Penstock.Core.Sites;

namespace Penstock.Simulator.Cities;

/// <summary>A pilot as data: the files in scenarios/. Hours are of the local day (negative = the evening before); ranges of chance are [from, width].</summary>
public sealed record ScenarioFile(string Name, string Title, string TimeZone, int MeterSeconds, ScenarioVehicles Vehicles, ImmutableArray<ScenarioSites> Sites, ScenarioEvent Event, ImmutableArray<ScenarioInput> Inputs)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectRequiredConstructorParameters = true, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "scenarios");

    /// <summary>The scenarios that come with the program.</summary>
    public static ImmutableArray<string> Names { get; } = [.. Directory.GetFiles(Folder, "*.json").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)];

    /// <exception cref="ArgumentException">There is no such scenario.</exception>
    public static ScenarioFile Read(string name) => Names.Contains(name)
        ? JsonSerializer.Deserialize<ScenarioFile>(File.ReadAllText(Path.Combine(Folder, name + ".json")), Json)!
        : throw new ArgumentException($"There is no scenario \"{name}\"; give one of {string.Join(", ", Names)}.");
}

/// <summary>What the number of vehicles counts.</summary>
public enum VehicleCount
{
    /// <summary>Vehicles at once at the first site: its piles, its limits and the order scale with it.</summary>
    AtOnceAtTheFirstSite,

    /// <summary>Vehicles in the whole scenario.</summary>
    InAll,
}

public sealed record ScenarioVehicles(VehicleCount Mean, int Normal, int Max);

/// <param name="Latitude">Of the first site, then the step within a row and the step per row of <paramref name="Across"/> sites.</param>
/// <param name="Longitude">Likewise.</param>
/// <param name="Cabinets">Cabinets under the transformer over which stations are spread; 0 = none.</param>
/// <param name="Kinds">Stations take them in turn.</param>
/// <param name="Visits">Each EVSE has all of them.</param>
public sealed record ScenarioSites(
    string Id, string Title, int Count, double[] Latitude, double[] Longitude, int Across, double ImportKw, double ExportKw, int Cabinets, int Stations, int EvsesPerStation,
    ImmutableArray<ScenarioKind> Kinds, ImmutableArray<ScenarioVisit> Visits);

/// <param name="Version">1.6, 2.0.1 or 2.1.</param>
public sealed record ScenarioKind(string Version, string Model, double ChargeKw, double DischargeKw, DischargeMethod Discharge);

/// <param name="AtArrival">State of charge, least and most, fractions.</param>
public sealed record ScenarioVisit(double[] Arrive, double[] Leave, double[] AtArrival, double Target, double Floor);

/// <param name="Site">Null = the whole portfolio.</param>
public sealed record ScenarioEvent(string Name, string? Site, double TargetKw, double From, double To, double Notice, decimal SubsidyPerKwh);
