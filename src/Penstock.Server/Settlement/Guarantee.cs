using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Server.Storage;

namespace Penstock.Server.Settlement;

/// <summary>Whether a session kept its owner's guarantee, judged from what the meter and the vehicle told.</summary>
internal static class Guarantee
{
    /// <summary>Vehicles tell whole percents: one step of rounding is no breach.</summary>
    private const double Tolerance = 0.0151;

    /// <summary>Part of the charging power that a departure may count on, as in dispatch.</summary>
    private const double CountedOn = 0.8;

    /// <returns>kept, broken, or relaxed: the target could not be reached in the stay, or the vehicle left early. Kept when no state of charge was ever told.</returns>
    internal static string Of(SessionRow session, IReadOnlyList<ReadingRow> readings, Vehicle? vehicle)
    {
        var told = readings.Where(r => r.Soc is not null).OrderBy(r => r.At).ToList();
        if (told.Count == 0 || vehicle is null) return "kept";
        var (terms, first, last) = (session.OwnerTerms, told[0].Soc!.Value, told[^1].Soc!.Value);
        var lowest = told.Min(r => r.Soc!.Value);
        if (lowest < Math.Min(first, terms.Floor.Fraction) - Tolerance) return "broken";
        if (last >= terms.Target.Fraction - Tolerance || terms.Departure is not { } departure) return "kept";
        var end = session.End ?? departure;
        if (end < departure - Duration.FromMinutes(5)) return "relaxed";
        var (capacity, cellKw) = (vehicle.Capacity.KilowattHours, vehicle.ChargeMax.Kilowatts * vehicle.ChargeEfficiency * CountedOn);
        var needed = ChargingCurve.LeastStored(terms.Target.Fraction * capacity, capacity, cellKw, cellKw, (end - session.Start).TotalHours);
        return first * capacity < needed ? "relaxed" : "broken";
    }
}
