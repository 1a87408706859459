using System.Text.Json;
using NodaTime;
using Penstock.Core.V2x;
using Penstock.Ocpp.V21;
using Penstock.Server.V2x;

namespace Penstock.UnitTests.Server.V2x;

public sealed class V2xTranslationTests
{
    private static readonly Instant Now = Instant.FromUtc(2026, 7, 1, 12, 0);

    [Fact]
    public void Services_and_modes_have_the_same_names_on_both_sides()
    {
        foreach (var mode in Enum.GetValues<EnergyTransferMode>())
        {
            Assert.Equal(mode.ToString(), V2xTranslation.Transfer(mode).ToString(), ignoreCase: true);
            Assert.Equal(mode, V2xTranslation.Transfer(V2xTranslation.Transfer(mode)));
        }

        Assert.All(Enum.GetValues<Penstock.Ocpp.V21.OperationMode>(), m => Assert.Equal(m.ToString(), V2xTranslation.Mode(m).ToString()));
    }

    [Fact]
    public void Needs_are_read_whole()
    {
        var needs = V2xTranslation.Read(Message<NotifyEVChargingNeedsRequest>("""
            {"evseId":1,"maxScheduleTuples":512,"timestamp":"2026-07-01T11:59:30Z","chargingNeeds":{"requestedEnergyTransfer":"DC_BPT","availableEnergyTransfer":["DC","DC_BPT"],"controlMode":"DynamicControl",
             "mobilityNeedsMode":"EVCC_SECC","departureTime":"2026-07-01T18:00:00Z",
             "dcChargingParameters":{"evMaxCurrent":200,"evMaxVoltage":800,"evEnergyCapacity":77000,"stateOfCharge":55},
             "v2xChargingParameters":{"minChargePower":1000,"maxChargePower":3700,"maxChargePower_L2":3700,"maxChargePower_L3":3700,"minDischargePower":500,"maxDischargePower":10000,
              "evTargetEnergyRequest":20000,"evMinEnergyRequest":-5000,"evMaxEnergyRequest":30000,"evMinV2XEnergyRequest":-15000,"evMaxV2XEnergyRequest":12000,"targetSoC":80},
             "derChargingParameters":{"evSupportedDERControl":["VoltVar","FreqWatt"],"evSessionTotalDischargeEnergyAvailable":25000},
             "evEnergyOffer":{"evPowerSchedule":{"timeAnchor":"2026-07-01T12:00:00Z","evPowerScheduleEntries":[{"duration":3600,"power":7000},{"duration":1800,"power":-5000}]}}}}
            """), Now);
        Assert.Equal((Now - Duration.FromSeconds(30), EnergyTransfer.DcBpt, PowerControl.Dynamic, true), (needs.ToldAt, needs.Requested, needs.Control!.Value, needs.NeedsMayBeMoved!.Value));
        Assert.Equal([EnergyTransfer.Dc, EnergyTransfer.DcBpt], needs.Available);
        Assert.Equal((Instant.FromUtc(2026, 7, 1, 18, 0), 77.0, 0.55, 0.8), (needs.Departure!.Value, needs.Capacity!.Value.KilowattHours, needs.StateOfCharge!.Value.Fraction, needs.Target!.Value.Fraction));
        Assert.Equal((1.0, 11.1, 0.5, 10.0), (needs.ChargeMin!.Value.Kilowatts, needs.ChargeMax!.Value.Kilowatts, needs.DischargeMin!.Value.Kilowatts, needs.DischargeMax!.Value.Kilowatts));
        Assert.Equal((20.0, -5.0, 30.0, -15.0, 12.0, 25.0), (needs.TargetRequest!.Value.KilowattHours, needs.MinRequest!.Value.KilowattHours, needs.MaxRequest!.Value.KilowattHours,
            needs.MinV2xRequest!.Value.KilowattHours, needs.MaxV2xRequest!.Value.KilowattHours, needs.DischargeBudget!.Value.KilowattHours));
        Assert.Equal((512, 2), (needs.PeriodsMax!.Value, needs.DerControls.Length));
        Assert.Equal([(0.0, 7.0), (60.0, -5.0)], needs.Offer!.Steps.Select(s => (s.Offset.TotalMinutes, s.Power!.Value.Kilowatts)));
    }

