using NodaTime;
using Penstock.Core.Units;
using Penstock.Core.V2x;
using Penstock.Ocpp.V21;
using Penstock.Server.Gateway;

namespace Penstock.Server.V2x;

/// <summary>What a vehicle and its station say of themselves (OCPP 2.1, and 2.0.1 as a subset) in Core's words. Powers of V2XChargingParameters are magnitudes; energies keep their sign.</summary>
public static class V2xTranslation
{
    /// <summary>Taken for a limit in A that does not tell its phases.</summary>
    private const int PhasesAssumed = 3;

    /// <summary>Taken for a limit in A, V per phase.</summary>
    private const double VoltageAssumed = 230;

    internal static EnergyTransfer Transfer(EnergyTransferMode mode) => (EnergyTransfer)(int)mode; // one order in both: a test holds them together

    internal static EnergyTransferMode Transfer(EnergyTransfer transfer) => (EnergyTransferMode)(int)transfer;

    internal static Core.V2x.OperationMode Mode(Penstock.Ocpp.V21.OperationMode mode) => Enum.Parse<Core.V2x.OperationMode>(mode.ToString());

    public static VehicleNeeds Read(NotifyEVChargingNeedsRequest m, Instant now)
    {
        var (needs, v2x, ac, dc, der) = (m.ChargingNeeds, m.ChargingNeeds.V2xChargingParameters, m.ChargingNeeds.AcChargingParameters, m.ChargingNeeds.DcChargingParameters, m.ChargingNeeds.DerChargingParameters);
        return new VehicleNeeds(m.Timestamp is { } at ? DeviceClock.Read(at, now).At : now, Transfer(needs.RequestedEnergyTransfer))
        {
            Available = [.. (needs.AvailableEnergyTransfer ?? []).Select(Transfer)],
            Control = needs.ControlMode is { } mode ? mode == ControlMode.DynamicControl ? PowerControl.Dynamic : PowerControl.Scheduled : null,
            NeedsMayBeMoved = needs.MobilityNeedsMode is { } mobility ? mobility == MobilityNeedsMode.EVCCSECC : null,
            Departure = needs.DepartureTime is { } told && Instant.FromDateTimeOffset(told) is var departure && departure > now ? departure : null, // a departure that is over is a clock that is not set
            Capacity = Wh(dc?.EvEnergyCapacity),
            StateOfCharge = SampleReader.BelievedSoc(dc?.StateOfCharge),
            Target = (v2x?.TargetSoC ?? dc?.FullSoC) is { } target ? StateOfCharge.FromPercent(target) : null,
            ChargeMin = Sum(v2x?.MinChargePower, v2x?.MinChargePower_L2, v2x?.MinChargePower_L3),
            ChargeMax = Sum(v2x?.MaxChargePower, v2x?.MaxChargePower_L2, v2x?.MaxChargePower_L3) ?? Sum(dc?.EvMaxPower, null, null),
            DischargeMin = Sum(v2x?.MinDischargePower, v2x?.MinDischargePower_L2, v2x?.MinDischargePower_L3),
            DischargeMax = Sum(v2x?.MaxDischargePower, v2x?.MaxDischargePower_L2, v2x?.MaxDischargePower_L3),
            TargetRequest = Wh(v2x?.EvTargetEnergyRequest ?? ac?.EnergyAmount ?? dc?.EnergyAmount),
            MinRequest = Wh(v2x?.EvMinEnergyRequest),
            MaxRequest = Wh(v2x?.EvMaxEnergyRequest),
            MinV2xRequest = Wh(v2x?.EvMinV2XEnergyRequest),
            MaxV2xRequest = Wh(v2x?.EvMaxV2XEnergyRequest),
            DischargeBudget = Wh(der?.EvSessionTotalDischargeEnergyAvailable),
            Offer = needs.EvEnergyOffer is { } offer ? Offer(offer.EvPowerSchedule) : null,
            PeriodsMax = m.MaxScheduleTuples,
            DerControls = [.. (der?.EvSupportedDERControl ?? []).Select(c => c.ToString())],
        };
    }

