using System.Globalization;
using NodaTime;
using Penstock.Server.Capability;
using V16 = Penstock.Ocpp.V16;
using V201 = Penstock.Ocpp.V201;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Gateway;

/// <summary>A limit for one EVSE.</summary>
/// <param name="LimitW">Negative = discharge.</param>
/// <param name="DeadManSeconds">A discharge ends this long after the profile was sent.</param>
internal sealed record LimitAsk(int Evse, string Transaction, decimal LimitW, int DeadManSeconds);

/// <summary>
/// Charging profiles by limit, for versions without V2X, as the model wants them. A negative limit (an extension that only allow-listed models understand) carries a
/// duration, so that the station stops discharging when the platform falls silent.
/// </summary>
internal static class LimitProfiles
{
    /// <summary>A station maximum lapses by itself after this; it is said again while it is wanted.</summary>
    internal const int MaximumSeconds = 600;

    /// <summary>Ids are fixed per EVSE and purpose: a new profile with the same id replaces the old one.</summary>
    internal const int TxIds = 1000, DefaultIds = 2000, MaximumId = 3000;

    internal static IEnumerable<V16.SetChargingProfileRequest> For16(LimitAsk ask, QuirkProfile quirk, bool both, Instant now) => Carriers(quirk, both).Select(tx => new V16.SetChargingProfileRequest
    {
        ConnectorId = ask.Evse,
        CsChargingProfiles = new V16.CsChargingProfiles
        {
            ChargingProfileId = (tx ? TxIds : DefaultIds) + ask.Evse,
            TransactionId = tx && !quirk.OmitTransactionId ? int.Parse(ask.Transaction, CultureInfo.InvariantCulture) : null,
            StackLevel = quirk.StackLevel,
            ChargingProfilePurpose = tx ? V16.ChargingProfilePurpose.TxProfile : V16.ChargingProfilePurpose.TxDefaultProfile,
            ChargingProfileKind = quirk.ProfileKind == ScheduleKind.Absolute ? V16.ChargingProfileKind.Absolute : V16.ChargingProfileKind.Relative,
            ChargingSchedule = new V16.ChargingSchedule
            {
                Duration = Lasts(ask, quirk),
                StartSchedule = Starts(quirk, now),
                ChargingRateUnit = quirk.RateUnit == RateUnit.A ? V16.ChargingRateUnit.A : V16.ChargingRateUnit.W,
                ChargingSchedulePeriod = [.. Periods(ask, quirk).Select(p => new V16.ChargingSchedulePeriod { StartPeriod = p.From, Limit = p.Limit, NumberPhases = PhasesOf(quirk) })],
            },
        },
    });

    internal static IEnumerable<V201.SetChargingProfileRequest> For201(LimitAsk ask, QuirkProfile quirk, bool both, Instant now) => Carriers(quirk, both).Select(tx => new V201.SetChargingProfileRequest
    {
        EvseId = ask.Evse,
        ChargingProfile = new V201.ChargingProfile
        {
            Id = (tx ? TxIds : DefaultIds) + ask.Evse,
            StackLevel = quirk.StackLevel,
            ChargingProfilePurpose = tx ? V201.ChargingProfilePurpose.TxProfile : V201.ChargingProfilePurpose.TxDefaultProfile,
            ChargingProfileKind = quirk.ProfileKind == ScheduleKind.Absolute ? V201.ChargingProfileKind.Absolute : V201.ChargingProfileKind.Relative,
            TransactionId = tx && !quirk.OmitTransactionId ? ask.Transaction : null,
            ChargingSchedule =
            [
                new V201.ChargingSchedule
                {
                    Id = 1, Duration = Lasts(ask, quirk), StartSchedule = Starts(quirk, now), ChargingRateUnit = quirk.RateUnit == RateUnit.A ? V201.ChargingRateUnit.A : V201.ChargingRateUnit.W,
                    ChargingSchedulePeriod = [.. Periods(ask, quirk).Select(p => new V201.ChargingSchedulePeriod { StartPeriod = p.From, Limit = p.Limit, NumberPhases = PhasesOf(quirk) })],
                },
            ],
        },
    });

