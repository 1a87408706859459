using Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Profiles;

/// <summary>The charging profiles of one EVSE.</summary>
internal sealed class ProfileStore
{
    /// <summary>Profiles that an EVSE keeps; the next one is refused (SmartChargingCtrlr.Entries).</summary>
    internal const int Max = 64;

    private readonly List<HeldProfile> held = [];

    internal IReadOnlyList<HeldProfile> Held => held;

    /// <summary>One with the same id, or the same purpose and stack level, is replaced (2.1 K01.FR.05 and FR.06).</summary>
    /// <returns>False when it is full.</returns>
    internal bool Put(ChargingProfile profile, DateTimeOffset now, double delaySeconds = 0)
    {
        held.RemoveAll(h => h.Profile.Id == profile.Id || (h.Profile.ChargingProfilePurpose == profile.ChargingProfilePurpose && h.Profile.StackLevel == profile.StackLevel));
        if (held.Count >= Max) return false;
        held.Add(new HeldProfile(profile, now, delaySeconds));
        return true;
    }

    /// <summary>Moves what an update names of a Dynamic profile that is still in effect, and starts its time again.</summary>
    internal bool Update(int id, ChargingScheduleUpdate update, in Moment moment)
    {
        var place = held.FindIndex(h => h.Profile.Id == id);
        if (place < 0 || !held[place].Dynamic || held[place].At(moment) is null) return false;
        var (profile, schedule) = (held[place].Profile, held[place].Profile.ChargingSchedule[0]);
        var period = schedule.ChargingSchedulePeriod[0];
        period = period with
        {
            Limit = update.Limit ?? period.Limit, Limit_L2 = update.Limit_L2 ?? period.Limit_L2, Limit_L3 = update.Limit_L3 ?? period.Limit_L3,
            DischargeLimit = update.DischargeLimit ?? period.DischargeLimit, DischargeLimit_L2 = update.DischargeLimit_L2 ?? period.DischargeLimit_L2, DischargeLimit_L3 = update.DischargeLimit_L3 ?? period.DischargeLimit_L3,
            Setpoint = update.Setpoint ?? period.Setpoint, Setpoint_L2 = update.Setpoint_L2 ?? period.Setpoint_L2, Setpoint_L3 = update.Setpoint_L3 ?? period.Setpoint_L3, SetpointReactive = update.SetpointReactive ?? period.SetpointReactive,
        };
        held[place] = new HeldProfile(profile with { DynUpdateTime = moment.Now, ChargingSchedule = [schedule with { ChargingSchedulePeriod = [period] }] }, moment.Now);
        return true;
    }

    internal int Clear(Predicate<ChargingProfile> which) => held.RemoveAll(h => which(h.Profile));

    /// <summary>A vehicle that plans for itself took one of the offered schedules.</summary>
    internal void Choose(int id, int schedule)
    {
        var place = held.FindIndex(h => h.Profile.Id == id);
        if (place >= 0) held[place] = held[place] with { Schedule = schedule };
    }

    /// <summary>After a time offline: those that became invalid for good go.</summary>
    internal void BackOnline(DateTimeOffset since, DateTimeOffset now) =>
        held.RemoveAll(h => h.Profile is { InvalidAfterOfflineDuration: true, MaxOfflineDuration: { } most } && (now - since).TotalSeconds > most);

    /// <summary>The next Dynamic profile whose schedule has to be pulled, once each interval; null = none.</summary>
    internal HeldProfile? ToPull(DateTimeOffset now)
    {
        foreach (var one in held)
        {
            if (one.Profile.DynUpdateInterval is not > 0 || !one.Dynamic || (now - one.Pulled).TotalSeconds < one.Profile.DynUpdateInterval) continue;
            one.Pulled = now;
            return one;
        }

        return null;
    }

    internal Composed At(in Moment moment) => Composition.At(held, moment);

    /// <summary>Power that is allowed or asked now, W; null = nothing is said, charge as rated.</summary>
    internal double? Watts(DateTimeOffset now) => At(new Moment(now)).AskedW;
}
