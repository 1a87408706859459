using NodaTime;
using Penstock.Core.Units;
using Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Profiles;

/// <summary>What a station knows at one moment beside its profiles.</summary>
/// <param name="Fraction">State of charge, 0 to 1.</param>
/// <param name="Hz">Grid frequency.</param>
/// <param name="Signal">Last aFRR signal; null = none came.</param>
/// <param name="Zone">Where the station stands, for schedules in local time; null = UTC.</param>
internal readonly record struct Moment(
    DateTimeOffset Now, DateTimeOffset? TransactionStart = null, double Fraction = 0, DateTimeOffset? OfflineSince = null, bool Priority = false, double Hz = 50, int? Signal = null, LocalControl? Local = null,
    DateTimeZone? Zone = null);

/// <summary>What the site's own energy management says to its station; W, positive = into the site or vehicle, null = nothing.</summary>
/// <param name="SiteW">Load of the grid connection without this EVSE.</param>
/// <param name="UpperW">LocalLoadBalancing keeps the connection below it, by threshold plus offset.</param>
/// <param name="LowerW">And above this.</param>
public sealed record LocalControl(double? SetpointW = null, double? LimitW = null, double? DischargeLimitW = null, double? SiteW = null, double UpperW = double.PositiveInfinity, double LowerW = double.NegativeInfinity);

/// <summary>What all profiles together ask of an EVSE.</summary>
/// <param name="AskedW">W; null = nothing is said: charge as rated (Q11).</param>
/// <param name="Leading">The profile that set the mode.</param>
internal readonly record struct Composed(OperationMode Mode, double? AskedW, double? LimitW, double? DischargeLimitW, HeldProfile? Leading, bool Sleep);

/// <summary>
/// Charging profiles put together as OCPP has it: priority charging when it is on, else the transaction's, else the default; of one purpose the highest stack level that is in effect; below the station's maximum and
/// the external constraints, to which local generation is added.
/// </summary>
internal static class Composition
{
    internal static Composed At(IReadOnlyList<HeldProfile> held, in Moment moment)
    {
        PowerPeriod? period = null;
        HeldProfile? leading = null;
        if (moment.Priority) (leading, period) = Best(held, ChargingProfilePurpose.PriorityCharging, moment);
        if (period is null) (leading, period) = Best(held, ChargingProfilePurpose.TxProfile, moment);
        if (period is null) (leading, period) = Best(held, ChargingProfilePurpose.TxDefaultProfile, moment);
        var most = Bounds(Best(held, ChargingProfilePurpose.ChargingStationMaxProfile, moment).Period, moment);
        var outer = Bounds(Best(held, ChargingProfilePurpose.ChargingStationExternalConstraints, moment).Period, moment);
        var local = Bounds(Best(held, ChargingProfilePurpose.LocalGeneration, moment).Period, moment).Upper ?? 0;
        var upper = Least(most.Upper, outer.Upper + local);
        var lower = Largest(most.Lower, outer.Lower);
        if (period is null) return new Composed(OperationMode.ChargingOnly, upper, upper, lower, null, false);
        var atSoC = leading!.Chosen.LimitAtSoC is { } full && moment.Fraction * 100 >= full.Soc ? (double?)full.Limit : null;
        var (own, floor) = (Least(period.Limit, atSoC), period.DischargeLimit);
        var asked = Asked(period, moment) is { } watts ? Between(watts, floor, own) : own;
        return new Composed(period.Mode, asked is { } a ? Between(a, lower, upper) : upper, Least(own, upper), Largest(floor, lower), leading, period.Sleep);
    }

    /// <returns>Null = as much as the limit allows.</returns>
    private static double? Asked(PowerPeriod period, in Moment moment) => period.Mode switch
    {
        OperationMode.CentralSetpoint or OperationMode.CentralFrequency => period.Setpoint ?? 0,
        OperationMode.LocalFrequency => period.Baseline + PiecewiseLinear.At(period.FrequencyWatt, moment.Hz) + (moment.Signal is { } signal ? PiecewiseLinear.At(period.SignalWatt, signal) : 0),
        OperationMode.ExternalSetpoint => moment.Local?.SetpointW ?? 0,
        OperationMode.ExternalLimits => moment.Local?.LimitW,
        OperationMode.LocalLoadBalancing => Balancing(moment.Local),
        OperationMode.Idle => 0,
        _ => period.Limit < 0 ? period.Limit : null, // a negative limit is the discharge setpoint of versions before 2.1
    };

    /// <summary>What this EVSE adds so that the grid connection stays within its band; 0 while it does by itself.</summary>
    private static double Balancing(LocalControl? local) => local?.SiteW is not { } site ? 0 : site > local.UpperW ? local.UpperW - site : site < local.LowerW ? local.LowerW - site : 0;

    private static (double? Lower, double? Upper) Bounds(PowerPeriod? period, in Moment moment) => period?.Mode switch
    {
        null => (null, null),
        OperationMode.ExternalLimits or OperationMode.ExternalSetpoint => (Largest(period.DischargeLimit, moment.Local?.DischargeLimitW), Least(period.Limit, moment.Local?.LimitW)),
        _ => (period.DischargeLimit, period.Limit),
    };

    private static (HeldProfile? Held, PowerPeriod? Period) Best(IReadOnlyList<HeldProfile> held, ChargingProfilePurpose purpose, in Moment moment)
    {
        (HeldProfile? Held, PowerPeriod? Period) best = default;
        for (var i = 0; i < held.Count; i++)
        {
            var one = held[i];
            if (one.Profile.ChargingProfilePurpose == purpose && (best.Held is null || one.Profile.StackLevel > best.Held.Profile.StackLevel) && one.At(moment) is { } period) best = (one, period);
        }

        return best;
    }

    private static double Between(double watts, double? lower, double? upper) => Math.Min(Math.Max(watts, lower ?? double.NegativeInfinity), upper ?? double.PositiveInfinity);

    private static double? Least(double? one, double? other) => one is null ? other : other is null ? one : Math.Min(one.Value, other.Value);

    private static double? Largest(double? one, double? other) => one is null ? other : other is null ? one : Math.Max(one.Value, other.Value);
}
