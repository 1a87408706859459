using System.Globalization;
using System.IO.Compression;
using System.Text;
using CsvHelper;
using Penstock.Solvers.Fleet;

namespace Penstock.Cli.Plan;

/// <summary>fleet.csv: one vehicle a line. A million lines are read in a few seconds; the first faults are told with line and column and nothing is planned.</summary>
internal sealed class FleetFile
{
    /// <summary>Vehicles of one problem at most.</summary>
    internal const int VehiclesMax = 5_000_000;

    /// <summary>Largest energy and power of one vehicle or battery, kWh and kW.</summary>
    internal const double SizeMax = 1e6;

    private static readonly string[] Required =
    [
        "vehicleId", "siteId", "arrivalStep", "departureStep", "energyArrivalKwh", "energyMinKwh", "energyMaxKwh", "energyTargetKwh", "chargeMaxKw", "dischargeMaxKw",
        "chargeEfficiency", "dischargeEfficiency", "wearPerKwh", "shortfallPenaltyPerKwh", "salvagePerKwh",
    ];

    private static readonly string[] Optional = ["leaveProbabilityPerStep", "powerStepKw", "powerMinKw"];

    private readonly string name;
    private readonly int steps;
    private readonly IReadOnlyDictionary<string, int>? sites;
    private readonly List<string> faults;
    private readonly Dictionary<string, int> seen = new(StringComparer.Ordinal);
    private readonly List<Row> rows = [];
    private int[] column = [];
    private CsvReader csv = null!;

    private FleetFile(string name, int steps, IReadOnlyDictionary<string, int>? sites, List<string> faults) => (this.name, this.steps, this.sites, this.faults) = (name, steps, sites, faults);

    /// <summary>One vehicle as it stands in the file or in the problem's batteries.</summary>
    internal readonly record struct Row(
        string Id, int Site, int Arrival, int Departure, double EnergyArrival, double EnergyMin, double EnergyMax, double EnergyTarget, double ChargeMax, double DischargeMax,
        double ChargeEfficiency, double DischargeEfficiency, double Wear, double ShortfallPenalty, double Salvage, double LeaveProbability, double PowerStep, double PowerMin);

    /// <param name="sites">Numbers of the known sites; null = the problem has none, and the column is not read.</param>
    /// <param name="faults">Faults are added to it.</param>
    internal static List<Row> Read(string path, int steps, IReadOnlyDictionary<string, int>? sites, List<string> faults)
    {
        var file = new FleetFile(Path.GetFileName(path), steps, sites, faults);
        if (!File.Exists(path)) faults.Add($"{path}: there is no such file; the problem names it in \"vehicles\"");
        else file.Read(path);
        return file.rows;
    }

    /// <summary>The fleet as arrays.</summary>
    internal static StorageFleet ToFleet(IReadOnlyList<Row> rows)
    {
        var fleet = new StorageFleet(rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            var r = rows[i];
            (fleet.Site[i], fleet.Arrival[i], fleet.Departure[i]) = (r.Site, (short)r.Arrival, (short)r.Departure);
            (fleet.EnergyArrival[i], fleet.EnergyMin[i], fleet.EnergyMax[i], fleet.EnergyTarget[i]) = ((float)r.EnergyArrival, (float)r.EnergyMin, (float)r.EnergyMax, (float)r.EnergyTarget);
            (fleet.ChargeMax[i], fleet.DischargeMax[i], fleet.ChargeEfficiency[i], fleet.DischargeEfficiency[i]) = ((float)r.ChargeMax, (float)r.DischargeMax, (float)r.ChargeEfficiency, (float)r.DischargeEfficiency);
            (fleet.Wear[i], fleet.ShortfallPenalty[i], fleet.Salvage[i]) = ((float)r.Wear, (float)r.ShortfallPenalty, (float)r.Salvage);
        }

        if (rows.Any(r => r.LeaveProbability > 0)) fleet.LeaveProbability = [.. rows.Select(r => (float)r.LeaveProbability)];
        if (rows.Any(r => r.PowerStep > 0)) fleet.PowerStep = [.. rows.Select(r => (float)r.PowerStep)];
        if (rows.Any(r => r.PowerMin > 0)) fleet.PowerMin = [.. rows.Select(r => (float)r.PowerMin)];
        return fleet;
    }