    [Fact]
    public void What_is_not_told_stays_unknown_and_a_departure_that_is_over_is_none()
    {
        var needs = V2xTranslation.Read(Message<NotifyEVChargingNeedsRequest>("""{"evseId":1,"chargingNeeds":{"requestedEnergyTransfer":"AC_single_phase","departureTime":"1970-01-01T00:00:00Z"}}"""), Now);
        Assert.Equivalent(new VehicleNeeds(Now, EnergyTransfer.AcSinglePhase), needs);
    }

    [Fact]
    public void An_external_limit_keeps_its_source_its_steps_and_its_end()
    {
        var limit = V2xTranslation.Read(Message<NotifyChargingLimitRequest>("""
            {"evseId":1,"chargingLimit":{"chargingLimitSource":"EMS","isGridCritical":true},"chargingSchedule":[{"id":1,"startSchedule":"2026-07-01T12:00:00Z","duration":7200,"chargingRateUnit":"W",
             "chargingSchedulePeriod":[{"startPeriod":0,"limit":4000},{"startPeriod":3600,"operationMode":"ExternalSetpoint","setpoint":-3000}]}]}
            """), Now);
        Assert.Equal(("EMS", false, true, Now + Duration.FromHours(2)), (limit.Source, limit.StationWide, limit.GridCritical, limit.Until!.Value));
        Assert.Equal((4.0, null), (limit.At(Now)!.Charge?.Kilowatts, limit.At(Now)!.Discharge?.Kilowatts));
        Assert.Equal((-3.0, -3.0), (limit.At(Now + Duration.FromHours(1))!.Charge!.Value.Kilowatts, limit.At(Now + Duration.FromHours(1))!.Discharge!.Value.Kilowatts));
        Assert.Null(limit.At(Now + Duration.FromHours(2)));
    }

    [Fact]
    public void A_limit_in_ampere_is_turned_to_watts_and_one_without_a_schedule_is_only_named()
    {
        var ampere = V2xTranslation.Read(Message<NotifyChargingLimitRequest>("""
            {"chargingLimit":{"chargingLimitSource":"SO"},"chargingSchedule":[{"id":1,"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":16},{"startPeriod":60,"limit":16,"numberPhases":1},{"startPeriod":120,"limit":6,"limit_L2":7,"limit_L3":8}]}]}
            """), Now);
        Assert.True(ampere.StationWide);
        Assert.Equal([11040.0, 3680.0, 4830.0], ampere.Steps.Select(s => s.Charge!.Value.Watts));
        Assert.Null(V2xTranslation.Read(Message<NotifyChargingLimitRequest>("""{"chargingLimit":{"chargingLimitSource":"SO"}}"""), Now).At(Now));
    }

    [Fact]
    public void The_plan_of_the_vehicle_is_signed()
    {
        var plan = V2xTranslation.Read(Message<NotifyEVChargingScheduleRequest>("""
            {"timeBase":"2026-07-01T12:00:00Z","evseId":1,"chargingSchedule":{"id":1,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":7000},{"startPeriod":1800,"operationMode":"CentralSetpoint","setpoint":-5000}]}}
            """));
        Assert.Equal([null, 7.0, -5.0], new[] { -1, 0, 30 }.Select(m => plan.At(Now + Duration.FromMinutes(m))?.Kilowatts));
    }

    private static T Message<T>(string json)
        where T : class, Penstock.Ocpp.IOcppMessage<T> => JsonSerializer.Deserialize(json, T.TypeInfo)!;
}
