using NodaTime;

namespace Penstock.Simulator.Recorded;

/// <summary>Reads recorded charging sessions. Every row is used, not selected, or quarantined with its reason: none is repaired and none disappears.</summary>
public static class SessionFiles
{
    /// <summary>A stay of more than this is a forgotten cable or a wrong clock.</summary>
    public static readonly Duration StayMax = Duration.FromDays(7);

    /// <summary>Rows of all files together.</summary>
    public const int RowsMax = 5_000_000;

    /// <exception cref="RecordedFileUnusableException">A file is missing, empty, too long, or of no known format.</exception>
    public static RecordedSessions Read(IReadOnlyList<string> paths, SessionSelection selection)
    {
        var (good, bad, formats) = (new List<RecordedSession>(), new List<QuarantinedRow>(), new List<string>());
        var (rows, skipped) = (0, 0);
        foreach (var path in paths)
        {
            using var table = new CsvTable(path);
            var format = SessionFormat.Of(table, path, selection);
            formats.Add(format.Name);
            foreach (var row in table.Rows())
            {
                if (++rows > RowsMax) throw new RecordedFileUnusableException($"{path}:{row.Line}: more than {RowsMax} rows; choose days with --from and --to in smaller files.");
                try
                {
                    row.WellFormed();
                    if (format.Read(row) is { } session && IsSelected(session, selection)) good.Add(Checked(session, selection));
                    else skipped++;
                }
                catch (BadRowException e)
                {
                    bad.Add(new QuarantinedRow(row.File, row.Line, e.Reason, e.Message));
                }
            }
        }

        return new RecordedSessions([.. Apart(good, bad).OrderBy(s => s.Arrive).ThenBy(s => s.Id, StringComparer.Ordinal).Select(s => Shifted(s, selection))], bad, rows, skipped, formats);
    }

    private static bool IsSelected(RecordedSession session, SessionSelection selection)
    {
        var day = session.Arrive.InZone(selection.Zone).Date;
        return (selection.From is not { } from || day >= from) && (selection.To is not { } to || day < to);
    }

    private static RecordedSession Checked(RecordedSession session, SessionSelection selection)
    {
        var stay = session.Leave - session.Arrive;
        if (stay <= Duration.Zero) throw new BadRowException("departureNotAfterArrival", $"departure {session.Leave} is not after arrival {session.Arrive}");
        if (stay > StayMax) throw new BadRowException("stayTooLong", $"a stay of {stay.TotalHours:0} h; at most {StayMax.TotalHours:0} h was expected");
        if (session.EnergyKwh <= 0) throw new BadRowException("noEnergy", $"energy is {session.EnergyKwh:0.###} kWh; more than 0 was expected");
        var mean = session.EnergyKwh / stay.TotalHours;
        var most = Math.Min(selection.PowerMaxKw, session.ChargeKw * 1.2 ?? double.PositiveInfinity); // recorded powers are estimates
        if (mean > most) throw new BadRowException("powerImplausible", $"{session.EnergyKwh:0.##} kWh in {stay.TotalHours:0.##} h are {mean:0.#} kW on average; at most {most:0.#} kW was expected");
        if (session.Declared <= session.Arrive) throw new BadRowException("declaredBeforeArrival", $"the declared departure {session.Declared} is not after arrival {session.Arrive}");
        if (session.CapacityKwh is <= 0 or > 2000) throw new BadRowException("capacityImplausible", $"a battery of {session.CapacityKwh} kWh; 0 to 2000 was expected");
        if (session.FractionAtArrival is < 0 or > 1) throw new BadRowException("stateOfChargeImplausible", $"a state of charge of {session.FractionAtArrival * 100:0.#} %; 0 to 100 was expected");
        return session;
    }

    /// <summary>One session per id, one vehicle at a place.</summary>
    private static IEnumerable<RecordedSession> Apart(List<RecordedSession> sessions, List<QuarantinedRow> bad)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var free = new Dictionary<string, RecordedSession>(StringComparer.Ordinal);
        foreach (var session in sessions.OrderBy(s => s.Arrive).ThenBy(s => s.File, StringComparer.Ordinal).ThenBy(s => s.Line))
        {
            if (!ids.Add(session.Id)) bad.Add(new QuarantinedRow(session.File, session.Line, "duplicateId", $"session {session.Id} is already there"));
            else if (free.TryGetValue(session.Evse, out var before) && before.Leave > session.Arrive) bad.Add(new QuarantinedRow(session.File, session.Line, "overlap", $"{session.Evse} is taken until {before.Leave} by session {before.Id} ({before.File}:{before.Line})"));
            else yield return free[session.Evse] = session;
        }
    }

    private static RecordedSession Shifted(RecordedSession session, SessionSelection selection)
    {
        if (selection.ShiftWeeks == 0) return session;
        return session with { Arrive = Moved(session.Arrive), Leave = Moved(session.Arrive) + (session.Leave - session.Arrive), Declared = session.Declared is { } declared ? Moved(session.Arrive) + (declared - session.Arrive) : null };
        Instant Moved(Instant at) => at.InZone(selection.Zone).LocalDateTime.PlusWeeks(selection.ShiftWeeks).InZoneLeniently(selection.Zone).ToInstant();
    }
}
