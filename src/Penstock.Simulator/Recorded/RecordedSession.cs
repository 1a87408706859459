using NodaTime;

namespace Penstock.Simulator.Recorded;

/// <summary>A charging session that took place.</summary>
/// <param name="Evse">The place where the vehicle stood; stays at one place never overlap.</param>
/// <param name="Declared">When the driver said that it would leave; null = nobody asked.</param>
/// <param name="EnergyKwh">Energy delivered, at the meter.</param>
/// <param name="CapacityKwh">Usable battery capacity; null = not recorded.</param>
/// <param name="FractionAtArrival">State of charge at plug-in, 0 to 1; null = not recorded.</param>
/// <param name="ChargeKw">Charging power of the vehicle; null = not recorded.</param>
public sealed record RecordedSession(
    string Id, string Evse, string Vehicle, Instant Arrive, Instant Leave, Instant? Declared, double EnergyKwh, double? CapacityKwh, double? FractionAtArrival, double? ChargeKw,
    string File, int Line);

/// <summary>Which rows of the files are meant.</summary>
/// <param name="Zone">Of times without an offset and of <paramref name="From"/> and <paramref name="To"/>.</param>
/// <param name="Location">Only rows of this location, in files that have several; null = all.</param>
/// <param name="From">First local day of arrival; null = from the first row.</param>
/// <param name="To">First local day no more used; null = to the last row.</param>
/// <param name="ShiftWeeks">Whole weeks by which the sessions are moved in local time, so that weekday and hour stay.</param>
/// <param name="Columns">Own names of the plain format's columns.</param>
/// <param name="PowerMaxKw">No session can have drawn more than this on average.</param>
public sealed record SessionSelection(
    DateTimeZone Zone, string? Location, LocalDate? From, LocalDate? To, int ShiftWeeks, IReadOnlyDictionary<string, string> Columns, double PowerMaxKw);

/// <summary>What the files held.</summary>
/// <param name="Rows">All data rows.</param>
/// <param name="NotSelected">Rows outside the location or the days that were asked for.</param>
public sealed record RecordedSessions(IReadOnlyList<RecordedSession> Sessions, IReadOnlyList<QuarantinedRow> Quarantined, int Rows, int NotSelected, IReadOnlyList<string> Formats);
