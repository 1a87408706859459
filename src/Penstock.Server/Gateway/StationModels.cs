using System.Text.Json;
using Penstock.Core.Sites;

namespace Penstock.Server.Gateway;

/// <summary>What a model can do beyond its protocol; data in station-models.json, editable without a release.</summary>
/// <param name="Vendor">As in the boot notification; case is ignored.</param>
/// <param name="NegativeLimits">True when the model discharges on a negative charging limit (no standard: an extension of OCPP 1.6 and 2.0.1).</param>
public sealed record StationModel(string Vendor, string Model, bool NegativeLimits);

public sealed class StationModels
{
    private readonly IReadOnlyList<StationModel> models;

    public StationModels(IReadOnlyList<StationModel> models) => this.models = models;

    public static StationModels FromFile(string path) => new(File.Exists(path)
        ? JsonSerializer.Deserialize<List<StationModel>>(File.ReadAllText(path), JsonSerializerOptions.Web) ?? []
        : []);

    public DischargeMethod DischargeOf(StationRecord station) =>
        station.Protocol == "ocpp2.1" ? DischargeMethod.CentralSetpoint
        : models.Any(m => m.NegativeLimits && Same(m.Vendor, station.Vendor) && Same(m.Model, station.Model)) ? DischargeMethod.NegativeLimit
        : DischargeMethod.None;

    private static bool Same(string a, string? b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
