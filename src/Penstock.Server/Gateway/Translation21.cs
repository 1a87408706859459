using NodaTime;
using Penstock.Core.Units;
using Penstock.Ocpp.V21;

namespace Penstock.Server.Gateway;

/// <summary>OCPP 2.1 (and 2.0.1, whose messages are a subset) to reports. The sign of power is flipped here and nowhere else.</summary>
internal static class Translation21
{
    internal static IEnumerable<StationReport> Read(TransactionEventRequest message, ReadingContext context)
    {
        var transaction = message.TransactionInfo.TransactionId;
        var (at, mark) = DeviceClock.Read(message.Timestamp, context);
        if (message.EventType == TransactionEvent.Started || message.IdToken is not null)
        {
            yield return new TransactionStarted(at, message.Evse?.Id ?? 1, transaction, message.IdToken?.IdTokenValue, message.EventType == TransactionEvent.Started) { Clock = mark };
        }

        foreach (var value in message.MeterValue ?? []) yield return Read(value, message.Evse?.Id, transaction, context);
        if (message.TransactionInfo.OperationMode is { } mode) yield return new ModeTold(at, transaction, V2x.V2xTranslation.Mode(mode));
        if (message.EventType == TransactionEvent.Ended) yield return new TransactionEnded(at, transaction, message.TransactionInfo.StoppedReason?.ToString()) { Clock = mark };
    }

    internal static IEnumerable<StationReport> Read(MeterValuesRequest message, ReadingContext context) =>
        message.MeterValue.Select(value => Read(value, message.EvseId, null, context));

    internal static NeedsTold Read(NotifyEVChargingNeedsRequest message, ReadingContext context)
    {
        var needs = message.ChargingNeeds;
        var capacity = needs.DcChargingParameters?.EvEnergyCapacity;
        return new NeedsTold(
            context.Now,
            message.EvseId,
            needs.DepartureTime is { } told && Instant.FromDateTimeOffset(told) is var departure && departure > context.Now ? departure : null, // a departure that is over is a clock that is not set
            capacity is { } wattHours ? Energy.FromRegister(wattHours) : null,
            SampleReader.BelievedSoc(needs.DcChargingParameters?.StateOfCharge),
            needs.V2xChargingParameters?.TargetSoC is { } target ? StateOfCharge.FromPercent(target) : null,
            needs.V2xChargingParameters?.MaxChargePower is { } most ? Power.FromWatts((double)most) : null,
            needs.V2xChargingParameters?.MaxDischargePower is { } least ? Power.FromWatts(Math.Abs((double)least)) : null);
    }

    private static MeterSampled Read(MeterValue value, int? evse, string? transaction, ReadingContext context) => SampleReader.Read(
        DeviceClock.Read(value.Timestamp, context),
        evse,
        transaction,
        value.SampledValue.Select(s => new RawSample(
            Name(s.Measurand ?? Measurand.EnergyActiveImportRegister),
            s.Value,
            s.UnitOfMeasure?.Unit,
            s.UnitOfMeasure?.Multiplier ?? 0,
            s.Phase is Phase.L1 or Phase.L2 or Phase.L3 or Phase.L1N or Phase.L2N or Phase.L3N)),
        context.Quirk);

    private static RawMeasurand Name(Measurand measurand) => measurand switch
    {
        Measurand.EnergyActiveImportRegister => RawMeasurand.ImportRegister,
        Measurand.EnergyActiveExportRegister => RawMeasurand.ExportRegister,
        Measurand.PowerActiveImport => RawMeasurand.ImportPower,
        Measurand.PowerActiveExport => RawMeasurand.ExportPower,
        Measurand.SoC => RawMeasurand.StateOfCharge,
        _ => RawMeasurand.Other,
    };
}
