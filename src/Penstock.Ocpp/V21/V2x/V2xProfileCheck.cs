namespace Penstock.Ocpp.V21.V2x;

/// <summary>A rule of block K or Q that a profile breaks.</summary>
/// <param name="Pointer">JSON pointer into the profile.</param>
/// <param name="Rule">The requirement, or the table of block Q that it comes from.</param>
public sealed record V2xFault(string Pointer, string Rule, string Text)
{
    public override string ToString() => $"{Rule} at {(Pointer.Length == 0 ? "/" : Pointer)}: {Text}";
}

/// <summary>What is illegal in a charging profile beyond its schema, every fault with its rule; for profiles that somebody else made.</summary>
public static class V2xProfileCheck
{
    private const string ModesByPurpose = "Q modes by purpose";
    private const string NamesTransaction = "K01.FR.03";
    private const string FieldsByMode = "Q fields by mode";

    private enum Need
    {
        Forbidden, Optional, Required,
    }

    /// <param name="supported">Modes of the EVSE (V2XChargingCtrlr.SupportedOperationModes); null = unknown, all are taken.</param>
    public static IReadOnlyList<V2xFault> Of(ChargingProfile profile, IReadOnlySet<OperationMode>? supported = null)
    {
        var faults = new List<V2xFault>();
        var dynamic = profile.ChargingProfileKind == ChargingProfileKind.Dynamic;
        if (profile.ChargingSchedule.Count is < 1 or > V2xBound.SchedulesMax) Fault("/chargingSchedule", "K01", $"a profile has 1 to {V2xBound.SchedulesMax} schedules; it has {profile.ChargingSchedule.Count}.");
        if (dynamic && profile.ChargingSchedule.Count != 1) Fault("/chargingSchedule", "K28 Dynamic", $"a Dynamic profile has one schedule; it has {profile.ChargingSchedule.Count}.");
        if (!dynamic && (profile.DynUpdateInterval is not null || profile.DynUpdateTime is not null)) Fault("/dynUpdateInterval", "K01.FR.122", "only a Dynamic profile has dynUpdateInterval or dynUpdateTime.");
        if (profile.ChargingProfilePurpose == ChargingProfilePurpose.TxProfile && profile.TransactionId is null) Fault("/transactionId", NamesTransaction, "a TxProfile names its transaction.");
        if (profile is { ChargingProfilePurpose: ChargingProfilePurpose.ChargingStationMaxProfile, ChargingProfileKind: ChargingProfileKind.Relative }) Fault("/chargingProfileKind", "K01.FR.38", "a ChargingStationMaxProfile is not Relative.");
        Positive(profile.MaxOfflineDuration, "/maxOfflineDuration");
        Positive(profile.DynUpdateInterval, "/dynUpdateInterval");
        for (var s = 0; s < profile.ChargingSchedule.Count; s++) Check(profile.ChargingSchedule[s], $"/chargingSchedule/{s}");
        return faults;

        void Fault(string pointer, string rule, string text) => faults.Add(new V2xFault(pointer, rule, text));

        void Positive(int? seconds, string pointer)
        {
            if (seconds < 0) Fault(pointer, "K01", $"seconds are not negative; they are {seconds}.");
        }

        void Check(ChargingSchedule schedule, string at)
        {
            var periods = schedule.ChargingSchedulePeriod;
            if (dynamic && periods.Count != 1) Fault(at + "/chargingSchedulePeriod", "K28 Dynamic", $"a Dynamic schedule has one period; it has {periods.Count}.");
            if (PeriodFault([.. periods.Select(p => p.StartPeriod)]) is { } order) Fault(at + "/chargingSchedulePeriod", order.Split(':')[0], order[(order.IndexOf(':') + 2)..]);
            if (profile.ChargingProfileKind == ChargingProfileKind.Absolute && schedule.StartSchedule is null) Fault(at + "/startSchedule", "K01.FR.40", "an Absolute schedule has a startSchedule.");
            if (profile.ChargingProfileKind == ChargingProfileKind.Relative && schedule.StartSchedule is not null) Fault(at + "/startSchedule", "K01.FR.41", "a Relative schedule has no startSchedule.");
            if (schedule.RandomizedDelay > 0 && profile.ChargingProfilePurpose is not (ChargingProfilePurpose.TxProfile or ChargingProfilePurpose.TxDefaultProfile)) Fault(at + "/randomizedDelay", "K01.FR.95", "only Tx and TxDefault profiles have a randomizedDelay.");
            if (schedule.Duration is not null && profile.ChargingProfilePurpose == ChargingProfilePurpose.PriorityCharging) Fault(at + "/duration", "K01.FR.70", "PriorityCharging has no duration.");
            if (schedule.Duration <= 0) Fault(at + "/duration", "K01", $"a duration is above 0 s; it is {schedule.Duration} s.");
            for (var p = 0; p < periods.Count; p++) One(schedule, periods[p], $"{at}/chargingSchedulePeriod/{p}");
        }

        void One(ChargingSchedule schedule, ChargingSchedulePeriod period, string at)
        {
            var mode = period.OperationMode ?? OperationMode.ChargingOnly;
            if (!Allows(profile.ChargingProfilePurpose, mode)) Fault(at + "/operationMode", profile.ChargingProfilePurpose == ChargingProfilePurpose.PriorityCharging ? "K01.FR.71" : ModesByPurpose, $"{mode} is not allowed in a {profile.ChargingProfilePurpose} profile.");
            if (supported?.Contains(mode) == false) Fault(at + "/operationMode", "K01.FR.115", $"{mode} is not among the modes of this EVSE ({string.Join(", ", supported.Order())}).");
            foreach (var (name, there, need) in Fields(period, mode))
            {
                if (there && need == Need.Forbidden) Fault($"{at}/{name}", mode == OperationMode.CentralFrequency ? "Q07.FR.03" : FieldsByMode, $"{mode} has no {name}.");
                if (!there && need == Need.Required) Fault($"{at}/{name}", mode == OperationMode.LocalFrequency ? "Q08.FR.02" : FieldsByMode, $"{mode} needs a {name}.");
            }

            if (Of3(period.Setpoint, period.Setpoint_L2, period.Setpoint_L3) is { } setpoint
                && V2xBound.SetpointFault(setpoint, Of3(period.DischargeLimit, period.DischargeLimit_L2, period.DischargeLimit_L3), Of3(period.Limit, period.Limit_L2, period.Limit_L3)) is { } outside) Fault(at + "/setpoint", "V2X.05", outside);
            if (period.DischargeLimit > 0 || period.DischargeLimit_L2 > 0 || period.DischargeLimit_L3 > 0) Fault(at + "/dischargeLimit", "Q dischargeLimit", "a dischargeLimit is 0 or negative.");
            if (mode == OperationMode.ChargingOnly && (period.Limit < 0 || period.Limit_L2 < 0 || period.Limit_L3 < 0)) Fault(at + "/limit", "Q ChargingOnly", "the limit of ChargingOnly is 0 or positive; discharge is CentralSetpoint.");
            if (mode == OperationMode.LocalFrequency && schedule.ChargingRateUnit != ChargingRateUnit.W) Fault(at, "Q08.FR.05", "LocalFrequency needs a schedule in W.");
            if (mode == OperationMode.LocalFrequency && period.V2xFreqWattCurve is not null && V2xBound.CurveFault(period.V2xFreqWattCurve, period.V2xSignalWattCurve) is { } curve) Fault(at + "/v2xFreqWattCurve", "Q08.FR.02", curve);
            if (mode == OperationMode.CentralFrequency && !dynamic) Fault(at + "/operationMode", "Q07", "CentralFrequency stands in a Dynamic profile.");
            if (mode == OperationMode.CentralFrequency && schedule.Duration is null) Fault(at, "Q07 duration", "CentralFrequency needs a duration after which it lapses.");
        }
    }

