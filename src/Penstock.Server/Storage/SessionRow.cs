using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.Metering;
using Penstock.Core.Sites;

namespace Penstock.Server.Storage;

/// <summary>A row of table session.</summary>
public sealed class SessionRow
{
    public const string Select = """
        SELECT session_id AS SessionId, transaction_id AS TransactionId, station_id AS StationId, evse AS Evse, site_id AS SiteId, vehicle_id AS VehicleId, terms AS Terms,
          started_at AS StartedAt, ended_at AS EndedAt, status AS Status, waiting_for AS WaitingFor, guarantee AS Guarantee, token AS Token, stop_reason AS StopReason FROM session
        """;

    public string SessionId { get; init; } = "";

    public string TransactionId { get; init; } = "";

    public string StationId { get; init; } = "";

    public long Evse { get; init; }

    public string? SiteId { get; init; }

    public string? VehicleId { get; init; }

    public string Terms { get; init; } = "";

    public long StartedAt { get; init; }

    public long? EndedAt { get; init; }

    /// <summary>open, closed, waitingForMeter, settled.</summary>
    public string Status { get; init; } = "";

    public string? WaitingFor { get; init; }

    /// <summary>kept, broken or relaxed once the session ended; null before.</summary>
    public string? Guarantee { get; init; }

    /// <summary>As the station told it; null = none was told.</summary>
    public string? Token { get; init; }

    /// <summary>Why the transaction ended, in the words of OCPP; null = not told, or not ended.</summary>
    public string? StopReason { get; init; }

    public EvseId EvseId => new(new StationId(StationId), (int)Evse);

    public SiteId? Site => SiteId is { } id ? new SiteId(id) : null;

    public VehicleId? Vehicle => VehicleId is { } id ? new VehicleId(id) : null;

    public OwnerTerms OwnerTerms => StorageJson.Read<OwnerTerms>(Terms);

    public Instant Start => Instant.FromUnixTimeMilliseconds(StartedAt);

    public Instant? End => EndedAt is { } at ? Instant.FromUnixTimeMilliseconds(at) : null;
}

/// <summary>A row of table reading.</summary>
public sealed class ReadingRow
{
    public const string Select = "SELECT session_id AS SessionId, at AS At, import_wh AS ImportWh, export_wh AS ExportWh, power_w AS PowerW, soc AS Soc, clock AS Clock FROM reading";

    public string SessionId { get; init; } = "";

    public long At { get; init; }

    public string? ImportWh { get; init; }

    public string? ExportWh { get; init; }

    public double? PowerW { get; init; }

    public double? Soc { get; init; }

    /// <summary>Null = the device's time; else "receipt" (its clock was not set), "skew:S" (S seconds were subtracted) or "unsure" (away from ours, skew unknown).</summary>
    public string? Clock { get; init; }

    public Instant Time => Instant.FromUnixTimeMilliseconds(At);

    public decimal? Import => Exact(ImportWh);

    public decimal? Export => Exact(ExportWh);

    /// <summary>Register readings of a session; a register that a station never tells is zero throughout (a charger that cannot discharge has no export register).</summary>
    public static IReadOnlyList<RegisterReading> Registers(IEnumerable<ReadingRow> rows)
    {
        var (result, ordered) = (new List<RegisterReading>(), rows.OrderBy(r => r.At).ToList());
        var export = ordered.Find(r => r.ExportWh is not null)?.Export ?? 0; // before it is told it has not moved: registers count a station's whole life
        foreach (var row in ordered)
        {
            export = row.Export ?? export;
            if (row.Import is { } import) result.Add(new RegisterReading(row.Time, import, export));
        }

        return RegisterLine.WithoutSlips(result);
    }

    private static decimal? Exact(string? text) => text is null ? null : decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
