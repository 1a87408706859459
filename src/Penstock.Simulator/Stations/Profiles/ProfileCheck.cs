using Penstock.Ocpp.V21;
using Penstock.Ocpp.V21.V2x;

namespace Penstock.Simulator.Stations.Profiles;

/// <summary>What an EVSE can execute.</summary>
/// <param name="Modes">V2XChargingCtrlr.SupportedOperationModes.</param>
/// <param name="Units">SmartChargingCtrlr.RateUnit.</param>
internal sealed record ProfileCapability(IReadOnlySet<OperationMode> Modes, IReadOnlySet<ChargingRateUnit> Units, int StackLevelMax, bool Discharges, bool IsDc);

/// <summary>The rules by which a station refuses a charging profile: OCPP 2.1 K01, Q and the table of operation modes.</summary>
internal static class ProfileCheck
{
    /// <returns>A reason code of the 2.1 appendix and the words; null = the profile is fit.</returns>
    internal static StatusInfo? Fault(ChargingProfile profile, ProfileCapability able)
    {
        if (profile.StackLevel < 0 || profile.StackLevel > able.StackLevelMax) return Reason("InvalidStackLevel", $"stackLevel is {profile.StackLevel}, expected 0 to {able.StackLevelMax}");
        var dynamic = profile.ChargingProfileKind == ChargingProfileKind.Dynamic;
        if (dynamic && profile.ChargingSchedule is not [{ ChargingSchedulePeriod: [{ StartPeriod: 0 }] }]) return Reason("InvalidSchedule", "a Dynamic profile has exactly one schedule with one period that starts at 0");
        if (profile is { ChargingProfileKind: ChargingProfileKind.Recurring, RecurrencyKind: null }) return Reason("InvalidProfile", "recurrencyKind is missing, a Recurring profile is Daily or Weekly");
        foreach (var schedule in profile.ChargingSchedule)
        {
            if (Fault(schedule, profile, able) is { } fault) return fault;
        }

        return null;
    }

    private static StatusInfo? Fault(ChargingSchedule schedule, ChargingProfile profile, ProfileCapability able)
    {
        var periods = schedule.ChargingSchedulePeriod;
        if (!able.Units.Contains(schedule.ChargingRateUnit)) return Reason("UnsupportedRateUnit", $"chargingRateUnit is {schedule.ChargingRateUnit}, expected {string.Join(" or ", able.Units)}");
        if (periods.Count > V2xBound.PeriodsMax) return Reason("TooManyElements", $"{periods.Count} periods, at most {V2xBound.PeriodsMax}");
        if (schedule.RandomizedDelay > 0 && profile.ChargingProfilePurpose is not (ChargingProfilePurpose.TxProfile or ChargingProfilePurpose.TxDefaultProfile)) return Reason("InvalidSchedule", "randomizedDelay is for TxProfile and TxDefaultProfile");
        for (var n = 0; n < periods.Count; n++)
        {
            var place = $"period {n}";
            if (n == 0 ? periods[0].StartPeriod != 0 : periods[n].StartPeriod <= periods[n - 1].StartPeriod) return Reason("InvalidSchedule", $"{place} starts at {periods[n].StartPeriod}; the first starts at 0, each later than the one before");
            if (Fault(periods[n], place, schedule.ChargingRateUnit, profile.ChargingProfilePurpose, able) is { } fault) return fault;
        }

        return null;
    }

    private static StatusInfo? Fault(ChargingSchedulePeriod p, string place, ChargingRateUnit unit, ChargingProfilePurpose purpose, ProfileCapability able)
    {
        var mode = p.OperationMode ?? OperationMode.ChargingOnly;
        if (!able.Modes.Contains(mode)) return Reason("InvalidSchedule", $"{place}: operationMode {mode} is not in V2XChargingCtrlr.SupportedOperationModes");
        if (!V2xProfileCheck.Allows(purpose, mode)) return Reason("InvalidProfile", $"{place}: operationMode {mode} is not allowed in a {purpose}");
        var (needsLimit, needsSetpoint, forbidsLimit, forbidsDischargeLimit, forbidsSetpoint) = Rule(mode);
        if (needsLimit && p.Limit is null) return Reason("MissingParam", $"{place}: limit is missing, {mode} needs it");
        if (needsSetpoint && p.Setpoint is null) return Reason("MissingParam", $"{place}: setpoint is missing, {mode} needs it");
        if (forbidsLimit && p.Limit is not null) return Reason("InvalidSchedule", $"{place}: limit is {p.Limit}, {mode} has none");
        if (forbidsDischargeLimit && p.DischargeLimit is not null) return Reason("InvalidSchedule", $"{place}: dischargeLimit is {p.DischargeLimit}, {mode} has none");
        if (forbidsSetpoint && p.Setpoint is not null) return Reason("InvalidSchedule", $"{place}: setpoint is {p.Setpoint}, {mode} has none");
        if (mode == OperationMode.LocalFrequency && unit != ChargingRateUnit.W) return Reason("UnsupportedRateUnit", $"{place}: LocalFrequency is in W only");
        if (mode == OperationMode.LocalFrequency && p.V2xFreqWattCurve is not { Count: >= 2 }) return Reason("NoFreqWattCurve", $"{place}: LocalFrequency needs a v2xFreqWattCurve of 2 points or more");
        if (p.DischargeLimit > 0) return Reason("InvalidSchedule", $"{place}: dischargeLimit is {p.DischargeLimit}, expected 0 or less");
        if (p.Setpoint > p.Limit || p.Setpoint < p.DischargeLimit) return Reason("InvalidSchedule", $"{place}: setpoint {p.Setpoint} is outside dischargeLimit {p.DischargeLimit} to limit {p.Limit}");
        if ((p.Setpoint < 0 || p.Limit < 0) && !able.Discharges) return Reason("InvalidSchedule", $"{place}: this EVSE cannot discharge");
        return able.IsDc && p.PhaseToUse is not null ? Reason("NoPhaseForDC", $"{place}: phaseToUse is {p.PhaseToUse}, this EVSE is DC") : null;
    }

    /// <summary>CentralSetpoint and CentralFrequency with limits are accepted: the table of modes allows them, Q02.FR.02 and Q07.FR.03 do not.</summary>
    private static (bool NeedsLimit, bool NeedsSetpoint, bool ForbidsLimit, bool ForbidsDischargeLimit, bool ForbidsSetpoint) Rule(OperationMode mode) => mode switch
    {
        OperationMode.ChargingOnly => (true, false, false, true, true),
        OperationMode.CentralSetpoint or OperationMode.CentralFrequency => (false, true, false, false, false),
        OperationMode.ExternalSetpoint or OperationMode.ExternalLimits => (false, false, false, false, true),
        OperationMode.Idle => (false, false, true, true, true),
        _ => (false, false, true, true, true),
    };

    private static StatusInfo Reason(string code, string text) => new() { ReasonCode = code, AdditionalInfo = text };
}