    /// <summary>A cap on the whole station. Kind Absolute: a maximum may not be relative (2.0.1 K01.FR.38).</summary>
    /// <param name="lasts">True = until it is replaced.</param>
    internal static V16.SetChargingProfileRequest Maximum16(decimal watts, bool lasts, QuirkProfile quirk, Instant now) => new()
    {
        ConnectorId = 0,
        CsChargingProfiles = new V16.CsChargingProfiles
        {
            ChargingProfileId = MaximumId, StackLevel = quirk.StackLevel, ChargingProfilePurpose = V16.ChargingProfilePurpose.ChargePointMaxProfile, ChargingProfileKind = V16.ChargingProfileKind.Absolute,
            ChargingSchedule = new V16.ChargingSchedule
            {
                Duration = lasts ? null : MaximumSeconds, StartSchedule = Whole(now), ChargingRateUnit = quirk.RateUnit == RateUnit.A ? V16.ChargingRateUnit.A : V16.ChargingRateUnit.W,
                ChargingSchedulePeriod = [new V16.ChargingSchedulePeriod { StartPeriod = 0, Limit = InUnit(Math.Max(0, watts), quirk), NumberPhases = PhasesOf(quirk) }],
            },
        },
    };

    /// <summary>The same in 2.x; a message of 2.0.1 is one of 2.1.</summary>
    internal static V21.SetChargingProfileRequest Maximum21(decimal watts, bool lasts, QuirkProfile quirk, Instant now) => new()
    {
        EvseId = 0,
        ChargingProfile = new V21.ChargingProfile
        {
            Id = MaximumId, StackLevel = quirk.StackLevel, ChargingProfilePurpose = V21.ChargingProfilePurpose.ChargingStationMaxProfile, ChargingProfileKind = V21.ChargingProfileKind.Absolute,
            ChargingSchedule =
            [
                new V21.ChargingSchedule
                {
                    Id = 1, Duration = lasts ? null : MaximumSeconds, StartSchedule = Whole(now), ChargingRateUnit = quirk.RateUnit == RateUnit.A ? V21.ChargingRateUnit.A : V21.ChargingRateUnit.W,
                    ChargingSchedulePeriod = [new V21.ChargingSchedulePeriod { StartPeriod = 0, Limit = InUnit(Math.Max(0, watts), quirk), NumberPhases = PhasesOf(quirk) }],
                },
            ],
        },
    };

    /// <summary>What is sent for a setpoint, W: gain and offset of the model; zero stays zero and the sign stays.</summary>
    internal static decimal Asked(decimal watts, QuirkProfile quirk)
    {
        if (watts == 0) return 0;
        var asked = ((decimal)quirk.SetpointGain * watts) + (decimal)quirk.SetpointOffsetWatts;
        return watts > 0 ? Math.Max(0, asked) : Math.Min(0, asked);
    }

    /// <summary>W, or A of the model's phases; 0.1 steps towards zero, as schedules carry one decimal.</summary>
    internal static decimal InUnit(decimal watts, QuirkProfile quirk) =>
        Math.Round(quirk.RateUnit == RateUnit.A ? watts / quirk.Phases / (decimal)quirk.VoltageV : watts, 1, MidpointRounding.ToZero);

    /// <summary>True for the transaction's profile. The default goes first, so that the transaction's is the last word.</summary>
    internal static IEnumerable<bool> Carriers(QuirkProfile quirk, bool both) =>
        both || quirk.Purposes == ProfileCarrier.Both ? [false, true] : [quirk.Purposes == ProfileCarrier.Tx];

    private static int Ago(QuirkProfile quirk) => quirk.StartScheduleSecondsAgo ?? 0;

    private static int? Lasts(LimitAsk ask, QuirkProfile quirk) => ask.LimitW < 0 && !quirk.IgnoresDuration ? ask.DeadManSeconds + Ago(quirk) : null;

    private static DateTimeOffset? Starts(QuirkProfile quirk, Instant now) =>
        quirk.ProfileKind == ScheduleKind.Absolute || quirk.StartScheduleSecondsAgo is not null ? Whole(now - Duration.FromSeconds(Ago(quirk))) : null;

    private static IEnumerable<(int From, decimal Limit)> Periods(LimitAsk ask, QuirkProfile quirk)
    {
        yield return (0, InUnit(Asked(ask.LimitW, quirk), quirk));
        if (ask.LimitW < 0 && quirk.IgnoresDuration) yield return (ask.DeadManSeconds + Ago(quirk), 0);
    }

    private static int? PhasesOf(QuirkProfile quirk) => quirk.RateUnit == RateUnit.A ? quirk.Phases : null;

    /// <summary>Whole seconds: some stations cannot read fractions.</summary>
    private static DateTimeOffset Whole(Instant at) => Instant.FromUnixTimeSeconds(at.ToUnixTimeSeconds()).ToDateTimeOffset();
}