    /// <summary>The same for the profile of a RequestStartTransaction: it is of the transaction that it starts, which has no id yet.</summary>
    public static IReadOnlyList<V2xFault> OfStart(ChargingProfile profile, IReadOnlySet<OperationMode>? supported = null)
    {
        var faults = new List<V2xFault>();
        if (profile.ChargingProfilePurpose != ChargingProfilePurpose.TxProfile) faults.Add(new V2xFault("/chargingProfilePurpose", "K05", $"a transaction is started with a TxProfile; this is a {profile.ChargingProfilePurpose}."));
        if (profile.TransactionId is not null) faults.Add(new V2xFault("/transactionId", "K05", "the transaction that is started has no id yet: leave transactionId out."));
        return [.. faults, .. Of(profile, supported).Where(f => f.Rule != NamesTransaction)];
    }

    /// <summary>Faults in the starts of periods; null = in order.</summary>
    internal static string? PeriodFault(IReadOnlyList<int> starts)
    {
        if (starts.Count is < 1 or > V2xBound.PeriodsMax) return $"K01: a schedule has 1 to {V2xBound.PeriodsMax} periods; it has {starts.Count}.";
        if (starts[0] != 0) return $"K01.FR.31: the first period starts at 0 s; it starts at {starts[0]} s.";
        for (var i = 1; i < starts.Count; i++)
        {
            if (starts[i] <= starts[i - 1]) return $"K01.FR.35: periods are in order; period {i} starts at {starts[i]} s after {starts[i - 1]} s.";
        }

        return null;
    }

