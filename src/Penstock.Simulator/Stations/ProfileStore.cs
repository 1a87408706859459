namespace Penstock.Simulator.Stations;

internal enum ProfilePurpose
{
    StationMax, TxDefault, Tx,
}

/// <summary>A charging profile in power.</summary>
/// <param name="Periods">From seconds after its start: W, negative = discharge.</param>
/// <param name="Lasts">Null = until it is replaced or cleared.</param>
/// <param name="Dynamic">True when its setpoint may be updated.</param>
internal sealed record StationProfile(
    int Id, ProfilePurpose Purpose, int StackLevel, string? TransactionId, IReadOnlyList<(double FromSeconds, double Watts)> Periods, TimeSpan? Lasts, bool Dynamic);

/// <summary>The profiles of one EVSE, composed as OCPP has it: the transaction's profile, else the default; the highest stack level that is valid; below the station's maximum.</summary>
internal sealed class ProfileStore
{
    private readonly Dictionary<int, Held> held = [];

    /// <summary>One with the same id, or the same purpose and stack level, is replaced (2.1 K01.FR.05 and FR.06).</summary>
    internal void Put(StationProfile profile, DateTimeOffset now)
    {
        foreach (var (id, other) in held) if (other.Profile.Purpose == profile.Purpose && other.Profile.StackLevel == profile.StackLevel) held.Remove(id);
        held[profile.Id] = new Held(profile, now);
    }

    /// <summary>Moves a dynamic setpoint and starts its time again.</summary>
    internal bool Update(int id, double watts, DateTimeOffset now)
    {
        if (!held.TryGetValue(id, out var one) || !one.Profile.Dynamic || !one.IsValid(now)) return false;
        held[id] = new Held(one.Profile with { Periods = [(0, watts)] }, now);
        return true;
    }

    /// <param name="id">Null = any; likewise the others.</param>
    internal int Clear(int? id, ProfilePurpose? purpose, int? stackLevel)
    {
        var gone = held.Where(h => (id ?? h.Key) == h.Key && (purpose ?? h.Value.Profile.Purpose) == h.Value.Profile.Purpose && (stackLevel ?? h.Value.Profile.StackLevel) == h.Value.Profile.StackLevel).Select(h => h.Key).ToList();
        foreach (var one in gone) held.Remove(one);
        return gone.Count;
    }

    /// <summary>Power that is allowed or asked now, W; null = nothing is said, charge as rated.</summary>
    internal double? Watts(DateTimeOffset now)
    {
        var asked = Best(ProfilePurpose.Tx, now) ?? Best(ProfilePurpose.TxDefault, now);
        return Best(ProfilePurpose.StationMax, now) is { } most ? Math.Min(asked ?? double.PositiveInfinity, most) : asked;
    }

    private double? Best(ProfilePurpose purpose, DateTimeOffset now) =>
        held.Values.Where(h => h.Profile.Purpose == purpose && h.IsValid(now)).MaxBy(h => h.Profile.StackLevel)?.Watts(now);

    private sealed record Held(StationProfile Profile, DateTimeOffset From)
    {
        internal bool IsValid(DateTimeOffset now) => Profile.Lasts is not { } lasts || now < From + lasts;

        internal double? Watts(DateTimeOffset now)
        {
            double? watts = null;
            foreach (var (from, value) in Profile.Periods) if ((now - From).TotalSeconds >= from) watts = value;
            return watts;
        }
    }
}