    public static VehiclePlan Read(NotifyEVChargingScheduleRequest m)
    {
        var schedule = m.ChargingSchedule;
        return new VehiclePlan(Instant.FromDateTimeOffset(schedule.StartSchedule ?? m.TimeBase), [.. schedule.ChargingSchedulePeriod.Select(p => new VehicleStep(Duration.FromSeconds(p.StartPeriod), Planned(schedule, p)))]);
    }

    public static ExternalLimit Read(NotifyChargingLimitRequest m, Instant now)
    {
        var steps = (m.ChargingSchedule ?? []).SelectMany(s => s.ChargingSchedulePeriod.Select(p => new ExternalStep(
            StartOf(s, now) + Duration.FromSeconds(p.StartPeriod), Watts(s, p, p.Limit ?? p.Setpoint, p.Limit_L2 ?? p.Setpoint_L2, p.Limit_L3 ?? p.Setpoint_L3), Discharge(s, p)))).OrderBy(s => s.From);
        var end = m.ChargingSchedule?.Select(s => s.Duration is { } seconds ? StartOf(s, now) + Duration.FromSeconds(seconds) : (Instant?)null).ToList();
        return new ExternalLimit(m.ChargingLimit.ChargingLimitSource, m.EvseId is null or 0, m.ChargingLimit.IsGridCritical ?? false, [.. steps], end is { Count: > 0 } && end.All(e => e is not null) ? end.Max() : null);
    }

    private static Instant StartOf(ChargingSchedule schedule, Instant now) => schedule.StartSchedule is { } start ? Instant.FromDateTimeOffset(start) : now;

    /// <summary>A setpoint from outside binds both ways; a charging limit alone says nothing of discharge.</summary>
    private static Power? Discharge(ChargingSchedule schedule, ChargingSchedulePeriod p) => Watts(schedule, p, p.DischargeLimit ?? p.Setpoint, p.DischargeLimit_L2 ?? p.Setpoint_L2, p.DischargeLimit_L3 ?? p.Setpoint_L3) is { } power ? Power.Min(power, Power.Zero) : null;

    private static Power? Planned(ChargingSchedule schedule, ChargingSchedulePeriod p) => p.Setpoint is not null ? Watts(schedule, p, p.Setpoint, p.Setpoint_L2, p.Setpoint_L3) : Watts(schedule, p, p.Limit, p.Limit_L2, p.Limit_L3);

    private static Power? Watts(ChargingSchedule schedule, ChargingSchedulePeriod p, decimal? l1, decimal? l2, decimal? l3)
    {
        if (l1 is not { } one) return null;
        if (schedule.ChargingRateUnit == ChargingRateUnit.W) return Power.FromWatts((double)(one + (l2 ?? 0) + (l3 ?? 0)));
        return Power.FromWatts(VoltageAssumed * (double)(l2 is null && l3 is null ? one * (p.NumberPhases ?? PhasesAssumed) : one + (l2 ?? 0) + (l3 ?? 0)));
    }

    private static VehicleOffer Offer(EVPowerSchedule schedule)
    {
        var (steps, at) = (new List<VehicleStep>(), Duration.Zero);
        foreach (var entry in schedule.EvPowerScheduleEntries)
        {
            steps.Add(new VehicleStep(at, Power.FromWatts((double)entry.Power)));
            at += Duration.FromSeconds(Math.Max(0, entry.Duration));
        }

        return new VehicleOffer(Instant.FromDateTimeOffset(schedule.TimeAnchor), [.. steps]);
    }

    private static Power? Sum(decimal? l1, decimal? l2, decimal? l3) => l1 is { } one ? Power.FromWatts(Math.Abs((double)(one + (l2 ?? 0) + (l3 ?? 0)))) : null;

    private static Energy? Wh(decimal? wattHours) => wattHours is { } value ? Energy.FromRegister(value) : null;
}
