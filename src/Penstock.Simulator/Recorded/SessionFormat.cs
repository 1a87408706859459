namespace Penstock.Simulator.Recorded;

/// <summary>The known shapes of session files, told apart by their columns.</summary>
/// <param name="Read">Null when the row is of another location.</param>
internal sealed record SessionFormat(string Name, Func<CsvRow, RecordedSession?> Read)
{
    private static readonly string[] PlainColumns = ["arrival", "departure", "energy_kwh"];

    /// <exception cref="RecordedFileUnusableException">The columns fit no format.</exception>
    internal static SessionFormat Of(CsvTable table, string path, SessionSelection selection)
    {
        if (table.Has("session_id", "station_id", "arrival", "departure", "estimated_departure", "delivered_kwh")) return new SessionFormat("acn-sessions", row => Acn(row, selection));
        if (table.Has("location", "user_id", "session_id", "plugin_time", "plugout_time", "energy_kwh")) return Norway(path, selection);
        string Name(string column) => selection.Columns.GetValueOrDefault(column, column);
        var missing = PlainColumns.Select(Name).Where(c => !table.Has(c)).ToList();
        if (missing.Count == 0) return new SessionFormat("plain", row => Plain(row, selection, Name));
        throw new RecordedFileUnusableException(
            $"{path}: no column {string.Join(", ", missing)}; it has {string.Join(", ", table.Columns.Take(30))}. " +
            "Name them with --columns, for example --columns arrival=start_local,departure=end_local,energy_kwh=kwh.");
    }

    /// <summary>ACN-Data sessions: the driver's own departure time is known. https://ev.caltech.edu/dataset</summary>
    private static RecordedSession Acn(CsvRow row, SessionSelection selection) => new(
        row.Required("session_id"), row.Required("station_id"), row.Required("session_id"), row.RequiredTime("arrival", selection.Zone), row.RequiredTime("departure", selection.Zone),
        row.Time("estimated_departure", selection.Zone), Needed(row, "delivered_kwh"), null, null, null, row.File, row.Line);

    /// <summary>Norwegian apartment buildings (doi 10.1016/j.dib.2024.110883): everyone has a place; powers and batteries are the authors' estimates, in users.csv beside the sessions.</summary>
    private static SessionFormat Norway(string path, SessionSelection selection)
    {
        var users = Users(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "users.csv"));
        return new SessionFormat("norway-residential", row =>
        {
            if (selection.Location is { } wanted && row.Text("location") != wanted) return null;
            var user = row.Required("user_id");
            var (power, battery) = users.GetValueOrDefault(user);
            return new RecordedSession(
                row.Required("session_id"), user, user, row.RequiredTime("plugin_time", selection.Zone), row.RequiredTime("plugout_time", selection.Zone), null,
                Needed(row, "energy_kwh"), battery, row.Number("est_soc_start_pct") / 100, power, row.File, row.Line);
        });
    }

    private static Dictionary<string, (double? PowerKw, double? BatteryKwh)> Users(string path)
    {
        var result = new Dictionary<string, (double?, double?)>(StringComparer.Ordinal);
        if (!File.Exists(path)) return result;
        using var table = new CsvTable(path);
        try
        {
            foreach (var row in table.Rows()) result[row.Required("user_id")] = (row.Number("est_charging_kw"), row.Number("est_battery_kwh"));
        }
        catch (BadRowException e)
        {
            throw new RecordedFileUnusableException($"{path}: {e.Message}.");
        }

        return result;
    }

    private static RecordedSession? Plain(CsvRow row, SessionSelection selection, Func<string, string> name)
    {
        if (selection.Location is { } wanted && row.Text(name("location")) != wanted) return null;
        var id = row.Text(name("session_id")) ?? $"{row.File}:{row.Line}";
        return new RecordedSession(
            id, row.Text(name("evse")) ?? id, row.Text(name("vehicle")) ?? id, row.RequiredTime(name("arrival"), selection.Zone), row.RequiredTime(name("departure"), selection.Zone),
            row.Time(name("declared_departure"), selection.Zone), Needed(row, name("energy_kwh")), row.Number(name("capacity_kwh")), row.Number(name("soc_arrival_percent")) / 100,
            row.Number(name("charge_kw")), row.File, row.Line);
    }

    private static double Needed(CsvRow row, string column) => row.Number(column) ?? throw new BadRowException("missing", $"{column} is empty; a value was expected");
}