    private void Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            using Stream stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
            using (csv = CsvReader.Create(stream, CsvReaderOptions.Default with { Separator = ',', AllowLineBreaksInQuotes = false, TrackLineNumbers = true, MaxRecordSize = 64 * 1024 }))
            {
                if (!Header()) return;
                while (faults.Count <= InputRefusedException.FaultsShown && csv.Read()) One();
            }
        }
        catch (Exception e) when (e is CsvFormatException or InvalidDataException)
        {
            faults.Add($"{name}:{csv.LineNumber}:1: {e.Message}");
        }
    }

    private bool Header()
    {
        var header = csv.Headers ?? [];
        var names = header.Select((h, n) => (h.Trim(), n)).ToLookup(h => h.Item1, h => h.n);
        foreach (var (h, n) in header.Select((h, n) => (h.Trim(), n))) if (!Required.Contains(h) && !Optional.Contains(h)) faults.Add($"{name}:1:{n + 1}: unknown column \"{h}\"; columns are {string.Join(", ", Required.Concat(Optional))}");
        foreach (var missing in Required.Where(r => !names.Contains(r))) faults.Add($"{name}:1:1: column {missing} is missing; the header was \"{string.Join(',', header.Take(20))}\"");
        foreach (var twice in names.Where(n => n.Count() > 1)) faults.Add($"{name}:1:{twice.Last() + 1}: column {twice.Key} comes twice");
        column = [.. Required.Concat(Optional).Select(c => names.Contains(c) ? names[c].First() : -1)];
        return faults.Count == 0;
    }

    private void One()
    {
        var before = faults.Count;
        if (rows.Count == VehiclesMax)
        {
            faults.Add($"{name}:{csv.LineNumber}:1: more than {VehiclesMax} vehicles; divide the problem");
            return;
        }

        if (csv.FieldCount != csv.Headers.Count)
        {
            faults.Add($"{name}:{csv.LineNumber}:1: {csv.FieldCount} fields; {csv.Headers.Count} were expected, as in the header");
            return;
        }

        var id = csv.GetString(column[0]).Trim();
        if (id.Length is 0 or > 200) Fault(0, id, "a text of 1 to 200 characters");
        else if (!seen.TryAdd(id, (int)csv.LineNumber)) Fault(0, id, $"an id of its own; line {seen[id]} has the same");
        var (arrival, departure) = (Whole(2, 0, steps - 1), Whole(3, 1, steps));
        if (before == faults.Count && departure <= arrival) Fault(3, departure.ToString(CultureInfo.InvariantCulture), $"a step after arrivalStep ({arrival})");
        var row = new Row(
            id, Site(), arrival, departure, Number(4, 0, SizeMax), Number(5, 0, SizeMax), Number(6, 0, SizeMax), Number(7, 0, SizeMax), Number(8, 0, SizeMax), Number(9, 0, SizeMax),
            Efficiency(10), Efficiency(11), Number(12, 0, 1e6), Number(13, 0, 1e9), Number(14, 0, 1e6),
            Number(15, 0, 0.999, 0), Number(16, 0, SizeMax, 0), Number(17, 0, SizeMax, 0));
        if (before != faults.Count) return;
        if (row.EnergyMin > row.EnergyMax) Fault(5, Shown(5), $"at most energyMaxKwh ({Shown(6)})");
        if (row.Salvage > row.ShortfallPenalty && row.EnergyTarget > row.EnergyMin) Fault(14, Shown(14), $"at most shortfallPenaltyPerKwh ({Shown(13)}), else missing the target would pay");
        rows.Add(row);
    }

    private int Site()
    {
        if (sites is null) return 0;
        var site = csv.GetString(column[1]).Trim();
        if (sites.TryGetValue(site, out var number)) return number;
        Fault(1, site, "the siteId of one of the problem's sites");
        return 0;
    }

    private int Whole(int which, int least, int most)
    {
        if (csv.TryParse<int>(column[which], out var value) && value >= least && value <= most) return value;
        Fault(which, Shown(which), $"a whole number from {least} to {most}");
        return least;
    }

    private double Efficiency(int which)
    {
        var value = Number(which, 0, 1);
        if (value > 0) return value;
        Fault(which, Shown(which), "a number above 0 and at most 1");
        return 1;
    }

    private double Number(int which, double least, double most, double? otherwise = null)
    {
        if (column[which] < 0 || (otherwise is not null && csv.IsEmpty(column[which]))) return otherwise ?? least;
        if (csv.TryParse<double>(column[which], out var value) && value >= least && value <= most) return value; // NaN is in no range
        Fault(which, Shown(which), string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"));
        return least;
    }

    private string Shown(int which) => csv.GetString(column[which]);

    private void Fault(int which, string value, string expected)
    {
        var names = Required.Concat(Optional).ElementAt(which);
        faults.Add(string.Create(CultureInfo.InvariantCulture, $"{name}:{csv.LineNumber}:{column[which] + 1}: {names} is \"{(value.Length <= 60 ? value : value[..60] + "...")}\"; {expected} was expected"));
    }

    /// <summary>Bytes of an id that may stand in a CSV file as it is.</summary>
    internal static string Quoted(string id) => id.AsSpan().IndexOfAny(",\"\r\n") < 0 ? id : new StringBuilder("\"").Append(id.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"').ToString();
}