    /// <summary>The table "operation modes per purpose" of block Q.</summary>
    public static bool Allows(ChargingProfilePurpose purpose, OperationMode mode) => mode == OperationMode.ChargingOnly || purpose switch
    {
        ChargingProfilePurpose.TxProfile or ChargingProfilePurpose.TxDefaultProfile => true,
        ChargingProfilePurpose.ChargingStationExternalConstraints => mode is OperationMode.ExternalLimits or OperationMode.ExternalSetpoint,
        ChargingProfilePurpose.LocalGeneration => mode is OperationMode.ExternalLimits,
        _ => false,
    };

    /// <summary>The table "limits and setpoints per operation mode"; CentralFrequency as in errata Q07.FR.03.</summary>
    private static IEnumerable<(string Name, bool There, Need Need)> Fields(ChargingSchedulePeriod p, OperationMode mode)
    {
        var (limit, discharge, setpoint, reactive) = mode switch
        {
            OperationMode.ChargingOnly => (Need.Required, Need.Forbidden, Need.Forbidden, Need.Forbidden),
            OperationMode.CentralSetpoint => (Need.Optional, Need.Optional, Need.Required, Need.Optional),
            OperationMode.CentralFrequency => (Need.Forbidden, Need.Forbidden, Need.Required, Need.Forbidden),
            OperationMode.ExternalSetpoint => (Need.Optional, Need.Optional, Need.Forbidden, Need.Forbidden),
            _ => (Need.Forbidden, Need.Forbidden, Need.Forbidden, Need.Forbidden),
        };
        var local = mode == OperationMode.LocalFrequency;
        yield return ("limit", p.Limit is not null || p.Limit_L2 is not null || p.Limit_L3 is not null, limit);
        yield return ("dischargeLimit", p.DischargeLimit is not null || p.DischargeLimit_L2 is not null || p.DischargeLimit_L3 is not null, discharge);
        yield return ("setpoint", p.Setpoint is not null || p.Setpoint_L2 is not null || p.Setpoint_L3 is not null, setpoint);
        yield return ("setpointReactive", p.SetpointReactive is not null || p.SetpointReactive_L2 is not null || p.SetpointReactive_L3 is not null, reactive);
        yield return ("v2xBaseline", p.V2xBaseline is not null, local ? Need.Required : Need.Forbidden);
        yield return ("v2xFreqWattCurve", p.V2xFreqWattCurve is not null, local ? Need.Required : Need.Forbidden);
        yield return ("v2xSignalWattCurve", p.V2xSignalWattCurve is not null, local ? Need.Optional : Need.Forbidden);
    }

    private static Phases? Of3(decimal? l1, decimal? l2, decimal? l3) => l1 is { } one ? new Phases(one, l2, l3) : null;
}
