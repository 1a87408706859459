using NodaTime;
using Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Profiles;

/// <summary>A period of a schedule in power, W; positive into the vehicle. Null = not said.</summary>
internal sealed record PowerPeriod(double From, OperationMode Mode, double? Limit, double? DischargeLimit, double? Setpoint, double Baseline, (double X, double Y)[] FrequencyWatt, (double X, double Y)[] SignalWatt, bool Sleep)
{
    /// <summary>Volts of a phase where a schedule is in amperes.</summary>
    internal const double PhaseVolts = 230;

    internal static PowerPeriod Of(ChargingSchedulePeriod p, ChargingRateUnit unit)
    {
        var watts = unit == ChargingRateUnit.W ? 1 : PhaseVolts * (p.NumberPhases ?? 3);
        double? Sum(decimal? one, decimal? two, decimal? three) => one is { } first ? (double)(first + (two ?? 0) + (three ?? 0)) * watts : null;
        return new PowerPeriod(
            p.StartPeriod, p.OperationMode ?? OperationMode.ChargingOnly, Sum(p.Limit, p.Limit_L2, p.Limit_L3), Sum(p.DischargeLimit, p.DischargeLimit_L2, p.DischargeLimit_L3), Sum(p.Setpoint, p.Setpoint_L2, p.Setpoint_L3),
            (double)(p.V2xBaseline ?? 0) * watts, [.. (p.V2xFreqWattCurve ?? []).Select(c => ((double)c.Frequency, (double)c.Power)).OrderBy(c => c.Item1)],
            [.. (p.V2xSignalWattCurve ?? []).Select(c => ((double)c.Signal, (double)c.Power)).OrderBy(c => c.Item1)], p.EvseSleep ?? false);
    }
}

/// <summary>A charging profile that a station keeps.</summary>
/// <param name="Since">When it was set, or last updated when it is Dynamic.</param>
/// <param name="DelaySeconds">Drawn once from the schedule's randomizedDelay; delays every period.</param>
/// <param name="Schedule">Which of its schedules the vehicle took.</param>
internal sealed record HeldProfile(ChargingProfile Profile, DateTimeOffset Since, double DelaySeconds = 0, int Schedule = 0)
{
    internal ChargingSchedule Chosen { get; } = Profile.ChargingSchedule[Schedule];

    internal PowerPeriod[] Periods { get; } = [.. Profile.ChargingSchedule[Schedule].ChargingSchedulePeriod.Select(p => PowerPeriod.Of(p, Profile.ChargingSchedule[Schedule].ChargingRateUnit))];

    internal bool Dynamic => Profile.ChargingProfileKind == ChargingProfileKind.Dynamic;

    /// <summary>When the last pull of its schedule was asked; it is not asked twice within an interval.</summary>
    internal DateTimeOffset Pulled { get; set; } = Since;

    /// <summary>The period in effect; null = the profile says nothing now: too early, too late, lapsed, or too long offline.</summary>
    internal PowerPeriod? At(in Moment moment)
    {
        var now = moment.Now;
        if (now < Profile.ValidFrom || now >= Profile.ValidTo) return null;
        if (Profile.MaxOfflineDuration is { } most && moment.OfflineSince is { } since && (now - since).TotalSeconds > most) return null;
        var elapsed = (now - Start(moment)).TotalSeconds;
        if (elapsed < 0 || elapsed >= Chosen.Duration) return null;
        PowerPeriod? current = null;
        foreach (var period in Periods)
        {
            if (period.From > elapsed - DelaySeconds) break;
            current = period;
        }

        return current;
    }

    /// <summary>Where its seconds count from: a Relative one from the start of the transaction or, if it came later, from then; a Dynamic one from its last update.</summary>
    internal DateTimeOffset Start(in Moment moment) => Profile.ChargingProfileKind switch
    {
        ChargingProfileKind.Absolute => Chosen.StartSchedule is { } first ? Read(first, 0, moment) : Since,
        ChargingProfileKind.Recurring => Recurrence(moment),
        ChargingProfileKind.Relative when moment.TransactionStart is { } start && start > Since => start,
        _ => Since,
    };

    private DateTimeOffset Recurrence(in Moment moment)
    {
        if (Chosen.StartSchedule is not { } first) return Since;
        var every = Profile.RecurrencyKind == RecurrencyKind.Weekly ? 7 : 1;
        var times = (int)Math.Max(0, (moment.Now - Read(first, 0, moment)).TotalDays / every);
        if (Read(first, (times + 1) * every, moment) is var next && next <= moment.Now) return next; // a local day may have 23 hours
        var last = Read(first, times * every, moment);
        return last > moment.Now && times > 0 ? Read(first, (times - 1) * every, moment) : last; // or 25
    }

    /// <summary>The time that a schedule writes, whole days later. With useLocalTime its offset is nothing: it is the time on the station's wall, the same in summer and winter.</summary>
    private DateTimeOffset Read(DateTimeOffset written, int days, in Moment moment) => Chosen.UseLocalTime == true
        ? (moment.Zone ?? DateTimeZone.Utc).AtLeniently(LocalDateTime.FromDateTime(written.DateTime).PlusDays(days)).ToDateTimeOffset()
        : written.AddDays(days);
}
